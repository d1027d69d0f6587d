#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-edit.h"

#include <glib/gi18n.h>
#include <string.h>

#include "project/lk-project-private.h"
#include "project/lk-words.h"

struct _LkEdit
{
  LkProject  *project;        /* owned */
  char       *title;          /* owned */
  char       *merge_key;      /* owned, or NULL */
  GHashTable *index;          /* "KIND:IMAGE" -> LkChange, unowned */
  GPtrArray  *changes;        /* LkChange, owned */
  cJSON      *settings;       /* owned; the settings as they will be, or NULL */
  gboolean    has_settings;   /* they differ */
};

/* ---- values -------------------------------------------------------------------------------------------------------- */

GBytes *
lk_value_of_text (const char *text)
{
  return text != NULL ? g_bytes_new (text, strlen (text)) : NULL;
}

GBytes *
lk_value_of_uint (guint value)
{
  g_autofree char *text = g_strdup_printf ("%u", value);

  return lk_value_of_text (text);
}

GBytes *
lk_value_of_crop (const LkCrop *crop)
{
  g_autofree char *text = NULL;
  char angle[G_ASCII_DTOSTR_BUF_SIZE];

  if (crop == NULL || lk_crop_is_empty (crop))
    return NULL;
  text = g_strdup_printf ("%d %d %d %d %u %d %d %s", crop->x, crop->y, crop->width, crop->height, crop->quarter_turns,
                          crop->flip_horizontal != 0, crop->flip_vertical != 0, g_ascii_dtostr (angle, sizeof angle, crop->angle));
  return lk_value_of_text (text);
}

void
lk_value_get_crop (const char *text,
                   LkCrop     *crop)
{
  g_auto (GStrv) parts = g_strsplit (text, " ", -1);

  *crop = (LkCrop) { 0 };
  if (g_strv_length (parts) != 8)
    return;
  crop->x = atoi (parts[0]);
  crop->y = atoi (parts[1]);
  crop->width = atoi (parts[2]);
  crop->height = atoi (parts[3]);
  crop->quarter_turns = atoi (parts[4]) & 3;
  crop->flip_horizontal = atoi (parts[5]) != 0;
  crop->flip_vertical = atoi (parts[6]) != 0;
  crop->angle = g_ascii_strtod (parts[7], NULL);
}

GBytes *
lk_value_of_labels (const char * const *labels)
{
  g_autofree char *joined = g_strjoinv (",", (char **) labels);

  return *joined != '\0' ? lk_value_of_text (joined) : NULL;
}

char *
lk_value_dup_text (GBytes *value)
{
  gsize length;
  const char *text = value != NULL ? g_bytes_get_data (value, &length) : NULL;

  return text != NULL ? g_strndup (text, length) : g_strdup ("");
}

static gboolean
same_value (GBytes *a,
            GBytes *b)
{
  return a == b || (a != NULL && b != NULL && g_bytes_equal (a, b));
}

/* What the image has now. */
static GBytes *
current_value (LkImage      *image,
               LkChangeKind  kind)
{
  switch (kind)
    {
    case LK_CHANGE_CAPTION:
      return image->text != NULL ? g_bytes_ref (image->text) : NULL;
    case LK_CHANGE_PRESENCE:
      return image->is_present ? lk_value_of_uint (1) : NULL;
    case LK_CHANGE_CROP:
      return lk_value_of_crop (&image->crop);
    case LK_CHANGE_RATING:
      return image->rating != 0 ? lk_value_of_uint (image->rating) : NULL;
    case LK_CHANGE_STATE:
      return image->state != LK_STATE_UNDECIDED ? lk_value_of_text (lk_state_get_id (image->state)) : NULL;
    case LK_CHANGE_SHOT:
      return image->chosen_shot != LK_SHOT_NOT_SET ? lk_value_of_text (lk_shot_get_id (image->chosen_shot)) : NULL;
    case LK_CHANGE_REPEATS:
      return image->repeats != 1 ? lk_value_of_uint (image->repeats) : NULL;
    case LK_CHANGE_NOTES:
      return *image->notes != '\0' ? lk_value_of_text (image->notes) : NULL;
    case LK_CHANGE_LABELS:
      return lk_value_of_labels ((const char * const *) image->labels);
    case LK_CHANGE_SETTINGS:
    default:
      g_assert_not_reached ();
    }
}

