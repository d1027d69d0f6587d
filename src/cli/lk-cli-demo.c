/* lk-cli-demo.c: the main job on the sample project: check, prepare, train, test, grid, stack; and whether the LoRA learned the character. */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "base/lk-file.h"
#include "cli/lk-cli-commands.h"
#include "generate/lk-grid.h"
#include "generate/lk-likeness.h"
#include "generate/lk-merge.h"
#include "generate/lk-stack.h"
#include "project/lk-checks.h"
#include "project/lk-import.h"
#include "project/lk-prepare.h"
#include "train/lk-trainer.h"
#include "train/lk-training-advice.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>

static char *out_option, *device_option, *control_option;
static int steps_option;

static const GOptionEntry options[] = {
  { "out", 0, 0, G_OPTION_ARG_FILENAME, &out_option, N_("A new folder for everything (likeness-demo)"), N_("DIR") },
  { "device", 0, 0, G_OPTION_ARG_STRING, &device_option, N_("auto, cpu, vulkan or vulkan:N"), N_("DEVICE") },
  { "steps", 0, 0, G_OPTION_ARG_INT, &steps_option, N_("Training steps (the starter’s usual ones)"), N_("N") },
  { "control", 0, 0, G_OPTION_ARG_FILENAME, &control_option, N_("A LoRA of another character, which must not draw this one"), N_("FILE") },
  G_OPTION_ENTRY_NULL
};

/* Scenes, clothes and faces as no picture of the data set shows them together. */
static const char * const contexts[] = {
  "smiling, wearing a black sweater, front view, in a forest, natural lighting, upper body shot",
  "neutral expression, wearing a green dress, front view, in a city street, natural lighting, close-up portrait",
  "laughing, wearing a white hoodie, three-quarter view, on a beach, natural lighting, upper body shot",
  "surprised, wearing a yellow jacket, front view, in the snow, natural lighting, close-up portrait",
  "sad, wearing a red blouse, front view, in a living room, warm lighting, upper body shot",
  "smiling, wearing a purple t-shirt, front view, in a park, natural lighting, close-up portrait",
};

static const char * const strengths[] = { "0", "0.5", "0.8", "1.0", NULL };

#define BEST_STRENGTH 2             /* of `strengths`: 0.8 */
#define N_SECTIONS 6
#define GRID_STEPS 20
#define STARTER_CFG 4

/* The measure's verdict: pictures of the same drawn character lie above, of others below. */
#define LIKE_HER 0.5
#define UNLIKE_HER 0.3

typedef struct
{
  LkCli       *cli;
  cJSON       *json;            /* owned: what --json prints */
  LkDevice    *device;          /* owned, as is all below */
  char        *folder;
  LkProject   *project;
  LkDataSet   *data_set;
  LkRun       *run;
  char        *lora;
  char        *control;
  LkGenerator *generator;
  LkLikeness  *likeness;
  float        her[LK_LIKENESS_N];
  guint        section;
} Demo;

static void
demo_clear (Demo *demo)
{
  g_clear_pointer (&demo->likeness, lk_likeness_free);
  g_clear_pointer (&demo->generator, lk_generator_free);
  g_clear_pointer (&demo->run, lk_run_unref);
  g_clear_pointer (&demo->data_set, lk_data_set_free);
  g_clear_object (&demo->project);
  g_clear_pointer (&demo->device, lk_device_unref);
  g_clear_pointer (&demo->json, cJSON_Delete);
  g_free (demo->folder);
  g_free (demo->lora);
  g_free (demo->control);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Demo, demo_clear)

static void
begin (Demo       *demo,
       const char *title)
{
  demo->section++;
  lk_cli_print (demo->cli, "%u/%u %s\n", demo->section, N_SECTIONS, title);
}

static void
on_progress (guint       done,
             guint       total,
             const char *text,
             gpointer    data)
{
  Demo *demo = data;

  lk_cli_progress (demo->cli, _("Pictures"), done, total, text);
}

