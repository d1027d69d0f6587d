#define G_LOG_DOMAIN "likeness-generate"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "generate/lk-conditioning.h"
#include "model/lk-noise-schedule.h"

#define SIZE_FEATURES 256       /* sines of each size */

/* The text encoders' graph for a number of chunks. */
typedef struct
{
  LkGraph      *graph;          /* owned; NULL: not built yet */
  LkAdapterSet *adapters;       /* owned */
  LkTensor     *tokens[2];      /* [n_chunks,77]; the second for SDXL only */
  LkTensor     *context;        /* [n_chunks,77,C] */
  LkTensor     *pooled;         /* SDXL: [n_chunks,77,P] */
} TextGraph;

struct _LkConditioner
{
  LkModel     *model;           /* owned references */
  LkTokenizer *tokenizer;
  GPtrArray   *adapters;        /* LkAdapter references */
  GArray      *strengths;       /* double */
  TextGraph    graphs[LK_TOKENIZER_MAX_CHUNKS];
};

void
lk_conditioning_free (LkConditioning *conditioning)
{
  g_free (conditioning->context);
  g_free (conditioning->pooled);
  g_free (conditioning);
}

void
lk_conditioning_fill_vector (const LkConditioning *conditioning,
                             const float           sizes[LK_N_SIZES],
                             float                *row)
{
  memcpy (row, conditioning->pooled, conditioning->n_pooled * sizeof (float));
  lk_timestep_features (sizes, LK_N_SIZES, SIZE_FEATURES, row + conditioning->n_pooled);
}

LkConditioner *
lk_conditioner_new (LkModel       *model,
                    LkTokenizer   *tokenizer,
                    LkAdapter    **adapters,
                    const double  *strengths,
                    guint          n_adapters,
                    GError       **error)
{
  const LkArchitecture *architecture = lk_model_get_architecture (model);
  LkConditioner *conditioner;

  for (guint i = 0; tokenizer != NULL && i < architecture->n_text_encoders; i++)
    if (architecture->text[i].vocabulary != lk_tokenizer_get_n_ids (tokenizer))
      {
        g_set_error (error, LK_CHECKPOINT_ERROR, LK_CHECKPOINT_ERROR_UNSUPPORTED,
                     _("The model’s text encoder knows %u tokens, CLIP’s vocabulary has %u: words cannot be read for it."),
                     architecture->text[i].vocabulary, lk_tokenizer_get_n_ids (tokenizer));
        return NULL;
      }

  conditioner = g_new0 (LkConditioner, 1);
  conditioner->model = lk_model_ref (model);
  conditioner->tokenizer = tokenizer != NULL ? lk_tokenizer_ref (tokenizer) : NULL;
  conditioner->adapters = g_ptr_array_new_with_free_func ((GDestroyNotify) lk_adapter_unref);
  conditioner->strengths = g_array_new (FALSE, FALSE, sizeof (double));
  for (guint i = 0; i < n_adapters; i++)
    if (strengths[i] != 0 && lk_adapter_get_parts (adapters[i]) & LK_PART_TEXT)
      {
        g_ptr_array_add (conditioner->adapters, lk_adapter_ref (adapters[i]));
        g_array_append_val (conditioner->strengths, strengths[i]);
      }

  return conditioner;
}

void
lk_conditioner_free (LkConditioner *conditioner)
{
  for (guint i = 0; i < LK_TOKENIZER_MAX_CHUNKS; i++)
    {
      g_clear_pointer (&conditioner->graphs[i].adapters, lk_adapter_set_free);
      g_clear_pointer (&conditioner->graphs[i].graph, lk_graph_free);
    }
  g_ptr_array_unref (conditioner->adapters);
  g_array_unref (conditioner->strengths);
  g_clear_pointer (&conditioner->tokenizer, lk_tokenizer_unref);
  lk_model_unref (conditioner->model);
  g_free (conditioner);
}

