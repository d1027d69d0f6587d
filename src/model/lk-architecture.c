/* lk-architecture.c: what follows from the numbers of a model. See the header. */
#define G_LOG_DOMAIN "likeness-model"

#include "config.h"

#include "model/lk-architecture.h"

#include <glib/gi18n.h>

const char *
lk_family_get_name (LkFamily family)
{
  return family == LK_FAMILY_SDXL ? "SDXL" : "SD 1.x";
}

guint
lk_architecture_get_latent_factor (const LkArchitecture *architecture)
{
  return 1u << (architecture->vae.n_levels - 1);
}

guint
lk_architecture_get_latent_multiple (const LkArchitecture *architecture)
{
  return 1u << (architecture->unet.n_levels - 1);
}

guint
lk_unet_architecture_get_n_heads (const LkUnetArchitecture *unet,
                                  guint                     channels)
{
  return unet->n_heads != 0 ? unet->n_heads : channels / unet->head_channels;
}

guint
lk_architecture_get_context_width (const LkArchitecture *architecture)
{
  guint width = 0;

  for (guint i = 0; i < architecture->n_text_encoders; i++)
    width += architecture->text[i].width;
  return width;
}

/* "13.0 M", "2.6 G". */
static char *
format_count (guint64 count)
{
  if (count >= 1000000000)
    return g_strdup_printf (_("%.1f G"), (double) count / 1e9);
  return g_strdup_printf (count >= 100000000 ? _("%.0f M") : _("%.1f M"), (double) count / 1e6);
}

char *
lk_architecture_describe (const LkArchitecture *architecture)
{
  g_autofree char *count = format_count (architecture->n_parameters);

  /* Translators: a base model, as “SD 1.x, 13.0 M parameters, 192 × 192 pixels”. */
  return g_strdup_printf (_("%s, %s parameters, %u × %u pixels"), lk_family_get_name (architecture->family), count,
                          architecture->width, architecture->height);
}
