/* TOML: what sd-scripts' files use and the rest of the language, and errors that name the line. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "formats/lk-toml.h"

static cJSON *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  cJSON *json = lk_toml_parse (text, "test.toml", &error);

  g_assert_no_error (error);
  g_assert_nonnull (json);
  return json;
}

static void
assert_same (const char *toml,
             const char *json)
{
  g_autoptr (cJSON) tree = parse (toml), wanted = lk_json_parse (json, -1, "json", NULL);
  g_autofree char *a = lk_json_print (tree, FALSE), *b = NULL;

  g_assert_nonnull (wanted);
  b = lk_json_print (wanted, FALSE);
  g_assert_cmpstr (a, ==, b);
}

/* As sd-scripts' documentation has its data-set file, and as accelerate's users write --config_file. */
static void
test_of_sd_scripts (void)
{
  assert_same ("[general]\n"
               "shuffle_caption = true\n"
               "caption_extension = '.txt'\n"
               "keep_tokens = 1\n\n"
               "# This is a DreamBooth-style dataset\n"
               "[[datasets]]\n"
               "resolution = 512\n"
               "batch_size = 4\n\n"
               "  [[datasets.subsets]]\n"
               "  image_dir = 'C:\\hoge'   # a folder\n"
               "  class_tokens = 'hoge girl'\n\n"
               "  [[datasets.subsets]]\n"
               "  num_repeats = 1\n\n"
               "[[datasets]]\n"
               "resolution = [768, 768]\n",
               "{\"general\":{\"shuffle_caption\":true,\"caption_extension\":\".txt\",\"keep_tokens\":1},"
               "\"datasets\":[{\"resolution\":512,\"batch_size\":4,\"subsets\":[{\"image_dir\":\"C:\\\\hoge\",\"class_tokens\":\"hoge girl\"},"
               "{\"num_repeats\":1}]},{\"resolution\":[768,768]}]}");
  assert_same ("learning_rate = 1e-4\r\nunet_lr=1.0e-04\r\noptimizer_args = [ \"weight_decay=0.1\",\n  \"betas=.9,.99\", # two\n]\r\n",
               "{\"learning_rate\":1e-4,\"unet_lr\":1e-4,\"optimizer_args\":[\"weight_decay=0.1\",\"betas=.9,.99\"]}");
}

static void
test_values (void)
{
  g_autoptr (cJSON) numbers = parse ("a = +inf\nb = nan\n");

  assert_same ("a = 1_000\nb = 0xff\nc = 0o17\nd = 0b101\ne = -0\nf = +7\ng = 9223372036854775807\n",
               "{\"a\":1000,\"b\":255,\"c\":15,\"d\":5,\"e\":0,\"f\":7,\"g\":9223372036854775807}");
  assert_same ("a = 3.25\nb = -1e3\nc = 6.5E-2\nd = 1_0.5\n", "{\"a\":3.25,\"b\":-1000.0,\"c\":0.065,\"d\":10.5}");
  g_assert_true (isinf (lk_json_get_number (numbers, "a", 0)));
  g_assert_true (isnan (lk_json_get_number (numbers, "b", 0)));
  assert_same ("a = 1979-05-27T07:32:00Z\nb = 1979-05-27 07:32:00.5\nc = 07:32:00\nd = 1979-05-27 # day\n",
               "{\"a\":\"1979-05-27T07:32:00Z\",\"b\":\"1979-05-27 07:32:00.5\",\"c\":\"07:32:00\",\"d\":\"1979-05-27\"}");
  assert_same ("a = []\nb = [[1, 2], ['x']]\nc = {}\nd = { x = 1, y.z = \"w\" }\n",
               "{\"a\":[],\"b\":[[1,2],[\"x\"]],\"c\":{},\"d\":{\"x\":1,\"y\":{\"z\":\"w\"}}}");
}

static void
test_strings (void)
{
  assert_same ("a = \"\\\"\\t\\u00e9\\U0001F600\"\nb = ''\nc = '\\n'\nd = \"\"\"\nx\n  y\\\n   z\"\"\"\ne = '''it's'''\nf = \"\"\"\"q\"\"\"\"\n",
               "{\"a\":\"\\\"\\té😀\",\"b\":\"\",\"c\":\"\\\\n\",\"d\":\"x\\n  yz\",\"e\":\"it's\",\"f\":\"\\\"q\\\"\"}");
}

