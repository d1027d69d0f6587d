/* Labels: where ink falls, wrapping, cutting, alignment, clipping. Fonts differ from machine to machine: no glyph is compared. */
#include "config.h"

#include <string.h>

#include "formats/lk-label.h"

static const LkLabelStyle plain = { .size = 16, .color = 0xff8000 };

/* The box of all pixels that are not black; FALSE where all are. */
static gboolean
find_ink (const LkPicture *picture,
          guint           *left,
          guint           *top,
          guint           *right,
          guint           *bottom)
{
  *left = *top = G_MAXUINT;
  *right = *bottom = 0;
  for (guint y = 0; y < picture->height; y++)
    for (guint x = 0; x < picture->width; x++)
      if (lk_picture_row (picture, y)[x * picture->channels] != 0)
        {
          *left = MIN (*left, x);
          *right = MAX (*right, x + 1);
          *top = MIN (*top, y);
          *bottom = MAX (*bottom, y + 1);
        }
  return *right > 0;
}

static void
test_ink_stays_in_its_box (void)
{
  g_autoptr (LkPicture) picture = lk_picture_new (300, 100, 3);
  guint width, height, left, top, right, bottom;

  lk_label_measure ("0.8", &plain, &width, &height);
  lk_label_draw (picture, "0.8", &plain, 50, 30);
  g_assert_true (find_ink (picture, &left, &top, &right, &bottom));
  g_assert_true (left >= 48 && right <= 52 + width && top >= 30 && bottom <= 30 + height);
  g_assert_true (right - left > width / 2 && height >= 16 && height < 40);

  /* The ink's colour, and nothing of another one. */
  for (guint y = 0; y < 100; y++)
    for (guint x = 0; x < 300; x++)
      {
        const guint8 *pixel = lk_picture_row (picture, y) + 3 * x;

        g_assert_true (pixel[2] == 0 && ABS (pixel[1] - pixel[0] / 2.0) <= 1);
      }
}

static void
test_colour_over_colour (void)
{
  g_autoptr (LkPicture) picture = lk_picture_new (80, 40, 4);
  LkLabelStyle style = { .size = 30, .bold = TRUE, .color = 0x112233 };
  gboolean has_full = FALSE;

  memset (picture->data, 200, picture->stride * picture->height);
  lk_label_draw (picture, "■", &style, 5, 0);
  for (gsize i = 0; i < picture->stride * picture->height; i += 4)
    has_full |= memcmp (picture->data + i, "\x11\x22\x33\xff", 4) == 0;
  g_assert_true (has_full);
  g_assert_cmpmem (lk_picture_row (picture, 39) + 4 * 79, 4, "\xc8\xc8\xc8\xc8", 4);
}

static void
test_wrap_and_cut (void)
{
  LkLabelStyle style = { .size = 14, .color = 0xffffff, .width = 120 };
  const char *text = "a photo of ohwx woman, red hair, in a park, smiling, natural lighting";
  guint width, one, all, two;

  lk_label_measure ("a", &style, &width, &one);
  lk_label_measure (text, &style, &width, &all);
  g_assert_cmpuint (width, ==, 120);
  g_assert_cmpuint (all, >, 3 * one);
  style.max_lines = 2;
  lk_label_measure (text, &style, &width, &two);
  g_assert_cmpuint (two, >, one);
  g_assert_cmpuint (two, <, 3 * one);
  style.width = 0;
  style.max_lines = 0;
  lk_label_measure (text, &style, &width, &all);
  g_assert_cmpuint (all, <, 2 * one);
  g_assert_cmpuint (width, >, 300);
}

static void
test_alignment (void)
{
  guint lefts[3], rights[3];

  for (guint align = 0; align < 3; align++)
    {
      LkLabelStyle style = { .size = 14, .color = 0xffffff, .width = 200, .align = align };
      g_autoptr (LkPicture) picture = lk_picture_new (200, 30, 3);
      guint top, bottom;

      lk_label_draw (picture, "1.0", &style, 0, 0);
      g_assert_true (find_ink (picture, &lefts[align], &top, &rights[align], &bottom));
    }
  g_assert_cmpuint (lefts[0], <, 5);
  g_assert_cmpuint (rights[2], >, 195);
  g_assert_cmpint (ABS ((int) (lefts[1] + rights[1]) - 200), <, 6);
}

static void
test_every_place_is_clipped (void)
{
  g_autoptr (LkPicture) picture = lk_picture_new (20, 10, 3);
  guint left, top, right, bottom;

  lk_label_draw (picture, "", &plain, 0, 0);
  lk_label_draw (picture, "far away", &plain, 500, 500);
  lk_label_draw (picture, "far away", &plain, -500, -500);
  g_assert_false (find_ink (picture, &left, &top, &right, &bottom));
  lk_label_draw (picture, "half \xff of it \xe6\x9d\xb1", &plain, -10, -5);
  lk_label_draw (picture, "half of it", &plain, 10, 5);
  g_assert_true (find_ink (picture, &left, &top, &right, &bottom));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/label/ink-stays-in-its-box", test_ink_stays_in_its_box);
  g_test_add_func ("/label/colour-over-colour", test_colour_over_colour);
  g_test_add_func ("/label/wrap-and-cut", test_wrap_and_cut);
  g_test_add_func ("/label/alignment", test_alignment);
  g_test_add_func ("/label/every-place-is-clipped", test_every_place_is_clipped);
  return g_test_run ();
}
