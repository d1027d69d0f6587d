/* lk-layers.c: layers by the names of their weights. See the header. */
#define G_LOG_DOMAIN "likeness-model"

#include "config.h"

#include "model/lk-layers.h"

#define LAYER_NORM_EPS 1e-5f

static LkTensor *
get_weight (const LkLayers *layers,
            const char     *name,
            const char     *suffix)
{
  g_autofree char *full = g_strconcat (name, suffix, NULL);

  return lk_model_weight (layers->model, layers->graph, layers->part, full);
}

static LkTensor *
get_bias (const LkLayers *layers,
          const char     *name)
{
  g_autofree char *full = g_strconcat (name, ".bias", NULL);

  if (!lk_model_has_weight (layers->model, layers->part, full))
    return NULL;
  return lk_model_weight (layers->model, layers->graph, layers->part, full);
}

LkTensor *
lk_layers_weight (const LkLayers *layers,
                  const char     *format,
                  ...)
{
  g_autofree char *name = NULL;
  va_list arguments;

  va_start (arguments, format);
  name = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  return get_weight (layers, name, "");
}

LkTensor *
lk_layers_linear (const LkLayers *layers,
                  LkTensor       *x,
                  const char     *format,
                  ...)
{
  g_autofree char *name = NULL;
  va_list arguments;
  LkTensor *y;

  va_start (arguments, format);
  name = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  y = lk_linear (layers->graph, x, get_weight (layers, name, ".weight"), get_bias (layers, name));
  return lk_adapter_set_apply (layers->adapters, layers->part, name, x, y);
}

LkTensor *
lk_layers_conv (const LkLayers *layers,
                LkTensor       *x,
                guint           stride,
                guint           pad_before,
                guint           pad_after,
                const char     *format,
                ...)
{
  g_autofree char *name = NULL;
  va_list arguments;
  LkTensor *y;

  va_start (arguments, format);
  name = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  y = lk_conv2d (layers->graph, x, get_weight (layers, name, ".weight"), get_bias (layers, name), stride, pad_before, pad_after);
  return lk_adapter_set_apply (layers->adapters, layers->part, name, x, y);
}

LkTensor *
lk_layers_group_norm (const LkLayers *layers,
                      LkTensor       *x,
                      guint           n_groups,
                      float           eps,
                      gboolean        with_silu,
                      const char     *format,
                      ...)
{
  g_autofree char *name = NULL;
  va_list arguments;

  va_start (arguments, format);
  name = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  return lk_group_norm (layers->graph, x, get_weight (layers, name, ".weight"), get_weight (layers, name, ".bias"),
                        n_groups, eps, with_silu);
}

LkTensor *
lk_layers_layer_norm (const LkLayers *layers,
                      LkTensor       *x,
                      const char     *format,
                      ...)
{
  g_autofree char *name = NULL;
  va_list arguments;

  va_start (arguments, format);
  name = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  return lk_layer_norm (layers->graph, x, get_weight (layers, name, ".weight"), get_weight (layers, name, ".bias"), LAYER_NORM_EPS);
}
