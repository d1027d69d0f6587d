/* LoRAs: where they stand and what kohya calls it, how they begin, what is read and written, and what they do in a graph. */
#include "config.h"

#include "lk-test-model.h"
#include "lk-test-parity.h"

#include "model/lk-adapter.h"
#include "model/lk-noise-schedule.h"
#include "model/lk-text-encoder.h"
#include "model/lk-unet.h"

#include <math.h>
#include <string.h>

/* ---- places -------------------------------------------------------------------------------------------------- */

/* One line of a kohya-keys file against the targets. Returns whether it is one of the U-Net's or text encoder's defaults. */
static void
check_line (LkAdapterTargets *targets,
            const char       *line)
{
  g_auto (GStrv) words = g_strsplit (line, "\t", -1);
  const LkAdapterTarget *target = lk_adapter_targets_find (targets, words[0]);

  if (target == NULL)
    g_error ("There is no place “%s”", words[0]);
  g_assert_cmpstr (target->name, ==, words[0]);
  g_assert_cmpuint (target->in, ==, g_ascii_strtoull (words[2], NULL, 10));
  g_assert_cmpuint (target->out, ==, g_ascii_strtoull (words[3], NULL, 10));
  g_assert_cmpuint (target->kernel, ==, strstr (words[1], "3x3") != NULL ? 3 : 1);
  g_assert_cmpuint (target->stride, ==, strstr (words[1], "s2") != NULL ? 2 : 1);
  g_assert_cmpint (target->is_conv, ==, g_str_has_prefix (words[1], "conv"));
}

/* Every line names a place, and there are no places beside them. */
static void
check_places (const char *layout,
              gboolean    with_conv)
{
  g_autofree char *file_name = g_strdup_printf ("kohya-keys-%s-%s.tsv", layout, with_conv ? "with-conv" : "default");
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "data", "layouts", file_name, NULL), *text = NULL;
  g_autoptr (LkSafetensors) file = lk_test_open_layout (layout);
  g_autoptr (GError) error = NULL;
  g_autoptr (LkCheckpoint) checkpoint = lk_checkpoint_new (file, &error);
  g_autoptr (LkAdapterTargets) targets = NULL;
  g_auto (GStrv) lines = NULL;
  guint n = 0;

  g_assert_no_error (error);
  targets = lk_adapter_targets_new (checkpoint);
  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);

  lines = g_strsplit (g_strchomp (text), "\n", -1);
  for (guint i = 1; lines[i] != NULL; i++, n++)
    check_line (targets, lines[i]);
  for (guint i = 0; i < lk_adapter_targets_get_n (targets); i++)
    n -= with_conv || lk_adapter_targets_get (targets, i)->is_default;
  g_assert_cmpuint (n, ==, 0);
}

static void
test_places (void)
{
  check_places ("sd15", FALSE);
  check_places ("sd15", TRUE);
  check_places ("sdxl", FALSE);
  check_places ("sdxl", TRUE);
}

