/* Recipes: their text, their one form, and what PNGs tell of them. */
#include "config.h"

#include <string.h>

#include "base/lk-file.h"
#include "formats/lk-png.h"
#include "formats/lk-safetensors.h"
#include "generate/lk-recipe.h"

static char *folder;

/* A file in the folder whose data section is `value`; its path, owned by the caller. */
static char *
write_lora (const char *name,
            float       value)
{
  g_autoptr (LkSafetensorsWriter) writer = lk_safetensors_writer_new ();
  char *path = g_build_filename (folder, name, NULL);

  lk_safetensors_writer_add (writer, "x", LK_SAFE_F32, 0, NULL, &value);
  lk_safetensors_writer_set_metadata (writer, "name", name);
  g_assert_true (lk_safetensors_writer_save (writer, path, NULL));
  return path;
}

static LkRecipe *
make_recipe (void)
{
  LkRecipe *recipe = lk_recipe_new ();
  g_autofree char *base = write_lora ("base.safetensors", 42);

  lk_recipe_set_text (&recipe->base, base);
  lk_recipe_set_text (&recipe->prompt, "ohwx woman, red hair: long");
  lk_recipe_set_text (&recipe->negative, "blurry");
  recipe->seed = 7;
  return recipe;
}

static char *
hash_of (LkRecipe *recipe)
{
  g_autoptr (GError) error = NULL;
  char *hash = lk_recipe_get_hash (recipe, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (strlen (hash), ==, 32);
  return hash;
}

static void
test_loras_as_words (void)
{
  static const struct { const char *words, *path; double unet, text; } good[] = {
    { "a.safetensors", "a.safetensors", 1, 1 }, { "a.safetensors:0.8", "a.safetensors", 0.8, 0.8 }, { "dir/a:b:0.5:0.25", "dir/a:b", 0.5, 0.25 },
    { "x:-1.5", "x", -1.5, -1.5 }, { "v1.0:2", "v1.0", 2, 2 }, { "odd:name", "odd:name", 1, 1 }, { "end:", "end:", 1, 1 },
  };
  g_autoptr (LkRecipe) recipe = lk_recipe_new ();
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      const LkRecipeLora *lora;

      g_assert_true (lk_recipe_parse_lora (recipe, good[i].words, NULL));
      lora = recipe->loras->pdata[i];
      g_assert_cmpstr (lora->path, ==, good[i].path);
      g_assert_cmpfloat (lora->unet_strength, ==, good[i].unet);
      g_assert_cmpfloat (lora->text_strength, ==, good[i].text);
    }
  g_assert_false (lk_recipe_parse_lora (recipe, "a:11", &error));
  g_assert_error (error, LK_RECIPE_ERROR, LK_RECIPE_ERROR_BAD_VALUE);
  g_clear_error (&error);
  g_assert_false (lk_recipe_parse_lora (recipe, "a:nan", &error));
}

