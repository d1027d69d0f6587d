/* The headers of JPEG, WebP and TIFF that we read ourselves. Their pixels are GdkPixbuf's affair. */
#include "config.h"

#include "formats/lk-picture-header.h"
#include "lk-fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         length)
{
  LkPictureInfo info;
  gboolean is_cmyk;
  g_autofree guint8 *copy = g_memdup2 (data, length);   /* of exactly this size, so that a byte too far is noticed */

  if (lk_picture_scan_header (copy, length, &info, &is_cmyk))
    {
      g_assert_true (info.width > 0 && info.height > 0);
      g_assert_true (info.orientation >= 1 && info.orientation <= 8);
      g_assert_true (info.format[0] != '\0');
    }
  if (length > 2)
    lk_jpeg_is_complete (copy, length);

  return 0;
}
