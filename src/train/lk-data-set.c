#define G_LOG_DOMAIN "likeness-train"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "base/lk-file.h"
#include "base/lk-random.h"
#include "base/lk-sha256.h"
#include "train/lk-data-set.h"
#include "train/lk-streams.h"

G_DEFINE_QUARK (lk-data-set-error-quark, lk_data_set_error)

#define MAX_FILE (256 << 20)

/* ---- items ----------------------------------------------------------------------------------------------------- */

static void
item_free (gpointer data)
{
  LkDataItem *item = data;

  g_free (item->name);
  g_free (item->path);
  g_free (item->hash);
  g_free (item->caption);
  g_free (item);
}

static LkDataSet *
data_set_new (void)
{
  LkDataSet *data_set = g_new0 (LkDataSet, 1);

  data_set->items = g_ptr_array_new_with_free_func (item_free);
  return data_set;
}

void
lk_data_set_free (LkDataSet *data_set)
{
  g_ptr_array_unref (data_set->items);
  g_free (data_set);
}

guint
lk_data_set_get_n (LkDataSet *data_set)
{
  return data_set->items->len;
}

const LkDataItem *
lk_data_set_get (LkDataSet *data_set,
                 guint      index)
{
  return data_set->items->pdata[index];
}

guint
lk_data_set_count_repeated (LkDataSet *data_set)
{
  guint n = 0;

  for (guint i = 0; i < data_set->items->len; i++)
    n += lk_data_set_get (data_set, i)->repeats;
  return n;
}

LkPicture *
lk_data_item_prepare (const LkDataItem  *item,
                      GError           **error)
{
  g_autofree char *hash = lk_sha256_file (item->path, 0, error);
  g_autoptr (LkPicture) picture = NULL;

  if (hash == NULL)
    return NULL;
  if (!g_str_equal (hash, item->hash))
    {
      g_set_error (error, LK_DATA_SET_ERROR, LK_DATA_SET_ERROR_CHANGED,
                   _("The picture “%s” is not the one that the run began with. Put the old file back, or start a new run."), item->path);
      return NULL;
    }

  picture = lk_picture_read (item->path, LK_PICTURE_ON_WHITE, NULL, error);
  return picture ? lk_prepare_pixels (picture, &item->crop, item->size) : NULL;
}

/* ---- from a project -------------------------------------------------------------------------------------------- */

/* Adds what the run needs of a picture. */
static gboolean
add_image (LkDataSet            *data_set,
           LkProject            *project,
           LkImage              *image,
           const LkPrepareRule  *rule,
           guint                 num_repeats,
           GError              **error)
{
  LkDataItem *item;
  LkPreparePlan plan;

  if (lk_image_get_hash (image) == NULL || !lk_prepare_plan (project, image, rule, NULL, &plan))
    {
      g_set_error (error, LK_DATA_SET_ERROR, LK_DATA_SET_ERROR_UNREADABLE,
                   _("The picture “%s” cannot be read: %s"), lk_image_get_name (image),
                   lk_image_get_trouble (image) ? lk_image_get_trouble (image) : _("its size is not known."));
      return FALSE;
    }

  item = g_new0 (LkDataItem, 1);
  item->name = g_strdup (lk_image_get_name (image));
  item->path = lk_image_dup_path (image);
  item->hash = g_strdup (lk_image_get_hash (image));
  item->caption = g_strdup (lk_image_get_caption (image));
  lk_image_get_crop (image, &item->crop);
  item->original = (LkBucket) { (guint) plan.crop.width, (guint) plan.crop.height };
  item->size = plan.target;
  item->repeats = lk_image_get_repeats (image) * num_repeats;
  g_ptr_array_add (data_set->items, item);
  return TRUE;
}

/* Whether a picture's hash and size are not known yet. */
static gboolean
has_unknown (LkProject *project)
{
  for (guint i = 0; i < lk_project_get_n_images (project); i++)
    {
      LkImage *image = lk_project_get_image (project, i);

      if (lk_image_is_counted (image) && lk_image_get_hash (image) == NULL)
        return TRUE;
    }
  return FALSE;
}

LkDataSet *
lk_data_set_new_from_project (LkProject              *project,
                              const LkTrainSettings  *settings,
                              GError                **error)
{
  g_autoptr (LkDataSet) data_set = data_set_new ();
  g_autoptr (GPtrArray) images = NULL;
  const LkPrepareRule rule = { LK_SHAPE_PROJECT, settings->resolution };

  if (has_unknown (project) && !lk_project_measure (project, NULL, NULL, NULL, NULL, error))
    return NULL;
  images = lk_project_dup_data_set (project);
  if (images->len == 0)
    {
      g_set_error (error, LK_DATA_SET_ERROR, LK_DATA_SET_ERROR_EMPTY,
                   _("“%s” has no pictures to train on. Import some, or keep some of the rejected ones."), lk_project_get_name (project));
      return NULL;
    }

  for (guint i = 0; i < images->len; i++)
    if (!add_image (data_set, project, images->pdata[i], &rule, settings->num_repeats, error))
      return NULL;
  lk_data_set_hold_out (data_set, settings->validation_split, (guint64) settings->seed);
  return g_steal_pointer (&data_set);
}

void
lk_data_set_hold_out (LkDataSet *data_set,
                      double     share,
                      guint64    seed)
{
  guint n = data_set->items->len, n_held = share > 0 ? MAX (1, (guint) (share * n + 0.5)) : 0;
  g_autofree guint32 *order = g_new (guint32, n);

  for (guint i = 0; i < n; i++)
    order[i] = i;
  lk_random_shuffle (seed, LK_STREAM_HELD_OUT, order, n);
  for (guint i = 0; i < MIN (n_held, n - 1); i++)
    ((LkDataItem *) data_set->items->pdata[order[i]])->repeats = 0;
}

