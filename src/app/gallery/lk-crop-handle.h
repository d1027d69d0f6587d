/* LkCropHandle: a part of a crop rectangle that can be taken hold of: a corner, an edge, or its inside.
 *
 * With the focus, arrow keys move it by 1 pixel, with Shift by 10. The signal "moved" (dx, dy) tells by how many pixels.
 */
#pragma once

#include <gtk/gtk.h>

#include "app/gallery/lk-crop-box.h"

G_BEGIN_DECLS

#define LK_TYPE_CROP_HANDLE (lk_crop_handle_get_type ())
G_DECLARE_FINAL_TYPE (LkCropHandle, lk_crop_handle, LK, CROP_HANDLE, GtkWidget)

LkCropHandle *lk_crop_handle_new       (LkEdges       edges) G_GNUC_WARN_UNUSED_RESULT;
LkEdges       lk_crop_handle_get_edges (LkCropHandle *self);
/* What a screen reader says of it: the rectangle it belongs to, in a frame of that size. */
void          lk_crop_handle_set_value (LkCropHandle *self,
                                        LkBox         box,
                                        guint         frame_width,
                                        guint         frame_height);

G_END_DECLS
