/* What `likeness-cli verify` computes on a device: every op forward and backward, and a short training run. */
#pragma once

#include "graph/lk-device.h"

G_BEGIN_DECLS

/* One array of numbers. */
typedef struct
{
  char     *name;               /* owned: "linear 37x129x65: gradient 0" */
  float    *values;             /* owned */
  gsize     n;
  gboolean  is_gradient;        /* or what gradients led to: held to the looser bound */
} LkVerifyArray;

void     lk_verify_array_free (LkVerifyArray   *array);
/* Takes `name` and `values`. */
void     lk_verify_add_array  (GPtrArray       *arrays,
                               char            *name,
                               float           *values,
                               gsize            n,
                               gboolean         is_gradient);

/* Called before each case, with its name; at the end with NULL, done being total. */
typedef void (*LkVerifyFunc)  (const char      *name,
                               guint            done,
                               guint            total,
                               gpointer         data);

/* Appends LkVerifyArrays to `arrays`: the same names and lengths on every device, from the same inputs. */
gboolean lk_verify_ops        (LkDevice        *device,
                               GPtrArray       *arrays,
                               LkVerifyFunc     func,
                               gpointer         data,
                               GError         **error);

/* Trains a small LoRA on the starter model for a few steps and appends the losses and the LoRA. */
gboolean lk_verify_training   (LkDevice        *device,
                               GPtrArray       *arrays,
                               LkVerifyFunc     func,
                               gpointer         data,
                               GError         **error);

G_END_DECLS
