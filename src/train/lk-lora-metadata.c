#define G_LOG_DOMAIN "likeness-train"

#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/lk-sha256.h"
#include "base/lk-text.h"
#include "model/lk-noise-schedule.h"
#include "train/lk-lora-metadata.h"

/* kohya names pictures' folders here; ours is always the same. */
#define FOLDER "images"

/* ---- values ---------------------------------------------------------------------------------------------------- */

static void
set (GHashTable *metadata,
     const char *key,
     const char *value)
{
  g_hash_table_insert (metadata, g_strdup (key), g_strdup (value));
}

static void G_GNUC_PRINTF (3, 4)
set_format (GHashTable *metadata,
            const char *key,
            const char *format,
            ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_hash_table_insert (metadata, g_strdup (key), g_strdup_vprintf (format, arguments));
  va_end (arguments);
}

/* As Python prints a bool. */
static void
set_boolean (GHashTable *metadata,
             const char *key,
             gboolean    value)
{
  set (metadata, key, value ? "True" : "False");
}

/* As Python prints a float: whole numbers keep a ".0". */
static void
set_number (GHashTable *metadata,
            const char *key,
            double      value)
{
  g_autoptr (cJSON) item = cJSON_CreateNumber (value);
  g_autofree char *text = lk_json_print (item, FALSE);

  set_format (metadata, key, strpbrk (text, ".e") ? "%s" : "%s.0", text);
}

/* Takes `json`. */
static void
set_json (GHashTable *metadata,
          const char *key,
          cJSON      *json)
{
  g_autoptr (cJSON) owned = json;

  g_hash_table_insert (metadata, g_strdup (key), lk_json_print (owned, FALSE));
}

/* kohya's old hash of a checkpoint: the first 8 digits over 64 kB from the first MB on. */
static char *
old_hash (const char *path)
{
  FILE *file = fopen (path, "rb");
  g_autofree guint8 *bytes = g_malloc (0x10000);
  gsize n = 0;
  char *hash;

  if (file == NULL)
    return NULL;
  if (fseek (file, 0x100000, SEEK_SET) == 0)
    n = fread (bytes, 1, 0x10000, file);
  fclose (file);

  hash = lk_sha256_bytes (bytes, n);
  hash[8] = '\0';
  return hash;
}

/* ---- the data set ---------------------------------------------------------------------------------------------- */

/* How often each tag stands in the captions: {"images": {"red hair": 12, …}}. */
static cJSON *
tag_frequency (LkDataSet *data_set)
{
  cJSON *json = cJSON_CreateObject ();
  cJSON *folder = cJSON_AddObjectToObject (json, FOLDER);
  g_autoptr (GHashTable) counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GPtrArray) order = g_ptr_array_new ();

  for (guint i = 0; i < lk_data_set_get_n (data_set); i++)
    {
      g_auto (GStrv) tags = lk_text_split_tags (lk_data_set_get (data_set, i)->caption, ",");

      for (guint t = 0; tags[t] != NULL; t++)
        {
          char *tag = *tags[t] ? g_utf8_strdown (tags[t], -1) : NULL;
          guint n = tag ? GPOINTER_TO_UINT (g_hash_table_lookup (counts, tag)) : 0;

          if (tag == NULL)
            continue;
          if (n == 0)
            g_ptr_array_add (order, tag);
          g_hash_table_insert (counts, tag, GUINT_TO_POINTER (n + 1));    /* takes the tag, or frees it where it knows it */
        }
    }

  for (guint i = 0; i < order->len; i++)
    lk_json_add_int (folder, order->pdata[i], GPOINTER_TO_UINT (g_hash_table_lookup (counts, order->pdata[i])));
  return json;
}

