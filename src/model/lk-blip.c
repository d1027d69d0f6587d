/* lk-blip.c: BLIP's files, its picture and its text network. See the header.
 *
 * Text, post-norm as BERT: x = norm (word + place); for each layer x = norm (x + attention (x)), causal, then x = norm (x + attention (x to
 * the picture)), then x = norm (x + mlp (x)); at the end a dense layer, GELU, norm, and the words' own table as the last matrix.
 */
#define G_LOG_DOMAIN "likeness-model"

#include "config.h"

#include "model/lk-blip-private.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#include "base/lk-json.h"
#include "base/lk-text.h"
#include "imaging/lk-resize.h"
#include "model/lk-checkpoint.h"
#include "model/lk-model-files.h"

#define BERT "text_decoder.bert."
#define HEAD "text_decoder.cls.predictions."
#define WORDS BERT "embeddings.word_embeddings.weight"
#define PLACES BERT "embeddings.position_embeddings.weight"
#define MOST_BYTES (16 << 20)

/* Rows of the words' table beyond vocab.txt: the marks of decoder and encoder, and filling up to a multiple of 8. */
#define MOST_MARKS 9

static void
reader_free (gpointer data)
{
  LkBlipReader *reader = data;

  g_clear_pointer (&reader->graph, lk_graph_free);
  g_free (reader);
}

/* ---- opening -------------------------------------------------------------------------------------------------- */

static LkActivation
get_activation (const cJSON *config)
{
  const char *name = lk_json_get_string (config, "hidden_act", "gelu");

  if (g_str_equal (name, "quick_gelu"))
    return LK_ACTIVATION_QUICK_GELU;
  return g_str_equal (name, "gelu_new") || g_str_equal (name, "gelu_pytorch_tanh") ? LK_ACTIVATION_GELU_TANH : LK_ACTIVATION_GELU;
}

static gint32
get_id (const cJSON *config,
        const char  *key,
        gint64       fallback)
{
  return (gint32) CLAMP (lk_json_get_int (config, key, fallback), 0, G_MAXINT32);
}

static void
read_config (LkBlip      *self,
             const cJSON *config)
{
  g_autoptr (cJSON) none = cJSON_CreateObject ();
  const cJSON *text = lk_json_get_object (config, "text_config"), *vision = lk_json_get_object (config, "vision_config");

  text = text != NULL ? text : none;
  vision = vision != NULL ? vision : none;
  self->vision = (LkVision) {
    .n_heads = (guint) CLAMP (lk_json_get_int (vision, "num_attention_heads", 0), 0, 256),
    .eps = (float) lk_json_get_number (vision, "layer_norm_eps", 1e-5),
    .activation = get_activation (vision), .has_class = TRUE,
    .patch_name = "vision_model.embeddings.patch_embedding", .class_name = "vision_model.embeddings.class_embedding",
    .position_name = "vision_model.embeddings.position_embedding", .norm_name = "vision_model.post_layernorm",
    .layers = "vision_model.encoder.layers.", .norm_1 = "layer_norm1", .qkv = "self_attn.qkv", .projection = "self_attn.projection",
    .norm_2 = "layer_norm2", .fc1 = "mlp.fc1", .fc2 = "mlp.fc2",
  };
  self->n_heads = (guint) CLAMP (lk_json_get_int (text, "num_attention_heads", 0), 0, 256);
  self->eps = (float) lk_json_get_number (text, "layer_norm_eps", 1e-12);
  self->activation = get_activation (text);
  /* What transformers' own configuration has where the file says nothing. The text ends with the separator, not with "eos". */
  self->bos = get_id (text, "bos_token_id", 30522);
  self->eos = get_id (text, "sep_token_id", 102);
  self->pad = get_id (text, "pad_token_id", 0);
}

static gboolean
read_words (LkBlip         *self,
            LkSafetensors  *file,
            GError        **error)
{
  g_autofree char *path = lk_model_files_require (file, "vocab.txt", _("its words"), error), *text = NULL;

  if (path == NULL)
    return FALSE;
  text = lk_text_read (path, MOST_BYTES, NULL, error);
  if (text == NULL)
    return FALSE;
  self->words = g_strsplit (text, "\n", -1);
  self->n_words = g_strv_length (self->words);
  for (guint i = 0; i < self->n_words; i++)
    g_strchomp (self->words[i]);
  if (self->n_words > 0 && *self->words[self->n_words - 1] == '\0')
    self->n_words--;
  return TRUE;
}

