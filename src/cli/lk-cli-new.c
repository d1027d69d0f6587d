/* lk-cli-new.c: makes a project. */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "cli/lk-cli-commands.h"
#include "project/lk-project.h"

#include <glib/gi18n.h>

static char *name_option, *trigger_option, *class_option, *hair_option, *eyes_option, *skin_option, *other_option, *base_option;

static const GOptionEntry options[] = {
  { "trigger", 0, 0, G_OPTION_ARG_STRING, &trigger_option, N_("The word that will call the character, a rare one: “ohwx”"), N_("WORD") },
  { "class", 0, 0, G_OPTION_ARG_STRING, &class_option, N_("What the character is: “woman”"), N_("WORD") },
  { "name", 0, 0, G_OPTION_ARG_STRING, &name_option, N_("The character’s name (the folder’s)"), N_("NAME") },
  { "hair", 0, 0, G_OPTION_ARG_STRING, &hair_option, N_("Fixed feature, as captions say it: “brown hair, bob haircut”"), N_("WORDS") },
  { "eyes", 0, 0, G_OPTION_ARG_STRING, &eyes_option, N_("Fixed feature: “green eyes”"), N_("WORDS") },
  { "skin", 0, 0, G_OPTION_ARG_STRING, &skin_option, N_("Fixed feature: “light skin”"), N_("WORDS") },
  { "other", 0, 0, G_OPTION_ARG_STRING, &other_option, N_("Other fixed features: “freckles, mole on cheek”"), N_("WORDS") },
  { "base", 0, 0, G_OPTION_ARG_FILENAME, &base_option, N_("The base model: a checkpoint file (the starter)"), N_("FILE") },
  G_OPTION_ENTRY_NULL
};

static LkCliStatus
run (LkCli   *cli,
     int      n_args,
     char   **args,
     GError **error)
{
  g_autofree char *base = base_option != NULL ? g_canonicalize_filename (base_option, NULL) : NULL;
  LkProjectInfo info = { .name = name_option, .trigger = trigger_option, .class_word = class_option, .hair = hair_option, .eyes = eyes_option,
                         .skin = skin_option, .other_features = other_option, .base_model = base };
  g_autoptr (LkProject) project = NULL;
  cJSON *json;

  if (trigger_option == NULL || class_option == NULL)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, _("A project needs --trigger and --class"));
      return LK_CLI_BAD_USAGE;
    }
  if (base != NULL && !g_file_test (base, G_FILE_TEST_IS_REGULAR))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, _("There is no file “%s”"), base_option);
      return LK_CLI_BAD_USAGE;
    }
  project = lk_project_create (args[0], &info, error);
  if (project == NULL)
    return LK_CLI_FAILED;

  lk_cli_print (cli, _("Made the project “%s” in %s.\n"), lk_project_get_name (project), lk_project_get_folder (project));
  json = cJSON_CreateObject ();
  cJSON_AddStringToObject (json, "folder", lk_project_get_folder (project));
  cJSON_AddStringToObject (json, "name", lk_project_get_name (project));
  lk_cli_print_json (cli, json);
  return lk_project_close (project, error) ? LK_CLI_DONE : LK_CLI_FAILED;
}

const LkCliCommand lk_cli_new = {
  .name = "new",
  .summary = N_("Make a project"),
  .parameters = "DIR",
  .options = options,
  .min_args = 1,
  .max_args = 1,
  .run = run,
};
