#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/window/lk-device-button.h"
#include "app/window/lk-devices.h"

struct _LkDeviceButton
{
  GtkButton  parent_instance;

  GSettings *settings;      /* owned */
  LkDevices *devices;       /* owned */

  GtkLabel  *label;
};

G_DEFINE_FINAL_TYPE (LkDeviceButton, lk_device_button, GTK_TYPE_BUTTON)

static void
update (LkDeviceButton *self)
{
  g_autofree char *spec = g_settings_get_string (self->settings, "device");
  g_autoptr (LkDeviceChoice) choice = lk_devices_resolve (self->devices, spec);
  const char *hint = lk_device_choice_get_hint (choice);
  g_autofree char *name = g_strdup_printf (_("Device: %s"), lk_device_choice_get_label (choice));

  gtk_label_set_label (self->label, lk_device_choice_get_label (choice));
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), hint != NULL ? hint : lk_device_choice_get_label (choice));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}

static void
lk_device_button_dispose (GObject *object)
{
  LkDeviceButton *self = LK_DEVICE_BUTTON (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_DEVICE_BUTTON);
  g_clear_object (&self->settings);
  g_clear_object (&self->devices);

  G_OBJECT_CLASS (lk_device_button_parent_class)->dispose (object);
}

static void
lk_device_button_class_init (LkDeviceButtonClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_device_button_dispose;

  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-device-button.ui");
  gtk_widget_class_bind_template_child (widget_class, LkDeviceButton, label);
}

static void
lk_device_button_init (LkDeviceButton *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));

  self->settings = g_settings_new (APP_ID);
  self->devices = lk_devices_get_default ();
  g_signal_connect_object (self->settings, "changed::device", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (lk_devices_get_model (self->devices), "items-changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
}
