/* lk-cli-caption.c: captions for many pictures, of a project or of a folder, by a tagger, by BLIP, or without a model. */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "cli/lk-cli-commands.h"
#include "train/lk-auto-caption.h"

#include <glib/gi18n.h>
#include <string.h>

#include "base/lk-file.h"
#include "base/lk-text.h"
#include "model/lk-blip.h"
#include "project/lk-edit.h"

#define MOST_CAPTION (1 << 20)

static char *tagger_option, *blip_option, *blacklist_option, *where_option, *trigger_option, *features_option, *words_option, *device_option;
static double threshold_option = LK_AUTO_GENERAL, character_option = LK_AUTO_CHARACTER;
static int beams_option = LK_BLIP_BEAMS;
static gboolean underscores_option, dry_option;

static const GOptionEntry options[] = {
  { "tagger", 0, 0, G_OPTION_ARG_FILENAME, &tagger_option, N_("Tags, from a WD v3 tagger’s folder"), N_("DIR") },
  { "blip", 0, 0, G_OPTION_ARG_FILENAME, &blip_option, N_("A sentence, from BLIP’s folder"), N_("DIR") },
  { "threshold", 0, 0, G_OPTION_ARG_DOUBLE, &threshold_option, N_("The least probability of a tag (0.35)"), N_("X") },
  { "character-threshold", 0, 0, G_OPTION_ARG_DOUBLE, &character_option, N_("That of a character’s name (0.85)"), N_("X") },
  { "blacklist", 0, 0, G_OPTION_ARG_STRING, &blacklist_option, N_("Tags to leave out; “*” and “?” stand for any"), N_("TAGS") },
  { "keep-underscores", 0, 0, G_OPTION_ARG_NONE, &underscores_option, N_("“long_hair”, not “long hair”"), NULL },
  { "beams", 0, 0, G_OPTION_ARG_INT, &beams_option, N_("How many sentences BLIP weighs at a time (3)"), N_("N") },
  { "where", 0, 0, G_OPTION_ARG_STRING, &where_option, N_("“empty” (only where nothing is written), “replace”, “before” or “after” the caption"), N_("PLACE") },
  { "trigger", 0, 0, G_OPTION_ARG_STRING, &trigger_option, N_("What each caption begins with (the project’s)"), N_("WORDS") },
  { "features", 0, 0, G_OPTION_ARG_STRING, &features_option, N_("What follows in each (the project’s)"), N_("TAGS") },
  { "words", 0, 0, G_OPTION_ARG_STRING, &words_option, N_("What each caption gets besides"), N_("TAGS") },
  { "dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_option, N_("Show the captions, write nothing"), NULL },
  { "device", 0, 0, G_OPTION_ARG_STRING, &device_option, N_("What to compute on: “auto”, “cpu” or “vulkan:N”"), N_("DEVICE") },
  G_OPTION_ENTRY_NULL
};

typedef struct
{
  LkCli     *cli;
  LkProject *project;       /* owned; NULL: files of no project */
  GPtrArray *pictures;      /* owned; LkAutoPicture */
  guint      n_done;        /* looked at */
  guint      n_changed, n_unreadable;
} Captions;

/* ---- options ----------------------------------------------------------------------------------------------------- */

static gboolean
read_place (LkWordsPlace  *place,
            GError       **error)
{
  static const char * const names[] = { "replace", "before", "after", "empty" };

  *place = LK_WORDS_ONLY_EMPTY;
  for (guint i = 0; where_option != NULL && i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (where_option, names[i]))
      {
        *place = i;
        return TRUE;
      }
  if (where_option != NULL)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, _("--where must be “empty”, “replace”, “before” or “after”, not “%s”"), where_option);
  return where_option == NULL;
}

static gboolean
read_rule (LkAutoRule  *rule,
           GError     **error)
{
  const char *problem = NULL;

  if (tagger_option != NULL && blip_option != NULL)
    problem = _("--tagger and --blip exclude each other");
  else if (!(threshold_option >= 0 && threshold_option <= 1) || !(character_option >= 0 && character_option <= 1))
    problem = _("A threshold must be between 0 and 1");
  else if (beams_option < 1 || beams_option > 16)
    problem = _("--beams must be between 1 and 16");
  if (problem != NULL)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, problem);
      return FALSE;
    }
  *rule = (LkAutoRule) {
    .way = tagger_option != NULL ? LK_AUTO_TAGGER : blip_option != NULL ? LK_AUTO_BLIP : LK_AUTO_DRAFT,
    .model = tagger_option != NULL ? tagger_option : blip_option,
    .general = threshold_option, .character = character_option, .keep_underscores = underscores_option, .n_beams = beams_option,
    .words = { .trigger = trigger_option, .words = words_option, .blacklist = blacklist_option },
  };
  return read_place (&rule->words.place, error);
}

