/* Resizing against Pillow and against integrals, crops by their meaning, buckets against sd-scripts' rule, measures on pictures whose
 * answer is known. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "formats/lk-png.h"
#include "imaging/lk-bucket.h"
#include "imaging/lk-crop.h"
#include "imaging/lk-measure.h"
#include "imaging/lk-resize.h"

static LkPicture *
read_data (const char *name)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "data", "imaging", name, NULL);
  g_autoptr (GError) error = NULL;
  LkPicture *picture = lk_picture_read (path, LK_PICTURE_DEFAULT, NULL, &error);

  g_assert_no_error (error);
  return picture;
}

static LkPicture *
noise (guint width,
       guint height,
       guint channels,
       guint seed)
{
  LkPicture *picture = lk_picture_new (width, height, channels);
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);

  for (guint y = 0; y < height; y++)
    for (guint i = 0; i < width * channels; i++)
      lk_picture_row (picture, y)[i] = g_rand_int_range (rand, 0, 256);
  return picture;
}

static guint
greatest_difference (const LkPicture *a,
                     const LkPicture *b)
{
  guint greatest = 0;

  g_assert_cmpuint (a->width, ==, b->width);
  g_assert_cmpuint (a->height, ==, b->height);
  g_assert_cmpuint (a->channels, ==, b->channels);
  for (guint y = 0; y < a->height; y++)
    for (guint i = 0; i < a->width * a->channels; i++)
      greatest = MAX (greatest, (guint) ABS (lk_picture_row (a, y)[i] - lk_picture_row (b, y)[i]));
  return greatest;
}

/* ---- resizing ------------------------------------------------------------------------------------------------------ */

static void
test_lanczos_like_pillow (void)
{
  static const guint sizes[][2] = { { 53, 41 }, { 20, 11 }, { 37, 50 }, { 5, 29 }, { 111, 90 } };
  g_autoptr (LkPicture) source = read_data ("source.png");

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *name = g_strdup_printf ("lanczos-%ux%u.png", sizes[i][0], sizes[i][1]);
      g_autoptr (LkPicture) expected = read_data (name);
      g_autoptr (LkPicture) resized = lk_resize_lanczos (source, sizes[i][0], sizes[i][1]);
      guint difference = greatest_difference (resized, expected);

      g_test_message ("%s: greatest difference %u", name, difference);
      g_assert_cmpuint (difference, ==, 0);
    }
}

/* The integral of the source over what an output pixel covers, in doubles. */
static double
integrate (const LkPicture *picture,
           guint            channel,
           double           left,
           double           top,
           double           right,
           double           bottom)
{
  double sum = 0.;

  for (guint y = (guint) top; y < MIN ((guint) ceil (bottom), picture->height); y++)
    for (guint x = (guint) left; x < MIN ((guint) ceil (right), picture->width); x++)
      sum += lk_picture_row (picture, y)[x * picture->channels + channel] *
             (MIN (right, x + 1.) - MAX (left, x)) * (MIN (bottom, y + 1.) - MAX (top, y));
  return sum / ((right - left) * (bottom - top));
}

static void
test_area (void)
{
  static const guint sizes[][4] = { { 37, 29, 20, 11 }, { 37, 29, 37, 10 }, { 37, 29, 1, 1 }, { 129, 7, 43, 7 }, { 64, 48, 32, 24 }, { 64, 48, 16, 12 },
                                    { 100, 60, 99, 59 }, { 7, 129, 3, 100 } };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      const guint *s = sizes[i];
      g_autoptr (LkPicture) source = noise (s[0], s[1], i % 2 ? 4 : 3, i);
      g_autoptr (LkPicture) resized = lk_resize_area (source, s[2], s[3]);
      double worst = 0.;

      for (guint y = 0; y < s[3]; y++)
        for (guint x = 0; x < s[2]; x++)
          for (guint c = 0; c < source->channels; c++)
            {
              double expected = integrate (source, c, (double) x * s[0] / s[2], (double) y * s[1] / s[3],
                                           (double) (x + 1) * s[0] / s[2], (double) (y + 1) * s[1] / s[3]);

              worst = MAX (worst, fabs (expected - lk_picture_row (resized, y)[x * source->channels + c]));
            }
      g_test_message ("%ux%u to %ux%u: worst %.4f", s[0], s[1], s[2], s[3], worst);
      g_assert_cmpfloat (worst, <=, .51);
    }
}