/* Shows a value. Presence is shown by the list. */
static void
show_value (LkProject    *self,
            LkChangeKind  kind,
            gint64        id,
            GBytes       *value)
{
  LkImage *image = lk_project_find_any (self, id);
  g_autofree char *text = NULL;
  LkCrop crop = { 0 };

  if (kind == LK_CHANGE_SETTINGS)
    {
      g_autoptr (GError) error = NULL;

      if (value != NULL && !lk_project_take_settings (self, value, &error))
        g_warning ("%s", error->message);
      return;
    }
  g_return_if_fail (image != NULL);
  if (kind == LK_CHANGE_CAPTION)
    {
      lk_image_set_text (image, value);
      return;
    }

  text = lk_value_dup_text (value);
  switch (kind)
    {
    case LK_CHANGE_PRESENCE:
      image->is_present = value != NULL;
      if (value != NULL)
        image->is_missing = FALSE;
      break;
    case LK_CHANGE_CROP:
      lk_value_get_crop (text, &crop);
      lk_image_set_crop (image, &crop);
      break;
    case LK_CHANGE_RATING:
      lk_image_set_rating (image, CLAMP (atoi (text), 0, 5));
      break;
    case LK_CHANGE_STATE:
      lk_image_set_state (image, g_str_equal (text, "keep") ? LK_STATE_KEEP : g_str_equal (text, "reject") ? LK_STATE_REJECT : LK_STATE_UNDECIDED);
      break;
    case LK_CHANGE_SHOT:
      lk_image_set_chosen_shot (image, lk_shot_from_id (text));
      break;
    case LK_CHANGE_REPEATS:
      lk_image_set_repeats (image, MAX (atoi (text), 1));
      break;
    case LK_CHANGE_NOTES:
      lk_image_set_notes (image, text);
      break;
    case LK_CHANGE_LABELS:
      {
        g_auto (GStrv) labels = *text != '\0' ? g_strsplit (text, ",", -1) : g_new0 (char *, 1);

        lk_image_set_labels (image, (const char * const *) labels);
        break;
      }
    case LK_CHANGE_CAPTION:
    case LK_CHANGE_SETTINGS:
    default:
      g_assert_not_reached ();
    }
}

/* ---- collecting ---------------------------------------------------------------------------------------------------- */

LkEdit *
lk_edit_new (LkProject  *project,
             const char *title)
{
  LkEdit *edit = g_new0 (LkEdit, 1);

  edit->project = g_object_ref (project);
  edit->title = g_strdup (title);
  edit->index = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  edit->changes = g_ptr_array_new_with_free_func ((GDestroyNotify) lk_change_free);
  return edit;
}

void
lk_edit_free (LkEdit *edit)
{
  g_hash_table_unref (edit->index);
  g_ptr_array_unref (edit->changes);
  cJSON_Delete (edit->settings);
  g_free (edit->merge_key);
  g_free (edit->title);
  g_object_unref (edit->project);
  g_free (edit);
}

void
lk_edit_set_merge_key (LkEdit     *edit,
                       const char *key)
{
  g_set_str (&edit->merge_key, key);
}

static LkChange *
find_change (LkEdit       *edit,
             LkChangeKind  kind,
             LkImage      *image)
{
  char key[48];

  g_snprintf (key, sizeof key, "%d:%" G_GINT64_FORMAT, kind, image->id);
  return g_hash_table_lookup (edit->index, key);
}

