#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/captions/lk-caption-finding.h"

struct _LkCaptionFinding
{
  AdwBin      parent_instance;

  LkFinding  *finding;      /* owned */
  gboolean    for_all;      /* of all its pictures, not of the one that is shown */
  gboolean    is_editable;

  GtkButton  *fix_button;
  GtkButton  *show_button;
  GtkImage   *icon;
  GtkLabel   *sentence;
};

G_DEFINE_FINAL_TYPE (LkCaptionFinding, lk_caption_finding, ADW_TYPE_BIN)

enum
{
  FIX,
  SHOW_PICTURES,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

gboolean
lk_finding_is_fixable (LkFinding *finding)
{
  switch (lk_finding_get_check (finding)->fix)
    {
    case LK_FIX_ADD_TRIGGER:
    case LK_FIX_TRIGGER_FIRST:
    case LK_FIX_ADD_FEATURE:
    case LK_FIX_REPLACE_WORD:
    case LK_FIX_REMOVE_WORD:
      return TRUE;
    case LK_FIX_WRITE_CAPTION:
      return g_str_equal (lk_finding_get_id (finding), "no-caption");
    default:
      return FALSE;
    }
}

LkFinding *
lk_caption_finding_get_finding (LkCaptionFinding *self)
{
  g_return_val_if_fail (LK_IS_CAPTION_FINDING (self), NULL);

  return self->finding;
}

static void
update_buttons (LkCaptionFinding *self)
{
  guint n = self->finding != NULL ? lk_finding_get_images (self->finding)->len : 0;
  gboolean is_fixable = self->finding != NULL && self->is_editable && lk_finding_is_fixable (self->finding);
  g_autofree char *fix = NULL, *show = NULL;

  if (is_fixable && self->for_all && n > 1)
    /* Translators: a fix ("Add the trigger"), and in how many pictures. */
    fix = g_strdup_printf (_("%s in All %u"), lk_finding_get_check (self->finding)->fix_label, n);
  else if (is_fixable)
    fix = g_strdup (lk_finding_get_check (self->finding)->fix_label);
  if (self->for_all && n > 0)
    show = g_strdup_printf (ngettext ("Show %u Picture", "Show %u Pictures", n), n);

  gtk_widget_set_visible (GTK_WIDGET (self->fix_button), fix != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->show_button), show != NULL);
  gtk_label_set_label (GTK_LABEL (gtk_button_get_child (self->fix_button)), fix != NULL ? fix : "");
  gtk_label_set_label (GTK_LABEL (gtk_button_get_child (self->show_button)), show != NULL ? show : "");
}

void
lk_caption_finding_set_finding (LkCaptionFinding *self,
                                LkFinding        *finding)
{
  static const char * const icons[] = { NULL, "lk-hint-symbolic", "dialog-warning-symbolic", "dialog-error-symbolic" };
  static const char * const classes[] = { "dimmed", "dimmed", "warning", "error" };
  const char *words[] = { "", _("Hint"), _("Warning"), _("Error") };
  LkSeverity severity = finding != NULL ? lk_finding_get_severity (finding) : LK_SEVERITY_NONE;

  g_return_if_fail (LK_IS_CAPTION_FINDING (self));

  g_set_object (&self->finding, finding);
  gtk_label_set_label (self->sentence, finding != NULL ? lk_finding_get_sentence (finding) : "");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->sentence), finding != NULL ? lk_finding_get_check (finding)->why : NULL);
  gtk_image_set_from_icon_name (self->icon, icons[severity]);
  gtk_widget_set_css_classes (GTK_WIDGET (self->icon), (const char *[]) { classes[severity], NULL });
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->icon), GTK_ACCESSIBLE_PROPERTY_LABEL, words[severity], -1);
  update_buttons (self);
}

void
lk_caption_finding_set_editable (LkCaptionFinding *self,
                                 gboolean          is_editable)
{
  g_return_if_fail (LK_IS_CAPTION_FINDING (self));

  self->is_editable = is_editable;
  update_buttons (self);
}

static void
fix_cb (LkCaptionFinding *self)
{
  g_signal_emit (self, signals[FIX], 0);
}

static void
show_cb (LkCaptionFinding *self)
{
  g_signal_emit (self, signals[SHOW_PICTURES], 0);
}

static void
lk_caption_finding_dispose (GObject *object)
{
  LkCaptionFinding *self = LK_CAPTION_FINDING (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_CAPTION_FINDING);
  g_clear_object (&self->finding);

  G_OBJECT_CLASS (lk_caption_finding_parent_class)->dispose (object);
}

static void
lk_caption_finding_class_init (LkCaptionFindingClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_caption_finding_dispose;

  signals[FIX] = g_signal_new ("fix", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SHOW_PICTURES] = g_signal_new ("show-pictures", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-caption-finding.ui");
  gtk_widget_class_bind_template_child (widget_class, LkCaptionFinding, fix_button);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionFinding, icon);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionFinding, sentence);
  gtk_widget_class_bind_template_child (widget_class, LkCaptionFinding, show_button);
  gtk_widget_class_bind_template_callback (widget_class, fix_cb);
  gtk_widget_class_bind_template_callback (widget_class, show_cb);
}

static void
lk_caption_finding_init (LkCaptionFinding *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->is_editable = TRUE;
}

LkCaptionFinding *
lk_caption_finding_new (gboolean for_all)
{
  LkCaptionFinding *self = g_object_new (LK_TYPE_CAPTION_FINDING, NULL);

  self->for_all = for_all;
  return self;
}
