/* Archives: what goes in comes out; what could harm does not. */
#include "config.h"

#include <locale.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>
#include <glib/gstdio.h>

#include "base/lk-file.h"
#include "base/lk-sha256.h"
#include "formats/lk-archive.h"

static char *folder;

/* "name:length" of each entry, and for short ones their text. */
static gboolean
list_entry (const char  *name,
            GBytes      *bytes,
            gpointer     data,
            GError     **error)
{
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);

  g_string_append_printf (data, "%s:%" G_GSIZE_FORMAT "%s%.*s|", name, length, length > 0 ? "=" : "",
                          (int) MIN (length, 8), text != NULL ? text : "");
  return TRUE;
}

typedef struct
{
  const char *name;
  const char *text;
  guint       type;         /* 0: a file */
  const char *link;
} Item;

/* Writes an archive with libarchive alone: it has no scruples. */
static char *
make_archive (const char *file_name,
              gboolean    as_zip,
              const Item *items,
              guint       n)
{
  char *path = g_build_filename (folder, file_name, NULL);
  struct archive *archive = archive_write_new ();
  locale_t utf8 = newlocale (LC_CTYPE_MASK, "C.UTF-8", (locale_t) 0);
  locale_t before = uselocale (utf8);

  if (as_zip)
    archive_write_set_format_zip (archive);
  else
    {
      archive_write_add_filter_gzip (archive);
      archive_write_set_format_pax_restricted (archive);
    }
  g_assert_cmpint (archive_write_open_filename (archive, path), ==, ARCHIVE_OK);

  for (guint i = 0; i < n; i++)
    {
      struct archive_entry *entry = archive_entry_new ();

      archive_entry_set_pathname_utf8 (entry, items[i].name);
      archive_entry_set_filetype (entry, items[i].type != 0 ? items[i].type : AE_IFREG);
      archive_entry_set_perm (entry, 0644);
      if (items[i].link != NULL && items[i].type == AE_IFLNK)
        archive_entry_set_symlink (entry, items[i].link);
      else if (items[i].link != NULL)
        archive_entry_set_hardlink (entry, items[i].link);
      archive_entry_set_size (entry, items[i].text != NULL ? strlen (items[i].text) : 0);
      g_assert_cmpint (archive_write_header (archive, entry), ==, ARCHIVE_OK);
      if (items[i].text != NULL)
        archive_write_data (archive, items[i].text, strlen (items[i].text));
      archive_entry_free (entry);
    }

  g_assert_cmpint (archive_write_close (archive), ==, ARCHIVE_OK);
  archive_write_free (archive);
  uselocale (before);
  freelocale (utf8);
  return path;
}

