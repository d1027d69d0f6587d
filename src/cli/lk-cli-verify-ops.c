#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "cli/lk-cli-verify-ops.h"
#include "cpu/lk-cpu.h"
#include "ops/lk-ops.h"

#include <string.h>

void
lk_verify_array_free (LkVerifyArray *array)
{
  g_free (array->name);
  g_free (array->values);
  g_free (array);
}

void
lk_verify_add_array (GPtrArray *arrays,
                     char      *name,
                     float     *values,
                     gsize      n,
                     gboolean   is_gradient)
{
  LkVerifyArray *array = g_new (LkVerifyArray, 1);

  *array = (LkVerifyArray) { name, values, n, is_gradient };
  g_ptr_array_add (arrays, array);
}

/* ---- inputs --------------------------------------------------------------------------------------------------- */

/* A tensor whose gradient is asked for. */
typedef struct
{
  LkStorage *values, *gradient;     /* owned */
} Parameter;

/* One case while it is built. Storages that could not be had leave the error here, and the case ends when it is built. */
typedef struct
{
  LkDevice *device;
  LkGraph  *graph;
  GRand    *random;
  GArray   *parameters;
  GError   *error;
} Case;

static void
parameter_clear (Parameter *parameter)
{
  g_clear_pointer (&parameter->values, lk_storage_unref);
  g_clear_pointer (&parameter->gradient, lk_storage_unref);
}

