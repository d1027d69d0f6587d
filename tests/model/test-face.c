/* The face finder: its networks against PyTorch's outputs (README of tests/data/face), and what it finds in a photograph. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "formats/lk-safetensors.h"
#include "imaging/lk-resize.h"
#include "model/lk-face-private.h"

static LkFaceFinder *
make_finder (void)
{
  g_autoptr (GError) error = NULL;
  LkFaceFinder *finder = lk_face_finder_new (&error);

  g_assert_no_error (error);
  return finder;
}

static char *
data_path (const char *name)
{
  return g_test_build_filename (G_TEST_DIST, "data", "face", name, NULL);
}

static float *
read_tensor (const char *name)
{
  g_autofree char *path = data_path ("networks.safetensors");
  g_autoptr (GError) error = NULL;
  g_autoptr (LkSafetensors) file = lk_safetensors_open (path, &error);
  const LkSafeTensor *tensor;
  float *values;

  g_assert_no_error (error);
  tensor = lk_safetensors_require (file, name, &error);
  g_assert_no_error (error);
  values = g_new (float, tensor->n_elements);
  lk_safetensors_read_f32 (file, tensor, 0, tensor->n_elements, values, &error);
  g_assert_no_error (error);
  return values;
}

static double
nmse (const float *got,
      const float *expected,
      gsize        n)
{
  double error = 0., power = 0.;

  for (gsize i = 0; i < n; i++)
    {
      error += (got[i] - expected[i]) * (got[i] - expected[i]);
      power += expected[i] * expected[i];
    }
  return error / power;
}

static void
test_networks (void)
{
  g_autoptr (LkFaceFinder) finder = make_finder ();
  g_autoptr (LkPool) pool = lk_pool_new (2);
  g_autofree float *finder_in = read_tensor ("finder_in");
  g_autofree float *finder_out = read_tensor ("finder_out");
  g_autofree float *marks_in = read_tensor ("marks_in");
  g_autofree float *marks_out = read_tensor ("marks_out");
  float out[5 * 5 * 25], points[136];

  lk_face_run_finder (finder, pool, finder_in, 160, out);
  g_test_message ("finder: %.3g", nmse (out, finder_out, G_N_ELEMENTS (out)));
  g_assert_cmpfloat (nmse (out, finder_out, G_N_ELEMENTS (out)), <, 1e-9);
  lk_face_run_landmarks (finder, pool, marks_in, points);
  g_test_message ("landmarks: %.3g", nmse (points, marks_out, G_N_ELEMENTS (points)));
  g_assert_cmpfloat (nmse (points, marks_out, G_N_ELEMENTS (points)), <, 1e-9);
}

static LkPicture *
read_photograph (void)
{
  g_autofree char *path = data_path ("astronaut.png");
  g_autoptr (GError) error = NULL;
  LkPicture *picture = lk_picture_read (path, LK_PICTURE_ON_WHITE, NULL, &error);

  g_assert_no_error (error);
  return picture;
}

static void
test_photograph (void)
{
  g_autoptr (LkFaceFinder) finder = make_finder ();
  g_autoptr (LkPool) pool = lk_pool_new (2);
  g_autoptr (LkPicture) picture = read_photograph ();
  g_autoptr (LkPicture) mirrored = lk_crop_apply (&(LkCrop) { .flip_horizontal = TRUE }, picture);
  g_autoptr (LkPicture) wide = lk_picture_new (1600, 900, 3);
  g_autoptr (GArray) faces = lk_face_finder_find (finder, pool, picture);
  g_autoptr (GArray) flipped = lk_face_finder_find (finder, pool, mirrored);
  g_autoptr (GArray) far = NULL;
  LkFoundFace *face, *other;

  /* The face fills x 102 to 175, y 47 to 118 of 320. */
  g_assert_cmpuint (faces->len, ==, 1);
  face = &g_array_index (faces, LkFoundFace, 0);
  g_test_message ("%d,%d %dx%d, score %.3f, roll %.1f, yaw %.1f", face->box.x, face->box.y, face->box.width, face->box.height, face->score,
                  face->roll, face->yaw);
  g_assert_cmpfloat (face->score, >, .9);
  g_assert_cmpint (ABS (face->box.x + face->box.width / 2 - 138), <, 10);
  g_assert_cmpint (ABS (face->box.y + face->box.height / 2 - 82), <, 10);
  g_assert_cmpfloat (fabs (face->roll), <, 10.);
  g_assert_cmpfloat (fabs (face->yaw), <, 30.);
  /* The tip of the nose, and the left eye above and to the left of it. */
  g_assert_cmpfloat (fabsf (face->points[30][0] - 138.f), <, 8.f);
  g_assert_cmpfloat (face->points[36][0], <, face->points[30][0]);
  g_assert_cmpfloat (face->points[36][1], <, face->points[30][1]);

  g_assert_cmpuint (flipped->len, ==, 1);
  other = &g_array_index (flipped, LkFoundFace, 0);
  g_assert_cmpint (ABS (other->box.x + other->box.width / 2 - (320 - face->box.x - face->box.width / 2)), <, 8);
  g_assert_cmpfloat (fabs (other->yaw + face->yaw), <, 12.);

  /* Far off the middle of a wide picture, in its corner. */
  for (guint y = 0; y < 320; y++)
    memcpy (lk_picture_row (wide, y + 560) + 1270 * 3, lk_picture_row (picture, y), 320 * 3);
  far = lk_face_finder_find (finder, pool, wide);
  g_assert_cmpuint (far->len, ==, 1);
  g_assert_cmpint (ABS (g_array_index (far, LkFoundFace, 0).box.x - 1270 - face->box.x), <, 20);
}

static void
test_nothing (void)
{
  g_autoptr (LkFaceFinder) finder = make_finder ();
  g_autoptr (LkPool) pool = lk_pool_new (1);
  g_autoptr (LkPicture) flat = lk_picture_new (700, 300, 3);
  g_autoptr (LkPicture) dot = lk_picture_new (1, 1, 3);
  g_autoptr (GArray) none = lk_face_finder_find (finder, pool, flat);
  g_autoptr (GArray) neither = lk_face_finder_find (finder, pool, dot);

  g_assert_cmpuint (none->len, ==, 0);
  g_assert_cmpuint (neither->len, ==, 0);
}

/* A thread more or less changes no bit. */
static void
test_threads (void)
{
  g_autoptr (LkFaceFinder) finder = make_finder ();
  g_autoptr (LkPool) one = lk_pool_new (1);
  g_autoptr (LkPool) three = lk_pool_new (3);
  g_autofree float *in = read_tensor ("finder_in");
  float a[5 * 5 * 25], b[5 * 5 * 25];

  lk_face_run_finder (finder, one, in, 160, a);
  lk_face_run_finder (finder, three, in, 160, b);
  g_assert_cmpmem (a, sizeof a, b, sizeof b);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/face/networks", test_networks);
  g_test_add_func ("/face/photograph", test_photograph);
  g_test_add_func ("/face/nothing", test_nothing);
  g_test_add_func ("/face/threads", test_threads);
  return g_test_run ();
}
