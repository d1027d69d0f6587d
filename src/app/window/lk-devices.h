/* LkDevices: what can train and draw on this machine, in words for people.
 *
 * Asking Vulkan's drivers takes a moment, so it is done once, on a thread; until it is done the CPU is the only choice shown.
 * The list holds LkDeviceChoice objects: automatic, the CPU, then each Vulkan device.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define LK_TYPE_DEVICE_CHOICE (lk_device_choice_get_type ())
G_DECLARE_FINAL_TYPE (LkDeviceChoice, lk_device_choice, LK, DEVICE_CHOICE, GObject)

const char *lk_device_choice_get_spec  (LkDeviceChoice *self);   /* what lk_device_open () takes */
const char *lk_device_choice_get_label (LkDeviceChoice *self);   /* "CPU · 8 threads", "RTX 3060 · 12.0 GB" */
const char *lk_device_choice_get_hint  (LkDeviceChoice *self);   /* a sentence, or NULL */

#define LK_TYPE_DEVICES (lk_devices_get_type ())
G_DECLARE_FINAL_TYPE (LkDevices, lk_devices, LK, DEVICES, GObject)

/* The one list of this process; the caller owns a reference. */
LkDevices      *lk_devices_get_default (void);
/* Emits items-changed once, when the drivers have answered. */
GListModel     *lk_devices_get_model   (LkDevices  *self);
/* The choice that `spec` means, "auto" resolved to the device it takes. Never NULL: a device that is gone counts as automatic. */
LkDeviceChoice *lk_devices_resolve     (LkDevices  *self,
                                        const char *spec);

G_END_DECLS
