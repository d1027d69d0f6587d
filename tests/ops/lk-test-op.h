/* Runs one op on a device and holds it to a reference: its output to the formula in fp64, its gradients to central differences of
 * that formula. A case gives shapes, how to build the op, and the formula.
 */
#pragma once

#include "ops/lk-ops.h"

#define LK_TEST_MAX_INPUTS 4

typedef struct _LkTestOp LkTestOp;

struct _LkTestOp
{
  const char *name;
  guint       n_inputs;
  struct
  {
    guint     n_dims;
    gsize     dims[LK_MAX_DIMS];
    gboolean  is_f16;           /* stored in F16; frozen */
    gboolean  is_frozen;        /* no gradient is asked for */
    double    mean, deviation;  /* of its random values; deviation 0 stands for 1 */
  } inputs[LK_TEST_MAX_INPUTS];
  int         numbers[4];       /* what the builder and the formula need besides */
  double      number;

  LkTensor *(*build)   (LkGraph        *graph,
                        const LkTestOp *test,
                        LkTensor      **inputs);
  void      (*formula) (const LkTestOp *test,
                        double        **inputs,
                        double         *output);
  double      bound;            /* NMSE of the output; 0 stands for 1e-11 */
  double      gradient_bound;   /* 0 stands for 1e-10 */
};

/* Σ (actual - expected)² / Σ expected², or the mean square where expected is all zero. */
double lk_test_nmse   (const float    *actual,
                       const double   *expected,
                       gsize           n);

/* Runs `test` on `device`; fails with the input's number and the error where a bound is passed. `fault` scales the first weight of the
 * output's gradient and the first output by 1 + fault: 0 in honest runs, and a run with it must fail: returns whether all bounds held. */
gboolean lk_test_op_holds (const LkTestOp *test,
                           LkDevice       *device,
                           double          fault);
