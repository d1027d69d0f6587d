/* LkPageRow: a page of the project in the sidebar: its icon and name, how many things it holds, and what state it is in. */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

typedef enum
{
  LK_PAGE_STATUS_NONE,
  LK_PAGE_STATUS_BUSY,          /* something is being made: a ring turns */
  LK_PAGE_STATUS_WARNING,
  LK_PAGE_STATUS_ERROR,
} LkPageStatus;

#define LK_TYPE_PAGE_ROW (lk_page_row_get_type ())
G_DECLARE_FINAL_TYPE (LkPageRow, lk_page_row, LK, PAGE_ROW, GtkListBoxRow)

const char *lk_page_row_get_page   (LkPageRow    *self);
const char *lk_page_row_get_label  (LkPageRow    *self);
/* `count` is shown as it is ("24"), NULL or "" hides it. `description` says the status in words; NULL for NONE. */
void        lk_page_row_set_status (LkPageRow    *self,
                                    const char   *count,
                                    LkPageStatus  status,
                                    const char   *description);

G_END_DECLS