/* ---- the project ------------------------------------------------------------------------------------------------ */

/* The folder that was given, or likeness-demo with the next free number. */
static gboolean
make_folder (Demo    *demo,
             GError **error)
{
  demo->folder = g_strdup (out_option ? out_option : "likeness-demo");
  for (guint i = 2; out_option == NULL && g_file_test (demo->folder, G_FILE_TEST_EXISTS); i++)
    {
      g_free (demo->folder);
      demo->folder = g_strdup_printf ("likeness-demo-%u", i);
    }
  return lk_file_make_folder (demo->folder, error);
}

/* A copy of the sample project: its words, its pictures. */
static gboolean
make_project (Demo    *demo,
              GError **error)
{
  g_autofree char *sample_path = lk_data_path ("starter/sample"), *path = g_build_filename (demo->folder, "project", NULL);
  g_autofree char *pictures = g_build_filename (sample_path, "images", NULL), *words = NULL;
  g_autoptr (LkProject) sample = lk_project_open (sample_path, LK_PROJECT_LOOK, error);
  g_autoptr (LkImportReport) report = NULL;
  LkProjectInfo info;

  if (sample == NULL)
    return FALSE;
  info = (LkProjectInfo) {
    .name = lk_project_get_name (sample),
    .trigger = lk_project_get_trigger (sample),
    .class_word = lk_project_get_class_word (sample),
    .hair = lk_project_get_hair (sample),
    .eyes = lk_project_get_eyes (sample),
    .skin = lk_project_get_skin (sample),
    .other_features = lk_project_get_other_features (sample),
    .base_model = "starter",
  };
  demo->project = lk_project_create (path, &info, error);
  if (demo->project == NULL)
    return FALSE;
  report = lk_project_import (demo->project, (const char *[]) { pictures, NULL }, on_progress, demo, lk_cli_get_cancellable (demo->cli), error);
  if (report == NULL)
    return FALSE;

  words = lk_import_report_describe (report);
  lk_cli_print (demo->cli, "    %s\n", words);
  cJSON_AddStringToObject (demo->json, "project", path);
  lk_json_add_int (demo->json, "pictures", lk_project_get_n_images (demo->project));
  return TRUE;
}

static void
check_project (Demo *demo)
{
  g_autoptr (LkChecks) checks = lk_checks_new (demo->project);
  g_autoptr (GListModel) findings = lk_checks_update (checks);
  guint n = g_list_model_get_n_items (findings);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (LkFinding) finding = g_list_model_get_item (findings, i);

      lk_cli_print (demo->cli, "    %s\n", lk_finding_get_sentence (finding));
    }
  if (n == 0)
    lk_cli_print (demo->cli, "    %s\n", _("Nothing to mend in pictures and captions."));
  lk_json_add_int (demo->json, "findings", n);
}

static gboolean
prepare (Demo    *demo,
         GError **error)
{
  g_autofree char *path = g_build_filename (demo->folder, "prepared", NULL);
  const LkExport what = { LK_EXPORT_FOLDER };
  guint n;

  if (!lk_project_export (demo->project, NULL, path, &what, &n, on_progress, demo, lk_cli_get_cancellable (demo->cli), error))
    return FALSE;
  lk_cli_print (demo->cli, ngettext ("    %u picture and its caption, as training sees them, in %s\n",
                                     "    %u pictures and their captions, as training sees them, in %s\n", n), n, path);
  return TRUE;
}

/* ---- training --------------------------------------------------------------------------------------------------- */

