/* lk-text.c: text of unknown origin, tags, and words for people. */
#define G_LOG_DOMAIN "likeness-base"

#include "config.h"

#include <math.h>
#include <string.h>

#include "base/lk-file.h"
#include "base/lk-text.h"

G_DEFINE_QUARK (lk-text-error-quark, lk_text_error)

/* ---- encodings ------------------------------------------------------------------------------------------------- */

/* What Windows-1252 has at 0x80 to 0x9f; the five bytes it leaves free stay the control characters of Latin-1. */
static const gunichar windows_1252[32] = {
  0x20ac, 0x81, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d, 0x017d, 0x8f,
  0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d, 0x017e, 0x0178,
};

static char *
decode_latin1 (const char *bytes,
               gsize       length)
{
  GString *out = g_string_sized_new (length + length / 4);

  for (gsize i = 0; i < length; i++)
    {
      guchar c = bytes[i];

      g_string_append_unichar (out, c >= 0x80 && c < 0xa0 ? windows_1252[c - 0x80] : c);
    }

  return g_string_free (out, FALSE);
}

/* UTF-16 without a mark: Western text has a zero in nearly every second byte, always on the same side. */
static gboolean
looks_like_utf16 (const char *bytes,
                  gsize       length,
                  gsize       zero_side)
{
  gsize zeros = 0;

  if (length < 2 || length % 2 != 0)
    return FALSE;

  for (gsize i = 0; i < length; i += 2)
    {
      if (bytes[i + 1 - zero_side] == 0)
        return FALSE;
      zeros += bytes[i + zero_side] == 0;
    }

  return zeros * 10 >= length / 2 * 7;
}

/* NULL where the units are no text, or one of them is NUL. */
static char *
decode_utf16 (const char *bytes,
              gsize       length,
              gboolean    big_endian)
{
  gsize n = length / 2;
  g_autofree gunichar2 *units = NULL;

  if (length % 2 != 0)
    return NULL;

  units = g_new (gunichar2, n + 1);
  for (gsize i = 0; i < n; i++)
    {
      guchar first = bytes[2 * i], second = bytes[2 * i + 1];

      units[i] = big_endian ? first << 8 | second : second << 8 | first;
      if (units[i] == 0)
        return NULL;
    }
  units[n] = 0;

  return g_utf16_to_utf8 (units, n, NULL, NULL, NULL);
}

char *
lk_text_decode (const char  *bytes,
                gsize        length,
                const char  *name,
                LkEncoding  *encoding,
                GError     **error)
{
  LkEncoding found;
  char *text = NULL;

  if (length >= 2 && memcmp (bytes, "\xff\xfe", 2) == 0)
    {
      found = LK_ENCODING_UTF16_LE;
      text = decode_utf16 (bytes + 2, length - 2, FALSE);
    }
  else if (length >= 2 && memcmp (bytes, "\xfe\xff", 2) == 0)
    {
      found = LK_ENCODING_UTF16_BE;
      text = decode_utf16 (bytes + 2, length - 2, TRUE);
    }
  else if (looks_like_utf16 (bytes, length, 1))
    {
      found = LK_ENCODING_UTF16_LE;
      text = decode_utf16 (bytes, length, FALSE);
    }
  else if (looks_like_utf16 (bytes, length, 0))
    {
      found = LK_ENCODING_UTF16_BE;
      text = decode_utf16 (bytes, length, TRUE);
    }
  else if (length > 0 && memchr (bytes, 0, length) != NULL)
    {
      g_set_error (error, LK_TEXT_ERROR, LK_TEXT_ERROR_NOT_TEXT,
                   "“%s” holds NUL bytes: it is not a text file, or it is damaged. Replace it with a plain text file.", name);
      return NULL;
    }
  else if (length >= 3 && memcmp (bytes, "\xef\xbb\xbf", 3) == 0 && g_utf8_validate (bytes + 3, length - 3, NULL))
    {
      found = LK_ENCODING_UTF8_BOM;
      text = g_strndup (bytes + 3, length - 3);
    }
  else if (g_utf8_validate (bytes, length, NULL))
    {
      found = LK_ENCODING_UTF8;
      text = g_strndup (bytes, length);
    }
  else
    {
      found = LK_ENCODING_LATIN1;
      text = decode_latin1 (bytes, length);
    }

  if (text == NULL)
    {
      g_set_error (error, LK_TEXT_ERROR, LK_TEXT_ERROR_NOT_TEXT,
                   "“%s” starts like UTF-16 text, but is cut short or damaged. Save it again as UTF-8.", name);
      return NULL;
    }

  if (encoding != NULL)
    *encoding = found;
  return text;
}