static void
test_sizes_steps_and_cfg_have_limits (void)
{
  static const struct { guint width, height, n_steps; double cfg; gboolean is_fine; } cases[] = {
    { 512, 512, 25, 7, TRUE }, { 64, 4096, 1, 0, TRUE }, { 511, 512, 25, 7, FALSE }, { 512, 56, 25, 7, FALSE }, { 4104, 512, 25, 7, FALSE },
    { 512, 512, 0, 7, FALSE }, { 512, 512, 1001, 7, FALSE }, { 512, 512, 25, -1, FALSE }, { 512, 512, 25, 0. / 0., FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (LkRecipe) recipe = lk_recipe_new ();

      recipe->width = cases[i].width;
      recipe->height = cases[i].height;
      recipe->n_steps = cases[i].n_steps;
      recipe->cfg = cases[i].cfg;
      g_assert_cmpint (lk_recipe_check (recipe, NULL), ==, cases[i].is_fine);
    }
}

static void
test_strength_0_and_order_change_nothing (void)
{
  g_autoptr (LkRecipe) plain = make_recipe (), zero = make_recipe (), one = make_recipe (), other = make_recipe ();
  g_autofree char *a = write_lora ("a.safetensors", 1), *b = write_lora ("b.safetensors", 2);
  g_autofree char *hash_plain = NULL, *hash_zero = NULL, *hash_one = NULL, *hash_other = NULL;

  lk_recipe_add_lora (zero, a, 0, 0);
  lk_recipe_add_lora (one, a, 0.8, 0.8);
  lk_recipe_add_lora (one, b, 0.5, 0.5);
  lk_recipe_add_lora (other, b, 0.5, 0.5);
  lk_recipe_add_lora (other, a, 0.8, 0.8);
  hash_plain = hash_of (plain);
  hash_zero = hash_of (zero);
  hash_one = hash_of (one);
  hash_other = hash_of (other);
  g_assert_cmpstr (hash_plain, ==, hash_zero);
  g_assert_cmpstr (hash_one, ==, hash_other);
  g_assert_cmpstr (hash_plain, !=, hash_one);
}

static void
test_files_count_by_content (void)
{
  g_autoptr (LkRecipe) first = make_recipe (), same = make_recipe (), different = make_recipe ();
  g_autofree char *a = write_lora ("a.safetensors", 1), *copy = write_lora ("copy of a.safetensors", 1), *b = write_lora ("b.safetensors", 2);
  g_autofree char *hash_first = NULL, *hash_same = NULL, *hash_different = NULL, *hash_changed = NULL;

  lk_recipe_add_lora (first, a, 0.8, 0.8);
  lk_recipe_add_lora (same, copy, 0.8, 0.8);
  lk_recipe_add_lora (different, b, 0.8, 0.8);
  hash_first = hash_of (first);
  hash_same = hash_of (same);
  hash_different = hash_of (different);
  g_assert_cmpstr (hash_first, ==, hash_same);
  g_assert_cmpstr (hash_first, !=, hash_different);

  /* The same path with another content: nothing of the old one is remembered. */
  g_free (write_lora ("a.safetensors", 3));
  hash_changed = hash_of (first);
  g_assert_cmpstr (hash_changed, !=, hash_first);
}

static void
test_every_value_counts (void)
{
  g_autoptr (LkRecipe) plain = make_recipe ();
  g_autofree char *hash = hash_of (plain);

  for (guint i = 0; i < 9; i++)
    {
      g_autoptr (LkRecipe) recipe = make_recipe ();
      g_autofree char *other = NULL;

      switch (i)
        {
        case 0: lk_recipe_set_text (&recipe->prompt, "x"); break;
        case 1: lk_recipe_set_text (&recipe->negative, "x"); break;
        case 2: recipe->seed++; break;
        case 3: recipe->n_steps++; break;
        case 4: recipe->cfg += 0.25; break;
        case 5: recipe->width += 8; break;
        case 6: recipe->height += 8; break;
        case 7: recipe->sampler = LK_SAMPLER_HEUN; break;
        case 8: recipe->scheduler = LK_SCHEDULER_KARRAS; break;
        default: g_assert_not_reached ();
        }
      other = hash_of (recipe);
      g_assert_cmpstr (other, !=, hash);
    }
}

static void
test_json_there_and_back (void)
{
  g_autoptr (LkRecipe) recipe = make_recipe (), read = NULL;
  g_autofree char *a = write_lora ("a.safetensors", 1), *hash = NULL, *hash_read = NULL, *printed = NULL;
  g_autoptr (cJSON) json = NULL, parsed = NULL, bare = NULL;
  g_autofree char *bare_text = NULL;

  lk_recipe_add_lora (recipe, a, 0.8, 0.3);
  recipe->sampler = LK_SAMPLER_DPMPP_2M;
  recipe->scheduler = LK_SCHEDULER_KARRAS;
  recipe->seed = 123456789012345678;
  json = lk_recipe_to_json (recipe, TRUE);
  printed = lk_json_print (json, TRUE);
  parsed = lk_json_parse (printed, -1, "recipe", NULL);
  read = lk_recipe_from_json (parsed, NULL);
  hash = hash_of (recipe);
  hash_read = hash_of (read);
  g_assert_cmpstr (hash, ==, hash_read);
  g_assert_cmpuint (read->seed, ==, 123456789012345678);

  /* What PNGs tell has no folders. */
  bare = lk_recipe_to_json (recipe, FALSE);
  bare_text = lk_json_print (bare, FALSE);
  g_assert_null (strstr (bare_text, folder));
}

static void
test_what_a_png_tells (void)
{
  g_autoptr (LkRecipe) recipe = make_recipe ();
  g_autoptr (LkPicture) picture = lk_picture_new (64, 64, 3);
  g_autofree char *a = write_lora ("her.safetensors", 1), *path = g_build_filename (folder, "out.png", NULL);
  g_autofree char *hash = lk_safetensors_model_hash (a, NULL), *expected = NULL;
  g_autoptr (GPtrArray) texts = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (cJSON) graph = NULL;
  const cJSON *lora, *sampler;
  const char *parameters;

  lk_recipe_add_lora (recipe, a, 0.8, 0.8);
  lk_recipe_add_lora (recipe, a, 0, 0);
  recipe->scheduler = LK_SCHEDULER_KARRAS;
  recipe->sampler = LK_SAMPLER_DPMPP_2M;
  g_assert_true (lk_recipe_save_picture (recipe, picture, path, &error));
  g_assert_no_error (error);
  texts = lk_png_read_texts (path, NULL);

  parameters = lk_png_texts_find (texts, "parameters");
  expected = g_strdup_printf ("ohwx woman, red hair: long <lora:her:0.8>\nNegative prompt: blurry\nSteps: 25, Sampler: DPM++ 2M, Schedule type: Karras, "
                              "CFG scale: 7, Seed: 7, Size: 512x512, Model hash: ");
  g_assert_true (g_str_has_prefix (parameters, expected));
  g_free (expected);
  expected = g_strdup_printf (", Model: base, Lora hashes: \"her: %.12s\", Version: Likeness %s", hash, PACKAGE_VERSION);
  g_assert_true (g_str_has_suffix (parameters, expected));

  graph = lk_json_parse (lk_png_texts_find (texts, "prompt"), -1, "prompt", NULL);
  lora = lk_json_get_object (graph, "10");
  g_assert_cmpstr (lk_json_get_string (lora, "class_type", ""), ==, "LoraLoader");
  g_assert_cmpstr (lk_json_get_string (lk_json_get_object (lora, "inputs"), "lora_name", ""), ==, "her.safetensors");
  sampler = lk_json_get_object (lk_json_get_object (graph, "5"), "inputs");
  g_assert_cmpstr (lk_json_get_string (sampler, "sampler_name", ""), ==, "dpmpp_2m");
  g_assert_cmpstr (cJSON_GetArrayItem (lk_json_get_array (sampler, "model"), 0)->valuestring, ==, "10");
  g_assert_null (lk_json_get_object (graph, "11"));
  g_assert_nonnull (lk_png_texts_find (texts, "likeness"));
}

/* A project that moves to another machine finds the starter there. */
static void
test_starter_is_named (void)
{
  g_autoptr (LkRecipe) recipe = make_recipe ();
  g_autofree char *starter = lk_base_dup_path ("starter"), *name = lk_base_dup_name (starter), *other = lk_base_dup_name (recipe->base);
  g_autoptr (LkRecipe) again = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (cJSON) json = NULL, without_paths = NULL;

  g_assert_cmpstr (name, ==, "starter");
  g_assert_cmpstr (other, ==, recipe->base);

  lk_recipe_set_text (&recipe->base, starter);
  json = lk_recipe_to_json (recipe, TRUE);
  g_assert_cmpstr (lk_json_get_string (json, "base", NULL), ==, "starter");
  again = lk_recipe_from_json (json, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (again->base, ==, starter);
  without_paths = lk_recipe_to_json (recipe, FALSE);
  g_assert_cmpstr (lk_json_get_string (without_paths, "base", NULL), ==, "starter-base.safetensors");
}

int
main (int    argc,
      char **argv)
{
  g_autofree char *command = NULL, *cache = NULL;
  int status;

  folder = g_dir_make_tmp ("likeness-recipe-XXXXXX", NULL);
  cache = g_build_filename (folder, "cache", NULL);
  g_setenv ("XDG_CACHE_HOME", cache, TRUE);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/recipe/loras-as-words", test_loras_as_words);
  g_test_add_func ("/recipe/sizes-steps-and-cfg-have-limits", test_sizes_steps_and_cfg_have_limits);
  g_test_add_func ("/recipe/strength-0-and-order-change-nothing", test_strength_0_and_order_change_nothing);
  g_test_add_func ("/recipe/files-count-by-content", test_files_count_by_content);
  g_test_add_func ("/recipe/every-value-counts", test_every_value_counts);
  g_test_add_func ("/recipe/json-there-and-back", test_json_there_and_back);
  g_test_add_func ("/recipe/starter-is-named", test_starter_is_named);
  g_test_add_func ("/recipe/what-a-png-tells", test_what_a_png_tells);

  status = g_test_run ();
  command = g_strdup_printf ("rm -rf '%s'", folder);
  if (!g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL))
    g_warning ("%s is left behind", folder);
  return status;
}
