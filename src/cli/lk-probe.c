/* lk-probe.c: tensors in and out of a probe, and what its graphs have in common. See the header. */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "cli/lk-probe.h"
#include "model/lk-layout.h"

#include <glib/gi18n.h>

void
lk_probe_clear (LkProbe *probe)
{
  g_clear_pointer (&probe->out, lk_safetensors_writer_free);
  g_clear_pointer (&probe->arrays, g_ptr_array_unref);
  g_clear_pointer (&probe->adapters, g_ptr_array_unref);
  g_clear_pointer (&probe->strengths, g_array_unref);
  g_clear_pointer (&probe->in, lk_safetensors_unref);
  g_clear_pointer (&probe->model, lk_model_unref);
  g_clear_pointer (&probe->device, lk_device_unref);
  g_clear_pointer (&probe->results, cJSON_Delete);
}

/* ---- tensors in and out -------------------------------------------------------------------------------------- */

gboolean
lk_probe_has (LkProbe    *probe,
              const char *name)
{
  return lk_safetensors_find (probe->in, name) != NULL;
}

/* The tensor of that name. Its shape must be `dims`; a 0 there is filled with what the file has. */
const LkSafeTensor *
lk_probe_require (LkProbe     *probe,
                  const char  *name,
                  guint        n_dims,
                  gsize       *dims,
                  GError     **error)
{
  const LkSafeTensor *tensor = lk_safetensors_require (probe->in, name, error);
  gboolean fits;

  if (tensor == NULL)
    return NULL;

  fits = tensor->n_dims == n_dims;
  for (guint i = 0; fits && i < n_dims; i++)
    {
      if (dims[i] == 0)
        dims[i] = tensor->dims[i];
      fits = tensor->dims[i] == dims[i] && dims[i] > 0;
    }
  if (fits)
    return tensor;

  g_autoptr (GString) wanted = g_string_new (NULL);
  for (guint i = 0; i < n_dims; i++)
    g_string_append_printf (wanted, dims[i] == 0 ? "%sN" : "%s%" G_GSIZE_FORMAT, i == 0 ? "" : ", ", dims[i]);
  g_set_error (error, LK_CHECKPOINT_ERROR, LK_CHECKPOINT_ERROR_MISSHAPEN, _("The tensor “%s” must have the shape [%s]."), name, wanted->str);
  return NULL;
}

float *
lk_probe_read_floats (LkProbe     *probe,
                      const char  *name,
                      guint        n_dims,
                      gsize       *dims,
                      GError     **error)
{
  const LkSafeTensor *tensor = lk_probe_require (probe, name, n_dims, dims, error);
  g_autofree float *values = tensor != NULL ? g_new (float, tensor->n_elements) : NULL;

  if (tensor == NULL || !lk_safetensors_read_f32 (probe->in, tensor, 0, tensor->n_elements, values, error))
    return NULL;
  return g_steal_pointer (&values);
}

/* Pictures [B,C,H,W] as [B,H,W,C]; `dims` stays the file's. */
float *
lk_probe_read_pictures (LkProbe     *probe,
                        const char  *name,
                        gsize       *dims,
                        GError     **error)
{
  g_autofree float *values = lk_probe_read_floats (probe, name, 4, dims, error);
  gsize n = dims[1] * dims[2] * dims[3];
  float *turned;

  if (values == NULL)
    return NULL;
  turned = g_new (float, dims[0] * n);
  for (gsize i = 0; i < dims[0]; i++)
    lk_layout_transpose (values + i * n, turned + i * n, dims[1], dims[2] * dims[3], sizeof (float));
  return turned;
}

static void
give (LkProbe     *probe,
      const char  *name,
      LkSafeType   type,
      guint        n_dims,
      const gsize *dims,
      gpointer     values)
{
  cJSON *shape = cJSON_AddArrayToObject (probe->results, name);

  for (guint i = 0; i < n_dims; i++)
    cJSON_AddItemToArray (shape, cJSON_CreateNumber ((double) dims[i]));
  g_ptr_array_add (probe->arrays, values);
  lk_safetensors_writer_add (probe->out, name, type, n_dims, dims, values);
}

/* Takes `values`. */
void
lk_probe_give (LkProbe     *probe,
               const char  *name,
               guint        n_dims,
               const gsize *dims,
               float       *values)
{
  give (probe, name, LK_SAFE_F32, n_dims, dims, values);
}

void
lk_probe_give_ids (LkProbe     *probe,
                   const char  *name,
                   guint        n_dims,
                   const gsize *dims,
                   gint32      *values)
{
  give (probe, name, LK_SAFE_I32, n_dims, dims, values);
}

/* Columns `first` to `first + c` of `values` [B,h,w,columns] as [B,c,h,w]. */
void
lk_probe_give_pictures (LkProbe     *probe,
                        const char  *name,
                        const float *values,
                        gsize        columns,
                        gsize        first,
                        const gsize *dims)
{
  gsize places = dims[2] * dims[3];
  float *turned = g_new (float, dims[0] * dims[1] * places);

  for (gsize b = 0; b < dims[0]; b++)
    for (gsize c = 0; c < dims[1]; c++)
      for (gsize i = 0; i < places; i++)
        turned[(b * dims[1] + c) * places + i] = values[(b * places + i) * columns + first + c];
  lk_probe_give (probe, name, 4, dims, turned);
}

/* ---- graphs -------------------------------------------------------------------------------------------------- */

LkAdapterSet *
lk_probe_new_set (LkProbe  *probe,
                  LkGraph  *graph,
                  gboolean  train)
{
  LkAdapterSet *set = lk_adapter_set_new (graph);

  for (guint i = 0; i < probe->adapters->len; i++)
    lk_adapter_set_add (set, g_ptr_array_index (probe->adapters, i), train);
  return set;
}

gboolean
lk_probe_write_strengths (LkProbe       *probe,
                          LkAdapterSet  *set,
                          GError       **error)
{
  for (guint i = 0; i < probe->adapters->len; i++)
    {
      double strength = g_array_index (probe->strengths, double, i);

      if (!lk_adapter_set_write_strength (set, i, strength, strength, error))
        return FALSE;
    }
  return TRUE;
}

LkTensor *
lk_probe_add_picture_input (LkGraph     *graph,
                            const gsize *file_dims)
{
  return lk_graph_input (graph, LK_DTYPE_F32, 4, (gsize[]) { file_dims[0], file_dims[2], file_dims[3], file_dims[1] });
}

float *
lk_probe_read_result (LkGraph   *graph,
                      LkTensor  *tensor,
                      GError   **error)
{
  g_autofree float *values = g_new (float, lk_tensor_get_n_elements (tensor));

  return lk_graph_read (graph, tensor, values, error) ? g_steal_pointer (&values) : NULL;
}
