/* Measures of a picture, made on a worker thread and stored as they are: thresholds are applied by who reads them.
 *
 * All take RGB (flatten alpha first) of any size and scale it themselves, so that a large and a small copy measure alike.
 */
#pragma once

#include "formats/lk-picture.h"

G_BEGIN_DECLS

/* How sharp the sharpest parts are: the 90th percentile, over the tiles of an 8x8 grid, of the variance of the Laplacian, with the
 * longer side at 1024 (smaller pictures stay as they are). Below 150 nothing in it is in focus; a sharp photograph has thousands.
 * A blurred background does not lower it, nor does dim light: little contrast is made up for. */
double   lk_measure_sharpness    (const LkPicture *picture);

typedef struct
{
  double mean;              /* of luma, 0 to 1 */
  double deviation;         /* of luma: below 0.05 there is hardly any contrast */
  double dark;              /* luma at the 99th percentile: below 0.32 even the lights are dark */
  double bright;            /* luma at the 5th percentile: above 0.95 even the shadows are white */
  double clipped_black;     /* share of pixels at the very bottom */
  double clipped_white;     /* share at the very top */
} LkExposure;

void     lk_measure_exposure     (const LkPicture *picture,
                                  LkExposure      *exposure);

/* 64-bit hashes that survive scaling, JPEG and small edits: gradients between neighbours (dHash, rows) and the low frequencies of a
 * cosine transform (pHash). The distance is the number of differing bits. */
guint64  lk_hash_gradient        (const LkPicture *picture);
guint64  lk_hash_frequency       (const LkPicture *picture);
guint    lk_hash_distance        (guint64          a,
                                  guint64          b);

/* The quality, 1 to 100, that a JPEG was saved with, from its quantisation tables (the IJG scale that fits best); 0: no JPEG. */
guint    lk_measure_jpeg_quality (gconstpointer    data,
                                  gsize            length);

G_END_DECLS
