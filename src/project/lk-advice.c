#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-advice.h"

#include <glib/gi18n.h>
#include <string.h>

#include "formats/lk-safetensors.h"
#include "project/lk-writer.h"

/* A crop of two thirds of the side is enlarged 1.5 times, which shows. The starter's pictures are drawn: flat areas enlarge well. */
static const LkBaseAdvice rows[] = {
  { "starter", N_("Starter"),              192,  128, 32, 15, 20, 30, 50, TRUE },
  { "sd15",    N_("Stable Diffusion 1.5"), 512,  384, 64, 15, 20, 30, 50, FALSE },
  { "sdxl",    N_("Stable Diffusion XL"),  1024, 768, 32, 15, 20, 30, 50, FALSE },
};

guint
lk_base_advice_get_n (void)
{
  return G_N_ELEMENTS (rows);
}

const LkBaseAdvice *
lk_base_advice_get (guint index)
{
  return &rows[index];
}

const LkBaseAdvice *
lk_base_advice_find (const char *id)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (g_strcmp0 (rows[i].id, id) == 0)
      return &rows[i];
  return NULL;
}

/* By the names of the tensors: SDXL has two text encoders under "conditioner"; SD 1.5's U-Net starts with 320 channels, the starter's
 * with 64. */
static const LkBaseAdvice *
look_into (const char *path)
{
  g_autoptr (LkSafetensors) file = lk_safetensors_open (path, NULL);
  const LkSafeTensor *first;

  if (file == NULL)
    return lk_base_advice_find ("sd15");
  if (lk_safetensors_find (file, "conditioner.embedders.1.model.ln_final.weight") != NULL)
    return lk_base_advice_find ("sdxl");
  first = lk_safetensors_find (file, "model.diffusion_model.input_blocks.0.0.weight");
  if (first != NULL && first->n_dims == 4 && first->dims[0] < 128)
    return lk_base_advice_find ("starter");
  return lk_base_advice_find ("sd15");
}

const LkBaseAdvice *
lk_base_advice_for (const char *base_model)
{
  /* The last file that was looked into: checks and crops ask for every picture. */
  static GMutex mutex;
  static char *last_path;
  static LkStamp last_stamp;
  static const LkBaseAdvice *last;
  const LkBaseAdvice *row = lk_base_advice_find (base_model);
  LkStamp stamp;

  if (row != NULL)
    return row;

  stamp = lk_stamp_of (base_model);
  g_mutex_lock (&mutex);
  if (g_strcmp0 (last_path, base_model) != 0 || stamp.modified != last_stamp.modified || stamp.size != last_stamp.size)
    {
      g_set_str (&last_path, base_model);
      last_stamp = stamp;
      last = look_into (base_model);
    }
  row = last;
  g_mutex_unlock (&mutex);
  return row;
}
