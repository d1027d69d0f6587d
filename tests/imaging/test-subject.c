/* The subject of drawings: people far off the middle of wide pictures, where a cut from the middle would lose them.
 *
 * The wide pictures are the starter's painter's; the others are made here, the sample's pictures pasted near an edge.
 */
#include "config.h"

#include <math.h>
#include <string.h>

#include "imaging/lk-resize.h"
#include "imaging/lk-subject.h"

static LkPicture *
read_picture (const char *path)
{
  g_autoptr (GError) error = NULL;
  LkPicture *picture = lk_picture_read (path, LK_PICTURE_ON_WHITE, NULL, &error);

  g_assert_no_error (error);
  return picture;
}

/* Where the head is: its middle and half its height. */
static const struct
{
  const char *name;
  gint        x, y, radius;
} painted[] = {
  { "wide-00.png", 669, 198, 48 },
  { "wide-01.png", 628, 202, 47 },
  { "wide-02.png", 569, 206, 47 },
  { "wide-03.png", 123, 153, 55 },
  { "wide-04.png", 641, 158, 84 },
  { "wide-05.png", 627, 163, 53 },
  { "wide-06.png", 637, 160, 84 },
  { "wide-07.png", 626, 152, 55 },
  { "wide-08.png", 237, 131, 61 },
  { "wide-09.png", 565, 135, 60 },
  { "wide-10.png", 676, 170, 55 },
  { "wide-11.png", 118, 177, 53 },
  { "wide-12.png", 598, 149, 73 },
  { "wide-13.png", 607, 161, 57 },
  { "wide-14.png", 139, 204, 132 },
  { "wide-15.png", 179, 155, 55 }
};

static gboolean
shows_head (LkBox box,
            gint  x,
            gint  y,
            gint  radius)
{
  return box.x <= x - radius && box.x + box.width >= x + radius && box.y <= y - radius / 2 && box.y + box.height >= y + radius / 2;
}

static void
test_painted (void)
{
  guint n_centred = 0, n_shown = 0, n_by_middle = 0;

  for (guint i = 0; i < G_N_ELEMENTS (painted); i++)
    {
      g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "data", "imaging", painted[i].name, NULL);
      g_autoptr (LkPicture) picture = read_picture (path);
      LkBox subject = lk_subject_find (picture, NULL, NULL);
      LkBox square = lk_box_around (1., subject.x + subject.width / 2., subject.y + subject.height / 2., picture->width, picture->height);
      LkBox middle = lk_box_around (1., picture->width / 2., picture->height / 2., picture->width, picture->height);
      double off = fabs (subject.x + subject.width / 2. - painted[i].x) / square.width;

      g_test_message ("%s: subject %d,%d %dx%d; its middle is off by %.3f of the crop's side", painted[i].name,
                      subject.x, subject.y, subject.width, subject.height, off);
      n_centred += off < .1;
      n_shown += shows_head (square, painted[i].x, painted[i].y, painted[i].radius);
      n_by_middle += shows_head (middle, painted[i].x, painted[i].y, painted[i].radius);
    }
  g_test_message ("of %u: %u centred, %u shown; a cut from the middle shows %u", (guint) G_N_ELEMENTS (painted), n_centred, n_shown, n_by_middle);
  g_assert_cmpuint (n_shown, ==, G_N_ELEMENTS (painted));
  g_assert_cmpuint (n_centred, ==, G_N_ELEMENTS (painted));
  g_assert_cmpuint (n_by_middle, <, G_N_ELEMENTS (painted) / 3);
}

/* Grounds to paste on: 0 one colour, 1 a gradient, 2 noise, 3 stripes with a horizon. */
static void
paint_ground (LkPicture *picture,
              guint      kind,
              GRand     *rand)
{
  guint8 colour[3];

  for (guint c = 0; c < 3; c++)
    colour[c] = g_rand_int_range (rand, 30, 220);
  for (guint y = 0; y < picture->height; y++)
    for (guint x = 0; x < picture->width; x++)
      for (guint c = 0; c < 3; c++)
        {
          guint8 *p = &lk_picture_row (picture, y)[x * 3 + c];

          switch (kind)
            {
            case 0: *p = colour[c]; break;
            case 1: *p = colour[c] * (1. - .4 * y / picture->height); break;
            case 2: *p = CLAMP (colour[c] + g_rand_int_range (rand, -25, 26), 0, 255); break;
            default: *p = y > picture->height * 3 / 4 ? colour[(c + 1) % 3] : x / 100 % 2 ? colour[c] : colour[c] * 3 / 4; break;
            }
        }
}

