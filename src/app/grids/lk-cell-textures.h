/* LkCellTextures: pictures of a grid's folder as textures, made on threads, no larger than they are shown, the last asked for first.
 *
 * Files of cells never change under their names, so what is in memory is right. The least recently drawn go when there are too many. Belongs to the
 * main thread. The signal "ready" is emitted when textures have come, at most once a turn of the main loop.
 */
#pragma once

#include <gdk/gdk.h>

G_BEGIN_DECLS

#define LK_TYPE_CELL_TEXTURES (lk_cell_textures_get_type ())
G_DECLARE_FINAL_TYPE (LkCellTextures, lk_cell_textures, LK, CELL_TEXTURES, GObject)

LkCellTextures *lk_cell_textures_new (void);
/* The best that is in memory, owned by the service; a sharper one is asked for where `pixels` of the longer side need it. `failed` is set where the
 * file cannot be read. */
GdkTexture     *lk_cell_textures_get (LkCellTextures *self,
                                      const char     *path,
                                      guint           pixels,
                                      gboolean       *failed);
/* What was asked for and is not begun is not wanted any more: before a new view is drawn. */
void            lk_cell_textures_forget_waiting (LkCellTextures *self);
gsize           lk_cell_textures_get_bytes (LkCellTextures *self);

G_END_DECLS
