#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/widgets/lk-stars.h"

#define N_STARS 5

struct _LkStars
{
  GtkWidget  parent_instance;

  guint      rating;

  GtkWidget *buttons[N_STARS];
};

G_DEFINE_FINAL_TYPE (LkStars, lk_stars, GTK_TYPE_WIDGET)

enum
{
  RATED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

void
lk_stars_set_rating (LkStars *self,
                     guint    rating)
{
  g_return_if_fail (LK_IS_STARS (self));

  self->rating = rating;
  for (guint i = 0; i < N_STARS; i++)
    {
      gboolean is_on = i < rating;

      gtk_button_set_icon_name (GTK_BUTTON (self->buttons[i]), is_on ? "starred-symbolic" : "non-starred-symbolic");
      gtk_accessible_update_state (GTK_ACCESSIBLE (self->buttons[i]), GTK_ACCESSIBLE_STATE_PRESSED,
                                   is_on ? GTK_ACCESSIBLE_TRISTATE_TRUE : GTK_ACCESSIBLE_TRISTATE_FALSE, -1);
    }
}

static void
clicked_cb (LkStars   *self,
            GtkWidget *button)
{
  for (guint i = 0; i < N_STARS; i++)
    if (self->buttons[i] == button)
      g_signal_emit (self, signals[RATED], 0, i + 1 == self->rating ? 0 : i + 1);
}

static void
lk_stars_dispose (GObject *object)
{
  LkStars *self = LK_STARS (object);

  for (guint i = 0; i < N_STARS; i++)
    g_clear_pointer (&self->buttons[i], gtk_widget_unparent);

  G_OBJECT_CLASS (lk_stars_parent_class)->dispose (object);
}

static void
lk_stars_class_init (LkStarsClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_stars_dispose;

  signals[RATED] = g_signal_new ("rated", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);

  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BOX_LAYOUT);
  gtk_widget_class_set_css_name (widget_class, "stars");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
}

static void
lk_stars_init (LkStars *self)
{
  for (guint i = 0; i < N_STARS; i++)
    {
      g_autofree char *label = g_strdup_printf (ngettext ("%u Star", "%u Stars", i + 1), i + 1);

      self->buttons[i] = gtk_button_new ();
      gtk_widget_add_css_class (self->buttons[i], "flat");
      gtk_widget_add_css_class (self->buttons[i], "circular");
      gtk_widget_set_valign (self->buttons[i], GTK_ALIGN_CENTER);
      gtk_widget_set_tooltip_text (self->buttons[i], label);
      gtk_accessible_update_property (GTK_ACCESSIBLE (self->buttons[i]), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
      g_signal_connect_object (self->buttons[i], "clicked", G_CALLBACK (clicked_cb), self, G_CONNECT_SWAPPED);
      gtk_widget_set_parent (self->buttons[i], GTK_WIDGET (self));
    }
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Rating"), -1);
  lk_stars_set_rating (self, 0);
}
