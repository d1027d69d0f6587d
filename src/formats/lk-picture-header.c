/* lk-picture-header.c: size, orientation and colour profile from the headers of PNG, JPEG, WebP and TIFF files.
 *
 * Every number comes from a stranger: each is compared with what is left of the file before it is used.
 */
#define G_LOG_DOMAIN "likeness-formats"

#include "config.h"

#include <string.h>

#include "formats/lk-picture-header.h"

static guint32
be32 (const guint8 *at)
{
  return (guint32) at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

static guint16
be16 (const guint8 *at)
{
  return at[0] << 8 | at[1];
}

static guint32
le32 (const guint8 *at)
{
  return (guint32) at[3] << 24 | at[2] << 16 | at[1] << 8 | at[0];
}

static guint16
le16 (const guint8 *at)
{
  return at[1] << 8 | at[0];
}

static guint32
le24 (const guint8 *at)
{
  return at[2] << 16 | at[1] << 8 | at[0];
}

gboolean
lk_picture_check_size (const char  *name,
                       guint64      width,
                       guint64      height,
                       GError     **error)
{
  if (width <= LK_PICTURE_MAX_SIDE && height <= LK_PICTURE_MAX_SIDE && width * height <= LK_PICTURE_MAX_PIXELS)
    return TRUE;

  g_set_error (error, LK_PICTURE_ERROR, LK_PICTURE_ERROR_TOO_LARGE,
               "“%s” is too large: %" G_GUINT64_FORMAT " × %" G_GUINT64_FORMAT " pixels, "
               "but at most %d a side and 64 megapixels can be read. Make it smaller first.", name, width, height, LK_PICTURE_MAX_SIDE);
  return FALSE;
}

/* ---- what several formats carry --------------------------------------------------------------------------------- */

/* A number of the first directory of a TIFF structure, which EXIF is, too; `fallback` where there is none. */
static guint
tiff_number (const guint8 *data,
             gsize         length,
             guint         wanted,
             guint         fallback)
{
  gboolean little;
  gsize directory;
  guint n;

  if (length < 8 || (memcmp (data, "II*\0", 4) != 0 && memcmp (data, "MM\0*", 4) != 0))
    return fallback;

  little = data[0] == 'I';
  directory = little ? le32 (data + 4) : be32 (data + 4);
  if (directory > length - 2)
    return fallback;

  n = little ? le16 (data + directory) : be16 (data + directory);
  for (guint i = 0; i < n && directory + 2 + 12 * ((gsize) i + 1) <= length; i++)
    {
      const guint8 *entry = data + directory + 2 + 12 * (gsize) i;
      guint tag = little ? le16 (entry) : be16 (entry);
      gboolean is_long = (little ? le16 (entry + 2) : be16 (entry + 2)) == 4;

      if (tag != wanted)
        continue;
      if (is_long)
        return little ? le32 (entry + 8) : be32 (entry + 8);
      return little ? le16 (entry + 8) : be16 (entry + 8);
    }

  return fallback;
}

static guint
exif_orientation (const guint8 *data,
                  gsize         length)
{
  guint orientation = tiff_number (data, length, 274, 1);

  return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

/* Whether an ICC profile describes another colour space than sRGB, judged by its description. */
static gboolean
is_foreign_profile (const guint8 *profile,
                    gsize         length)
{
  guint n;

  if (length < 132)
    return FALSE;   /* no profile at all */

  n = be32 (profile + 128);
  for (guint i = 0; i < n && 132 + 12 * ((gsize) i + 1) <= length; i++)
    {
      const guint8 *tag = profile + 132 + 12 * (gsize) i;
      gsize offset = be32 (tag + 4), size = be32 (tag + 8);

      if (memcmp (tag, "desc", 4) != 0 || offset > length || size > length - offset)
        continue;
      /* In Latin letters, or in UTF-16; "c2" is the tiny sRGB profile of a large social network. */
      return memmem (profile + offset, size, "sRGB", 4) == NULL &&
             memmem (profile + offset, size, "s\0R\0G\0B", 7) == NULL &&
             memmem (profile + offset, size, "\0\0\0\3c2", 7) == NULL;
    }

  return TRUE;
}

/* ---- PNG -------------------------------------------------------------------------------------------------------- */

gboolean
lk_png_next_chunk (const guint8   *data,
                   gsize           length,
                   gsize          *at,
                   const char    **type,
                   const guint8  **chunk,
                   gsize          *size)
{
  if (*at > length || length - *at < 12)
    return FALSE;

  *size = be32 (data + *at);
  *type = (const char *) data + *at + 4;
  *chunk = data + *at + 8;
  if (*size > length - *at - 12)
    return FALSE;

  *at += 12 + *size;
  return TRUE;
}

/* The profile of an iCCP chunk: name, 0, method, deflated profile. Its description is found near the start. */
static gboolean
is_foreign_iccp (const guint8 *chunk,
                 gsize         size)
{
  const guint8 *end = memchr (chunk, 0, size);
  g_autoptr (GConverter) converter = NULL;
  guint8 profile[4096];
  gsize read, written;

  if (end == NULL || size - (end - chunk) < 3)
    return FALSE;

  converter = G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_ZLIB));
  if (g_converter_convert (converter, end + 2, size - (end - chunk) - 2, profile, sizeof profile, G_CONVERTER_NO_FLAGS,
                           &read, &written, NULL) == G_CONVERTER_ERROR)
    return FALSE;

  return is_foreign_profile (profile, written);
}

