/* Grids: axes, the order of drawing, and pictures: strength 0 is the base model, cells are what `likeness-cli generate` draws, and nothing that was
 * drawn is lost by kill -9.
 */
#include "config.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/lk-file.h"
#include "formats/lk-png.h"
#include "generate/lk-context.h"
#include "generate/lk-grid-export.h"
#include "generate/lk-grid.h"

#define SIDE 64
#define STEPS 2

static char *folder, *lora;

static const char * const strengths[] = { "0", "0.8", NULL };
static const char * const prompts[] = { "zkxj man, in a park", "zkxj man, in a library", NULL };

static LkRecipe *
make_recipe (gboolean with_lora)
{
  LkRecipe *recipe = lk_recipe_new ();

  recipe->base = lk_base_dup_path ("starter");
  recipe->width = recipe->height = SIDE;
  recipe->n_steps = STEPS;
  recipe->cfg = 4;
  recipe->seed = 5;
  lk_recipe_set_text (&recipe->prompt, prompts[0]);
  if (with_lora)
    lk_recipe_add_lora (recipe, lora, 1, 1);
  return recipe;
}

static LkGrid *
make_grid (void)
{
  g_autoptr (LkRecipe) recipe = make_recipe (TRUE);
  LkGrid *grid = lk_grid_new (recipe);

  g_assert_true (lk_grid_add_axis (grid, LK_AXIS_STRENGTH, strengths, NULL));
  g_assert_true (lk_grid_add_axis (grid, LK_AXIS_PROMPT, prompts, NULL));
  return grid;
}

/* ---- the document ---------------------------------------------------------------------------------------------- */

static void
test_axes_change (void)
{
  g_autoptr (LkGrid) grid = make_grid (), copy = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *base = NULL, *half = NULL, *label = NULL;

  g_assert_true (lk_grid_add_value (grid, 0, "0.5", NULL, NULL));
  g_assert_cmpuint (lk_grid_get_n_columns (grid), ==, 3);
  g_assert_cmpstr (lk_grid_get_values (grid, 0)[1], ==, "0.5");          /* where it belongs */
  g_assert_false (lk_grid_add_value (grid, 0, "0.50", NULL, &error));    /* the same number */
  g_assert_error (error, LK_GRID_ERROR, LK_GRID_ERROR_BAD_AXIS);
  g_clear_error (&error);
  g_assert_false (lk_grid_add_value (grid, 0, "strong", NULL, &error));
  g_assert_error (error, LK_GRID_ERROR, LK_GRID_ERROR_BAD_AXIS);
  g_assert_cmpuint (lk_grid_get_n_cells (grid), ==, 6);

  base = lk_grid_dup_label (grid, 0, 0, FALSE);
  half = lk_grid_dup_label (grid, 0, 1, TRUE);
  g_assert_cmpstr (base, ==, "Base Model");
  g_assert_cmpstr (half, ==, "Strength 0.5");
  lk_grid_set_label (grid, 1, 1, "Library");
  lk_grid_swap_axes (grid, 0, 1);
  copy = lk_grid_copy (grid);
  label = lk_grid_dup_label (copy, 0, 1, FALSE);
  g_assert_cmpstr (label, ==, "Library");
  g_assert_cmpuint (lk_grid_get_n_rows (copy), ==, 3);

  /* The last value of an axis goes into what all cells have. */
  lk_grid_remove_value (copy, 0, 0);
  lk_grid_remove_value (copy, 0, 0);
  g_assert_cmpuint (lk_grid_get_n_axes (copy), ==, 1);
  g_assert_cmpstr (lk_grid_get_base_recipe (copy)->prompt, ==, prompts[1]);
  g_assert_cmpuint (lk_grid_get_n_axes (grid), ==, 2);
}

