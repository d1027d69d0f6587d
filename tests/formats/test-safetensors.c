/* safetensors: every type and every kind of damage; files equal to the safetensors library's; noise equal to PyTorch's. */
#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gstdio.h>

#include "base/lk-file.h"
#include "base/lk-random.h"
#include "base/lk-sha256.h"
#include "formats/lk-safetensors.h"

static LkSafetensors *
open_golden (const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "data", "golden", name, NULL);
  LkSafetensors *file = lk_safetensors_open (path, &error);

  g_assert_no_error (error);
  return file;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static void
test_every_type (void)
{
  g_autoptr (LkSafetensors) types = open_golden ("safetensors/types.safetensors");
  g_autoptr (LkSafetensors) f32 = open_golden ("safetensors/f32.safetensors");
  g_autoptr (LkSafetensors) f16 = open_golden ("safetensors/f16.safetensors");
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (lk_safetensors_get_n_tensors (types), ==, 15);

  for (guint i = 0; i < lk_safetensors_get_n_tensors (types); i++)
    {
      const LkSafeTensor *tensor = lk_safetensors_get_tensor (types, i);
      const float *expected = lk_safetensors_require (f32, tensor->name, &error)->data;
      const guint16 *expected_half = lk_safetensors_require (f16, tensor->name, &error)->data;
      gsize n = tensor->n_elements, n_overflows = 0, n_expected_overflows = 0;
      g_autofree float *values = g_new (float, n + 1);
      g_autofree guint16 *halves = g_new (guint16, n + 1);

      g_assert_true (lk_safetensors_read_f32 (types, tensor, 0, n, values, &error));
      g_assert_true (lk_safetensors_read_f16 (types, tensor, 0, n, halves, &n_overflows, &error));
      g_assert_no_error (error);

      for (gsize k = 0; k < n; k++)
        {
          guint32 bits, expected_bits;

          memcpy (&bits, &values[k], 4);
          memcpy (&expected_bits, (const char *) expected + 4 * k, 4);
          if (bits != expected_bits && !(isnan (values[k]) && (expected_bits & 0x7fffffff) > 0x7f800000))
            g_error ("%s[%" G_GSIZE_FORMAT "] is %a (%08x), not %08x", tensor->name, k, values[k], bits, expected_bits);
          if (halves[k] != expected_half[k] && !((halves[k] & 0x7fff) > 0x7c00 && (expected_half[k] & 0x7fff) > 0x7c00))
            g_error ("%s[%" G_GSIZE_FORMAT "] = %a is %04x, not %04x", tensor->name, k, values[k], halves[k], expected_half[k]);
          n_expected_overflows += (expected_half[k] & 0x7fff) == 0x7c00 && !isinf (values[k]);
        }

      /* -1e300 is infinite as F32 already. */
      if (tensor->type == LK_SAFE_F64)
        n_expected_overflows++;
      g_assert_cmpuint (n_overflows, ==, n_expected_overflows);
    }
}

static void
test_ranges_are_parts_of_the_whole (void)
{
  g_autoptr (LkSafetensors) types = open_golden ("safetensors/types.safetensors");
  const LkSafeTensor *tensor = lk_safetensors_find (types, "BF16");
  float all[1500], part[1200];
  guint16 all_half[1500], part_half[1200];

  g_assert_true (lk_safetensors_read_f32 (types, tensor, 0, 1500, all, NULL));
  g_assert_true (lk_safetensors_read_f32 (types, tensor, 37, 1200, part, NULL));
  g_assert_cmpmem (all + 37, sizeof part, part, sizeof part);
  lk_safetensors_release (types, tensor);
  g_assert_true (lk_safetensors_read_f16 (types, tensor, 0, 1500, all_half, NULL, NULL));
  g_assert_true (lk_safetensors_read_f16 (types, tensor, 37, 1200, part_half, NULL, NULL));
  g_assert_cmpmem (all_half + 37, sizeof part_half, part_half, sizeof part_half);
  g_assert_true (lk_safetensors_read_f32 (types, tensor, 1500, 0, part, NULL));
}

