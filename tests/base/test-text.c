/* Captions in every encoding people have, kohya's tags, and words for people. */
#include "config.h"

#include <string.h>

#include <glib/gstdio.h>

#include "base/lk-file.h"
#include "base/lk-text.h"

static void
assert_decodes (const char *bytes,
                gsize       length,
                LkEncoding  encoding,
                const char *expected)
{
  g_autoptr (GError) error = NULL;
  LkEncoding found = -1;
  g_autofree char *text = lk_text_decode (bytes, length, "a.txt", &found, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, expected);
  g_assert_cmpint (found, ==, encoding);
  g_assert_true (g_utf8_validate (text, -1, NULL));
}

#define DECODES(bytes, encoding, expected) assert_decodes (bytes, sizeof bytes - 1, encoding, expected)

static void
test_encodings (void)
{
  DECODES ("", LK_ENCODING_UTF8, "");
  DECODES ("ohwx woman,  \r\n tab\t ", LK_ENCODING_UTF8, "ohwx woman,  \r\n tab\t ");
  DECODES ("caf\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x99\x82", LK_ENCODING_UTF8, "café 漢 🙂");
  DECODES ("\xef\xbb\xbf" "a", LK_ENCODING_UTF8_BOM, "a");
  DECODES ("caf\xe9, \x93red\x94 \x80", LK_ENCODING_LATIN1, "café, “red” €");
  DECODES ("\xff\xfe" "a\0\xe9\0", LK_ENCODING_UTF16_LE, "aé");
  DECODES ("\xfe\xff" "\0a\0\xe9\xd8\x3d\xde\x42", LK_ENCODING_UTF16_BE, "aé🙂");
  DECODES ("\xff\xfe", LK_ENCODING_UTF16_LE, "");
  DECODES ("r\0e\0d\0 \0h\0a\0i\0r\0", LK_ENCODING_UTF16_LE, "red hair");
  DECODES ("\0r\0e\0d\0 \0h\0a\0i\0r", LK_ENCODING_UTF16_BE, "red hair");
}

static void
assert_is_no_text (const char *bytes,
                   gsize       length)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (lk_text_decode (bytes, length, "a.txt", NULL, &error));
  g_assert_error (error, LK_TEXT_ERROR, LK_TEXT_ERROR_NOT_TEXT);
  g_assert_nonnull (strstr (error->message, "“a.txt”"));
}

static void
test_not_text (void)
{
  assert_is_no_text ("red\0hair", 8);
  assert_is_no_text ("\0", 1);
  assert_is_no_text ("\0\0", 2);
  assert_is_no_text ("\xff\xfe" "a", 3);
  assert_is_no_text ("\xff\xfe" "\0\xd8" "a\0", 6);       /* half a surrogate pair */
  assert_is_no_text ("\xff\xfe" "a\0\0\0b\0", 8);
}

static void
test_large_caption (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("likeness-text-XXXXXX", &error);
  g_autofree char *path = g_build_filename (folder, "a.txt", NULL);
  g_autofree char *caption = g_strnfill (100 << 10, 'x');
  g_autofree char *text = NULL;

  g_assert_true (lk_file_write (path, caption, -1, &error));
  text = lk_text_read (path, 1 << 20, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, caption);
  g_assert_null (lk_text_read (path, 64 << 10, NULL, &error));
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_TOO_LARGE);
  g_unlink (path);
  g_rmdir (folder);
}

static void
assert_splits (const char *caption,
               const char *separator,
               const char *joined)
{
  g_auto (GStrv) parts = lk_text_split_tags (caption, separator);
  g_autofree char *result = g_strjoinv ("|", parts);

  g_assert_cmpstr (result, ==, joined);
}

static void
test_tags (void)
{
  /* Python: "|".join (t.strip () for t in caption.strip ().split (",")) */
  assert_splits ("", ",", "");
  assert_splits ("a", ",", "a");
  assert_splits (" a ,b,  c d\n", ",", "a|b|c d");
  assert_splits ("a,,b,", ",", "a||b|");
  assert_splits ("\xc2\xa0" "a\xe3\x80\x80,\x1f" "b\xe2\x80\x8b", ",", "a|b\xe2\x80\x8b");   /* U+200B is no space */
  assert_splits ("a \\(b, c\\);;; d", ";;;", "a \\(b, c\\)|d");
}

static void
assert_duration (double      seconds,
                 const char *expected)
{
  g_autofree char *text = lk_text_format_duration (seconds);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_durations (void)
{
  assert_duration (0, "0 s");
  assert_duration (-3, "0 s");
  assert_duration (0.001, "0.1 s");
  assert_duration (0.42, "0.4 s");
  assert_duration (0.97, "1 s");
  assert_duration (59.4, "59 s");
  assert_duration (59.6, "1 min");
  assert_duration (125, "2 min 5 s");
  assert_duration (3599.7, "1 h");
  assert_duration (4321, "1 h 12 min");
  assert_duration (86399, "1 d");
  assert_duration (86400 * 3 + 4 * 3600, "3 d 4 h");
  assert_duration (0.0 / 0.0, "0 s");
  assert_duration (1.0 / 0.0, "11574074074 d 2 h");
}

static void
assert_bytes (guint64     bytes,
              const char *expected)
{
  g_autofree char *text = lk_text_format_bytes (bytes);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_bytes (void)
{
  assert_bytes (0, "0 bytes");
  assert_bytes (1, "1 byte");
  assert_bytes (999, "999 bytes");
  assert_bytes (1000, "1 kB");
  assert_bytes (12345, "12 kB");
  assert_bytes (999600, "1 MB");
  assert_bytes (1234567890, "1.2 GB");
  assert_bytes (6938041344ull, "6.9 GB");
  assert_bytes (G_MAXUINT64, "18 EB");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/text/encodings", test_encodings);
  g_test_add_func ("/text/not-text", test_not_text);
  g_test_add_func ("/text/large-caption", test_large_caption);
  g_test_add_func ("/text/tags", test_tags);
  g_test_add_func ("/text/durations", test_durations);
  g_test_add_func ("/text/bytes", test_bytes);
  return g_test_run ();
}
