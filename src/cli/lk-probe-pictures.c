/* lk-probe-pictures.c: taggers on given tensors. See lk-probe.h. */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "cli/lk-probe.h"

#include <math.h>

#include "model/lk-tagger.h"

gboolean
lk_probe_describes_pictures (LkProbe *probe)
{
  return lk_probe_has (probe, "pixels");
}

gboolean
lk_probe_pictures (LkProbe     *probe,
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