static void
test_keys (void)
{
  assert_same ("a.b.c = 1\na.b.d = 2\n\"x y\".'z' = 3\n1-2 = 4\n", "{\"a\":{\"b\":{\"c\":1,\"d\":2}},\"x y\":{\"z\":3},\"1-2\":4}");
  assert_same ("[x.y.z]\na = 1\n[x]\nb = 2\n[x.w]\n[[l]]\n[l.m]\nn = 1\n[[l]]\n", "{\"x\":{\"y\":{\"z\":{\"a\":1}},\"b\":2,\"w\":{}},\"l\":[{\"m\":{\"n\":1}},{}]}");
}

/* Each is refused, with the line on which it is. */
static void
test_errors (void)
{
  static const struct { const char *text, *message; } cases[] = {
    { "a = 1\na = 2\n", "line 2: “a” is there already" },
    { "[t]\n[t]\n", "line 2: the table “t” is there already" },
    { "a.b = 1\n[a]\n", "line 2: the table “a” is there already" },
    { "[a]\nb = 1\n[x]\n[[a]]\n", "line 4" },
    { "a = [1]\n[[a]]\n", "line 2" },
    { "a = {b = 1}\na.c = 2\n", "line 2" },
    { "[a.b]\n[a]\nb.c = 1\n", "line 3" },
    { "a = \n", "line 1: a value is missing" },
    { "a\n", "line 1: “a” has no value" },
    { "\n\na = True\n", "line 3: “True” is no value" },
    { "a = none\n", "“none” is no value" },
    { "a = 'x\n", "line 1: a text has no closing quote" },
    { "a = \"\"\"x\n\n", "a text has no closing quote" },
    { "a = \"C:\\hoge\"\n", "Write a backslash twice" },
    { "a = 1 b = 2\n", "line 1: there is something behind the value" },
    { "a = [1 2]\n", "a list goes on with a comma" },
    { "a = [1,\n2\n", "line 3" },
    { "a = {b = 1,}\n", "a table in braces" },
    { "a = 01\n", "“01” is no value" },
    { "a = 1__0\n", "no value" },
    { "a = 1.\n", "no value" },
    { "a = 0x\n", "no value" },
    { "a = 99999999999999999999\n", "no value" },
    { "[a\n", "ends with “]”" },
    { "[[a]\n", "ends with “]]”" },
    { "= 1\n", "is no key" },
    { "a = \"\\ud800\"\n", "no character" },
    { "\xff = 1\n", "no text in UTF-8" },
  };
  g_autoptr (GString) deep = g_string_new ("a = ");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      if (lk_toml_parse (cases[i].text, "test.toml", &error) != NULL)
        g_test_fail_printf ("this was read: %s", cases[i].text);
      else if (strstr (error->message, cases[i].message) == NULL || strstr (error->message, "test.toml") == NULL)
        g_test_fail_printf ("“%s” gives “%s”, not “%s”", cases[i].text, error->message, cases[i].message);
    }
  for (guint i = 0; i < 100000; i++)
    g_string_append_c (deep, '[');
  g_assert_null (lk_toml_parse (deep->str, "deep.toml", NULL));
}

static void
test_quoting (void)
{
  static const char * const texts[] = { "", "plain", "a \"b\" \\c", "two\nlines\ttab", "ohwx 😀", "\x01\x7f" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *quoted = lk_toml_quote (texts[i]), *line = g_strdup_printf ("k = %s\n", quoted);
      g_autoptr (cJSON) json = parse (line);

      g_assert_cmpstr (lk_json_get_string (json, "k", NULL), ==, texts[i]);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/toml/of-sd-scripts", test_of_sd_scripts);
  g_test_add_func ("/toml/values", test_values);
  g_test_add_func ("/toml/strings", test_strings);
  g_test_add_func ("/toml/keys", test_keys);
  g_test_add_func ("/toml/errors", test_errors);
  g_test_add_func ("/toml/quoting", test_quoting);
  return g_test_run ();
}
