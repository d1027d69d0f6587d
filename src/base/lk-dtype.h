/* The number types that tensors are stored in on a device, and their sizes. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  LK_DTYPE_F32,
  LK_DTYPE_F16,
  LK_DTYPE_I32,
} LkDtype;

/* Bytes of one element. */
static inline gsize
lk_dtype_get_size (LkDtype dtype)
{
  return dtype == LK_DTYPE_F16 ? 2 : 4;
}

G_END_DECLS
