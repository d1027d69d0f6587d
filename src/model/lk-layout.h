/* Turning arrays: files keep channels first, the engine channels last. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* [rows,columns] to [columns,rows], elements of `size` bytes. One sample [C,H·W] becomes [H·W,C], and the reverse. */
void lk_layout_transpose (gconstpointer from,
                          gpointer      to,
                          gsize         rows,
                          gsize         columns,
                          gsize         size);

G_END_DECLS
