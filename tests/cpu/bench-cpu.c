/* bench-cpu: how fast the kernels are, shape by shape. Prints the best of many runs; judges nothing.
 *
 * usage: bench-cpu [WORD...]    only the lines that contain one of the words */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cpu/lk-cpu.h"

static LkPool *pool;
static char **words;

static gboolean
is_wanted (const char *name)
{
  for (guint i = 0; words[i] != NULL; i++)
    if (strstr (name, words[i]) != NULL)
      return TRUE;
  return words[0] == NULL;
}

/* Runs `run` for at least a fifth of a second and prints the best time. `work` is what one run does, in `unit` (flop or byte). */
static void
measure (const char *name,
         double      work,
         const char *unit,
         void      (*run) (gpointer data),
         gpointer    data)
{
  gint64 begin, now, end;
  double best = G_MAXDOUBLE;
  guint batch = 1;

  if (!is_wanted (name))
    return;

  /* The clock counts microseconds: short runs are timed many at once. */
  run (data);
  do
    {
      begin = g_get_monotonic_time ();
      for (guint j = 0; j < batch; j++)
        run (data);
      now = g_get_monotonic_time ();
      if (now - begin < 100)
        batch *= 2;
    }
  while (now - begin < 100);

  end = now + 200000;
  for (guint i = 0; i < 5 || now < end; i++)
    {
      begin = g_get_monotonic_time ();
      for (guint j = 0; j < batch; j++)
        run (data);
      now = g_get_monotonic_time ();
      best = MIN (best, (double) (now - begin) / batch);
    }
  printf ("%-44s %11.2f us  %8.1f G%s/s\n", name, best, work / best * 1e-3, unit);
  fflush (stdout);
}

/* n numbers of -1 to 1. */
static float *
new_numbers (gsize n)
{
  float *to = g_new (float, n);
  guint32 state = 1;

  for (gsize i = 0; i < n; i++)
    {
      state = state * 1664525 + 1013904223;
      to[i] = (gint32) state * 0x1p-31f;
    }
  return to;
}

/* ---- products -------------------------------------------------------------------------------------------------- */

static void
run_gemm (gpointer data)
{
  lk_cpu_gemm (pool, data);
}

static void
bench_gemm (gsize       m,
            gsize       n,
            gsize       k,
            const char *layout,         /* NN, NT, TN */
            gboolean    is_f16)
{
  g_autofree float *a = new_numbers (m * k), *b = new_numbers (n * k), *c = g_new0 (float, m * n);
  g_autofree guint16 *b16 = g_new (guint16, n * k);
  g_autofree char *name = g_strdup_printf ("gemm %s %s %zux%zux%zu", layout, is_f16 ? "f16" : "f32", m, n, k);
  LkCpuGemm gemm = {
    .m = m, .n = n, .k = k, .trans_a = layout[0] == 'T', .trans_b = layout[1] == 'T', .scale = 1,
    .a = a, .lda = layout[0] == 'T' ? m : k, .b = b, .ldb = layout[1] == 'T' ? k : n, .c = c, .ldc = n,
  };

  if (is_f16)
    {
      lk_cpu_f32_to_f16 (n * k, b, b16);
      gemm.b = b16;
      gemm.b_dtype = LK_DTYPE_F16;
    }
  measure (name, 2.0 * m * n * k, "flop", run_gemm, &gemm);
}

static void
run_conv (gpointer data)
{
  lk_cpu_conv2d (pool, data);
}

static void
run_conv_backward (gpointer data)
{
  lk_cpu_conv2d_backward_data (pool, data);
}

static void
bench_conv (gsize n,
            gsize size,
            gsize c,
            gsize o,
            gsize kernel,
            gsize stride)
{
  gsize out = (size - 1) / stride + 1;
  gsize n_x = n * size * size * c, n_y = n * out * out * o;
  g_autofree float *weight = new_numbers (o * kernel * kernel * c), *x = new_numbers (n_x);
  g_autofree float *y = new_numbers (n_y);
  g_autofree guint16 *weight16 = g_new (guint16, o * kernel * kernel * c);
  g_autofree char *name = g_strdup_printf ("conv forward %zux%zux%zux%zu->%zu %zux%zu/%zu", n, size, size, c, o, kernel, kernel, stride);
  g_autofree char *back = g_strdup_printf ("conv backward %zux%zux%zux%zu->%zu %zux%zu/%zu", n, size, size, c, o, kernel, kernel, stride);
  LkCpuConv2d conv = {
    .n = n, .h = size, .w = size, .c = c, .o = o, .kh = kernel, .kw = kernel, .stride = stride, .pad_before = kernel / 2,
    .out_h = out, .out_w = out, .weight = weight16, .weight_dtype = LK_DTYPE_F16, .x = x, .y = y,
  };
  double work = 2.0 * n_y * kernel * kernel * c;

  lk_cpu_f32_to_f16 (o * kernel * kernel * c, weight, weight16);
  measure (name, work, "flop", run_conv, &conv);
  conv.x = y;
  conv.y = x;
  measure (back, work, "flop", run_conv_backward, &conv);
}