static void
test_a_document_reads_back (void)
{
  g_autoptr (LkGrid) grid = make_grid (), again = NULL;
  g_autofree char *path = g_build_filename (folder, "document", NULL), *label = NULL;
  static const char * const seeds[] = { "1", "2", "3", NULL };
  g_autoptr (GError) error = NULL;

  g_assert_true (lk_grid_add_axis (grid, LK_AXIS_SEED, seeds, NULL));
  lk_grid_set_page (grid, 2, 2);
  lk_grid_set_title (grid, "Ö & <grid>");
  lk_grid_set_label (grid, 1, 0, "Park");
  g_assert_true (lk_grid_save (grid, path, &error));
  again = lk_grid_open (path, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (lk_grid_get_title (again), ==, "Ö & <grid>");
  g_assert_cmpuint (lk_grid_get_n_cells (again), ==, 12);
  g_assert_cmpuint (lk_grid_get_page (again, 2), ==, 2);
  label = lk_grid_dup_label (again, 1, 0, FALSE);
  g_assert_cmpstr (label, ==, "Park");
  g_assert_cmpuint (lk_grid_get_cell (again, 1, 1), ==, 11);
  g_assert_cmpuint (lk_grid_get_place (again, 11, 2), ==, 2);
}

/* Names lead nowhere but into the folder. */
static void
test_names_of_others_are_not_taken (void)
{
  g_autoptr (LkGrid) grid = make_grid (), again = NULL;
  g_autofree char *path = g_build_filename (folder, "names", NULL), *file = g_build_filename (path, "grid.json", NULL);
  g_autoptr (cJSON) json = NULL;
  cJSON *cells = cJSON_CreateArray ();

  g_assert_true (lk_grid_save (grid, path, NULL));
  json = lk_json_read (file, NULL);
  for (guint i = 0; i < 4; i++)
    cJSON_AddItemToArray (cells, cJSON_CreateString ("../../../etc/passwd"));
  cJSON_ReplaceItemInObjectCaseSensitive (json, "cells", cells);
  g_assert_true (lk_json_write (json, file, NULL));
  again = lk_grid_open (path, NULL);
  g_assert_nonnull (again);
  g_assert_null (lk_grid_get_names (again));
}

/* The page that is shown comes first, on it the base model, then what is nearest to the usual strength. */
static void
test_order (void)
{
  static const char * const values[] = { "0", "0.5", "0.7", "0.8", "1.0", NULL }, * const seeds[] = { "1", "2", NULL };
  static const guint expected[] = { 0, 3, 2, 4, 1 };
  g_autoptr (LkRecipe) recipe = make_recipe (TRUE);
  g_autoptr (LkGrid) grid = lk_grid_new (recipe);
  g_autoptr (GArray) order = NULL;

  g_assert_true (lk_grid_add_axis (grid, LK_AXIS_STRENGTH, values, NULL));
  g_assert_true (lk_grid_add_axis (grid, LK_AXIS_PROMPT, prompts, NULL));
  g_assert_true (lk_grid_add_axis (grid, LK_AXIS_SEED, seeds, NULL));
  lk_grid_set_page (grid, 2, 1);
  order = lk_grid_order (grid);
  g_assert_cmpuint (order->len, ==, 20);
  for (guint i = 0; i < 10; i++)
    {
      guint cell = g_array_index (order, guint, i);

      g_assert_cmpuint (lk_grid_get_place (grid, cell, 2), ==, 1);
      g_assert_cmpuint (lk_grid_get_place (grid, cell, 0), ==, expected[i / 2]);
    }
}

static void
test_every_context_names_the_character (void)
{
  static const char * const features[] = { "brown hair", "green eyes", NULL };
  gboolean has_first[LK_N_CONTEXT_GROUPS] = { FALSE };

  for (guint i = 0; i < lk_context_get_n (); i++)
    for (guint is_drawn = 0; is_drawn < 2; is_drawn++)
      {
        const LkContext *context = lk_context_get (i);
        g_autofree char *prompt = lk_context_dup_prompt (context, "ohwx", "woman", features, is_drawn);

        g_assert_true (g_str_has_prefix (prompt, "ohwx woman, brown hair, green eyes, "));
        g_assert_true (lk_context_find (context->id) == context);
        has_first[context->group] |= context->is_first;
      }
  for (guint i = 0; i < LK_N_CONTEXT_GROUPS; i++)
    g_assert_true (has_first[i]);
  g_assert_true (lk_context_is_full_body ("a Full Body shot"));
  g_assert_false (lk_context_is_full_body ("upper body shot"));
}

/* ---- pictures -------------------------------------------------------------------------------------------------- */

static LkGenerator *
make_generator (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LkDevice) device = lk_device_open ("cpu", 0, &error);

  g_assert_no_error (error);
  return lk_generator_new (device);
}

