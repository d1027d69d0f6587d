/* lk-tagger.c: WD v3 taggers. See the header. */
#define G_LOG_DOMAIN "likeness-model"

#include "config.h"

#include "model/lk-tagger.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#include "base/lk-json.h"
#include "base/lk-text.h"
#include "imaging/lk-resize.h"
#include "model/lk-checkpoint.h"
#include "model/lk-model-files.h"
#include "model/lk-vision.h"

#define MOST_BYTES (16 << 20)

typedef struct
{
  char         *name;       /* owned */
  LkTagCategory category;
} Tag;

struct _LkTagger
{
  LkNetwork    *network;    /* owned, as all that follows */
  LkGraph      *graph;
  GArray       *tags;
  LkTensor     *patches, *logits;   /* the graph's */
  LkVision      vision;
  LkVisionInput input;
};

static void
tag_clear (gpointer data)
{
  g_free (((Tag *) data)->name);
}

/* ---- selected_tags.csv ---------------------------------------------------------------------------------------- */

/* The fields of a line of CSV: quoted ones may hold commas, and "" for a quote. */
static GPtrArray *
split_csv (const char *line)
{
  GPtrArray *fields = g_ptr_array_new_with_free_func (g_free);
  gboolean is_quoted = FALSE;
  GString *field = g_string_new (NULL);

  for (const char *p = line; ; p++)
    {
      if (*p == '"' && is_quoted && p[1] == '"')
        g_string_append_c (field, *++p);
      else if (*p == '"')
        is_quoted = !is_quoted;
      else if (*p == '\0' || (*p == ',' && !is_quoted))
        {
          g_ptr_array_add (fields, g_string_free (field, FALSE));
          if (*p == '\0')
            return fields;
          field = g_string_new (NULL);
        }
      else
        g_string_append_c (field, *p);
    }
}

static int
find_field (GPtrArray  *fields,
            const char *name)
{
  for (guint i = 0; i < fields->len; i++)
    if (g_str_equal (fields->pdata[i], name))
      return (int) i;
  return -1;
}

static GArray *
read_tags (const char  *path,
           GError     **error)
{
  g_autofree char *text = lk_text_read (path, MOST_BYTES, NULL, error), *display = g_filename_display_name (path);
  g_autoptr (GArray) tags = g_array_new (FALSE, FALSE, sizeof (Tag));
  g_auto (GStrv) lines = text != NULL ? g_strsplit (text, "\n", -1) : NULL;
  g_autoptr (GPtrArray) head = NULL;
  int name, category;

  if (lines == NULL)
    return NULL;
  g_array_set_clear_func (tags, tag_clear);
  head = split_csv (lines[0] != NULL ? g_strchomp (lines[0]) : "");
  name = find_field (head, "name");
  category = find_field (head, "category");
  if (name < 0 || category < 0)
    {
      g_set_error (error, LK_CHECKPOINT_ERROR, LK_CHECKPOINT_ERROR_NOT_A_MODEL,
                   _("“%s” is not a tagger’s list of tags: its first line has no “name” and “category”. Download it again from where the model is from."), display);
      return NULL;
    }
  for (guint i = 1; lines[0] != NULL && lines[i] != NULL; i++)
    {
      g_autoptr (GPtrArray) fields = NULL;
      Tag tag = { NULL, LK_TAG_GENERAL };

      if (*g_strchomp (lines[i]) == '\0')
        continue;
      fields = split_csv (lines[i]);
      if ((int) fields->len <= MAX (name, category))
        {
          g_set_error (error, LK_CHECKPOINT_ERROR, LK_CHECKPOINT_ERROR_NOT_A_MODEL, _("Line %u of “%s” is cut off. Download the file again."),
                       i + 1, display);
          return NULL;
        }
      tag.name = g_strdup (fields->pdata[name]);
      if (g_str_equal (fields->pdata[category], "4"))
        tag.category = LK_TAG_CHARACTER;
      else if (g_str_equal (fields->pdata[category], "9"))
        tag.category = LK_TAG_RATING;
      g_array_append_val (tags, tag);
    }
  return g_steal_pointer (&tags);
}

/* ---- opening -------------------------------------------------------------------------------------------------- */