static void
assert_lists (const char *path,
              const char *expected)
{
  g_autoptr (GString) list = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (lk_archive_read (path, NULL, list_entry, list, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (list->str, ==, expected);
  g_unlink (path);
}

static void
assert_refused (const char            *path,
                const LkArchiveLimits *limits,
                int                    code,
                const char            *words)
{
  g_autoptr (GString) list = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (lk_archive_read (path, limits, list_entry, list, &error));
  g_assert_error (error, LK_ARCHIVE_ERROR, code);
  if (strstr (error->message, words) == NULL || strstr (error->message, path) == NULL)
    g_error ("“%s” does not say “%s”", error->message, words);
  g_unlink (path);
}

static void
test_read (void)
{
  static const Item items[] = { { "dir/", NULL, AE_IFDIR }, { "dir/a.txt", "hello" }, { "./b//c.png", "x" }, { "dir\\d.txt", "y" },
                                { "東京.txt", "" }, { "__MACOSX/._a.txt", "z" } };

  for (guint as_zip = 0; as_zip <= 1; as_zip++)
    {
      g_autofree char *path = make_archive (as_zip ? "a.zip" : "a.tar.gz", as_zip, items, G_N_ELEMENTS (items));

      assert_lists (path, "dir/a.txt:5=hello|b/c.png:1=x|dir/d.txt:1=y|東京.txt:0|__MACOSX/._a.txt:1=z|");
    }
}

static void
assert_item_refused (Item        item,
                     gboolean    as_zip,
                     int         code,
                     const char *words)
{
  g_autofree char *path = make_archive (as_zip ? "bad.zip" : "bad.tar.gz", as_zip, &item, 1);

  assert_refused (path, NULL, code, words);
}

static void
test_unsafe_entries (void)
{
  for (guint as_zip = 0; as_zip <= 1; as_zip++)
    {
      assert_item_refused ((Item) { "/etc/passwd", "x" }, as_zip, LK_ARCHIVE_ERROR_UNSAFE, "absolute path");
      assert_item_refused ((Item) { "../x", "x" }, as_zip, LK_ARCHIVE_ERROR_UNSAFE, "leads out of its folder");
      assert_item_refused ((Item) { "a/../../x", "x" }, as_zip, LK_ARCHIVE_ERROR_UNSAFE, "leads out of its folder");
      assert_item_refused ((Item) { "a\\..\\..\\x", "x" }, as_zip, LK_ARCHIVE_ERROR_UNSAFE, "leads out of its folder");
      assert_item_refused ((Item) { "C:\\x", "x" }, as_zip, LK_ARCHIVE_ERROR_UNSAFE, "absolute path");
      assert_item_refused ((Item) { "link", NULL, AE_IFLNK, "/etc/passwd" }, as_zip, LK_ARCHIVE_ERROR_UNSAFE, "is a link");
    }
  assert_item_refused ((Item) { "hard", NULL, 0, "other" }, FALSE, LK_ARCHIVE_ERROR_UNSAFE, "is a link");
  assert_item_refused ((Item) { "pipe", NULL, AE_IFIFO }, FALSE, LK_ARCHIVE_ERROR_UNSAFE, "neither a file nor a folder");
}

static void
test_limits (void)
{
  g_autofree char *zeros = g_strnfill (40 << 20, '0');
  const Item items[] = { { "a", "123456" }, { "b", "123456" }, { "c", "123456" } };
  const Item bomb[] = { { "bomb", zeros } };
  g_autofree char *entries = make_archive ("e.zip", TRUE, items, 3);
  g_autofree char *entry = make_archive ("f.zip", TRUE, items, 3);
  g_autofree char *total = make_archive ("g.zip", TRUE, items, 3);
  g_autofree char *zip = make_archive ("h.zip", TRUE, bomb, 1);
  g_autofree char *tar = make_archive ("i.tar.gz", FALSE, bomb, 1);

  assert_refused (entries, &(LkArchiveLimits) { .max_entries = 2 }, LK_ARCHIVE_ERROR_TOO_LARGE, "more entries");
  assert_refused (entry, &(LkArchiveLimits) { .max_entry_bytes = 5 }, LK_ARCHIVE_ERROR_TOO_LARGE, "“a” is larger");
  assert_refused (total, &(LkArchiveLimits) { .max_total_bytes = 17 }, LK_ARCHIVE_ERROR_TOO_LARGE, "more space");
  assert_refused (zip, NULL, LK_ARCHIVE_ERROR_TOO_LARGE, "out of all proportion");
  assert_refused (tar, NULL, LK_ARCHIVE_ERROR_TOO_LARGE, "out of all proportion");
}

static void
test_damaged (void)
{
  const Item items[] = { { "a.txt", "some text that is long enough to be packed, packed, packed, packed, packed" }, { "b.txt", "more" } };
  g_autofree char *path = make_archive ("d.zip", TRUE, items, 2);
  g_autoptr (GError) error = NULL;
  g_autofree char *data = NULL;
  gsize length;

  data = lk_file_read (path, 1 << 20, &length, &error);
  g_assert_no_error (error);

  g_assert_true (lk_file_write (path, "", 0, &error));
  assert_refused (path, NULL, LK_ARCHIVE_ERROR_NOT_AN_ARCHIVE, "not a zip or tar archive");
  g_assert_true (lk_file_write (path, "just some text, no archive", -1, &error));
  assert_refused (path, NULL, LK_ARCHIVE_ERROR_NOT_AN_ARCHIVE, "not a zip or tar archive");
  g_assert_true (lk_file_write (path, data, 60, &error));
  assert_refused (path, NULL, LK_ARCHIVE_ERROR_CORRUPT, "damaged or cut short");
  data[45] ^= 0xff;
  g_assert_true (lk_file_write (path, data, length, &error));
  assert_refused (path, NULL, LK_ARCHIVE_ERROR_CORRUPT, "damaged or cut short");

  g_assert_false (lk_archive_read ("/nowhere/a.zip", NULL, list_entry, NULL, &error));
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (lk_archive_read (folder, NULL, list_entry, NULL, &error));
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_NOT_A_FILE);
}

static gboolean
stop_at_b (const char  *name,
           GBytes      *bytes,
           gpointer     data,
           GError     **error)
{
  if (!g_str_equal (name, "b"))
    return TRUE;
  g_set_error (error, LK_FILE_ERROR, LK_FILE_ERROR_FAILED, "enough");
  return FALSE;
}

static void
test_callback_stops (void)
{
  const Item items[] = { { "a", "1" }, { "b", "2" }, { "c", "3" } };
  g_autofree char *path = make_archive ("s.zip", TRUE, items, 3);
  g_autoptr (GError) error = NULL;

  g_assert_false (lk_archive_read (path, NULL, stop_at_b, NULL, &error));
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_FAILED);
  g_unlink (path);
}

