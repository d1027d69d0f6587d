/* PNG files: raw samples (no gamma, no colour management; 16 bits become their high byte, as in PIL; grey, palette and
 * transparency are expanded to RGB or RGBA), text chunks, and writing. Errors are LK_PICTURE_ERROR and LK_FILE_ERROR.
 */
#pragma once

#include "formats/lk-picture.h"

G_BEGIN_DECLS

/* One tEXt, zTXt or iTXt chunk, as UTF-8. */
typedef struct
{
  char *key;
  char *value;
} LkPngText;

gboolean   lk_png_is_png      (gconstpointer     data,
                               gsize             length);
/* As stored: orientation is not applied. `info`, `texts` (array of LkPngText in the file's order, duplicates kept) may be NULL. */
LkPicture *lk_png_read        (const char       *path,
                               LkPictureInfo    *info,
                               GPtrArray       **texts,
                               GError          **error);
LkPicture *lk_png_read_bytes  (GBytes           *bytes,
                               const char       *name,
                               LkPictureInfo    *info,
                               GPtrArray       **texts,
                               GError          **error);
/* Only the text chunks, wherever they stand; the pixels are skipped. */
GPtrArray *lk_png_read_texts  (const char       *path,
                               GError          **error);
/* The value of the first chunk with that key, or NULL. */
const char *lk_png_texts_find (GPtrArray        *texts,
                               const char       *key);

/* An array for lk_png_write (), and one more chunk for it: tEXt where the value is Latin-1, else iTXt. Keys are Latin-1, 1 to 79
 * characters. */
GPtrArray *lk_png_texts_new   (void);
void       lk_png_texts_add   (GPtrArray        *texts,
                               const char       *key,
                               const char       *value);

/* Writes atomically. `texts` may be NULL. The same picture and texts give the same bytes. */
gboolean   lk_png_write       (const LkPicture  *picture,
                               GPtrArray        *texts,
                               const char       *path,
                               GError          **error);
/* The same into memory. */
GBytes    *lk_png_encode      (const LkPicture  *picture,
                               GPtrArray        *texts,
                               GError          **error);

G_END_DECLS