static gboolean
build (LkConditioner  *conditioner,
       TextGraph      *text,
       guint           n_chunks,
       GError        **error)
{
  const LkArchitecture *architecture = lk_model_get_architecture (conditioner->model);
  const gsize dims[] = { n_chunks, LK_TOKENIZER_CHUNK };

  text->graph = lk_graph_new (lk_model_get_device (conditioner->model));
  text->adapters = lk_adapter_set_new (text->graph);
  for (guint i = 0; i < conditioner->adapters->len; i++)
    lk_adapter_set_add (text->adapters, conditioner->adapters->pdata[i], FALSE);
  for (guint i = 0; i < architecture->n_text_encoders; i++)
    text->tokens[i] = lk_graph_input (text->graph, LK_DTYPE_I32, 2, dims);
  text->context = lk_text_encoder_build (text->graph, conditioner->model, text->tokens[0], text->tokens[1], 0, text->adapters,
                                         architecture->n_text_encoders > 1 ? &text->pooled : NULL);
  lk_graph_keep (text->graph, text->context);
  if (text->pooled)
    lk_graph_keep (text->graph, text->pooled);

  if (!lk_graph_compile (text->graph, error))
    return FALSE;
  for (guint i = 0; i < conditioner->adapters->len; i++)
    if (!lk_adapter_set_write_strength (text->adapters, i, 0, g_array_index (conditioner->strengths, double, i), error))
      return FALSE;
  return TRUE;
}

/* One BOS, all the tokens, one EOS: the first chunk without its last row, the others without both. */
static void
join_chunks (LkConditioning *conditioning,
             guint           n_chunks)
{
  gsize row = conditioning->width * sizeof (float);
  guint8 *rows = (guint8 *) conditioning->context;
  guint end = LK_TOKENIZER_CHUNK - 1;

  for (guint c = 1; c < n_chunks; c++)
    {
      gboolean is_last = c == n_chunks - 1;
      guint n = LK_TOKENIZER_CHUNK_TOKENS + is_last;

      memmove (rows + end * row, rows + (c * LK_TOKENIZER_CHUNK + 1) * row, n * row);
      end += n;
    }
  conditioning->n_tokens = n_chunks > 1 ? end : LK_TOKENIZER_CHUNK;
}

gboolean
lk_conditioner_make_ready (LkConditioner  *conditioner,
                           guint           n_chunks,
                           GError        **error)
{
  TextGraph *graph = &conditioner->graphs[n_chunks - 1];

  if (graph->graph != NULL || build (conditioner, graph, n_chunks, error))
    return TRUE;
  g_clear_pointer (&graph->adapters, lk_adapter_set_free);
  g_clear_pointer (&graph->graph, lk_graph_free);
  return FALSE;
}

LkConditioning *
lk_conditioner_encode (LkConditioner  *conditioner,
                       const char     *text,
                       guint           n_chunks,
                       LkChunks        chunks,
                       GError        **error)
{
  const LkArchitecture *architecture = lk_model_get_architecture (conditioner->model);
  guint n = n_chunks > 0 ? n_chunks : lk_tokenizer_count_chunks (conditioner->tokenizer, text);
  TextGraph *graph = &conditioner->graphs[n - 1];
  g_autoptr (LkConditioning) conditioning = g_new0 (LkConditioning, 1);
  gint32 ids[LK_TOKENIZER_MAX_CHUNKS * LK_TOKENIZER_CHUNK];

  if (!lk_conditioner_make_ready (conditioner, n, error))
    return NULL;

  for (guint i = 0; i < architecture->n_text_encoders; i++)
    {
      gint32 padding = i == 0 ? lk_tokenizer_get_eos (conditioner->tokenizer) : 0;

      lk_tokenizer_encode_chunks (conditioner->tokenizer, text, padding, n, ids);
      if (!lk_graph_write (graph->graph, graph->tokens[i], ids, error))
        return NULL;
    }
  if (!lk_graph_run (graph->graph, error))
    return NULL;

  conditioning->n_tokens = n * LK_TOKENIZER_CHUNK;
  conditioning->width = lk_tensor_get_n_columns (graph->context);
  conditioning->context = g_new (float, lk_tensor_get_n_elements (graph->context));
  if (!lk_graph_read (graph->graph, graph->context, conditioning->context, error))
    return NULL;
  if (chunks == LK_CHUNKS_JOINED)
    join_chunks (conditioning, n);

  if (graph->pooled)
    {
      guint eos = lk_text_find_eos (&architecture->text[1], ids, LK_TOKENIZER_CHUNK);
      g_autofree float *rows = g_new (float, lk_tensor_get_n_elements (graph->pooled));

      if (!lk_graph_read (graph->graph, graph->pooled, rows, error))
        return NULL;
      conditioning->n_pooled = lk_tensor_get_n_columns (graph->pooled);
      conditioning->pooled = g_memdup2 (rows + (gsize) eos * conditioning->n_pooled, conditioning->n_pooled * sizeof (float));
    }

  return g_steal_pointer (&conditioning);
}