static void
test_pasted (void)
{
  g_autofree char *folder = g_test_build_filename (G_TEST_DIST, "..", "..", "data", "starter", "sample", "images", NULL);
  g_autoptr (GRand) rand = g_rand_new_with_seed (9);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0, n_centred = 0;
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      g_autoptr (LkPicture) person = NULL;
      g_autoptr (LkPicture) scaled = NULL;
      g_autoptr (LkPicture) wide = NULL;
      guint height = g_rand_int_range (rand, 400, 890), left, top;
      LkBox subject;
      double off;

      if (!g_str_has_suffix (name, ".png"))
        continue;
      person = read_picture (path);
      wide = lk_picture_new (1600, 900, 3);
      paint_ground (wide, n % 4, rand);
      scaled = lk_resize (person, person->width * height / person->height, height);
      left = g_rand_boolean (rand) ? g_rand_int_range (rand, 0, 100) : 1600 - (gint) scaled->width - g_rand_int_range (rand, 0, 100);
      top = g_rand_int_range (rand, 0, 901 - height);
      for (guint y = 0; y < height; y++)
        memcpy (lk_picture_row (wide, top + y) + left * 3, lk_picture_row (scaled, y), scaled->width * 3);

      subject = lk_subject_find (wide, NULL, NULL);
      off = fabs (subject.x + subject.width / 2. - (left + scaled->width / 2.)) / 900.;
      if (off >= .1)
        g_test_message ("%s on ground %u: off by %.3f", name, n % 4, off);
      n_centred += off < .1;
      n++;
    }
  g_test_message ("of %u: %u centred", n, n_centred);
  g_assert_cmpuint (n, >=, 20);
  g_assert_cmpuint (n_centred, ==, n);
}

static void
test_nothing (void)
{
  g_autoptr (LkPicture) flat = lk_picture_new (300, 200, 3);
  g_autoptr (LkPicture) dot = lk_picture_new (1, 1, 3);
  double share, confidence;

  memset (flat->data, 90, 300 * 200 * 3);
  g_assert_cmpint (lk_subject_find (flat, &share, &confidence).width, ==, 0);
  g_assert_cmpfloat (share, ==, 0.);
  g_assert_cmpfloat (confidence, ==, 0.);
  lk_subject_find (dot, &share, &confidence);
}

static void
test_frame (void)
{
  /* A figure of 200 x 500 at the right edge of 1600 x 900: the square holds it, keeps in the frame, and fills itself with 40 to 60 %. */
  LkBox subject = { 1380, 300, 200, 500 };
  LkBox box = lk_subject_frame (subject, 1., .5, 192, 1600, 900);

  g_assert_cmpint (box.width, ==, box.height);
  g_assert_cmpint (box.x + box.width, <=, 1600);
  g_assert_cmpint (box.x, <=, subject.x);
  g_assert_cmpint (box.y, <=, subject.y);
  g_assert_cmpint (box.y + box.height, >=, subject.y + subject.height);
  g_assert_cmpint (box.height, <, 600);

  /* Never so small that it must be enlarged where the frame has more. */
  box = lk_subject_frame ((LkBox) { 100, 100, 50, 60 }, 1., .5, 512, 1600, 900);
  g_assert_cmpint (box.height, ==, 512);
  box = lk_subject_frame ((LkBox) { 100, 100, 50, 60 }, 1., .5, 2000, 1600, 900);
  g_assert_cmpint (box.height, ==, 900);
  box = lk_subject_frame ((LkBox) { 0 }, .75, .5, 512, 1600, 900);
  g_assert_cmpint (ABS (box.x + box.width / 2 - 800), <=, 1);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/subject/painted", test_painted);
  g_test_add_func ("/subject/pasted", test_pasted);
  g_test_add_func ("/subject/nothing", test_nothing);
  g_test_add_func ("/subject/frame", test_frame);
  return g_test_run ();
}
