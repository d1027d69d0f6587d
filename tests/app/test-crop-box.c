/* The arithmetic of a crop rectangle under a hand. */
#include "config.h"

#include "app/gallery/lk-crop-box.h"

#define LEFT_TOP (LK_EDGE_LEFT | LK_EDGE_TOP)
#define RIGHT_BOTTOM (LK_EDGE_RIGHT | LK_EDGE_BOTTOM)

static const LkBox bounds = { 0, 0, 1000, 800 };

#define assert_box(box, left, top, w, h) G_STMT_START { \
  LkBox found_ = (box); \
  g_assert_cmpint (found_.x, ==, left); \
  g_assert_cmpint (found_.y, ==, top); \
  g_assert_cmpint (found_.width, ==, w); \
  g_assert_cmpint (found_.height, ==, h); \
} G_STMT_END

static void
test_moves_inside_the_picture (void)
{
  LkBox box = { 100, 100, 300, 200 };

  assert_box (lk_crop_box_drag (box, LK_EDGE_NONE, 7, -3, 0, bounds), 107, 97, 300, 200);
  assert_box (lk_crop_box_drag (box, LK_EDGE_NONE, -500, 9000, 1.5, bounds), 0, 600, 300, 200);
}

static void
test_edge_alone (void)
{
  LkBox box = { 100, 100, 300, 200 };

  assert_box (lk_crop_box_drag (box, LK_EDGE_LEFT, 10, 99, 0, bounds), 110, 100, 290, 200);
  assert_box (lk_crop_box_drag (box, LK_EDGE_BOTTOM, 99, 10, 0, bounds), 100, 100, 300, 210);
  /* No smaller than a hand can hold, no larger than the picture. */
  assert_box (lk_crop_box_drag (box, LK_EDGE_RIGHT, -9000, 0, 0, bounds), 100, 100, LK_CROP_BOX_LEAST, 200);
  assert_box (lk_crop_box_drag (box, LK_EDGE_RIGHT, 9000, 0, 0, bounds), 100, 100, 900, 200);
}

static void
test_edge_of_a_square_grows_about_its_middle (void)
{
  LkBox box = { 300, 300, 200, 200 };

  assert_box (lk_crop_box_drag (box, LK_EDGE_RIGHT, 20, 0, 1, bounds), 300, 290, 220, 220);
  assert_box (lk_crop_box_drag (box, LK_EDGE_TOP, 0, 20, 1, bounds), 310, 320, 180, 180);
}

/* One arrow key moves a corner along one axis only: that alone must change a square, inwards too. */
static void
test_corner_of_a_square_by_one_axis (void)
{
  LkBox box = { 0, 0, 800, 800 };

  assert_box (lk_crop_box_drag (box, LEFT_TOP, 0, 10, 1, bounds), 10, 10, 790, 790);
  assert_box (lk_crop_box_drag (box, LEFT_TOP, 10, 0, 1, bounds), 10, 10, 790, 790);
  assert_box (lk_crop_box_drag (box, RIGHT_BOTTOM, 0, -10, 1, bounds), 0, 0, 790, 790);
  /* Outwards there is no room. */
  assert_box (lk_crop_box_drag (box, LEFT_TOP, 0, -10, 1, bounds), 0, 0, 800, 800);
}

static void
test_corner_keeps_the_shape (void)
{
  LkBox box = { 100, 100, 300, 200 };

  for (int dx = -400; dx <= 1200; dx += 37)
    for (int dy = -300; dy <= 900; dy += 41)
      {
        LkBox dragged = lk_crop_box_drag (box, RIGHT_BOTTOM, dx, dy, 1.5, bounds);

        g_assert_cmpint (dragged.x, ==, 100);
        g_assert_cmpint (dragged.y, ==, 100);
        g_assert_cmpint (ABS (2 * dragged.width - 3 * dragged.height), <=, 3);
        g_assert_cmpint (dragged.x + dragged.width, <=, bounds.width);
        g_assert_cmpint (dragged.y + dragged.height, <=, bounds.height);
        g_assert_cmpint (dragged.height, >=, LK_CROP_BOX_LEAST);
      }
}

static void
test_shape_keeps_area_and_middle (void)
{
  LkBox square = lk_crop_box_shape ((LkBox) { 300, 200, 400, 100 }, 1, bounds);
  LkBox tall = lk_crop_box_shape (bounds, 0.5, bounds);

  assert_box (square, 400, 150, 200, 200);
  assert_box (tall, 300, 0, 400, 800);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/crop-box/moves-inside-the-picture", test_moves_inside_the_picture);
  g_test_add_func ("/crop-box/edge-alone", test_edge_alone);
  g_test_add_func ("/crop-box/edge-of-a-square-grows-about-its-middle", test_edge_of_a_square_grows_about_its_middle);
  g_test_add_func ("/crop-box/corner-of-a-square-by-one-axis", test_corner_of_a_square_by_one_axis);
  g_test_add_func ("/crop-box/corner-keeps-the-shape", test_corner_keeps_the_shape);
  g_test_add_func ("/crop-box/shape-keeps-area-and-middle", test_shape_keeps_area_and_middle);
  return g_test_run ();
}