static void
set_value (LkEdit       *edit,
           LkChangeKind  kind,
           LkImage      *image,
           GBytes       *value)
{
  LkChange *change = find_change (edit, kind, image);

  if (change == NULL)
    {
      g_autoptr (GBytes) before = current_value (image, kind);

      if (same_value (before, value))
        return;
      change = lk_change_new (kind, image->id, before, NULL);
      g_ptr_array_add (edit->changes, change);
      g_hash_table_insert (edit->index, g_strdup_printf ("%d:%" G_GINT64_FORMAT, kind, image->id), change);
    }
  g_clear_pointer (&change->after, g_bytes_unref);
  change->after = value != NULL ? g_bytes_ref (value) : NULL;
}

/* Of what was set, only what differs in the end. */
static void
drop_unchanged (LkEdit *edit)
{
  for (guint i = edit->changes->len; i-- > 0;)
    {
      LkChange *change = edit->changes->pdata[i];

      if (same_value (change->before, change->after))
        g_ptr_array_remove_index (edit->changes, i);
    }
  g_hash_table_remove_all (edit->index);
}

gboolean
lk_edit_is_empty (LkEdit *edit)
{
  for (guint i = 0; i < edit->changes->len; i++)
    {
      LkChange *change = edit->changes->pdata[i];

      if (!same_value (change->before, change->after))
        return FALSE;
    }
  return !edit->has_settings;
}

void
lk_edit_set_caption (LkEdit     *edit,
                     LkImage    *image,
                     const char *caption)
{
  g_autoptr (GBytes) value = NULL;
  LkImage *twin;

  /* What is shown already is not written again: its bytes, in whatever encoding, stay. */
  if (caption != NULL && find_change (edit, LK_CHANGE_CAPTION, image) == NULL && lk_image_has_caption (image) &&
      g_str_equal (caption, image->caption))
    return;

  value = lk_value_of_text (caption);
  set_value (edit, LK_CHANGE_CAPTION, image, value);
  twin = lk_project_find_twin (edit->project, image);
  if (twin != NULL)
    set_value (edit, LK_CHANGE_CAPTION, twin, value);   /* they share the file */
}

const char *
lk_edit_get_caption (LkEdit  *edit,
                     LkImage *image)
{
  LkChange *change = find_change (edit, LK_CHANGE_CAPTION, image);
  char *text;
  gsize length;

  if (change == NULL)
    return image->caption;
  if (change->after == NULL)
    return "";

  /* Values of captions that an edit set are strings; make sure that one ends. */
  text = lk_value_dup_text (change->after);
  length = strlen (text);
  g_bytes_unref (change->after);
  change->after = g_bytes_new_with_free_func (text, length, g_free, text);
  return text;
}

void
lk_edit_set_crop (LkEdit       *edit,
                  LkImage      *image,
                  const LkCrop *crop)
{
  g_autoptr (GBytes) value = lk_value_of_crop (crop);

  set_value (edit, LK_CHANGE_CROP, image, value);
}

void
lk_edit_set_rating (LkEdit  *edit,
                    LkImage *image,
                    guint    rating)
{
  g_autoptr (GBytes) value = rating != 0 ? lk_value_of_uint (MIN (rating, 5)) : NULL;

  set_value (edit, LK_CHANGE_RATING, image, value);
}

void
lk_edit_set_state (LkEdit  *edit,
                   LkImage *image,
                   LkState  state)
{
  g_autoptr (GBytes) value = state != LK_STATE_UNDECIDED ? lk_value_of_text (lk_state_get_id (state)) : NULL;

  set_value (edit, LK_CHANGE_STATE, image, value);
}

void
lk_edit_set_shot (LkEdit  *edit,
                  LkImage *image,
                  LkShot   shot)
{
  g_autoptr (GBytes) value = shot != LK_SHOT_NOT_SET ? lk_value_of_text (lk_shot_get_id (shot)) : NULL;

  set_value (edit, LK_CHANGE_SHOT, image, value);
}

