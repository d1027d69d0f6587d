/* LkPictureView: one picture as large as fits, to zoom into and to move about.
 *
 * The view is a zoom relative to "fits" (1) and the point of the picture in the middle, as shares of its width and height; so pictures
 * of different sizes can share a view. Wheel and pinch zoom about the pointer, dragging and touchpads move, a double click goes to
 * original size and back. The signal "view-changed" is emitted when a person changed the view, or the size of the widget its scale.
 *
 * It shows at once what is in memory, then what fits any window, and every pixel once the zoom needs them.
 */
#pragma once

#include <gtk/gtk.h>

#include "app/gallery/lk-textures.h"

G_BEGIN_DECLS

#define LK_TYPE_PICTURE_VIEW (lk_picture_view_get_type ())
G_DECLARE_FINAL_TYPE (LkPictureView, lk_picture_view, LK, PICTURE_VIEW, GtkWidget)

typedef struct
{
  double zoom;        /* 1: fits */
  double x, y;        /* 0.5, 0.5: the middle */
} LkView;

LkPictureView *lk_picture_view_new       (void) G_GNUC_WARN_UNUSED_RESULT;
/* Shows a picture, fitted. NULL: none. */
void           lk_picture_view_set_image (LkPictureView *self,
                                          LkTextures    *textures,
                                          LkImage       *image);
void           lk_picture_view_get_view  (LkPictureView *self,
                                          LkView        *view);
/* Clamped to what makes sense; emits nothing. */
void           lk_picture_view_set_view  (LkPictureView *self,
                                          const LkView  *view);
/* By a factor about the middle, to fit, or to `scale` screen pixels per picture pixel: as a person would. */
void           lk_picture_view_zoom_by   (LkPictureView *self,
                                          double         factor);
void           lk_picture_view_fit       (LkPictureView *self);
void           lk_picture_view_zoom_to   (LkPictureView *self,
                                          double         scale);
/* Screen pixels per picture pixel now; 0 while nothing is known. */
double         lk_picture_view_get_scale (LkPictureView *self);
/* Whether a picture is shown (not a placeholder): for tests. */
gboolean       lk_picture_view_is_loaded (LkPictureView *self);

G_END_DECLS