/* ---- files ----------------------------------------------------------------------------------------------------- */

static cJSON *
crop_to_json (const LkCrop *crop)
{
  cJSON *json = cJSON_CreateObject ();

  lk_json_add_int (json, "x", crop->x);
  lk_json_add_int (json, "y", crop->y);
  lk_json_add_int (json, "width", crop->width);
  lk_json_add_int (json, "height", crop->height);
  lk_json_add_int (json, "quarter_turns", crop->quarter_turns);
  cJSON_AddBoolToObject (json, "flip_horizontal", crop->flip_horizontal);
  cJSON_AddBoolToObject (json, "flip_vertical", crop->flip_vertical);
  cJSON_AddNumberToObject (json, "angle", crop->angle);
  return json;
}

static void
crop_from_json (const cJSON *json,
                LkCrop      *crop)
{
  crop->x = (int) lk_json_get_int (json, "x", 0);
  crop->y = (int) lk_json_get_int (json, "y", 0);
  crop->width = (int) lk_json_get_int (json, "width", 0);
  crop->height = (int) lk_json_get_int (json, "height", 0);
  crop->quarter_turns = (guint) lk_json_get_int (json, "quarter_turns", 0);
  crop->flip_horizontal = lk_json_get_boolean (json, "flip_horizontal", FALSE);
  crop->flip_vertical = lk_json_get_boolean (json, "flip_vertical", FALSE);
  crop->angle = lk_json_get_number (json, "angle", 0);
}

static cJSON *
item_to_json (const LkDataItem *item)
{
  cJSON *json = cJSON_CreateObject ();

  cJSON_AddStringToObject (json, "name", item->name);
  cJSON_AddStringToObject (json, "hash", item->hash);
  cJSON_AddItemToObject (json, "crop", crop_to_json (&item->crop));
  lk_json_add_int (json, "original_width", item->original.width);
  lk_json_add_int (json, "original_height", item->original.height);
  lk_json_add_int (json, "width", item->size.width);
  lk_json_add_int (json, "height", item->size.height);
  cJSON_AddStringToObject (json, "caption", item->caption);
  lk_json_add_int (json, "repeats", item->repeats);
  return json;
}

char *
lk_data_item_describe_pixels (const LkDataItem *item)
{
  g_autoptr (cJSON) crop = crop_to_json (&item->crop);
  g_autofree char *crop_text = lk_json_print (crop, FALSE);

  return g_strdup_printf ("%s %s %ux%u", item->hash, crop_text, item->size.width, item->size.height);
}

gboolean
lk_data_set_save (LkDataSet   *data_set,
                  const char  *path,
                  GError     **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < data_set->items->len; i++)
    {
      g_autoptr (cJSON) json = item_to_json (data_set->items->pdata[i]);
      g_autofree char *line = lk_json_print (json, FALSE);

      g_string_append_printf (text, "%s\n", line);
    }

  return lk_file_write (path, text->str, text->len, error);
}

/* Where the picture is now: under its old name, or wherever the project knows that content. NULL: nowhere. Owned by the caller. */
static char *
find_picture (LkProject  *project,
              const char *name,
              const char *hash)
{
  g_autofree char *images = lk_project_dup_path (project, "images"), *path = g_build_filename (images, name, NULL);
  g_autofree char *found = lk_sha256_file (path, 0, NULL);

  return g_strcmp0 (found, hash) == 0 ? g_steal_pointer (&path) : lk_project_dup_path_of_hash (project, hash);
}

static LkDataItem *
item_from_json (const cJSON  *json,
                LkProject    *project,
                GError      **error)
{
  LkDataItem *item;
  const char *name, *hash, *caption;
  gint64 width, height, repeats;
  g_autofree char *path = NULL;

  if (!lk_json_require_string (json, "name", &name, error) || !lk_json_require_string (json, "hash", &hash, error)
      || !lk_json_require_string (json, "caption", &caption, error) || !lk_json_require_int (json, "width", &width, error)
      || !lk_json_require_int (json, "height", &height, error) || !lk_json_require_int (json, "repeats", &repeats, error))
    return NULL;
  path = find_picture (project, name, hash);
  if (path == NULL)
    {
      g_set_error (error, LK_DATA_SET_ERROR, LK_DATA_SET_ERROR_CHANGED,
                   _("The picture “%s” of this run is not in the project any more. Put the file back, or start a new run."), name);
      return NULL;
    }

  item = g_new0 (LkDataItem, 1);
  item->name = g_strdup (name);
  item->path = g_steal_pointer (&path);
  item->hash = g_strdup (hash);
  item->caption = g_strdup (caption);
  item->size.width = (guint) width;
  item->size.height = (guint) height;
  item->original.width = (guint) lk_json_get_int (json, "original_width", width);
  item->original.height = (guint) lk_json_get_int (json, "original_height", height);
  item->repeats = (guint) repeats;
  crop_from_json (lk_json_get_object (json, "crop"), &item->crop);
  return item;
}

LkDataSet *
lk_data_set_load (const char  *path,
                  LkProject   *project,
                  GError     **error)
{
  g_autoptr (LkDataSet) data_set = data_set_new ();
  g_autofree char *text = lk_file_read (path, MAX_FILE, NULL, error);
  g_auto (GStrv) lines = NULL;

  if (text == NULL)
    return NULL;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autoptr (cJSON) json = NULL;
      LkDataItem *item;

      if (*lines[i] == '\0')
        continue;
      json = lk_json_parse (lines[i], -1, path, error);
      item = json ? item_from_json (json, project, error) : NULL;
      if (item == NULL)
        return NULL;
      g_ptr_array_add (data_set->items, item);
    }

  return g_steal_pointer (&data_set);
}
