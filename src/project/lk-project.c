#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-project-private.h"

#include <glib/gi18n.h>
#include <string.h>

#include "base/lk-text.h"

enum
{
  PROP_0,
  PROP_NAME,
  PROP_TRIGGER,
  PROP_CLASS_WORD,
  PROP_HAIR,
  PROP_EYES,
  PROP_SKIN,
  PROP_OTHER_FEATURES,
  PROP_BASE_MODEL,
  PROP_USE_BUCKETS,
  PROP_RESOLUTION,
  PROP_TRAINING,        /* a signal only */
  PROP_UNDO_TITLE,
  PROP_REDO_TITLE,
  PROP_TROUBLE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_QUARK (lk-project-error-quark, lk_project_error)
G_DEFINE_FINAL_TYPE (LkProject, lk_project, G_TYPE_OBJECT)

/* ---- object -------------------------------------------------------------------------------------------------------- */

static void
lk_project_dispose (GObject *object)
{
  LkProject *self = LK_PROJECT (object);

  lk_project_close (self, NULL);
  G_OBJECT_CLASS (lk_project_parent_class)->dispose (object);
}

static void
lk_project_finalize (GObject *object)
{
  LkProject *self = LK_PROJECT (object);

  g_free (self->folder);
  g_free (self->images_folder);
  cJSON_Delete (self->settings);
  g_clear_pointer (&self->settings_bytes, g_bytes_unref);
  g_hash_table_unref (self->by_stem);
  g_object_unref (self->list);
  g_hash_table_unref (self->by_id);
  lk_journal_top_clear (&self->top);
  g_hash_table_unref (self->failed);
  g_free (self->trouble);

  G_OBJECT_CLASS (lk_project_parent_class)->finalize (object);
}

static void
lk_project_get_property (GObject    *object,
                         guint       id,
                         GValue     *value,
                         GParamSpec *pspec)
{
  LkProject *self = LK_PROJECT (object);

  switch (id)
    {
    case PROP_NAME: g_value_set_string (value, lk_project_get_name (self)); break;
    case PROP_TRIGGER: g_value_set_string (value, lk_project_get_trigger (self)); break;
    case PROP_CLASS_WORD: g_value_set_string (value, lk_project_get_class_word (self)); break;
    case PROP_HAIR: g_value_set_string (value, lk_project_get_hair (self)); break;
    case PROP_EYES: g_value_set_string (value, lk_project_get_eyes (self)); break;
    case PROP_SKIN: g_value_set_string (value, lk_project_get_skin (self)); break;
    case PROP_OTHER_FEATURES: g_value_set_string (value, lk_project_get_other_features (self)); break;
    case PROP_BASE_MODEL: g_value_set_string (value, lk_project_get_base_model (self)); break;
    case PROP_USE_BUCKETS: g_value_set_boolean (value, lk_project_get_use_buckets (self)); break;
    case PROP_RESOLUTION: g_value_set_uint (value, lk_project_get_resolution (self)); break;
    case PROP_TRAINING: g_value_set_boolean (value, lk_project_get_training (self) != NULL); break;
    case PROP_UNDO_TITLE: g_value_set_string (value, self->top.undo_title); break;
    case PROP_REDO_TITLE: g_value_set_string (value, self->top.redo_title); break;
    case PROP_TROUBLE: g_value_set_string (value, self->trouble); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
lk_project_class_init (LkProjectClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->dispose = lk_project_dispose;
  object_class->finalize = lk_project_finalize;
  object_class->get_property = lk_project_get_property;

  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, "", flags);
  properties[PROP_TRIGGER] = g_param_spec_string ("trigger", NULL, NULL, "", flags);
  properties[PROP_CLASS_WORD] = g_param_spec_string ("class-word", NULL, NULL, "", flags);
  properties[PROP_HAIR] = g_param_spec_string ("hair", NULL, NULL, "", flags);
  properties[PROP_EYES] = g_param_spec_string ("eyes", NULL, NULL, "", flags);
  properties[PROP_SKIN] = g_param_spec_string ("skin", NULL, NULL, "", flags);
  properties[PROP_OTHER_FEATURES] = g_param_spec_string ("other-features", NULL, NULL, "", flags);
  properties[PROP_BASE_MODEL] = g_param_spec_string ("base-model", NULL, NULL, "starter", flags);
  properties[PROP_USE_BUCKETS] = g_param_spec_boolean ("use-buckets", NULL, NULL, FALSE, flags);
  properties[PROP_RESOLUTION] = g_param_spec_uint ("resolution", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_TRAINING] = g_param_spec_boolean ("training", NULL, NULL, FALSE, flags);
  properties[PROP_UNDO_TITLE] = g_param_spec_string ("undo-title", NULL, NULL, NULL, flags);
  properties[PROP_REDO_TITLE] = g_param_spec_string ("redo-title", NULL, NULL, NULL, flags);
  properties[PROP_TROUBLE] = g_param_spec_string ("trouble", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  signals[CHANGED] = g_signal_new ("changed", LK_TYPE_PROJECT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
lk_project_init (LkProject *self)
{
  self->by_id = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_object_unref);
  self->by_stem = g_hash_table_new (g_str_hash, g_str_equal);
  self->list = g_list_store_new (LK_TYPE_IMAGE);
  self->failed = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) lk_file_op_free);
}

/* ---- files --------------------------------------------------------------------------------------------------------- */

static void
set_trouble (LkProject  *self,
             const char *trouble)
{
  if (g_set_str (&self->trouble, trouble))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TROUBLE]);
}