/* Both programs' names of a place. */
static void
test_aliases (void)
{
  g_autoptr (LkSafetensors) file = lk_test_open_layout ("sdxl");
  g_autoptr (GError) error = NULL;
  g_autoptr (LkCheckpoint) checkpoint = lk_checkpoint_new (file, &error);
  g_autoptr (LkAdapterTargets) targets = lk_adapter_targets_new (checkpoint);
  static const char *pairs[][2] = {
    { "lora_unet_input_blocks_4_1_proj_in", "lora_unet_down_blocks_1_attentions_0_proj_in" },
    { "lora_unet_input_blocks_8_1_transformer_blocks_9_ff_net_2", "lora_unet_down_blocks_2_attentions_1_transformer_blocks_9_ff_net_2" },
    { "lora_unet_input_blocks_6_0_op", "lora_unet_down_blocks_1_downsamplers_0_conv" },
    { "lora_unet_middle_block_1_proj_out", "lora_unet_mid_block_attentions_0_proj_out" },
    { "lora_unet_middle_block_2_in_layers_2", "lora_unet_mid_block_resnets_1_conv1" },
    { "lora_unet_output_blocks_2_2_conv", "lora_unet_up_blocks_0_upsamplers_0_conv" },
    { "lora_unet_output_blocks_5_1_proj_in", "lora_unet_up_blocks_1_attentions_2_proj_in" },
    { "lora_unet_output_blocks_8_0_skip_connection", "lora_unet_up_blocks_2_resnets_2_conv_shortcut" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      const LkAdapterTarget *target = lk_adapter_targets_find (targets, pairs[i][0]);

      g_assert_nonnull (target);
      g_assert_true (target == lk_adapter_targets_find (targets, pairs[i][1]));
    }
  g_assert_null (lk_adapter_targets_find (targets, "lora_unet_input_blocks_0_0"));
  g_assert_null (lk_adapter_targets_find (targets, "lora_unet_time_embed_0"));
}

/* ---- beginning ----------------------------------------------------------------------------------------------- */

static const LkAdapterSettings plain_settings = { .rank = 4, .alpha = 2, .seed = 7, .parts = LK_PART_UNET };

static LkAdapter *
new_adapter (LkDevice                *device,
             LkCheckpoint            *checkpoint,
             const LkAdapterSettings *settings)
{
  g_autoptr (GError) error = NULL;
  LkAdapter *adapter = lk_adapter_new (device, checkpoint, settings, &error);

  g_assert_no_error (error);
  return adapter;
}

static void
test_beginning (void)
{
  g_autoptr (LkDevice) device = lk_test_open_device ();
  g_autoptr (LkCheckpoint) checkpoint = lk_test_open_golden ("sd15-tiny");
  g_autoptr (LkAdapter) adapter = new_adapter (device, checkpoint, &plain_settings);
  LkAdapterSettings other_settings = plain_settings;
  g_autoptr (LkAdapter) same = new_adapter (device, checkpoint, &plain_settings), other = NULL;
  g_autofree float *values = lk_test_read_storage (lk_adapter_get_storage (adapter));
  g_autofree float *same_values = lk_test_read_storage (lk_adapter_get_storage (same)), *other_values = NULL;
  g_autofree guint8 *is_used = g_malloc0 (lk_adapter_get_n_elements (adapter));

  other_settings.seed++;
  other = new_adapter (device, checkpoint, &other_settings);
  other_values = lk_test_read_storage (lk_adapter_get_storage (other));

  g_assert_cmpuint (lk_adapter_get_n_modules (adapter), ==, 192);
  g_assert_cmpint (lk_adapter_get_parts (adapter), ==, LK_PART_UNET);
  g_assert_cmpint (lk_storage_get_dtype (lk_adapter_get_storage (adapter)), ==, LK_DTYPE_F32);
  g_assert_cmpuint (lk_storage_get_n_elements (lk_adapter_get_gradient (adapter)), ==, lk_adapter_get_n_elements (adapter));

  for (guint i = 0; i < lk_adapter_get_n_modules (adapter); i++)
    {
      const LkAdapterModule *module = lk_adapter_get_module (adapter, i);
      double bound = 1. / sqrt (module->target->in), sum = 0, squares = 0;

      g_assert_cmpuint (module->rank, ==, 4);
      g_assert_cmpfloat (module->alpha, ==, 2);
      g_assert_cmpuint (module->down % 256, ==, 0);
      g_assert_cmpuint (module->up % 256, ==, 0);
      for (gsize j = module->down; j < module->down + module->n_down; j++)
        {
          g_assert_cmpfloat (fabs (values[j]), <=, bound * 1.000001);
          sum += values[j] / bound;
          squares += values[j] * values[j] / bound / bound;
          is_used[j] = TRUE;
        }
      /* Uniform in -1..1: mean 0, mean square 1/3; within five deviations of them. */
      g_assert_cmpfloat (fabs (sum / module->n_down), <, 5 * sqrt (1. / 3 / module->n_down));
      g_assert_cmpfloat (fabs (squares / module->n_down - 1. / 3), <, 5 * sqrt (4. / 45 / module->n_down));
      for (gsize j = module->up; j < module->up + module->n_up; j++)
        {
          g_assert_cmpfloat (values[j], ==, 0);
          is_used[j] = TRUE;
        }
    }
  for (gsize i = 0; i < lk_adapter_get_n_elements (adapter); i++)
    g_assert_true (is_used[i] || values[i] == 0);

  g_assert_cmpmem (values, lk_adapter_get_n_elements (adapter) * 4, same_values, lk_adapter_get_n_elements (same) * 4);
  g_assert_cmpint (memcmp (values, other_values, lk_adapter_get_n_elements (adapter) * 4), !=, 0);
}

/* Modules and numbers of kohya's defaults, by the real layouts. */
static void
check_size (const char       *layout,
            LkAdapterSettings settings,
            guint             n_modules,
            gsize             n_parameters)
{
  g_autoptr (LkDevice) device = lk_test_open_device ();
  g_autoptr (LkSafetensors) file = lk_test_open_layout (layout);
  g_autoptr (GError) error = NULL;
  g_autoptr (LkCheckpoint) checkpoint = lk_checkpoint_new (file, &error);
  g_autoptr (LkAdapter) adapter = new_adapter (device, checkpoint, &settings);

  g_assert_cmpuint (lk_adapter_get_n_modules (adapter), ==, n_modules);
  if (n_parameters > 0)
    g_assert_cmpuint (lk_adapter_get_n_parameters (adapter), ==, n_parameters);
}

static void
test_sizes (void)
{
  check_size ("sd15", (LkAdapterSettings) { .rank = 1, .parts = LK_PART_UNET }, 192, 0);
  check_size ("sd15", (LkAdapterSettings) { .rank = 1, .parts = LK_PART_UNET | LK_PART_TEXT }, 264, 0);
  check_size ("sd15", (LkAdapterSettings) { .rank = 1, .parts = LK_PART_UNET, .conv_rank = 1 }, 278, 0);
  check_size ("sdxl", (LkAdapterSettings) { .rank = 1, .parts = LK_PART_UNET }, 722, 2659840);
  check_size ("sdxl", (LkAdapterSettings) { .rank = 1, .parts = LK_PART_UNET | LK_PART_TEXT }, 986, 2659840 + 903168);
  check_size ("sdxl", (LkAdapterSettings) { .rank = 1, .parts = LK_PART_UNET, .conv_rank = 1 }, 788, 0);
}

/* ---- files --------------------------------------------------------------------------------------------------- */

static LkAdapter *
load (LkDevice     *device,
      LkCheckpoint *checkpoint,
      const char   *path,
      gboolean      trainable,
      char        **note)
{
  g_autoptr (GError) error = NULL;
  LkAdapter *adapter = lk_adapter_load (device, checkpoint, path, trainable, note, &error);

  g_assert_no_error (error);
  return adapter;
}

static char *
new_path (void)
{
  g_autofree char *folder = g_dir_make_tmp ("likeness-adapter-XXXXXX", NULL);

  return g_build_filename (folder, "lora.safetensors", NULL);
}

static void
save (LkAdapter  *adapter,
      const char *path,
      LkSafeType  type,
      GHashTable *metadata)
{
  g_autoptr (GError) error = NULL;

  lk_adapter_save (adapter, path, type, metadata, &error);
  g_assert_no_error (error);
}

/* What kohya would write, and the same numbers when read again. */
static void
test_saving (void)
{
  const LkAdapterSettings settings = { .rank = 3, .alpha = 1.5, .seed = 1, .parts = LK_PART_UNET | LK_PART_TEXT, .conv_rank = 2, .conv_alpha = 1 };
  g_autoptr (LkDevice) device = lk_test_open_device ();
  g_autoptr (LkCheckpoint) checkpoint = lk_test_open_golden ("sd1-odd");
  g_autoptr (LkAdapter) adapter = new_adapter (device, checkpoint, &settings), again = NULL;
  g_autoptr (GHashTable) metadata = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (LkSafetensors) file = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree float *values = lk_test_read_storage (lk_adapter_get_storage (adapter)), *values_again = NULL;
  char *path = new_path ();
  const LkSafeTensor *down, *alpha;

  g_hash_table_insert (metadata, (gpointer) "ss_network_dim", (gpointer) "3");
  save (adapter, path, LK_SAFE_F32, metadata);

  file = lk_safetensors_open (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (lk_safetensors_get_n_tensors (file), ==, 3 * lk_adapter_get_n_modules (adapter));
  g_assert_cmpstr (lk_safetensors_get_metadata (file, "ss_network_dim"), ==, "3");
  g_assert_cmpuint (strlen (lk_safetensors_get_metadata (file, "sshs_model_hash")), ==, 64);
  down = lk_safetensors_find (file, "lora_unet_down_blocks_0_resnets_0_conv1.lora_down.weight");
  g_assert_nonnull (down);
  g_assert_cmpuint (down->n_dims, ==, 4);
  g_assert_cmpuint (down->dims[0], ==, 2);
  g_assert_cmpuint (down->dims[1], ==, 32);
  g_assert_cmpuint (down->dims[2], ==, 3);
  alpha = lk_safetensors_find (file, "lora_te_text_model_encoder_layers_1_mlp_fc1.alpha");
  g_assert_nonnull (alpha);
  g_assert_cmpuint (alpha->n_dims, ==, 0);

  again = load (device, checkpoint, path, TRUE, NULL);
  values_again = lk_test_read_storage (lk_adapter_get_storage (again));
  g_assert_cmpuint (lk_adapter_get_n_elements (again), ==, lk_adapter_get_n_elements (adapter));
  g_assert_cmpmem (values, lk_adapter_get_n_elements (adapter) * 4, values_again, lk_adapter_get_n_elements (adapter) * 4);
  g_assert_cmpfloat (lk_adapter_get_module (again, 0)->alpha, ==, 1.5);
  lk_test_remove (path);
}

/* F16 and BF16 hold what they can; an F16 file stays F16 on the device, unless it is trained. */
static void
test_types (void)
{
  static const struct { LkSafeType type; LkDtype dtype; double ulp; } types[] = {
    { LK_SAFE_F16, LK_DTYPE_F16, 1. / 2048 }, { LK_SAFE_BF16, LK_DTYPE_F32, 1. / 256 },
  };
  g_autoptr (LkDevice) device = lk_test_open_device ();
  g_autoptr (LkCheckpoint) checkpoint = lk_test_open_golden ("sd15-tiny");
  g_autoptr (LkAdapter) adapter = new_adapter (device, checkpoint, &plain_settings);
  g_autofree float *values = lk_test_read_storage (lk_adapter_get_storage (adapter));

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      char *path = new_path ();
      g_autoptr (LkAdapter) drawn = NULL, trained = NULL;
      g_autofree float *found = NULL;

      save (adapter, path, types[i].type, NULL);
      drawn = load (device, checkpoint, path, FALSE, NULL);
      trained = load (device, checkpoint, path, TRUE, NULL);
      g_assert_cmpint (lk_storage_get_dtype (lk_adapter_get_storage (drawn)), ==, types[i].dtype);
      g_assert_null (lk_adapter_get_gradient (drawn));
      g_assert_cmpint (lk_storage_get_dtype (lk_adapter_get_storage (trained)), ==, LK_DTYPE_F32);
      found = lk_test_read_storage (lk_adapter_get_storage (drawn));
      for (gsize j = 0; j < lk_adapter_get_n_elements (adapter); j++)
        g_assert_cmpfloat (fabsf (found[j] - values[j]), <=, fabsf (values[j]) * types[i].ulp + 3e-8);
      lk_test_remove (path);
    }
}

static void
test_diverged (void)
{
  g_autoptr (LkDevice) device = lk_test_open_device ();
  g_autoptr (LkCheckpoint) checkpoint = lk_test_open_golden ("sd15-tiny");
  g_autoptr (LkAdapter) adapter = new_adapter (device, checkpoint, &plain_settings);
  g_autoptr (GError) error = NULL;
  char *path = new_path ();
  float value = NAN;

  lk_storage_write (lk_adapter_get_storage (adapter), 5, 1, &value, &error);
  g_assert_no_error (error);
  g_assert_false (lk_adapter_save (adapter, path, LK_SAFE_F16, NULL, &error));
  lk_assert_failed_with (error, LK_ADAPTER_ERROR, LK_ADAPTER_ERROR_CORRUPT, "diverged");
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  lk_test_remove (path);
}

/* ---- other programs' files ----------------------------------------------------------------------------------- */

static void
replace (LkTestTensor *tensor,
         const char   *from,
         const char   *to)
{
  GString *name = g_string_new (tensor->name);

  g_string_replace (name, from, to, 0);
  g_free (tensor->name);
  tensor->name = g_string_free (name, FALSE);
}

static void
drop_if (LkTestTensor *tensor,
         gboolean      condition)
{
  if (condition)
    g_clear_pointer (&tensor->name, g_free);
}

/* alpha as an integer of no dimension; matrices of a linear layer as convolutions, and the reverse. */
static void
edit_shapes (LkTestTensor *tensor,
             gpointer      data)
{
  if (g_str_has_suffix (tensor->name, ".alpha"))
    tensor->type = LK_SAFE_I64;
  else if (tensor->n_dims == 2)
    {
      tensor->n_dims = 4;
      tensor->dims[2] = tensor->dims[3] = 1;
    }
  else if (tensor->dims[2] == 1)
    tensor->n_dims = 2;
}

/* "lora_unet_down_blocks_0_attentions_0_proj_in" to "unet.down_blocks.0.attentions.0.proj_in", PEFT's suffixes. */
static void
edit_to_peft (LkTestTensor *tensor,
              gpointer      data)
{
  static const char *words[][2] = {
    { "lora_unet_", "unet." }, { "down_blocks_", "down_blocks." }, { "up_blocks_", "up_blocks." }, { "mid_block_", "mid_block." },
    { "_attentions_", ".attentions." }, { "_transformer_blocks_", ".transformer_blocks." }, { "_attn", ".attn" }, { "_to_", ".to_" },
    { "to_out_0", "to_out.0" }, { "_ff_net_0_proj", ".ff.net.0.proj" }, { "_ff_net_2", ".ff.net.2" }, { "_proj_", ".proj_" },
    { ".lora_down.", ".lora_A." }, { ".lora_up.", ".lora_B." },
  };

  drop_if (tensor, g_str_has_suffix (tensor->name, ".alpha"));
  for (guint i = 0; tensor->name != NULL && i < G_N_ELEMENTS (words); i++)
    replace (tensor, words[i][0], words[i][1]);
}

/* The attention layers as diffusers once wrote them; nothing else was adapted then. */
static void
edit_to_processors (LkTestTensor *tensor,
                    gpointer      data)
{
  static const char *words[][2] = { { ".attn1.", ".attn1.processor." }, { ".attn2.", ".attn2.processor." }, { "to_out.0.", "to_out." },
                                    { ".lora_A.", "_lora.down." }, { ".lora_B.", "_lora.up." } };

  drop_if (tensor, strstr (tensor->name, "_attn") == NULL);
  if (tensor->name != NULL)
    edit_to_peft (tensor, data);
  for (guint i = 0; tensor->name != NULL && i < G_N_ELEMENTS (words); i++)
    replace (tensor, words[i][0], words[i][1]);
}

static void
edit_to_comfy (LkTestTensor *tensor,
               gpointer      data)
{
  static const char *words[][2] = {
    { "lora_unet_", "diffusion_model." }, { "input_blocks_4_1", "input_blocks.4.1" }, { "_proj_", ".proj_" },
  };

  drop_if (tensor, strstr (tensor->name, "input_blocks_4_1_proj") == NULL);
  for (guint i = 0; tensor->name != NULL && i < G_N_ELEMENTS (words); i++)
    replace (tensor, words[i][0], words[i][1]);
}

/* SDXL's places by diffusers' names under kohya's prefix. */
static void
edit_to_legacy (LkTestTensor *tensor,
                gpointer      data)
{
  static const char *words[][2] = {
    { "input_blocks_4_1", "down_blocks_1_attentions_0" }, { "input_blocks_5_1", "down_blocks_1_attentions_1" },
    { "input_blocks_7_1", "down_blocks_2_attentions_0" }, { "input_blocks_8_1", "down_blocks_2_attentions_1" },
    { "middle_block_1", "mid_block_attentions_0" }, { "output_blocks_0_1", "up_blocks_0_attentions_0" },
    { "output_blocks_1_1", "up_blocks_0_attentions_1" }, { "output_blocks_2_1", "up_blocks_0_attentions_2" },
    { "output_blocks_3_1", "up_blocks_1_attentions_0" }, { "output_blocks_4_1", "up_blocks_1_attentions_1" },
    { "output_blocks_5_1", "up_blocks_1_attentions_2" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    replace (tensor, words[i][0], words[i][1]);
}

static const struct
{
  const char    *name, *golden_case;
  LkTestEditFunc edit;
  guint          n_modules;
  double         alpha;
} dialects[] = {
  { "shapes", "sd15-tiny", edit_shapes, 192, 2 },
  { "peft", "sd15-tiny", edit_to_peft, 192, 4 },              /* no alpha: the rank */
  { "processors", "sd15-tiny", edit_to_processors, 128, 4 },
  { "comfy", "sdxl-tiny", edit_to_comfy, 2, 2 },
  { "legacy", "sdxl-tiny", edit_to_legacy, 192, 2 },
};

static void
test_dialect (gconstpointer data)
{
  gsize i = GPOINTER_TO_SIZE (data);
  g_autofree char *original_path = lk_test_golden_path (dialects[i].golden_case, "lora"), *note = NULL;
  g_autoptr (LkDevice) device = lk_test_open_device ();
  g_autoptr (LkCheckpoint) checkpoint = lk_test_open_golden (dialects[i].golden_case);
  char *path = lk_test_edit_golden (dialects[i].golden_case, "lora", dialects[i].edit, NULL);
  g_autoptr (LkAdapter) original = load (device, checkpoint, original_path, FALSE, NULL);
  g_autoptr (LkAdapter) adapter = load (device, checkpoint, path, FALSE, &note);
  g_autofree float *wanted = lk_test_read_storage (lk_adapter_get_storage (original));
  g_autofree float *found = lk_test_read_storage (lk_adapter_get_storage (adapter));

  g_assert_null (note);
  g_assert_cmpuint (lk_adapter_get_n_modules (adapter), ==, dialects[i].n_modules);
  for (guint j = 0, k = 0; j < lk_adapter_get_n_modules (adapter); j++, k++)
    {
      const LkAdapterModule *module = lk_adapter_get_module (adapter, j), *other = lk_adapter_get_module (original, k);

      for (; strcmp (other->target->name, module->target->name) != 0; k++)
        other = lk_adapter_get_module (original, k + 1);
      g_assert_cmpfloat (module->alpha, ==, dialects[i].alpha);
      g_assert_cmpmem (found + module->down, module->n_down * 4, wanted + other->down, other->n_down * 4);
      g_assert_cmpmem (found + module->up, module->n_up * 4, wanted + other->up, other->n_up * 4);
    }
  lk_test_remove (path);
}

/* PEFT's alpha lies in the header. */
static void
test_peft_alpha (void)
{
  g_autoptr (LkDevice) device = lk_test_open_device ();
  g_autoptr (LkCheckpoint) checkpoint = lk_test_open_golden ("sd15-tiny");
  g_autoptr (LkSafetensorsWriter) writer = lk_safetensors_writer_new ();
  g_autoptr (LkAdapter) adapter = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree float *zeros = g_new0 (float, 128);
  char *path = new_path ();

  lk_safetensors_writer_add (writer, "unet.mid_block.attentions.0.proj_in.lora_A.weight", LK_SAFE_F32, 2, (gsize[]) { 2, 64 }, zeros);
  lk_safetensors_writer_add (writer, "unet.mid_block.attentions.0.proj_in.lora_B.weight", LK_SAFE_F32, 2, (gsize[]) { 64, 2 }, zeros);
  lk_safetensors_writer_set_metadata (writer, "lora_adapter_metadata", "{\"unet.r\": 2, \"unet.lora_alpha\": 16}");
  lk_safetensors_writer_save (writer, path, &error);
  g_assert_no_error (error);

  adapter = load (device, checkpoint, path, FALSE, NULL);
  g_assert_cmpuint (lk_adapter_get_n_modules (adapter), ==, 1);
  g_assert_cmpfloat (lk_adapter_get_module (adapter, 0)->alpha, ==, 16);
  lk_test_remove (path);
}

/* ---- files that do not fit ----------------------------------------------------------------------------------- */

#define MODULE "lora_unet_mid_block_attentions_0_proj_in"

static void
edit_half (LkTestTensor *tensor, gpointer data)
{
  drop_if (tensor, strcmp (tensor->name, MODULE ".lora_up.weight") == 0);
}

static void
edit_rank (LkTestTensor *tensor, gpointer data)
{
  if (strcmp (tensor->name, MODULE ".lora_up.weight") == 0)
    tensor->dims[1] = 3;
}

static void
edit_nan (LkTestTensor *tensor, gpointer data)
{
  if (strcmp (tensor->name, MODULE ".lora_up.weight") == 0)
    tensor->values[9] = NAN;
}

static void
edit_width (LkTestTensor *tensor, gpointer data)
{
  if (strcmp (tensor->name, MODULE ".lora_down.weight") == 0)
    {
      tensor->dims[1] = 640;
      g_clear_pointer (&tensor->values, g_free);
    }
}

static void
edit_loha (LkTestTensor *tensor, gpointer data)
{
  replace (tensor, ".lora_down.weight", ".hada_w1_a");
}

static void
edit_dora (LkTestTensor *tensor, gpointer data)
{
  if (strcmp (tensor->name, MODULE ".alpha") == 0)
    replace (tensor, ".alpha", ".dora_scale");
}

static void
edit_everything_elsewhere (LkTestTensor *tensor, gpointer data)
{
  replace (tensor, "lora_unet_", "lora_transformer_");
}

static void
edit_no_lora (LkTestTensor *tensor, gpointer data)
{
  replace (tensor, ".lora_", ".weights_");
  drop_if (tensor, g_str_has_suffix (tensor->name, ".alpha"));
}

static void
edit_nothing (LkTestTensor *tensor, gpointer data)
{
}

static const struct
{
  const char    *name, *file;
  LkTestEditFunc edit;
  LkAdapterError code;
  const char    *words;
} refusals[] = {
  { "half-a-pair", "lora", edit_half, LK_ADAPTER_ERROR_CORRUPT, "the two matrices of “" MODULE "” do not fit" },
  { "two-ranks", "lora", edit_rank, LK_ADAPTER_ERROR_CORRUPT, "the two matrices of “" MODULE "” do not fit" },
  { "nan", "lora", edit_nan, LK_ADAPTER_ERROR_CORRUPT, "“" MODULE "” holds a number that is not finite" },
  { "other-width", "lora", edit_width, LK_ADAPTER_ERROR_WRONG_MODEL, "“" MODULE "” goes from 640 to 64 channels, this model's from 64 to 64" },
  { "loha", "lora", edit_loha, LK_ADAPTER_ERROR_UNSUPPORTED, "LoHa" },
  { "dora", "lora", edit_dora, LK_ADAPTER_ERROR_UNSUPPORTED, "DoRA" },
  { "other-model", "lora", edit_everything_elsewhere, LK_ADAPTER_ERROR_WRONG_MODEL, "SD 1.x, " },
  { "no-lora", "lora", edit_no_lora, LK_ADAPTER_ERROR_NOT_A_LORA, "holds no LoRA" },
  { "base-model", "base", edit_nothing, LK_ADAPTER_ERROR_NOT_A_LORA, "is a base model" },
};

static void
test_refusal (gconstpointer data)
{
  gsize i = GPOINTER_TO_SIZE (data);
  char *path = lk_test_edit_golden ("sd15-tiny", refusals[i].file, refusals[i].edit, NULL);
  g_autoptr (LkDevice) device = lk_test_open_device ();
  g_autoptr (LkCheckpoint) checkpoint = lk_test_open_golden ("sd15-tiny");
  g_autoptr (GError) error = NULL;

  g_assert_null (lk_adapter_load (device, checkpoint, path, FALSE, NULL, &error));
  lk_assert_failed_with (error, LK_ADAPTER_ERROR, refusals[i].code, refusals[i].words);
  lk_test_remove (path);
}

static void
edit_extra_module (LkTestTensor *tensor, gpointer data)
{
  if (g_str_has_prefix (tensor->name, MODULE "."))
    replace (tensor, "mid_block", "upside_block");
}

static void
edit_extra_tensor (LkTestTensor *tensor, gpointer data)
{
  if (strcmp (tensor->name, MODULE ".alpha") == 0)
    replace (tensor, MODULE ".alpha", "bundle_emb.woman.clip_l");
}

/* What fits is used, what does not is told. */
static void
test_notes (void)
{
  static const struct { LkTestEditFunc edit; guint n_modules; const char *words; } notes[] = {
    { edit_extra_module, 191, "1 module of “edited.safetensors” was left out" },
    { edit_extra_tensor, 192, "“bundle_emb.woman.clip_l” belongs to no LoRA" },
  };
  g_autoptr (LkDevice) device = lk_test_open_device ();
  g_autoptr (LkCheckpoint) checkpoint = lk_test_open_golden ("sd15-tiny");

  for (guint i = 0; i < G_N_ELEMENTS (notes); i++)
    {
      char *path = lk_test_edit_golden ("sd15-tiny", "lora", notes[i].edit, NULL);
      g_autofree char *note = NULL;
      g_autoptr (LkAdapter) adapter = load (device, checkpoint, path, FALSE, &note);

      g_assert_cmpuint (lk_adapter_get_n_modules (adapter), ==, notes[i].n_modules);
      g_assert_nonnull (note);
      g_test_message ("%s", note);
      g_assert_nonnull (strstr (note, notes[i].words));
      lk_test_remove (path);
    }
}

/* ---- in a graph ---------------------------------------------------------------------------------------------- */

/* The text encoder of sd15-tiny with adapters: the cheapest network that shows what they do. */
typedef struct
{
  LkGraph      *graph;
  LkAdapterSet *set;
  LkTensor     *tokens, *context;
} Network;

static void
network_clear (Network *network)
{
  lk_adapter_set_free (network->set);
  lk_graph_free (network->graph);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Network, network_clear)

static Network
build_network (LkModel    *model,
               LkAdapter **adapters,
               guint       n_adapters)
{
  Network network = { .graph = lk_graph_new (lk_model_get_device (model)) };
  g_autoptr (GError) error = NULL;
  gint32 ids[12] = { 998, 5, 17, 300, 999, 999, 999, 999, 999, 999, 999, 999 };

  network.set = lk_adapter_set_new (network.graph);
  for (guint i = 0; i < n_adapters; i++)
    lk_adapter_set_add (network.set, adapters[i], FALSE);
  network.tokens = lk_graph_input (network.graph, LK_DTYPE_I32, 2, (gsize[]) { 1, 12 });
  network.context = lk_graph_keep (network.graph, lk_text_encoder_build (network.graph, model, network.tokens, NULL, 0, network.set, NULL));
  lk_graph_compile (network.graph, &error);
  g_assert_no_error (error);
  lk_graph_write (network.graph, network.tokens, ids, &error);
  g_assert_no_error (error);
  return network;
}

static float *
run_network (Network *network,
             double   strength_0,
             double   strength_1)
{
  g_autoptr (GError) error = NULL;
  float *values = g_new (float, lk_tensor_get_n_elements (network->context));
  double strengths[] = { strength_0, strength_1 };

  for (guint i = 0; i < lk_adapter_set_get_n (network->set); i++)
    {
      lk_adapter_set_write_strength (network->set, i, 100, strengths[i], &error);
      g_assert_no_error (error);
    }
  lk_graph_run (network->graph, &error);
  g_assert_no_error (error);
  lk_graph_read (network->graph, network->context, values, &error);
  g_assert_no_error (error);
  return values;
}

/* An adapter of both parts whose matrices are all random. */
static LkAdapter *
new_random_adapter (LkModel *model,
                    guint64  seed)
{
  const LkAdapterSettings settings = { .rank = 4, .alpha = 2, .seed = seed, .parts = LK_PART_UNET | LK_PART_TEXT };
  LkAdapter *adapter = new_adapter (lk_model_get_device (model), lk_model_get_checkpoint (model), &settings);
  g_autofree float *values = lk_test_read_storage (lk_adapter_get_storage (adapter));
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < lk_adapter_get_n_modules (adapter); i++)
    {
      const LkAdapterModule *module = lk_adapter_get_module (adapter, i);

      for (gsize j = 0; j < module->n_up; j++)
        values[module->up + j] = 5 * values[module->down + j % module->n_down];
    }
  lk_storage_write (lk_adapter_get_storage (adapter), 0, lk_adapter_get_n_elements (adapter), values, &error);
  g_assert_no_error (error);
  return adapter;
}

static double
distance (const float *a,
          const float *b,
          gsize        n)
{
  double difference = 0, size = 0;

  for (gsize i = 0; i < n; i++)
    {
      difference += pow ((double) a[i] - b[i], 2);
      size += pow (b[i], 2);
    }
  return difference / size;
}

/* One graph serves all strengths; only the text strength matters to the text encoder; 0 is as if there were none. */
static void
test_strengths (void)
{
  g_autoptr (LkDevice) device = lk_test_open_device ();
  g_autoptr (LkModel) model = lk_test_load_golden ("sd15-tiny", device);
  g_autoptr (LkAdapter) first = new_random_adapter (model, 1), second = new_random_adapter (model, 2);
  LkAdapter *both[] = { first, second };
  g_auto (Network) plain = build_network (model, NULL, 0), stacked = build_network (model, both, 2);
  g_auto (Network) alone = build_network (model, both + 1, 1);
  gsize n = lk_tensor_get_n_elements (plain.context);
  g_autofree float *base = run_network (&plain, 0, 0), *off = run_network (&stacked, 0, 0), *one = run_network (&stacked, 1, 0);
  g_autofree float *two = run_network (&stacked, 0, 0.5), *two_alone = run_network (&alone, 0.5, 0), *mixed = run_network (&stacked, 1, 0.5);
  g_autofree float *one_again = run_network (&stacked, 1, 0), *opposite = run_network (&stacked, -1, 0);

  g_assert_cmpmem (off, n * 4, base, n * 4);
  g_assert_cmpfloat (distance (one, base, n), >, 1e-3);
  g_assert_cmpfloat (distance (two, two_alone, n), <, 1e-12);
  g_assert_cmpfloat (distance (mixed, one, n), >, 1e-3);
  g_assert_cmpfloat (distance (opposite, one, n), >, 1e-3);
  g_assert_cmpmem (one_again, n * 4, one, n * 4);
}

/* A file applied again after saving draws the same. */
static void
test_text_file (void)
{
  g_autoptr (LkDevice) device = lk_test_open_device ();
  g_autoptr (LkModel) model = lk_test_load_golden ("sd15-tiny", device);
  g_autoptr (LkAdapter) adapter = new_random_adapter (model, 3), loaded = NULL;
  char *path = new_path ();

  save (adapter, path, LK_SAFE_F32, NULL);
  loaded = load (device, lk_model_get_checkpoint (model), path, FALSE, NULL);
  g_assert_cmpint (lk_adapter_get_parts (loaded), ==, LK_PART_UNET | LK_PART_TEXT);
  {
    g_auto (Network) one = build_network (model, &adapter, 1), other = build_network (model, &loaded, 1);
    gsize n = lk_tensor_get_n_elements (one.context);
    g_autofree float *a = run_network (&one, 0.7, 0), *b = run_network (&other, 0.7, 0);

    g_assert_cmpmem (a, n * 4, b, n * 4);
  }
  lk_test_remove (path);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/adapter/places", test_places);
  g_test_add_func ("/adapter/aliases", test_aliases);
  g_test_add_func ("/adapter/beginning", test_beginning);
  g_test_add_func ("/adapter/sizes", test_sizes);
  g_test_add_func ("/adapter/saving", test_saving);
  g_test_add_func ("/adapter/types", test_types);
  g_test_add_func ("/adapter/diverged", test_diverged);
  for (gsize i = 0; i < G_N_ELEMENTS (dialects); i++)
    {
      g_autofree char *path = g_strconcat ("/adapter/dialect/", dialects[i].name, NULL);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_dialect);
    }
  g_test_add_func ("/adapter/peft-alpha", test_peft_alpha);
  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *path = g_strconcat ("/adapter/refused/", refusals[i].name, NULL);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_refusal);
    }
  g_test_add_func ("/adapter/notes", test_notes);
  g_test_add_func ("/adapter/strengths", test_strengths);
  g_test_add_func ("/adapter/text-file", test_text_file);
  return g_test_run ();
}
