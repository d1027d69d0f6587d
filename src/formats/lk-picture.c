/* lk-picture.c: pixels in memory, and their import: PNG by lk-png.h, everything else by GdkPixbuf. */
#define G_LOG_DOMAIN "likeness-formats"

#include "config.h"

#include <string.h>

#include <gdk-pixbuf/gdk-pixbuf.h>

#include "base/lk-file.h"
#include "formats/lk-picture-header.h"
#include "formats/lk-picture.h"
#include "formats/lk-png.h"

#define MAX_FILE (1u << 30)    /* bytes */
#define PIECE 65536            /* bytes given to GdkPixbuf at a time */

G_DEFINE_QUARK (lk-picture-error-quark, lk_picture_error)

/* ---- pixels ----------------------------------------------------------------------------------------------------- */

LkPicture *
lk_picture_new (guint width,
                guint height,
                guint channels)
{
  LkPicture *picture;

  g_return_val_if_fail (channels == 3 || channels == 4, NULL);

  if (width == 0 || height == 0 || !lk_picture_check_size ("", width, height, NULL))
    return NULL;

  picture = g_new0 (LkPicture, 1);
  picture->width = width;
  picture->height = height;
  picture->channels = channels;
  picture->stride = (gsize) width * channels;
  picture->data = g_malloc0_n (height, picture->stride);
  return picture;
}

LkPicture *
lk_picture_copy (const LkPicture *picture)
{
  LkPicture *copy = lk_picture_new (picture->width, picture->height, picture->channels);

  for (guint y = 0; y < picture->height; y++)
    memcpy (lk_picture_row (copy, y), lk_picture_row (picture, y), copy->stride);
  return copy;
}

void
lk_picture_free (LkPicture *picture)
{
  if (picture == NULL)
    return;

  g_free (picture->data);
  g_free (picture);
}

LkPicture *
lk_picture_flatten (const LkPicture *picture,
                    guint32          rgb)
{
  const guint ground[3] = { rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255 };
  LkPicture *flat;

  if (picture->channels == 3)
    return lk_picture_copy (picture);

  flat = lk_picture_new (picture->width, picture->height, 3);
  for (guint y = 0; y < picture->height; y++)
    {
      const guint8 *from = lk_picture_row (picture, y);
      guint8 *to = lk_picture_row (flat, y);

      for (guint x = 0; x < picture->width; x++, from += 4, to += 3)
        for (guint c = 0; c < 3; c++)
          to[c] = (from[c] * from[3] + ground[c] * (255 - from[3]) + 127) / 255;
    }

  return flat;
}

LkPicture *
lk_picture_orient (const LkPicture *picture,
                   guint            orientation)
{
  guint w = picture->width, h = picture->height, channels = picture->channels;
  LkPicture *turned;

  if (orientation < 2 || orientation > 8)
    return lk_picture_copy (picture);

  turned = orientation < 5 ? lk_picture_new (w, h, channels) : lk_picture_new (h, w, channels);
  for (guint y = 0; y < turned->height; y++)
    {
      guint8 *to = lk_picture_row (turned, y);

      for (guint x = 0; x < turned->width; x++, to += channels)
        {
          guint from_x = orientation < 5 ? x : y;
          guint from_y = orientation < 5 ? y : x;

          if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8)
            from_x = w - 1 - from_x;
          if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7)
            from_y = h - 1 - from_y;
          memcpy (to, lk_picture_row (picture, from_y) + from_x * channels, channels);
        }
    }

  return turned;
}

/* ---- GdkPixbuf -------------------------------------------------------------------------------------------------- */

