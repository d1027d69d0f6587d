/* JSON: exact numbers, places of errors, members, files. */
#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gstdio.h>

#include "base/lk-file.h"
#include "base/lk-json.h"

static cJSON *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  cJSON *json = lk_json_parse (text, -1, "test.json", &error);

  g_assert_no_error (error);
  return json;
}

static void
assert_round_trip (const char *text)
{
  g_autoptr (cJSON) json = parse (text);
  g_autofree char *printed = lk_json_print (json, FALSE);

  g_assert_cmpstr (printed, ==, text);
}

static void
test_round_trip (void)
{
  assert_round_trip ("{}");
  assert_round_trip ("[]");
  assert_round_trip ("[null,true,false,0,-0,1,-1,0.1,1e+100,4.94065645841247e-324]");
  assert_round_trip ("{\"b\":{\"a\":[1,[2,[]],{}]},\"a\":\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001 é 漢 🙂\"}");
  assert_round_trip ("[9007199254740993,-9223372036854775808,9223372036854775807,18446744073709551615,12345678901234567890123]");
  assert_round_trip ("{\"-1\":\"12345678901234567\",\"k\\\"1\":\"\\\\\\\"9\",\"n\":12345678901234567}");
}

static void
test_every_double_survives (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);

  for (guint i = 0; i < 20000; i++)
    {
      union { guint64 bits; double value; } number;
      g_autoptr (cJSON) out = cJSON_CreateArray ();
      g_autoptr (cJSON) in = NULL;
      g_autofree char *text = NULL;

      number.bits = (guint64) g_rand_int (rand) << 32 | g_rand_int (rand);
      if (!isfinite (number.value))
        continue;
      cJSON_AddItemToArray (out, cJSON_CreateNumber (number.value));
      text = lk_json_print (out, FALSE);
      in = parse (text);
      g_assert_true (in->child->valuedouble == number.value);
    }
}

static void
test_every_int_survives (void)
{
  static const gint64 values[] = { 0, 1, -1, G_MAXINT32, (1ll << 53) - 1, 1ll << 53, (1ll << 53) + 1, -(1ll << 53) - 1,
                                   G_MAXINT64, G_MAXINT64 - 1, G_MININT64, G_MININT64 + 1, 1000000000000000001 };

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autoptr (cJSON) out = cJSON_CreateObject ();
      g_autoptr (cJSON) in = NULL, copy = NULL;
      g_autofree char *text = NULL;

      lk_json_add_int (out, "seed", values[i]);
      text = lk_json_print (out, TRUE);
      in = parse (text);
      copy = cJSON_Duplicate (in, TRUE);
      g_assert_cmpint (lk_json_get_int (in, "seed", 42), ==, values[i]);
      g_assert_cmpint (lk_json_get_int (copy, "seed", 42), ==, values[i]);
    }
}

static void
test_not_finite_is_null (void)
{
  g_autoptr (cJSON) json = cJSON_CreateArray ();
  g_autofree char *text = NULL;

  cJSON_AddItemToArray (json, cJSON_CreateNumber (NAN));
  cJSON_AddItemToArray (json, cJSON_CreateNumber (INFINITY));
  text = lk_json_print (json, FALSE);
  g_assert_cmpstr (text, ==, "[null,null]");
}

static void
assert_syntax_error (const char *text,
                     gssize      length,
                     const char *place)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (lk_json_parse (text, length, "test.json", &error));
  g_assert_error (error, LK_JSON_ERROR, LK_JSON_ERROR_SYNTAX);
  if (strstr (error->message, place) == NULL || strstr (error->message, "“test.json”") == NULL)
    g_error ("“%s” should name %s", error->message, place);
}

static void
test_errors_name_the_place (void)
{
  g_autofree char *deep = g_strnfill (20000, '[');

  assert_syntax_error ("", -1, "line 1, column 1");
  assert_syntax_error ("{\n  \"a\": 1,\n  \"b\": oops\n}", -1, "line 3, column 8");
  assert_syntax_error ("[1, 2", -1, "line 1");
  assert_syntax_error ("[1] 2", -1, "line 1, column 5");
  assert_syntax_error ("[1]\0[2]", 7, "line 1, column 4");
  assert_syntax_error ("[\"\xff\"]", -1, "line 1, column 3");
  assert_syntax_error ("[\"never ends]", -1, "line 1");
  assert_syntax_error (deep, -1, "line 1");
}

