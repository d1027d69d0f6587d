#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/gallery/lk-decide.h"

/* Takes `title`, which says what and how many: "Keep 3 Pictures". */
static LkEdit *
begin (LkWorkspace *workspace,
       char        *title)
{
  g_autofree char *owned = title;

  return lk_edit_new (lk_workspace_get_project (workspace), owned);
}

void
lk_decide_state (LkWorkspace *workspace,
                 GPtrArray   *images,
                 LkState      state)
{
  LkEdit *edit;

  g_return_if_fail (LK_IS_WORKSPACE (workspace));

  if (state == LK_STATE_KEEP)
    edit = begin (workspace, g_strdup_printf (ngettext ("Keep %u Picture", "Keep %u Pictures", images->len), images->len));
  else if (state == LK_STATE_REJECT)
    edit = begin (workspace, g_strdup_printf (ngettext ("Reject %u Picture", "Reject %u Pictures", images->len), images->len));
  else
    edit = begin (workspace, g_strdup_printf (ngettext ("Make %u Picture Undecided", "Make %u Pictures Undecided", images->len), images->len));

  for (guint i = 0; i < images->len; i++)
    lk_edit_set_state (edit, g_ptr_array_index (images, i), state);
  lk_workspace_apply (workspace, edit);
}

void
lk_decide_rating (LkWorkspace *workspace,
                  GPtrArray   *images,
                  guint        rating)
{
  LkEdit *edit;

  g_return_if_fail (LK_IS_WORKSPACE (workspace));

  edit = begin (workspace, g_strdup_printf (ngettext ("Rate %u Picture", "Rate %u Pictures", images->len), images->len));
  for (guint i = 0; i < images->len; i++)
    lk_edit_set_rating (edit, g_ptr_array_index (images, i), rating);
  lk_workspace_apply (workspace, edit);
}

void
lk_decide_clear (LkWorkspace *workspace,
                 GPtrArray   *images)
{
  LkEdit *edit;

  g_return_if_fail (LK_IS_WORKSPACE (workspace));

  edit = begin (workspace, g_strdup_printf (ngettext ("Clear Decision on %u Picture", "Clear Decision on %u Pictures", images->len), images->len));
  for (guint i = 0; i < images->len; i++)
    {
      lk_edit_set_state (edit, g_ptr_array_index (images, i), LK_STATE_UNDECIDED);
      lk_edit_set_rating (edit, g_ptr_array_index (images, i), 0);
    }
  lk_workspace_apply (workspace, edit);
}

void
lk_decide_shot (LkWorkspace *workspace,
                GPtrArray   *images,
                LkShot       shot)
{
  LkEdit *edit;

  g_return_if_fail (LK_IS_WORKSPACE (workspace));

  edit = begin (workspace, g_strdup_printf (ngettext ("Set Shot Type of %u Picture", "Set Shot Type of %u Pictures", images->len), images->len));
  for (guint i = 0; i < images->len; i++)
    lk_edit_set_shot (edit, g_ptr_array_index (images, i), shot);
  lk_workspace_apply (workspace, edit);
}

void
lk_decide_remove (LkWorkspace *workspace,
                  GPtrArray   *images)
{
  LkEdit *edit;

  g_return_if_fail (LK_IS_WORKSPACE (workspace));

  if (images->len == 0)
    return;

  edit = begin (workspace, g_strdup_printf (ngettext ("Remove %u Picture", "Remove %u Pictures", images->len), images->len));
  for (guint i = 0; i < images->len; i++)
    lk_edit_remove (edit, g_ptr_array_index (images, i));
  lk_workspace_apply_undoable (workspace, edit, LK_STEP_REMOVE, images->len);
}

void
lk_decide_uncrop (LkWorkspace *workspace,
                  GPtrArray   *images)
{
  LkEdit *edit;

  g_return_if_fail (LK_IS_WORKSPACE (workspace));

  edit = begin (workspace, g_strdup_printf (ngettext ("Take Back the Crop of %u Picture", "Take Back the Crop of %u Pictures", images->len), images->len));
  for (guint i = 0; i < images->len; i++)
    lk_edit_set_crop (edit, g_ptr_array_index (images, i), NULL);
  lk_workspace_apply (workspace, edit);
}
