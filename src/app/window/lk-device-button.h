/* LkDeviceButton: the device in use, at the foot of the sidebar; it leads to the preferences. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define LK_TYPE_DEVICE_BUTTON (lk_device_button_get_type ())
G_DECLARE_FINAL_TYPE (LkDeviceButton, lk_device_button, LK, DEVICE_BUTTON, GtkButton)

G_END_DECLS