static void
test_shapes_and_metadata (void)
{
  g_autoptr (LkSafetensors) types = open_golden ("safetensors/types.safetensors");
  const LkSafeTensor *tensor = lk_safetensors_find (types, "U8");
  const char * const *keys = lk_safetensors_get_metadata_keys (types);
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (tensor->n_dims, ==, 3);
  g_assert_cmpuint (tensor->dims[2], ==, 64);
  g_assert_cmpstr (tensor->type_name, ==, "U8");
  g_assert_cmpuint (lk_safetensors_find (types, "z.scalar")->n_dims, ==, 0);
  g_assert_cmpuint (lk_safetensors_find (types, "empty")->n_elements, ==, 0);
  g_assert_cmpuint (lk_safetensors_find (types, "a\"\\é\n\x01")->n_elements, ==, 3);
  g_assert_cmpstr (keys[0], ==, "ss_\"key\" 漢\n");
  g_assert_null (keys[1]);
  g_assert_cmpstr (lk_safetensors_get_metadata (types, keys[0]), ==, "value\t\\ \x1f / \x7f 🙂");
  g_assert_null (lk_safetensors_get_metadata (types, "nope"));

  g_assert_null (lk_safetensors_find (types, "nope"));
  g_assert_null (lk_safetensors_require (types, "nope", &error));
  g_assert_error (error, LK_SAFETENSORS_ERROR, LK_SAFETENSORS_ERROR_MISSING);
}

static void
test_integers (void)
{
  g_autoptr (LkSafetensors) types = open_golden ("safetensors/types.safetensors");
  const LkSafeTensor *whole = lk_safetensors_find (types, "I64");
  g_autoptr (GError) error = NULL;
  gint32 values[256];

  g_assert_true (lk_safetensors_read_i32 (types, whole, 0, 3, values, &error));
  g_assert_cmpint (values[2], ==, -1);
  g_assert_false (lk_safetensors_read_i32 (types, whole, 0, 4, values, &error));
  g_assert_error (error, LK_SAFETENSORS_ERROR, LK_SAFETENSORS_ERROR_TYPE);
  g_clear_error (&error);
  g_assert_false (lk_safetensors_read_i32 (types, whole, 6, 1, values, &error));   /* 2^31 */
  g_clear_error (&error);
  g_assert_true (lk_safetensors_read_i32 (types, lk_safetensors_find (types, "I8"), 0, 3, values, &error));
  g_assert_cmpint (values[2], ==, -1);
  g_assert_true (lk_safetensors_read_i32 (types, lk_safetensors_find (types, "U8"), 0, 256, values, &error));
  g_assert_cmpint (values[255], ==, 255);
  g_assert_false (lk_safetensors_read_i32 (types, lk_safetensors_find (types, "F16"), 0, 1, values, &error));
  g_assert_error (error, LK_SAFETENSORS_ERROR, LK_SAFETENSORS_ERROR_TYPE);
}

static void
test_every_half (void)
{
  for (guint bits = 0; bits < 65536; bits++)
    {
      guint exponent = bits >> 10 & 31, mantissa = bits & 1023;
      double expected = exponent == 0 ? ldexp (mantissa, -24) : ldexp (1024 + mantissa, (int) exponent - 25);
      float value = lk_safe_f16_to_f32 (bits), next, middle;

      if (exponent == 31)
        {
          g_assert_true (mantissa == 0 ? isinf (value) : isnan (value));
          g_assert_true ((lk_safe_f32_to_f16 (value) & 0x7fff) >= 0x7c00);
          continue;
        }
      g_assert_true (value == (float) (bits & 0x8000 ? -expected : expected) && !signbit (value) == !(bits & 0x8000));
      g_assert_cmpuint (lk_safe_f32_to_f16 (value), ==, bits);

      /* Exactly between two halves the even one is taken; the slightest difference decides. */
      next = (bits & 0x7fff) == 0x7bff ? copysignf (65536.f, value) : lk_safe_f16_to_f32 (bits + 1);
      middle = (value + next) / 2;
      g_assert_cmpuint (lk_safe_f32_to_f16 (middle), ==, bits + (bits & 1));
      g_assert_cmpuint (lk_safe_f32_to_f16 (nextafterf (middle, value)), ==, bits);
      g_assert_cmpuint (lk_safe_f32_to_f16 (nextafterf (middle, next)), ==, bits + 1);
    }
}

/* ---- damage ----------------------------------------------------------------------------------------------------- */

