/* The measure of drawn likeness: pictures of one character are near each other, and far from another character's. */
#include "config.h"

#include "generate/lk-likeness.h"

/* The pictures of a folder that show a face well; owned by the caller. */
static char **
list (const char *folder)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".png") && !g_str_has_prefix (name, "full"))
      {
        g_autofree char *path = g_build_filename (folder, name, NULL);

        g_strv_builder_add (builder, path);
      }
  return g_strv_builder_end (builder);
}

static void
test_two_characters (void)
{
  g_auto (GStrv) her = list (g_getenv ("LIKENESS_TEST_SAMPLE")), him = list (g_getenv ("LIKENESS_TEST_PICTURES"));
  g_autoptr (GError) error = NULL;
  g_autoptr (LkDevice) device = lk_device_open ("cpu", 0, NULL);
  g_autoptr (LkLikeness) likeness = lk_likeness_new (device, NULL, &error);
  float mean_her[LK_LIKENESS_N], mean_him[LK_LIKENESS_N];
  LkLikenessFigures her_to_her, her_to_him, him_to_him, him_to_her;

  g_assert_no_error (error);
  g_assert_true (lk_likeness_look (likeness, (const char * const *) her, mean_her, &error));
  g_assert_true (lk_likeness_look (likeness, (const char * const *) him, mean_him, &error));
  g_assert_cmpfloat_with_epsilon (lk_likeness_compare (mean_her, mean_her), 1, 1e-6);
  g_assert_true (lk_likeness_measure (likeness, mean_her, (const char * const *) her, &her_to_her, &error));
  g_assert_true (lk_likeness_measure (likeness, mean_him, (const char * const *) her, &her_to_him, &error));
  g_assert_true (lk_likeness_measure (likeness, mean_him, (const char * const *) him, &him_to_him, &error));
  g_assert_true (lk_likeness_measure (likeness, mean_her, (const char * const *) him, &him_to_her, &error));
  g_test_message ("her to her %.2f (%.2f to %.2f), him to him %.2f; her to him %.2f, him to her %.2f", her_to_her.median, her_to_her.low,
                  her_to_her.high, him_to_him.median, her_to_him.median, him_to_her.median);

  g_assert_cmpfloat (her_to_her.low, >, 0.5);
  g_assert_cmpfloat (him_to_him.low, >, 0.5);
  g_assert_cmpfloat (her_to_him.high, <, 0.4);
  g_assert_cmpfloat (him_to_her.high, <, 0.4);
}

/* A picture that is already 96 x 96 is taken as it is; an odd size is averaged over whole pixels. */
static void
test_sizes (void)
{
  g_autoptr (LkDevice) device = lk_device_open ("cpu", 0, NULL);
  g_autoptr (LkLikeness) likeness = lk_likeness_new (device, NULL, NULL);
  static const guint sizes[] = { 96, 192, 100, 97, 500 };
  float first[LK_LIKENESS_N], other[LK_LIKENESS_N];

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (LkPicture) picture = lk_picture_new (sizes[i], sizes[i], 4);

      for (guint y = 0; y < sizes[i]; y++)
        for (guint x = 0; x < sizes[i]; x++)
          {
            guint8 *pixel = lk_picture_row (picture, y) + 4 * x;

            pixel[0] = (guint8) (255 * x / sizes[i]);
            pixel[1] = (guint8) (255 * y / sizes[i]);
            pixel[2] = 128;
            pixel[3] = 255;
          }
      g_assert_true (lk_likeness_embed (likeness, picture, i == 0 ? first : other, NULL));
      if (i > 0)
        g_assert_cmpfloat (lk_likeness_compare (first, other), >, 0.98);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/likeness/two-characters", test_two_characters);
  g_test_add_func ("/likeness/sizes", test_sizes);

  return g_test_run ();
}
