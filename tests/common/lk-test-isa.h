/* Tests that run once for each instruction set (LIKENESS_CPU_ISA) must not count where the processor lacks it. */
#pragma once

#include <stdio.h>

#include "cpu/lk-cpu.h"

/* Whether this process runs on other instructions than it was told to; says so in TAP. Ask before g_test_init (), which makes the warning
   fatal. */
static inline gboolean
lk_test_lacks_isa (void)
{
  const char *wanted = g_getenv ("LIKENESS_CPU_ISA");

  if (wanted == NULL || g_str_equal (lk_cpu_isa_name (lk_cpu_get_isa ()), wanted))
    return FALSE;
  printf ("1..0 # SKIP this processor has no %s\n", wanted);
  return TRUE;
}