/* {"buckets": {"0": {"resolution": [w, h], "count": n}, …}} */
static cJSON *
bucket_info (LkDataSet *data_set,
             guint     *n_buckets)
{
  cJSON *json = cJSON_CreateObject ();
  cJSON *buckets = cJSON_AddObjectToObject (json, "buckets");
  g_autoptr (GArray) sizes = g_array_new (FALSE, FALSE, sizeof (LkBucket));

  for (guint i = 0; i < lk_data_set_get_n (data_set); i++)
    {
      const LkDataItem *item = lk_data_set_get (data_set, i);
      g_autofree char *key = NULL;
      guint b = 0;
      cJSON *bucket;

      while (b < sizes->len && memcmp (&g_array_index (sizes, LkBucket, b), &item->size, sizeof (LkBucket)) != 0)
        b++;
      key = g_strdup_printf ("%u", b);
      if (b == sizes->len)
        {
          cJSON *resolution;

          g_array_append_val (sizes, item->size);
          bucket = cJSON_AddObjectToObject (buckets, key);
          resolution = cJSON_AddArrayToObject (bucket, "resolution");
          cJSON_AddItemToArray (resolution, lk_json_int_new (item->size.width));
          cJSON_AddItemToArray (resolution, lk_json_int_new (item->size.height));
          lk_json_add_int (bucket, "count", 0);
        }
      bucket = cJSON_GetObjectItemCaseSensitive (buckets, key);
      cJSON_ReplaceItemInObjectCaseSensitive (bucket, "count", lk_json_int_new (lk_json_get_int (bucket, "count", 0) + item->repeats));
    }

  *n_buckets = sizes->len;
  return json;
}

/* {"images": {"n_repeats": 1, "img_count": 24}} */
static cJSON *
folders (LkRun     *run,
         LkDataSet *data_set)
{
  cJSON *json = cJSON_CreateObject ();
  cJSON *folder = cJSON_AddObjectToObject (json, FOLDER);

  lk_json_add_int (folder, "n_repeats", lk_run_get_settings (run)->num_repeats);
  lk_json_add_int (folder, "img_count", lk_data_set_get_n (data_set));
  return json;
}

static void
set_data_set (GHashTable *metadata,
              LkRun      *run,
              LkDataSet  *data_set)
{
  const LkTrainSettings *settings = lk_run_get_settings (run);
  const LkDataItem *first = lk_data_set_get (data_set, 0);
  guint resolution = settings->resolution, n_buckets;
  cJSON *buckets = bucket_info (data_set, &n_buckets);
  cJSON *datasets = cJSON_CreateArray (), *dataset = cJSON_CreateObject ();

  if (resolution == 0)
    resolution = (guint) (sqrt ((double) first->size.width * first->size.height) + 0.5);

  cJSON_AddBoolToObject (dataset, "is_dreambooth", TRUE);
  lk_json_add_int (dataset, "batch_size_per_device", settings->train_batch_size);
  lk_json_add_int (dataset, "num_train_images", lk_data_set_count_repeated (data_set));
  lk_json_add_int (dataset, "num_reg_images", 0);
  cJSON_AddItemToObject (dataset, "resolution", cJSON_CreateIntArray ((int[]) { (int) resolution, (int) resolution }, 2));
  cJSON_AddBoolToObject (dataset, "enable_bucket", n_buckets > 1);
  cJSON_AddItemToObject (dataset, "tag_frequency", tag_frequency (data_set));
  cJSON_AddItemToObject (dataset, "bucket_info", cJSON_Duplicate (buckets, TRUE));
  cJSON_AddItemToArray (datasets, dataset);

  set_json (metadata, "ss_datasets", datasets);
  set_json (metadata, "ss_tag_frequency", tag_frequency (data_set));
  set_json (metadata, "ss_bucket_info", buckets);
  set_json (metadata, "ss_dataset_dirs", folders (run, data_set));
  set (metadata, "ss_reg_dataset_dirs", "{}");
  set_format (metadata, "ss_num_train_images", "%u", lk_data_set_count_repeated (data_set));
  set (metadata, "ss_num_reg_images", "0");
  set_format (metadata, "ss_resolution", "(%u, %u)", resolution, resolution);
  set_boolean (metadata, "ss_enable_bucket", n_buckets > 1);
  set_boolean (metadata, "ss_bucket_no_upscale", FALSE);
  set (metadata, "ss_min_bucket_reso", "None");
  set (metadata, "ss_max_bucket_reso", "None");
  set_format (metadata, "modelspec.resolution", "%ux%u", resolution, resolution);
}

/* ---- settings -------------------------------------------------------------------------------------------------- */

/* None, as Python writes what is not used. */
static void
set_number_or_none (GHashTable *metadata,
                    const char *key,
                    double      value)
{
  if (value > 0)
    set_number (metadata, key, value);
  else
    set (metadata, key, "None");
}

