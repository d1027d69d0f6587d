/* Ways for pictures to come in: file dialogs, the clipboard, drops. The workspace does the import and tells the result. */
#pragma once

#include <gtk/gtk.h>

#include "app/window/lk-workspace.h"

G_BEGIN_DECLS

void     lk_import_choose_files  (LkWorkspace  *workspace,
                                  GtkWidget    *parent);
void     lk_import_choose_folder (LkWorkspace  *workspace,
                                  GtkWidget    *parent);
/* Files or a picture. Says so where there is neither. */
void     lk_import_clipboard     (LkWorkspace  *workspace,
                                  GdkClipboard *clipboard);
/* A GdkFileList or a GdkTexture; FALSE: neither. */
gboolean lk_import_value         (LkWorkspace  *workspace,
                                  const GValue *value);

G_END_DECLS
