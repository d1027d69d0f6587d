#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/playground/lk-playground-page.h"
#include "app/window/lk-coming-page.h"

struct _LkPlaygroundPage
{
  AdwBin parent_instance;
};

G_DEFINE_FINAL_TYPE (LkPlaygroundPage, lk_playground_page, ADW_TYPE_BIN)

static void
lk_playground_page_class_init (LkPlaygroundPageClass *klass)
{
}

static void
lk_playground_page_init (LkPlaygroundPage *self)
{
}

LkPlaygroundPage *
lk_playground_page_new (LkWorkspace *workspace)
{
  LkPlaygroundPage *self = g_object_new (LK_TYPE_PLAYGROUND_PAGE, NULL);

  adw_bin_set_child (ADW_BIN (self),
                     GTK_WIDGET (lk_coming_page_new (workspace, "lk-playground-symbolic", _("Playground"),
                                                     _("Stacks of LoRAs with a slider each, and the picture they draw together, will be here."),
                                                     NULL)));

  return self;
}
