/* What a checkpoint is, told by its shapes; and one clear sentence for each file that is not one. */
#include "config.h"

#include "lk-test-model.h"
#include "lk-test-parity.h"

#include "model/lk-blip.h"
#include "model/lk-tagger.h"

#include <glib/gstdio.h>
#include <string.h>

/* ---- real layouts -------------------------------------------------------------------------------------------- */

static guint64
count_parameters (LkCheckpoint *checkpoint,
                  LkModelParts  part)
{
  guint64 count = 0;

  for (guint i = 0; i < lk_checkpoint_get_n_weights (checkpoint); i++)
    {
      const LkWeight *weight = lk_checkpoint_get_weight (checkpoint, i);
      guint64 n = 1;

      for (guint j = 0; j < weight->n_dims; j++)
        n *= weight->dims[j];
      if (weight->part == part)
        count += n;
    }
  return count;
}

static void
test_sd15 (void)
{
  g_autoptr (LkSafetensors) file = lk_test_open_layout ("sd15");
  g_autoptr (GError) error = NULL;
  g_autoptr (LkCheckpoint) checkpoint = lk_checkpoint_new (file, &error);
  const LkArchitecture *architecture;
  g_autofree char *words = NULL;

  g_assert_no_error (error);
  architecture = lk_checkpoint_get_architecture (checkpoint);
  words = lk_architecture_describe (architecture);
  g_assert_cmpstr (words, ==, "SD 1.x, 1.1 G parameters, 512 × 512 pixels");

  g_assert_cmpint (architecture->family, ==, LK_FAMILY_SD1);
  g_assert_cmpuint (architecture->n_text_encoders, ==, 1);
  g_assert_cmpuint (architecture->text[0].vocabulary, ==, 49408);
  g_assert_cmpuint (architecture->text[0].n_positions, ==, 77);
  g_assert_cmpuint (architecture->text[0].n_layers, ==, 12);
  g_assert_cmpuint (architecture->text[0].n_heads, ==, 12);
  g_assert_cmpuint (architecture->unet.n_levels, ==, 4);
  g_assert_cmpuint (architecture->unet.n_res_blocks, ==, 2);
  g_assert_cmpuint (architecture->unet.context, ==, 768);
  g_assert_cmpuint (architecture->unet.vector, ==, 0);
  g_assert_cmpuint (lk_unet_architecture_get_n_heads (&architecture->unet, 1280), ==, 8);
  g_assert_cmpuint (architecture->unet.input_blocks[8].depth, ==, 1);
  g_assert_cmpuint (architecture->unet.input_blocks[11].depth, ==, 0);
  g_assert_true (architecture->unet.input_blocks[9].is_resize);
  g_assert_cmpuint (architecture->unet.output_blocks[8].in_channels, ==, 960);
  g_assert_cmpuint (architecture->vae.latent_channels, ==, 4);
  g_assert_cmpuint (lk_architecture_get_latent_factor (architecture), ==, 8);
  g_assert_cmpuint (lk_architecture_get_latent_multiple (architecture), ==, 8);
  g_assert_cmpfloat (architecture->latent_scale, ==, 0.18215f);

  g_assert_cmpuint (count_parameters (checkpoint, LK_PART_UNET), ==, 859520964);
  g_assert_cmpuint (count_parameters (checkpoint, LK_PART_VAE), ==, 83653863);
  g_assert_cmpuint (count_parameters (checkpoint, LK_PART_TEXT), ==, 123060480);
}

