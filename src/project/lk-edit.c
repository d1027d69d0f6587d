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
      g_autoptr (GBytes) before = lk_value_of_image (image, kind);

      if (lk_value_equal (before, value))
        return;
      change = lk_change_new (kind, image->id, before, NULL);
      g_ptr_array_add (edit->changes, change);
      g_hash_table_insert (edit->index, g_strdup_printf ("%d:%" G_GINT64_FORMAT, kind, image->id), change);
    }
  g_clear_pointer (&change->after, g_bytes_unref);
  change->after = value != NULL ? g_bytes_ref (value) : NULL;
}

gboolean
lk_edit_is_empty (LkEdit *edit)
{
  for (guint i = 0; i < edit->changes->len; i++)
    {
      LkChange *change = edit->changes->pdata[i];

      if (!lk_value_equal (change->before, change->after))
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
  g_autoptr (GBytes) now = change != NULL ? (change->after != NULL ? g_bytes_ref (change->after) : NULL) : lk_value_of_image (image, LK_CHANGE_LABELS);
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

/* ---- for the commit ------------------------------------------------------------------------------------------------ */

GPtrArray *
lk_edit_steal_changes (LkEdit *edit)
{
  GPtrArray *changes = g_ptr_array_new_with_free_func ((GDestroyNotify) lk_change_free);

  for (guint i = 0; i < edit->changes->len; i++)
    {
      LkChange *change = edit->changes->pdata[i];

      if (!lk_value_equal (change->before, change->after))
        g_ptr_array_add (changes, lk_change_new (change->kind, change->image, change->before, change->after));
    }
  if (edit->has_settings)
    {
      g_autofree char *text = lk_json_print (edit->settings, TRUE);
      g_autoptr (GBytes) value = lk_value_of_text (text);

      g_ptr_array_add (changes, lk_change_new (LK_CHANGE_SETTINGS, 0, edit->project->settings_bytes, value));
    }
  g_hash_table_remove_all (edit->index);
  g_ptr_array_set_size (edit->changes, 0);
  edit->has_settings = FALSE;
  return changes;
}

const char *
lk_edit_get_title (LkEdit *edit)
{
  return edit->title;
}

const char *
lk_edit_get_merge_key (LkEdit *edit)
{
  return edit->merge_key;
}