static gboolean
scan_png (const guint8  *data,
          gsize          length,
          LkPictureInfo *info)
{
  gsize at = 8, size;
  const guint8 *chunk;
  const char *type;
  gboolean has_srgb = FALSE, has_profile = FALSE, has_odd_gamma = FALSE;
  guint color_type;

  if (!lk_png_next_chunk (data, length, &at, &type, &chunk, &size) || memcmp (type, "IHDR", 4) != 0 || size != 13)
    return FALSE;

  info->width = be32 (chunk);
  info->height = be32 (chunk + 4);
  info->bit_depth = chunk[8];
  color_type = chunk[9];
  info->has_alpha = color_type == 4 || color_type == 6;

  while (lk_png_next_chunk (data, length, &at, &type, &chunk, &size))
    {
      if (memcmp (type, "IDAT", 4) == 0)
        break;
      if (memcmp (type, "tRNS", 4) == 0)
        info->has_alpha = TRUE;
      else if (memcmp (type, "acTL", 4) == 0 && size == 8)
        info->is_animated = be32 (chunk) > 1;
      else if (memcmp (type, "eXIf", 4) == 0)
        info->orientation = exif_orientation (chunk, size);
      else if (memcmp (type, "sRGB", 4) == 0)
        has_srgb = TRUE;
      else if (memcmp (type, "iCCP", 4) == 0)
        {
          has_profile = TRUE;
          info->has_foreign_profile = is_foreign_iccp (chunk, size);
        }
      else if (memcmp (type, "gAMA", 4) == 0 && size == 4)
        has_odd_gamma = be32 (chunk) < 43000 || be32 (chunk) > 48000;   /* sRGB is near 45455 */
    }

  if (has_odd_gamma && !has_srgb && !has_profile)
    info->has_foreign_profile = TRUE;

  return info->width > 0 && info->height > 0;
}

/* ---- JPEG ------------------------------------------------------------------------------------------------------- */