static void
test_sdxl (void)
{
  g_autoptr (LkSafetensors) file = lk_test_open_layout ("sdxl");
  g_autoptr (GError) error = NULL;
  g_autoptr (LkCheckpoint) checkpoint = lk_checkpoint_new (file, &error);
  const LkArchitecture *architecture;

  g_assert_no_error (error);
  architecture = lk_checkpoint_get_architecture (checkpoint);

  g_assert_cmpint (architecture->family, ==, LK_FAMILY_SDXL);
  g_assert_cmpuint (architecture->n_text_encoders, ==, 2);
  g_assert_cmpuint (architecture->text[1].n_layers, ==, 32);
  g_assert_cmpuint (architecture->text[1].n_heads, ==, 20);
  g_assert_cmpuint (architecture->text[1].projection, ==, 1280);
  g_assert_cmpuint (architecture->unet.n_levels, ==, 3);
  g_assert_cmpuint (architecture->unet.context, ==, 2048);
  g_assert_cmpuint (architecture->unet.vector, ==, 2816);
  g_assert_cmpuint (lk_unet_architecture_get_n_heads (&architecture->unet, 1280), ==, 20);
  g_assert_true (architecture->unet.has_linear_projections);
  g_assert_cmpuint (architecture->unet.input_blocks[1].depth, ==, 0);
  g_assert_cmpuint (architecture->unet.input_blocks[4].depth, ==, 2);
  g_assert_cmpuint (architecture->unet.middle_block.depth, ==, 10);
  g_assert_cmpuint (architecture->width, ==, 1024);
  g_assert_cmpfloat (architecture->latent_scale, ==, 0.13025f);
  g_assert_cmpuint (count_parameters (checkpoint, LK_PART_UNET), ==, 2567463684);
}

