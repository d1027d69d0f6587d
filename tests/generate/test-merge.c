/* An exact merge is the weighted sum of the LoRAs, whatever their ranks and alphas. */
#include "config.h"

#include <math.h>
#include <string.h>

#include <glib/gstdio.h>

#include "generate/lk-merge.h"

#define N_IN 6
#define N_OUT 5
#define MAX_RANK 8

static char *folder;

/* Numbers that F16 holds exactly, other ones for each seed. */
static float
number (guint seed,
        guint i)
{
  return ((int) ((i * 37 + seed * 101 + (i ^ seed) * 13) % 61) - 30) / 16.f;
}

/* A LoRA file with one module on a linear layer, one on a convolution of 3x3, one on the text encoder. `alpha` 0: none is written.
 * Returns its path, owned by the caller. */
static char *
write_lora (const char *name,
            guint       seed,
            gsize       rank,
            float       alpha,
            gsize       n_in)
{
  static const char * const modules[] = { "lora_unet_mid_block_attentions_0_proj_in", "lora_unet_down_blocks_0_resnets_0_conv1",
                                          "lora_te_text_model_encoder_layers_0_mlp_fc1" };
  g_autoptr (LkSafetensorsWriter) writer = lk_safetensors_writer_new ();
  g_autoptr (GPtrArray) memory = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  char *path = g_build_filename (folder, name, NULL);

  for (guint m = 0; m < G_N_ELEMENTS (modules); m++)
    {
      gsize area = m == 1 ? 9 : 1;
      float *down = g_new (float, rank * n_in * area), *up = g_new (float, N_OUT * rank);
      g_autofree char *down_name = g_strconcat (modules[m], ".lora_down.weight", NULL);
      g_autofree char *up_name = g_strconcat (modules[m], ".lora_up.weight", NULL);
      g_autofree char *alpha_name = g_strconcat (modules[m], ".alpha", NULL);
      guint n_dims = m == 1 ? 4 : 2;

      for (gsize i = 0; i < rank * n_in * area; i++)
        down[i] = number (seed + m, i);
      for (gsize i = 0; i < N_OUT * rank; i++)
        up[i] = number (seed + m + 50, i);
      g_ptr_array_add (memory, down);
      g_ptr_array_add (memory, up);
      lk_safetensors_writer_add (writer, down_name, LK_SAFE_F32, n_dims, (gsize[]) { rank, n_in, 3, 3 }, down);
      lk_safetensors_writer_add (writer, up_name, LK_SAFE_F32, n_dims, (gsize[]) { N_OUT, rank, 1, 1 }, up);
      if (alpha != 0)
        {
          g_ptr_array_add (memory, g_memdup2 (&alpha, sizeof alpha));
          lk_safetensors_writer_add (writer, alpha_name, LK_SAFE_F32, 0, NULL, g_ptr_array_index (memory, memory->len - 1));
        }
    }
  lk_safetensors_writer_set_metadata (writer, "ss_base_model_version", "sd_v1");
  g_assert_true (lk_safetensors_writer_save (writer, path, &error));
  g_assert_no_error (error);

  return path;
}

/* Adds strength · alpha / rank · up · down of `module` to `sum` [N_OUT, n]. */
static void
add_change (const char *path,
            const char *module,
            double      strength,
            double     *sum,
            gsize       n)
{
  g_autoptr (LkSafetensors) file = lk_safetensors_open (path, NULL);
  g_autofree char *down_name = g_strconcat (module, ".lora_down.weight", NULL);
  g_autofree char *up_name = g_strconcat (module, ".lora_up.weight", NULL);
  g_autofree char *alpha_name = g_strconcat (module, ".alpha", NULL);
  const LkSafeTensor *down = lk_safetensors_find (file, down_name), *up = lk_safetensors_find (file, up_name);
  const LkSafeTensor *alpha_tensor = lk_safetensors_find (file, alpha_name);
  gsize rank = down->dims[0];
  float alpha = rank;
  g_autofree float *d = g_new (float, down->n_elements), *u = g_new (float, up->n_elements);

  g_assert_cmpuint (down->n_elements, ==, rank * n);
  g_assert_true (lk_safetensors_read_f32 (file, down, 0, down->n_elements, d, NULL));
  g_assert_true (lk_safetensors_read_f32 (file, up, 0, up->n_elements, u, NULL));
  if (alpha_tensor)
    g_assert_true (lk_safetensors_read_f32 (file, alpha_tensor, 0, 1, &alpha, NULL));
  for (gsize o = 0; o < N_OUT; o++)
    for (gsize r = 0; r < rank; r++)
      for (gsize i = 0; i < n; i++)
        sum[o * n + i] += strength * alpha / rank * u[o * rank + r] * d[r * n + i];
}

