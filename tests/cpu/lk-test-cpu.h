/* What the tests of kernels share: pools, and the instruction set that the test was started for. */
#pragma once

#include <glib.h>

#include "cpu/lk-cpu.h"
#include "lk-cpu-reference.h"
#include "lk-test-isa.h"
#include "lk-test-numbers.h"

/* g_test_init (), and whether the processor has what LIKENESS_CPU_ISA asks for. Returns 77 (meson: skipped) if not, else 0. */
static inline int
lk_test_cpu_init (int    *argc,
                  char ***argv)
{
  if (lk_test_lacks_isa ())
    return 77;
  g_test_init (argc, argv, NULL);
  return 0;
}

/* Numbers as half precision; the memory is g_free ()d by the caller. */
static inline guint16 *
lk_test_new_f16 (gsize        n,
                 const float *from)
{
  guint16 *f16 = g_new (guint16, MAX (n, 1));

  lk_cpu_f32_to_f16 (n, from, f16);
  return f16;
}