static void
on_events (LkTrainer            *trainer,
           const LkTrainerEvent *events,
           guint                 n_events,
           gpointer              data)
{
  Demo *demo = data;

  for (guint i = 0; i < n_events; i++)
    {
      g_autofree char *loss = g_strdup_printf (_("loss %.4f"), events[i].metric.loss);

      if (events[i].kind == LK_TRAINER_PHASE)
        lk_cli_progress (demo->cli, events[i].text, events[i].done, events[i].total, NULL);
      else if (events[i].kind == LK_TRAINER_STEP)
        lk_cli_progress (demo->cli, _("Training"), events[i].step, events[i].n_steps, loss);
      else if (events[i].kind == LK_TRAINER_FINISHED)
        demo->lora = g_strdup (events[i].path);
    }
}

static gboolean
train (Demo    *demo,
       GError **error)
{
  g_autoptr (LkTrainSettings) settings = lk_training_advice_settings_for_project (demo->project, NULL, error);
  g_autofree char *cache = lk_project_dup_path (demo->project, "cache");
  g_autoptr (LkTrainer) trainer = NULL;
  GCancellable *cancellable = lk_cli_get_cancellable (demo->cli);
  gint64 start = g_get_monotonic_time ();
  double seconds;

  if (settings == NULL)
    return FALSE;
  if (steps_option > 0)
    settings->max_train_steps = (guint) steps_option;
  demo->run = lk_run_create_for_project (demo->project, NULL, settings, &demo->data_set, error);
  if (demo->run == NULL)
    return FALSE;

  trainer = lk_trainer_new (demo->device, demo->run, demo->data_set, cache);
  lk_trainer_set_func (trainer, on_events, demo);
  if (!lk_trainer_run (trainer, cancellable, error) || g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  seconds = (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
  lk_cli_print (demo->cli, _("    %u steps in %.0f s on %s: %s\n"), settings->max_train_steps, seconds,
                lk_device_get_description (demo->device), demo->lora);
  cJSON_AddStringToObject (demo->json, "lora", demo->lora);
  cJSON_AddNumberToObject (demo->json, "train_seconds", seconds);
  return TRUE;
}

/* ---- testing ---------------------------------------------------------------------------------------------------- */

/* The character in one of the contexts, as captions say it. Owned by the caller. */
static char *
make_prompt (Demo *demo,
             guint context)
{
  g_auto (GStrv) features = lk_project_dup_features (demo->project);
  g_autofree char *fixed = g_strjoinv (", ", features);

  return g_strdup_printf ("%s %s, %s, %s", lk_project_get_trigger (demo->project), lk_project_get_class_word (demo->project), fixed,
                          contexts[context]);
}

static LkRecipe *
make_recipe (Demo *demo)
{
  const LkBaseAdvice *base = lk_project_get_base_advice (demo->project);
  LkRecipe *recipe = lk_recipe_new ();
  g_autofree char *prompt = make_prompt (demo, 0);

  recipe->base = lk_base_dup_path (lk_project_get_base_model (demo->project));
  recipe->width = recipe->height = base->resolution;
  recipe->cfg = STARTER_CFG;
  recipe->n_steps = GRID_STEPS;
  recipe->sampler = LK_SAMPLER_DPMPP_2M;
  recipe->scheduler = LK_SCHEDULER_KARRAS;
  lk_recipe_set_text (&recipe->prompt, prompt);
  return recipe;
}

static void
on_cell (gpointer data,
         guint    cell,
         guint    drawn,
         guint    n_cells,
         gboolean was_there)
{
  Demo *demo = data;

  lk_cli_progress (demo->cli, _("Drawing"), drawn, n_cells, NULL);
}

/* Draws a LoRA (NULL: none) in all contexts, at each of the strengths (NULL: as the base model is). */
static LkGrid *
draw_grid (Demo                *demo,
           const char          *lora,
           const char * const  *levels,
           const char          *path,
           GError             **error)
{
  g_autoptr (LkRecipe) recipe = make_recipe (demo);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (LkGrid) grid = NULL;
  g_auto (GStrv) prompts = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (contexts); i++)
    {
      g_autofree char *prompt = make_prompt (demo, i);

      g_strv_builder_add (builder, prompt);
    }
  prompts = g_strv_builder_end (builder);
  if (lora)
    lk_recipe_add_lora (recipe, lora, 1, 1);

  grid = lk_grid_new (recipe);
  if ((levels && !lk_grid_add_axis (grid, LK_AXIS_STRENGTH, levels, error))
      || !lk_grid_add_axis (grid, LK_AXIS_PROMPT, (const char * const *) prompts, error)
      || !lk_grid_draw (grid, demo->generator, path, on_cell, demo, lk_cli_get_cancellable (demo->cli), error))
    return NULL;
  return g_steal_pointer (&grid);
}

/* The pictures of a grid's column; owned by the caller. */
static char **
list_column (LkGrid      *grid,
             guint        column,
             guint        n_columns,
             const char  *path,
             GError     **error)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; i < G_N_ELEMENTS (contexts); i++)
    {
      g_autofree char *name = lk_grid_get_name (grid, i * n_columns + column, error);
      g_autofree char *cell = name ? g_build_filename (path, name, NULL) : NULL;

      if (cell == NULL)
        return NULL;
      g_strv_builder_add (builder, cell);
    }
  return g_strv_builder_end (builder);
}

