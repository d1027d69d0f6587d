/* lk-cli-train.c: trains a LoRA on a project's pictures, or goes on with a run. */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "cli/lk-cli-commands.h"
#include "cli/lk-cli-train-plan.h"
#include "train/lk-memory-plan.h"
#include "train/lk-trainer.h"
#include "train/lk-training-advice.h"

#include <glib/gi18n.h>
#include <string.h>

static char *base_option, *device_option, *resume_option, *precision_option, *init_option, *replay_option;
static char **set_option;
static int steps_option;
static gboolean plan_option;

static const GOptionEntry options[] = {
  { "base", 0, 0, G_OPTION_ARG_FILENAME, &base_option, N_("The base model (the project’s)"), N_("FILE") },
  { "device", 0, 0, G_OPTION_ARG_STRING, &device_option, N_("auto, cpu, vulkan or vulkan:N"), N_("DEVICE") },
  { "steps", 0, 0, G_OPTION_ARG_INT, &steps_option, N_("All steps of the run, those done before a resume included"), N_("N") },
  { "resume", 0, 0, G_OPTION_ARG_FILENAME, &resume_option, N_("Go on with a run: its folder, its name in the project, or “last”"), N_("RUN") },
  { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &set_option, N_("Change a setting; may be given again"), N_("KEY=VALUE") },
  { "precision", 0, 0, G_OPTION_ARG_STRING, &precision_option, N_("fp32"), N_("PRECISION") },
  { "init-lora", 0, 0, G_OPTION_ARG_FILENAME, &init_option, N_("Begin with this LoRA"), N_("FILE") },
  { "replay", 0, 0, G_OPTION_ARG_FILENAME, &replay_option,
    N_("Take items [S,B], timesteps [S,B] and noise [S,B,Z,h,w] from a file instead of chance, and the latents’ means"), N_("FILE") },
  { "plan", 0, 0, G_OPTION_ARG_NONE, &plan_option, N_("Say what the run would take of the device’s memory, and do nothing else"), NULL },
  G_OPTION_ENTRY_NULL
};

static gboolean G_GNUC_PRINTF (2, 3)
bad_usage (GError     **error,
           const char  *format,
           ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error)
    *error = g_error_new_valist (G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, format, arguments);
  va_end (arguments);
  return FALSE;
}

/* ---- settings -------------------------------------------------------------------------------------------------- */

/* What is wrong with a setting is bad usage here. */
static gboolean
set (LkTrainSettings  *settings,
     const char       *pair,
     GError          **error)
{
  const char *equals = strchr (pair, '=');
  g_autofree char *key = equals ? g_strndup (pair, (gsize) (equals - pair)) : NULL;
  g_autoptr (GError) trouble = NULL;

  if (key == NULL)
    return bad_usage (error, _("“%s” is no setting. Write it as KEY=VALUE."), pair);
  return lk_train_settings_set (settings, key, equals + 1, &trouble) || bad_usage (error, "%s", trouble->message);
}

static const LkBaseAdvice *
get_base_advice (LkProject *project)
{
  return base_option ? lk_base_advice_for (base_option) : lk_project_get_base_advice (project);
}

/* The base model's settings, then the project's, then the command line's. */
static LkTrainSettings *
make_settings (LkProject  *project,
               GError    **error)
{
  g_autoptr (LkTrainSettings) settings = lk_training_advice_settings_for_project (project, get_base_advice (project), error);
  g_autofree char *steps = g_strdup_printf ("max_train_steps=%d", steps_option);

  if (settings == NULL)
    return NULL;
  for (guint i = 0; set_option && set_option[i]; i++)
    if (!set (settings, set_option[i], error))
      return NULL;
  if (steps_option != 0 && !set (settings, steps, error))
    return NULL;
  return g_steal_pointer (&settings);
}

static void
print_advice (LkCli                 *cli,
              LkProject             *project,
              const LkTrainSettings *settings,
              guint                  n_pictures)
{
  g_autoptr (GPtrArray) rows = lk_training_advice_check (settings, get_base_advice (project), n_pictures);

  for (guint i = 0; i < rows->len; i++)
    {
      const LkAdviceRow *row = rows->pdata[i];

      lk_cli_note (cli, "%s %s (%s=%s)", row->sentence, row->why, row->fix_key, row->fix_value);
    }
}

/* ---- runs ------------------------------------------------------------------------------------------------------- */