void
lk_edit_set_repeats (LkEdit  *edit,
                     LkImage *image,
                     guint    repeats)
{
  g_autoptr (GBytes) value = repeats > 1 ? lk_value_of_uint (repeats) : NULL;

  set_value (edit, LK_CHANGE_REPEATS, image, value);
}

void
lk_edit_set_notes (LkEdit     *edit,
                   LkImage    *image,
                   const char *notes)
{
  g_autoptr (GBytes) value = notes != NULL && *notes != '\0' ? lk_value_of_text (notes) : NULL;

  set_value (edit, LK_CHANGE_NOTES, image, value);
}

static gint
compare_strings (gconstpointer a,
                 gconstpointer b)
{
  return strcmp (*(char * const *) a, *(char * const *) b);
}

void
lk_edit_set_label (LkEdit     *edit,
                   LkImage    *image,
                   const char *label,
                   gboolean    on)
{
  LkChange *change = find_change (edit, LK_CHANGE_LABELS, image);
  g_autoptr (GBytes) now = change != NULL ? (change->after != NULL ? g_bytes_ref (change->after) : NULL) : current_value (image, LK_CHANGE_LABELS);
  g_autofree char *text = lk_value_dup_text (now);
  g_auto (GStrv) labels = g_strsplit (text, ",", -1);
  g_autoptr (GPtrArray) wanted = g_ptr_array_new ();
  g_autoptr (GBytes) value = NULL;

  g_return_if_fail (strchr (label, ',') == NULL);

  for (guint i = 0; labels[i] != NULL; i++)
    if (*labels[i] != '\0' && !g_str_equal (labels[i], label))
      g_ptr_array_add (wanted, labels[i]);
  if (on)
    g_ptr_array_add (wanted, (gpointer) label);
  g_ptr_array_sort (wanted, compare_strings);
  g_ptr_array_add (wanted, NULL);
  value = lk_value_of_labels ((const char * const *) wanted->pdata);
  set_value (edit, LK_CHANGE_LABELS, image, value);
}

void
lk_edit_remove (LkEdit  *edit,
                LkImage *image)
{
  set_value (edit, LK_CHANGE_PRESENCE, image, NULL);
}

/* ---- settings ------------------------------------------------------------------------------------------------------ */

static cJSON *
get_settings (LkEdit *edit)
{
  if (edit->settings == NULL)
    edit->settings = cJSON_Duplicate (edit->project->settings, TRUE);
  return edit->settings;
}

/* Sets a member, in its place where it has one; a NULL item removes it. */
static void
set_member (LkEdit     *edit,
            cJSON      *object,
            const char *key,
            cJSON      *item)
{
  const cJSON *old = cJSON_GetObjectItemCaseSensitive (object, key);

  if ((old == NULL && item == NULL) || (old != NULL && item != NULL && cJSON_Compare (old, item, TRUE)))
    {
      cJSON_Delete (item);
      return;
    }
  edit->has_settings = TRUE;
  if (item == NULL)
    cJSON_DeleteItemFromObjectCaseSensitive (object, key);
  else if (old != NULL)
    cJSON_ReplaceItemInObjectCaseSensitive (object, key, item);
  else
    cJSON_AddItemToObject (object, key, item);
}

static void
set_string (LkEdit     *edit,
            cJSON      *object,
            const char *key,
            const char *text)
{
  if (text == NULL)
    return;
  /* Nothing said and said to be empty are the same. */
  if (*text == '\0' && cJSON_GetObjectItemCaseSensitive (object, key) == NULL)
    return;
  set_member (edit, object, key, cJSON_CreateString (text));
}

void
lk_edit_set_name (LkEdit     *edit,
                  const char *name)
{
  set_string (edit, get_settings (edit), "name", name);
}

