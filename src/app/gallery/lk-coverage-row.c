#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/gallery/lk-coverage-row.h"
#include "app/widgets/lk-range-bar.h"

struct _LkCoverageRow
{
  GtkListBoxRow  parent_instance;

  LkShot         shot;

  LkRangeBar    *bar;
  GtkLabel      *count;
  GtkLabel      *name;
};

G_DEFINE_FINAL_TYPE (LkCoverageRow, lk_coverage_row, GTK_TYPE_LIST_BOX_ROW)

LkShot
lk_coverage_row_get_shot (LkCoverageRow *self)
{
  g_return_val_if_fail (LK_IS_COVERAGE_ROW (self), LK_SHOT_NOT_SET);

  return self->shot;
}

void
lk_coverage_row_set_count (LkCoverageRow *self,
                           guint          count)
{
  g_autofree char *text = NULL;
  g_autofree char *label = NULL;
  guint least, most;

  g_return_if_fail (LK_IS_COVERAGE_ROW (self));

  if (lk_shot_get_range (self->shot, &least, &most))
    {
      /* Translators: pictures of a type there are, and the range there should be. */
      text = g_strdup_printf (_("%u of %u–%u"), count, least, most);
      lk_range_bar_set (self->bar, count, least, most);
      if (count < least)
        gtk_widget_add_css_class (GTK_WIDGET (self->bar), "warning");
      else
        gtk_widget_remove_css_class (GTK_WIDGET (self->bar), "warning");
    }
  else
    {
      text = g_strdup_printf ("%u", count);
      gtk_widget_set_visible (GTK_WIDGET (self->bar), FALSE);
    }

  gtk_label_set_label (self->count, text);
  label = g_strdup_printf ("%s, %s", lk_shot_get_name (self->shot), text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
}

static void
lk_coverage_row_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), LK_TYPE_COVERAGE_ROW);

  G_OBJECT_CLASS (lk_coverage_row_parent_class)->dispose (object);
}

static void
lk_coverage_row_class_init (LkCoverageRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_coverage_row_dispose;

  g_type_ensure (LK_TYPE_RANGE_BAR);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-coverage-row.ui");
  gtk_widget_class_bind_template_child (widget_class, LkCoverageRow, bar);
  gtk_widget_class_bind_template_child (widget_class, LkCoverageRow, count);
  gtk_widget_class_bind_template_child (widget_class, LkCoverageRow, name);
}

static void
lk_coverage_row_init (LkCoverageRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

LkCoverageRow *
lk_coverage_row_new (LkShot shot)
{
  LkCoverageRow *self = g_object_new (LK_TYPE_COVERAGE_ROW, NULL);

  self->shot = shot;
  gtk_label_set_label (self->name, lk_shot_get_name (shot));
  lk_coverage_row_set_count (self, 0);

  return self;
}
