/* lk-elementwise.c: activations and GEGLU. Results may be written over inputs, element for element. */
#define G_LOG_DOMAIN "likeness-cpu"

#include "config.h"

#include "cpu/lk-kernels.h"
#include "cpu/lk-simd-math.h"

#define CHUNK 8192              /* elements of an item: some 10 µs */

typedef struct
{
  gsize        n, n_rows, n_columns, rows_per_item;
  const float *x, *dy;
  float       *y;               /* or dx */
} LkElements;

/* Elements first to end of y = f (x), or of dx = dy·f' (x). */
LK_INLINE void
activate_range (LkActivationKind  kind,
                gboolean          is_backward,
                const LkElements *e,
                gsize             first,
                gsize             end)
{
  gsize i = first;

  for (; i < end; i += LANES)
    {
      gsize n = end - i;
      LkVec x = v_load_n (e->x + i, n), y, slope;

      if (is_backward)
        {
          v_activate (kind, x, &slope);
          y = slope * v_load_n (e->dy + i, n);
        }
      else
        y = v_activate (kind, x, NULL);

      v_store_n (e->y + i, y, n);
    }
}

#define DEFINE_ACTIVATION(name, kind) \
  static void \
  name##_item (gpointer data, gsize item, guint worker) \
  { \
    const LkElements *e = data; \
    activate_range (kind, FALSE, e, item * CHUNK, MIN (e->n, (item + 1) * CHUNK)); \
  } \
  static void \
  name##_backward_item (gpointer data, gsize item, guint worker) \
  { \
    const LkElements *e = data; \
    activate_range (kind, TRUE, e, item * CHUNK, MIN (e->n, (item + 1) * CHUNK)); \
  }

DEFINE_ACTIVATION (silu, LK_SILU)
DEFINE_ACTIVATION (gelu, LK_GELU)
DEFINE_ACTIVATION (gelu_tanh, LK_GELU_TANH)
DEFINE_ACTIVATION (quick_gelu, LK_QUICK_GELU)

static void
activation (LkPool *pool, guint kind, gsize n, const float *x, float *y)
{
  static const LkPoolFunc items[] = { silu_item, gelu_item, gelu_tanh_item, quick_gelu_item };
  LkElements elements = { .n = n, .x = x, .y = y };

  g_assert (kind < LK_N_ACTIVATIONS);
  lk_pool_run (pool, (n + CHUNK - 1) / CHUNK, items[kind], &elements);
}

static void
activation_backward (LkPool *pool, guint kind, gsize n, const float *x, const float *dy, float *dx)
{
  static const LkPoolFunc items[] = { silu_backward_item, gelu_backward_item, gelu_tanh_backward_item, quick_gelu_backward_item };
  LkElements elements = { .n = n, .x = x, .dy = dy, .y = dx };

  g_assert (kind < LK_N_ACTIVATIONS);
  lk_pool_run (pool, (n + CHUNK - 1) / CHUNK, items[kind], &elements);
}

/* ---- GEGLU ------------------------------------------------------------------------------------------------------- */

static void
geglu_item (gpointer data,
            gsize    item,
            guint    worker)
{
  const LkElements *e = data;
  const gsize c = e->n_columns;

  for (gsize row = item * e->rows_per_item; row < MIN (e->n_rows, (item + 1) * e->rows_per_item); row++)
    {
      const float *value = e->x + row * 2 * c, *gate = value + c;
      float *y = e->y + row * c;

      for (gsize j = 0; j < c; j += LANES)
        {
          gsize n = c - j;

          v_store_n (y + j, v_load_n (value + j, n) * v_activate (LK_GELU, v_load_n (gate + j, n), NULL), n);
        }
    }
}

static void
geglu_backward_item (gpointer data,
                     gsize    item,
                     guint    worker)
{
  const LkElements *e = data;
  const gsize c = e->n_columns;

  for (gsize row = item * e->rows_per_item; row < MIN (e->n_rows, (item + 1) * e->rows_per_item); row++)
    {
      const float *value = e->x + row * 2 * c, *gate = value + c, *dy = e->dy + row * c;
      float *dvalue = e->y + row * 2 * c, *dgate = dvalue + c;

      for (gsize j = 0; j < c; j += LANES)
        {
          gsize n = c - j;
          LkVec g = v_load_n (dy + j, n), v = v_load_n (value + j, n), slope;
          LkVec gelu = v_activate (LK_GELU, v_load_n (gate + j, n), &slope);

          v_store_n (dvalue + j, g * gelu, n);
          v_store_n (dgate + j, g * v * slope, n);
        }
    }
}

static void
run_geglu (LkPool    *pool,
           LkElements elements,
           LkPoolFunc item)
{
  elements.rows_per_item = MAX (1, CHUNK / 2 / MAX (1, elements.n_columns));
  lk_pool_run (pool, (elements.n_rows + elements.rows_per_item - 1) / elements.rows_per_item, item, &elements);
}

static void
geglu (LkPool *pool, gsize rows, gsize c, const float *x, float *y)
{
  run_geglu (pool, (LkElements) { .n_rows = rows, .n_columns = c, .x = x, .y = y }, geglu_item);
}

static void
geglu_backward (LkPool *pool, gsize rows, gsize c, const float *x, const float *dy, float *dx)
{
  run_geglu (pool, (LkElements) { .n_rows = rows, .n_columns = c, .x = x, .dy = dy, .y = dx }, geglu_backward_item);
}

const LkElementwiseKernels LK_KERNEL (lk_elementwise_kernels) = { activation, activation_backward, geglu, geglu_backward };