/* What went wrong, in our words. `format` is what the file seems to be, or empty. */
static void
set_pixbuf_error (const GError  *cause,
                  const char    *format,
                  const char    *name,
                  GError       **error)
{
  if (g_error_matches (cause, GDK_PIXBUF_ERROR, GDK_PIXBUF_ERROR_INSUFFICIENT_MEMORY))
    g_set_error (error, LK_PICTURE_ERROR, LK_PICTURE_ERROR_TOO_LARGE,
                 "“%s” is too large for the memory of this computer. Make it smaller first.", name);
  else if (!g_error_matches (cause, GDK_PIXBUF_ERROR, GDK_PIXBUF_ERROR_UNKNOWN_TYPE))
    g_set_error (error, LK_PICTURE_ERROR, LK_PICTURE_ERROR_CORRUPT,
                 "“%s” is damaged or cut short (%s). Copy or export it again.", name, cause->message);
  else if (format[0] != '\0')
    g_set_error (error, LK_PICTURE_ERROR, LK_PICTURE_ERROR_UNSUPPORTED,
                 "“%s” cannot be read: this computer has no GdkPixbuf loader for %s pictures. Install one, or convert it to PNG.",
                 name, format);
  else
    g_set_error (error, LK_PICTURE_ERROR, LK_PICTURE_ERROR_NOT_A_PICTURE,
                 "“%s” is not a picture, or of a kind that cannot be read here. Convert it to PNG or JPEG.", name);
}

/* What the loader told while it was fed. */
typedef struct
{
  int      width, height;
  gboolean is_too_large;
  int      first_row, end_row;      /* rows that got pixels: some loaders say nothing about a file that is cut short */
} Progress;

/* Called before pixels are allocated. */
static void
on_size_prepared (GdkPixbufLoader *loader,
                  int              width,
                  int              height,
                  gpointer         data)
{
  Progress *progress = data;

  progress->width = width;
  progress->height = height;
  progress->is_too_large = width < 0 || height < 0 || !lk_picture_check_size ("", width, height, NULL);
  if (progress->is_too_large)
    gdk_pixbuf_loader_set_size (loader, 0, 0);
}

static void
on_area_updated (GdkPixbufLoader *loader,
                 int              x,
                 int              y,
                 int              width,
                 int              height,
                 gpointer         data)
{
  Progress *progress = data;

  progress->first_row = MIN (progress->first_row, y);
  progress->end_row = MAX (progress->end_row, y + height);
}

/* Feeds all bytes; the loader is closed in any case. */
static gboolean
feed (GdkPixbufLoader  *loader,
      const guint8     *data,
      gsize             length,
      const Progress   *progress,
      GError          **error)
{
  for (gsize at = 0; at < length && !progress->is_too_large; at += PIECE)
    if (!gdk_pixbuf_loader_write (loader, data + at, MIN (PIECE, length - at), error))
      {
        gdk_pixbuf_loader_close (loader, NULL);
        return FALSE;
      }

  return gdk_pixbuf_loader_close (loader, error);
}

static gboolean
is_opaque (const LkPicture *picture)
{
  for (guint y = 0; y < picture->height; y++)
    for (guint x = 0; x < picture->width; x++)
      if (lk_picture_row (picture, y)[4 * x + 3] != 255)
        return FALSE;
  return TRUE;
}

static LkPicture *
from_pixbuf (GdkPixbuf *pixbuf)
{
  g_autoptr (LkPicture) picture = lk_picture_new (gdk_pixbuf_get_width (pixbuf), gdk_pixbuf_get_height (pixbuf),
                                                  gdk_pixbuf_get_n_channels (pixbuf));

  for (guint y = 0; y < picture->height; y++)
    memcpy (lk_picture_row (picture, y), gdk_pixbuf_read_pixels (pixbuf) + (gsize) y * gdk_pixbuf_get_rowstride (pixbuf), picture->stride);

  /* Some loaders (GIF's) always give alpha. */
  if (picture->channels == 4 && is_opaque (picture))
    return lk_picture_flatten (picture, 0);
  return g_steal_pointer (&picture);
}

