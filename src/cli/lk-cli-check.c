/* lk-cli-check.c: what a data set lacks, and what is wrong with its captions. */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "cli/lk-cli-commands.h"
#include "project/lk-checks.h"
#include "train/lk-find-faces.h"

#include <glib/gi18n.h>

static void
show_progress (guint       done,
               guint       total,
               const char *text,
               gpointer    cli)
{
  lk_cli_progress (cli, _("Looking at pictures"), done, total, text);
}

static void
show_face_progress (guint       done,
                    guint       total,
                    const char *text,
                    gpointer    cli)
{
  lk_cli_progress (cli, _("Looking for faces"), done, total, text);
}

/* For writing, so that what is measured stays; where that cannot be, for looking. */
static LkProject *
open_project (const char  *folder,
              GError     **error)
{
  g_autoptr (GError) local = NULL;
  LkProject *project = lk_project_open (folder, LK_PROJECT_OPEN, &local);

  if (project != NULL)
    return project;
  if (g_error_matches (local, LK_PROJECT_ERROR, LK_PROJECT_ERROR_IN_USE))
    return lk_project_open (folder, LK_PROJECT_LOOK, error);
  g_propagate_error (error, g_steal_pointer (&local));
  return NULL;
}

static void
print_coverage (LkCli      *cli,
                LkCoverage *coverage,
                cJSON      *json)
{
  cJSON *counts = cJSON_AddObjectToObject (json, "coverage");

  cJSON_AddNumberToObject (json, "pictures", coverage->n_images);
  lk_cli_print (cli, ngettext ("%u picture\n", "%u pictures\n", coverage->n_images), coverage->n_images);
  for (guint shot = LK_SHOT_FRONT; shot < LK_N_SHOTS; shot++)
    {
      guint least, most;

      lk_shot_get_range (shot, &least, &most);
      lk_cli_print (cli, "  %-20s %2u  (%u–%u)\n", lk_shot_get_name (shot), coverage->counts[shot], least, most);
      cJSON_AddNumberToObject (counts, lk_shot_get_id (shot), coverage->counts[shot]);
    }
  if (coverage->counts[LK_SHOT_NOT_SET] > 0)
    lk_cli_print (cli, "  %-20s %2u\n", lk_shot_get_name (LK_SHOT_NOT_SET), coverage->counts[LK_SHOT_NOT_SET]);
  cJSON_AddNumberToObject (counts, "not-set", coverage->counts[LK_SHOT_NOT_SET]);
  cJSON_AddNumberToObject (json, "indoors", coverage->n_indoors);
  cJSON_AddNumberToObject (json, "outdoors", coverage->n_outdoors);
}

static const char *
severity_word (LkSeverity severity)
{
  return severity == LK_SEVERITY_ERROR ? _("Error") : severity == LK_SEVERITY_WARNING ? _("Warning") : _("Hint");
}

static void
print_finding (LkCli     *cli,
               LkFinding *finding,
               cJSON     *array)
{
  const LkCheck *check = lk_finding_get_check (finding);
  GPtrArray *images = lk_finding_get_images (finding);
  cJSON *item = cJSON_CreateObject ();
  cJSON *names = cJSON_AddArrayToObject (item, "images");
  g_autoptr (GString) list = g_string_new (NULL);

  for (guint i = 0; i < images->len; i++)
    {
      const char *name = lk_image_get_name (images->pdata[i]);

      cJSON_AddItemToArray (names, cJSON_CreateString (name));
      if (i < 6)
        g_string_append_printf (list, "%s%s", i > 0 ? ", " : "", name);
      else if (i == 6)
        g_string_append (list, ", …");
    }
  lk_cli_print (cli, "%s: %s\n", severity_word (check->severity), lk_finding_get_sentence (finding));
  lk_cli_print (cli, "    %s\n", check->why);
  if (list->len > 0)
    lk_cli_print (cli, "    %s\n", list->str);

  cJSON_AddStringToObject (item, "id", check->id);
  cJSON_AddStringToObject (item, "severity", lk_severity_get_id (check->severity));
  cJSON_AddStringToObject (item, "title", check->title);
  cJSON_AddStringToObject (item, "sentence", lk_finding_get_sentence (finding));
  cJSON_AddStringToObject (item, "why", check->why);
  if (lk_finding_get_word (finding) != NULL)
    cJSON_AddStringToObject (item, "word", lk_finding_get_word (finding));
  if (lk_finding_get_instead (finding) != NULL)
    cJSON_AddStringToObject (item, "instead", lk_finding_get_instead (finding));
  cJSON_AddItemToArray (array, item);
}

static LkCliStatus
run (LkCli   *cli,
     int      n_args,
     char   **args,
     GError **error)
{
  g_autoptr (LkProject) project = open_project (args[0], error);
  g_autoptr (LkChecks) checks = NULL;
  g_autoptr (GListModel) findings = NULL;
  LkCliStatus status = LK_CLI_DONE;
  LkCoverage coverage;
  cJSON *json, *array;

  if (project == NULL || !lk_project_measure (project, NULL, show_progress, cli, lk_cli_get_cancellable (cli), error))
    return LK_CLI_FAILED;
  /* The starter's pictures are drawings: the finder knows photographs. */
  if (!lk_project_get_base_advice (project)->draws_only &&
      !lk_project_find_faces (project, NULL, show_face_progress, cli, lk_cli_get_cancellable (cli), error))
    return LK_CLI_FAILED;

  checks = lk_checks_new (project);
  findings = lk_checks_update (checks);
  lk_checks_get_coverage (checks, &coverage);
  json = cJSON_CreateObject ();
  print_coverage (cli, &coverage, json);
  array = cJSON_AddArrayToObject (json, "findings");
  for (guint i = 0; i < g_list_model_get_n_items (findings); i++)
    {
      g_autoptr (LkFinding) finding = g_list_model_get_item (findings, i);

      print_finding (cli, finding, array);
      if (lk_finding_get_severity (finding) >= LK_SEVERITY_WARNING)
        status = LK_CLI_PROBLEMS;
    }
  if (status == LK_CLI_DONE)
    lk_cli_print (cli, _("No problems found.\n"));
  lk_cli_print_json (cli, json);
  return lk_project_close (project, error) ? status : LK_CLI_FAILED;
}

const LkCliCommand lk_cli_check = {
  .name = "check",
  .summary = N_("Check the data set and its captions"),
  .parameters = "PROJECT",
  .description = N_("Exits with 1 where it finds errors or warnings; hints alone are none."),
  .min_args = 1,
  .max_args = 1,
  .run = run,
};
