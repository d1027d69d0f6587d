/* LkCaptionEditor: the caption of one picture: as text or as chips, saved as one types, with what is wrong below it.
 *
 * What is typed is saved after a pause, or when another picture is shown; "Saved" stands there only while the caption's file holds what the
 * editor shows. Typing in one caption is one step of undo within a minute; every other act is a step of its own.
 */
#pragma once

#include <adwaita.h>

#include "app/captions/lk-tag-source.h"

G_BEGIN_DECLS

#define LK_TYPE_CAPTION_EDITOR (lk_caption_editor_get_type ())
G_DECLARE_FINAL_TYPE (LkCaptionEditor, lk_caption_editor, LK, CAPTION_EDITOR, AdwBin)

void      lk_caption_editor_set_workspace (LkCaptionEditor *self,
                                           LkWorkspace     *workspace,
                                           LkTagSource     *source);
/* Saves what is not saved first. NULL: none. */
void      lk_caption_editor_set_image     (LkCaptionEditor *self,
                                           LkImage         *image);
/* At once. FALSE: it could not be, which was said; the editor still has the text. */
gboolean  lk_caption_editor_save          (LkCaptionEditor *self);
/* Whether the caption's file holds what is shown. */
gboolean  lk_caption_editor_is_saved      (LkCaptionEditor *self);
/* Adds the tag, or removes it where it is. */
void      lk_caption_editor_toggle_tag    (LkCaptionEditor *self,
                                           const char      *tag);
/* The n-th quick tag of the preferences, from 0. */
void      lk_caption_editor_toggle_quick_tag (LkCaptionEditor *self,
                                           guint            n);

G_END_DECLS
