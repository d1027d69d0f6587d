/* LkStackRow: one LoRA of a stack: whether it is on, its name and kind, its strengths, and what is wrong with its file.
 *
 * The signals "move" (from, to) and "remove" (position) ask the page to change the stack.
 */
#pragma once

#include <gtk/gtk.h>

#include "generate/lk-stack.h"

G_BEGIN_DECLS

#define LK_TYPE_STACK_ROW (lk_stack_row_get_type ())
G_DECLARE_FINAL_TYPE (LkStackRow, lk_stack_row, LK, STACK_ROW, GtkListBoxRow)

LkStackRow *lk_stack_row_new         (LkStackEntry *entry) G_GNUC_WARN_UNUSED_RESULT;
/* Looks on a thread whether the file is there and was made for this base model ("starter" or a path), and says what is not so. */
void        lk_stack_row_look        (LkStackRow   *self,
                                      const char   *base);
/* A sentence, "" while nothing is known to be wrong. */
const char *lk_stack_row_get_problem (LkStackRow   *self);

G_END_DECLS