/* How near a column's pictures are to her; told under `label` and as `key`. */
static gboolean
measure (Demo               *demo,
         const char         *label,
         const char         *key,
         char              **pictures,
         LkLikenessFigures  *figures,
         GError            **error)
{
  cJSON *json;

  if (pictures == NULL || !lk_likeness_measure (demo->likeness, demo->her, (const char * const *) pictures, figures, error))
    return FALSE;

  lk_cli_print (demo->cli, "    %s%*s %5.2f %5.2f %5.2f\n", label, (int) MAX (0, 26 - g_utf8_strlen (label, -1)), "",
                figures->low, figures->median, figures->high);
  json = cJSON_AddObjectToObject (cJSON_GetObjectItemCaseSensitive (demo->json, "likeness"), key);
  cJSON_AddNumberToObject (json, "low", figures->low);
  cJSON_AddNumberToObject (json, "median", figures->median);
  cJSON_AddNumberToObject (json, "high", figures->high);
  return TRUE;
}

/* What she looks like: her pictures, but for those that show her from afar. */
static gboolean
look_at_her (Demo    *demo,
             GError **error)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) pictures = NULL;

  for (guint i = 0; i < lk_data_set_get_n (demo->data_set); i++)
    {
      const LkDataItem *item = lk_data_set_get (demo->data_set, i);

      if (lk_shot_from_caption (item->caption) != LK_SHOT_FULL_BODY)
        g_strv_builder_add (builder, item->path);
    }
  pictures = g_strv_builder_end (builder);
  demo->likeness = lk_likeness_new (demo->device, NULL, error);
  return demo->likeness && lk_likeness_look (demo->likeness, (const char * const *) pictures, demo->her, error);
}

/* Whether every picture of strength 0 is the base model's, byte for byte. */
static gboolean
is_same (char     **a,
         char     **b,
         gboolean  *same,
         GError   **error)
{
  *same = TRUE;
  for (guint i = 0; a[i]; i++)
    {
      g_autofree char *first = NULL, *second = NULL;
      gsize n_first, n_second;

      first = lk_file_read (a[i], G_MAXINT, &n_first, error);
      second = first ? lk_file_read (b[i], G_MAXINT, &n_second, error) : NULL;
      if (second == NULL)
        return FALSE;
      *same = *same && n_first == n_second && memcmp (first, second, n_first) == 0;
    }
  return TRUE;
}