/* The three numbers of a key, where the file has it; FALSE with an error where they are no such numbers, or divide by nothing. */
static gboolean
read_three (const cJSON  *object,
            const char   *key,
            double        least,
            float        *values,
            GError      **error)
{
  const cJSON *array = cJSON_GetObjectItemCaseSensitive (object, key);
  gboolean is_good = cJSON_IsArray (array) && cJSON_GetArraySize (array) == 3;

  if (array == NULL)
    return TRUE;
  for (int i = 0; is_good && i < 3; i++)
    {
      double value = cJSON_GetNumberValue (cJSON_GetArrayItem (array, i));

      is_good = isfinite (value) && fabs (value) < 1e6 && value >= least;
      values[i] = (float) value;
    }
  if (!is_good)
    g_set_error (error, LK_CHECKPOINT_ERROR, LK_CHECKPOINT_ERROR_MISSHAPEN,
                 least > 0 ? _("The tagger’s config.json is damaged: “%s” must be three numbers above 0. Download it again from where the model is from.")
                           : _("The tagger’s config.json is damaged: “%s” must be three numbers. Download it again from where the model is from."), key);
  return is_good;
}

static gboolean
read_config (LkTagger     *self,
             const cJSON  *config,
             GError      **error)
{
  const cJSON *arguments = lk_json_get_object (config, "model_args"), *pretrained = lk_json_get_object (config, "pretrained_cfg");
  const char *activation = arguments != NULL ? lk_json_get_string (arguments, "act_layer", "gelu") : "gelu";

  self->input = (LkVisionInput) { .channels = { 2, 1, 0 }, .mean = { .5f, .5f, .5f }, .deviation = { .5f, .5f, .5f } };
  self->vision.activation = g_str_equal (activation, "gelu_tanh") ? LK_ACTIVATION_GELU_TANH
                            : g_str_equal (activation, "quick_gelu") ? LK_ACTIVATION_QUICK_GELU : LK_ACTIVATION_GELU;
  self->vision.n_heads = arguments != NULL ? (guint) CLAMP (lk_json_get_int (arguments, "num_heads", 0), 0, 256) : 0;
  if (pretrained == NULL)
    pretrained = config;
  return read_three (pretrained, "mean", -1e6, self->input.mean, error) && read_three (pretrained, "std", 1e-6, self->input.deviation, error);
}

static gboolean
check_kind (LkSafetensors  *file,
            const cJSON    *config,
            const char     *display,
            GError        **error)
{
  const char *architecture = lk_json_get_string (config, "architecture", "?");

  if (lk_safetensors_find (file, "vision_model.embeddings.class_embedding") != NULL)
    g_set_error (error, LK_CHECKPOINT_ERROR, LK_CHECKPOINT_ERROR_NOT_A_MODEL, _("“%s” holds BLIP, not a tagger. Use it as BLIP."), display);
  else if (lk_safetensors_find (file, "patch_embed.proj.weight") == NULL || lk_safetensors_find (file, "blocks.0.attn.qkv.weight") == NULL ||
           lk_safetensors_find (file, "pos_embed") == NULL || lk_safetensors_find (file, "head.weight") == NULL ||
           lk_safetensors_find (file, "cls_token") != NULL || lk_safetensors_find (file, "norm.weight") == NULL)
    g_set_error (error, LK_CHECKPOINT_ERROR, LK_CHECKPOINT_ERROR_UNSUPPORTED,
                 _("“%s” is not a tagger that Likeness can run (%s). Choose a WD v3 tagger with a ViT, such as wd-vit-tagger-v3 or wd-vit-large-tagger-v3."),
                 display, architecture);
  else
    return TRUE;
  return FALSE;
}

static gboolean
load (LkTagger  *self,
      GError   **error)
{
  LkVision *vision = &self->vision;
  gsize n_tags = lk_network_get_dim (self->network, 0, "head.weight");

  lk_vision_load (vision, self->network);
  lk_network_load_linear (self->network, n_tags, vision->width, "head");
  if (lk_network_check (self->network, NULL) && n_tags != self->tags->len)
    lk_network_fail (self->network, LK_CHECKPOINT_ERROR_MISSHAPEN,
                     _("selected_tags.csv lists %u tags where the model tells %zu apart. Use the list that belongs to this model."),
                     self->tags->len, n_tags);
  return lk_network_check (self->network, error);
}

/* The mean over all tokens is the attention of a query of zeros, which finds every token alike. */
static gboolean
build (LkTagger  *self,
       GError   **error)
{
  LkTensor *states, *nothing, *mean;

  self->graph = lk_graph_new (lk_network_get_device (self->network));
  states = lk_vision_build (&self->vision, self->network, self->graph, &self->patches);
  nothing = lk_graph_input (self->graph, LK_DTYPE_F32, 3, (gsize[]) { 1, 1, self->vision.width });
  mean = lk_attention (self->graph, nothing, states, states, self->vision.n_heads, 1.f, FALSE);
  self->logits = lk_graph_keep (self->graph, lk_network_linear (self->network, self->graph, mean, "head"));
  if (!lk_graph_compile (self->graph, error))
    return FALSE;

  g_autofree float *zeros = g_new0 (float, self->vision.width);

  return lk_graph_write (self->graph, nothing, zeros, error);
}