/* Before there is a run that could not begin. */
static gboolean
check_memory (LkDevice               *device,
              LkDataSet              *data_set,
              const LkTrainSettings  *settings,
              const LkRunInfo        *info,
              GError                **error)
{
  g_autoptr (LkDevice) sketch = lk_device_new_sketch (device);
  g_autoptr (LkMemoryShapes) shapes = lk_memory_shapes_new (data_set, settings, info->replay != NULL);
  g_autoptr (LkCheckpoint) checkpoint = lk_checkpoint_open (info->base, error);
  const LkMemoryAsk ask = { checkpoint, settings, shapes, info->init_lora };

  return checkpoint != NULL && lk_memory_plan_check (sketch, &ask, error);
}

static LkRun *
create_run (LkCli       *cli,
            LkProject   *project,
            LkDevice    *device,
            LkDataSet  **data_set,
            GError     **error)
{
  g_autoptr (LkTrainSettings) settings = make_settings (project, error);
  g_autofree char *runs = lk_project_dup_path (project, "runs");
  g_auto (LkRunInfo) info = { NULL };

  if (settings == NULL || !lk_train_settings_check (settings, error) || !lk_run_info_init (&info, project, base_option, error))
    return NULL;
  info.init_lora = g_strdup (init_option);
  info.replay = g_strdup (replay_option);
  *data_set = lk_data_set_new_from_project (project, settings, error);
  if (*data_set == NULL || !check_memory (device, *data_set, settings, &info, error))
    return NULL;

  print_advice (cli, project, settings, lk_data_set_get_n (*data_set));
  return lk_run_create (runs, &info, settings, *data_set, error);
}

/* A folder, a name in the project's runs, or "last". */
static LkRun *
find_run (LkProject  *project,
          GError    **error)
{
  g_autofree char *runs = lk_project_dup_path (project, "runs"), *inside = g_build_filename (runs, resume_option, NULL);
  g_autoptr (GPtrArray) all = NULL;

  if (g_file_test (resume_option, G_FILE_TEST_IS_DIR))
    return lk_run_open (resume_option, error);
  if (!g_str_equal (resume_option, "last") || g_file_test (inside, G_FILE_TEST_IS_DIR))
    return lk_run_open (inside, error);

  all = lk_run_list (runs);
  if (all->len > 0)
    return lk_run_ref (all->pdata[0]);
  bad_usage (error, _("This project has no run yet to go on with."));
  return NULL;
}

static LkRun *
resume_run (LkProject  *project,
            LkDataSet **data_set,
            GError    **error)
{
  g_autoptr (LkRun) run = NULL;
  g_autofree char *path = NULL;

  if (set_option || init_option || replay_option)
    {
      bad_usage (error, _("A resumed run keeps its settings: --set, --init-lora and --replay belong to a new one."));
      return NULL;
    }
  run = find_run (project, error);
  if (run == NULL || (base_option && !lk_run_set_base (run, base_option, error))
      || (steps_option > 0 && !lk_run_set_max_steps (run, (guint) steps_option, error)))
    return NULL;

  path = lk_run_dup_path (run, "dataset.jsonl");
  *data_set = lk_data_set_load (path, project, error);
  return *data_set ? g_steal_pointer (&run) : NULL;
}

/* ---- training --------------------------------------------------------------------------------------------------- */

/* What the events come to. */
typedef struct
{
  LkCli    *cli;
  char     *lora;               /* owned: the last one written */
  LkMetric  last;
  double    seconds;            /* of all steps of this process */
  guint     n_steps;
  gboolean  is_stopped;
} Watch;

static void
on_events (LkTrainer            *trainer,
           const LkTrainerEvent *events,
           guint                 n_events,
           gpointer              data)
{
  Watch *watch = data;

  for (guint i = 0; i < n_events; i++)
    {
      const LkTrainerEvent *event = &events[i];
      g_autofree char *loss = g_strdup_printf (_("loss %.4f"), event->metric.loss);

      switch (event->kind)
        {
        case LK_TRAINER_PHASE:
          lk_cli_progress (watch->cli, event->text, event->done, event->total, NULL);
          break;
        case LK_TRAINER_STEP:
          watch->last = event->metric;
          watch->seconds += event->metric.seconds;
          watch->n_steps++;
          lk_cli_progress (watch->cli, _("Training"), event->step, event->n_steps, loss);
          break;
        case LK_TRAINER_SAVED:
        case LK_TRAINER_FINISHED:
          g_free (watch->lora);
          watch->lora = g_strdup (event->path);
          break;
        case LK_TRAINER_STOPPED:
          watch->is_stopped = TRUE;
          break;
        case LK_TRAINER_NOTE:
          lk_cli_note (watch->cli, "%s", event->text);
          break;
        default:
          break;
        }
    }
}