/* ---- pictures ---------------------------------------------------------------------------------------------------- */

static char *
get_caption_path (const char *path,
                  const char *extension)
{
  const char *slash = strrchr (path, G_DIR_SEPARATOR), *dot = strrchr (path, '.');
  g_autofree char *stem = dot != NULL && (slash == NULL || dot > slash + 1) ? g_strndup (path, dot - path) : g_strdup (path);

  return g_strconcat (stem, extension, NULL);
}

/* NAME.txt, else NAME.caption, else nothing. */
static char *
read_caption (const char  *path,
              GError     **error)
{
  static const char * const extensions[] = { ".txt", ".caption" };

  for (guint i = 0; i < G_N_ELEMENTS (extensions); i++)
    {
      g_autofree char *file = get_caption_path (path, extensions[i]);

      if (g_file_test (file, G_FILE_TEST_EXISTS))
        return lk_text_read (file, MOST_CAPTION, NULL, error);
    }
  return g_strdup ("");
}

static gboolean
add_picture (Captions    *captions,
             GHashTable  *stems,
             const char  *path,
             GError     **error)
{
  g_autofree char *file = get_caption_path (path, ".txt"), *before = read_caption (path, error);

  if (before == NULL)
    return FALSE;
  if (g_hash_table_contains (stems, file))
    {
      lk_cli_note (captions->cli, _("“%s” has its caption in the same file as another picture, and is left out. Give it another name."), path);
      return TRUE;
    }
  g_hash_table_add (stems, g_steal_pointer (&file));
  g_ptr_array_add (captions->pictures, lk_auto_picture_new (path, before, LK_SHOT_NOT_SET));
  return TRUE;
}

static gint
compare_paths (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char * const *) a, *(const char * const *) b);
}

static gboolean
is_picture (const char *name)
{
  g_autofree char *type = g_content_type_guess (name, NULL, 0, NULL);

  return *name != '.' && g_content_type_is_a (type, "image/*") && !g_str_has_suffix (name, ".svg");
}

