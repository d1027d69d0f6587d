#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/window/lk-project-dialog.h"
#include "app/window/lk-project-form.h"
#include "base/lk-text.h"

struct _LkProjectDialog
{
  AdwDialog      parent_instance;

  LkWorkspace   *workspace;          /* owned */
  gboolean       is_updating;
  gboolean       is_asking;          /* about the captions */

  AdwComboRow   *resolution_row;
  AdwSwitchRow  *buckets_row;
  LkProjectForm *form;
};

G_DEFINE_FINAL_TYPE (LkProjectDialog, lk_project_dialog, ADW_TYPE_DIALOG)

/* 0: what suits the base model. */
static const guint resolutions[] = { 0, 512, 768, 1024 };

static void
update (LkProjectDialog *self)
{
  LkProject *project = lk_workspace_get_project (self->workspace);
  LkProjectInfo info = {
    .name = lk_project_get_name (project),
    .trigger = lk_project_get_trigger (project),
    .class_word = lk_project_get_class_word (project),
    .hair = lk_project_get_hair (project),
    .eyes = lk_project_get_eyes (project),
    .skin = lk_project_get_skin (project),
    .other_features = lk_project_get_other_features (project),
    .base_model = lk_project_get_base_model (project),
  };
  guint resolution = lk_project_get_resolution (project);
  guint suits = lk_project_get_base_advice (project)->resolution;
  g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);
  guint selected = 0;

  self->is_updating = TRUE;
  lk_project_form_set (self->form, &info);
  for (guint i = 0; i < G_N_ELEMENTS (resolutions); i++)
    {
      guint side = i == 0 ? suits : resolutions[i];
      g_autofree char *name = g_strdup_printf (i == 0 ? _("%u px, as suits the base model") : _("%u px"), side);

      gtk_string_list_append (names, name);
      if (i > 0 && resolutions[i] == resolution && resolution != suits)
        selected = i;
    }
  adw_combo_row_set_model (self->resolution_row, G_LIST_MODEL (names));
  adw_combo_row_set_selected (self->resolution_row, selected);
  adw_switch_row_set_active (self->buckets_row, lk_project_get_use_buckets (project));
  self->is_updating = FALSE;
}

/* ---- trigger ------------------------------------------------------------------------------------------------ */

static gboolean
has_word (const char *caption,
          const char *word)
{
  gsize length = strlen (word);

  for (const char *at = strstr (caption, word); at != NULL; at = strstr (at + 1, word))
    if ((at == caption || !g_ascii_isalnum (at[-1])) && !g_ascii_isalnum (at[length]))
      return TRUE;

  return FALSE;
}

static guint
count_captions_with (LkProject  *project,
                     const char *word)
{
  guint n_captions = 0;

  if (*word == '\0')
    return 0;
  for (guint i = 0; i < lk_project_get_n_images (project); i++)
    n_captions += has_word (lk_image_get_caption (lk_project_get_image (project, i)), word);

  return n_captions;
}

static void
set_trigger (LkProjectDialog *self,
             const char      *trigger,
             gboolean         in_captions)
{
  LkEdit *edit = lk_edit_new (lk_workspace_get_project (self->workspace), _("Change Trigger Word"));

  lk_edit_set_trigger (edit, trigger, in_captions);
  lk_workspace_apply (self->workspace, edit);
}

static void
trigger_answered_cb (LkProjectDialog *self,
                     const char      *response,
                     AdwAlertDialog  *dialog)
{
  const char *trigger = g_object_get_data (G_OBJECT (dialog), "trigger");

  self->is_asking = FALSE;
  if (g_str_equal (response, "captions"))
    set_trigger (self, trigger, TRUE);
  else if (g_str_equal (response, "only"))
    set_trigger (self, trigger, FALSE);
  update (self);
}

static void
change_trigger (LkProjectDialog *self,
                const char      *trigger)
{
  LkProject *project = lk_workspace_get_project (self->workspace);
  guint n_captions = count_captions_with (project, lk_project_get_trigger (project));
  g_autofree char *body = NULL;
  AdwAlertDialog *dialog;

  if (n_captions == 0)
    {
      set_trigger (self, trigger, FALSE);
      return;
    }

  body = g_strdup_printf (ngettext ("%u caption says “%s”. It can say “%s” instead; both are one step to undo.",
                                    "%u captions say “%s”. They can say “%s” instead; both are one step to undo.",
                                    n_captions),
                          n_captions, lk_project_get_trigger (project), trigger);
  dialog = ADW_ALERT_DIALOG (adw_alert_dialog_new (_("Change the Captions Too?"), body));
  adw_alert_dialog_add_responses (dialog,
                                  "cancel", _("_Cancel"),
                                  "only", _("Trigger _Only"),
                                  "captions", _("Change _Captions"),
                                  NULL);
  adw_alert_dialog_set_response_appearance (dialog, "captions", ADW_RESPONSE_SUGGESTED);
  adw_alert_dialog_set_default_response (dialog, "captions");
  adw_alert_dialog_set_close_response (dialog, "cancel");
  g_object_set_data_full (G_OBJECT (dialog), "trigger", g_strdup (trigger), g_free);
  g_signal_connect_object (dialog, "response", G_CALLBACK (trigger_answered_cb), self, G_CONNECT_SWAPPED);
  self->is_asking = TRUE;
  adw_dialog_present (ADW_DIALOG (dialog), GTK_WIDGET (self));
}

