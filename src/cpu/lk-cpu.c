/* lk-cpu.c: which instruction set, and the kernels compiled for it. */
#define G_LOG_DOMAIN "likeness-cpu"

#include "config.h"

#include "cpu/lk-kernels.h"

static const char *const isa_names[] = { "plain", "avx2", "avx512" };

static gboolean
has_isa (LkCpuIsa isa)
{
#if defined(__x86_64__)
  if (isa == LK_CPU_AVX512)
    return __builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512bw") && __builtin_cpu_supports ("avx512dq") &&
           __builtin_cpu_supports ("avx512vl") && has_isa (LK_CPU_AVX2);
  if (isa == LK_CPU_AVX2)
    return __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma") && __builtin_cpu_supports ("f16c");
#endif
  return isa == LK_CPU_PLAIN;
}

static LkCpuIsa
choose_isa (void)
{
  const char *wanted = g_getenv ("LIKENESS_CPU_ISA");
  LkCpuIsa isa = LK_CPU_AVX512;

  while (!has_isa (isa))
    isa--;

  if (wanted == NULL || *wanted == '\0')
    return isa;
  for (guint i = 0; i < G_N_ELEMENTS (isa_names); i++)
    if (g_str_equal (wanted, isa_names[i]))
      {
        if (has_isa (i))
          return i;
        g_warning ("This processor cannot run LIKENESS_CPU_ISA=%s; using %s.", wanted, isa_names[isa]);
        return isa;
      }
  g_warning ("LIKENESS_CPU_ISA=%s is none of plain, avx2, avx512; using %s.", wanted, isa_names[isa]);
  return isa;
}

LkCpuIsa
lk_cpu_get_isa (void)
{
  static gsize chosen;

  if (g_once_init_enter (&chosen))
    g_once_init_leave (&chosen, (gsize) choose_isa () + 1);
  return chosen - 1;
}

const char *
lk_cpu_isa_name (LkCpuIsa isa)
{
  g_return_val_if_fail ((guint) isa < G_N_ELEMENTS (isa_names), NULL);
  return isa_names[isa];
}

#if defined(__x86_64__)
#define PICK(family) \
  (lk_cpu_get_isa () == LK_CPU_AVX512 ? &lk_##family##_kernels_avx512 : \
   lk_cpu_get_isa () == LK_CPU_AVX2 ? &lk_##family##_kernels_avx2 : &lk_##family##_kernels_plain)
#else
#define PICK(family) (&lk_##family##_kernels_plain)
#endif

void
lk_cpu_gemm (LkPool          *pool,
             const LkCpuGemm *gemm)
{
  PICK (gemm)->gemm (pool, gemm);
}

void
lk_cpu_conv2d (LkPool            *pool,
               const LkCpuConv2d *conv)
{
  PICK (conv2d)->forward (pool, conv);
}

void
lk_cpu_conv2d_backward_data (LkPool            *pool,
                             const LkCpuConv2d *conv)
{
  PICK (conv2d)->backward_data (pool, conv);
}

void
lk_cpu_conv2d_backward_weight (LkPool            *pool,
                               const LkCpuConv2d *conv)
{
  PICK (conv2d)->backward_weight (pool, conv);
}

void
lk_cpu_attention (LkPool               *pool,
                  const LkCpuAttention *attention)
{
  PICK (attention)->forward (pool, attention);
}

void
lk_cpu_attention_backward (LkPool               *pool,
                           const LkCpuAttention *attention)
{
  PICK (attention)->backward (pool, attention);
}

void
lk_cpu_group_norm (LkPool               *pool,
                   const LkCpuGroupNorm *norm)
{
  PICK (group_norm)->forward (pool, norm);
}

void
lk_cpu_group_norm_backward (LkPool               *pool,
                            const LkCpuGroupNorm *norm)
{
  PICK (group_norm)->backward (pool, norm);
}

void
lk_cpu_layer_norm (LkPool               *pool,
                   const LkCpuLayerNorm *norm)
{
  PICK (layer_norm)->forward (pool, norm);
}

void
lk_cpu_layer_norm_backward (LkPool               *pool,
                            const LkCpuLayerNorm *norm)
{
  PICK (layer_norm)->backward (pool, norm);
}

void
lk_cpu_activation (LkPool *pool, guint kind, gsize n, const float *x, float *y)
{
  PICK (elementwise)->activation (pool, kind, n, x, y);
}

void
lk_cpu_activation_backward (LkPool *pool, guint kind, gsize n, const float *x, const float *dy, float *dx)
{
  PICK (elementwise)->activation_backward (pool, kind, n, x, dy, dx);
}

void
lk_cpu_geglu (LkPool *pool, gsize rows, gsize c, const float *x, float *y)
{
  PICK (elementwise)->geglu (pool, rows, c, x, y);
}

void
lk_cpu_geglu_backward (LkPool *pool, gsize rows, gsize c, const float *x, const float *dy, float *dx)
{
  PICK (elementwise)->geglu_backward (pool, rows, c, x, dy, dx);
}

void
lk_cpu_f16_to_f32 (gsize n, gconstpointer f16, float *f32)
{
  PICK (convert)->f16_to_f32 (n, f16, f32);
}

void
lk_cpu_f32_to_f16 (gsize n, const float *f32, gpointer f16)
{
  PICK (convert)->f32_to_f16 (n, f32, f16);
}