static void
test_members (void)
{
  g_autoptr (cJSON) json = parse ("{\"s\":\"text\",\"n\":1.5,\"i\":3,\"t\":true,\"z\":null,\"o\":{\"x\":1},\"a\":[1]}");
  g_autoptr (GError) error = NULL;
  const char *string = NULL;
  gboolean flag = FALSE;
  double number = 0;
  gint64 integer = 0;

  g_assert_cmpstr (lk_json_get_string (json, "s", NULL), ==, "text");
  g_assert_cmpstr (lk_json_get_string (json, "S", "no"), ==, "no");
  g_assert_cmpstr (lk_json_get_string (json, "n", "no"), ==, "no");
  g_assert_cmpstr (lk_json_get_string (json, "z", "no"), ==, "no");
  g_assert_cmpfloat (lk_json_get_number (json, "n", 0), ==, 1.5);
  g_assert_cmpint (lk_json_get_int (json, "i", 0), ==, 3);
  g_assert_cmpint (lk_json_get_int (json, "n", 9), ==, 9);
  g_assert_true (lk_json_get_boolean (json, "t", FALSE));
  g_assert_true (lk_json_get_boolean (json, "i", TRUE));
  g_assert_cmpint (lk_json_get_int (lk_json_get_object (json, "o"), "x", 0), ==, 1);
  g_assert_null (lk_json_get_object (json, "a"));
  g_assert_cmpint (cJSON_GetArraySize (lk_json_get_array (json, "a")), ==, 1);
  g_assert_null (lk_json_get_array (json, "o"));
  g_assert_cmpint (lk_json_get_int (NULL, "x", 5), ==, 5);

  g_assert_true (lk_json_require_string (json, "s", &string, &error) && lk_json_require_number (json, "n", &number, &error) &&
                 lk_json_require_int (json, "i", &integer, &error) && lk_json_require_boolean (json, "t", &flag, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (string, ==, "text");
  g_assert_cmpint (integer, ==, 3);

  g_assert_false (lk_json_require_int (json, "nope", &integer, &error));
  g_assert_error (error, LK_JSON_ERROR, LK_JSON_ERROR_MISSING);
  g_assert_nonnull (strstr (error->message, "“nope”"));
  g_clear_error (&error);
  g_assert_false (lk_json_require_int (json, "n", &integer, &error));
  g_assert_error (error, LK_JSON_ERROR, LK_JSON_ERROR_TYPE);
  g_clear_error (&error);
  g_assert_false (lk_json_require_string (json, "i", &string, &error));
  g_assert_error (error, LK_JSON_ERROR, LK_JSON_ERROR_TYPE);
}

static void
test_files (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("likeness-json-XXXXXX", &error);
  g_autofree char *path = g_build_filename (folder, "a.json", NULL);
  g_autoptr (cJSON) json = parse ("{\"a\":[1,2],\"b\":\"c\"}");
  g_autoptr (cJSON) back = NULL;
  g_autofree char *text = NULL;

  g_assert_true (lk_json_write (json, path, &error));
  text = lk_file_read (path, 1000, NULL, &error);
  g_assert_cmpstr (text, ==, "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": \"c\"\n}\n");
  back = lk_json_read (path, &error);
  g_assert_no_error (error);
  g_assert_true (cJSON_Compare (json, back, TRUE));

  g_assert_true (lk_file_write (path, "{\"a\":", -1, &error));
  g_assert_null (lk_json_read (path, &error));
  g_assert_error (error, LK_JSON_ERROR, LK_JSON_ERROR_SYNTAX);
  g_assert_nonnull (strstr (error->message, path));
  g_clear_error (&error);
  g_unlink (path);
  g_assert_null (lk_json_read (path, &error));
  g_assert_error (error, LK_FILE_ERROR, LK_FILE_ERROR_NOT_FOUND);
  g_rmdir (folder);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/round-trip", test_round_trip);
  g_test_add_func ("/json/every-double-survives", test_every_double_survives);
  g_test_add_func ("/json/every-int-survives", test_every_int_survives);
  g_test_add_func ("/json/not-finite-is-null", test_not_finite_is_null);
  g_test_add_func ("/json/errors-name-the-place", test_errors_name_the_place);
  g_test_add_func ("/json/members", test_members);
  g_test_add_func ("/json/files", test_files);
  return g_test_run ();
}