/* A file from its header's text and the size of its data. */
static GBytes *
make_file (const char *header,
           gsize       n_data)
{
  GByteArray *out = g_byte_array_new ();
  guint64 length = GUINT64_TO_LE ((guint64) strlen (header));

  g_byte_array_append (out, (const guint8 *) &length, 8);
  g_byte_array_append (out, (const guint8 *) header, strlen (header));
  g_byte_array_set_size (out, out->len + n_data);
  memset (out->data + out->len - n_data, 0, n_data);
  return g_byte_array_free_to_bytes (out);
}

static void
assert_refused (GBytes     *bytes,
                int         code,
                const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (lk_safetensors_open_bytes (bytes, "lora.safetensors", &error));
  g_assert_error (error, LK_SAFETENSORS_ERROR, code);
  if (strstr (error->message, words) == NULL || strstr (error->message, "“lora.safetensors”") == NULL || strchr (error->message, '\n') != NULL)
    g_error ("“%s” does not say “%s”", error->message, words);
}

static void
assert_header_refused (const char *header,
                       gsize       n_data,
                       int         code,
                       const char *words)
{
  g_autoptr (GBytes) bytes = make_file (header, n_data);

  assert_refused (bytes, code, words);
}

#define CORRUPT LK_SAFETENSORS_ERROR_CORRUPT
#define TRUNCATED LK_SAFETENSORS_ERROR_TRUNCATED
#define OTHER LK_SAFETENSORS_ERROR_NOT_SAFETENSORS
#define F32(name, shape, offsets) "\"" name "\":{\"dtype\":\"F32\",\"shape\":[" shape "],\"data_offsets\":[" offsets "]}"

static void
test_good_headers (void)
{
  static const struct
  {
    const char *header;
    gsize       n_data;
    guint       n_tensors;
  } cases[] = {
    { "{}", 0, 0 },
    { "{}      \n", 0, 0 },
    { "{\"__metadata__\":{}}", 0, 0 },
    { "{\"__metadata__\":null," F32 ("a", "", "0,4") "}", 4, 1 },
    { "{ " F32 ("b", "2", "4,12") " ,\t" F32 ("a", "1,1", "0,4") " }", 12, 2 },
    { "{" F32 ("b", "0", "4,4") "," F32 ("a", "1", "0,4") "," F32 ("c", "0,7", "0,0") "}", 4, 3 },
    { "{\"a\":{\"more\":[{\"x\":[1e-5,true,null,\"\\u00e9\"]},{},[]],\"data_offsets\":[0,3],\"shape\":[7],\"dtype\":\"F4\"}}", 3, 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GBytes) bytes = make_file (cases[i].header, cases[i].n_data);
      g_autoptr (GError) error = NULL;
      g_autoptr (LkSafetensors) file = lk_safetensors_open_bytes (bytes, "good", &error);

      g_assert_no_error (error);
      g_assert_cmpuint (lk_safetensors_get_n_tensors (file), ==, cases[i].n_tensors);
    }
}

static void
test_unknown_type_is_an_error_only_when_read (void)
{
  g_autoptr (GBytes) bytes = make_file ("{\"a\":{\"dtype\":\"F4\",\"shape\":[6],\"data_offsets\":[0,3]}," F32 ("b", "1", "3,7") "}", 7);
  g_autoptr (GError) error = NULL;
  g_autoptr (LkSafetensors) file = lk_safetensors_open_bytes (bytes, "x", &error);
  float values[6];

  g_assert_no_error (error);
  g_assert_true (lk_safetensors_read_f32 (file, lk_safetensors_find (file, "b"), 0, 1, values, &error));
  g_assert_false (lk_safetensors_read_f32 (file, lk_safetensors_find (file, "a"), 0, 1, values, &error));
  g_assert_error (error, LK_SAFETENSORS_ERROR, LK_SAFETENSORS_ERROR_TYPE);
  g_assert_nonnull (strstr (error->message, "“a” has the type F4"));
}

static void
test_cut_short (void)
{
  g_autoptr (LkSafetensors) types = open_golden ("safetensors/types.safetensors");
  g_autoptr (GError) error = NULL;
  g_autofree char *data = NULL;
  gsize length;

  data = lk_file_read (lk_safetensors_get_path (types), 1 << 20, &length, &error);
  for (gsize n = 0; n < length; n++)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (data, n);

      assert_refused (bytes, TRUNCATED, n == 0 ? "is empty" : "is cut short");
    }

  assert_header_refused ("{" F32 ("a", "2", "0,8") "}", 7, TRUNCATED, "is cut short: it should have 70 bytes, but has 69");
}

