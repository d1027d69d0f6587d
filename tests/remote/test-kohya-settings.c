/* kohya's settings: taken over under the right names and units, and what cannot be taken is told, key by key. */
#include "config.h"

#include <string.h>

#include "formats/lk-toml.h"
#include "remote/lk-kohya-settings.h"

static const LkKohyaRow *
find (GPtrArray  *rows,
      const char *key)
{
  for (guint i = 0; i < rows->len; i++)
    if (g_str_equal (((LkKohyaRow *) rows->pdata[i])->key, key))
      return rows->pdata[i];
  g_error ("“%s” is not among the rows", key);
}

static GPtrArray *
parse (const char      *text,
       guint            n_pictures,
       LkTrainSettings *settings)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *rows = lk_kohya_settings_parse (text, "settings", n_pictures, settings, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < rows->len; i++)
    {
      const LkKohyaRow *row = rows->pdata[i];

      g_assert_true ((row->outcome == LK_KOHYA_TAKEN) == (row->why == NULL));
    }
  return rows;
}

static void
test_toml_of_sd_scripts (void)
{
  g_autoptr (LkTrainSettings) settings = lk_train_settings_new ();
  g_autoptr (GPtrArray) rows = parse ("pretrained_model_name_or_path = \"/models/sdxl.safetensors\"\n"
                                      "[training_arguments]\nmax_train_steps = 1600\nlearning_rate = 1e-4\nunet_lr = 5e-5\n"
                                      "optimizer_type = \"AdamW\"\noptimizer_args = [\"weight_decay=0.1\", \"betas=.9,.99\", \"d_coef=2\"]\n"
                                      "lr_scheduler = \"cosine_with_restarts\"\nlr_scheduler_num_cycles = 3\nlr_warmup_steps = 0.05\n"
                                      "[network]\nnetwork_module = \"networks.lora\"\nnetwork_dim = 48\nnetwork_alpha = 24\n"
                                      "resolution = \"768,768\"\nxformers = true\nno_such_key = 7\nother_switch = false\nkeep_tokens = 300\n", 0, settings);

  g_assert_cmpuint (settings->max_train_steps, ==, 1600);
  g_assert_cmpfloat (settings->learning_rate, ==, 5e-5);          /* unet_lr goes before learning_rate */
  g_assert_cmpfloat (settings->weight_decay, ==, 0.1);
  g_assert_cmpfloat (settings->adam_beta2, ==, 0.99);
  g_assert_cmpuint (settings->lr_scheduler, ==, LK_LR_COSINE_WITH_RESTARTS);
  g_assert_cmpuint (settings->lr_scheduler_num_cycles, ==, 3);
  g_assert_cmpfloat (settings->lr_warmup_steps, ==, 0.05);
  g_assert_cmpuint (settings->network_dim, ==, 48);
  g_assert_cmpfloat (settings->network_alpha, ==, 24);
  g_assert_cmpuint (settings->resolution, ==, 768);
  g_assert_cmpuint (settings->keep_tokens, ==, 1);                /* 300 was refused */

  g_assert_cmpint (find (rows, "network_dim")->outcome, ==, LK_KOHYA_TAKEN);
  g_assert_cmpint (find (rows, "xformers")->outcome, ==, LK_KOHYA_UNNEEDED);
  g_assert_cmpint (find (rows, "pretrained_model_name_or_path")->outcome, ==, LK_KOHYA_UNNEEDED);
  g_assert_cmpint (find (rows, "no_such_key")->outcome, ==, LK_KOHYA_UNKNOWN);
  g_assert_cmpstr (find (rows, "no_such_key")->value, ==, "7");
  g_assert_cmpint (find (rows, "other_switch")->outcome, ==, LK_KOHYA_UNNEEDED);
  g_assert_cmpint (find (rows, "optimizer_args: d_coef")->outcome, ==, LK_KOHYA_UNKNOWN);
  g_assert_cmpint (find (rows, "keep_tokens")->outcome, ==, LK_KOHYA_REFUSED);
}