static void
set_noise (GHashTable            *metadata,
           const LkTrainSettings *settings)
{
  set_number_or_none (metadata, "ss_noise_offset", settings->noise_offset);
  if (settings->multires_noise_iterations > 0)
    set_format (metadata, "ss_multires_noise_iterations", "%u", settings->multires_noise_iterations);
  else
    set (metadata, "ss_multires_noise_iterations", "None");
  set_number (metadata, "ss_multires_noise_discount", settings->multires_noise_discount);
  set_number_or_none (metadata, "ss_ip_noise_gamma", settings->ip_noise_gamma);
  if (settings->min_timestep > 0 || settings->max_timestep < LK_N_TIMESTEPS)
    set_format (metadata, "modelspec.timestep_range", "%u,%u", settings->min_timestep, settings->max_timestep);
}

static void
set_settings (GHashTable            *metadata,
              const LkTrainSettings *settings)
{
  g_autofree char *scheduler = lk_train_settings_get (settings, "lr_scheduler");

  set (metadata, "ss_output_name", settings->output_name);
  set_number (metadata, "ss_learning_rate", settings->learning_rate);
  set_number (metadata, "ss_unet_lr", settings->learning_rate);
  set (metadata, "ss_text_encoder_lr", "None");
  set (metadata, "ss_lr_scheduler", scheduler);
  if (settings->lr_warmup_steps < 1)
    set_format (metadata, "ss_lr_warmup_steps", "%u", (guint) (settings->lr_warmup_steps * settings->max_train_steps));
  else
    set_format (metadata, "ss_lr_warmup_steps", "%u", (guint) settings->lr_warmup_steps);
  set_format (metadata, "ss_optimizer", "torch.optim.adamw.AdamW(weight_decay=%g,betas=(%g, %g),eps=%g)",
              settings->weight_decay, settings->adam_beta1, settings->adam_beta2, settings->adam_epsilon);
  set_number (metadata, "ss_max_grad_norm", settings->max_grad_norm);
  if (settings->min_snr_gamma > 0)
    set_number (metadata, "ss_min_snr_gamma", settings->min_snr_gamma);
  else
    set (metadata, "ss_min_snr_gamma", "None");
  set_boolean (metadata, "ss_debiased_estimation", settings->debiased_estimation_loss);
  set_noise (metadata, settings);
  set_format (metadata, "ss_max_train_steps", "%u", settings->max_train_steps);
  set_format (metadata, "ss_batch_size_per_device", "%u", settings->train_batch_size);
  set_format (metadata, "ss_total_batch_size", "%u", settings->train_batch_size * settings->gradient_accumulation_steps);
  set_format (metadata, "ss_gradient_accumulation_steps", "%u", settings->gradient_accumulation_steps);
  set_boolean (metadata, "ss_gradient_checkpointing", settings->gradient_checkpointing);
  set_format (metadata, "ss_seed", "%" G_GINT64_FORMAT, settings->seed);

  set_boolean (metadata, "ss_shuffle_caption", settings->shuffle_caption);
  set_format (metadata, "ss_keep_tokens", "%u", settings->keep_tokens);
  set_number (metadata, "ss_caption_dropout_rate", settings->caption_dropout_rate);
  set_format (metadata, "ss_caption_dropout_every_n_epochs", "%u", settings->caption_dropout_every_n_epochs);
  set_number (metadata, "ss_caption_tag_dropout_rate", settings->caption_tag_dropout_rate);
  set_format (metadata, "ss_max_token_length", "%u", settings->max_token_length);
}

/* What kohya's trainer can do besides, and this run did not. */
static void
set_unused (GHashTable *metadata)
{
  static const char * const none[] = { "ss_network_dropout", "ss_adaptive_noise_scale",
                                       "ss_scale_weight_norms", "ss_clip_skip", "ss_face_crop_aug_range",
                                       "ss_vae_name", "ss_training_comment" };
  static const char * const no[] = { "ss_v2", "ss_full_fp16", "ss_color_aug", "ss_flip_aug", "ss_random_crop", "ss_zero_terminal_snr",
                                     "ss_fp8_base", "ss_lowram" };

  for (guint i = 0; i < G_N_ELEMENTS (none); i++)
    set (metadata, none[i], "None");
  for (guint i = 0; i < G_N_ELEMENTS (no); i++)
    set (metadata, no[i], "False");
  set (metadata, "ss_prior_loss_weight", "1.0");
  set (metadata, "ss_loss_type", "l2");
  set (metadata, "ss_mixed_precision", "no");
  set_boolean (metadata, "ss_cache_latents", TRUE);
}

