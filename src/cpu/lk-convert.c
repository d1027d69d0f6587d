/* lk-convert.c: half and single precision into each other. */
#define G_LOG_DOMAIN "likeness-cpu"

#include "config.h"

#include "cpu/lk-kernels.h"
#include "cpu/lk-simd.h"

static void
f16_to_f32_run (gsize n, gconstpointer f16, float *f32)
{
  const guint16 *from = f16;
  gsize i = 0;

  for (; i + LANES <= n; i += LANES)
    v_store (f32 + i, v_load_f16 (from + i));
  if (i < n)
    v_store_n (f32 + i, v_load_f16_n (from + i, n - i), n - i);
}

static void
f32_to_f16_run (gsize n, const float *f32, gpointer f16)
{
  guint16 *to = f16;
  gsize i = 0;

  for (; i + LANES <= n; i += LANES)
    v_store_f16 (to + i, v_load (f32 + i));
  if (i < n)
    v_store_f16_n (to + i, v_load_n (f32 + i, n - i), n - i);
}

const LkConvertKernels LK_KERNEL (lk_convert_kernels) = { f16_to_f32_run, f32_to_f16_run };