static void
load_attention (LkBlip     *self,
                guint       layer,
                const char *name,
                gsize       keys)
{
  static const char * const parts[] = { "self.query", "self.key", "self.value", "output.dense" };
  g_autofree char *norm = g_strdup_printf (BERT "encoder.layer.%u.%s.output.LayerNorm", layer, name);

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autofree char *full = g_strdup_printf (BERT "encoder.layer.%u.%s.%s", layer, name, parts[i]);

      lk_network_load_linear (self->network, self->width, i == 1 || i == 2 ? keys : self->width, full);
    }
  lk_network_load_norm (self->network, self->width, norm);
}

static void
load_text (LkBlip *self)
{
  LkNetwork *network = self->network;

  self->vocabulary = (guint) lk_network_get_dim (network, 0, WORDS);
  self->width = (guint) lk_network_get_dim (network, 1, WORDS);
  self->n_positions = (guint) lk_network_get_dim (network, 0, PLACES);
  self->n_layers = lk_network_count (network, BERT "encoder.layer.");
  self->hidden = (guint) lk_network_get_dim (network, 0, BERT "encoder.layer.0.intermediate.dense.weight");
  if (self->n_heads == 0)
    self->n_heads = self->width / 64;
  if (lk_network_check (network, NULL) && (self->n_heads == 0 || self->width % self->n_heads != 0 || (guint) self->bos >= self->vocabulary))
    lk_network_fail (network, LK_CHECKPOINT_ERROR_MISSHAPEN,
                     _("The model cannot be used: its config.json (%u heads, first token %d) does not fit its text network (%u numbers, %u words)."),
                     self->n_heads, self->bos, self->width, self->vocabulary);
  if (lk_network_check (network, NULL) && (self->n_words > self->vocabulary || self->n_words + MOST_MARKS < self->vocabulary))
    lk_network_fail (network, LK_CHECKPOINT_ERROR_MISSHAPEN,
                     _("vocab.txt lists %u words where the model knows %u. Use the list that belongs to this model."), self->n_words,
                     self->vocabulary);

  lk_network_load (network, self->vocabulary, self->width, WORDS);
  lk_network_load (network, self->n_positions, self->width, PLACES);
  lk_network_load_norm (network, self->width, BERT "embeddings.LayerNorm");
  for (guint i = 0; i < self->n_layers && lk_network_check (network, NULL); i++)
    {
      g_autofree char *fc1 = g_strdup_printf (BERT "encoder.layer.%u.intermediate.dense", i);
      g_autofree char *fc2 = g_strdup_printf (BERT "encoder.layer.%u.output.dense", i);
      g_autofree char *norm = g_strdup_printf (BERT "encoder.layer.%u.output.LayerNorm", i);

      load_attention (self, i, "attention", self->width);
      load_attention (self, i, "crossattention", self->vision.width);
      lk_network_load_linear (network, self->hidden, self->width, fc1);
      lk_network_load_linear (network, self->width, self->hidden, fc2);
      lk_network_load_norm (network, self->width, norm);
    }
  lk_network_load_linear (network, self->width, self->width, HEAD "transform.dense");
  lk_network_load_norm (network, self->width, HEAD "transform.LayerNorm");
  lk_network_load (network, self->vocabulary, 0, HEAD "bias");
}

/* The picture's network, and the keys and values that each layer of the text reads of it. */
static gboolean
build_see (LkBlip   *self,
           GError  **error)
{
  static const char * const parts[] = { "key", "value" };

  self->see = lk_graph_new (lk_network_get_device (self->network));
  self->made = g_ptr_array_new ();
  self->kept = g_ptr_array_new_with_free_func ((GDestroyNotify) lk_storage_unref);
  self->states = lk_graph_keep (self->see, lk_vision_build (&self->vision, self->network, self->see, &self->patches));
  for (guint i = 0; i < 2 * self->n_layers; i++)
    {
      LkTensor *made = lk_network_linear (self->network, self->see, self->states, BERT "encoder.layer.%u.crossattention.self.%s",
                                          i / 2, parts[i % 2]);
      LkStorage *storage = lk_storage_new (lk_network_get_device (self->network), LK_DTYPE_F32, lk_tensor_get_n_elements (made), error);

      if (storage == NULL)
        return FALSE;
      g_ptr_array_add (self->made, lk_graph_keep (self->see, made));
      g_ptr_array_add (self->kept, storage);
    }
  return lk_graph_compile (self->see, error);
}