static GBytes *
read_pixels (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LkPicture) picture = lk_png_read (path, NULL, NULL, &error);

  g_assert_no_error (error);
  return g_bytes_new (picture->data, picture->stride * picture->height);
}

/* What is wrong with a grid of strengths: a strength of 0 that is not the base model's picture, or another that is. NULL: nothing. */
static char *
check_strengths (LkGrid     *grid,
                 const char *path,
                 LkGenerator *generator)
{
  for (guint row = 0; row < lk_grid_get_n_rows (grid); row++)
    {
      g_autoptr (LkRecipe) plain = make_recipe (FALSE);
      g_autoptr (LkPicture) picture = NULL;
      g_autoptr (GBytes) base = NULL;

      lk_recipe_set_text (&plain->prompt, prompts[row]);
      picture = lk_generator_draw (generator, plain, NULL, NULL, NULL, NULL, NULL, NULL);
      base = g_bytes_new (picture->data, picture->stride * picture->height);
      for (guint column = 0; column < lk_grid_get_n_columns (grid); column++)
        {
          g_autofree char *name = lk_grid_get_name (grid, lk_grid_get_cell (grid, column, row), NULL);
          g_autofree char *file = g_build_filename (path, name, NULL);
          g_autoptr (GBytes) pixels = read_pixels (file);
          gboolean is_zero = g_ascii_strtod (lk_grid_get_values (grid, 0)[column], NULL) == 0;

          if (g_bytes_equal (base, pixels) != is_zero)
            return g_strdup_printf ("strength %s, row %u", lk_grid_get_values (grid, 0)[column], row);
        }
    }
  return NULL;
}

typedef struct
{
  guint n_drawn, n_there;
} Count;

static void
count_cb (gpointer data,
          guint    cell,
          guint    drawn,
          guint    n_cells,
          gboolean was_there)
{
  Count *count = data;

  count->n_drawn += !was_there;
  count->n_there += was_there;
}

static void
test_strength_0_is_the_base_model (void)
{
  g_autoptr (LkGrid) grid = make_grid ();
  g_autoptr (LkGenerator) generator = make_generator ();
  g_autofree char *path = g_build_filename (folder, "strengths", NULL), *report = NULL;
  g_autofree char *zero = NULL, *full = NULL, *from = NULL, *to = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (lk_grid_draw (grid, generator, path, NULL, NULL, NULL, &error));
  report = check_strengths (grid, path, generator);
  g_assert_cmpstr (report, ==, NULL);

  /* A grid that ignored its LoRA is found. */
  zero = lk_grid_get_name (grid, 0, NULL);
  full = lk_grid_get_name (grid, 1, NULL);
  from = g_build_filename (path, zero, NULL);
  to = g_build_filename (path, full, NULL);
  g_assert_true (lk_file_copy (from, to, NULL));
  report = check_strengths (grid, path, generator);
  g_assert_nonnull (report);
}

static void
test_a_value_more_draws_only_its_cells (void)
{
  g_autoptr (LkGrid) grid = make_grid ();
  g_autoptr (LkGenerator) generator = make_generator ();
  g_autofree char *path = g_build_filename (folder, "more", NULL);
  Count count = { 0 };

  g_assert_true (lk_grid_draw (grid, generator, path, count_cb, &count, NULL, NULL));
  g_assert_cmpuint (count.n_drawn, ==, 4);
  g_assert_true (lk_grid_add_value (grid, 0, "0.4", NULL, NULL));
  count = (Count) { 0 };
  g_assert_true (lk_grid_draw (grid, generator, path, count_cb, &count, NULL, NULL));
  g_assert_cmpuint (count.n_drawn, ==, 2);
  g_assert_cmpuint (count.n_there, ==, 4);
}

