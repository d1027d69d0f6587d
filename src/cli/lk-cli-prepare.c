/* lk-cli-prepare.c: writes what the trainer sees. */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "cli/lk-cli-commands.h"
#include "project/lk-prepare.h"

#include <glib/gi18n.h>
#include <string.h>

static char *out_option;
static int resolution_option, repeats_option;
static gboolean buckets_option, square_option, kohya_option, zip_option, replace_option;

static const GOptionEntry options[] = {
  { "out", 0, 0, G_OPTION_ARG_FILENAME, &out_option, N_("The folder (or zip file) to write"), N_("DIR") },
  { "resolution", 0, 0, G_OPTION_ARG_INT, &resolution_option, N_("Side of the squares, or of the buckets’ area (the base model’s)"), N_("PIXELS") },
  { "square", 0, 0, G_OPTION_ARG_NONE, &square_option, N_("Square pictures (as the project says)"), NULL },
  { "buckets", 0, 0, G_OPTION_ARG_NONE, &buckets_option, N_("Sizes near each picture’s shape (as the project says)"), NULL },
  { "kohya", 0, 0, G_OPTION_ARG_NONE, &kohya_option, N_("In folders like “10_ohwx woman”"), NULL },
  { "repeats", 0, 0, G_OPTION_ARG_INT, &repeats_option, N_("The number in their names (each picture’s own)"), N_("N") },
  { "zip", 0, 0, G_OPTION_ARG_NONE, &zip_option, N_("One zip file"), NULL },
  { "replace", 0, 0, G_OPTION_ARG_NONE, &replace_option, N_("Overwrite files that are in the way"), NULL },
  G_OPTION_ENTRY_NULL
};

static void
show_progress (guint       done,
               guint       total,
               const char *text,
               gpointer    cli)
{
  lk_cli_progress (cli, _("Preparing"), done, total, text);
}

static gboolean
read_options (LkExport  *what,
              GError   **error)
{
  const char *problem = NULL;

  if (out_option == NULL)
    problem = _("--out is missing");
  else if (buckets_option && square_option)
    problem = _("--buckets and --square exclude each other");
  else if (kohya_option && zip_option)
    problem = _("--kohya and --zip exclude each other");
  else if (resolution_option != 0 && (resolution_option < 32 || resolution_option > 4096))
    problem = _("--resolution must be between 32 and 4096");
  else if (repeats_option < 0)
    problem = _("--repeats must be 1 or more");
  if (problem != NULL)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, problem);
      return FALSE;
    }

  what->kind = kohya_option ? LK_EXPORT_KOHYA : zip_option ? LK_EXPORT_ZIP : LK_EXPORT_FOLDER;
  what->rule.resolution = resolution_option;
  what->rule.shape = buckets_option ? LK_SHAPE_BUCKETS : square_option ? LK_SHAPE_SQUARE : LK_SHAPE_PROJECT;
  what->repeats = repeats_option;
  what->replace = replace_option;
  return TRUE;
}

static LkCliStatus
run (LkCli   *cli,
     int      n_args,
     char   **args,
     GError **error)
{
  g_autoptr (LkProject) project = NULL;
  LkExport what = { 0 };
  cJSON *json;
  guint n;

  if (!read_options (&what, error))
    return LK_CLI_BAD_USAGE;
  project = lk_project_open (args[0], LK_PROJECT_LOOK, error);
  if (project == NULL)
    return LK_CLI_FAILED;
  if (!lk_project_export (project, NULL, out_option, &what, &n, show_progress, cli, lk_cli_get_cancellable (cli), error))
    return LK_CLI_FAILED;

  lk_cli_print (cli, ngettext ("Wrote %u picture to %s.\n", "Wrote %u pictures to %s.\n", n), n, out_option);
  json = cJSON_CreateObject ();
  cJSON_AddNumberToObject (json, "pictures", n);
  cJSON_AddStringToObject (json, "out", out_option);
  lk_cli_print_json (cli, json);
  return LK_CLI_DONE;
}

const LkCliCommand lk_cli_prepare = {
  .name = "prepare",
  .summary = N_("Write cropped, resized pictures and captions"),
  .parameters = "PROJECT --out DIR",
  .description = N_("The pictures are exactly those that training sees, as PNG; each caption stands beside its picture. Rejected pictures are left out."),
  .options = options,
  .min_args = 1,
  .max_args = 1,
  .run = run,
};