/* ---- attention ------------------------------------------------------------------------------------------------- */

static void
run_attention (gpointer data)
{
  lk_cpu_attention (pool, data);
}

static void
run_attention_backward (gpointer data)
{
  lk_cpu_attention_backward (pool, data);
}

static void
bench_attention (gsize    b,
                 gsize    t,
                 gsize    s,
                 gsize    h,
                 gsize    d,
                 gboolean with_backward)
{
  gsize n_q = b * t * h * d, n_k = b * s * h * d;
  g_autofree float *q = new_numbers (n_q), *k = new_numbers (n_k), *v = new_numbers (n_k);
  g_autofree float *dy = new_numbers (n_q), *y = g_new (float, n_q), *lse = g_new (float, b * h * t);
  g_autofree float *dq = g_new (float, n_q), *dk = g_new (float, n_k), *dv = g_new (float, n_k);
  g_autofree char *name = g_strdup_printf ("attention forward %zux%zux%zu %zux%zu", b, t, s, h, d);
  g_autofree char *back = g_strdup_printf ("attention backward %zux%zux%zu %zux%zu", b, t, s, h, d);
  LkCpuAttention attention = {
    .b = b, .t = t, .s = s, .h = h, .d = d, .scale = 0.3f, .q = q, .k = k, .v = v, .y = y, .lse = lse, .dy = dy,
    .dq = dq, .dk = dk, .dv = dv,
  };
  double work = 4.0 * b * h * t * s * d;

  measure (name, work, "flop", run_attention, &attention);
  if (with_backward && is_wanted (back))
    {
      lk_cpu_attention (pool, &attention);
      measure (back, work * 2.5, "flop", run_attention_backward, &attention);
    }
}

/* ---- norms and elements ----------------------------------------------------------------------------------------- */

static void
run_group_norm (gpointer data)
{
  lk_cpu_group_norm (pool, data);
}

static void
run_group_norm_backward (gpointer data)
{
  lk_cpu_group_norm_backward (pool, data);
}

static void
bench_group_norm (gsize n,
                  gsize places,
                  gsize c,
                  gsize n_groups)
{
  gsize size = n * places * c;
  g_autofree float *x = new_numbers (size), *dy = new_numbers (size), *y = g_new (float, size), *dx = g_new (float, size);
  g_autofree float *gamma = new_numbers (c), *beta = new_numbers (c), *mean = g_new (float, n * n_groups);
  g_autofree float *rstd = g_new (float, n * n_groups);
  g_autofree char *name = g_strdup_printf ("group norm+silu forward %zux%zux%zu", n, places, c);
  g_autofree char *back = g_strdup_printf ("group norm+silu backward %zux%zux%zu", n, places, c);
  LkCpuGroupNorm norm = {
    .n = n, .places = places, .c = c, .n_groups = n_groups, .eps = 1e-5f, .with_silu = TRUE, .x = x, .gamma = gamma, .beta = beta,
    .mean = mean, .rstd = rstd, .y = y, .dy = dy, .dx = dx,
  };

  measure (name, 8.0 * size, "B", run_group_norm, &norm);
  if (is_wanted (back))
    lk_cpu_group_norm (pool, &norm);
  measure (back, 12.0 * size, "B", run_group_norm_backward, &norm);
}

static void
run_layer_norm (gpointer data)
{
  lk_cpu_layer_norm (pool, data);
}

static void
run_layer_norm_backward (gpointer data)
{
  lk_cpu_layer_norm_backward (pool, data);
}

static void
bench_layer_norm (gsize rows,
                  gsize c)
{
  gsize size = rows * c;
  g_autofree float *x = new_numbers (size), *dy = new_numbers (size), *y = g_new (float, size), *dx = g_new (float, size);
  g_autofree float *gamma = new_numbers (c), *beta = new_numbers (c), *mean = g_new (float, rows);
  g_autofree float *rstd = g_new (float, rows);
  g_autofree char *name = g_strdup_printf ("layer norm forward %zux%zu", rows, c);
  g_autofree char *back = g_strdup_printf ("layer norm backward %zux%zu", rows, c);
  LkCpuLayerNorm norm = {
    .rows = rows, .c = c, .eps = 1e-5f, .x = x, .gamma = gamma, .beta = beta, .mean = mean, .rstd = rstd, .y = y, .dy = dy, .dx = dx,
  };

  measure (name, 8.0 * size, "B", run_layer_norm, &norm);
  if (is_wanted (back))
    lk_cpu_layer_norm (pool, &norm);
  measure (back, 12.0 * size, "B", run_layer_norm_backward, &norm);
}

typedef struct
{
  gsize  rows, c;
  guint  kind;
  float *x, *y;
} Elements;

static void
run_activation (gpointer data)
{
  Elements *e = data;

  lk_cpu_activation (pool, e->kind, e->rows * e->c, e->x, e->y);
}