static gboolean
add_folder (Captions    *captions,
            GHashTable  *stems,
            const char  *folder,
            GError     **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);

  if (dir == NULL)
    return FALSE;
  for (const char *name = g_dir_read_name (dir); name != NULL; name = g_dir_read_name (dir))
    if (is_picture (name))
      g_ptr_array_add (paths, g_build_filename (folder, name, NULL));
  g_ptr_array_sort (paths, compare_paths);
  for (guint i = 0; i < paths->len; i++)
    if (!add_picture (captions, stems, paths->pdata[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
collect (Captions    *captions,
         int          n_args,
         char       **args,
         GError     **error)
{
  g_autoptr (GHashTable) stems = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) images = NULL;

  if (n_args == 1 && lk_project_is_project (args[0]))
    {
      captions->project = lk_project_open (args[0], dry_option ? LK_PROJECT_LOOK : LK_PROJECT_OPEN, error);
      if (captions->project == NULL)
        return FALSE;
      images = lk_project_dup_data_set (captions->project);
      for (guint i = 0; i < images->len; i++)
        g_ptr_array_add (captions->pictures, lk_auto_picture_new_for_image (images->pdata[i]));
    }
  for (int i = 0; captions->project == NULL && i < n_args; i++)
    if (g_file_test (args[i], G_FILE_TEST_IS_DIR) ? !add_folder (captions, stems, args[i], error) : !add_picture (captions, stems, args[i], error))
      return FALSE;
  if (captions->pictures->len > 0)
    return TRUE;
  g_set_error (error, LK_FILE_ERROR, LK_FILE_ERROR_NOT_FOUND, _("“%s” has no pictures."), args[0]);
  return FALSE;
}

/* ---- captions ---------------------------------------------------------------------------------------------------- */

/* Files of no project are written as they come: each whole, or not at all. */
static gboolean
picture_done_cb (LkAutoPicture  *picture,
                 guint           done,
                 guint           total,
                 gpointer        data,
                 GError        **error)
{
  Captions *captions = data;
  g_autofree char *file = get_caption_path (picture->path, ".txt");

  captions->n_done = done;
  lk_cli_progress (captions->cli, _("Describing"), done, total, picture->name);
  if (picture->trouble != NULL)
    {
      lk_cli_note (captions->cli, "%s", picture->trouble);
      captions->n_unreadable++;
    }
  if (picture->after == NULL)
    return TRUE;
  if (captions->project == NULL && !dry_option && !lk_file_write (file, picture->after, -1, error))
    return FALSE;
  captions->n_changed++;
  return TRUE;
}

/* What was described, as one step of undo: also where a run was stopped. */
static gboolean
apply (Captions  *captions,
       GError   **error)
{
  g_autoptr (LkEdit) edit = lk_edit_new (captions->project, _("Automatic Captions"));

  for (guint i = 0; i < captions->pictures->len; i++)
    {
      LkAutoPicture *picture = captions->pictures->pdata[i];

      if (picture->after != NULL)
        lk_edit_set_caption (edit, picture->image, picture->after);
    }
  return lk_project_apply (captions->project, edit, error) && lk_project_close (captions->project, error);
}

static void
print (Captions *captions)
{
  cJSON *json = cJSON_CreateObject (), *array = cJSON_AddArrayToObject (json, "captions"), *unreadable = cJSON_AddArrayToObject (json, "unreadable");

  for (guint i = 0; i < captions->pictures->len; i++)
    {
      LkAutoPicture *picture = captions->pictures->pdata[i];
      cJSON *item;

      if (picture->after == NULL && picture->trouble == NULL)
        continue;
      item = cJSON_CreateObject ();
      cJSON_AddStringToObject (item, "picture", picture->name);
      if (picture->trouble != NULL)
        {
          cJSON_AddStringToObject (item, "sentence", picture->trouble);
          cJSON_AddItemToArray (unreadable, item);
          continue;
        }
      cJSON_AddStringToObject (item, "before", picture->before);
      cJSON_AddStringToObject (item, "after", picture->after);
      cJSON_AddItemToArray (array, item);
      lk_cli_print (captions->cli, "%s: %s\n", picture->name, picture->after);
    }
  if (dry_option)
    lk_cli_print (captions->cli, ngettext ("%u caption would be another.\n", "%u captions would be others.\n", captions->n_changed), captions->n_changed);
  else
    lk_cli_print (captions->cli, ngettext ("%u caption written.\n", "%u captions written.\n", captions->n_changed), captions->n_changed);
  cJSON_AddNumberToObject (json, "pictures", captions->pictures->len);
  cJSON_AddBoolToObject (json, "dry-run", dry_option);
  lk_cli_print_json (captions->cli, json);
}

static LkCliStatus
describe_all (Captions    *captions,
              LkAutoRule  *rule,
              GError     **error)
{
  g_auto (GStrv) features = features_option != NULL ? g_strsplit (features_option, ",", -1)
                            : captions->project != NULL ? lk_project_dup_features (captions->project) : NULL;
  g_autoptr (LkAutoCaption) ways = NULL;
  g_autoptr (LkDevice) device = NULL;
  g_autoptr (GError) local = NULL;
  gboolean is_whole;

  rule->words.features = (const char * const *) features;
  if (captions->project != NULL && trigger_option == NULL)
    {
      rule->words.trigger = lk_project_get_trigger (captions->project);
      rule->words.class_word = lk_project_get_class_word (captions->project);
    }
  ways = lk_auto_caption_new (rule);
  if (lk_auto_caption_needs_device (ways) && (device = lk_device_open (device_option != NULL ? device_option : "auto", 0, error)) == NULL)
    return LK_CLI_FAILED;
  is_whole = lk_auto_caption_run (ways, device, captions->pictures, picture_done_cb, captions, lk_cli_get_cancellable (captions->cli), &local);
  if ((is_whole || captions->n_changed > 0) && captions->project != NULL && !dry_option && !apply (captions, error))
    return LK_CLI_FAILED;
  if (g_error_matches (local, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Stopped after %u of %u pictures. Captions that are written stay; each is whole."),
                 captions->n_done, captions->pictures->len);
  else if (!is_whole)
    g_propagate_error (error, g_steal_pointer (&local));
  if (!is_whole)
    return LK_CLI_FAILED;
  print (captions);
  return captions->n_unreadable == 0 ? LK_CLI_DONE : captions->n_unreadable < captions->pictures->len ? LK_CLI_PROBLEMS : LK_CLI_FAILED;
}

static LkCliStatus
run (LkCli   *cli,
     int      n_args,
     char   **args,
     GError **error)
{
  Captions captions = { .cli = cli, .pictures = g_ptr_array_new_with_free_func (lk_auto_picture_free) };
  LkCliStatus status = LK_CLI_FAILED;
  LkAutoRule rule;

  if (!read_rule (&rule, error))
    status = LK_CLI_BAD_USAGE;
  else if (collect (&captions, n_args, args, error))
    status = describe_all (&captions, &rule, error);
  g_ptr_array_unref (captions.pictures);
  g_clear_object (&captions.project);
  return status;
}

const LkCliCommand lk_cli_caption = {
  .name = "caption",
  .summary = N_("Write captions for many pictures"),
  .parameters = "PROJECT|FOLDER|PICTURE…",
  .description = N_("With neither --tagger nor --blip, captions are drafts: trigger, fixed features, shot type and --words. Captions of a folder’s pictures "
                    "stand in NAME.txt beside each; those of a project change in one step that can be undone. Ctrl+C keeps what is written: whole "
                    "captions only. Exits with 1 if some pictures could not be read."),
  .options = options,
  .min_args = 1,
  .max_args = -1,
  .run = run,
};