LkTagger *
lk_tagger_open (LkDevice      *device,
                const char    *path,
                GCancellable  *cancellable,
                GError       **error)
{
  g_autoptr (LkTagger) self = g_new0 (LkTagger, 1);
  g_autofree char *tags = NULL, *display = g_filename_display_name (path);
  g_autoptr (cJSON) config = NULL;
  g_autoptr (LkSafetensors) file = lk_model_files_open (path, &config, error);

  self->vision = (LkVision) {
    .eps = 1e-6f, .patch_name = "patch_embed.proj", .position_name = "pos_embed", .norm_name = "norm", .layers = "blocks.",
    .norm_1 = "norm1", .qkv = "attn.qkv", .projection = "attn.proj", .norm_2 = "norm2", .fc1 = "mlp.fc1", .fc2 = "mlp.fc2",
  };
  if (file == NULL || !check_kind (file, config, display, error))
    return NULL;
  tags = lk_model_files_require (file, "selected_tags.csv", _("the list of what it tells apart"), error);
  if (tags == NULL)
    return NULL;
  self->tags = read_tags (tags, error);
  if (self->tags == NULL || !read_config (self, config, error))
    return NULL;
  self->network = lk_network_new (device, file, cancellable);
  return load (self, error) && build (self, error) ? g_steal_pointer (&self) : NULL;
}

void
lk_tagger_free (LkTagger *self)
{
  g_clear_pointer (&self->graph, lk_graph_free);
  g_clear_pointer (&self->network, lk_network_free);
  g_clear_pointer (&self->tags, g_array_unref);
  g_free (self);
}

guint
lk_tagger_get_side (LkTagger *self)
{
  return self->vision.side;
}

guint
lk_tagger_get_n_tags (LkTagger *self)
{
  return self->tags->len;
}

const char *
lk_tagger_get_tag (LkTagger *self,
                   guint     index)
{
  return g_array_index (self->tags, Tag, index).name;
}

LkTagCategory
lk_tagger_get_category (LkTagger *self,
                        guint     index)
{
  return g_array_index (self->tags, Tag, index).category;
}

/* ---- looking -------------------------------------------------------------------------------------------------- */

gboolean
lk_tagger_run (LkTagger     *self,
               const float  *planes,
               float        *logits,
               GError      **error)
{
  g_autofree float *patches = lk_vision_cut (&self->vision, planes);

  return lk_graph_write (self->graph, self->patches, patches, error) && lk_graph_run (self->graph, error) &&
         lk_graph_read (self->graph, self->logits, logits, error);
}

/* In the middle of a white square; where the room is odd, the larger half is on the right or below. */
static LkPicture *
pad_to_square (const LkPicture *picture)
{
  guint side = MAX (picture->width, picture->height), left = (side - picture->width) / 2, top = (side - picture->height) / 2;
  LkPicture *square = lk_picture_new (side, side, 3);

  for (guint y = 0; y < side; y++)
    memset (lk_picture_row (square, y), 255, 3 * (gsize) side);
  for (guint y = 0; y < picture->height; y++)
    memcpy (lk_picture_row (square, top + y) + 3 * (gsize) left, lk_picture_row (picture, y), 3 * (gsize) picture->width);
  return square;
}

float *
lk_tagger_prepare (LkTagger        *self,
                   const LkPicture *picture)
{
  g_autoptr (LkPicture) flat = lk_picture_flatten (picture, 0xffffff);
  g_autoptr (LkPicture) square = pad_to_square (flat);
  g_autoptr (LkPicture) resized = lk_resize_bicubic (square, self->vision.side, self->vision.side);

  return lk_vision_scale (&self->input, resized);
}

float *
lk_tagger_look (LkTagger         *self,
                const LkPicture  *picture,
                GError          **error)
{
  g_autofree float *planes = lk_tagger_prepare (self, picture);
  g_autofree float *values = g_new (float, self->tags->len);

  if (!lk_tagger_run (self, planes, values, error))
    return NULL;
  for (guint i = 0; i < self->tags->len; i++)
    values[i] = 1.f / (1.f + expf (-values[i]));
  return g_steal_pointer (&values);
}
