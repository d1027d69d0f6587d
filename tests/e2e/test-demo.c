/* The whole path as a user walks it: likeness-cli demo. Its LoRA must draw the character where her pictures never were, by a measure that the
 * base model, strength 0 and a LoRA of another character fail. Nothing hangs on the exact weights of the starter.
 */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/lk-json.h"

static char *folder;

/* ---- running the program ----------------------------------------------------------------------------------------- */

/* Runs likeness-cli with `arguments` (NULL-terminated) and --json; its result, owned by the caller. The exit code must be `expected`. */
static cJSON *
run_cli (int                 expected,
         const char * const *arguments)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) argv = NULL;
  g_autofree char *out = NULL, *problems = NULL;
  g_autoptr (GError) error = NULL;
  cJSON *json;
  int status;

  g_strv_builder_add (builder, g_getenv ("LIKENESS_TEST_CLI"));
  g_strv_builder_addv (builder, (const char **) arguments);
  g_strv_builder_add (builder, "--json");
  argv = g_strv_builder_end (builder);
  g_spawn_sync (folder, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, &problems, &status, &error);
  g_assert_no_error (error);
  if (!WIFEXITED (status) || WEXITSTATUS (status) != expected)
    g_error ("“%s” ended with %d, not %d: %s%s", argv[1], WIFEXITED (status) ? WEXITSTATUS (status) : -1, expected, out, problems);

  json = lk_json_parse (out, -1, "result", &error);
  g_assert_no_error (error);
  return json;
}

#define RUN(...) run_cli (0, (const char *[]) { __VA_ARGS__, NULL })

