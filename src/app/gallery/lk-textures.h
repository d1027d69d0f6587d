/* LkTextures: pictures as textures of the size that is needed, made on worker threads, newest request first.
 *
 * A texture shows what the crop keeps, on white where the picture is transparent. It lies in memory (least recently used go first,
 * counted in bytes); small ones also as JPEGs in the project's cache, under a name made of the picture's file, its time and its crop:
 * a change makes a new one, and the folder may be deleted at any time. Belongs to the main thread.
 */
#pragma once

#include <gdk/gdk.h>

#include "project/lk-image.h"

G_BEGIN_DECLS

#define LK_TYPE_TEXTURES (lk_textures_get_type ())
G_DECLARE_FINAL_TYPE (LkTextures, lk_textures, LK, TEXTURES, GObject)

/* Sides that are enough for any window, and for every pixel of the picture. */
#define LK_TEXTURE_PREVIEW 2560
#define LK_TEXTURE_FULL G_MAXUINT

typedef enum
{
  LK_TEXTURE_CROPPED,
  LK_TEXTURE_WHOLE,         /* upright, as imported */
} LkTextureKind;

typedef struct _LkTextureRequest LkTextureRequest;

/* `texture` is NULL where the picture cannot be read. The request is gone when this is called. */
typedef void (*LkTextureFunc) (GdkTexture *texture,
                               gpointer    data);

/* `folder`: where JPEGs are kept; made when first needed. */
LkTextures       *lk_textures_new        (const char       *folder);
/* The texture, if it is in memory: a reference, else NULL. `pixels` is what its longer side should have at least, if the picture has. */
GdkTexture       *lk_textures_peek       (LkTextures       *self,
                                          LkImage          *image,
                                          LkTextureKind     kind,
                                          guint             pixels);
/* Asks for one. `func` is called on the main thread, unless the request is cancelled before; the request belongs to the service.
 * `func` NULL: make it, for a later peek. */
LkTextureRequest *lk_textures_request    (LkTextures       *self,
                                          LkImage          *image,
                                          LkTextureKind     kind,
                                          guint             pixels,
                                          LkTextureFunc     func,
                                          gpointer          data);
/* Makes ready what a person may go to from `position` of a list of LkImages: the neighbours' previews, cropped. */
void              lk_textures_prepare    (LkTextures       *self,
                                          GListModel       *images,
                                          guint             position);
void              lk_textures_cancel     (LkTextures       *self,
                                          LkTextureRequest *request);
/* Bytes of textures in memory, and how many pictures were decoded so far (neither from memory nor from the cache): for tests. */
gsize             lk_textures_get_bytes  (LkTextures       *self);
guint             lk_textures_get_n_made (LkTextures       *self);

G_END_DECLS