static void
case_clear (Case *self)
{
  g_clear_pointer (&self->graph, lk_graph_free);
  g_clear_pointer (&self->random, g_rand_free);
  g_clear_pointer (&self->parameters, g_array_unref);
  g_clear_error (&self->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Case, case_clear)

/* Numbers of about unit size; their exact distribution does not matter here. */
static float *
draw (Case   *self,
      gsize   n,
      double  size)
{
  float *values = g_new (float, n);

  for (gsize i = 0; i < n; i++)
    values[i] = (float) g_rand_double_range (self->random, -1.7 * size, 1.7 * size);
  return values;
}

static gsize
count (guint        n_dims,
       const gsize *dims)
{
  gsize n = 1;

  for (guint i = 0; i < n_dims; i++)
    n *= dims[i];
  return n;
}

static LkStorage *
store (Case    *self,
       LkDtype  dtype,
       gsize    n,
       double   size)
{
  g_autofree float *values = draw (self, n, size);
  g_autofree guint16 *halfs = g_new (guint16, n);
  g_autoptr (LkStorage) storage = self->error == NULL ? lk_storage_new (self->device, dtype, n, &self->error) : NULL;

  lk_cpu_f32_to_f16 (n, values, halfs);
  if (storage == NULL ||
      !lk_storage_write (storage, 0, n, dtype == LK_DTYPE_F16 ? (gconstpointer) halfs : values, &self->error))
    return NULL;
  return g_steal_pointer (&storage);
}

static LkTensor *
add_parameter (Case        *self,
               guint        n_dims,
               const gsize *dims)
{
  gsize n = count (n_dims, dims);
  Parameter parameter = { store (self, LK_DTYPE_F32, n, 1.), NULL };

  if (parameter.values != NULL)
    parameter.gradient = lk_storage_new (self->device, LK_DTYPE_F32, n, &self->error);
  g_array_append_val (self->parameters, parameter);
  if (parameter.gradient == NULL)
    return lk_graph_input (self->graph, LK_DTYPE_F32, n_dims, dims);
  return lk_graph_parameter (self->graph, parameter.values, parameter.gradient, 0, n_dims, dims);
}

static LkTensor *
add_frozen (Case        *self,
            LkDtype      dtype,
            guint        n_dims,
            const gsize *dims,
            double       size)
{
  g_autoptr (LkStorage) storage = store (self, dtype, count (n_dims, dims), size);

  if (storage == NULL)
    return lk_graph_input (self->graph, dtype, n_dims, dims);
  return lk_graph_external (self->graph, storage, 0, n_dims, dims);
}

#define PARAMETER(...) add_parameter (self, G_N_ELEMENTS (((gsize[]) { __VA_ARGS__ })), (gsize[]) { __VA_ARGS__ })
#define FROZEN(dtype, size, ...) \
  add_frozen (self, LK_DTYPE_##dtype, G_N_ELEMENTS (((gsize[]) { __VA_ARGS__ })), (gsize[]) { __VA_ARGS__ }, size)

/* ---- ops ------------------------------------------------------------------------------------------------------ */

/* Each takes its sizes from `d`. */

static LkTensor *
build_linear (Case        *self,
              const gsize *d)
{
  return lk_linear (self->graph, PARAMETER (d[0], d[1]), FROZEN (F16, .1, d[2], d[1]), FROZEN (F32, 1., d[2]));
}

static LkTensor *
build_lora (Case        *self,
            const gsize *d)
{
  LkTensor *x = PARAMETER (d[0], d[1]), *down = PARAMETER (d[3], d[1]), *up = PARAMETER (d[2], d[3]);
  LkTensor *base = lk_linear (self->graph, x, FROZEN (F32, .1, d[2], d[1]), NULL);

  return lk_linear_add (self->graph, base, lk_linear (self->graph, x, down, NULL), up, FROZEN (F32, 1., 1));
}

static LkTensor *
build_conv (Case        *self,
            const gsize *d)
{
  return lk_conv2d (self->graph, PARAMETER (2, d[0], d[1], d[2]), FROZEN (F16, .1, d[3], 3, 3, d[2]), FROZEN (F32, 1., d[3]),
                    (guint) d[4], 1, 1);
}

static LkTensor *
build_attention (Case        *self,
                 const gsize *d)
{
  guint n_heads = (guint) d[2];

  return lk_attention (self->graph, PARAMETER (2, d[0], d[2] * d[3]), PARAMETER (2, d[1], d[2] * d[3]),
                       PARAMETER (2, d[1], d[2] * d[3]), n_heads, .2f, d[4] != 0);
}

static LkTensor *
build_group_norm (Case        *self,
                  const gsize *d)
{
  return lk_group_norm (self->graph, PARAMETER (2, d[0], d[0], d[1]), FROZEN (F32, 1., d[1]), FROZEN (F32, 1., d[1]),
                        (guint) d[2], 1e-5f, d[3] != 0);
}

static LkTensor *
build_layer_norm (Case        *self,
                  const gsize *d)
{
  return lk_layer_norm (self->graph, PARAMETER (d[0], d[1]), FROZEN (F32, 1., d[1]), FROZEN (F32, 1., d[1]), 1e-5f);
}

static LkTensor *
build_activation (Case        *self,
                  const gsize *d)
{
  return lk_activation (self->graph, PARAMETER (d[0], d[1]), (LkActivation) d[2]);
}

static LkTensor *
build_geglu (Case        *self,
             const gsize *d)
{
  return lk_geglu (self->graph, PARAMETER (d[0], 2 * d[1]));
}

static LkTensor *
build_add (Case        *self,
           const gsize *d)
{
  LkTensor *x = PARAMETER (2, d[0], d[1]);

  return lk_add_per_sample (self->graph, lk_add (self->graph, x, PARAMETER (2, d[0], d[1])), PARAMETER (2, d[1]));
}

static LkTensor *
build_mix (Case        *self,
           const gsize *d)
{
  return lk_mix (self->graph, FROZEN (F32, 1., 3, d[0], d[1]), FROZEN (F32, 1., 3, d[0], d[1]), FROZEN (F32, 1., 3), FROZEN (F32, 1., 3));
}

static LkTensor *
build_concat (Case        *self,
              const gsize *d)
{
  LkTensor *both = lk_concat (self->graph, PARAMETER (d[0], d[1]), PARAMETER (d[0], d[2]));

  return lk_slice (self->graph, both, 1, d[1] + d[2] - 2);
}

static LkTensor *
build_upsample (Case        *self,
                const gsize *d)
{
  return lk_upsample (self->graph, PARAMETER (2, d[0], d[1], d[2]), 2 * d[0], 2 * d[1] - 1);
}

static LkTensor *
build_mse_loss (Case        *self,
                const gsize *d)
{
  LkTensor *per_sample;

  return lk_mse_loss (self->graph, PARAMETER (3, d[0], d[1]), FROZEN (F32, 1., 3, d[0], d[1]), FROZEN (F32, 1., 3), &per_sample);
}

static LkTensor *
build_norm (Case        *self,
            const gsize *d)
{
  return lk_norm (self->graph, FROZEN (F32, 1., d[0] * d[1]));
}

/* Ragged sizes first, then those that models have. */
static const struct
{
  const char *name;
  LkTensor *(*build) (Case *self, const gsize *d);
  gsize       d[5];
} cases[] = {
  { "linear 37x129x65", build_linear, { 37, 129, 65 } },
  { "linear 576x320x1280", build_linear, { 576, 320, 1280 } },
  { "linear with LoRA 37x129x65, rank 3", build_lora, { 37, 129, 65, 3 } },
  { "linear with LoRA 576x320x320, rank 16", build_lora, { 576, 320, 320, 16 } },
  { "conv 7x11x5 to 9", build_conv, { 7, 11, 5, 9, 1 } },
  { "conv 7x11x5 to 9, stride 2", build_conv, { 7, 11, 5, 9, 2 } },
  { "conv 24x24x64 to 128", build_conv, { 24, 24, 64, 128, 1 } },
  { "attention 37x7, 3 heads of 5", build_attention, { 37, 7, 3, 5, 0 } },
  { "attention 37x37, 3 heads of 5, causal", build_attention, { 37, 37, 3, 5, 1 } },
  { "attention 576x77, 8 heads of 40", build_attention, { 576, 77, 8, 40, 0 } },
  { "group norm 7x7x33, 11 groups", build_group_norm, { 7, 33, 11, 0 } },
  { "group norm 24x24x320, 32 groups, SiLU", build_group_norm, { 24, 320, 32, 1 } },
  { "layer norm 37x129", build_layer_norm, { 37, 129 } },
  { "layer norm 576x320", build_layer_norm, { 576, 320 } },
  { "SiLU 37x129", build_activation, { 37, 129, LK_ACTIVATION_SILU } },
  { "GELU 37x129", build_activation, { 37, 129, LK_ACTIVATION_GELU } },
  { "GELU by tanh 37x129", build_activation, { 37, 129, LK_ACTIVATION_GELU_TANH } },
  { "quick GELU 37x129", build_activation, { 37, 129, LK_ACTIVATION_QUICK_GELU } },
  { "GEGLU 37x129", build_geglu, { 37, 129 } },
  { "add 37x129", build_add, { 37, 129 } },
  { "mix 37x129", build_mix, { 37, 129 } },
  { "concat and slice 37x129, 65", build_concat, { 37, 129, 65 } },
  { "upsample 7x11x5", build_upsample, { 7, 11, 5 } },
  { "mean square 37x129", build_mse_loss, { 37, 129 } },
  { "norm 37x129", build_norm, { 37, 129 } },
};

/* ---- running -------------------------------------------------------------------------------------------------- */

static gboolean
run_case (Case       *self,
          guint       index,
          GPtrArray  *arrays,
          GError    **error)
{
  LkTensor *y = lk_graph_keep (self->graph, cases[index].build (self, cases[index].d)), *dy = NULL;
  gsize n = lk_tensor_get_n_elements (y), dims[LK_MAX_DIMS];
  g_autofree float *start = draw (self, n, 1.);
  float *values;

  if (self->error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&self->error));
      return FALSE;
    }
  if (lk_tensor_needs_gradient (y))
    {
      for (guint i = 0; i < lk_tensor_get_n_dims (y); i++)
        dims[i] = lk_tensor_get_dim (y, i);
      dy = lk_graph_input (self->graph, LK_DTYPE_F32, lk_tensor_get_n_dims (y), dims);
      lk_graph_backward (self->graph, y, dy);
    }
  if (!lk_graph_compile (self->graph, error) || (dy != NULL && !lk_graph_write (self->graph, dy, start, error)) ||
      !lk_graph_run (self->graph, error))
    return FALSE;

  values = g_new (float, n);
  lk_verify_add_array (arrays, g_strdup (cases[index].name), values, n, FALSE);
  if (!lk_graph_read (self->graph, y, values, error))
    return FALSE;
  for (guint i = 0; dy != NULL && i < self->parameters->len; i++)
    {
      LkStorage *gradient = g_array_index (self->parameters, Parameter, i).gradient;

      n = lk_storage_get_n_elements (gradient);
      values = g_new (float, n);
      lk_verify_add_array (arrays, g_strdup_printf ("%s: gradient %u", cases[index].name, i + 1), values, n, TRUE);
      if (!lk_storage_read (gradient, 0, n, values, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
lk_verify_ops (LkDevice      *device,
               GPtrArray     *arrays,
               LkVerifyFunc   func,
               gpointer       data,
               GError       **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (Case) self = { .device = device, .graph = lk_graph_new (device), .random = g_rand_new_with_seed (i + 1) };

      func (cases[i].name, i, G_N_ELEMENTS (cases), data);
      self.parameters = g_array_new (FALSE, TRUE, sizeof (Parameter));
      g_array_set_clear_func (self.parameters, (GDestroyNotify) parameter_clear);
      if (!run_case (&self, i, arrays, error))
        return FALSE;
    }
  func (NULL, G_N_ELEMENTS (cases), G_N_ELEMENTS (cases), data);
  return TRUE;
}
