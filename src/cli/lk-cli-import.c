/* lk-cli-import.c: copies pictures and their captions into a project. */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "cli/lk-cli-commands.h"
#include "project/lk-import.h"

#include <glib/gi18n.h>

static void
show_progress (guint       done,
               guint       total,
               const char *text,
               gpointer    cli)
{
  lk_cli_progress (cli, _("Importing"), done, total, text);
}

static void
add_problems (cJSON      *json,
              const char *key,
              GPtrArray  *problems)
{
  cJSON *array = cJSON_AddArrayToObject (json, key);

  for (guint i = 0; i < problems->len; i++)
    {
      LkImportProblem *problem = problems->pdata[i];
      cJSON *item = cJSON_CreateObject ();

      cJSON_AddStringToObject (item, "source", problem->source);
      cJSON_AddStringToObject (item, "sentence", problem->sentence);
      cJSON_AddItemToArray (array, item);
    }
}

static void
print_report (LkCli          *cli,
              LkImportReport *report)
{
  g_autofree char *sentence = lk_import_report_describe (report);
  cJSON *json = cJSON_CreateObject ();
  cJSON *images = cJSON_AddArrayToObject (json, "images");

  lk_cli_print (cli, "%s\n", sentence);
  for (guint i = 0; i < report->images->len; i++)
    cJSON_AddItemToArray (images, cJSON_CreateString (lk_image_get_name (report->images->pdata[i])));
  for (guint i = 0; i < report->duplicates->len; i++)
    {
      LkImportProblem *problem = report->duplicates->pdata[i];

      lk_cli_print (cli, "%s: %s\n", problem->source, problem->sentence);
    }
  for (guint i = 0; i < report->unreadable->len; i++)
    {
      LkImportProblem *problem = report->unreadable->pdata[i];

      lk_cli_note (cli, "%s: %s", problem->source, problem->sentence);
    }
  add_problems (json, "duplicates", report->duplicates);
  add_problems (json, "unreadable", report->unreadable);
  cJSON_AddNumberToObject (json, "captions", report->n_captions);
  lk_cli_print_json (cli, json);
}

static LkCliStatus
run (LkCli   *cli,
     int      n_args,
     char   **args,
     GError **error)
{
  g_autoptr (LkProject) project = lk_project_open (args[0], LK_PROJECT_OPEN, error);
  g_autoptr (LkImportReport) report = NULL;

  if (project == NULL)
    return LK_CLI_FAILED;
  report = lk_project_import (project, (const char * const *) args + 1, show_progress, cli, lk_cli_get_cancellable (cli), error);
  if (report == NULL || !lk_project_close (project, error))
    return LK_CLI_FAILED;

  print_report (cli, report);
  if (report->unreadable->len == 0)
    return LK_CLI_DONE;
  return report->images->len + report->duplicates->len > 0 ? LK_CLI_PROBLEMS : LK_CLI_FAILED;
}

const LkCliCommand lk_cli_import = {
  .name = "import",
  .summary = N_("Copy pictures and captions into a project"),
  .parameters = "PROJECT FILE|FOLDER|ZIP…",
  .description = N_("Captions come along: NAME.txt, else NAME.caption, beside each picture. Folders of kohya’s (“10_ohwx woman”) bring their "
                    "repeats. Pictures that the project has already are left out. Exits with 1 if some pictures could not be read, with 3 if none could."),
  .min_args = 2,
  .max_args = -1,
  .run = run,
};
