/* lk-probe-pictures.c: taggers and BLIP on given tensors. See lk-probe.h. */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "cli/lk-probe.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#include "model/lk-blip.h"
#include "model/lk-tagger.h"

gboolean
lk_probe_describes_pictures (LkProbe *probe)
{
  return lk_probe_has (probe, "pixels");
}

/* Columns that transformers' ids are padded to in the files of tests. */
#define ID_COLUMNS 24

static gboolean
run_tagger (LkProbe     *probe,
            const char  *base,
            GError     **error)
{
  g_autoptr (LkTagger) tagger = lk_tagger_open (probe->device, base, NULL, error);
  gsize side = tagger != NULL ? lk_tagger_get_side (tagger) : 0, n = tagger != NULL ? lk_tagger_get_n_tags (tagger) : 0;
  gsize dims[] = { 0, 3, side, side };
  g_autofree float *pixels = tagger != NULL ? lk_probe_read_floats (probe, "pixels", 4, dims, error) : NULL;
  g_autofree float *logits = NULL, *probabilities = NULL;

  if (pixels == NULL)
    return FALSE;
  logits = g_new (float, dims[0] * n);
  probabilities = g_new (float, dims[0] * n);
  for (gsize i = 0; i < dims[0]; i++)
    if (!lk_tagger_run (tagger, pixels + i * 3 * side * side, logits + i * n, error))
      return FALSE;
  for (gsize i = 0; i < dims[0] * n; i++)
    probabilities[i] = 1.f / (1.f + expf (-logits[i]));
  lk_probe_give (probe, "logits", 2, (gsize[]) { dims[0], n }, g_steal_pointer (&logits));
  lk_probe_give (probe, "probabilities", 2, (gsize[]) { dims[0], n }, g_steal_pointer (&probabilities));
  return TRUE;
}

/* ---- BLIP ---------------------------------------------------------------------------------------------------- */

/* The prompts, one for each picture. */
static gint32 *
read_prompts (LkProbe  *probe,
              LkBlip   *blip,
              gsize    *dims,
              GError  **error)
{
  const LkSafeTensor *tensor = lk_probe_require (probe, "prompt_ids", 2, dims, error);
  g_autofree gint32 *ids = tensor != NULL ? g_new (gint32, tensor->n_elements) : NULL;

  if (tensor == NULL || !lk_safetensors_read_i32 (probe->in, tensor, 0, tensor->n_elements, ids, error))
    return NULL;
  if (dims[1] > lk_blip_get_n_positions (blip))
    {
      g_set_error (error, LK_CHECKPOINT_ERROR, LK_CHECKPOINT_ERROR_MISSHAPEN, _("“%s” has %zu tokens; the text network takes %u."), "prompt_ids",
                   dims[1], lk_blip_get_n_positions (blip));
      return NULL;
    }
  for (gsize i = 0; i < tensor->n_elements; i++)
    if (ids[i] < 0 || (guint) ids[i] >= lk_blip_get_vocabulary (blip))
      {
        g_set_error (error, LK_CHECKPOINT_ERROR, LK_CHECKPOINT_ERROR_MISSHAPEN, _("“%s” has the token %d; the vocabulary has %u."), "prompt_ids",
                     ids[i], lk_blip_get_vocabulary (blip));
        return NULL;
      }
  return g_steal_pointer (&ids);
}

/* What BLIP says of the picture that it sees now, in a row of ids. */
static gboolean
generate (LkBlip   *blip,
          guint     n_beams,
          gint32   *row,
          GError  **error)
{
  g_autoptr (GArray) ids = lk_blip_generate (blip, n_beams, LK_BLIP_MOST_TOKENS, NULL, error);

  if (ids == NULL)
    return FALSE;
  memcpy (row, ids->data, MIN (ids->len, ID_COLUMNS) * sizeof *row);
  return TRUE;
}

static gboolean
run_blip (LkProbe     *probe,
          const char  *base,
          GError     **error)
{
  g_autoptr (LkBlip) blip = lk_blip_open (probe->device, base, NULL, error);
  gsize side = blip != NULL ? lk_blip_get_side (blip) : 0, dims[] = { 0, 3, side, side }, prompt_dims[] = { 0, 0 };
  g_autofree float *pixels = blip != NULL ? lk_probe_read_floats (probe, "pixels", 4, dims, error) : NULL;
  gboolean has_prompts = lk_probe_has (probe, "prompt_ids");
  g_autofree gint32 *prompts = NULL, *greedy = NULL, *beams = NULL;
  g_autofree float *states = NULL, *logits = NULL;
  gsize n_states, n_logits;

  if (pixels == NULL)
    return FALSE;
  prompt_dims[0] = dims[0];
  if (has_prompts && (prompts = read_prompts (probe, blip, prompt_dims, error)) == NULL)
    return FALSE;

  n_states = (gsize) lk_blip_get_n_tokens (blip) * lk_blip_get_width (blip);
  n_logits = prompt_dims[1] * lk_blip_get_vocabulary (blip);
  states = g_new (float, dims[0] * n_states);
  logits = g_new (float, dims[0] * n_logits + 1);
  greedy = g_new0 (gint32, dims[0] * ID_COLUMNS);
  beams = g_new0 (gint32, dims[0] * ID_COLUMNS);
  for (gsize i = 0; i < dims[0]; i++)
    if (!lk_blip_see (blip, pixels + i * 3 * side * side, states + i * n_states, error) ||
        (has_prompts && !lk_blip_read (blip, prompts + i * prompt_dims[1], (guint) prompt_dims[1], logits + i * n_logits, error)) ||
        !generate (blip, 1, greedy + i * ID_COLUMNS, error) || !generate (blip, LK_BLIP_BEAMS, beams + i * ID_COLUMNS, error))
      return FALSE;

  lk_probe_give (probe, "image_embeds", 3, (gsize[]) { dims[0], lk_blip_get_n_tokens (blip), lk_blip_get_width (blip) }, g_steal_pointer (&states));
  if (has_prompts)
    lk_probe_give (probe, "prompt_logits", 3, (gsize[]) { dims[0], prompt_dims[1], lk_blip_get_vocabulary (blip) }, g_steal_pointer (&logits));
  lk_probe_give_ids (probe, "greedy_ids", 2, (gsize[]) { dims[0], ID_COLUMNS }, g_steal_pointer (&greedy));
  lk_probe_give_ids (probe, "beam3_ids", 2, (gsize[]) { dims[0], ID_COLUMNS }, g_steal_pointer (&beams));
  return TRUE;
}

gboolean
lk_probe_pictures (LkProbe     *probe,
                   const char  *base,
                   GError     **error)
{
  g_autofree char *weights = g_file_test (base, G_FILE_TEST_IS_DIR) ? g_build_filename (base, "model.safetensors", NULL) : g_strdup (base);
  g_autoptr (LkSafetensors) file = lk_safetensors_open (weights, error);

  if (file == NULL)
    return FALSE;
  if (lk_safetensors_find (file, "vision_model.embeddings.class_embedding") != NULL)
    return run_blip (probe, base, error);
  return run_tagger (probe, base, error);
}
