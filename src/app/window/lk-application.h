/* LkApplication: the one instance of Likeness on a desktop, and its windows.
 *
 * D-Bus activatable. A window shows one project; opening a project that a window shows already presents that window.
 */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define LK_TYPE_APPLICATION (lk_application_get_type ())
G_DECLARE_FINAL_TYPE (LkApplication, lk_application, LK, APPLICATION, AdwApplication)

LkApplication *lk_application_new          (void) G_GNUC_WARN_UNUSED_RESULT;
/* Presents the window that shows the project in `folder`, or opens it: in `window` if that one shows none (may be NULL), else in a
 * new window. */
void           lk_application_open_project (LkApplication *self,
                                            GtkWindow     *window,
                                            GFile         *folder);

G_END_DECLS