static void
test_cover (void)
{
  g_autoptr (LkPicture) source = noise (300, 200, 3, 1);
  g_autoptr (LkPicture) square = lk_resize_cover (source, 100, 100);
  g_autoptr (LkPicture) small = lk_resize_area (source, 150, 100);
  g_autoptr (LkPicture) large = lk_resize_cover (source, 640, 400);

  /* The middle of the covering picture. */
  for (guint y = 0; y < 100; y++)
    g_assert_cmpmem (lk_picture_row (square, y), 300, lk_picture_row (small, y) + 25 * 3, 300);
  g_assert_cmpuint (large->width, ==, 640);
  g_assert_cmpuint (large->height, ==, 400);

  /* One-pixel pictures and thin ones. */
  {
    g_autoptr (LkPicture) dot = noise (1, 1, 3, 2);
    g_autoptr (LkPicture) thin = noise (1, 500, 3, 3);
    g_autoptr (LkPicture) dot_up = lk_resize_cover (dot, 64, 64);
    g_autoptr (LkPicture) thin_up = lk_resize_cover (thin, 64, 64);
    g_autoptr (LkPicture) thin_down = lk_resize_within (thin, 100);

    g_assert_cmpmem (lk_picture_row (dot_up, 63) + 63 * 3, 3, dot->data, 3);
    g_assert_cmpuint (thin_up->height, ==, 64);
    g_assert_cmpuint (thin_down->width, ==, 1);
    g_assert_cmpuint (thin_down->height, ==, 100);
  }
}

/* ---- crops --------------------------------------------------------------------------------------------------------- */

static void
test_turns (void)
{
  /* EXIF's orientations do the same turns, by other code. */
  static const struct { LkCrop crop; guint orientation; } cases[] = {
    { { 0 }, 1 },
    { { .flip_horizontal = TRUE }, 2 },
    { { .quarter_turns = 2 }, 3 },
    { { .flip_vertical = TRUE }, 4 },
    { { .quarter_turns = 1, .flip_horizontal = TRUE }, 5 },
    { { .quarter_turns = 1 }, 6 },
    { { .quarter_turns = 3, .flip_horizontal = TRUE }, 7 },
    { { .quarter_turns = 3 }, 8 },
  };
  g_autoptr (LkPicture) source = noise (17, 9, 3, 4);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (LkPicture) turned = lk_crop_apply (&cases[i].crop, source);
      g_autoptr (LkPicture) expected = lk_picture_orient (source, cases[i].orientation);

      g_test_message ("orientation %u", cases[i].orientation);
      g_assert_cmpuint (greatest_difference (turned, expected), ==, 0);
    }
}

static void
test_crop_box (void)
{
  g_autoptr (LkPicture) source = noise (40, 30, 4, 5);
  LkCrop crop = { .x = 5, .y = 7, .width = 10, .height = 12, .quarter_turns = 1 };
  g_autoptr (LkPicture) cut = lk_crop_apply (&crop, source);
  g_autoptr (LkPicture) turned = lk_picture_orient (source, 6);
  LkBox box, there, back;

  g_assert_cmpuint (cut->width, ==, 10);
  for (guint y = 0; y < 12; y++)
    g_assert_cmpmem (lk_picture_row (cut, y), 40, lk_picture_row (turned, 7 + y) + 5 * 4, 40);

  /* Out of the frame: moved in. */
  box = lk_crop_get_box (&(LkCrop) { .x = 35, .y = -4, .width = 20, .height = 100 }, 40, 30);
  g_assert_cmpint (box.x, ==, 20);
  g_assert_cmpint (box.y, ==, 0);
  g_assert_cmpint (box.height, ==, 30);

  for (guint turns = 0; turns < 4; turns++)
    for (guint flips = 0; flips < 4; flips++)
      {
        LkCrop way = { .quarter_turns = turns, .flip_horizontal = flips & 1, .flip_vertical = flips >> 1 };
        g_autoptr (LkPicture) marked = lk_picture_new (40, 30, 3);
        g_autoptr (LkPicture) shown = NULL;

        box = (LkBox) { 3, 4, 6, 5 };
        for (gint y = box.y; y < box.y + box.height; y++)
          memset (lk_picture_row (marked, y) + box.x * 3, 255, box.width * 3);
        shown = lk_crop_apply (&way, marked);
        there = lk_crop_map_box (&way, 40, 30, box);
        g_assert_cmpuint (lk_picture_row (shown, there.y)[there.x * 3], ==, 255);
        g_assert_cmpuint (lk_picture_row (shown, there.y + there.height - 1)[(there.x + there.width - 1) * 3], ==, 255);
        g_assert_cmpuint (lk_picture_row (shown, there.y + there.height)[(there.x + there.width) * 3], ==, 0);
        back = lk_crop_unmap_box (&way, 40, 30, there);
        g_assert_cmpmem (&back, sizeof back, &box, sizeof box);
      }
}

