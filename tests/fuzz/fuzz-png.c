/* Whatever the bytes are: an error, or pixels and texts. Check sums are made right first, or little would get past them. */
#include "config.h"

#include <string.h>
#include <zlib.h>

#include "formats/lk-picture-header.h"
#include "formats/lk-png.h"
#include "lk-fuzz.h"

static void
mend_check_sums (guint8 *data,
                 gsize   length)
{
  gsize at = 8, size;
  const guint8 *chunk;
  const char *type;

  while (lk_png_next_chunk (data, length, &at, &type, &chunk, &size))
    {
      guint32 check = GUINT32_TO_BE ((guint32) crc32 (0, chunk - 4, size + 4));

      memcpy (data + at - 4, &check, 4);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         length)
{
  guint8 *copy = g_memdup2 (data, length);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (LkPicture) picture = NULL;
  g_autoptr (GPtrArray) texts = NULL;
  g_autoptr (GError) error = NULL;
  LkPictureInfo info;
  gboolean is_cmyk;

  if (length > 8)
    mend_check_sums (copy, length);
  bytes = g_bytes_new_take (copy, length);

  /* Sizes are checked elsewhere; here they would only cost time. */
  if (lk_picture_scan_header (copy, length, &info, &is_cmyk) && (guint64) info.width * info.height > 1 << 18)
    return 0;

  picture = lk_png_read_bytes (bytes, "fuzz", &info, &texts, &error);
  g_assert_true ((picture == NULL) == (error != NULL));
  if (picture != NULL)
    {
      g_autoptr (LkPicture) flat = lk_picture_flatten (picture, 0xffffff);
      g_autoptr (LkPicture) turned = lk_picture_orient (flat, info.orientation);

      g_assert_cmpuint (turned->width * turned->height, ==, info.width * info.height);
      for (guint i = 0; i < texts->len; i++)
        {
          const LkPngText *text = texts->pdata[i];

          g_assert_true (g_utf8_validate (text->key, -1, NULL) && g_utf8_validate (text->value, -1, NULL));
        }
    }

  return 0;
}
