#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/grids/lk-grids-page.h"
#include "app/window/lk-coming-page.h"

struct _LkGridsPage
{
  AdwBin parent_instance;
};

G_DEFINE_FINAL_TYPE (LkGridsPage, lk_grids_page, ADW_TYPE_BIN)

static void
lk_grids_page_class_init (LkGridsPageClass *klass)
{
}

static void
lk_grids_page_init (LkGridsPage *self)
{
}

LkGridsPage *
lk_grids_page_new (LkWorkspace *workspace)
{
  LkGridsPage *self = g_object_new (LK_TYPE_GRIDS_PAGE, NULL);

  adw_bin_set_child (ADW_BIN (self),
                     GTK_WIDGET (lk_coming_page_new (workspace, "lk-grids-symbolic", _("Test Grids"),
                                                     _("The same prompts and seeds at several strengths will be here, side by side, "
                                                       "to find the strength that keeps the likeness."),
                                                     NULL)));

  return self;
}
