/* What the first bytes of a picture file say, read by ourselves: PNG, JPEG, WebP and TIFF. Used by lk-picture.h and lk-png.h. */
#pragma once

#include "formats/lk-picture.h"

G_BEGIN_DECLS

/* Fills `info` as far as the bytes go. FALSE where the format is none of these, or its header is damaged; `info->format` then
 * still says what it seemed to be, or is empty. `is_cmyk` is for JPEG. */
gboolean lk_picture_scan_header (const guint8   *data,
                                 gsize           length,
                                 LkPictureInfo  *info,
                                 gboolean       *is_cmyk);

/* Whether a JPEG has the end of its pixels. Decoders fill up with grey what is missing, and say nothing. */
gboolean lk_jpeg_is_complete    (const guint8   *data,
                                 gsize           length);

/* Walks a PNG's chunks: finds the next one at or behind `*at` (start with 8), sets its type, data and size, and moves `*at`
 * behind it. FALSE at the end, or where the file is cut. */
gboolean lk_png_next_chunk      (const guint8   *data,
                                 gsize           length,
                                 gsize          *at,
                                 const char    **type,
                                 const guint8  **chunk,
                                 gsize          *size);

/* Whether a picture of this size may be read; TOO_LARGE with a sentence if not. */
gboolean lk_picture_check_size  (const char     *name,
                                 guint64         width,
                                 guint64         height,
                                 GError        **error);

G_END_DECLS