LkBlip *
lk_blip_open (LkDevice      *device,
              const char    *path,
              GCancellable  *cancellable,
              GError       **error)
{
  g_autoptr (LkBlip) self = g_new0 (LkBlip, 1);
  g_autofree char *display = g_filename_display_name (path);
  g_autoptr (cJSON) config = NULL;
  g_autoptr (LkSafetensors) file = lk_model_files_open (path, &config, error);

  if (file == NULL)
    return NULL;
  if (lk_safetensors_find (file, "vision_model.embeddings.class_embedding") == NULL || lk_safetensors_find (file, WORDS) == NULL)
    {
      g_set_error (error, LK_CHECKPOINT_ERROR, LK_CHECKPOINT_ERROR_NOT_A_MODEL,
                   _("“%s” is not BLIP for captions. Choose the folder of blip-image-captioning-base or -large: model.safetensors, config.json, vocab.txt."),
                   display);
      return NULL;
    }
  read_config (self, config);
  if (!read_words (self, file, error))
    return NULL;
  self->network = lk_network_new (device, file, cancellable);
  self->readers = g_hash_table_new_full (NULL, NULL, NULL, reader_free);
  lk_vision_load (&self->vision, self->network);
  load_text (self);
  return lk_network_check (self->network, error) && build_see (self, error) ? g_steal_pointer (&self) : NULL;
}

void
lk_blip_free (LkBlip *self)
{
  g_clear_pointer (&self->readers, g_hash_table_unref);
  g_clear_pointer (&self->see, lk_graph_free);
  g_clear_pointer (&self->made, g_ptr_array_unref);
  g_clear_pointer (&self->kept, g_ptr_array_unref);
  g_clear_pointer (&self->network, lk_network_free);
  g_clear_pointer (&self->words, g_strfreev);
  g_free (self);
}

guint
lk_blip_get_side (LkBlip *self)
{
  return self->vision.side;
}

guint
lk_blip_get_vocabulary (LkBlip *self)
{
  return self->vocabulary;
}

guint
lk_blip_get_n_positions (LkBlip *self)
{
  return self->n_positions;
}

guint
lk_blip_get_n_tokens (LkBlip *self)
{
  return self->vision.n_tokens;
}

guint
lk_blip_get_width (LkBlip *self)
{
  return self->vision.width;
}

/* ---- seeing --------------------------------------------------------------------------------------------------- */

float *
lk_blip_prepare (LkBlip          *self,
                 const LkPicture *picture)
{
  static const LkVisionInput clip = {
    .channels = { 0, 1, 2 }, .mean = { .48145466f, .4578275f, .40821073f }, .deviation = { .26862954f, .26130258f, .27577711f },
  };
  g_autoptr (LkPicture) opaque = lk_picture_new (picture->width, picture->height, 3), resized = NULL;

  /* The colours as they are under the alpha, as Pillow's convert ("RGB") leaves them. */
  for (guint y = 0; y < picture->height; y++)
    for (guint x = 0; x < picture->width; x++)
      memcpy (lk_picture_row (opaque, y) + 3 * (gsize) x, lk_picture_row (picture, y) + picture->channels * (gsize) x, 3);
  resized = lk_resize_bicubic (opaque, self->vision.side, self->vision.side);
  return lk_vision_scale (&clip, resized);
}

gboolean
lk_blip_see (LkBlip       *self,
             const float  *planes,
             float        *states,
             GError      **error)
{
  g_autofree float *patches = lk_vision_cut (&self->vision, planes);
  gsize n = (gsize) self->vision.n_tokens * self->width;
  g_autofree float *values = g_new (float, n);

  if (!lk_graph_write (self->see, self->patches, patches, error) || !lk_graph_run (self->see, error) ||
      (states != NULL && !lk_graph_read (self->see, self->states, states, error)))
    return FALSE;
  for (guint i = 0; i < self->made->len; i++)
    if (!lk_graph_read (self->see, self->made->pdata[i], values, error) || !lk_storage_write (self->kept->pdata[i], 0, n, values, error))
      return FALSE;
  return TRUE;
}

/* ---- reading -------------------------------------------------------------------------------------------------- */

