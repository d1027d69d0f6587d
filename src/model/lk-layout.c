/* lk-layout.c: see the header. */
#define G_LOG_DOMAIN "likeness-model"

#include "config.h"

#include "model/lk-layout.h"

void
lk_layout_transpose (gconstpointer from,
                     gpointer      to,
                     gsize         rows,
                     gsize         columns,
                     gsize         size)
{
  g_assert (size == 2 || size == 4);

  if (size == 2)
    for (gsize j = 0; j < columns; j++)
      for (gsize i = 0; i < rows; i++)
        ((guint16 *) to)[j * rows + i] = ((const guint16 *) from)[i * columns + j];
  else
    for (gsize j = 0; j < columns; j++)
      for (gsize i = 0; i < rows; i++)
        ((guint32 *) to)[j * rows + i] = ((const guint32 *) from)[i * columns + j];
}