/* What only the loader knows: the format's name, several frames, TIFF's remaining turn. */
static guint
complete_info (LkPictureInfo   *info,
               GdkPixbufLoader *loader,
               GdkPixbuf       *pixbuf)
{
  GdkPixbufAnimation *animation = gdk_pixbuf_loader_get_animation (loader);
  const char *option = gdk_pixbuf_get_option (pixbuf, "orientation");

  if (info->format[0] == '\0')
    {
      g_autofree char *format = gdk_pixbuf_format_get_name (gdk_pixbuf_loader_get_format (loader));

      g_strlcpy (info->format, format, sizeof info->format);
      info->width = gdk_pixbuf_get_width (pixbuf);
      info->height = gdk_pixbuf_get_height (pixbuf);
    }
  info->is_animated = info->is_animated || !gdk_pixbuf_animation_is_static_image (animation);

  /* libtiff undoes a part of the turn by itself, and the loader says what remains. */
  if (g_str_equal (info->format, "tiff"))
    return option != NULL ? (guint) g_ascii_strtoull (option, NULL, 10) : 1;
  return info->orientation;
}

static LkPicture *
read_by_pixbuf (GBytes         *bytes,
                const char     *name,
                LkPictureInfo  *info,
                GError        **error)
{
  g_autoptr (GdkPixbufLoader) loader = gdk_pixbuf_loader_new ();
  g_autoptr (LkPicture) picture = NULL;
  g_autoptr (GError) cause = NULL;
  GdkPixbuf *pixbuf = NULL;
  Progress progress = { .first_row = G_MAXINT };
  gsize length;
  const guint8 *data = g_bytes_get_data (bytes, &length);
  guint turn;

  g_signal_connect (loader, "size-prepared", G_CALLBACK (on_size_prepared), &progress);
  g_signal_connect (loader, "area-updated", G_CALLBACK (on_area_updated), &progress);
  if (feed (loader, data, length, &progress, &cause))
    pixbuf = gdk_pixbuf_loader_get_pixbuf (loader);

  if (progress.is_too_large)
    {
      lk_picture_check_size (name, MAX (progress.width, 0), MAX (progress.height, 0), error);
      return NULL;
    }
  if (cause == NULL && (pixbuf == NULL || progress.first_row > 0 || progress.end_row < gdk_pixbuf_get_height (pixbuf)))
    cause = g_error_new_literal (GDK_PIXBUF_ERROR, GDK_PIXBUF_ERROR_CORRUPT_IMAGE, "pixels are missing");
  if (cause != NULL)
    {
      set_pixbuf_error (cause, info->format, name, error);
      return NULL;
    }

  turn = complete_info (info, loader, pixbuf);
  picture = from_pixbuf (pixbuf);
  info->has_alpha = picture->channels == 4;
  return turn > 1 ? lk_picture_orient (picture, turn) : g_steal_pointer (&picture);
}

/* ---- any format ------------------------------------------------------------------------------------------------- */

/* Formats that people have but that we do not take, told by their first bytes. */
static gboolean
is_refused (const guint8  *data,
            gsize          length,
            const char    *name,
            GError       **error)
{
  const char *kind = NULL;

  if (length >= 5 && (memcmp (data, "<?xml", 5) == 0 || memcmp (data, "<svg", 4) == 0))
    kind = "a drawing or web page";
  else if (length >= 4 && memcmp (data, "%PDF", 4) == 0)
    kind = "a PDF document";
  else if (length >= 4 && memcmp (data, "8BPS", 4) == 0)
    kind = "a Photoshop document";
  else
    return FALSE;

  g_set_error (error, LK_PICTURE_ERROR, LK_PICTURE_ERROR_UNSUPPORTED, "“%s” is %s. Export it as PNG or JPEG.", name, kind);
  return TRUE;
}

/* HEIF's and AVIF's box "ftyp": named, in case that no loader knows them. */
static void
name_by_box (const guint8  *data,
             gsize          length,
             LkPictureInfo *info)
{
  if (length >= 12 && memcmp (data + 4, "ftyp", 4) == 0)
    g_strlcpy (info->format, memcmp (data + 8, "avif", 4) == 0 ? "AVIF" : "HEIF", sizeof info->format);
}