char *
lk_text_read (const char  *path,
              gsize        max_bytes,
              LkEncoding  *encoding,
              GError     **error)
{
  gsize length;
  g_autofree char *bytes = lk_file_read (path, max_bytes, &length, error);
  g_autofree char *name = g_filename_display_name (path);

  if (bytes == NULL)
    return NULL;

  return lk_text_decode (bytes, length, name, encoding, error);
}

/* ---- tags ------------------------------------------------------------------------------------------------------ */

/* Python's str.isspace (): category Zs, or bidirectional type WS, B or S. */
static gboolean
is_space (gunichar c)
{
  return (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x20) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

char *
lk_text_strip (const char *text,
               gssize      length)
{
  const char *start = text;
  const char *end = text + (length < 0 ? strlen (text) : (gsize) length);

  while (start < end && is_space (g_utf8_get_char (start)))
    start = g_utf8_next_char (start);
  while (start < end)
    {
      const char *last = g_utf8_prev_char (end);

      if (!is_space (g_utf8_get_char (last)))
        break;
      end = last;
    }

  return g_strndup (start, end - start);
}

char **
lk_text_split_tags (const char *caption,
                    const char *separator)
{
  g_autofree char *whole = lk_text_strip (caption, -1);
  char **parts = g_strsplit (whole, separator, -1);

  for (char **part = parts; *part != NULL; part++)
    {
      char *stripped = lk_text_strip (*part, -1);

      g_free (*part);
      *part = stripped;
    }

  return parts;
}

/* ---- words for people ------------------------------------------------------------------------------------------ */

/* "H h M min", without the smaller unit where it is zero. */
static char *
two_units (guint64     large,
           const char *large_name,
           guint64     small,
           const char *small_name)
{
  if (small == 0)
    return g_strdup_printf ("%" G_GUINT64_FORMAT " %s", large, large_name);
  return g_strdup_printf ("%" G_GUINT64_FORMAT " %s %" G_GUINT64_FORMAT " %s", large, large_name, small, small_name);
}

char *
lk_text_format_duration (double seconds)
{
  guint64 whole, minutes, hours;

  if (!(seconds > 0.0))
    return g_strdup ("0 s");
  if (seconds < 0.95)
    return g_strdup_printf ("%.1f s", MAX (seconds, 0.1));

  whole = (guint64) MIN (seconds + 0.5, 1e15);
  minutes = (whole + 30) / 60;
  hours = (whole + 1800) / 3600;

  if (whole < 60)
    return g_strdup_printf ("%" G_GUINT64_FORMAT " s", whole);
  if (whole < 3600)
    return two_units (whole / 60, "min", whole % 60, "s");
  if (minutes < 24 * 60)
    return two_units (minutes / 60, "h", minutes % 60, "min");
  return two_units (hours / 24, "d", hours % 24, "h");
}

char *
lk_text_format_bytes (guint64 bytes)
{
  static const char *units[] = { "kB", "MB", "GB", "TB", "PB", "EB" };
  double value = bytes;
  guint unit = 0;

  if (bytes == 1)
    return g_strdup ("1 byte");
  if (bytes < 1000)
    return g_strdup_printf ("%u bytes", (guint) bytes);

  for (value /= 1000.0; value >= 999.5 && unit + 1 < G_N_ELEMENTS (units); unit++)
    value /= 1000.0;

  /* One decimal below 10, but not "2.0 GB". */
  if (value < 9.95 && fabs (value - rint (value)) >= 0.05)
    return g_strdup_printf ("%.1f %s", value, units[unit]);
  return g_strdup_printf ("%.0f %s", value, units[unit]);
}