/* Keys of a preset that comes with kohya_ss. */
static void
test_json_of_the_window (void)
{
  g_autoptr (LkTrainSettings) settings = lk_train_settings_new ();
  g_autoptr (GPtrArray) rows = parse ("{ \"LoRA_type\": \"Standard\", \"caption_dropout_rate\": 0.05, \"clip_skip\": \"1\", \"epoch\": 50,"
                                      "\"max_train_epochs\": \"10\", \"gradient_accumulation_steps\": \"1\", \"gradient_checkpointing\": true,"
                                      "\"keep_tokens\": \"0\", \"learning_rate\": 3e-05, \"lr_scheduler\": \"constant\", \"lr_scheduler_power\": \"\","
                                      "\"lr_warmup\": 10, \"max_resolution\": \"1024,1024\", \"max_train_steps\": \"\", \"min_snr_gamma\": 5,"
                                      "\"network_alpha\": 32, \"network_dim\": 32, \"optimizer\": \"AdamW\", \"optimizer_args\": \"\", \"save_every_n_epochs\": 1,"
                                      "\"save_precision\": \"fp16\", \"seed\": \"\", \"train_batch_size\": 3, \"unet_lr\": 3e-05, \"noise_offset\": 0,"
                                      "\"v2\": false, \"xformers\": \"xformers\" }", 30, settings);

  g_assert_cmpfloat (settings->caption_dropout_rate, ==, 0.05);
  g_assert_cmpuint (settings->max_train_steps, ==, 100);          /* ten epochs of 30 pictures in batches of 3 */
  g_assert_cmpuint (settings->save_every_n_steps, ==, 10);
  g_assert_cmpfloat (settings->lr_warmup_steps, ==, 0.1);         /* per cent there, a share here */
  g_assert_cmpuint (settings->resolution, ==, 1024);
  g_assert_cmpuint (settings->keep_tokens, ==, 0);
  g_assert_true (settings->gradient_checkpointing);
  g_assert_cmpfloat (settings->min_snr_gamma, ==, 5);
  g_assert_cmpint (find (rows, "optimizer")->outcome, ==, LK_KOHYA_TAKEN);
  g_assert_cmpint (find (rows, "seed")->outcome, ==, LK_KOHYA_UNNEEDED);
  g_assert_cmpint (find (rows, "noise_offset")->outcome, !=, LK_KOHYA_UNKNOWN);
  g_assert_cmpuint (rows->len, ==, 27);                           /* not one key less than there are */
}

/* The window has fields for both kinds of noise, and a choice of which one counts. */
static void
test_one_kind_of_noise (void)
{
  g_autoptr (LkTrainSettings) offset = lk_train_settings_new (), multires = lk_train_settings_new ();
  g_autoptr (GPtrArray) of_offset = parse ("{ \"noise_offset\": 0.05, \"noise_offset_type\": \"Original\", \"multires_noise_iterations\": 8 }", 0, offset);
  g_autoptr (GPtrArray) of_multires = parse ("{ \"noise_offset\": 0.05, \"noise_offset_type\": \"Multires\", \"multires_noise_iterations\": 8 }", 0,
                                             multires);
  g_autofree char *text = lk_kohya_settings_to_json (multires, NULL);

  g_assert_cmpfloat (offset->noise_offset, ==, 0.05);
  g_assert_cmpuint (offset->multires_noise_iterations, ==, 0);
  g_assert_cmpfloat (multires->noise_offset, ==, 0);
  g_assert_cmpuint (multires->multires_noise_iterations, ==, 8);
  g_assert_cmpint (find (of_multires, "noise_offset_type")->outcome, ==, LK_KOHYA_TAKEN);
  g_assert_nonnull (strstr (text, "\"Multires\""));
}

static void
test_a_data_set_file (void)
{
  g_autoptr (LkTrainSettings) settings = lk_train_settings_new ();
  g_autoptr (GPtrArray) rows = parse ("[general]\nshuffle_caption = true\nkeep_tokens = 2\n[[datasets]]\nresolution = [640, 640]\nbatch_size = 2\n"
                                      "[[datasets.subsets]]\nimage_dir = 'a'\nnum_repeats = 10\n[[datasets]]\nresolution = 512\n", 0, settings);

  g_assert_true (settings->shuffle_caption);
  g_assert_cmpuint (settings->keep_tokens, ==, 2);
  g_assert_cmpuint (settings->resolution, ==, 640);
  g_assert_cmpuint (settings->train_batch_size, ==, 2);
  g_assert_cmpuint (settings->num_repeats, ==, 10);
  g_assert_cmpint (find (rows, "datasets")->outcome, ==, LK_KOHYA_REFUSED);
}