/* Normalised mean square error of the merged module against the sum of its parts. */
static double
error_of (const char         *merged,
          const LkMergeInput *inputs,
          guint               n_inputs,
          const char         *module,
          gsize               n)
{
  g_autofree double *actual = g_new0 (double, N_OUT * n), *expected = g_new0 (double, N_OUT * n);
  double difference = 0, size = 0;

  add_change (merged, module, 1, actual, n);
  for (guint i = 0; i < n_inputs; i++)
    add_change (inputs[i].path, module, g_str_has_prefix (module, "lora_te") ? inputs[i].text_strength : inputs[i].unet_strength,
                expected, n);
  for (gsize i = 0; i < N_OUT * n; i++)
    {
      difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
      size += expected[i] * expected[i];
    }
  return difference / size;
}

static void
test_ranks_and_alphas_that_differ (void)
{
  g_autofree char *a = write_lora ("a.safetensors", 1, 2, 1, N_IN);
  g_autofree char *b = write_lora ("b.safetensors", 2, 3, 7.5f, N_IN);
  g_autofree char *c = write_lora ("c.safetensors", 3, 1, 0, N_IN);
  g_autofree char *merged = g_build_filename (folder, "merged.safetensors", NULL);
  const LkMergeInput inputs[] = { { a, 0.8, 0.3 }, { b, 0.5, 0.5 }, { c, -0.4, 0.7 } };
  static const LkSafeType types[] = { LK_SAFE_F32, LK_SAFE_F16 };

  for (guint t = 0; t < G_N_ELEMENTS (types); t++)
    {
      double bound = types[t] == LK_SAFE_F32 ? 1e-13 : 1e-6;
      g_autoptr (GError) error = NULL;
      g_autoptr (LkSafetensors) file = NULL;
      LkMergeResult result;

      g_assert_true (lk_merge_exact (inputs, 3, types[t], merged, &result, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (result.n_modules, ==, 3);
      g_assert_cmpuint (result.least_rank, ==, 6);
      g_assert_cmpuint (result.most_rank, ==, 6);
      g_assert_cmpfloat (error_of (merged, inputs, 3, "lora_unet_mid_block_attentions_0_proj_in", N_IN), <, bound);
      g_assert_cmpfloat (error_of (merged, inputs, 3, "lora_unet_down_blocks_0_resnets_0_conv1", N_IN * 9), <, bound);
      g_assert_cmpfloat (error_of (merged, inputs, 3, "lora_te_text_model_encoder_layers_0_mlp_fc1", N_IN), <, bound);

      file = lk_safetensors_open (merged, NULL);
      g_assert_cmpstr (lk_safetensors_get_metadata (file, "ss_base_model_version"), ==, "sd_v1");
      g_assert_cmpstr (lk_safetensors_get_metadata (file, "ss_network_dim"), ==, "6");
      g_assert_nonnull (lk_safetensors_get_metadata (file, "sshs_model_hash"));
      g_assert_nonnull (strstr (lk_safetensors_get_metadata (file, "modelspec.merged_from"), "b.safetensors"));
      g_assert_cmpuint (lk_safetensors_find (file, "lora_unet_down_blocks_0_resnets_0_conv1.lora_down.weight")->n_dims, ==, 4);
    }
}

/* The test's own measure must see a strength that is a hundredth off. */
static void
test_the_bound_sees_a_wrong_strength (void)
{
  g_autofree char *a = write_lora ("a.safetensors", 1, 2, 1, N_IN);
  g_autofree char *merged = g_build_filename (folder, "merged.safetensors", NULL);
  const LkMergeInput input = { a, 0.8, 0.8 }, wrong = { a, 0.81, 0.81 };

  g_assert_true (lk_merge_exact (&input, 1, LK_SAFE_F32, merged, NULL, NULL));
  g_assert_cmpfloat (error_of (merged, &wrong, 1, "lora_unet_mid_block_attentions_0_proj_in", N_IN), >, 1e-5);
}

/* Eigenvalues, falling, of the symmetric `a` [n,n], which is destroyed: Jacobi's classic rotations of both sides. */
static void
eigenvalues (double *a,
             guint   n,
             double *values)
{
  for (guint sweep = 0; sweep < 50; sweep++)
    for (guint p = 0; p < n; p++)
      for (guint q = p + 1; q < n; q++)
        {
          double angle = 0.5 * atan2 (2 * a[p * n + q], a[q * n + q] - a[p * n + p]), c = cos (angle), s = sin (angle);

          for (guint i = 0; i < n; i++)
            {
              double x = a[i * n + p], y = a[i * n + q];

              a[i * n + p] = c * x - s * y;
              a[i * n + q] = s * x + c * y;
            }
          for (guint i = 0; i < n; i++)
            {
              double x = a[p * n + i], y = a[q * n + i];

              a[p * n + i] = c * x - s * y;
              a[q * n + i] = s * x + c * y;
            }
        }
  for (guint i = 0; i < n; i++)
    {
      guint at = i;

      while (at > 0 && values[at - 1] < a[i * n + i])
        {
          values[at] = values[at - 1];
          at--;
        }
      values[at] = a[i * n + i];
    }
}

/* No file of that rank is nearer (Eckart and Young): the error must be the squares of the singular values that are missing, which the test
 * finds from the whole matrix, in another way; and the energy told must be the rest. */
static void
test_a_cut_is_the_nearest_of_its_rank (void)
{
  g_autofree char *a = write_lora ("a.safetensors", 1, 2, 1, N_IN);
  g_autofree char *b = write_lora ("b.safetensors", 2, 3, 7.5f, N_IN);
  g_autofree char *merged = g_build_filename (folder, "cut.safetensors", NULL);
  const LkMergeInput inputs[] = { { a, 0.8, 0.3 }, { b, 0.5, -0.5 } };
  static const struct { const char *name; gsize n; } modules[] = {
    { "lora_unet_mid_block_attentions_0_proj_in", N_IN }, { "lora_unet_down_blocks_0_resnets_0_conv1", N_IN * 9 },
    { "lora_te_text_model_encoder_layers_0_mlp_fc1", N_IN },
  };

  for (guint rank = 1; rank <= 6; rank++)
    {
      g_auto (LkMergeResult) result = { 0 };
      g_autoptr (GError) error = NULL;
      double kept_of_all = 0, all = 0;

      g_assert_true (lk_merge_to_rank (inputs, 2, rank, LK_SAFE_F32, merged, &result, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (result.most_rank, ==, MIN (rank, N_OUT));
      g_assert_cmpuint (result.modules->len, ==, G_N_ELEMENTS (modules));

      for (guint m = 0; m < G_N_ELEMENTS (modules); m++)
        {
          gsize n = modules[m].n;
          g_autofree double *sum = g_new0 (double, N_OUT * n);
          double gram[N_OUT * N_OUT] = { 0 }, values[N_OUT] = { 0 }, kept = 0, lost = 0, off;
          const LkMergeModule *told = NULL;

          for (guint i = 0; i < 2; i++)
            add_change (inputs[i].path, modules[m].name, m == 2 ? inputs[i].text_strength : inputs[i].unet_strength, sum, n);
          for (guint i = 0; i < N_OUT; i++)
            for (guint j = 0; j < N_OUT; j++)
              for (gsize k = 0; k < n; k++)
                gram[i * N_OUT + j] += sum[i * n + k] * sum[j * n + k];
          eigenvalues (gram, N_OUT, values);
          for (guint i = 0; i < N_OUT; i++)
            *(i < rank ? &kept : &lost) += values[i];

          for (guint i = 0; i < result.modules->len; i++)
            if (g_str_equal (g_array_index (result.modules, LkMergeModule, i).name, modules[m].name))
              told = &g_array_index (result.modules, LkMergeModule, i);
          g_assert_nonnull (told);
          g_assert_cmpuint (told->full_rank, ==, 5);
          /* The program keeps strength · alpha / rank · up as floats. */
          g_assert_cmpfloat (fabs (told->energy - kept / (kept + lost)), <, 1e-7);

          off = error_of (merged, inputs, 2, modules[m].name, n);
          g_test_message ("rank %u, %s: error %g, must be %g", rank, modules[m].name, off, lost / (kept + lost));
          g_assert_cmpfloat (fabs (off - lost / (kept + lost)), <, 1e-6);
          kept_of_all += kept;
          all += kept + lost;
        }
      g_assert_cmpfloat (fabs (result.energy - kept_of_all / all), <, 1e-7);
    }
}

/* A LoRA with itself has twice the rank on paper only. */
static void
test_a_lora_twice_keeps_its_rank (void)
{
  g_autofree char *a = write_lora ("a.safetensors", 1, 2, 1, N_IN);
  g_autofree char *merged = g_build_filename (folder, "cut.safetensors", NULL);
  const LkMergeInput inputs[] = { { a, 0.75, 0.75 }, { a, 0.25, 0.25 } };
  g_auto (LkMergeResult) result = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_true (lk_merge_to_rank (inputs, 2, 8, LK_SAFE_F32, merged, &result, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (result.most_rank, ==, 2);
  g_assert_cmpfloat (result.energy, ==, 1);
  g_assert_cmpfloat (error_of (merged, inputs, 2, "lora_unet_down_blocks_0_resnets_0_conv1", N_IN * 9), <, 1e-12);
}

static void
test_strength_0_adds_no_rank (void)
{
  g_autofree char *a = write_lora ("a.safetensors", 1, 2, 1, N_IN);
  g_autofree char *b = write_lora ("b.safetensors", 2, 3, 7.5f, N_IN);
  g_autofree char *merged = g_build_filename (folder, "merged.safetensors", NULL);
  const LkMergeInput inputs[] = { { a, 0.8, 0 }, { b, 0, 0.5 } };
  g_autoptr (GError) error = NULL;
  LkMergeResult result;

  g_assert_true (lk_merge_exact (inputs, 2, LK_SAFE_F32, merged, &result, &error));
  g_assert_cmpuint (result.least_rank, ==, 2);
  g_assert_cmpuint (result.most_rank, ==, 3);
  {
    const LkMergeInput nothing[] = { { a, 0, 0 }, { b, 0, 0 } };

    g_assert_false (lk_merge_exact (nothing, 2, LK_SAFE_F32, merged, NULL, &error));
    g_assert_error (error, LK_MERGE_ERROR, LK_MERGE_ERROR_NOT_A_LORA);
  }
}

static void
test_another_base_model_is_refused (void)
{
  g_autofree char *a = write_lora ("a.safetensors", 1, 2, 1, N_IN);
  g_autofree char *b = write_lora ("b.safetensors", 2, 2, 1, N_IN + 1);
  g_autofree char *merged = g_build_filename (folder, "other.safetensors", NULL);
  const LkMergeInput inputs[] = { { a, 1, 1 }, { b, 1, 1 } };
  g_autoptr (GError) error = NULL;

  g_assert_false (lk_merge_exact (inputs, 2, LK_SAFE_F32, merged, NULL, &error));
  g_assert_error (error, LK_MERGE_ERROR, LK_MERGE_ERROR_MISMATCH);
  g_assert_nonnull (strstr (error->message, "b.safetensors"));
  g_assert_false (g_file_test (merged, G_FILE_TEST_EXISTS));
}

static void
test_files_that_are_no_plain_loras (void)
{
  static const char * const names[] = { "lora_unet_x.hada_w1_a", "lora_unet_x.lora_down.weight", "some.weight" };
  static const float values[4] = { 1, 2, 3, 4 };
  g_autofree char *merged = g_build_filename (folder, "other.safetensors", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (LkSafetensorsWriter) writer = lk_safetensors_writer_new ();
      g_autofree char *path = g_build_filename (folder, "odd.safetensors", NULL);
      const LkMergeInput input = { path, 1, 1 };
      g_autoptr (GError) error = NULL;

      lk_safetensors_writer_add (writer, names[i], LK_SAFE_F32, 2, (gsize[]) { 2, 2 }, values);
      g_assert_true (lk_safetensors_writer_save (writer, path, NULL));
      g_assert_false (lk_merge_exact (&input, 1, LK_SAFE_F32, merged, NULL, &error));
      g_assert_true (error->domain == LK_MERGE_ERROR);
      g_assert_nonnull (strstr (error->message, "odd.safetensors"));
    }
}

int
main (int    argc,
      char **argv)
{
  g_autofree char *command = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("likeness-merge-XXXXXX", NULL);

  g_test_add_func ("/merge/ranks-and-alphas-that-differ", test_ranks_and_alphas_that_differ);
  g_test_add_func ("/merge/the-bound-sees-a-wrong-strength", test_the_bound_sees_a_wrong_strength);
  g_test_add_func ("/merge/a-cut-is-the-nearest-of-its-rank", test_a_cut_is_the_nearest_of_its_rank);
  g_test_add_func ("/merge/a-lora-twice-keeps-its-rank", test_a_lora_twice_keeps_its_rank);
  g_test_add_func ("/merge/strength-0-adds-no-rank", test_strength_0_adds_no_rank);
  g_test_add_func ("/merge/another-base-model-is-refused", test_another_base_model_is_refused);
  g_test_add_func ("/merge/files-that-are-no-plain-loras", test_files_that_are_no_plain_loras);

  status = g_test_run ();
  command = g_strdup_printf ("rm -rf '%s'", folder);
  if (!g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL))
    g_warning ("%s is left behind", folder);
  return status;
}