static LkTensor *
build_layer (LkBlip   *self,
             LkGraph  *graph,
             LkTensor *x,
             guint     layer)
{
  g_autofree char *name = g_strdup_printf (BERT "encoder.layer.%u", layer);
  gsize dims[] = { 1, self->vision.n_tokens, self->width };
  float scale = 1.f / sqrtf ((float) self->width / (float) self->n_heads);
  LkNetwork *net = self->network;
  LkTensor *q, *k, *v, *y;

  q = lk_network_linear (net, graph, x, "%s.attention.self.query", name);
  k = lk_network_linear (net, graph, x, "%s.attention.self.key", name);
  v = lk_network_linear (net, graph, x, "%s.attention.self.value", name);
  y = lk_network_linear (net, graph, lk_attention (graph, q, k, v, self->n_heads, scale, TRUE), "%s.attention.output.dense", name);
  x = lk_network_norm (net, graph, lk_add (graph, y, x), self->eps, "%s.attention.output.LayerNorm", name);

  q = lk_network_linear (net, graph, x, "%s.crossattention.self.query", name);
  k = lk_graph_external (graph, self->kept->pdata[2 * layer], 0, 3, dims);
  v = lk_graph_external (graph, self->kept->pdata[2 * layer + 1], 0, 3, dims);
  y = lk_network_linear (net, graph, lk_attention (graph, q, k, v, self->n_heads, scale, FALSE), "%s.crossattention.output.dense", name);
  x = lk_network_norm (net, graph, lk_add (graph, y, x), self->eps, "%s.crossattention.output.LayerNorm", name);

  y = lk_activation (graph, lk_network_linear (net, graph, x, "%s.intermediate.dense", name), self->activation);
  y = lk_network_linear (net, graph, y, "%s.output.dense", name);
  return lk_network_norm (net, graph, lk_add (graph, y, x), self->eps, "%s.output.LayerNorm", name);
}

static LkBlipReader *
get_reader (LkBlip  *self,
            guint    n,
            GError **error)
{
  LkBlipReader *reader = g_hash_table_lookup (self->readers, GUINT_TO_POINTER (n));
  LkNetwork *net = self->network;
  LkGraph *graph;
  LkTensor *x;

  if (reader != NULL)
    return reader;
  reader = g_new0 (LkBlipReader, 1);
  graph = reader->graph = lk_graph_new (lk_network_get_device (net));
  reader->ids = lk_graph_input (graph, LK_DTYPE_I32, 2, (gsize[]) { 1, n });
  x = lk_embedding (graph, reader->ids, lk_network_weight (net, graph, WORDS), lk_network_weight (net, graph, PLACES));
  x = lk_network_norm (net, graph, x, self->eps, BERT "embeddings.LayerNorm");
  for (guint i = 0; i < self->n_layers; i++)
    x = build_layer (self, graph, x, i);
  x = lk_activation (graph, lk_network_linear (net, graph, x, HEAD "transform.dense"), self->activation);
  x = lk_network_norm (net, graph, x, self->eps, HEAD "transform.LayerNorm");
  reader->logits = lk_graph_keep (graph, lk_linear (graph, x, lk_network_weight (net, graph, WORDS), lk_network_weight (net, graph, HEAD "bias")));
  if (!lk_graph_compile (graph, error))
    {
      reader_free (reader);
      return NULL;
    }
  g_hash_table_insert (self->readers, GUINT_TO_POINTER (n), reader);
  return reader;
}

gboolean
lk_blip_read (LkBlip        *self,
              const gint32  *ids,
              guint          n,
              float         *logits,
              GError       **error)
{
  LkBlipReader *reader = get_reader (self, n, error);

  return reader != NULL && lk_graph_write (reader->graph, reader->ids, ids, error) && lk_graph_run (reader->graph, error) &&
         lk_graph_read (reader->graph, reader->logits, logits, error);
}

char *
lk_blip_look (LkBlip           *self,
              const LkPicture  *picture,
              guint             n_beams,
              GCancellable     *cancellable,
              GError          **error)
{
  g_autofree float *planes = lk_blip_prepare (self, picture);
  g_autoptr (GArray) ids = NULL;

  if (!lk_blip_see (self, planes, NULL, error))
    return NULL;
  ids = lk_blip_generate (self, n_beams, LK_BLIP_MOST_TOKENS, cancellable, error);
  return ids != NULL ? lk_blip_decode (self, (const gint32 *) (gpointer) ids->data, ids->len) : NULL;
}