static void
test_straighten (void)
{
  g_autoptr (LkPicture) ramp = lk_picture_new (81, 61, 3);
  double degrees = 10., c = cos (degrees * G_PI / 180.), s = sin (degrees * G_PI / 180.), worst = 0.;
  g_autoptr (LkPicture) straight = NULL;
  LkBox inside;

  for (guint y = 0; y < ramp->height; y++)
    for (guint x = 0; x < ramp->width; x++)
      for (guint k = 0; k < 3; k++)
        lk_picture_row (ramp, y)[x * 3 + k] = 20 + 2 * x + y;
  inside = lk_crop_inside (degrees, 81, 61, 1.);
  straight = lk_crop_apply (&(LkCrop) { inside.x, inside.y, inside.width, inside.height, .angle = degrees }, ramp);
  g_assert_cmpint (inside.width, ==, inside.height);

  /* A plane turned stays a plane: cubic sampling is exact on it, up to rounding. */
  for (gint y = 1; y < inside.height - 1; y++)
    for (gint x = 1; x < inside.width - 1; x++)
      {
        double dx = inside.x + x + .5 - 40.5, dy = inside.y + y + .5 - 30.5;
        double expected = 20 + 2 * (c * dx + s * dy + 40) + (-s * dx + c * dy + 30);

        worst = MAX (worst, fabs (expected - lk_picture_row (straight, y)[x * 3]));
      }
  g_assert_cmpfloat (worst, <=, .51);

  /* The corners of what is inside are inside, and a pixel more is not. */
  for (double angle = -45.; angle <= 45.; angle += 7.5)
    {
      double r = fabs (angle) * G_PI / 180.;
      LkBox box = lk_crop_inside (angle, 160, 90, 0.);

      g_assert_cmpfloat (box.width * cos (r) + box.height * sin (r), <=, 160. + 1e-6);
      g_assert_cmpfloat (box.width * sin (r) + box.height * cos (r), <=, 90. + 1e-6);
      g_assert_true ((box.width + 2) * cos (r) + (box.height + 2) * sin (r) > 160. || (box.width + 2) * sin (r) + (box.height + 2) * cos (r) > 90.);
    }
}

/* ---- buckets ------------------------------------------------------------------------------------------------------- */

static gboolean
has_bucket (GArray *buckets,
            guint   width,
            guint   height)
{
  for (guint i = 0; i < buckets->len; i++)
    if (g_array_index (buckets, LkBucket, i).width == width && g_array_index (buckets, LkBucket, i).height == height)
      return TRUE;
  return FALSE;
}

static void
test_buckets (void)
{
  LkBucketRule rule = { .resolution = 512, .min_side = 256, .max_side = 1024, .step = 64 };
  g_autoptr (GArray) buckets = lk_bucket_list (&rule);
  /* What sd-scripts' make_bucket_resolutions ((512, 512), 256, 1024, 64) gives. */
  static const guint expected[][2] = { { 256, 832 }, { 256, 896 }, { 256, 960 }, { 256, 1024 }, { 320, 704 }, { 320, 768 }, { 384, 640 }, { 448, 576 },
                                       { 512, 512 }, { 576, 448 }, { 640, 384 }, { 704, 320 }, { 768, 320 }, { 832, 256 }, { 896, 256 }, { 960, 256 },
                                       { 1024, 256 } };
  LkBucket bucket, resized;

  g_assert_cmpuint (buckets->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < buckets->len; i++)
    {
      g_assert_cmpuint (g_array_index (buckets, LkBucket, i).width, ==, expected[i][0]);
      g_assert_cmpuint (g_array_index (buckets, LkBucket, i).height, ==, expected[i][1]);
    }

  bucket = lk_bucket_select (&rule, buckets, 1600, 900, &resized);
  g_assert_cmpuint (bucket.width, ==, 640);
  g_assert_cmpuint (bucket.height, ==, 384);
  g_assert_cmpuint (resized.width, ==, 683);    /* 1600·384/900 + 0.5 */
  g_assert_cmpuint (resized.height, ==, 384);
  bucket = lk_bucket_select (&rule, buckets, 500, 500, &resized);
  g_assert_cmpuint (bucket.width, ==, 512);

  /* Every size lands in a bucket that it covers. */
  for (guint width = 33; width < 2000; width += 61)
    for (guint height = 29; height < 2000; height += 67)
      {
        bucket = lk_bucket_select (&rule, buckets, width, height, &resized);
        g_assert_true (has_bucket (buckets, bucket.width, bucket.height));
        g_assert_cmpuint (resized.width, >=, bucket.width);
        g_assert_cmpuint (resized.height, >=, bucket.height);
      }

  rule.no_upscale = TRUE;
  bucket = lk_bucket_select (&rule, buckets, 400, 300, &resized);
  g_assert_cmpuint (bucket.width, ==, 384);
  g_assert_cmpuint (bucket.height, ==, 256);
  g_assert_cmpuint (resized.width, ==, 400);
  bucket = lk_bucket_select (&rule, buckets, 1000, 700, &resized);
  /* By width 576 x 403 -> 576 x 384 (1.5), by height 384 x 549 -> 512 x 384 (1.333): 1.429 is nearer to 1.5. */
  g_assert_cmpuint (bucket.width, ==, 576);
  g_assert_cmpuint (bucket.height, ==, 384);

  rule = lk_bucket_rule_for (192);
  g_assert_cmpuint (rule.step, ==, 32);
  {
    g_autoptr (GArray) small = lk_bucket_list (&rule);

    g_assert_true (has_bucket (small, 192, 192));
    g_assert_true (has_bucket (small, 160, 224));
  }
}

