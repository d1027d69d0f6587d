/* Pictures of every kind against Pillow's samples; PNG text; what is broken, too large or no picture. */
#include "config.h"

#include <string.h>
#include <zlib.h>

#include <glib/gstdio.h>

#include "base/lk-file.h"
#include "formats/lk-png.h"
#include "formats/lk-safetensors.h"

static char *folder;

static char *
golden_path (const char *name)
{
  return g_test_build_filename (G_TEST_DIST, "data", "golden", "pictures", name, NULL);
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

/* How far samples may be off. JPEG and WebP decoders round differently; the WebP loader multiplies colours by alpha and divides again. */
static int
tolerance (const char   *name,
           const guint8 *pixel)
{
  if (g_str_has_suffix (name, ".jpg"))
    return 2;
  if (g_str_equal (name, "lossy.webp"))
    return 8;
  if (g_str_equal (name, "alpha.webp"))
    return pixel[3] == 0 ? 255 : 255 / pixel[3];
  return 0;
}

static void
test_same_samples_as_pillow (void)
{
  g_autofree char *path = golden_path ("expected.safetensors");
  g_autoptr (GError) error = NULL;
  g_autoptr (LkSafetensors) expected = lk_safetensors_open (path, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (lk_safetensors_get_n_tensors (expected), ==, 45);

  for (guint i = 0; i < lk_safetensors_get_n_tensors (expected); i++)
    {
      const LkSafeTensor *tensor = lk_safetensors_get_tensor (expected, i);
      g_autofree char *file = golden_path (tensor->name);
      g_autoptr (LkPicture) picture = lk_picture_read (file, LK_PICTURE_DEFAULT, NULL, &error);
      const guint8 *samples = tensor->data;

      g_assert_no_error (error);
      if (picture->height != tensor->dims[0] || picture->width != tensor->dims[1] || picture->channels != tensor->dims[2])
        g_error ("%s: %u × %u × %u, not %" G_GSIZE_FORMAT " × %" G_GSIZE_FORMAT " × %" G_GSIZE_FORMAT, tensor->name,
                 picture->width, picture->height, picture->channels, tensor->dims[1], tensor->dims[0], tensor->dims[2]);

      for (guint y = 0; y < picture->height; y++)
        for (gsize x = 0; x < picture->stride; x++)
          {
            guint8 got = lk_picture_row (picture, y)[x], wanted = samples[y * picture->stride + x];
            const guint8 *pixel = samples + y * picture->stride + x / picture->channels * picture->channels;

            if (ABS (got - wanted) > tolerance (tensor->name, pixel))
              g_error ("%s: sample %" G_GSIZE_FORMAT " of row %u is %u, not %u", tensor->name, x, y, got, wanted);
          }
    }
}

static void
assert_info (const char *name,
             const char *format,
             guint       width,
             guint       orientation,
             guint       bit_depth,
             gboolean    has_alpha,
             gboolean    is_animated,
             gboolean    has_foreign_profile)
{
  g_autofree char *path = golden_path (name);
  g_autoptr (GError) error = NULL;
  g_autoptr (LkPicture) picture = NULL;
  LkPictureInfo probed, read;

  g_assert_true (lk_picture_probe (path, &probed, &error));
  picture = lk_picture_read (path, LK_PICTURE_DEFAULT, &read, &error);
  g_assert_no_error (error);

  g_assert_cmpstr (probed.format, ==, format);
  g_assert_cmpstr (read.format, ==, format);
  g_assert_cmpuint (probed.width, ==, width);
  g_assert_cmpuint (read.width, ==, width);
  g_assert_cmpuint (probed.height, ==, read.height);
  g_assert_cmpuint (orientation < 5 ? picture->width : picture->height, ==, width);
  g_assert_cmpuint (probed.orientation, ==, orientation);
  g_assert_cmpuint (read.orientation, ==, orientation);
  g_assert_cmpuint (probed.bit_depth, ==, bit_depth);
  g_assert_cmpint (read.has_alpha, ==, has_alpha);
  g_assert_cmpint (read.is_animated, ==, is_animated);
  g_assert_cmpint (probed.has_foreign_profile, ==, has_foreign_profile);
  g_assert_cmpint (read.has_foreign_profile, ==, has_foreign_profile);
}

static void
test_info (void)
{
  assert_info ("rgb8.png", "png", 13, 1, 8, FALSE, FALSE, FALSE);
  assert_info ("grey16.png", "png", 13, 1, 16, FALSE, FALSE, TRUE);     /* gamma 1.0 */
  assert_info ("grey1.png", "png", 13, 1, 1, FALSE, FALSE, TRUE);
  assert_info ("rgb8-key.png", "png", 13, 1, 8, TRUE, FALSE, FALSE);
  assert_info ("rgba16.png", "png", 13, 1, 16, TRUE, FALSE, FALSE);
  assert_info ("srgb.png", "png", 40, 1, 8, FALSE, FALSE, FALSE);
  assert_info ("foreign.png", "png", 40, 1, 8, FALSE, FALSE, TRUE);
  assert_info ("animated.png", "png", 40, 1, 8, FALSE, TRUE, FALSE);
  assert_info ("orientation-6.png", "png", 40, 6, 8, FALSE, FALSE, FALSE);
  assert_info ("orientation-8.jpg", "jpeg", 40, 8, 8, FALSE, FALSE, FALSE);
  assert_info ("orientation-3.jpg", "jpeg", 40, 3, 8, FALSE, FALSE, FALSE);
  assert_info ("srgb.jpg", "jpeg", 40, 1, 8, FALSE, FALSE, FALSE);
  assert_info ("foreign.jpg", "jpeg", 40, 1, 8, FALSE, FALSE, TRUE);
  assert_info ("cmyk.jpg", "jpeg", 40, 1, 8, FALSE, FALSE, TRUE);
  assert_info ("alpha.webp", "webp", 40, 1, 8, TRUE, FALSE, FALSE);
  assert_info ("animated.webp", "webp", 40, 1, 8, FALSE, TRUE, FALSE);
  assert_info ("orientation-8.webp", "webp", 40, 8, 8, FALSE, FALSE, FALSE);
  assert_info ("orientation-6.tif", "tiff", 40, 6, 8, FALSE, FALSE, FALSE);
  assert_info ("animated.gif", "gif", 40, 1, 8, FALSE, TRUE, FALSE);
  assert_info ("plain.bmp", "bmp", 40, 1, 8, FALSE, FALSE, FALSE);
}

static void
test_on_white (void)
{
  g_autofree char *path = golden_path ("palette4-alpha.png");
  g_autoptr (GError) error = NULL;
  g_autoptr (LkPicture) with_alpha = lk_picture_read (path, LK_PICTURE_DEFAULT, NULL, &error);
  g_autoptr (LkPicture) flat = lk_picture_read (path, LK_PICTURE_ON_WHITE, NULL, &error);
  g_autoptr (LkPicture) on_blue = lk_picture_flatten (with_alpha, 0x0000ff);

  g_assert_no_error (error);
  g_assert_cmpuint (flat->channels, ==, 3);
  for (guint y = 0; y < flat->height; y++)
    for (guint x = 0; x < flat->width; x++)
      {
        const guint8 *from = lk_picture_row (with_alpha, y) + 4 * x;
        const guint8 *white = lk_picture_row (flat, y) + 3 * x, *blue = lk_picture_row (on_blue, y) + 3 * x;

        for (guint c = 0; c < 3; c++)
          {
            g_assert_cmpfloat_with_epsilon (white[c], (from[c] * from[3] + 255.0 * (255 - from[3])) / 255, 0.5001);
            g_assert_cmpfloat_with_epsilon (blue[c], (from[c] * from[3] + (c == 2 ? 255.0 : 0.0) * (255 - from[3])) / 255, 0.5001);
          }
      }
}

static void
test_orient_back_and_forth (void)
{
  static const guint inverse[9] = { 0, 1, 2, 3, 4, 5, 8, 7, 6 };
  g_autofree char *path = golden_path ("rgba8.png");
  g_autoptr (LkPicture) picture = lk_picture_read (path, LK_PICTURE_DEFAULT, NULL, NULL);

  for (guint n = 1; n <= 8; n++)
    {
      g_autoptr (LkPicture) turned = lk_picture_orient (picture, n);
      g_autoptr (LkPicture) back = lk_picture_orient (turned, inverse[n]);

      g_assert_cmpuint (turned->width, ==, n < 5 ? picture->width : picture->height);
      g_assert_cmpmem (back->data, back->stride * back->height, picture->data, picture->stride * picture->height);
      g_assert_true (n == 1 || memcmp (turned->data, picture->data, picture->stride * picture->height) != 0);
    }
}

/* ---- PNG text and writing --------------------------------------------------------------------------------------- */

static void
assert_text (GPtrArray  *texts,
             guint       i,
             const char *key,
             const char *value)
{
  const LkPngText *text = g_ptr_array_index (texts, i);

  g_assert_cmpstr (text->key, ==, key);
  g_assert_cmpstr (text->value, ==, value);
}

static void
test_texts (void)
{
  g_autofree char *path = golden_path ("texts.png");
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) texts = lk_png_read_texts (path, &error);
  g_autoptr (GPtrArray) again = NULL;
  g_autoptr (LkPicture) picture = lk_png_read (path, NULL, &again, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (texts->len, ==, 6);       /* a broken one and one without end are left out */
  g_assert_cmpuint (again->len, ==, 6);
  assert_text (texts, 0, "parameters", "café, masterpiece\nSteps: 20");
  g_assert_cmpuint (strlen (lk_png_texts_find (texts, "workflow")), ==, 1000);
  assert_text (texts, 2, "Caption", "東京 ❤");
  assert_text (texts, 3, "packed", "ä");
  assert_text (texts, 4, "parameters", "second");
  assert_text (texts, 5, "empty", "");
  g_assert_cmpstr (lk_png_texts_find (texts, "parameters"), ==, "café, masterpiece\nSteps: 20");
  g_assert_null (lk_png_texts_find (texts, "nope"));
}

static void
test_write_and_read_back (void)
{
  g_autofree char *from = golden_path ("rgba8.png");
  g_autofree char *path = g_build_filename (folder, "written.png", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (LkPicture) picture = lk_picture_read (from, LK_PICTURE_DEFAULT, NULL, &error);
  g_autoptr (LkPicture) flat = lk_picture_flatten (picture, 0x123456);
  g_autoptr (GPtrArray) texts = lk_png_texts_new ();
  g_autofree char *large = g_strnfill (3 << 20, 'w');

  lk_png_texts_add (texts, "parameters", "naïve\nSteps: 1");
  lk_png_texts_add (texts, "prompt", "東京");
  lk_png_texts_add (texts, "prompt", "");
  lk_png_texts_add (texts, "workflow", large);

  for (guint i = 0; i < 2; i++)
    {
      const LkPicture *written = i == 0 ? picture : flat;
      g_autoptr (LkPicture) back = NULL;
      g_autoptr (GPtrArray) back_texts = NULL;
      g_autoptr (GBytes) once = NULL, twice = NULL;

      g_assert_true (lk_png_write (written, texts, path, &error));
      back = lk_png_read (path, NULL, &back_texts, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (back->channels, ==, written->channels);
      g_assert_cmpmem (back->data, back->stride * back->height, written->data, written->stride * written->height);
      g_assert_cmpuint (back_texts->len, ==, 4);
      assert_text (back_texts, 0, "parameters", "naïve\nSteps: 1");
      assert_text (back_texts, 1, "prompt", "東京");
      assert_text (back_texts, 2, "prompt", "");
      g_assert_cmpstr (lk_png_texts_find (back_texts, "workflow"), ==, large);

      once = lk_png_encode (written, texts, &error);
      twice = lk_png_encode (written, texts, &error);
      g_assert_true (g_bytes_equal (once, twice));
    }

  /* Other programs look for Latin-1 text in tEXt, and for the rest in iTXt. */
  {
    g_autofree char *data = NULL;
    gsize length;

    data = lk_file_read (path, 8 << 20, &length, &error);
    g_assert_nonnull (memmem (data, length, "tEXtparameters\0na\xefve\nSteps", 23));
    g_assert_nonnull (memmem (data, length, "iTXtprompt\0\0\0\0\0\xe6\x9d\xb1", 18));
  }
}

/* ---- what cannot be read ---------------------------------------------------------------------------------------- */

static void
assert_refused (gconstpointer data,
                gsize         length,
                const char   *name,
                int           code,
                const char   *words)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (lk_file_write (path, data, length, &error));
  g_assert_null (lk_picture_read (path, LK_PICTURE_DEFAULT, NULL, &error));
  g_assert_error (error, LK_PICTURE_ERROR, code);
  if (strstr (error->message, words) == NULL || strstr (error->message, path) == NULL || strchr (error->message, '\n') != NULL)
    g_error ("“%s” does not say “%s”", error->message, words);
  g_unlink (path);
}

static void
test_not_a_picture (void)
{
  assert_refused ("", 0, "a.png", LK_PICTURE_ERROR_EMPTY, "is empty");
  assert_refused ("\0\1\2\3 just some bytes, and more of them", 38, "a.jpg", LK_PICTURE_ERROR_NOT_A_PICTURE, "is not a picture");
  assert_refused ("<?xml version=\"1.0\"?><svg/>", 27, "a.svg", LK_PICTURE_ERROR_UNSUPPORTED, "Export it as PNG");
  assert_refused ("8BPS\0\1", 6, "a.psd", LK_PICTURE_ERROR_UNSUPPORTED, "Photoshop");
  assert_refused ("\0\0\0\x1c" "ftypheic\0\0\0\0mif1heic", 24, "a.heic", LK_PICTURE_ERROR_UNSUPPORTED, "loader for HEIF");
}

static void
test_cut_short_and_damaged (void)
{
  static const char *names[] = { "rgb8.png", "interlaced.png", "palette4-alpha.png", "orientation-6.jpg", "progressive.jpg", "lossless.webp",
                                 "plain.gif", "plain.bmp", "plain.tif", "texts.png" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = golden_path (names[i]);
      g_autofree char *data = NULL;
      g_autoptr (GError) error = NULL;
      gsize length;

      data = lk_file_read (path, 1 << 20, &length, &error);
      g_assert_no_error (error);

      /* At every length: an error, and never a crash. The last bytes may be dispensable. */
      for (gsize n = 1; n < length; n += MAX (1, length / 97))
        {
          g_autoptr (GBytes) bytes = g_bytes_new (data, n);
          g_autoptr (GError) cut_error = NULL;
          g_autoptr (LkPicture) picture = lk_picture_read_bytes (bytes, names[i], LK_PICTURE_DEFAULT, NULL, &cut_error);

          if (picture != NULL && n < length * 3 / 4)
            g_error ("%s: read from %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " bytes", names[i], n, length);
          g_assert_true ((picture == NULL) == (cut_error != NULL));
        }
    }
}

static void
test_damaged_pixels (void)
{
  g_autofree char *path = golden_path ("rgb8.png");
  g_autofree char *data = NULL;
  gsize length;

  data = lk_file_read (path, 1 << 20, &length, NULL);
  data[60] ^= 0x10;
  assert_refused (data, length, "damaged.png", LK_PICTURE_ERROR_CORRUPT, "is damaged or cut short");
}

static void
append_chunk (GByteArray    *out,
              const char    *type,
              gconstpointer  data,
              guint32        size)
{
  guint32 length = GUINT32_TO_BE (size);
  guint32 check = crc32 (crc32 (0, (const guint8 *) type, 4), data, size);

  check = GUINT32_TO_BE (check);
  g_byte_array_append (out, (const guint8 *) &length, 4);
  g_byte_array_append (out, (const guint8 *) type, 4);
  g_byte_array_append (out, data, size);
  g_byte_array_append (out, (const guint8 *) &check, 4);
}

/* A PNG of a given size with hardly any data. */
static GByteArray *
make_png (guint32 width,
          guint32 height)
{
  guint8 header[13] = { 0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0 };
  GByteArray *out = g_byte_array_new ();

  width = GUINT32_TO_BE (width);
  height = GUINT32_TO_BE (height);
  memcpy (header, &width, 4);
  memcpy (header + 4, &height, 4);
  g_byte_array_append (out, (const guint8 *) "\x89PNG\r\n\x1a\n", 8);
  append_chunk (out, "IHDR", header, 13);
  append_chunk (out, "IDAT", "\x78\x9c\x03\x00\x00\x00\x00\x01", 8);
  append_chunk (out, "IEND", "", 0);
  return out;
}

static void
assert_size_refused (guint32     width,
                     guint32     height,
                     int         code,
                     const char *words)
{
  g_autoptr (GByteArray) png = make_png (width, height);

  assert_refused (png->data, png->len, "size.png", code, words);
}

static void
test_huge (void)
{
  static const char bmp[] =
    "BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\xff\xff\xff\x0f\xff\xff\xff\x0f\1\0\x18\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
  static const char gif[] = "GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\2\2L\1\0;";
  static const char jpeg[] = "\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff\3\1\x22\0\2\x11\1\3\x11\1\xff\xda";
  static const char pnm[] = "P6 100000 100000 255\n";
  static const char tiff[] = "II*\0\x08\0\0\0\2\0\0\1\4\0\1\0\0\0\0\0\x10\0\1\1\4\0\1\0\0\0\0\0\x10\0\0\0\0\0";

  assert_size_refused (16385, 1, LK_PICTURE_ERROR_TOO_LARGE, "16385 × 1 pixels");
  assert_size_refused (1, 16385, LK_PICTURE_ERROR_TOO_LARGE, "Make it smaller");
  assert_size_refused (9000, 9000, LK_PICTURE_ERROR_TOO_LARGE, "64 megapixels");
  assert_size_refused (G_MAXUINT32, G_MAXUINT32, LK_PICTURE_ERROR_TOO_LARGE, "too large");
  assert_size_refused (16384, 4096, LK_PICTURE_ERROR_CORRUPT, "cut short");       /* allowed, but no pixels */
  assert_size_refused (0, 5, LK_PICTURE_ERROR_CORRUPT, "damaged");

  assert_refused (bmp, sizeof bmp - 1, "a.bmp", LK_PICTURE_ERROR_TOO_LARGE, "too large");
  assert_refused (gif, sizeof gif - 1, "a.gif", LK_PICTURE_ERROR_TOO_LARGE, "65535 × 65535");
  assert_refused (jpeg, sizeof jpeg - 1, "a.jpg", LK_PICTURE_ERROR_TOO_LARGE, "65535 × 65535");
  assert_refused (pnm, sizeof pnm - 1, "a.ppm", LK_PICTURE_ERROR_TOO_LARGE, "too large");
  assert_refused (tiff, sizeof tiff - 1, "a.tif", LK_PICTURE_ERROR_TOO_LARGE, "1048576 × 1048576");
}

static void
test_text_bomb_does_no_harm (void)
{
  /* 100 MB of zeros in one small zTXt chunk: the picture is read, the text is not. */
  g_autoptr (GByteArray) png = g_byte_array_new ();
  g_autofree char *path = golden_path ("rgb8.png");
  g_autofree char *bomb_path = g_build_filename (folder, "bomb.png", NULL);
  gsize length, plain = 100 << 20;
  g_autofree char *data = lk_file_read (path, 1 << 20, &length, NULL);
  g_autofree char *zeros = g_malloc0 (plain);
  uLongf packed = compressBound (plain);
  g_autofree guint8 *text = g_malloc (packed + 6);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) texts = NULL;
  g_autoptr (LkPicture) picture = NULL;

  memcpy (text, "bomb\0\0", 6);
  g_assert_cmpint (compress2 (text + 6, &packed, (const guint8 *) zeros, plain, 1), ==, Z_OK);
  g_byte_array_append (png, (const guint8 *) data, 33);
  append_chunk (png, "zTXt", text, packed + 6);
  g_byte_array_append (png, (const guint8 *) data + 33, length - 33);
  g_assert_true (lk_file_write (bomb_path, png->data, png->len, &error));

  picture = lk_png_read (bomb_path, NULL, &texts, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (picture->width, ==, 13);
  g_assert_cmpuint (texts->len, ==, 0);
}

static void
test_not_there (void)
{
  g_autoptr (GError) error = NULL;
  LkPictureInfo info;

  g_assert_null (lk_picture_read ("/nowhere/a.png", LK_PICTURE_DEFAULT, NULL, &error));
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (lk_picture_probe ("/nowhere/a.png", &info, &error));
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (lk_picture_probe (folder, &info, &error));
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_NOT_A_FILE);
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("likeness-picture-XXXXXX", NULL);

  g_test_add_func ("/picture/same-samples-as-pillow", test_same_samples_as_pillow);
  g_test_add_func ("/picture/info", test_info);
  g_test_add_func ("/picture/on-white", test_on_white);
  g_test_add_func ("/picture/orient-back-and-forth", test_orient_back_and_forth);
  g_test_add_func ("/picture/texts", test_texts);
  g_test_add_func ("/picture/write-and-read-back", test_write_and_read_back);
  g_test_add_func ("/picture/not-a-picture", test_not_a_picture);
  g_test_add_func ("/picture/cut-short-and-damaged", test_cut_short_and_damaged);
  g_test_add_func ("/picture/damaged-pixels", test_damaged_pixels);
  g_test_add_func ("/picture/huge", test_huge);
  g_test_add_func ("/picture/text-bomb-does-no-harm", test_text_bomb_does_no_harm);
  g_test_add_func ("/picture/not-there", test_not_there);

  result = g_test_run ();

  {
    g_autofree char *written = g_build_filename (folder, "written.png", NULL);
    g_autofree char *bomb = g_build_filename (folder, "bomb.png", NULL);

    g_unlink (written);
    g_unlink (bomb);
    g_rmdir (folder);
    g_free (folder);
  }
  return result;
}