static char *
write_zip (const char *name)
{
  char *path = g_build_filename (folder, name, NULL);
  g_autofree char *source = g_build_filename (folder, "source", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (LkZipWriter) writer = lk_zip_writer_new (path, &error);
  g_autofree char *large = g_strnfill (700000, 'l');

  g_assert_true (lk_file_write (source, "from a file", -1, &error));
  g_assert_true (lk_zip_writer_add_bytes (writer, "a.txt", "text", 4, TRUE, &error));
  g_assert_true (lk_zip_writer_add_bytes (writer, "empty", NULL, 0, TRUE, &error));
  g_assert_true (lk_zip_writer_add_file (writer, "dir/日本.png", source, FALSE, &error));
  g_assert_true (lk_zip_writer_add_bytes (writer, "large", large, 700000, TRUE, &error));
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_true (lk_zip_writer_commit (writer, &error));
  g_assert_no_error (error);
  g_unlink (source);
  return path;
}

static void
test_write (void)
{
  g_autofree char *one = write_zip ("one.zip");
  g_autofree char *two = write_zip ("two.zip");
  g_autofree char *hash_one = lk_sha256_file (one, 0, NULL);
  g_autofree char *hash_two = lk_sha256_file (two, 0, NULL);

  g_assert_cmpstr (hash_one, ==, hash_two);
  g_unlink (two);
  assert_lists (one, "a.txt:4=text|empty:0|dir/日本.png:11=from a f|large:700000=llllllll|");
}

static void
test_abandoned_zip (void)
{
  g_autofree char *path = g_build_filename (folder, "never.zip", NULL);
  g_autoptr (GError) error = NULL;
  LkZipWriter *writer = lk_zip_writer_new (path, &error);

  g_assert_true (lk_zip_writer_add_bytes (writer, "a", "b", 1, TRUE, &error));
  g_assert_false (lk_zip_writer_add_file (writer, "b", "/nowhere/b", TRUE, &error));
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_NOT_FOUND);
  lk_zip_writer_free (writer);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));

  g_clear_error (&error);
  g_assert_null (lk_zip_writer_new ("/nowhere/a.zip", &error));
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_NOT_FOUND);
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("likeness-archive-XXXXXX", NULL);

  g_test_add_func ("/archive/read", test_read);
  g_test_add_func ("/archive/unsafe-entries", test_unsafe_entries);
  g_test_add_func ("/archive/limits", test_limits);
  g_test_add_func ("/archive/damaged", test_damaged);
  g_test_add_func ("/archive/callback-stops", test_callback_stops);
  g_test_add_func ("/archive/write", test_write);
  g_test_add_func ("/archive/abandoned-zip", test_abandoned_zip);

  result = g_test_run ();
  g_rmdir (folder);
  g_free (folder);
  return result;
}