/* ---- measures ------------------------------------------------------------------------------------------------------ */

/* The sum of many neighbours: what a lens out of focus does. */
static LkPicture *
blurred (const LkPicture *picture,
         gint             radius)
{
  LkPicture *result = lk_picture_new (picture->width, picture->height, picture->channels);

  for (gint y = 0; y < (gint) picture->height; y++)
    for (gint x = 0; x < (gint) picture->width; x++)
      for (guint c = 0; c < picture->channels; c++)
        {
          guint sum = 0, n = 0;

          for (gint v = MAX (0, y - radius); v <= MIN ((gint) picture->height - 1, y + radius); v++)
            for (gint u = MAX (0, x - radius); u <= MIN ((gint) picture->width - 1, x + radius); u++, n++)
              sum += lk_picture_row (picture, v)[u * picture->channels + c];
          lk_picture_row (result, y)[x * picture->channels + c] = sum / n;
        }
  return result;
}

/* Sharp things in the middle before a smooth ground. */
static LkPicture *
scene (guint width,
       guint height,
       guint seed)
{
  LkPicture *picture = lk_picture_new (width, height, 3);
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  guint tint = g_rand_int_range (rand, 0, 60), cell = MAX (width / g_rand_int_range (rand, 20, 60), 1);
  guint left = g_rand_int_range (rand, width / 8, width / 2), top = g_rand_int_range (rand, height / 8, height / 2);
  guint shapes[64];

  for (guint i = 0; i < 64; i++)
    shapes[i] = g_rand_int_range (rand, 0, 160);
  for (guint y = 0; y < height; y++)
    for (guint x = 0; x < width; x++)
      {
        guint8 *p = lk_picture_row (picture, y) + 3 * x;
        gboolean inside = x > left && x < left + width * 3 / 8 && y > top && y < top + height * 3 / 8;
        guint shade = inside ? shapes[(x / cell * 7 + y / cell * 13) % 64] : 120 + 80 * y / height;

        p[0] = shade + tint;
        p[1] = shade;
        p[2] = shade / 2 + 40;
      }
  return picture;
}

static void
test_sharpness (void)
{
  g_autoptr (LkPicture) sharp = scene (900, 700, 1);
  g_autoptr (LkPicture) soft = blurred (sharp, 4);
  g_autoptr (LkPicture) large = lk_resize_lanczos (sharp, 1800, 1400);
  g_autoptr (LkPicture) flat = lk_picture_new (300, 300, 3);
  double sharpness = lk_measure_sharpness (sharp), softness = lk_measure_sharpness (soft);

  g_test_message ("sharp %.0f, soft %.1f, sharp at twice the size %.0f", sharpness, softness, lk_measure_sharpness (large));
  g_assert_cmpfloat (sharpness, >, 400.);
  g_assert_cmpfloat (softness, <, 150.);
  g_assert_cmpfloat (lk_measure_sharpness (large), >, sharpness / 3.);
  g_assert_cmpfloat (lk_measure_sharpness (flat), ==, 0.);
}