/* Draws and measures the base model, the LoRA at each strength, and the other character's LoRA; `learned` is the verdict. */
static gboolean
test (Demo      *demo,
      gboolean  *learned,
      GError   **error)
{
  g_autofree char *path = g_build_filename (demo->folder, "grid", NULL), *base_path = g_build_filename (demo->folder, "base", NULL);
  g_autofree char *control_path = g_build_filename (demo->folder, "control", NULL);
  g_autoptr (LkGrid) base = draw_grid (demo, NULL, NULL, base_path, error), grid = NULL, control = NULL;
  g_auto (GStrv) base_pictures = NULL, control_pictures = NULL;
  const guint n = G_N_ELEMENTS (strengths) - 1;
  LkLikenessFigures of_base, of_control, of_strength[G_N_ELEMENTS (strengths) - 1];
  gboolean same = FALSE;

  grid = base ? draw_grid (demo, demo->lora, strengths, path, error) : NULL;
  control = grid ? draw_grid (demo, demo->control, (const char *[]) { strengths[BEST_STRENGTH], NULL }, control_path, error) : NULL;
  if (control == NULL || !look_at_her (demo, error))
    return FALSE;

  cJSON_AddObjectToObject (demo->json, "likeness");
  lk_cli_print (demo->cli, _("    Contact sheet: %s/sheet.png\n"), path);
  lk_cli_print (demo->cli, _("    Likeness to her (1: the same, 0: a stranger), quartiles of %u pictures:\n"), (guint) G_N_ELEMENTS (contexts));
  base_pictures = list_column (base, 0, 1, base_path, error);
  if (!measure (demo, _("base model"), "base", base_pictures, &of_base, error))
    return FALSE;
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *label = g_strdup_printf (_("LoRA at %s"), strengths[i]);
      g_auto (GStrv) pictures = list_column (grid, i, n, path, error);

      if (!measure (demo, label, strengths[i], pictures, &of_strength[i], error) || (i == 0 && !is_same (base_pictures, pictures, &same, error)))
        return FALSE;
    }
  control_pictures = list_column (control, 0, 1, control_path, error);
  if (!measure (demo, _("another character’s LoRA"), "control", control_pictures, &of_control, error))
    return FALSE;

  lk_cli_print (demo->cli, "    %s\n", same ? _("Strength 0 draws the base model’s pictures, byte for byte.")
                                            : _("Strength 0 does not draw the base model’s pictures."));
  *learned = same && of_strength[BEST_STRENGTH].median > LIKE_HER && of_base.median < UNLIKE_HER && of_control.median < UNLIKE_HER;
  cJSON_AddBoolToObject (demo->json, "strength_0_is_base", same);
  cJSON_AddBoolToObject (demo->json, "learned", *learned);
  lk_cli_print (demo->cli, "    %s\n", *learned ? _("The LoRA learned her: she is drawn in places where she never was.")
                                                : _("The LoRA did not learn her."));
  return TRUE;
}

/* ---- stacking ---------------------------------------------------------------------------------------------------- */

