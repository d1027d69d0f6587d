/* LkProjectForm: what a person says about a character and its project: name, trigger and class word, fixed features, base model.
 *
 * Used for a new project and for the settings of an open one. It judges the trigger word as it is typed and says what a chosen
 * checkpoint is. The signal "edited" (field) is emitted when a field is complete: on Enter, when it loses the focus, or when
 * something was chosen; "changed" with every keystroke.
 */
#pragma once

#include <adwaita.h>

#include "project/lk-project.h"

G_BEGIN_DECLS

typedef enum
{
  LK_PROJECT_FIELD_NAME,
  LK_PROJECT_FIELD_TRIGGER,
  LK_PROJECT_FIELD_CLASS_WORD,
  LK_PROJECT_FIELD_FEATURES,
  LK_PROJECT_FIELD_BASE_MODEL,
} LkProjectField;

#define LK_TYPE_PROJECT_FORM (lk_project_form_get_type ())
G_DECLARE_FINAL_TYPE (LkProjectForm, lk_project_form, LK, PROJECT_FORM, GtkBox)

/* The strings belong to the form until it changes. */
void     lk_project_form_get          (LkProjectForm       *self,
                                       LkProjectInfo       *info);
/* Fills the form; emits nothing. */
void     lk_project_form_set          (LkProjectForm       *self,
                                       const LkProjectInfo *info);
/* Proposes a trigger word. */
void     lk_project_form_propose      (LkProjectForm       *self);
/* Whether a project can be made of it: a name and a usable trigger word. */
gboolean lk_project_form_is_complete  (LkProjectForm       *self);
void     lk_project_form_set_editable (LkProjectForm       *self,
                                       gboolean             editable);

G_END_DECLS