static char *
in_folder (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static void
assert_same_file (const char *a,
                  const char *b)
{
  g_autofree char *first = NULL, *second = NULL;
  gsize n_first, n_second;

  g_assert_true (g_file_get_contents (a, &first, &n_first, NULL));
  g_assert_true (g_file_get_contents (b, &second, &n_second, NULL));
  g_assert_cmpmem (first, n_first, second, n_second);
}

/* ---- learning ------------------------------------------------------------------------------------------------------ */

/* The other character's project; owned by the caller. */
static char *
make_other (void)
{
  char *project = in_folder ("other");
  g_autoptr (cJSON) made = NULL, imported = NULL;

  if (g_file_test (project, G_FILE_TEST_EXISTS))
    return project;
  made = RUN ("new", project, "--trigger", "zkxj", "--class", "man");
  imported = RUN ("import", project, g_getenv ("LIKENESS_TEST_PICTURES"));
  return project;
}

/* The LoRA of the other character; owned by the caller. */
static char *
train_other (void)
{
  g_autofree char *project = make_other ();
  g_autoptr (cJSON) trained = NULL;

  trained = RUN ("train", project, "--device", "cpu", "--steps", "400", "--set", "save_every_n_steps=0");
  g_assert_true (lk_json_get_boolean (trained, "finished", FALSE));
  return g_strdup (lk_json_get_string (trained, "lora", ""));
}

static double
median (const cJSON *result,
        const char  *key)
{
  return lk_json_get_number (lk_json_get_object (lk_json_get_object (result, "likeness"), key), "median", 0. / 0.);
}

static void
test_the_lora_learned_her (void)
{
  g_autofree char *demo = in_folder ("demo"), *other = train_other ();
  g_autoptr (cJSON) result = RUN ("demo", "--device", "cpu", "--out", demo, "--control", other);
  double best = median (result, "0.8"), base = median (result, "base"), zero = median (result, "0"), control = median (result, "control");

  g_test_message ("likeness to her, medians: LoRA at 0.8 %.2f, at 0.5 %.2f, at 1.0 %.2f; base model %.2f, strength 0 %.2f, other character %.2f",
                  best, median (result, "0.5"), median (result, "1.0"), base, zero, control);
  g_test_message ("trained in %.0f s, all of it in %.0f s", lk_json_get_number (result, "train_seconds", 0), lk_json_get_number (result, "seconds", 0));
  g_assert_true (lk_json_get_boolean (result, "learned", FALSE));
  g_assert_true (lk_json_get_boolean (result, "strength_0_is_base", FALSE));
  g_assert_cmpfloat (zero, ==, base);
  g_assert_cmpfloat (best, >, 0.5);
  g_assert_cmpfloat (base, <, 0.3);
  g_assert_cmpfloat (control, <, 0.3);
  g_assert_cmpfloat (best - MAX (base, control), >, 0.4);
  g_assert_cmpint (lk_json_get_int (result, "merge_difference", 255), <=, 3);
}

/* ---- grids ---------------------------------------------------------------------------------------------------------- */

/* A cell of the demo's grid, drawn again by `generate` with the same recipe. */
static void
test_a_cell_is_what_generate_draws (void)
{
  g_autofree char *grid_path = in_folder ("demo/grid/grid.json"), *out = in_folder ("again.png"), *cell = NULL, *lora = NULL;
  g_autoptr (cJSON) grid = lk_json_read (grid_path, NULL), drawn = NULL;
  const cJSON *recipe, *prompts;

  g_assert_nonnull (grid);
  recipe = lk_json_get_object (grid, "recipe");
  prompts = lk_json_get_array (cJSON_GetArrayItem (lk_json_get_array (grid, "axes"), 1), "values");
  lora = g_strdup_printf ("%s:0.8", lk_json_get_string (cJSON_GetArrayItem (lk_json_get_array (recipe, "loras"), 0), "file", ""));
  /* Column 2 is strength 0.8, row 1 the second prompt. */
  cell = g_build_filename (folder, "demo", "grid", cJSON_GetArrayItem (lk_json_get_array (grid, "cells"), 1 * 4 + 2)->valuestring, NULL);
  drawn = RUN ("generate", "--lora", lora, "--prompt", cJSON_GetArrayItem (prompts, 1)->valuestring, "--seed", "0", "--steps", "20", "--cfg", "4",
               "--sampler", "dpmpp_2m", "--scheduler", "karras", "--device", "cpu", "--out", out);
  assert_same_file (cell, out);
}

static void
test_only_missing_cells_are_drawn (void)
{
  g_autofree char *out = in_folder ("small"), *lora = NULL, *removed = NULL;
  g_autoptr (cJSON) first = NULL, again = NULL, wider = NULL, mended = NULL;

  lora = g_strdup_printf ("%s/starter/style-dusk.safetensors", g_getenv ("LIKENESS_DATA_DIR"));
#define GRID(values) RUN ("grid", "--lora", lora, "--strengths", values, "--prompt", "woman", "--size", "64x64", "--steps", "2", "--device", "cpu", "--out", out)
  first = GRID ("0,0.8");
  g_assert_cmpint (lk_json_get_int (first, "drawn", -1), ==, 2);
  again = GRID ("0,0.8");
  g_assert_cmpint (lk_json_get_int (again, "drawn", -1), ==, 0);
  wider = GRID ("0,0.8,1");
  g_assert_cmpint (lk_json_get_int (wider, "drawn", -1), ==, 1);
  removed = g_build_filename (out, cJSON_GetArrayItem (lk_json_get_array (wider, "cells"), 1)->valuestring, NULL);
  g_assert_cmpint (g_remove (removed), ==, 0);
  mended = GRID ("0,0.8,1");
  g_assert_cmpint (lk_json_get_int (mended, "drawn", -1), ==, 1);
#undef GRID
}

/* ---- runs ----------------------------------------------------------------------------------------------------------- */

static void
test_a_run_is_extended (void)
{
  g_autofree char *project = make_other ();
  g_autoptr (cJSON) begun = RUN ("train", project, "--device", "cpu", "--steps", "3", "--set", "resolution=64"), more = NULL;

  g_assert_cmpint (lk_json_get_int (begun, "step", 0), ==, 3);
  more = RUN ("train", project, "--device", "cpu", "--resume", lk_json_get_string (begun, "run", ""), "--steps", "5");
  g_assert_cmpint (lk_json_get_int (more, "step", 0), ==, 5);
}

static void
test_what_is_refused (void)
{
  g_autofree char *project = make_other (), *nowhere = in_folder ("nowhere");
  static const struct { int code; const char *arguments[8]; } cases[] = {
    { 2, { "train", "PROJECT", "--set", "network_dimm=4" } },
    { 2, { "train", "PROJECT", "--set", "network_dim=0" } },
    { 2, { "train", "PROJECT", "--resume", "last", "--set", "seed=1" } },
    { 3, { "train", "NOWHERE" } },
    { 3, { "train", "PROJECT", "--base", "NOWHERE" } },
    { 2, { "generate", "--prompt", "x" } },
    { 2, { "generate", "--size", "65x64", "--out", "x.png" } },
    { 2, { "generate", "--sampler", "none", "--out", "x.png" } },
    { 3, { "generate", "--lora", "NOWHERE", "--out", "x.png" } },
    { 2, { "grid", "--strengths", "0,1", "--out", "x" } },
    { 3, { "info", "NOWHERE" } },
    { 2, { "stack", "NOWHERE:99" } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const char *arguments[9] = { NULL };
      g_autoptr (cJSON) json = NULL;

      for (guint k = 0; cases[i].arguments[k]; k++)
        arguments[k] = g_str_equal (cases[i].arguments[k], "PROJECT") ? project
                       : g_str_equal (cases[i].arguments[k], "NOWHERE") ? nowhere : cases[i].arguments[k];
      json = run_cli (cases[i].code, arguments);
      g_assert_cmpuint (strlen (lk_json_get_string (json, "error", "")), >, 10);
    }
}

int
main (int    argc,
      char **argv)
{
  g_autofree char *command = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("likeness-demo-XXXXXX", NULL);

  g_test_add_func ("/demo/the-lora-learned-her", test_the_lora_learned_her);
  g_test_add_func ("/demo/a-cell-is-what-generate-draws", test_a_cell_is_what_generate_draws);
  g_test_add_func ("/demo/only-missing-cells-are-drawn", test_only_missing_cells_are_drawn);
  g_test_add_func ("/demo/a-run-is-extended", test_a_run_is_extended);
  g_test_add_func ("/demo/what-is-refused", test_what_is_refused);

  status = g_test_run ();
  command = g_strdup_printf ("rm -rf '%s'", folder);
  if (!g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL))
    g_warning ("%s is left behind", folder);
  return status;
}
