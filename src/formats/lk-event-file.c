#define G_LOG_DOMAIN "likeness-formats"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/lk-file.h"
#include "formats/lk-event-file.h"

#define MAX_FILE ((gsize) 2 << 30)
#define MAX_RECORD (16 << 20)           /* ours have some hundred bytes */
#define HEAD 12                         /* length and its CRC */
#define TAIL 4

struct _LkEventFile
{
  int   descriptor;
  char *path;                           /* owned */
};

/* ---- CRC-32C --------------------------------------------------------------------------------------------------- */

guint32
lk_crc32c (gconstpointer data,
           gsize         length)
{
  static guint32 table[256];
  static gsize is_ready;
  const guint8 *bytes = data;
  guint32 crc = G_MAXUINT32;

  if (g_once_init_enter (&is_ready))
    {
      for (guint32 i = 0; i < 256; i++)
        {
          table[i] = i;
          for (guint bit = 0; bit < 8; bit++)
            table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0x82f63b78 : 0);
        }
      g_once_init_leave (&is_ready, 1);
    }
  for (gsize i = 0; i < length; i++)
    crc = table[(crc ^ bytes[i]) & 0xff] ^ crc >> 8;
  return ~crc;
}

/* TFRecord's mask: a CRC of bytes that hold CRCs would be weak. */
static guint32
masked_crc (gconstpointer data,
            gsize         length)
{
  guint32 crc = lk_crc32c (data, length);

  return (crc >> 15 | crc << 17) + 0xa282ead8;
}

/* ---- protocol buffers ------------------------------------------------------------------------------------------ */

static void
put_varint (GByteArray *out,
            guint64     value)
{
  do
    {
      guint8 byte = (guint8) ((value & 0x7f) | (value > 0x7f ? 0x80 : 0));

      g_byte_array_append (out, &byte, 1);
      value >>= 7;
    }
  while (value > 0);
}

enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

static void
put_key (GByteArray *out,
         guint       field,
         guint       wire)
{
  put_varint (out, field << 3 | wire);
}

static void
put_bytes (GByteArray    *out,
           guint          field,
           gconstpointer  data,
           gsize          length)
{
  put_key (out, field, WIRE_BYTES);
  put_varint (out, length);
  g_byte_array_append (out, data, (guint) length);
}

static void
put_double (GByteArray *out,
            guint       field,
            double      value)
{
  guint64 bits;

  memcpy (&bits, &value, sizeof bits);
  bits = GUINT64_TO_LE (bits);
  put_key (out, field, WIRE_64);
  g_byte_array_append (out, (const guint8 *) &bits, sizeof bits);
}

static void
put_float (GByteArray *out,
           guint       field,
           float       value)
{
  guint32 bits;

  memcpy (&bits, &value, sizeof bits);
  bits = GUINT32_TO_LE (bits);
  put_key (out, field, WIRE_32);
  g_byte_array_append (out, (const guint8 *) &bits, sizeof bits);
}

static gboolean
get_varint (const guint8 **at,
            const guint8  *end,
            guint64       *value)
{
  *value = 0;
  for (guint shift = 0; *at < end && shift < 64; shift += 7)
    {
      guint8 byte = *(*at)++;

      *value |= (guint64) (byte & 0x7f) << shift;
      if (byte < 0x80)
        return TRUE;
    }
  return FALSE;
}

/* The step of an Event; 0 where it has none. */
static gint64
read_step (const guint8 *at,
           gsize         length)
{
  const guint8 *end = at + length;
  guint64 key, value;

  while (at < end && get_varint (&at, end, &key))
    switch (key & 7)
      {
      case WIRE_VARINT:
        if (!get_varint (&at, end, &value))
          return 0;
        if (key >> 3 == 2)
          return (gint64) value;
        break;
      case WIRE_64:
        at += MIN (8, end - at);
        break;
      case WIRE_BYTES:
        if (!get_varint (&at, end, &value) || value > (guint64) (end - at))
          return 0;
        at += value;
        break;
      case WIRE_32:
        at += MIN (4, end - at);
        break;
      default:
        return 0;
      }
  return 0;
}