/* SOF0 to SOF15 without DHT, JPG and DAC: the segment with the size. */
static gboolean
is_frame (guint8 marker)
{
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

/* The next segment at `*at`, which moves behind it; FALSE at the pixels (SOS), at the end, and where something is wrong. */
static gboolean
next_segment (const guint8  *data,
              gsize          length,
              gsize         *at,
              guint8        *marker,
              const guint8 **segment,
              gsize         *size)
{
  while (*at + 4 <= length && data[*at] == 0xff && data[*at + 1] == 0xff)   /* filling */
    *at += 1;
  if (*at + 4 > length || data[*at] != 0xff)
    return FALSE;

  *marker = data[*at + 1];
  *size = be16 (data + *at + 2);
  if (*marker == 0xda || *size < 2 || *size > length - *at - 2)
    return FALSE;

  *segment = data + *at + 4;
  *size -= 2;
  *at += 4 + *size;
  return TRUE;
}

gboolean
lk_jpeg_is_complete (const guint8 *data,
                     gsize         length)
{
  const guint8 *segment;
  gsize at = 2, size;
  guint8 marker;

  while (next_segment (data, length, &at, &marker, &segment, &size))
    ;

  /* Among the pixels, 0xff is always followed by 0 or a marker. */
  return at < length && memmem (data + at, length - at, "\xff\xd9", 2) != NULL;
}

static gboolean
scan_jpeg (const guint8  *data,
           gsize          length,
           LkPictureInfo *info,
           gboolean      *is_cmyk)
{
  const guint8 *segment;
  gsize at = 2, size;
  guint8 marker;

  while (next_segment (data, length, &at, &marker, &segment, &size))
    if (is_frame (marker) && size >= 6)
      {
        info->bit_depth = segment[0];
        info->height = be16 (segment + 1);
        info->width = be16 (segment + 3);
        *is_cmyk = segment[5] == 4;
        info->has_foreign_profile |= *is_cmyk;
      }
    else if (marker == 0xe1 && size > 6 && memcmp (segment, "Exif\0\0", 6) == 0)
      info->orientation = exif_orientation (segment + 6, size - 6);
    else if (marker == 0xe2 && size > 14 && memcmp (segment, "ICC_PROFILE\0\1", 13) == 0)
      info->has_foreign_profile |= is_foreign_profile (segment + 14, size - 14);

  return info->width > 0 && info->height > 0;
}

/* ---- WebP ------------------------------------------------------------------------------------------------------- */

static gboolean
scan_webp (const guint8  *data,
           gsize          length,
           LkPictureInfo *info)
{
  gsize at = 12;

  while (at + 8 <= length)
    {
      const guint8 *chunk = data + at + 8;
      gsize size = MIN (le32 (data + at + 4), length - at - 8);

      if (memcmp (data + at, "VP8X", 4) == 0 && size >= 10)
        {
          info->is_animated = (chunk[0] & 0x02) != 0;
          info->has_alpha = (chunk[0] & 0x10) != 0;
          info->width = le24 (chunk + 4) + 1;
          info->height = le24 (chunk + 7) + 1;
        }
      else if (memcmp (data + at, "VP8 ", 4) == 0 && size >= 10 && info->width == 0)
        {
          info->width = (chunk[6] | chunk[7] << 8) & 0x3fff;
          info->height = (chunk[8] | chunk[9] << 8) & 0x3fff;
        }
      else if (memcmp (data + at, "VP8L", 4) == 0 && size >= 5 && info->width == 0)
        {
          info->width = (le32 (chunk + 1) & 0x3fff) + 1;
          info->height = (le32 (chunk + 1) >> 14 & 0x3fff) + 1;
          info->has_alpha = (le32 (chunk + 1) >> 28 & 1) != 0;
        }
      else if (memcmp (data + at, "EXIF", 4) == 0)
        {
          gsize prefix = size > 6 && memcmp (chunk, "Exif\0\0", 6) == 0 ? 6 : 0;

          info->orientation = exif_orientation (chunk + prefix, size - prefix);
        }
      else if (memcmp (data + at, "ICCP", 4) == 0)
        info->has_foreign_profile = is_foreign_profile (chunk, size);

      at += 8 + (gsize) size + (size & 1);
    }

  return info->width > 0 && info->height > 0;
}

/* ---- TIFF ------------------------------------------------------------------------------------------------------- */

static gboolean
scan_tiff (const guint8  *data,
           gsize          length,
           LkPictureInfo *info)
{
  info->width = tiff_number (data, length, 256, 0);
  info->height = tiff_number (data, length, 257, 0);
  info->orientation = exif_orientation (data, length);

  return info->width > 0 && info->height > 0;
}

/* ---- any -------------------------------------------------------------------------------------------------------- */

gboolean
lk_picture_scan_header (const guint8  *data,
                        gsize          length,
                        LkPictureInfo *info,
                        gboolean      *is_cmyk)
{
  *info = (LkPictureInfo) { .orientation = 1, .bit_depth = 8 };
  *is_cmyk = FALSE;

  if (length >= 8 && memcmp (data, "\x89PNG\r\n\x1a\n", 8) == 0)
    {
      g_strlcpy (info->format, "png", sizeof info->format);
      return scan_png (data, length, info);
    }
  if (length >= 3 && memcmp (data, "\xff\xd8\xff", 3) == 0)
    {
      g_strlcpy (info->format, "jpeg", sizeof info->format);
      return scan_jpeg (data, length, info, is_cmyk);
    }
  if (length >= 12 && memcmp (data, "RIFF", 4) == 0 && memcmp (data + 8, "WEBP", 4) == 0)
    {
      g_strlcpy (info->format, "webp", sizeof info->format);
      return scan_webp (data, length, info);
    }
  if (length >= 4 && (memcmp (data, "II*\0", 4) == 0 || memcmp (data, "MM\0*", 4) == 0))
    {
      g_strlcpy (info->format, "tiff", sizeof info->format);
      return scan_tiff (data, length, info);
    }

  return FALSE;
}