void
lk_edit_set_trigger (LkEdit     *edit,
                     const char *trigger,
                     gboolean    in_captions)
{
  g_autofree char *old = g_strdup (lk_json_get_string (get_settings (edit), "trigger", ""));

  for (guint i = 0; in_captions && *old != '\0' && i < lk_project_get_n_images (edit->project); i++)
    {
      LkImage *image = lk_project_get_image (edit->project, i);
      const char *caption = lk_edit_get_caption (edit, image);
      g_autofree char *changed = lk_words_replace (caption, old, trigger);

      if (!g_str_equal (changed, caption))
        lk_edit_set_caption (edit, image, changed);
    }
  set_string (edit, get_settings (edit), "trigger", trigger);
}

void
lk_edit_set_class_word (LkEdit     *edit,
                        const char *class_word)
{
  set_string (edit, get_settings (edit), "class", class_word);
}

void
lk_edit_set_features (LkEdit     *edit,
                      const char *hair,
                      const char *eyes,
                      const char *skin,
                      const char *other)
{
  cJSON *settings = get_settings (edit);
  cJSON *features = cJSON_GetObjectItemCaseSensitive (settings, "features");

  if (!cJSON_IsObject (features))
    {
      cJSON_DeleteItemFromObjectCaseSensitive (settings, "features");
      features = cJSON_AddObjectToObject (settings, "features");
    }
  set_string (edit, features, "hair", hair);
  set_string (edit, features, "eyes", eyes);
  set_string (edit, features, "skin", skin);
  set_string (edit, features, "other", other);
}

void
lk_edit_set_base_model (LkEdit     *edit,
                        const char *base_model)
{
  set_string (edit, get_settings (edit), "base_model", base_model);
}

void
lk_edit_set_use_buckets (LkEdit   *edit,
                         gboolean  use_buckets)
{
  if (lk_json_get_boolean (get_settings (edit), "buckets", FALSE) != use_buckets)
    set_member (edit, edit->settings, "buckets", cJSON_CreateBool (use_buckets));
}

void
lk_edit_set_resolution (LkEdit *edit,
                        guint   resolution)
{
  set_member (edit, get_settings (edit), "resolution", resolution != 0 ? lk_json_int_new (resolution) : NULL);
}

void
lk_edit_set_training (LkEdit      *edit,
                      const cJSON *training)
{
  set_member (edit, get_settings (edit), "training", training != NULL ? cJSON_Duplicate (training, TRUE) : NULL);
}

/* ---- saving -------------------------------------------------------------------------------------------------------- */

/* What a change means for files, or NULL. */
static LkFileOp *
make_file_op (LkProject  *self,
              LkChange   *change,
              gboolean    forward,
              GHashTable *source_of)
{
  GBytes *value = forward ? change->after : change->before;
  LkImage *image = lk_project_find_any (self, change->image);
  g_autofree char *path = NULL;
  LkFileOp *op;

  switch (change->kind)
    {
    case LK_CHANGE_SETTINGS:
      op = lk_file_op_new (LK_FILE_OP_WRITE, 0, LK_SETTINGS_NAME);
      op->bytes = g_bytes_ref (value);
      return op;
    case LK_CHANGE_CAPTION:
      {
        g_autofree char *name = g_strconcat (image->stem, ".txt", NULL);

        path = g_build_filename ("images", name, NULL);
        op = lk_file_op_new (value != NULL ? LK_FILE_OP_WRITE : LK_FILE_OP_DELETE, image->id, path);
        op->bytes = value != NULL ? g_bytes_ref (value) : NULL;
        return op;
      }
    case LK_CHANGE_PRESENCE:
      path = g_build_filename ("images", image->name, NULL);
      op = lk_file_op_new (value != NULL ? LK_FILE_OP_IN : LK_FILE_OP_OUT, image->id, path);
      op->keeps_text = lk_project_find_twin (self, image) != NULL;
      if (source_of != NULL && value != NULL)
        op->source = g_strdup (g_hash_table_lookup (source_of, &image->id));
      return op;
    case LK_CHANGE_CROP:
    case LK_CHANGE_RATING:
    case LK_CHANGE_STATE:
    case LK_CHANGE_SHOT:
    case LK_CHANGE_REPEATS:
    case LK_CHANGE_NOTES:
    case LK_CHANGE_LABELS:
    default:
      return NULL;
    }
}

