#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include "app/widgets/lk-texture.h"

GdkTexture *
lk_texture_from_picture (const LkPicture *picture)
{
  gsize stride = (gsize) picture->width * 4;
  guint32 *pixels = g_malloc (stride * picture->height);
  g_autoptr (GBytes) bytes = g_bytes_new_take (pixels, stride * picture->height);

  for (guint y = 0; y < picture->height; y++)
    {
      const guint8 *from = lk_picture_row (picture, y);
      guint32 *to = pixels + (gsize) y * picture->width;

      if (picture->channels == 3)
        for (guint x = 0; x < picture->width; x++, from += 3)
          to[x] = 0xff000000u | (guint32) from[0] << 16 | (guint32) from[1] << 8 | from[2];
      else
        for (guint x = 0; x < picture->width; x++, from += 4)
          {
            guint alpha = from[3];

            to[x] = alpha << 24 |
                    (from[0] * alpha + 127) / 255 << 16 |
                    (from[1] * alpha + 127) / 255 << 8 |
                    (from[2] * alpha + 127) / 255;
          }
    }

  /* A word 0xAARRGGBB is what GDK_MEMORY_DEFAULT means on either byte order. */
  return gdk_memory_texture_new (picture->width, picture->height, GDK_MEMORY_DEFAULT, bytes, stride);
}