void
lk_project_note_failed (LkProject *self,
                        LkFileOp  *op)
{
  set_trouble (self, op->error->message);
  g_hash_table_replace (self->failed, op->path, op);
}

static void
adopt_stamp (LkProject *self,
             LkFileOp  *op)
{
  LkImage *image = lk_project_find_any (self, op->image);

  if (op->kind == LK_FILE_OP_WRITE && op->image == 0)
    self->settings_stamp = op->stamp;
  else if (op->kind == LK_FILE_OP_WRITE && image != NULL && image->text != NULL && g_bytes_equal (image->text, op->bytes))
    image->text_stamp = op->stamp;
  else if (op->kind == LK_FILE_OP_DELETE && image != NULL && image->text == NULL)
    image->text_stamp = (LkStamp) { 0, 0 };
}

/* The writer is through with these: what is on disk need not be done again by the next open. */
static void
on_written (GPtrArray *ops,
            gpointer   data)
{
  LkProject *self = data;
  g_autoptr (GError) error = NULL;
  gboolean ok = lk_store_begin (self->store, TRUE, &error);

  for (guint i = 0; i < ops->len; i++)
    {
      LkFileOp *op = ops->pdata[i];
      LkImage *image = lk_project_find_any (self, op->image);

      if (op->error != NULL)
        continue;
      adopt_stamp (self, op);
      if (op->pending != 0)
        ok = ok && lk_journal_remove_pending (self->store, op->pending, &error);
      if (image != NULL && (op->kind == LK_FILE_OP_WRITE || op->kind == LK_FILE_OP_DELETE))
        ok = ok && lk_project_store_text_stamp (self, image, &error);
    }
  if (ok)
    lk_store_commit (self->store, &error);
  else
    lk_store_rollback (self->store);
  if (error != NULL)
    g_debug ("Finished files stay noted: %s", error->message);   /* harmless: the next open looks at them again */

  for (gint i = (gint) ops->len - 1; i >= 0; i--)
    {
      LkFileOp *op = ops->pdata[i];

      if (op->error != NULL && !g_hash_table_contains (self->failed, op->path))
        lk_project_note_failed (self, g_ptr_array_steal_index (ops, i));
    }
}

void
lk_project_submit (LkProject *self,
                   GPtrArray *ops)
{
  if (ops->len == 0)
    {
      g_ptr_array_unref (ops);
      return;
    }

  /* What comes later for a file replaces what could not be written earlier. */
  for (guint i = 0; i < ops->len; i++)
    {
      LkFileOp *op = ops->pdata[i];
      LkFileOp *old = g_hash_table_lookup (self->failed, op->path);

      if (old == NULL)
        continue;
      if (old->pending != 0)
        lk_journal_remove_pending (self->store, old->pending, NULL);
      g_hash_table_remove (self->failed, op->path);
    }
  if (g_hash_table_size (self->failed) == 0)
    set_trouble (self, NULL);
  lk_writer_submit (self->writer, ops);
}