static void
test_exposure (void)
{
  g_autoptr (LkPicture) picture = scene (200, 200, 2);
  LkExposure good, dark, bright, flat;

  lk_measure_exposure (picture, &good);
  for (guint i = 0; i < 200 * 600; i++)
    picture->data[i] /= 4;
  lk_measure_exposure (picture, &dark);
  for (guint i = 0; i < 200 * 600; i++)
    picture->data[i] = 255 - picture->data[i] / 16;
  lk_measure_exposure (picture, &bright);
  memset (picture->data, 128, 200 * 600);
  lk_measure_exposure (picture, &flat);

  g_assert_cmpfloat (good.dark, >, .5);
  g_assert_cmpfloat (good.deviation, >, .1);
  g_assert_cmpfloat (dark.dark, <, .32);
  g_assert_cmpfloat (bright.bright, >, .95);
  g_assert_cmpfloat (flat.deviation, <, .001);
  g_assert_cmpfloat (ABS (flat.mean - 128. / 255.), <, .003);
  memset (picture->data, 255, 100 * 600);
  memset (picture->data + 100 * 600, 0, 100 * 600);
  lk_measure_exposure (picture, &flat);
  g_assert_cmpfloat (flat.clipped_white, ==, .5);
  g_assert_cmpfloat (flat.clipped_black, ==, .5);
}

static void
test_hashes (void)
{
  g_autoptr (LkPicture) picture = scene (800, 600, 3);
  g_autoptr (LkPicture) smaller = lk_resize_area (picture, 317, 239);
  g_autoptr (LkPicture) softer = blurred (smaller, 1);
  g_autoptr (LkPicture) brighter = lk_picture_copy (picture);
  guint nearest_gradient = 64, nearest_frequency = 64;

  for (guint i = 0; i < 800 * 600 * 3; i++)
    brighter->data[i] = MIN (255, brighter->data[i] * 9 / 8 + 5);
  g_assert_cmpuint (lk_hash_distance (lk_hash_gradient (picture), lk_hash_gradient (smaller)), <=, 3);
  g_assert_cmpuint (lk_hash_distance (lk_hash_gradient (picture), lk_hash_gradient (softer)), <=, 5);
  g_assert_cmpuint (lk_hash_distance (lk_hash_frequency (picture), lk_hash_frequency (smaller)), <=, 4);
  g_assert_cmpuint (lk_hash_distance (lk_hash_frequency (picture), lk_hash_frequency (brighter)), <=, 4);

  for (guint seed = 10; seed < 40; seed++)
    {
      g_autoptr (LkPicture) other = scene (800, 600, seed);

      nearest_gradient = MIN (nearest_gradient, lk_hash_distance (lk_hash_gradient (picture), lk_hash_gradient (other)));
      nearest_frequency = MIN (nearest_frequency, lk_hash_distance (lk_hash_frequency (picture), lk_hash_frequency (other)));
    }
  g_test_message ("nearest of 30 others: %u and %u bits", nearest_gradient, nearest_frequency);
  g_assert_cmpuint (nearest_gradient + nearest_frequency, >, 16);
}

static void
test_jpeg_quality (void)
{
  /* Tables as the Independent JPEG Group's library writes them at a quality, in a file that has nothing else. */
  static const guint8 luma[64] = {
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49,
    35, 37, 29, 40, 58, 51, 61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56,
    80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
  };

  for (guint quality = 5; quality <= 95; quality += 15)
    {
      guint8 file[4 + 2 + 65 + 4] = { 0xff, 0xd8, 0xff, 0xdb, 0, 67, 0 };
      guint scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;

      for (guint i = 0; i < 64; i++)
        file[7 + i] = CLAMP ((luma[i] * scale + 50) / 100, 1, 255);
      file[71] = 0xff;
      file[72] = 0xda;
      g_assert_cmpuint (lk_measure_jpeg_quality (file, sizeof file), ==, quality);
      for (gsize cut = 0; cut < sizeof file; cut++)
        g_assert_cmpuint (lk_measure_jpeg_quality (file, cut), <=, 100);
    }
  g_assert_cmpuint (lk_measure_jpeg_quality ("\x89PNG\r\n\x1a\n", 8), ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/imaging/lanczos-like-pillow", test_lanczos_like_pillow);
  g_test_add_func ("/imaging/area", test_area);
  g_test_add_func ("/imaging/cover", test_cover);
  g_test_add_func ("/imaging/turns", test_turns);
  g_test_add_func ("/imaging/crop-box", test_crop_box);
  g_test_add_func ("/imaging/straighten", test_straighten);
  g_test_add_func ("/imaging/buckets", test_buckets);
  g_test_add_func ("/imaging/sharpness", test_sharpness);
  g_test_add_func ("/imaging/exposure", test_exposure);
  g_test_add_func ("/imaging/hashes", test_hashes);
  g_test_add_func ("/imaging/jpeg-quality", test_jpeg_quality);
  return g_test_run ();
}
