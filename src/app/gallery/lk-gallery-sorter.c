#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include "app/gallery/lk-gallery-sorter.h"
#include "project/lk-image.h"

static double
get_rating (LkImage *image)
{
  return lk_image_get_rating (image);
}

/* In the order of the plan; what is not set comes last. */
static double
get_shot (LkImage *image)
{
  LkShot shot = lk_image_get_shot (image);

  return shot == LK_SHOT_NOT_SET ? LK_N_SHOTS : shot;
}

static double
get_size (LkImage *image)
{
  return (double) lk_image_get_width (image) * lk_image_get_height (image);
}

static double
get_severity (LkImage *image)
{
  return lk_image_get_severity (image);
}

static double
get_id (LkImage *image)
{
  return lk_image_get_id (image);
}

static const struct
{
  const char  *order;
  double     (*get) (LkImage *image);
  GtkSortType  type;
} orders[] = {
  { "added", get_id, GTK_SORT_ASCENDING },
  { "rating", get_rating, GTK_SORT_DESCENDING },
  { "shot", get_shot, GTK_SORT_ASCENDING },
  { "size", get_size, GTK_SORT_ASCENDING },
  { "problems", get_severity, GTK_SORT_DESCENDING },
};

GtkSorter *
lk_gallery_sorter_new (const char *order)
{
  GtkStringSorter *by_name = gtk_string_sorter_new (gtk_property_expression_new (LK_TYPE_IMAGE, NULL, "stem"));

  /* "2" before "10"; the collation keys are kept by the model that sorts. */
  gtk_string_sorter_set_collation (by_name, GTK_COLLATION_FILENAME);
  gtk_string_sorter_set_ignore_case (by_name, FALSE);

  for (gsize i = 0; i < G_N_ELEMENTS (orders); i++)
    if (g_strcmp0 (order, orders[i].order) == 0)
      {
        GtkExpression *value = gtk_cclosure_expression_new (G_TYPE_DOUBLE, NULL, 0, NULL, G_CALLBACK (orders[i].get), NULL, NULL);
        GtkNumericSorter *by_value = gtk_numeric_sorter_new (value);
        GtkMultiSorter *both = gtk_multi_sorter_new ();

        gtk_numeric_sorter_set_sort_order (by_value, orders[i].type);
        gtk_multi_sorter_append (both, GTK_SORTER (by_value));
        gtk_multi_sorter_append (both, GTK_SORTER (by_name));
        return GTK_SORTER (both);
      }

  return GTK_SORTER (by_name);
}