static void
test_places_that_do_not_fit (void)
{
  assert_header_refused ("{" F32 ("a", "2", "0,8") "," F32 ("b", "2", "4,12") "}", 12, CORRUPT, "“b” overlaps");
  assert_header_refused ("{" F32 ("a", "2", "0,8") "," F32 ("b", "1", "0,4") "}", 12, CORRUPT, "overlaps");
  assert_header_refused ("{" F32 ("a", "2", "0,8") "," F32 ("b", "1", "12,16") "}", 16, CORRUPT, "“b” has bytes before it");
  assert_header_refused ("{" F32 ("a", "2", "4,12") "}", 12, CORRUPT, "“a” has bytes before it");
  assert_header_refused ("{" F32 ("a", "2", "0,8") "}", 9, CORRUPT, "1 bytes after its last tensor");
  assert_header_refused ("{}", 1, CORRUPT, "1 bytes after");
  assert_header_refused ("{" F32 ("a", "2", "8,0") "}", 8, CORRUPT, "ends before it begins");
  assert_header_refused ("{" F32 ("a", "3", "0,8") "}", 8, CORRUPT, "another size");
  assert_header_refused ("{" F32 ("a", "1", "0,4") "," F32 ("a", "1", "4,8") "}", 8, CORRUPT, "“a” is there twice");
  assert_header_refused ("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", 0, CORRUPT, "“k” twice");
  assert_header_refused ("{\"__metadata__\":{},\"__metadata__\":{}}", 0, CORRUPT, "is there twice");
}

static void
test_impossible_numbers (void)
{
  assert_header_refused ("{" F32 ("a", "4611686018427387904", "0,0") "}", 0, CORRUPT, "another size");
  assert_header_refused ("{" F32 ("a", "4294967296,4294967296", "0,0") "}", 0, CORRUPT, "impossible shape");
  assert_header_refused ("{" F32 ("a", "18446744073709551616", "0,0") "}", 0, CORRUPT, "not valid JSON");
  assert_header_refused ("{" F32 ("a", "-1", "0,4") "}", 4, CORRUPT, "not valid JSON");
  assert_header_refused ("{" F32 ("a", "1.0", "0,4") "}", 4, CORRUPT, "not valid JSON");
  assert_header_refused ("{" F32 ("a", "01", "0,4") "}", 4, CORRUPT, "not valid JSON");
  assert_header_refused ("{" F32 ("a", "1,1,1,1,1,1,1,1,1", "0,4") "}", 4, CORRUPT, "too many dimensions");
  assert_header_refused ("{" F32 ("a", "1", "0,4,8") "}", 4, CORRUPT, "too many dimensions or offsets");
  assert_header_refused ("{" F32 ("a", "1", "0") "}", 4, CORRUPT, "lacks");
  /* An end beyond 2^63, and one that wraps round to the right place. */
  assert_header_refused ("{" F32 ("a", "4611686018427387903", "0,18446744073709551612") "}", 4, TRUNCATED, "cut short");
  assert_header_refused ("{\"a\":{\"dtype\":\"X\",\"shape\":[1],\"data_offsets\":[0,18446744073709551615]}}", 4, TRUNCATED, "cut short");
}

