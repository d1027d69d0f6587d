#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include "app/captions/lk-quick-tags-dialog.h"

#include "project/lk-tags.h"

struct _LkQuickTagsDialog
{
  AdwDialog    parent_instance;

  GSettings   *settings;      /* owned */

  AdwEntryRow *entry;
};

G_DEFINE_FINAL_TYPE (LkQuickTagsDialog, lk_quick_tags_dialog, ADW_TYPE_DIALOG)

static void
apply_cb (LkQuickTagsDialog *self)
{
  g_autoptr (LkTags) tags = lk_tags_new (gtk_editable_get_text (GTK_EDITABLE (self->entry)));
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) names = NULL;

  for (guint i = 0; i < lk_tags_get_n (tags); i++)
    g_strv_builder_add (builder, lk_tags_get (tags, i));
  names = g_strv_builder_end (builder);
  g_settings_set_strv (self->settings, "quick-tags", (const char * const *) names);
  adw_dialog_close (ADW_DIALOG (self));
}

static void
lk_quick_tags_dialog_dispose (GObject *object)
{
  LkQuickTagsDialog *self = LK_QUICK_TAGS_DIALOG (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_QUICK_TAGS_DIALOG);
  g_clear_object (&self->settings);

  G_OBJECT_CLASS (lk_quick_tags_dialog_parent_class)->dispose (object);
}

static void
lk_quick_tags_dialog_class_init (LkQuickTagsDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_quick_tags_dialog_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-quick-tags-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, LkQuickTagsDialog, entry);
  gtk_widget_class_bind_template_callback (widget_class, apply_cb);
}

static void
lk_quick_tags_dialog_init (LkQuickTagsDialog *self)
{
  g_auto (GStrv) tags = NULL;
  g_autofree char *text = NULL;

  gtk_widget_init_template (GTK_WIDGET (self));
  self->settings = g_settings_new (APP_ID);
  tags = g_settings_get_strv (self->settings, "quick-tags");
  text = g_strjoinv (", ", tags);
  gtk_editable_set_text (GTK_EDITABLE (self->entry), text);
}

LkQuickTagsDialog *
lk_quick_tags_dialog_new (void)
{
  return g_object_new (LK_TYPE_QUICK_TAGS_DIALOG, NULL);
}
