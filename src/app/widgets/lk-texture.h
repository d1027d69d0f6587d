/* Pixels as a texture, in the format that every renderer draws without converting. Any thread. */
#pragma once

#include <gdk/gdk.h>

#include "formats/lk-picture.h"

G_BEGIN_DECLS

/* A copy of the pixels; alpha is kept. */
GdkTexture *lk_texture_from_picture (const LkPicture *picture);

G_END_DECLS