/* Writes rows and pending files, within a transaction. Undoing goes backwards. */
static GPtrArray *
write_changes (LkProject   *self,
               GPtrArray   *changes,
               gboolean     forward,
               GHashTable  *source_of,
               GError     **error)
{
  g_autoptr (GPtrArray) ops = g_ptr_array_new_with_free_func ((GDestroyNotify) lk_file_op_free);

  for (guint i = 0; i < changes->len; i++)
    {
      LkChange *change = changes->pdata[forward ? i : changes->len - 1 - i];
      LkFileOp *op = make_file_op (self, change, forward, source_of);

      if (op != NULL)
        g_ptr_array_add (ops, op);
      if (!lk_journal_set_row (self->store, change->kind, change->image, forward ? change->after : change->before, error) ||
          (op != NULL && !lk_journal_add_pending (self->store, op, error)))
        return NULL;
    }
  return g_steal_pointer (&ops);
}

static void
show_changes (LkProject *self,
              GPtrArray *changes,
              gboolean   forward)
{
  gboolean has_presence = FALSE;

  for (guint i = 0; i < changes->len; i++)
    {
      LkChange *change = changes->pdata[forward ? i : changes->len - 1 - i];

      show_value (self, change->kind, change->image, forward ? change->after : change->before);
      has_presence = has_presence || change->kind == LK_CHANGE_PRESENCE;
    }
  if (has_presence)
    lk_project_refresh_list (self);
  lk_project_update_top (self);
}

gboolean
lk_project_commit (LkProject          *self,
                   const char         *title,
                   const char         *merge_key,
                   GPtrArray          *changes,
                   GHashTable         *source_of,
                   LkTransactionFunc   before_step,
                   gpointer            data,
                   GError            **error)
{
  g_autoptr (GPtrArray) ops = NULL;

  if (!lk_store_begin (self->store, FALSE, error))
    return FALSE;
  if ((before_step == NULL || before_step (self, data, error)) &&
      lk_journal_add_step (self->store, title, merge_key, changes, error))
    ops = write_changes (self, changes, TRUE, source_of, error);
  if (ops == NULL)
    {
      lk_store_rollback (self->store);
      return FALSE;
    }
  if (!lk_store_commit (self->store, error))
    return FALSE;

  show_changes (self, changes, TRUE);
  lk_project_submit (self, g_steal_pointer (&ops));
  return TRUE;
}

/* The images whose captions are about to be written. */
static GPtrArray *
dup_caption_images (LkProject *self,
                    GPtrArray *changes)
{
  GPtrArray *images = g_ptr_array_new ();

  for (guint i = 0; i < changes->len; i++)
    {
      LkChange *change = changes->pdata[i];
      LkImage *image = change->kind == LK_CHANGE_CAPTION ? lk_project_find_by_id (self, change->image) : NULL;

      if (image != NULL)
        g_ptr_array_add (images, image);
    }
  return images;
}

/* What was typed outside meanwhile becomes a step of its own first: then it is not lost under ours. */
static gboolean
catch_up (LkProject  *self,
          GPtrArray  *changes,
          LkRescan   *result,
          GError    **error)
{
  g_autoptr (GPtrArray) images = dup_caption_images (self, changes);

  return lk_project_look_outside (self, images, result, error);
}

