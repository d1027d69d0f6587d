/* LkPicture: pixels in memory, 8 bits a channel, RGB or RGBA (alpha not premultiplied), top row first; and their import.
 *
 * lk_picture_read () reads any format: PNG by lk-png.h, so that every part of Likeness sees the same samples, the rest through
 * GdkPixbuf (JPEG, WebP, TIFF, BMP, GIF, whatever its modules know). The orientation that a camera wrote is applied. Colours are
 * taken as they are, never converted: a colour profile other than sRGB is reported in LkPictureInfo.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define LK_PICTURE_ERROR (lk_picture_error_quark ())
GQuark lk_picture_error_quark (void);

typedef enum
{
  LK_PICTURE_ERROR_EMPTY,          /* a file of no bytes */
  LK_PICTURE_ERROR_NOT_A_PICTURE,  /* no known format */
  LK_PICTURE_ERROR_CORRUPT,        /* cut short or damaged */
  LK_PICTURE_ERROR_TOO_LARGE,      /* over LK_PICTURE_MAX_SIDE or LK_PICTURE_MAX_PIXELS */
  LK_PICTURE_ERROR_UNSUPPORTED,    /* a known format that this machine or Likeness cannot read, such as CMYK */
} LkPictureError;

#define LK_PICTURE_MAX_SIDE 16384
#define LK_PICTURE_MAX_PIXELS 67108864   /* 64 MP */

typedef struct
{
  guint   width, height;
  guint   channels;         /* 3 or 4 */
  gsize   stride;           /* bytes from row to row */
  guint8 *data;             /* owned */
} LkPicture;

typedef struct
{
  guint    width, height;         /* as stored, before orientation */
  guint    orientation;           /* EXIF's, 1 to 8; 1: upright. 5 to 8 swap width and height */
  gboolean has_alpha;
  guint    bit_depth;             /* of a channel in the file, where known, else 8 */
  gboolean is_animated;           /* more than one frame; the first is read */
  gboolean has_foreign_profile;   /* an ICC profile that is not sRGB: colours may look different */
  char     format[16];            /* "png", "jpeg", … */
} LkPictureInfo;

typedef enum
{
  LK_PICTURE_DEFAULT  = 0,
  LK_PICTURE_ON_WHITE = 1 << 0,   /* compose alpha on white: the result has 3 channels */
} LkPictureFlags;

/* Zeroed pixels, tightly packed. NULL only for sizes over the limits. */
LkPicture *lk_picture_new          (guint             width,
                                    guint             height,
                                    guint             channels);
LkPicture *lk_picture_copy         (const LkPicture  *picture);
void       lk_picture_free         (LkPicture        *picture);

static inline guint8 *
lk_picture_row (const LkPicture *picture,
                guint            y)
{
  return picture->data + y * picture->stride;
}

/* Reads a picture, upright. `info` (may be NULL) is filled as far as the file was understood. */
LkPicture *lk_picture_read         (const char       *path,
                                    LkPictureFlags    flags,
                                    LkPictureInfo    *info,
                                    GError          **error);
LkPicture *lk_picture_read_bytes   (GBytes           *bytes,
                                    const char       *name,
                                    LkPictureFlags    flags,
                                    LkPictureInfo    *info,
                                    GError          **error);
/* Reads only the header: size, orientation, format. */
gboolean   lk_picture_probe        (const char       *path,
                                    LkPictureInfo    *info,
                                    GError          **error);
/* A picture of 3 channels: alpha composed on the colour 0xrrggbb. */
LkPicture *lk_picture_flatten      (const LkPicture  *picture,
                                    guint32           rgb);
/* Turned as EXIF's `orientation` says, a new picture. */
LkPicture *lk_picture_orient       (const LkPicture  *picture,
                                    guint             orientation);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkPicture, lk_picture_free)

G_END_DECLS