gboolean
lk_project_flush (LkProject  *self,
                  GError    **error)
{
  if (self->writer == NULL)
    return TRUE;
  lk_project_settle (self);
  lk_writer_flush (self->writer);

  if (g_hash_table_size (self->failed) > 0)
    {
      g_autoptr (GPtrArray) failed = g_hash_table_get_values_as_ptr_array (self->failed);
      GPtrArray *again = g_ptr_array_new_with_free_func ((GDestroyNotify) lk_file_op_free);

      for (guint i = 0; i < failed->len; i++)
        {
          LkFileOp *op = failed->pdata[i];

          g_hash_table_steal (self->failed, op->path);
          g_clear_error (&op->error);
          g_ptr_array_add (again, op);
        }
      set_trouble (self, NULL);
      lk_writer_submit (self->writer, again);
      lk_writer_flush (self->writer);
    }

  if (self->trouble == NULL)
    return TRUE;
  g_set_error_literal (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_NO_SPACE, self->trouble);
  return FALSE;
}

gboolean
lk_project_close (LkProject  *self,
                  GError    **error)
{
  gboolean ok;

  if (self->store == NULL)
    return TRUE;
  ok = lk_project_flush (self, error);
  g_clear_pointer (&self->writer, lk_writer_free);
  g_clear_pointer (&self->store, lk_store_close);
  return ok;
}

void
lk_project_emit_changed (LkProject *self)
{
  g_signal_emit (self, signals[CHANGED], 0);
}

const char *
lk_project_get_trouble (LkProject *self)
{
  return self->trouble;
}

LkProject *
lk_project_new (LkStore *store)
{
  LkProject *self = g_object_new (LK_TYPE_PROJECT, NULL);

  self->store = store;
  self->folder = g_strdup (lk_store_get_folder (store));
  self->images_folder = g_strdup (lk_store_get_images_folder (store));
  if (!lk_store_is_read_only (store))
    self->writer = lk_writer_new (self->folder, on_written, self);
  return self;
}

/* ---- what it is ---------------------------------------------------------------------------------------------------- */

const char *
lk_project_get_folder (LkProject *self)
{
  return self->folder;
}

char *
lk_project_dup_path (LkProject  *self,
                     const char *name)
{
  return g_build_filename (self->folder, name, NULL);
}

gboolean
lk_project_is_read_only (LkProject *self)
{
  return self->writer == NULL;
}

const char *
lk_project_get_read_only_reason (LkProject *self)
{
  return self->store != NULL ? lk_store_get_reason (self->store) : NULL;
}

gboolean
lk_project_check_writable (LkProject  *self,
                           GError    **error)
{
  const char *reason = lk_project_get_read_only_reason (self);

  if (self->writer != NULL)
    return TRUE;
  if (reason != NULL)
    g_set_error_literal (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_READ_ONLY, reason);
  else
    g_set_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_READ_ONLY,
                 _("“%s” is open for looking only: nothing can be changed."), lk_project_get_name (self));
  return FALSE;
}

const char *
lk_project_get_name (LkProject *self)
{
  const char *name = lk_json_get_string (self->settings, "name", "");
  const char *slash = strrchr (self->folder, G_DIR_SEPARATOR);

  if (*name != '\0')
    return name;
  return slash != NULL && slash[1] != '\0' ? slash + 1 : self->folder;
}

const char *
lk_project_get_trigger (LkProject *self)
{
  return lk_json_get_string (self->settings, "trigger", "");
}

const char *
lk_project_get_class_word (LkProject *self)
{
  return lk_json_get_string (self->settings, "class", "");
}

static const char *
get_feature (LkProject  *self,
             const char *key)
{
  const cJSON *features = lk_json_get_object (self->settings, "features");

  return features != NULL ? lk_json_get_string (features, key, "") : "";
}

const char *
lk_project_get_hair (LkProject *self)
{
  return get_feature (self, "hair");
}

const char *
lk_project_get_eyes (LkProject *self)
{
  return get_feature (self, "eyes");
}

const char *
lk_project_get_skin (LkProject *self)
{
  return get_feature (self, "skin");
}

const char *
lk_project_get_other_features (LkProject *self)
{
  return get_feature (self, "other");
}

char **
lk_project_dup_features (LkProject *self)
{
  const char *keys[] = { "hair", "eyes", "skin", "other" };
  g_autoptr (GStrvBuilder) features = g_strv_builder_new ();

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_auto (GStrv) parts = lk_text_split_tags (get_feature (self, keys[i]), ",");

      for (guint k = 0; parts[k] != NULL; k++)
        if (*parts[k] != '\0')
          g_strv_builder_add (features, parts[k]);
    }
  return g_strv_builder_end (features);
}