/* ---- edits -------------------------------------------------------------------------------------------------- */

static void
edited_cb (LkProjectDialog *self,
           guint            field)
{
  LkProject *project = lk_workspace_get_project (self->workspace);
  g_autofree char *name = NULL;
  g_autofree char *trigger = NULL;
  LkProjectInfo info;
  LkEdit *edit;

  if (self->is_updating || self->is_asking || lk_project_is_read_only (project))
    return;

  lk_project_form_get (self->form, &info);
  name = lk_text_strip (info.name, -1);
  trigger = lk_text_strip (info.trigger, -1);

  switch ((LkProjectField) field)
    {
    case LK_PROJECT_FIELD_NAME:
      if (*name == '\0')
        return;
      edit = lk_edit_new (project, _("Rename Project"));
      lk_edit_set_name (edit, name);
      break;

    case LK_PROJECT_FIELD_TRIGGER:
      if (*trigger != '\0' && !g_str_equal (trigger, lk_project_get_trigger (project)))
        change_trigger (self, trigger);
      return;

    case LK_PROJECT_FIELD_CLASS_WORD:
      edit = lk_edit_new (project, _("Change Class Word"));
      lk_edit_set_class_word (edit, info.class_word);
      break;

    case LK_PROJECT_FIELD_FEATURES:
      edit = lk_edit_new (project, _("Change Fixed Features"));
      lk_edit_set_features (edit, info.hair, info.eyes, info.skin, info.other_features);
      break;

    case LK_PROJECT_FIELD_BASE_MODEL:
      edit = lk_edit_new (project, _("Change Base Model"));
      lk_edit_set_base_model (edit, info.base_model);
      break;

    default:
      g_assert_not_reached ();
    }

  lk_workspace_apply (self->workspace, edit);
}

static void
resolution_selected_cb (LkProjectDialog *self)
{
  guint selected = adw_combo_row_get_selected (self->resolution_row);
  LkEdit *edit;

  if (self->is_updating || selected >= G_N_ELEMENTS (resolutions))
    return;

  edit = lk_edit_new (lk_workspace_get_project (self->workspace), _("Change Resolution"));
  lk_edit_set_resolution (edit, resolutions[selected]);
  lk_workspace_apply (self->workspace, edit);
}

static void
buckets_switched_cb (LkProjectDialog *self)
{
  LkEdit *edit;

  if (self->is_updating)
    return;

  edit = lk_edit_new (lk_workspace_get_project (self->workspace), _("Change Shape of Pictures"));
  lk_edit_set_use_buckets (edit, adw_switch_row_get_active (self->buckets_row));
  lk_workspace_apply (self->workspace, edit);
}

/* ---- dialog ------------------------------------------------------------------------------------------------- */

static void
lk_project_dialog_dispose (GObject *object)
{
  LkProjectDialog *self = LK_PROJECT_DIALOG (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_PROJECT_DIALOG);
  g_clear_object (&self->workspace);

  G_OBJECT_CLASS (lk_project_dialog_parent_class)->dispose (object);
}

static void
lk_project_dialog_class_init (LkProjectDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_project_dialog_dispose;

  g_type_ensure (LK_TYPE_PROJECT_FORM);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-project-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, LkProjectDialog, buckets_row);
  gtk_widget_class_bind_template_child (widget_class, LkProjectDialog, form);
  gtk_widget_class_bind_template_child (widget_class, LkProjectDialog, resolution_row);
  gtk_widget_class_bind_template_callback (widget_class, edited_cb);
  gtk_widget_class_bind_template_callback (widget_class, resolution_selected_cb);
  gtk_widget_class_bind_template_callback (widget_class, buckets_switched_cb);
}

static void
lk_project_dialog_init (LkProjectDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

LkProjectDialog *
lk_project_dialog_new (LkWorkspace *workspace)
{
  LkProjectDialog *self = g_object_new (LK_TYPE_PROJECT_DIALOG, NULL);
  LkProject *project = lk_workspace_get_project (workspace);

  self->workspace = g_object_ref (workspace);
  lk_project_form_set_editable (self->form, !lk_project_is_read_only (project));
  g_signal_connect_object (project, "notify", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);

  return self;
}