static void
test_damaged_json (void)
{
  static const char *headers[] = {
    "{", "{\"a\"}", "{\"a\":1}", "{\"a\":{}}", "{" F32 ("a", "1", "0,4"), "{" F32 ("a", "1", "0,4") ",}", "{" F32 ("a", "1", "0,4") "}}",
    "{" F32 ("a", "1", "0,4") "} x", "{\"a\":{\"dtype\":5,\"shape\":[1],\"data_offsets\":[0,4]}}", "{" F32 ("a", "1,", "0,4") "}",
    "{" F32 ("\\u0000", "1", "0,4") "}", "{" F32 ("\\ud800", "1", "0,4") "}", "{" F32 ("\\udc00", "1", "0,4") "}",
    "{" F32 ("\\ud800\\u0041", "1", "0,4") "}", "{" F32 ("\\x", "1", "0,4") "}", "{" F32 ("\\u12", "1", "0,4") "}", "{" F32 ("\n", "1", "0,4") "}",
    "{" F32 ("\xff", "1", "0,4") "}", "{\"__metadata__\":{\"a\":1}}", "{\"__metadata__\":{\"a\":null}}", "{\"__metadata__\":[]}",
    "{\"a\":{\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]],\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
    "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (headers); i++)
    assert_header_refused (headers[i], 4, CORRUPT, "is damaged");
}

static void
assert_other_refused (const char *start,
                      gsize       length,
                      const char *words)
{
  g_autofree char *data = g_malloc0 (100);
  g_autoptr (GBytes) bytes = NULL;

  memcpy (data, start, length);
  bytes = g_bytes_new (data, 100);
  assert_refused (bytes, OTHER, words);
}

static void
test_something_else (void)
{
  assert_other_refused ("PK\3\4\0\0\0\0\0", 9, "PyTorch checkpoint");
  assert_other_refused ("\x80\2}q\0(X\0\0", 9, "pickle");
  assert_other_refused ("version https://git-lfs.github.com/spec/v1", 41, "Git LFS");
  assert_other_refused ("<!DOCTYPE html>", 15, "web page");
  assert_other_refused ("\x89PNG\r\n\x1a\n", 8, "picture");
  assert_other_refused ("\0\0\0\0\0\0\0\0[", 9, "not a safetensors file");
  assert_other_refused ("\x01\xe1\xf5\x05\0\0\0\0{", 9, "not a safetensors file");   /* 100 000 001 bytes of header */
  assert_other_refused ("\xff\xff\xff\xff\xff\xff\xff\xff{", 9, "not a safetensors file");
}

static void
test_largest_header (void)
{
  /* 100 MB of header are read: one tensor, and spaces. */
  g_autofree char *header = g_strnfill (100000000, ' ');
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (LkSafetensors) file = NULL;

  memcpy (header, "{" F32 ("a", "1", "0,4") "}", strlen ("{" F32 ("a", "1", "0,4") "}"));
  bytes = make_file (header, 4);
  file = lk_safetensors_open_bytes (bytes, "large", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (lk_safetensors_get_n_tensors (file), ==, 1);
}

static void
test_not_there (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (lk_safetensors_open ("/nowhere/a.safetensors", &error));
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (lk_safetensors_open ("/", &error));
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_NOT_A_FILE);
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

static char *folder;

static gboolean
fill_from_memory (gpointer    data,
                  gsize       first,
                  gsize       n,
                  gpointer    buffer,
                  GError    **error)
{
  memcpy (buffer, (const char *) data + first, n);
  return TRUE;
}

static gboolean
fail_to_fill (gpointer    data,
              gsize       first,
              gsize       n,
              gpointer    buffer,
              GError    **error)
{
  g_set_error (error, LK_FILE_ERROR, LK_FILE_ERROR_FAILED, "no more");
  return FALSE;
}

static void
test_same_bytes_as_the_library (void)
{
  g_autoptr (LkSafetensors) types = open_golden ("safetensors/types.safetensors");
  g_autoptr (LkSafetensorsWriter) writer = lk_safetensors_writer_new ();
  g_autofree char *path = g_build_filename (folder, "types.safetensors", NULL);
  g_autofree char *expected = NULL, *written = NULL;
  g_autoptr (GError) error = NULL;

  for (const char * const *key = lk_safetensors_get_metadata_keys (types); *key != NULL; key++)
    lk_safetensors_writer_set_metadata (writer, *key, lk_safetensors_get_metadata (types, *key));
  lk_safetensors_writer_set_metadata (writer, "gone", "x");
  lk_safetensors_writer_set_metadata (writer, "gone", NULL);

  for (guint i = lk_safetensors_get_n_tensors (types); i-- > 0;)
    {
      const LkSafeTensor *tensor = lk_safetensors_get_tensor (types, i);

      if (i % 2 == 0)
        lk_safetensors_writer_add (writer, tensor->name, tensor->type, tensor->n_dims, tensor->dims, tensor->data);
      else
        lk_safetensors_writer_add_func (writer, tensor->name, tensor->type, tensor->n_dims, tensor->dims,
                                        fill_from_memory, (gpointer) tensor->data, NULL);
    }

  g_assert_true (lk_safetensors_writer_save (writer, path, &error));
  expected = lk_sha256_file (lk_safetensors_get_path (types), 0, &error);
  written = lk_sha256_file (path, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (written, ==, expected);
}

static void
test_hashes (void)
{
  /* Expected: hashlib over safetensors.torch.save ({"x": …}, {"ss_a": "1"}), as kohya computes them. */
  static const char model_hash[] = "e8d1ee173855332a49e0b24148f9229ff138ee1a87c0a71b06425787e5cc0856";
  g_autoptr (LkSafetensorsWriter) writer = lk_safetensors_writer_new ();
  g_autofree char *path = g_build_filename (folder, "hash.safetensors", NULL);
  const gsize n = 1200000;
  g_autofree guint8 *data = g_malloc (n);
  g_autoptr (LkSafetensors) file = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *hash = NULL;

  for (gsize i = 0; i < n; i++)
    data[i] = (guint8) ((guint32) i * 2654435761u >> 24);
  lk_safetensors_writer_set_metadata (writer, "ss_a", "1");
  lk_safetensors_writer_set_metadata (writer, "modelspec.title", "not part of the hash");
  lk_safetensors_writer_add_func (writer, "x", LK_SAFE_U8, 1, &n, fill_from_memory, data, NULL);
  g_assert_true (lk_safetensors_writer_add_hashes (writer, &error));
  g_assert_true (lk_safetensors_writer_add_hashes (writer, &error));   /* once more changes nothing */
  g_assert_true (lk_safetensors_writer_save (writer, path, &error));

  file = lk_safetensors_open (path, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (lk_safetensors_get_metadata (file, "sshs_model_hash"), ==, model_hash);
  g_assert_cmpstr (lk_safetensors_get_metadata (file, "sshs_legacy_hash"), ==, "f410cc3f");
  hash = lk_safetensors_model_hash (path, &error);
  g_assert_cmpstr (hash, ==, model_hash);
}

static void
test_failed_save_keeps_the_old_file (void)
{
  g_autofree char *path = g_build_filename (folder, "keep.safetensors", NULL);
  const gsize n = 100;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_autoptr (LkSafetensorsWriter) writer = lk_safetensors_writer_new ();

  g_assert_true (lk_file_write (path, "old", -1, &error));
  lk_safetensors_writer_add_func (writer, "a", LK_SAFE_F32, 1, &n, fail_to_fill, NULL, NULL);
  g_assert_false (lk_safetensors_writer_save (writer, path, &error));
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_FAILED);
  text = lk_file_read (path, 100, NULL, NULL);
  g_assert_cmpstr (text, ==, "old");
}

static void
test_empty_file (void)
{
  g_autoptr (LkSafetensorsWriter) writer = lk_safetensors_writer_new ();
  g_autofree char *path = g_build_filename (folder, "empty.safetensors", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (LkSafetensors) file = NULL;

  lk_safetensors_writer_set_metadata (writer, "a", "b");
  g_assert_true (lk_safetensors_writer_save (writer, path, &error));
  file = lk_safetensors_open (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (lk_safetensors_get_n_tensors (file), ==, 0);
  g_assert_cmpstr (lk_safetensors_get_metadata (file, "a"), ==, "b");
}

/* ---- noise ------------------------------------------------------------------------------------------------------ */

/* Distance in representable numbers. */
static gint64
ulps (float a,
      float b)
{
  gint32 x, y;

  memcpy (&x, &a, 4);
  memcpy (&y, &b, 4);
  if (x < 0)
    x = G_MININT32 - x;
  if (y < 0)
    y = G_MININT32 - y;
  return ABS ((gint64) x - y);
}

static void
assert_normals (const char  *name,
                const float *values,
                const float *expected,
                gsize        n)
{
  for (gsize i = 0; i < n; i++)
    if (ulps (values[i], expected[i]) > 4 && !(fabsf (values[i] - expected[i]) <= 5e-7f))
      g_error ("%s[%" G_GSIZE_FORMAT "] is %.9g, not %.9g: %" G_GINT64_FORMAT " ulp", name, i, values[i], expected[i],
               ulps (values[i], expected[i]));
}

static void
test_noise (void)
{
  g_autoptr (LkSafetensors) file = open_golden ("noise/cases.safetensors");

  g_assert_cmpuint (lk_safetensors_get_n_tensors (file), ==, 42);
  for (guint i = 0; i < lk_safetensors_get_n_tensors (file); i++)
    {
      const LkSafeTensor *tensor = lk_safetensors_get_tensor (file, i);
      g_autofree float *expected = g_new (float, tensor->n_elements);
      g_autofree float *values = g_new (float, tensor->n_elements);
      LkTorchRandom random;
      guint64 seed = g_ascii_strtoull (tensor->name + strlen ("seed-"), NULL, 10);

      g_assert_true (lk_safetensors_read_f32 (file, tensor, 0, tensor->n_elements, expected, NULL));
      lk_torch_random_seed (&random, seed);
      lk_torch_randn (&random, tensor->n_elements, values);
      assert_normals (tensor->name, values, expected, tensor->n_elements);
    }
}

static int
compare_names (const void *a,
               const void *b)
{
  return strcmp ((*(const LkSafeTensor * const *) a)->name, (*(const LkSafeTensor * const *) b)->name);
}

static void
test_draws_in_a_row (void)
{
  g_autoptr (LkSafetensors) file = open_golden ("noise/draws.safetensors");
  guint n_draws = lk_safetensors_get_n_tensors (file);
  g_autofree const LkSafeTensor **draws = g_new (const LkSafeTensor *, n_draws);
  LkTorchRandom random;

  for (guint i = 0; i < n_draws; i++)
    draws[i] = lk_safetensors_get_tensor (file, i);
  qsort (draws, n_draws, sizeof draws[0], compare_names);

  lk_torch_random_seed (&random, 20240607);
  for (guint i = 0; i < n_draws; i++)
    {
      const char *kind = draws[i]->name + 3;
      gsize n = draws[i]->n_elements;
      g_autofree float *values = g_new (float, n), *expected = g_new (float, n);
      g_autofree gint64 *whole = g_new (gint64, n);

      if (g_str_has_prefix (kind, "randint "))
        {
          char *end;
          gint64 low = g_ascii_strtoll (kind + strlen ("randint "), &end, 10);

          lk_torch_randint (&random, low, g_ascii_strtoll (end, NULL, 10), n, whole);
        }
      else if (g_str_equal (kind, "randperm"))
        lk_torch_randperm (&random, n, whole);
      else if (g_str_equal (kind, "rand"))
        lk_torch_rand (&random, n, values);
      else
        lk_torch_randn (&random, n, values);

      if (draws[i]->type == LK_SAFE_I64)
        {
          g_test_message ("%s: %" G_GINT64_FORMAT " …", draws[i]->name, whole[0]);
          g_assert_cmpmem (whole, n * 8, draws[i]->data, n * 8);
        }
      else
        {
          g_assert_true (lk_safetensors_read_f32 (file, draws[i], 0, n, expected, NULL));
          assert_normals (draws[i]->name, values, expected, n);
        }
    }
}

int
main (int   argc,
      char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("likeness-safetensors-XXXXXX", NULL);

  g_test_add_func ("/safetensors/every-type", test_every_type);
  g_test_add_func ("/safetensors/ranges-are-parts-of-the-whole", test_ranges_are_parts_of_the_whole);
  g_test_add_func ("/safetensors/shapes-and-metadata", test_shapes_and_metadata);
  g_test_add_func ("/safetensors/integers", test_integers);
  g_test_add_func ("/safetensors/every-half", test_every_half);
  g_test_add_func ("/safetensors/good-headers", test_good_headers);
  g_test_add_func ("/safetensors/unknown-type-is-an-error-only-when-read", test_unknown_type_is_an_error_only_when_read);
  g_test_add_func ("/safetensors/cut-short", test_cut_short);
  g_test_add_func ("/safetensors/places-that-do-not-fit", test_places_that_do_not_fit);
  g_test_add_func ("/safetensors/impossible-numbers", test_impossible_numbers);
  g_test_add_func ("/safetensors/damaged-json", test_damaged_json);
  g_test_add_func ("/safetensors/something-else", test_something_else);
  g_test_add_func ("/safetensors/largest-header", test_largest_header);
  g_test_add_func ("/safetensors/not-there", test_not_there);
  g_test_add_func ("/safetensors/same-bytes-as-the-library", test_same_bytes_as_the_library);
  g_test_add_func ("/safetensors/hashes", test_hashes);
  g_test_add_func ("/safetensors/failed-save-keeps-the-old-file", test_failed_save_keeps_the_old_file);
  g_test_add_func ("/safetensors/empty-file", test_empty_file);
  g_test_add_func ("/noise/cases", test_noise);
  g_test_add_func ("/noise/draws-in-a-row", test_draws_in_a_row);

  result = g_test_run ();

  for (const char *const *name = (const char *const[]){ "types", "hash", "keep", "empty", NULL }; *name != NULL; name++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%s.safetensors", folder, *name);

      g_unlink (path);
    }
  g_rmdir (folder);
  g_free (folder);
  return result;
}