gboolean
lk_project_apply (LkProject  *self,
                  LkEdit     *edit,
                  GError    **error)
{
  LkRescan outside;

  g_return_val_if_fail (edit->project == self, FALSE);

  if (!lk_project_check_writable (self, error))
    return FALSE;
  if (edit->has_settings)
    {
      g_autofree char *text = lk_json_print (edit->settings, TRUE);
      g_autoptr (GBytes) value = lk_value_of_text (text);

      g_ptr_array_add (edit->changes, lk_change_new (LK_CHANGE_SETTINGS, 0, self->settings_bytes, value));
      edit->has_settings = FALSE;
    }
  drop_unchanged (edit);
  if (edit->changes->len == 0)
    return TRUE;

  if (!catch_up (self, edit->changes, &outside, error))
    return FALSE;
  for (guint i = 0; outside.captions_changed > 0 && i < edit->changes->len; i++)
    {
      LkChange *change = edit->changes->pdata[i];

      if (change->kind != LK_CHANGE_CAPTION)
        continue;
      g_clear_pointer (&change->before, g_bytes_unref);
      change->before = current_value (lk_project_find_any (self, change->image), LK_CHANGE_CAPTION);
    }
  return lk_project_commit (self, edit->title, edit->merge_key, edit->changes, NULL, NULL, NULL, error);
}

/* ---- undo ---------------------------------------------------------------------------------------------------------- */

/* A picture can only come back if nothing else has taken its name. */
static gboolean
check_names (LkProject  *self,
             GPtrArray  *changes,
             gboolean    forward,
             GError    **error)
{
  for (guint i = 0; i < changes->len; i++)
    {
      LkChange *change = changes->pdata[i];
      LkImage *image = lk_project_find_any (self, change->image);
      g_autofree char *path = NULL;

      if (change->kind != LK_CHANGE_PRESENCE || (forward ? change->after : change->before) == NULL || image == NULL)
        continue;
      path = lk_image_dup_path (image);
      if (!lk_writer_is_behind (self->writer) && g_file_test (path, G_FILE_TEST_EXISTS))
        {
          g_set_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_EXISTS,
                       _("“%s” cannot come back: another file has its name. Move that elsewhere and try again."), image->name);
          return FALSE;
        }
    }
  return TRUE;
}

static GPtrArray *
dup_images (LkProject *self,
            GPtrArray *changes)
{
  GPtrArray *images = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < changes->len; i++)
    {
      LkChange *change = changes->pdata[i];
      LkImage *image = lk_project_find_any (self, change->image);

      if (image != NULL && g_hash_table_add (seen, image))
        g_ptr_array_add (images, g_object_ref (image));
    }
  return images;
}

static gboolean
walk (LkProject  *self,
      gboolean    forward,
      GPtrArray **images,
      GError    **error)
{
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (GPtrArray) ops = NULL;
  LkRescan outside;
  gint64 step;

  if (images != NULL)
    *images = NULL;
  if (!lk_project_check_writable (self, error))
    return FALSE;

  step = forward ? self->top.redo_step : self->top.undo_step;
  if (step != 0)
    {
      changes = lk_journal_read_changes (self->store, step, error);
      if (changes == NULL || !catch_up (self, changes, &outside, error))
        return FALSE;
      /* A caption of this step was typed in outside: that is the latest step now, and the one to take back; to do again is nothing. */
      if (outside.captions_changed > 0)
        {
          if (forward)
            step = 0;
          else
            return walk (self, FALSE, images, error);
        }
    }
  if (step == 0)
    {
      if (images != NULL)
        *images = g_ptr_array_new_with_free_func (g_object_unref);
      return TRUE;
    }

  if (!check_names (self, changes, forward, error) || !lk_store_begin (self->store, FALSE, error))
    return FALSE;
  if (lk_journal_mark_step (self->store, step, !forward, error))
    ops = write_changes (self, changes, forward, NULL, error);
  if (ops == NULL)
    {
      lk_store_rollback (self->store);
      return FALSE;
    }
  if (!lk_store_commit (self->store, error))
    return FALSE;

  show_changes (self, changes, forward);
  lk_project_submit (self, g_steal_pointer (&ops));
  if (images != NULL)
    *images = dup_images (self, changes);
  return TRUE;
}

gboolean
lk_project_undo (LkProject  *self,
                 GPtrArray **images,
                 GError    **error)
{
  return walk (self, FALSE, images, error);
}

gboolean
lk_project_redo (LkProject  *self,
                 GPtrArray **images,
                 GError    **error)
{
  return walk (self, TRUE, images, error);
}
