/* Event files: known sums, bytes as TensorBoard's own writer makes them, and going on after a stop or a crash. */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "formats/lk-event-file.h"

/* RFC 3720, appendix B.4. */
static void
test_crc (void)
{
  guint8 bytes[32];

  memset (bytes, 0, sizeof bytes);
  g_assert_cmphex (lk_crc32c (bytes, sizeof bytes), ==, 0x8a9136aa);
  memset (bytes, 0xff, sizeof bytes);
  g_assert_cmphex (lk_crc32c (bytes, sizeof bytes), ==, 0x62a8ab43);
  for (guint8 i = 0; i < 32; i++)
    bytes[i] = i;
  g_assert_cmphex (lk_crc32c (bytes, sizeof bytes), ==, 0x46dd794e);
  g_assert_cmphex (lk_crc32c ("123456789", 9), ==, 0xe3069283);
}

typedef struct
{
  char *folder, *path;
} Fixture;

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  fixture->folder = g_dir_make_tmp ("likeness-events-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "events.out.tfevents.1.likeness", NULL);
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  g_unlink (fixture->path);
  g_rmdir (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->folder);
}

static void
write_steps (Fixture *fixture,
             gint64   last_step,
             guint    first,
             guint    end)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LkEventFile) file = lk_event_file_open (fixture->path, last_step, &error);

  g_assert_no_error (error);
  for (guint step = first; step < end; step++)
    {
      const LkEventScalar scalar = { "loss/current", 1.f / step };

      g_assert_true (lk_event_file_add (file, step, 1700000000.5 + step, &scalar, 1, NULL));
    }
}

/* The record of one event without the file's head, whose time is now. */
static GBytes *
read_after_head (Fixture *fixture)
{
  g_autofree char *content = NULL;
  gsize length, head = 8 + 4 + 9 + 15 + 4;      /* wall_time is 9 bytes, file_version 15 */

  g_assert_true (g_file_get_contents (fixture->path, &content, &length, NULL));
  g_assert_cmpuint (length, >=, head);
  return g_bytes_new (content + head, length - head);
}

/* TensorBoard 2 wrote the same bytes for step 300, wall_time 1700000000.5, loss/current 0.25. */
static void
test_bytes (Fixture       *fixture,
            gconstpointer  data)
{
  static const guint8 wanted[] = {
    0x23, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xb0, 0x9f, 0x77, 0x43, 0x09, 0x00, 0x00, 0x20,
    0x40, 0xfc, 0x54, 0xd9, 0x41, 0x10, 0xac, 0x02, 0x2a, 0x15, 0x0a, 0x13, 0x0a, 0x0c, 0x6c, 0x6f,
    0x73, 0x73, 0x2f, 0x63, 0x75, 0x72, 0x72, 0x65, 0x6e, 0x74, 0x15, 0x00, 0x00, 0x80, 0x3e, 0xc0,
    0x57, 0x80, 0x99,
  };
  const LkEventScalar scalar = { "loss/current", 0.25f };
  g_autoptr (LkEventFile) file = lk_event_file_open (fixture->path, -1, NULL);
  g_autoptr (GBytes) bytes = NULL;

  g_assert_true (lk_event_file_add (file, 300, 1700000000.5, &scalar, 1, NULL));
  bytes = read_after_head (fixture);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), wanted, sizeof wanted);
}

/* Cut at step 5 and gone on, the file is as if it had never stopped. */
static void
test_going_on (Fixture       *fixture,
               gconstpointer  data)
{
  g_autoptr (GBytes) whole = NULL, resumed = NULL;

  write_steps (fixture, -1, 1, 10);
  whole = read_after_head (fixture);
  write_steps (fixture, 5, 6, 10);
  resumed = read_after_head (fixture);
  g_assert_true (g_bytes_equal (whole, resumed));
}

/* What a crash left half-written goes, at whatever byte it fell. */
static void
test_torn (Fixture       *fixture,
           gconstpointer  data)
{
  g_autoptr (GBytes) whole = NULL;
  g_autofree char *content = NULL;
  gsize length;

  write_steps (fixture, -1, 1, 4);
  whole = read_after_head (fixture);
  g_assert_true (g_file_get_contents (fixture->path, &content, &length, NULL));
  for (gsize cut = length - 1; cut > length - 40; cut--)
    {
      g_autoptr (GBytes) resumed = NULL;

      g_assert_true (g_file_set_contents (fixture->path, content, (gssize) cut, NULL));
      write_steps (fixture, 2, 3, 4);
      resumed = read_after_head (fixture);
      g_assert_true (g_bytes_equal (whole, resumed));
    }
  content[length / 2] ^= 1;       /* and a flipped bit ends what is believed */
  g_assert_true (g_file_set_contents (fixture->path, content, (gssize) length, NULL));
  write_steps (fixture, 100, 9, 9);
  g_free (g_steal_pointer (&content));
  g_assert_true (g_file_get_contents (fixture->path, &content, &length, NULL));
  g_assert_cmpuint (length, <, g_bytes_get_size (whole));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/event-file/crc", test_crc);
  g_test_add ("/event-file/bytes", Fixture, NULL, set_up, test_bytes, tear_down);
  g_test_add ("/event-file/going-on", Fixture, NULL, set_up, test_going_on, tear_down);
  g_test_add ("/event-file/torn", Fixture, NULL, set_up, test_torn, tear_down);
  return g_test_run ();
}