const char *
lk_project_get_base_model (LkProject *self)
{
  const char *base_model = lk_json_get_string (self->settings, "base_model", "");

  return *base_model != '\0' ? base_model : "starter";
}

const LkBaseAdvice *
lk_project_get_base_advice (LkProject *self)
{
  return lk_base_advice_for (lk_project_get_base_model (self));
}

gboolean
lk_project_get_use_buckets (LkProject *self)
{
  return lk_json_get_boolean (self->settings, "buckets", FALSE);
}

guint
lk_project_get_resolution (LkProject *self)
{
  gint64 resolution = lk_json_get_int (self->settings, "resolution", 0);

  if (resolution >= 32 && resolution <= 4096)
    return resolution;
  return lk_project_get_base_advice (self)->resolution;
}

const cJSON *
lk_project_get_training (LkProject *self)
{
  return lk_json_get_object (self->settings, "training");
}

gboolean
lk_project_take_settings (LkProject  *self,
                          GBytes     *bytes,
                          GError    **error)
{
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);
  g_autoptr (cJSON) settings = lk_json_parse (text, length, LK_SETTINGS_NAME, error);

  if (settings == NULL)
    return FALSE;
  if (!cJSON_IsObject (settings) || lk_json_get_int (settings, "schema", 1) > 1)
    {
      g_set_error (error, LK_PROJECT_ERROR, LK_PROJECT_ERROR_TOO_NEW,
                   _("%s was written by a newer Likeness, or is no project. Update Likeness to open it."), LK_SETTINGS_NAME);
      return FALSE;
    }

  g_bytes_ref (bytes);
  g_clear_pointer (&self->settings_bytes, g_bytes_unref);
  self->settings_bytes = bytes;
  cJSON_Delete (self->settings);
  self->settings = g_steal_pointer (&settings);
  for (guint i = PROP_NAME; i <= PROP_TRAINING; i++)
    g_object_notify_by_pspec (G_OBJECT (self), properties[i]);
  return TRUE;
}

/* ---- pictures ------------------------------------------------------------------------------------------------------ */

GListModel *
lk_project_get_images (LkProject *self)
{
  return G_LIST_MODEL (self->list);
}

guint
lk_project_get_n_images (LkProject *self)
{
  return g_list_model_get_n_items (G_LIST_MODEL (self->list));
}

LkImage *
lk_project_get_image (LkProject *self,
                      guint      position)
{
  g_autoptr (LkImage) image = g_list_model_get_item (G_LIST_MODEL (self->list), position);

  return image;   /* the list keeps it */
}

LkImage *
lk_project_find_any (LkProject *self,
                     gint64     id)
{
  return g_hash_table_lookup (self->by_id, &id);
}

static gboolean
is_listed (LkImage *image)
{
  return image->is_present && !image->is_missing;
}

LkImage *
lk_project_find_by_id (LkProject *self,
                       gint64     id)
{
  LkImage *image = lk_project_find_any (self, id);

  return image != NULL && is_listed (image) ? image : NULL;
}

LkImage *
lk_project_find_by_stem (LkProject  *self,
                         const char *stem)
{
  return g_hash_table_lookup (self->by_stem, stem);
}

LkImage *
lk_project_find_by_hash (LkProject  *self,
                         const char *hash)
{
  for (guint i = 0; i < lk_project_get_n_images (self); i++)
    {
      LkImage *image = lk_project_get_image (self, i);

      if (g_strcmp0 (image->hash, hash) == 0)
        return image;
    }
  return NULL;
}

LkImage *
lk_project_find_twin (LkProject *self,
                      LkImage   *image)
{
  for (guint i = 0; self->has_twins && i < lk_project_get_n_images (self); i++)
    {
      LkImage *other = lk_project_get_image (self, i);

      if (other != image && g_str_equal (other->stem, image->stem))
        return other;
    }
  return NULL;
}

char *
lk_project_dup_path_of_hash (LkProject  *self,
                             const char *hash)
{
  LkImage *image = lk_project_find_by_hash (self, hash);
  GHashTableIter iter;

  if (image != NULL)
    return lk_image_dup_path (image);

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &image))
    {
      g_autofree char *id = NULL;
      g_autofree char *path = NULL;

      if (image->is_present || g_strcmp0 (image->hash, hash) != 0)
        continue;
      id = g_strdup_printf ("%" G_GINT64_FORMAT, image->id);
      path = g_build_filename (self->folder, "trash", id, image->name, NULL);
      if (g_file_test (path, G_FILE_TEST_EXISTS))
        return g_steal_pointer (&path);
    }
  return NULL;
}

