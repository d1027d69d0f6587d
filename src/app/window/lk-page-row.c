#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/window/lk-page-row.h"

struct _LkPageRow
{
  GtkListBoxRow  parent_instance;

  char          *page;

  AdwSpinner    *spinner;
  GtkImage      *icon;
  GtkLabel      *label;
  GtkLabel      *count;
  GtkImage      *status;
};

G_DEFINE_FINAL_TYPE (LkPageRow, lk_page_row, GTK_TYPE_LIST_BOX_ROW)

enum
{
  PROP_PAGE = 1,
  PROP_ICON_NAME,
  PROP_LABEL,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

const char *
lk_page_row_get_page (LkPageRow *self)
{
  g_return_val_if_fail (LK_IS_PAGE_ROW (self), NULL);

  return self->page;
}

const char *
lk_page_row_get_label (LkPageRow *self)
{
  g_return_val_if_fail (LK_IS_PAGE_ROW (self), NULL);

  return gtk_label_get_label (self->label);
}

void
lk_page_row_set_status (LkPageRow    *self,
                        const char   *count,
                        LkPageStatus  status,
                        const char   *description)
{
  static const char * const icons[] = { NULL, NULL, "dialog-warning-symbolic", "dialog-error-symbolic" };
  static const char * const classes[] = { NULL, NULL, "warning", "error" };
  gboolean has_count = count != NULL && *count != '\0';
  g_autofree char *name = NULL;

  g_return_if_fail (LK_IS_PAGE_ROW (self));

  gtk_label_set_label (self->count, has_count ? count : "");
  gtk_widget_set_visible (GTK_WIDGET (self->count), has_count);

  gtk_image_set_from_icon_name (self->status, icons[status]);
  gtk_widget_set_visible (GTK_WIDGET (self->status), icons[status] != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->spinner), status == LK_PAGE_STATUS_BUSY);
  gtk_widget_remove_css_class (GTK_WIDGET (self->status), "warning");
  gtk_widget_remove_css_class (GTK_WIDGET (self->status), "error");
  if (classes[status] != NULL)
    gtk_widget_add_css_class (GTK_WIDGET (self->status), classes[status]);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->status), description);

  /* One name for the row, so that a screen reader reads it as a sentence. */
  if (has_count && description != NULL)
    name = g_strdup_printf ("%s, %s, %s", lk_page_row_get_label (self), count, description);
  else if (has_count || description != NULL)
    name = g_strdup_printf ("%s, %s", lk_page_row_get_label (self), has_count ? count : description);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, name ? name : lk_page_row_get_label (self),
                                  -1);
}

static void
lk_page_row_set_property (GObject      *object,
                          guint         prop_id,
                          const GValue *value,
                          GParamSpec   *pspec)
{
  LkPageRow *self = LK_PAGE_ROW (object);

  switch (prop_id)
    {
    case PROP_PAGE:
      g_set_str (&self->page, g_value_get_string (value));
      break;

    case PROP_ICON_NAME:
      gtk_image_set_from_icon_name (self->icon, g_value_get_string (value));
      break;

    case PROP_LABEL:
      gtk_label_set_label (self->label, g_value_get_string (value));
      lk_page_row_set_status (self, NULL, LK_PAGE_STATUS_NONE, NULL);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
lk_page_row_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), LK_TYPE_PAGE_ROW);

  G_OBJECT_CLASS (lk_page_row_parent_class)->dispose (object);
}

static void
lk_page_row_finalize (GObject *object)
{
  LkPageRow *self = LK_PAGE_ROW (object);

  g_free (self->page);

  G_OBJECT_CLASS (lk_page_row_parent_class)->finalize (object);
}

static void
lk_page_row_class_init (LkPageRowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->set_property = lk_page_row_set_property;
  object_class->dispose = lk_page_row_dispose;
  object_class->finalize = lk_page_row_finalize;

  properties[PROP_PAGE] = g_param_spec_string ("page", NULL, NULL, NULL, G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_ICON_NAME] = g_param_spec_string ("icon-name", NULL, NULL, NULL, G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_LABEL] = g_param_spec_string ("label", NULL, NULL, NULL, G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-page-row.ui");
  gtk_widget_class_bind_template_child (widget_class, LkPageRow, icon);
  gtk_widget_class_bind_template_child (widget_class, LkPageRow, label);
  gtk_widget_class_bind_template_child (widget_class, LkPageRow, count);
  gtk_widget_class_bind_template_child (widget_class, LkPageRow, spinner);
  gtk_widget_class_bind_template_child (widget_class, LkPageRow, status);
}

static void
lk_page_row_init (LkPageRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}