/* ---- all of it ------------------------------------------------------------------------------------------------- */

static void
set_base (GHashTable   *metadata,
          LkRun        *run,
          LkCheckpoint *checkpoint)
{
  const LkRunInfo *info = lk_run_get_info (run);
  const LkArchitecture *architecture = lk_checkpoint_get_architecture (checkpoint);
  gboolean is_sdxl = architecture->family == LK_FAMILY_SDXL;
  g_autofree char *base = g_path_get_basename (info->base), *name = g_filename_display_name (base), *hash = old_hash (info->base);

  set (metadata, "ss_base_model_version", is_sdxl ? "sdxl_base_v1-0" : architecture->is_v_prediction ? "sd_v1_v" : "sd_v1");
  set (metadata, "ss_sd_model_name", name);
  set (metadata, "ss_sd_model_hash", hash ? hash : "None");
  set (metadata, "ss_new_sd_model_hash", info->base_hash);
  set (metadata, "modelspec.architecture", is_sdxl ? "stable-diffusion-xl-v1-base/lora" : "stable-diffusion-v1/lora");
  set (metadata, "modelspec.implementation", is_sdxl ? "https://github.com/Stability-AI/generative-models" : "diffusers");
  set (metadata, "modelspec.prediction_type", architecture->is_v_prediction ? "v" : "epsilon");
}

GHashTable *
lk_lora_metadata_new (LkRun                *run,
                      LkDataSet            *data_set,
                      LkCheckpoint         *checkpoint,
                      const LkLoraProgress *progress)
{
  const LkTrainSettings *settings = lk_run_get_settings (run);
  const LkRunInfo *info = lk_run_get_info (run);
  GHashTable *metadata = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  guint draws = settings->max_train_steps * settings->gradient_accumulation_steps;
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *date = g_date_time_format (now, "%Y-%m-%dT%H:%M:%S");
  g_autofree char *session = lk_sha256_bytes (lk_run_get_name (run), strlen (lk_run_get_name (run)));
  g_autofree char *trigger = g_strdup_printf ("%s %s", info->trigger, info->class_word);

  set_unused (metadata);
  set_settings (metadata, settings);
  set_data_set (metadata, run, data_set);
  set_base (metadata, run, checkpoint);

  set (metadata, "ss_network_module", "networks.lora");
  if (progress->rank > 0)
    {
      set_format (metadata, "ss_network_dim", "%u", progress->rank);
      set_number (metadata, "ss_network_alpha", progress->alpha);
    }
  else
    {
      set (metadata, "ss_network_dim", "Dynamic");
      set (metadata, "ss_network_alpha", "Dynamic");
    }
  set (metadata, "ss_network_args", "{}");
  set_format (metadata, "ss_session_id", "%" G_GUINT64_FORMAT, g_ascii_strtoull (session + 56, NULL, 16));
  set_format (metadata, "ss_training_started_at", "%" G_GINT64_FORMAT ".0", lk_run_get_created (run));
  set_format (metadata, "ss_training_finished_at", "%.6f", g_get_real_time () / (double) G_USEC_PER_SEC);
  set_format (metadata, "ss_num_batches_per_epoch", "%u", progress->n_batches);
  set_format (metadata, "ss_num_epochs", "%u", (draws + progress->n_batches - 1) / progress->n_batches);
  set_format (metadata, "ss_epoch", "%u", progress->epoch);
  set_format (metadata, "ss_steps", "%u", progress->step);

  set (metadata, "modelspec.sai_model_spec", "1.0.1");
  set (metadata, "modelspec.title", settings->output_name);
  set (metadata, "modelspec.date", date);
  if (*info->trigger)
    set (metadata, "modelspec.trigger_phrase", g_strstrip (trigger));
  set (metadata, "likeness.version", PACKAGE_VERSION);
  set (metadata, "likeness.kind", lk_stack_kind_get_id (settings->lora_kind));
  set (metadata, "likeness.trigger", info->trigger);
  set (metadata, "likeness.class_word", info->class_word);

  return metadata;
}