/* Written and read again, nothing that they have has changed. */
static void
test_round_trip (gconstpointer data)
{
  gboolean is_json = GPOINTER_TO_INT (data);
  g_autoptr (LkTrainSettings) settings = lk_train_settings_new (), read = lk_train_settings_new ();
  g_autoptr (GPtrArray) rows = NULL;
  g_autofree char *text = NULL;
  static const char * const values[][2] = {
    { "output_name", "Mira \"v2\"" }, { "max_train_steps", "1234" }, { "learning_rate", "0.00034" }, { "lr_scheduler", "polynomial" },
    { "lr_scheduler_power", "0.5" }, { "lr_warmup_steps", "0.25" }, { "weight_decay", "0.2" }, { "adam_beta1", "0.8" }, { "adam_beta2", "0.95" },
    { "adam_epsilon", "1e-06" }, { "network_dim", "24" }, { "network_alpha", "12.5" }, { "resolution", "768" }, { "shuffle_caption", "true" },
    { "keep_tokens_separator", "|||" }, { "caption_prefix", "a\\b" }, { "min_snr_gamma", "5" }, { "seed", "9007199254740991" },
    { "validate_every_n_steps", "40" }, { "save_every_n_steps", "100" }, { "max_token_length", "150" },
    { "noise_offset", "0.035" }, { "multires_noise_iterations", "6" }, { "multires_noise_discount", "0.2" }, { "ip_noise_gamma", "0.05" },
    { "min_timestep", "100" }, { "max_timestep", "900" }, { "debiased_estimation_loss", "true" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autoptr (GError) error = NULL;

      lk_train_settings_set (settings, values[i][0], values[i][1], &error);
      g_assert_no_error (error);
    }
  text = is_json ? lk_kohya_settings_to_json (settings, "/models/a b.safetensors") : lk_kohya_settings_to_toml (settings, "/models/a b.safetensors");
  rows = parse (text, 0, read);
  for (guint i = 0; i < rows->len; i++)
    {
      const LkKohyaRow *row = rows->pdata[i];

      if (row->outcome == LK_KOHYA_UNKNOWN || row->outcome == LK_KOHYA_REFUSED)
        g_test_fail_printf ("our own %s = %s is not taken: %s", row->key, row->value, row->why);
    }
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autofree char *value = lk_train_settings_get (read, values[i][0]);

      if (!g_str_equal (value, values[i][1]))
        g_test_fail_printf ("%s came back as “%s”, not “%s”", values[i][0], value, values[i][1]);
    }
}

static void
test_what_is_no_settings_file (void)
{
  static const char * const texts[] = { "", "{}", "a = 1\nb = 2\n", "{\"1\": {\"class_type\": \"KSampler\"}}", "[[[", "{\"learning_rate\": }" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (LkTrainSettings) settings = lk_train_settings_new (), untouched = lk_train_settings_new ();
      g_autoptr (GError) error = NULL;
      g_autoptr (cJSON) a = NULL, b = NULL;

      g_assert_null (lk_kohya_settings_parse (texts[i], "x", 24, settings, &error));
      g_assert_nonnull (error);
      a = lk_train_settings_to_json (settings);
      b = lk_train_settings_to_json (untouched);
      g_assert_true (cJSON_Compare (a, b, TRUE));
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kohya-settings/toml-of-sd-scripts", test_toml_of_sd_scripts);
  g_test_add_func ("/kohya-settings/json-of-the-window", test_json_of_the_window);
  g_test_add_func ("/kohya-settings/one-kind-of-noise", test_one_kind_of_noise);
  g_test_add_func ("/kohya-settings/a-data-set-file", test_a_data_set_file);
  g_test_add_data_func ("/kohya-settings/round-trip-toml", GINT_TO_POINTER (FALSE), test_round_trip);
  g_test_add_data_func ("/kohya-settings/round-trip-json", GINT_TO_POINTER (TRUE), test_round_trip);
  g_test_add_func ("/kohya-settings/what-is-no-settings-file", test_what_is_no_settings_file);
  return g_test_run ();
}