static void
print_result (LkCli       *cli,
              LkRun       *run,
              LkDevice    *device,
              const Watch *watch)
{
  cJSON *json = cJSON_CreateObject ();
  guint step = lk_run_get_step (run), n_steps = lk_run_get_settings (run)->max_train_steps;

  cJSON_AddStringToObject (json, "run", lk_run_get_folder (run));
  cJSON_AddBoolToObject (json, "finished", !watch->is_stopped);
  lk_json_add_int (json, "step", step);
  lk_json_add_int (json, "steps", n_steps);
  if (watch->lora)
    cJSON_AddStringToObject (json, "lora", watch->lora);
  cJSON_AddNumberToObject (json, "loss", watch->last.loss);
  cJSON_AddNumberToObject (json, "seconds_per_step", watch->n_steps > 0 ? watch->seconds / watch->n_steps : 0);
  cJSON_AddStringToObject (json, "device", lk_device_get_description (device));
  lk_cli_print_json (cli, json);

  if (watch->is_stopped)
    lk_cli_print (cli, _("Stopped at step %u of %u; --resume %s goes on.\n"), step, n_steps, lk_run_get_name (run));
  else
    lk_cli_print (cli, _("%s: %u steps, %.3f s each on %s\n"), watch->lora, n_steps,
                  watch->n_steps > 0 ? watch->seconds / watch->n_steps : 0, lk_device_get_description (device));
}

static LkCliStatus
plan (LkCli   *cli,
      char    *folder,
      GError **error)
{
  g_autoptr (LkProject) project = lk_project_open (folder, LK_PROJECT_LOOK, error);
  g_autoptr (LkTrainSettings) settings = project ? make_settings (project, error) : NULL;

  if (settings == NULL || !lk_train_settings_check (settings, error))
    return LK_CLI_FAILED;
  return lk_cli_train_plan (cli, project, settings, base_option, device_option ? device_option : "auto", init_option, replay_option != NULL,
                            error);
}

static LkCliStatus
run_train (LkCli   *cli,
           int      n_args,
           char   **args,
           GError **error)
{
  g_autoptr (LkProject) project = NULL;
  g_autoptr (LkDevice) device = NULL;
  g_autoptr (LkDataSet) data_set = NULL;
  g_autoptr (LkRun) run = NULL;
  g_autoptr (LkTrainer) trainer = NULL;
  g_autofree char *cache = NULL;
  Watch watch = { cli };
  gboolean is_done;

  if (steps_option < 0)
    bad_usage (error, _("--steps must be 1 or more"));
  else if (precision_option && !g_str_equal (precision_option, "fp32"))
    bad_usage (error, _("“%s” is no precision that this device trains in; fp32 is"), precision_option);
  else if (plan_option && resume_option)
    bad_usage (error, _("--plan is for a new run; --resume goes on with one"));
  if (error && *error)
    return LK_CLI_BAD_USAGE;
  if (plan_option)
    return plan (cli, args[0], error);

  device = lk_device_open (device_option ? device_option : "auto", 0, error);
  project = device ? lk_project_open (args[0], LK_PROJECT_LOOK, error) : NULL;
  if (project == NULL)
    return LK_CLI_FAILED;
  run = resume_option ? resume_run (project, &data_set, error) : create_run (cli, project, device, &data_set, error);
  if (run == NULL)
    return LK_CLI_FAILED;

  cache = lk_project_dup_path (project, "cache");
  trainer = lk_trainer_new (device, run, data_set, cache);
  lk_trainer_set_func (trainer, on_events, &watch);
  is_done = lk_trainer_run (trainer, lk_cli_get_cancellable (cli), error);
  if (is_done)
    print_result (cli, run, device, &watch);
  g_free (watch.lora);
  if (!is_done)
    return LK_CLI_FAILED;
  return watch.is_stopped ? LK_CLI_PROBLEMS : LK_CLI_DONE;
}

const LkCliCommand lk_cli_train = {
  .name = "train",
  .summary = N_("Train a LoRA on a project’s pictures"),
  .parameters = "PROJECT",
  .description = N_("Settings have kohya’s names: network_dim, network_alpha, learning_rate, train_batch_size, lr_scheduler, …; a wrong one is told with\n"
                    "what it may be. Without any, the base model’s usual ones are taken. Ctrl+C saves the state and ends with 1.\n"
                    "--plan ends with 1 where the run would not fit into the device’s memory, and says what would."),
  .options = options,
  .min_args = 1,
  .max_args = 1,
  .run = run_train,
};
