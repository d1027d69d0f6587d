#define G_LOG_DOMAIN "likeness-train"

#include "config.h"

#include <math.h>
#include <string.h>

#include "train/lk-weight-norms.h"

/* gram [rank,rank] = the products of the rows (`row_stride` 1: [rank,n]) or columns ([n,rank]) of a matrix. */
static void
fill_gram (const float *values,
           guint        rank,
           gsize        n,
           gboolean     is_columns,
           double      *gram)
{
  memset (gram, 0, rank * rank * sizeof (double));
  if (is_columns)
    {
      for (gsize k = 0; k < n; k++)
        for (guint a = 0; a < rank; a++)
          for (guint b = 0; b <= a; b++)
            gram[a * rank + b] += (double) values[k * rank + a] * values[k * rank + b];
    }
  else
    {
      for (guint a = 0; a < rank; a++)
        for (guint b = 0; b <= a; b++)
          for (gsize k = 0; k < n; k++)
            gram[a * rank + b] += (double) values[a * n + k] * values[b * n + k];
    }
}

/* ‖up · down‖² = trace (upᵀ up · down downᵀ): small matrices instead of the layer's own. */
static double
square_norm (const float *values,
             const LkAdapterModule *module)
{
  guint rank = module->rank;
  g_autofree double *up = g_new (double, (gsize) rank * rank), *down = g_new (double, (gsize) rank * rank);
  double sum = 0;

  fill_gram (values + module->up, rank, module->n_up / rank, TRUE, up);
  fill_gram (values + module->down, rank, module->n_down / rank, FALSE, down);
  for (guint a = 0; a < rank; a++)
    for (guint b = 0; b <= a; b++)
      sum += (a == b ? 1 : 2) * up[a * rank + b] * down[a * rank + b];
  return MAX (sum, 0) * pow (module->alpha / rank, 2);
}

char *
lk_weight_norms_dup_block (const char *module)
{
  static const char * const blocks[] = { "down_blocks_", "up_blocks_", "input_blocks_", "output_blocks_" };
  const char *name = g_str_has_prefix (module, "lora_unet_") ? module + strlen ("lora_unet_") : NULL;

  if (name == NULL)
    return g_strdup (g_str_has_prefix (module, "lora_te2_") ? "text_encoder_2" : "text_encoder");
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    if (g_str_has_prefix (name, blocks[i]))
      {
        gsize length = strlen (blocks[i]);

        return g_strndup (name, length + strspn (name + length, "0123456789"));
      }
  return g_strdup (strstr (name, "mid") == name ? "mid_block" : "other");
}

cJSON *
lk_weight_norms_measure (LkAdapter  *adapter,
                         guint       step,
                         GError    **error)
{
  gsize n = lk_adapter_get_n_elements (adapter);
  g_autofree float *values = g_new (float, n);
  cJSON *json, *blocks, *zero;

  if (!lk_storage_read (lk_adapter_get_storage (adapter), 0, n, values, error))
    return NULL;

  json = cJSON_CreateObject ();
  cJSON_AddStringToObject (json, "kind", "weights");
  lk_json_add_int (json, "step", step);
  blocks = cJSON_AddObjectToObject (json, "blocks");
  zero = cJSON_AddArrayToObject (json, "zero");
  for (guint i = 0; i < lk_adapter_get_n_modules (adapter); i++)
    {
      const LkAdapterModule *module = lk_adapter_get_module (adapter, i);
      g_autofree char *block = lk_weight_norms_dup_block (module->target->name);
      double square = square_norm (values, module), before = lk_json_get_number (blocks, block, -1);

      if (square == 0)
        cJSON_AddItemToArray (zero, cJSON_CreateString (module->target->name));
      if (before < 0)
        cJSON_AddNumberToObject (blocks, block, square);
      else
        cJSON_SetNumberHelper (cJSON_GetObjectItemCaseSensitive (blocks, block), before + square);
    }
  for (cJSON *block = blocks->child; block != NULL; block = block->next)
    cJSON_SetNumberHelper (block, sqrt (block->valuedouble));
  return json;
}