/* ---- records --------------------------------------------------------------------------------------------------- */

static guint32
get_u32 (const guint8 *at)
{
  guint32 value;

  memcpy (&value, at, sizeof value);
  return GUINT32_FROM_LE (value);
}

static guint64
get_u64 (const guint8 *at)
{
  guint64 value;

  memcpy (&value, at, sizeof value);
  return GUINT64_FROM_LE (value);
}

/* Where what is to stay ends. */
static gsize
find_end (const guint8 *bytes,
          gsize         size,
          gint64        last_step)
{
  gsize at = 0;

  while (size - at >= HEAD + TAIL)
    {
      guint64 length = get_u64 (bytes + at);

      if (masked_crc (bytes + at, 8) != get_u32 (bytes + at + 8) || length > MAX_RECORD || length > size - at - HEAD - TAIL
          || masked_crc (bytes + at + HEAD, length) != get_u32 (bytes + at + HEAD + length) || read_step (bytes + at + HEAD, length) > last_step)
        break;
      at += HEAD + length + TAIL;
    }
  return at;
}

static gboolean
write_record (LkEventFile       *file,
              const GByteArray  *event,
              GError           **error)
{
  g_autoptr (GByteArray) record = g_byte_array_sized_new (HEAD + event->len + TAIL);
  guint64 length = GUINT64_TO_LE ((guint64) event->len);
  guint32 crc = GUINT32_TO_LE (masked_crc (&length, sizeof length));

  g_byte_array_append (record, (const guint8 *) &length, sizeof length);
  g_byte_array_append (record, (const guint8 *) &crc, sizeof crc);
  g_byte_array_append (record, event->data, event->len);
  crc = GUINT32_TO_LE (masked_crc (event->data, event->len));
  g_byte_array_append (record, (const guint8 *) &crc, sizeof crc);

  if (write (file->descriptor, record->data, record->len) == (gssize) record->len)
    return TRUE;
  lk_file_set_error (error, errno, "written", file->path);
  return FALSE;
}

LkEventFile *
lk_event_file_open (const char  *path,
                    gint64       last_step,
                    GError     **error)
{
  g_autoptr (LkEventFile) file = g_new0 (LkEventFile, 1);
  gsize size = 0, end = 0;

  file->path = g_strdup (path);
  file->descriptor = -1;
  if (g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_autofree char *bytes = lk_file_read (path, MAX_FILE, &size, error);

      if (bytes == NULL)
        return NULL;
      end = find_end ((const guint8 *) bytes, size, last_step);
    }

  file->descriptor = open (path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file->descriptor < 0 || ftruncate (file->descriptor, (off_t) end) != 0)
    {
      lk_file_set_error (error, errno, "written", path);
      return NULL;
    }
  if (end == 0)
    {
      static const char version[] = "brain.Event:2";
      g_autoptr (GByteArray) event = g_byte_array_new ();

      put_double (event, 1, g_get_real_time () / (double) G_USEC_PER_SEC);
      put_bytes (event, 3, version, strlen (version));
      if (!write_record (file, event, error))
        return NULL;
    }
  return g_steal_pointer (&file);
}

void
lk_event_file_free (LkEventFile *file)
{
  if (file->descriptor >= 0)
    close (file->descriptor);
  g_free (file->path);
  g_free (file);
}

gboolean
lk_event_file_add (LkEventFile          *file,
                   gint64                step,
                   double                wall_time,
                   const LkEventScalar  *scalars,
                   guint                 n,
                   GError              **error)
{
  g_autoptr (GByteArray) event = g_byte_array_new (), summary = g_byte_array_new ();

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GByteArray) value = g_byte_array_new ();

      put_bytes (value, 1, scalars[i].tag, strlen (scalars[i].tag));
      put_float (value, 2, scalars[i].value);
      put_bytes (summary, 1, value->data, value->len);
    }
  put_double (event, 1, wall_time);
  put_key (event, 2, WIRE_VARINT);
  put_varint (event, (guint64) step);
  put_bytes (event, 5, summary->data, summary->len);
  return write_record (file, event, error);
}