static gint
compare_stems (gconstpointer a,
               gconstpointer b)
{
  LkImage *first = *(LkImage * const *) a, *second = *(LkImage * const *) b;
  gint order = strcmp (first->stem, second->stem);

  return order != 0 ? order : strcmp (first->name, second->name);
}

GPtrArray *
lk_project_dup_data_set (LkProject *self)
{
  GPtrArray *images = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < lk_project_get_n_images (self); i++)
    {
      LkImage *image = lk_project_get_image (self, i);

      if (lk_image_is_counted (image))
        g_ptr_array_add (images, g_object_ref (image));
    }
  g_ptr_array_sort (images, compare_stems);
  return images;
}

void
lk_project_add_image (LkProject *self,
                      LkImage   *image)
{
  g_hash_table_insert (self->by_id, &image->id, image);
}

static gint
compare_ids (gconstpointer a,
             gconstpointer b)
{
  LkImage *first = *(LkImage * const *) a, *second = *(LkImage * const *) b;

  return first->id < second->id ? -1 : first->id > second->id;
}

/* Both sorted by id: what differs is spliced in run by run, so that the rest of the list keeps its selection. */
static void
splice_differences (GListStore *list,
                    GPtrArray  *wanted)
{
  guint position = 0, next = 0;

  while (next < wanted->len || position < g_list_model_get_n_items (G_LIST_MODEL (list)))
    {
      g_autoptr (LkImage) old = g_list_model_get_item (G_LIST_MODEL (list), position);
      LkImage *new = next < wanted->len ? wanted->pdata[next] : NULL;
      guint n_removed = 0, n_added = 0;

      if (old == new)
        {
          position++;
          next++;
          continue;
        }
      while (old != NULL && (new == NULL || old->id < new->id))
        {
          n_removed++;
          g_object_unref (old);
          old = g_list_model_get_item (G_LIST_MODEL (list), position + n_removed);
        }
      while (next + n_added < wanted->len && (old == NULL || ((LkImage *) wanted->pdata[next + n_added])->id < old->id))
        n_added++;
      g_list_store_splice (list, position, n_removed, wanted->pdata + next, n_added);
      position += n_added;
      next += n_added;
    }
}

void
lk_project_refresh_list (LkProject *self)
{
  g_autoptr (GPtrArray) wanted = g_ptr_array_new ();
  GHashTableIter iter;
  LkImage *image;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &image))
    if (is_listed (image))
      g_ptr_array_add (wanted, image);
  g_ptr_array_sort (wanted, compare_ids);

  g_hash_table_remove_all (self->by_stem);
  self->has_twins = FALSE;
  for (guint i = 0; i < wanted->len; i++)
    {
      image = wanted->pdata[i];
      if (g_hash_table_contains (self->by_stem, image->stem))
        self->has_twins = TRUE;
      else
        g_hash_table_insert (self->by_stem, image->stem, image);
    }
  splice_differences (self->list, wanted);
}

/* ---- undo ---------------------------------------------------------------------------------------------------------- */

void
lk_project_update_top (LkProject *self)
{
  g_autofree char *undo = g_strdup (self->top.undo_title);
  g_autofree char *redo = g_strdup (self->top.redo_title);
  g_autoptr (GError) error = NULL;

  lk_store_lock (self->store);
  if (!lk_journal_read_top (self->store, &self->top, &error))
    g_warning ("%s", error->message);
  lk_store_unlock (self->store);
  if (g_strcmp0 (undo, self->top.undo_title) != 0)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_UNDO_TITLE]);
  if (g_strcmp0 (redo, self->top.redo_title) != 0)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_REDO_TITLE]);
}

const char *
lk_project_get_undo_title (LkProject *self)
{
  return self->top.undo_title;
}

const char *
lk_project_get_redo_title (LkProject *self)
{
  return self->top.redo_title;
}

guint
lk_project_get_n_undo (LkProject *self)
{
  return self->top.n_undo;
}

guint
lk_project_get_n_redo (LkProject *self)
{
  return self->top.n_redo;
}