static void
run_cli (const char * const *argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, &error);

  g_assert_no_error (error);
  g_assert_true (g_subprocess_wait_check (process, NULL, &error));
  g_assert_no_error (error);
}

/* The same file, byte for byte. */
static void
test_cells_are_what_generate_draws (void)
{
  g_autoptr (LkGrid) grid = make_grid ();
  g_autoptr (LkGenerator) generator = make_generator ();
  g_autofree char *path = g_build_filename (folder, "generate", NULL), *out = g_build_filename (folder, "generated.png", NULL);

  g_assert_true (lk_grid_draw (grid, generator, path, NULL, NULL, NULL, NULL));
  for (guint i = 0; i < lk_grid_get_n_cells (grid); i++)
    {
      const char *strength = strengths[lk_grid_get_place (grid, i, 0)], *prompt = prompts[lk_grid_get_place (grid, i, 1)];
      g_autofree char *words = g_strdup_printf ("%s:%s", lora, strength), *name = lk_grid_get_name (grid, i, NULL);
      g_autofree char *cell = g_build_filename (path, name, NULL), *cell_data = NULL, *data = NULL;
      const char * const argv[] = { g_getenv ("LIKENESS_TEST_CLI"), "generate", "--lora", words, "--prompt", prompt, "--seed", "5", "--steps", "2", "--cfg", "4",
                                    "--size", "64x64", "--device", "cpu", "--out", out, NULL };
      gsize n_cell, n;

      run_cli (argv);
      g_assert_true (g_file_get_contents (cell, &cell_data, &n_cell, NULL));
      g_assert_true (g_file_get_contents (out, &data, &n, NULL));
      g_assert_cmpmem (cell_data, n_cell, data, n);
    }
}

static guint
count_pictures (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;
  guint n = 0;

  while (dir && (name = g_dir_read_name (dir)) != NULL)
    n += g_str_has_suffix (name, ".png") && !g_str_equal (name, "sheet.png") && name[0] != '.';
  return n;
}

/* Killed at any moment, a grid opens, what it has is whole, and drawing on ends as if nothing had happened. */
static void
test_kill (void)
{
  static const char * const values = "0,0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,1.0,1.1,1.2,1.3,1.4,1.5,1.6,1.7,1.8,1.9";
  g_autofree char *path = g_build_filename (folder, "killed", NULL), *words = g_strconcat (lora, ":1", NULL);
  const char * const argv[] = { g_getenv ("LIKENESS_TEST_CLI"), "grid", "--lora", words, "--strengths", values, "--prompt", prompts[0], "--seed", "5", "--steps", "2",
                                "--cfg", "4", "--size", "64x64", "--device", "cpu", "--out", path, NULL };
  g_autoptr (LkGrid) grid = NULL;
  g_autoptr (LkGenerator) generator = make_generator ();
  g_autoptr (GError) error = NULL;
  Count count = { 0 };
  guint n_before;

  for (guint wanted = 1; wanted < 12; wanted += 5)
    {
      g_autoptr (GSubprocess) process = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, &error);

      g_assert_no_error (error);
      while (count_pictures (path) < wanted)
        g_usleep (2000);
      g_subprocess_force_exit (process);
      g_subprocess_wait (process, NULL, NULL);
    }

  grid = lk_grid_open (path, &error);
  g_assert_no_error (error);
  n_before = count_pictures (path);
  for (guint i = 0; i < lk_grid_get_n_cells (grid); i++)
    {
      g_autofree char *name = lk_grid_get_name (grid, i, NULL), *file = g_build_filename (path, name, NULL);

      if (g_file_test (file, G_FILE_TEST_EXISTS))
        g_bytes_unref (read_pixels (file));
    }
  g_assert_true (lk_grid_draw (grid, generator, path, count_cb, &count, NULL, &error));
  g_assert_cmpuint (count.n_there, ==, n_before);
  g_assert_cmpuint (count.n_there + count.n_drawn, ==, 20);
}

