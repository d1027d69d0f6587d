/* lk-test-parity.c: see the header. */
#include "config.h"

#include "lk-test-parity.h"

#include <math.h>
#include <string.h>

static float *
read_all (LkSafetensors      *file,
          const LkSafeTensor *tensor)
{
  g_autoptr (GError) error = NULL;
  float *values = g_new (float, tensor->n_elements + 1);

  lk_safetensors_read_f32 (file, tensor, 0, tensor->n_elements, values, &error);
  g_assert_no_error (error);
  return values;
}

static double
sum_squares (const float *values,
             gsize        n)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += (double) values[i] * values[i];
  return sum;
}

static int
compare_doubles (gconstpointer a,
                 gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return x < y ? -1 : x > y;
}

/* The middle one of the gradients' root mean squares; 0 without gradients. */
static double
get_median_rms (LkSafetensors *file)
{
  g_autoptr (GArray) rms = g_array_new (FALSE, FALSE, sizeof (double));

  for (guint i = 0; i < lk_safetensors_get_n_tensors (file); i++)
    {
      const LkSafeTensor *tensor = lk_safetensors_get_tensor (file, i);
      g_autofree float *values = read_all (file, tensor);
      double value = sqrt (sum_squares (values, tensor->n_elements) / (double) tensor->n_elements);

      if (g_str_has_prefix (tensor->name, "grad."))
        g_array_append_val (rms, value);
    }
  if (rms->len == 0)
    return 0;
  g_array_sort (rms, compare_doubles);
  return g_array_index (rms, double, rms->len / 2);
}

LkTestParity
lk_test_compare (LkSafetensors *found,
                 LkSafetensors *wanted)
{
  double median = get_median_rms (wanted);
  LkTestParity parity = { 0, 0, "none" };

  g_assert_cmpuint (lk_safetensors_get_n_tensors (found), ==, lk_safetensors_get_n_tensors (wanted));
  for (guint i = 0; i < lk_safetensors_get_n_tensors (wanted); i++)
    {
      const LkSafeTensor *tensor = lk_safetensors_get_tensor (wanted, i);
      const LkSafeTensor *other = lk_safetensors_find (found, tensor->name);
      g_autofree float *values = read_all (wanted, tensor), *others = NULL;
      double scale = sum_squares (values, tensor->n_elements), error;

      if (other == NULL)
        g_error ("The tensor “%s” is missing", tensor->name);
      if (other->n_dims != tensor->n_dims || memcmp (other->dims, tensor->dims, tensor->n_dims * sizeof *tensor->dims) != 0)
        g_error ("The tensor “%s” has another shape", tensor->name);

      others = read_all (found, other);
      for (gsize j = 0; j < tensor->n_elements; j++)
        others[j] -= values[j];
      if (g_str_has_prefix (tensor->name, "grad."))
        {
          error = sum_squares (others, tensor->n_elements) / MAX (scale, (double) tensor->n_elements * pow (0.05 * median, 2));
          if (!(error <= parity.gradient))
            {
              parity.gradient = error;
              parity.worst_gradient = tensor->name;
            }
        }
      else
        {
          error = sum_squares (others, tensor->n_elements) / scale;
          if (!(error <= parity.output))
            parity.output = error;
        }
    }
  return parity;
}

char *
lk_test_golden_path (const char *golden_case,
                     const char *name)
{
  g_autofree char *file = g_strconcat (name, ".safetensors", NULL);

  return g_test_build_filename (G_TEST_DIST, "data", "golden", golden_case, file, NULL);
}