static void
run_geglu (gpointer data)
{
  Elements *e = data;

  lk_cpu_geglu (pool, e->rows, e->c, e->x, e->y);
}

static void
bench_elements (gsize rows,
                gsize c)
{
  static const char *const names[] = { "silu", "gelu", "gelu tanh", "quick gelu" };
  g_autofree float *x = new_numbers (rows * c * 2), *y = g_new (float, rows * c);
  Elements elements = { rows, c, 0, x, y };

  for (; elements.kind < 4; elements.kind++)
    {
      g_autofree char *name = g_strdup_printf ("%s %zux%zu", names[elements.kind], rows, c);

      measure (name, 8.0 * rows * c, "B", run_activation, &elements);
    }
  {
    g_autofree char *name = g_strdup_printf ("geglu %zux%zu", rows, c);

    measure (name, 12.0 * rows * c, "B", run_geglu, &elements);
  }
}

static void
do_nothing (gpointer data,
            gsize    item,
            guint    worker)
{
}

static void
run_nothing (gpointer data)
{
  lk_pool_run (pool, 8, do_nothing, NULL);
}

int
main (int    argc,
      char **argv)
{
  const char *n_threads = g_getenv ("LIKENESS_THREADS");

  pool = lk_pool_new (n_threads != NULL ? g_ascii_strtoull (n_threads, NULL, 10) : 0);
  words = argv + 1;
  printf ("%s, %u threads\n", lk_cpu_isa_name (lk_cpu_get_isa ()), lk_pool_get_n_threads (pool));

  measure ("pool: a job of 8 empty items", 0, "flop", run_nothing, NULL);

  bench_gemm (512, 512, 512, "NN", FALSE);
  bench_gemm (512, 512, 512, "NT", FALSE);
  bench_gemm (512, 512, 512, "TN", FALSE);
  bench_gemm (4096, 4096, 320, "NT", TRUE);
  bench_gemm (4096, 1280, 320, "NT", TRUE);
  bench_gemm (4096, 320, 1280, "NN", TRUE);
  bench_gemm (1024, 1280, 1280, "NT", TRUE);
  bench_gemm (77, 768, 768, "NT", TRUE);
  bench_gemm (77, 768, 768, "NN", TRUE);
  bench_gemm (616, 768, 768, "NT", TRUE);
  bench_gemm (2304, 64, 64, "NT", TRUE);
  bench_gemm (2304, 64, 64, "NN", TRUE);
  bench_gemm (2304, 128, 64, "NT", TRUE);
  bench_gemm (2304, 16, 128, "NT", FALSE);
  bench_gemm (2304, 16, 128, "NN", FALSE);
  bench_gemm (2304, 128, 16, "NT", FALSE);
  bench_gemm (2304, 128, 16, "NN", FALSE);
  bench_gemm (64, 16, 2304, "TN", FALSE);
  bench_gemm (16, 64, 2304, "TN", FALSE);
  bench_gemm (16, 1280, 4096, "TN", FALSE);
  bench_gemm (1280, 16, 4096, "TN", FALSE);
  bench_gemm (4, 1280, 320, "NT", TRUE);
  bench_gemm (4, 1280, 1280, "NT", TRUE);

  bench_conv (1, 64, 320, 320, 3, 1);
  bench_conv (1, 16, 1280, 1280, 3, 1);
  bench_conv (4, 24, 64, 64, 3, 1);
  bench_conv (4, 24, 128, 64, 3, 1);
  bench_conv (4, 12, 128, 128, 3, 1);
  bench_conv (4, 6, 128, 128, 3, 1);
  bench_conv (1, 8, 1280, 1280, 3, 1);
  bench_conv (4, 24, 64, 64, 3, 2);
  bench_conv (4, 24, 128, 64, 1, 1);
  bench_conv (1, 64, 4, 320, 3, 1);
  bench_conv (1, 64, 320, 4, 3, 1);
  bench_conv (1, 192, 3, 32, 3, 1);
  bench_conv (1, 192, 32, 3, 3, 1);
  bench_conv (1, 192, 32, 32, 3, 1);

  bench_attention (1, 4096, 4096, 8, 40, TRUE);
  bench_attention (1, 1024, 1024, 8, 80, TRUE);
  bench_attention (4, 576, 576, 8, 16, TRUE);
  bench_attention (4, 576, 77, 8, 16, TRUE);
  bench_attention (1, 4096, 77, 8, 40, TRUE);
  bench_attention (8, 77, 77, 12, 64, TRUE);
  bench_attention (1, 4096, 4096, 1, 512, FALSE);

  bench_group_norm (4, 576, 64, 32);
  bench_group_norm (1, 4096, 320, 32);
  bench_layer_norm (2304, 64);
  bench_layer_norm (4096, 320);
  bench_elements (2304, 256);
  bench_elements (4096, 1280);

  lk_pool_free (pool);
  return 0;
}
