/* What `likeness-cli verify` computes on a device: every op forward and backward. */
#pragma once

#include "graph/lk-device.h"

G_BEGIN_DECLS

/* One array of numbers. */
typedef struct
{
  char     *name;               /* owned: "linear 37x129x65: gradient 0" */
  float    *values;             /* owned */
  gsize     n;
  gboolean  is_gradient;        /* held to the looser bound */
} LkVerifyArray;

void     lk_verify_array_free (LkVerifyArray   *array);

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

G_END_DECLS