static void
test_starter (void)
{
  g_autofree char *path = g_build_filename (g_getenv ("LIKENESS_DATA_DIR"), "starter", "starter-base.safetensors", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (LkCheckpoint) checkpoint = lk_checkpoint_open (path, &error);
  g_autofree char *words = NULL;

  g_assert_no_error (error);
  words = lk_architecture_describe (lk_checkpoint_get_architecture (checkpoint));
  g_assert_cmpstr (words, ==, "SD 1.x, 13.0 M parameters, 192 × 192 pixels");
  g_assert_cmpuint (lk_checkpoint_get_architecture (checkpoint)->vae.n_groups, ==, 8);
}

/* ---- files that are no base model ---------------------------------------------------------------------------- */

/* What to do with the tensors whose names start with `prefix`. */
typedef struct
{
  const char *prefix;
  const char *new_prefix;         /* NULL: drop them */
  guint       n_dims;             /* 0: keep the shape */
  gsize       dims[4];
  LkSafeType  type;               /* 0: keep the type */
  gboolean    keep_others;
} Edit;

static void
apply_edit (LkTestTensor *tensor,
            gpointer      data)
{
  const Edit *edit = data;
  char *name;

  if (!g_str_has_prefix (tensor->name, edit->prefix))
    {
      if (!edit->keep_others)
        g_clear_pointer (&tensor->name, g_free);
      return;
    }

  name = edit->new_prefix != NULL ? g_strconcat (edit->new_prefix, tensor->name + strlen (edit->prefix), NULL) : NULL;
  g_free (tensor->name);
  tensor->name = name;
  if (edit->n_dims != 0)
    {
      tensor->n_dims = edit->n_dims;
      memcpy (tensor->dims, edit->dims, sizeof edit->dims);
      g_clear_pointer (&tensor->values, g_free);
    }
  if (edit->type != 0)
    tensor->type = edit->type;
}

#define UNET "model.diffusion_model."

static const struct
{
  const char       *name, *golden_case, *file;
  Edit              edit;
  LkCheckpointError code;
  const char       *words;
} refusals[] = {
  { "lora", "sd15-tiny", "lora", { "lora_unet", "lora_unet" }, LK_CHECKPOINT_ERROR_NOT_A_MODEL, "holds a LoRA" },
  { "vae-alone", "sd15-tiny", "base", { "first_stage_model.", "first_stage_model." }, LK_CHECKPOINT_ERROR_NOT_A_MODEL, "autoencoder (VAE) alone" },
  { "vae-of-diffusers", "sd15-tiny", "base", { "first_stage_model.", "" }, LK_CHECKPOINT_ERROR_NOT_A_MODEL, "autoencoder (VAE) alone" },
  { "text-alone", "sd15-tiny", "base", { "cond_stage_model.transformer.", "" }, LK_CHECKPOINT_ERROR_NOT_A_MODEL, "text encoder alone" },
  { "nothing-known", "sd15-tiny", "base", { "first_stage_model.", "backbone." }, LK_CHECKPOINT_ERROR_NOT_A_MODEL, "not a base model" },
  { "without-vae", "sd15-tiny", "base", { "first_stage_model.", NULL, .keep_others = TRUE }, LK_CHECKPOINT_ERROR_INCOMPLETE, "first_stage_model." },
  { "without-text", "sd15-tiny", "base", { "cond_stage_model.", NULL, .keep_others = TRUE }, LK_CHECKPOINT_ERROR_INCOMPLETE, "cond_stage_model." },
  { "sd2", "sd15-tiny", "base", { "cond_stage_model.transformer.", "cond_stage_model.model.", .keep_others = TRUE },
    LK_CHECKPOINT_ERROR_UNSUPPORTED, "Stable Diffusion 2" },
  { "refiner", "sdxl-tiny", "base", { "conditioner.embedders.1.", "conditioner.embedders.0.", .keep_others = TRUE },
    LK_CHECKPOINT_ERROR_UNSUPPORTED, "refiner" },
  { "flux", "sd15-tiny", "base", { UNET "input_blocks.", UNET "double_blocks.", .keep_others = TRUE }, LK_CHECKPOINT_ERROR_UNSUPPORTED, "FLUX" },
  { "inpainting", "sd15-tiny", "base", { UNET "input_blocks.0.0.weight", UNET "input_blocks.0.0.weight", 4, { 32, 9, 3, 3 }, .keep_others = TRUE },
    LK_CHECKPOINT_ERROR_UNSUPPORTED, "inpainting" },
  { "missing-layer", "sd15-tiny", "base", { UNET "input_blocks.4.0.in_layers.2.weight", NULL, .keep_others = TRUE },
    LK_CHECKPOINT_ERROR_INCOMPLETE, UNET "input_blocks.4.0.in_layers.2.weight" },
  { "missing-bias", "sd15-tiny", "base", { UNET "output_blocks.7.1.transformer_blocks.0.attn2.to_out.0.bias", NULL, .keep_others = TRUE },
    LK_CHECKPOINT_ERROR_INCOMPLETE, UNET "output_blocks.7.1.transformer_blocks.0.attn2.to_out.0.bias" },
  { "missing-downsampler", "sd15-tiny", "base", { UNET "input_blocks.6.0.op.weight", NULL, .keep_others = TRUE },
    LK_CHECKPOINT_ERROR_INCOMPLETE, UNET "input_blocks.6.0.op.weight" },
  { "missing-block", "sd15-tiny", "base", { UNET "output_blocks.11.", NULL, .keep_others = TRUE },
    LK_CHECKPOINT_ERROR_INCOMPLETE, UNET "output_blocks.11." },
  { "missing-middle", "sd15-tiny", "base", { UNET "middle_block.1.", NULL, .keep_others = TRUE }, LK_CHECKPOINT_ERROR_INCOMPLETE, UNET "middle_block.1." },
  { "missing-text-layer", "sdxl-tiny", "base", { "conditioner.embedders.1.model.transformer.resblocks.2.", NULL, .keep_others = TRUE },
    LK_CHECKPOINT_ERROR_INCOMPLETE, "conditioner.embedders.1.model.transformer.resblocks.2." },
  { "misshapen-layer", "sd15-tiny", "base",
    { UNET "middle_block.1.proj_in.weight", UNET "middle_block.1.proj_in.weight", 4, { 64, 32, 1, 1 }, .keep_others = TRUE },
    LK_CHECKPOINT_ERROR_MISSHAPEN, "middle_block.1.proj_in.weight” has the shape [64, 32, 1, 1] where the rest of the model needs [64, 64]" },
  { "misshapen-bias", "sd15-tiny", "base", { "first_stage_model.quant_conv.bias", "first_stage_model.quant_conv.bias", 1, { 9 }, .keep_others = TRUE },
    LK_CHECKPOINT_ERROR_MISSHAPEN, "first_stage_model.quant_conv.bias” has the shape [9]" },
  { "misshapen-scalar", "sd15-tiny", "base", { UNET "time_embed.0.weight", UNET "time_embed.0.weight", 1, { 1 }, .keep_others = TRUE },
    LK_CHECKPOINT_ERROR_MISSHAPEN, UNET "time_embed.0.weight" },
  { "other-text-width", "sd15-tiny", "base", { UNET "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight",
                                               UNET "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight", 2, { 32, 96 }, .keep_others = TRUE },
    LK_CHECKPOINT_ERROR_MISSHAPEN, "attn2.to_v.weight” has the shape [32, 64] where the rest of the model needs [32, 96]" },
  { "integers", "sd15-tiny", "base", { UNET "out.2.weight", UNET "out.2.weight", .type = LK_SAFE_I8, .keep_others = TRUE },
    LK_CHECKPOINT_ERROR_UNSUPPORTED, "stored as I8" },
};

static void
test_refusal (gconstpointer data)
{
  gsize i = GPOINTER_TO_SIZE (data);
  char *path = lk_test_edit_golden (refusals[i].golden_case, refusals[i].file, apply_edit, (gpointer) &refusals[i].edit);
  g_autoptr (GError) error = NULL;
  g_autoptr (LkCheckpoint) checkpoint = lk_checkpoint_open (path, &error);

  g_assert_null (checkpoint);
  lk_assert_failed_with (error, LK_CHECKPOINT_ERROR, refusals[i].code, refusals[i].words);
  lk_test_remove (path);
}

static void
test_truncated (void)
{
  g_autofree char *base = lk_test_golden_path ("sd15-tiny", "base"), *bytes = NULL, *path = NULL;
  g_autofree char *folder = g_dir_make_tmp ("likeness-model-XXXXXX", NULL);
  g_autoptr (GError) error = NULL;
  gsize length;

  g_file_get_contents (base, &bytes, &length, &error);
  g_assert_no_error (error);
  path = g_build_filename (folder, "half.safetensors", NULL);
  g_file_set_contents (path, bytes, (gssize) length / 2, &error);
  g_assert_no_error (error);

  g_assert_null (lk_checkpoint_open (path, &error));
  lk_assert_failed_with (error, LK_SAFETENSORS_ERROR, LK_SAFETENSORS_ERROR_TRUNCATED, "half.safetensors");
  g_remove (path);
  g_rmdir (folder);
}

/* Beside what the model needs, real files carry more. */
static void
test_surplus (void)
{
  Edit edit = { "cond_stage_model.transformer.text_model.embeddings.position_ids", "model_ema.decay", .keep_others = TRUE };
  char *path = lk_test_edit_golden ("sd15-tiny", "base", apply_edit, &edit);
  g_autoptr (GError) error = NULL;
  g_autoptr (LkCheckpoint) checkpoint = lk_checkpoint_open (path, &error);

  g_assert_no_error (error);
  lk_test_remove (path);
}

/* ---- loading ------------------------------------------------------------------------------------------------- */

static void
test_layouts_on_device (void)
{
  g_autoptr (LkDevice) device = lk_test_open_device ();
  g_autoptr (LkModel) model = lk_test_load_golden ("sdxl-tiny", device);
  LkSafetensors *file = lk_checkpoint_get_file (lk_model_get_checkpoint (model));
  LkStorage *storage;
  g_autofree float *kernel = NULL, *kernel_file = NULL, *projection = NULL, *projection_file = NULL, *k = NULL, *qkv_file = NULL;

  /* [O,C,3,3] to [O,3,3,C], F16 as in the file. */
  storage = lk_model_get_storage (model, LK_PART_UNET, "input_blocks.4.0.in_layers.2.weight");
  g_assert_cmpint (lk_storage_get_dtype (storage), ==, LK_DTYPE_F16);
  kernel = lk_test_read_storage (storage);
  kernel_file = lk_test_read_tensor (file, UNET "input_blocks.4.0.in_layers.2.weight");
  for (guint o = 0; o < 64; o++)
    for (guint c = 0; c < 32; c++)
      for (guint i = 0; i < 9; i++)
        g_assert_cmpfloat (kernel[(o * 9 + i) * 32 + c], ==, kernel_file[(o * 32 + c) * 9 + i]);

  /* OpenCLIP's projection is multiplied from the left, and its q, k and v lie in one tensor. */
  projection = lk_test_read_storage (lk_model_get_storage (model, LK_PART_TEXT, "1.text_projection.weight"));
  projection_file = lk_test_read_tensor (file, "conditioner.embedders.1.model.text_projection");
  k = lk_test_read_storage (lk_model_get_storage (model, LK_PART_TEXT, "1.encoder.layers.2.self_attn.k_proj.weight"));
  qkv_file = lk_test_read_tensor (file, "conditioner.embedders.1.model.transformer.resblocks.2.attn.in_proj_weight");
  for (guint i = 0; i < 128; i++)
    for (guint j = 0; j < 128; j++)
      {
        g_assert_cmpfloat (projection[i * 128 + j], ==, projection_file[j * 128 + i]);
        g_assert_cmpfloat (k[i * 128 + j], ==, qkv_file[(128 + i) * 128 + j]);
      }

  storage = lk_model_get_storage (model, LK_PART_VAE, "decoder.norm_out.weight");
  g_assert_cmpint (lk_storage_get_dtype (storage), ==, LK_DTYPE_F32);
}

static void
make_bf16 (LkTestTensor *tensor,
           gpointer      data)
{
  if (tensor->type == LK_SAFE_F16)
    tensor->type = LK_SAFE_BF16;
  if (strcmp (tensor->name, UNET "middle_block.1.proj_in.weight") == 0)
    tensor->values[17] = 1e6f;
}

/* BF16 becomes F16, but for a tensor that F16 cannot hold. */
static void
test_bf16 (void)
{
  char *path = lk_test_edit_golden ("sd15-tiny", "base", make_bf16, NULL);
  g_autoptr (LkDevice) device = lk_test_open_device ();
  g_autoptr (GError) error = NULL;
  g_autoptr (LkCheckpoint) checkpoint = lk_checkpoint_open (path, &error);
  g_autoptr (LkModel) model = lk_model_new (device, checkpoint);
  g_autofree float *values = NULL;

  g_assert_no_error (error);
  lk_model_load (model, LK_PART_UNET, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (lk_storage_get_dtype (lk_model_get_storage (model, LK_PART_UNET, "middle_block.1.proj_out.weight")), ==, LK_DTYPE_F16);
  g_assert_cmpint (lk_storage_get_dtype (lk_model_get_storage (model, LK_PART_UNET, "middle_block.1.proj_in.weight")), ==, LK_DTYPE_F32);
  values = lk_test_read_storage (lk_model_get_storage (model, LK_PART_UNET, "middle_block.1.proj_in.weight"));
  g_assert_cmpfloat_with_epsilon (values[17], 1e6f, 4e3f);
  lk_test_remove (path);
}

static void
count_progress (gpointer data,
                double   fraction)
{
  double *last = data;

  g_assert_cmpfloat (fraction, >, *last);
  *last = fraction;
}

static void
test_parts (void)
{
  g_autoptr (LkDevice) device = lk_test_open_device ();
  g_autoptr (LkCheckpoint) checkpoint = lk_test_open_golden ("sd15-tiny");
  g_autoptr (LkModel) model = lk_model_new (device, checkpoint);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  double fraction = 0;

  g_assert_true (lk_model_load (model, LK_PART_TEXT | LK_PART_VAE, count_progress, &fraction, NULL, &error));
  g_assert_cmpfloat_with_epsilon (fraction, 1, 1e-12);
  g_assert_cmpint (lk_model_get_loaded (model), ==, LK_PART_TEXT | LK_PART_VAE);
  g_assert_true (lk_model_load (model, LK_PART_TEXT, NULL, NULL, NULL, &error));
  lk_model_unload (model, LK_PART_TEXT);
  g_assert_cmpint (lk_model_get_loaded (model), ==, LK_PART_VAE);

  g_cancellable_cancel (cancellable);
  g_assert_false (lk_model_load (model, LK_PART_UNET, NULL, NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (lk_model_get_loaded (model), ==, LK_PART_VAE);

  /* Text, U-Net and autoencoder: 2 bytes a number, but 4 for vectors. */
  g_assert_cmpuint (lk_model_get_bytes (checkpoint, LK_PART_ALL), >, 2 * lk_checkpoint_get_architecture (checkpoint)->n_parameters);
  g_assert_cmpuint (lk_model_get_bytes (checkpoint, LK_PART_ALL), <, 2.1 * lk_checkpoint_get_architecture (checkpoint)->n_parameters);
}

/* ---- models of a folder -------------------------------------------------------------------------------------- */

/* A golden model's folder with `word` of one of its files replaced. Owned by the caller. */
static char *
copy_folder (const char *golden_case,
             const char *name,
             const char *word,
             const char *instead)
{
  g_autofree char *from = g_test_build_filename (G_TEST_DIST, "data", "golden", golden_case, NULL);
  char *to = g_dir_make_tmp ("likeness-XXXXXX", NULL);
  g_autoptr (GDir) dir = g_dir_open (from, 0, NULL);
  g_autofree char *path = g_build_filename (to, name, NULL), *text = NULL;
  g_autoptr (GString) edited = NULL;

  for (const char *file = g_dir_read_name (dir); file != NULL; file = g_dir_read_name (dir))
    {
      g_autofree char *old = g_build_filename (from, file, NULL), *new = g_build_filename (to, file, NULL), *bytes = NULL;
      gsize length;

      g_assert_true (g_file_get_contents (old, &bytes, &length, NULL) && g_file_set_contents (new, bytes, length, NULL));
    }
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  edited = g_string_new (text);
  g_assert_cmpuint (g_string_replace (edited, word, instead, 1), ==, 1);
  g_assert_true (g_file_set_contents (path, edited->str, -1, NULL));
  return to;
}

static void
remove_folder (char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);

  for (const char *file = g_dir_read_name (dir); file != NULL; file = g_dir_read_name (dir))
    {
      g_autofree char *path = g_build_filename (folder, file, NULL);

      g_assert_cmpint (g_unlink (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  g_free (folder);
}

static void
test_tagger_configuration (void)
{
  static const char * const wrong[] = { "\"std\": [0, ", "\"std\": [null, ", "\"std\": [-1, ", "\"std\": [1e999, ", "\"std\": [1, 1, 1, " };
  g_autoptr (LkDevice) device = lk_test_open_device ();
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      char *folder = copy_folder ("tagger-tiny", "config.json", "\"std\": [\n   0.5,", wrong[i]);
      LkTagger *tagger = lk_tagger_open (device, folder, NULL, &error);

      g_assert_null (tagger);
      lk_assert_failed_with (error, LK_CHECKPOINT_ERROR, LK_CHECKPOINT_ERROR_MISSHAPEN, "“std”");
      remove_folder (folder);
    }
}

static void
test_blip_words (void)
{
  char *folder = copy_folder ("blip-tiny", "vocab.txt", "[PAD]\n", "[PAD]\none more\n");
  g_autofree char *words = g_build_filename (folder, "vocab.txt", NULL);
  g_autoptr (LkDevice) device = lk_test_open_device ();
  g_autoptr (GError) error = NULL;

  g_assert_null (lk_blip_open (device, folder, NULL, &error));
  lk_assert_failed_with (error, LK_CHECKPOINT_ERROR, LK_CHECKPOINT_ERROR_MISSHAPEN, "301 words");
  g_assert_true (g_file_set_contents (words, "a\nb\nc\n", -1, NULL));
  g_assert_null (lk_blip_open (device, folder, NULL, &error));
  lk_assert_failed_with (error, LK_CHECKPOINT_ERROR, LK_CHECKPOINT_ERROR_MISSHAPEN, "3 words");
  remove_folder (folder);
}

/* A LoRA is neither. */
static void
test_lora_describes_nothing (void)
{
  g_autofree char *lora = lk_test_golden_path ("sd15-tiny", "lora");
  g_autoptr (LkDevice) device = lk_test_open_device ();
  g_autoptr (GError) error = NULL;

  g_assert_null (lk_tagger_open (device, lora, NULL, &error));
  lk_assert_failed_with (error, LK_CHECKPOINT_ERROR, LK_CHECKPOINT_ERROR_NOT_A_MODEL, "LoRA");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/checkpoint/sd15", test_sd15);
  g_test_add_func ("/checkpoint/sdxl", test_sdxl);
  g_test_add_func ("/checkpoint/starter", test_starter);
  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *path = g_strconcat ("/checkpoint/refused/", refusals[i].name, NULL);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_refusal);
    }
  g_test_add_func ("/checkpoint/refused/truncated", test_truncated);
  g_test_add_func ("/checkpoint/surplus", test_surplus);
  g_test_add_func ("/model/layouts-on-device", test_layouts_on_device);
  g_test_add_func ("/model/bf16", test_bf16);
  g_test_add_func ("/model/parts", test_parts);
  g_test_add_func ("/model/tagger-configuration", test_tagger_configuration);
  g_test_add_func ("/model/blip-words", test_blip_words);
  g_test_add_func ("/model/lora-describes-nothing", test_lora_describes_nothing);
  return g_test_run ();
}