/* Her with a style, as a stack and as one merged file: the pictures must be the same but for rounding. */
static gboolean
stack (Demo    *demo,
       GError **error)
{
  g_autofree char *style = lk_data_path ("starter/style-dusk.safetensors");
  g_autofree char *merged = g_build_filename (demo->folder, "merged.safetensors", NULL), *path = g_build_filename (demo->folder, "stack.png", NULL);
  const LkMergeInput inputs[] = { { demo->lora, 0.8, 0.8 }, { style, 0.5, 0.5 } };
  g_autoptr (LkStack) list = lk_stack_new ();
  g_autoptr (LkStackEntry) her = lk_stack_entry_new (demo->lora, LK_STACK_CHARACTER, 80), ink = lk_stack_entry_new (style, LK_STACK_STYLE, 50);
  g_autoptr (GPtrArray) advice = NULL;
  g_autoptr (LkRecipe) stacked = make_recipe (demo), single = make_recipe (demo);
  g_autoptr (LkPicture) picture = NULL, same = NULL;
  LkMergeResult result;
  guint worst = 0;

  lk_stack_add (list, her);
  lk_stack_add (list, ink);
  advice = lk_stack_get_advice (list);
  lk_cli_print (demo->cli, _("    Total strength %.2f: %s\n"), lk_stack_get_total (list) / 100.,
                advice->len > 0 ? (char *) advice->pdata[0] : _("nothing to say against it."));
  if (!lk_merge_exact (inputs, G_N_ELEMENTS (inputs), LK_SAFE_F32, merged, &result, error))
    return FALSE;

  lk_recipe_add_lora (stacked, demo->lora, 0.8, 0.8);
  lk_recipe_add_lora (stacked, style, 0.5, 0.5);
  lk_recipe_add_lora (single, merged, 1, 1);
  picture = lk_generator_draw (demo->generator, stacked, NULL, NULL, lk_cli_get_cancellable (demo->cli), NULL, NULL, error);
  same = picture ? lk_generator_draw (demo->generator, single, NULL, NULL, lk_cli_get_cancellable (demo->cli), NULL, NULL, error) : NULL;
  if (same == NULL || !lk_recipe_save_picture (stacked, picture, path, error))
    return FALSE;

  for (gsize i = 0; i < picture->stride * picture->height; i++)
    worst = MAX (worst, (guint) ABS (picture->data[i] - same->data[i]));
  lk_cli_print (demo->cli, _("    %s: with the style. Merged into %s (%u modules of rank %u), the picture differs by at most %u of 255.\n"), path,
                merged, result.n_modules, result.most_rank, worst);
  cJSON_AddStringToObject (demo->json, "merged", merged);
  lk_json_add_int (demo->json, "merge_difference", worst);
  return TRUE;
}

/* ---- all of it ---------------------------------------------------------------------------------------------------- */

static gboolean
run_all (Demo      *demo,
         gboolean  *learned,
         GError   **error)
{
  begin (demo, _("Project"));
  if (!make_folder (demo, error) || !make_project (demo, error))
    return FALSE;
  begin (demo, _("Check"));
  check_project (demo);
  begin (demo, _("Prepare"));
  if (!prepare (demo, error))
    return FALSE;
  begin (demo, _("Train"));
  if (!train (demo, error))
    return FALSE;
  begin (demo, _("Test"));
  demo->generator = lk_generator_new (demo->device);
  if (!test (demo, learned, error))
    return FALSE;
  begin (demo, _("Stack and merge"));
  return stack (demo, error);
}

static LkCliStatus
run_demo (LkCli   *cli,
          int      n_args,
          char   **args,
          GError **error)
{
  g_auto (Demo) demo = { .cli = cli };
  gint64 start = g_get_monotonic_time ();
  gboolean learned;
  double seconds;

  if (steps_option < 0)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, _("--steps must be 1 or more"));
      return LK_CLI_BAD_USAGE;
    }
  if (out_option && g_file_test (out_option, G_FILE_TEST_EXISTS))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, _("“%s” is there already. The demo makes a new folder."), out_option);
      return LK_CLI_BAD_USAGE;
    }

  demo.json = cJSON_CreateObject ();
  demo.control = control_option ? g_strdup (control_option) : lk_data_path ("starter/other-character.safetensors");
  demo.device = lk_device_open (device_option ? device_option : "auto", 0, error);
  if (demo.device == NULL || !run_all (&demo, &learned, error))
    return LK_CLI_FAILED;

  seconds = (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
  lk_cli_print (cli, _("Done in %.0f s. Everything lies in %s.\n"), seconds, demo.folder);
  cJSON_AddStringToObject (demo.json, "device", lk_device_get_description (demo.device));
  cJSON_AddNumberToObject (demo.json, "seconds", seconds);
  lk_cli_print_json (cli, g_steal_pointer (&demo.json));
  return learned ? LK_CLI_DONE : LK_CLI_PROBLEMS;
}

const LkCliCommand lk_cli_demo = {
  .name = "demo",
  .summary = N_("Do the main job on the sample project: check, prepare, train, test, stack"),
  .options = options,
  .run = run_demo,
};