/* ---- export ---------------------------------------------------------------------------------------------------- */

static void
test_export (void)
{
  g_autoptr (LkGrid) grid = make_grid ();
  g_autoptr (LkGenerator) generator = make_generator ();
  g_autofree char *path = g_build_filename (folder, "export", NULL), *pictures = g_build_filename (folder, "pictures", NULL);
  g_autofree char *page = g_build_filename (folder, "page", NULL), *index = g_build_filename (page, "index.html", NULL), *html = NULL, *name = NULL, *first = NULL;
  g_autoptr (LkJudge) judge = NULL;
  g_autoptr (GPtrArray) texts = NULL;
  g_autoptr (GDir) dir = NULL;
  g_autoptr (GError) error = NULL;
  guint n;

  lk_grid_set_title (grid, "<Mira> & \"co\"");
  lk_grid_set_label (grid, 1, 0, "a/b: <i>\xc3\xa9");
  g_assert_true (lk_grid_draw (grid, generator, path, NULL, NULL, NULL, NULL));
  judge = lk_judge_open (path, NULL);
  name = lk_grid_get_name (grid, 1, NULL);
  g_assert_true (lk_judge_set_stars (judge, name, 3, NULL));
  g_assert_true (lk_judge_set_note (judge, name, "<script>alert(1)</script>", NULL));

  g_assert_true (lk_grid_export_pictures (grid, path, pictures, &n, NULL, &error));
  g_assert_cmpuint (n, ==, 4);
  dir = g_dir_open (pictures, 0, NULL);
  first = g_build_filename (pictures, "1 strength Base Model, prompt a_b_ _i_\xc3\xa9.png", NULL);
  texts = lk_png_read_texts (first, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (lk_png_texts_find (texts, "parameters"), "Steps: 2"));     /* AUTOMATIC1111's, and ComfyUI's */
  g_assert_nonnull (strstr (lk_png_texts_find (texts, "prompt"), "KSampler"));

  g_assert_true (lk_grid_export_html (grid, judge, path, page, NULL, &error));
  g_assert_true (g_file_get_contents (index, &html, NULL, NULL));
  g_assert_nonnull (strstr (html, "&lt;Mira&gt; &amp;"));
  g_assert_nonnull (strstr (html, "★★★"));
  g_assert_null (strstr (html, "<script"));
  g_assert_null (strstr (html, "http"));
}

int
main (int   argc,
      char *argv[])
{
  g_autofree char *removal = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("likeness-grid-XXXXXX", NULL);
  lora = lk_data_path ("starter/other-character.safetensors");
  g_setenv ("XDG_CACHE_HOME", folder, TRUE);

  g_test_add_func ("/grid/axes-change", test_axes_change);
  g_test_add_func ("/grid/reads-back", test_a_document_reads_back);
  g_test_add_func ("/grid/names-of-others", test_names_of_others_are_not_taken);
  g_test_add_func ("/grid/order", test_order);
  g_test_add_func ("/grid/contexts", test_every_context_names_the_character);
  g_test_add_func ("/grid/strength-0", test_strength_0_is_the_base_model);
  g_test_add_func ("/grid/value-more", test_a_value_more_draws_only_its_cells);
  g_test_add_func ("/grid/as-generate", test_cells_are_what_generate_draws);
  g_test_add_func ("/grid/kill", test_kill);
  g_test_add_func ("/grid/export", test_export);
  status = g_test_run ();

  removal = g_strdup_printf ("rm -r '%s'", folder);
  if (system (removal) != 0)
    g_printerr ("%s is left.\n", folder);
  return status;
}