LkPicture *
lk_picture_read_bytes (GBytes         *bytes,
                       const char     *name,
                       LkPictureFlags  flags,
                       LkPictureInfo  *info,
                       GError        **error)
{
  LkPictureInfo own_info;
  g_autoptr (LkPicture) picture = NULL;
  gboolean is_cmyk, is_known;
  gsize length;
  const guint8 *data = g_bytes_get_data (bytes, &length);

  if (info == NULL)
    info = &own_info;

  if (length == 0)
    {
      g_set_error (error, LK_PICTURE_ERROR, LK_PICTURE_ERROR_EMPTY, "“%s” is empty. Copy or export it again.", name);
      return NULL;
    }

  is_known = lk_picture_scan_header (data, length, info, &is_cmyk);
  if (is_known && !lk_picture_check_size (name, info->width, info->height, error))
    return NULL;
  if (is_refused (data, length, name, error))
    return NULL;

  if (lk_png_is_png (data, length))
    {
      picture = lk_png_read_bytes (bytes, name, info, NULL, error);
      if (picture != NULL && info->orientation > 1)
        {
          LkPicture *turned = lk_picture_orient (picture, info->orientation);

          lk_picture_free (picture);
          picture = turned;
        }
    }
  else
    {
      if (g_str_equal (info->format, "jpeg") && !lk_jpeg_is_complete (data, length))
        {
          g_set_error (error, LK_PICTURE_ERROR, LK_PICTURE_ERROR_CORRUPT, "“%s” is cut short. Copy or export it again.", name);
          return NULL;
        }
      if (!is_known)
        name_by_box (data, length, info);
      picture = read_by_pixbuf (bytes, name, info, error);
    }

  if (picture != NULL && picture->channels == 4 && (flags & LK_PICTURE_ON_WHITE) != 0)
    return lk_picture_flatten (picture, 0xffffff);
  return g_steal_pointer (&picture);
}

LkPicture *
lk_picture_read (const char      *path,
                 LkPictureFlags   flags,
                 LkPictureInfo   *info,
                 GError         **error)
{
  gsize length;
  char *data = lk_file_read (path, MAX_FILE, &length, error);
  g_autofree char *name = g_filename_display_name (path);
  g_autoptr (GBytes) bytes = NULL;

  if (data == NULL)
    return NULL;

  bytes = g_bytes_new_take (data, length);
  return lk_picture_read_bytes (bytes, name, flags, info, error);
}

gboolean
lk_picture_probe (const char     *path,
                  LkPictureInfo  *info,
                  GError        **error)
{
  g_autofree char *name = g_filename_display_name (path);
  g_autoptr (GBytes) bytes = lk_file_map (path, error);
  GdkPixbufFormat *format;
  g_autofree char *format_name = NULL;
  const guint8 *data;
  gsize length;
  int width, height;
  gboolean is_cmyk;

  if (bytes == NULL)
    return FALSE;

  data = g_bytes_get_data (bytes, &length);
  if (length == 0)
    {
      g_set_error (error, LK_PICTURE_ERROR, LK_PICTURE_ERROR_EMPTY, "“%s” is empty. Copy or export it again.", name);
      return FALSE;
    }

  if (lk_picture_scan_header (data, length, info, &is_cmyk))
    return TRUE;

  format = gdk_pixbuf_get_file_info (path, &width, &height);
  if (format == NULL)
    {
      g_set_error (error, LK_PICTURE_ERROR, LK_PICTURE_ERROR_NOT_A_PICTURE,
                   "“%s” is not a picture, or of a kind that cannot be read here. Convert it to PNG or JPEG.", name);
      return FALSE;
    }

  format_name = gdk_pixbuf_format_get_name (format);
  g_strlcpy (info->format, format_name, sizeof info->format);
  info->width = width;
  info->height = height;
  return TRUE;
}
