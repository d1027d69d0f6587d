/* Settings: their table, text, JSON, errors; and the learning-rate schedules they name. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "train/lk-lr.h"
#include "train/lk-training-advice.h"

static void
set (LkTrainSettings *settings,
     const char      *key,
     const char      *value)
{
  g_autoptr (GError) error = NULL;

  lk_train_settings_set (settings, key, value, &error);
  g_assert_no_error (error);
}

static void
test_every_default_survives_text_and_json (void)
{
  g_autoptr (LkTrainSettings) settings = lk_train_settings_new ();
  g_autoptr (LkTrainSettings) copy = NULL;
  g_autoptr (cJSON) json = lk_train_settings_to_json (settings);
  g_autofree char *printed = lk_json_print (json, TRUE);
  g_autoptr (cJSON) parsed = lk_json_parse (printed, -1, "settings", NULL);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < lk_setting_get_n (); i++)
    {
      const LkSetting *setting = lk_setting_get (i);
      g_autofree char *value = lk_train_settings_get (settings, setting->key);

      g_assert_cmpstr (value, ==, setting->value);
      g_assert_true (lk_setting_find (setting->key) == setting);
      g_assert_cmpuint (strlen (lk_setting_get_title (setting)), >, 0);
      g_assert_cmpuint (strlen (lk_setting_get_subtitle (setting)), >, 0);
    }
  g_assert_cmpint (cJSON_GetArraySize (json), ==, lk_setting_get_n ());

  copy = lk_train_settings_copy (settings);
  set (copy, "learning_rate", "0.5");
  set (copy, "output_name", "other");
  g_assert_cmpstr (settings->output_name, ==, "lora");
  g_assert_true (lk_train_settings_apply_json (copy, parsed, &error));
  g_assert_no_error (error);
  g_assert_cmpfloat (copy->learning_rate, ==, 1e-4);
  g_assert_cmpstr (copy->output_name, ==, "lora");
}

static void
test_values_of_every_kind (void)
{
  g_autoptr (LkTrainSettings) settings = lk_train_settings_new ();

  set (settings, "network_dim", "8");
  set (settings, "learning_rate", "5e-5");
  set (settings, "shuffle_caption", "Yes");
  set (settings, "lr_scheduler", "Constant");
  set (settings, "caption_prefix", "é = 1");
  set (settings, "seed", "9007199254740991");
  g_assert_cmpuint (settings->network_dim, ==, 8);
  g_assert_cmpfloat (settings->learning_rate, ==, 5e-5);
  g_assert_true (settings->shuffle_caption);
  g_assert_cmpint (settings->lr_scheduler, ==, LK_LR_CONSTANT);
  g_assert_cmpstr (settings->caption_prefix, ==, "é = 1");
  g_assert_cmpint (settings->seed, ==, G_GINT64_CONSTANT (9007199254740991));
}

static void
test_kinds_are_those_of_stacks (void)
{
  const LkSetting *setting = lk_setting_find ("lora_kind");

  g_assert_cmpuint (g_strv_length ((char **) setting->choices), ==, LK_N_STACK_KINDS);
  for (guint i = 0; i < LK_N_STACK_KINDS; i++)
    g_assert_cmpstr (setting->choices[i], ==, lk_stack_kind_get_id (i));
}

static void
test_bad_values_are_refused_by_name (void)
{
  static const char * const bad[][2] = {
    { "network_dim", "0" }, { "network_dim", "513" }, { "network_dim", "3.5" }, { "network_dim", "" }, { "network_dim", "many" },
    { "network_dim", "-1" }, { "learning_rate", "nan" }, { "learning_rate", "1e-4x" }, { "learning_rate", "inf" },
    { "shuffle_caption", "maybe" }, { "lr_scheduler", "cosin" }, { "optimizer_type", "SGD" }, { "max_token_length", "100" },
    { "output_name", "" }, { "output_name", "a/b" }, { "output_name", ".hidden" }, { "caption_separator", "" },
    { "caption_prefix", "\xff" }, { "seed", "1e300" },
  };
  g_autoptr (LkTrainSettings) settings = lk_train_settings_new ();
  g_autoptr (cJSON) before = lk_train_settings_to_json (settings);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (lk_train_settings_set (settings, bad[i][0], bad[i][1], &error));
      g_assert_error (error, LK_SETTINGS_ERROR, LK_SETTINGS_ERROR_BAD_VALUE);
      g_assert_nonnull (strstr (error->message, bad[i][0]));
    }
  {
    g_autoptr (cJSON) after = lk_train_settings_to_json (settings);

    g_assert_true (cJSON_Compare (before, after, TRUE));
  }
}

static void
test_a_misspelt_key_is_no_silence (void)
{
  g_autoptr (LkTrainSettings) settings = lk_train_settings_new ();
  g_autoptr (cJSON) json = cJSON_CreateObject ();
  g_autoptr (GError) error = NULL;

  g_assert_false (lk_train_settings_set (settings, "learning_rat", "1", &error));
  g_assert_error (error, LK_SETTINGS_ERROR, LK_SETTINGS_ERROR_UNKNOWN_KEY);
  g_assert_nonnull (strstr (error->message, "learning_rat"));
  g_clear_error (&error);

  cJSON_AddNumberToObject (json, "rank", 4);
  g_assert_false (lk_train_settings_apply_json (settings, json, &error));
  g_assert_error (error, LK_SETTINGS_ERROR, LK_SETTINGS_ERROR_UNKNOWN_KEY);
}

static void
test_settings_that_contradict_each_other (void)
{
  g_autoptr (LkTrainSettings) settings = lk_train_settings_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (lk_train_settings_check (settings, NULL));

  set (settings, "max_train_steps", "10");
  set (settings, "lr_warmup_steps", "10");
  g_assert_false (lk_train_settings_check (settings, &error));
  g_assert_nonnull (strstr (error->message, "lr_warmup_steps"));
  g_clear_error (&error);

  set (settings, "lr_warmup_steps", "0.5");
  g_assert_true (lk_train_settings_check (settings, NULL));
  set (settings, "resolution", "100");
  g_assert_false (lk_train_settings_check (settings, &error));
  g_assert_nonnull (strstr (error->message, "96"));
  g_clear_error (&error);

  set (settings, "resolution", "0");
  set (settings, "min_timestep", "500");
  g_assert_true (lk_train_settings_check (settings, NULL));
  set (settings, "max_timestep", "500");
  g_assert_false (lk_train_settings_check (settings, &error));
  g_assert_nonnull (strstr (error->message, "min_timestep"));
}

/* From torch.optim.lr_scheduler.LambdaLR (PyTorch 2.13) with diffusers' lambdas: 20 steps, 4 of warm-up, learning rate 1e-3. */
static void
test_learning_rate_schedules (void)
{
  static const guint steps[] = { 0, 1, 3, 4, 5, 9, 12, 17, 19 };
  static const struct
  {
    const char *name;
    double      factors[9];
  } schedules[] = {
    { "constant", { 1, 1, 1, 1, 1, 1, 1, 1, 1 } },
    { "constant_with_warmup", { 0, 0.25, 0.75, 1, 1, 1, 1, 1, 1 } },
    { "linear", { 0, 0.25, 0.75, 1, 0.9375, 0.6875, 0.5, 0.1875, 0.0625 } },
    { "cosine", { 0, 0.25, 0.75, 1, 0.9903926402, 0.7777851165, 0.5, 0.08426519385, 0.009607359798 } },
    { "cosine_with_restarts", { 0, 0.25, 0.75, 1, 0.9157348062, 0.009607359798, 0.5, 0.597545161, 0.08426519385 } },
    { "polynomial", { 0, 0.25, 0.75, 1, 0.8789183594, 0.4727089844, 0.250075, 0.03525273437, 0.004005859375 } },
  };
  g_autoptr (LkTrainSettings) settings = lk_train_settings_new ();

  set (settings, "max_train_steps", "20");
  set (settings, "learning_rate", "0.001");
  set (settings, "lr_scheduler_num_cycles", "3");
  set (settings, "lr_scheduler_power", "2");
  for (guint warm = 0; warm < 2; warm++)
    {
      set (settings, "lr_warmup_steps", warm ? "0.2" : "4");
      for (guint s = 0; s < G_N_ELEMENTS (schedules); s++)
        {
          set (settings, "lr_scheduler", schedules[s].name);
          for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
            g_assert_cmpfloat_with_epsilon (lk_lr_get_factor (settings, steps[i]), schedules[s].factors[i], 1e-9);
        }
    }
}

/* Every base model has presets, whose settings make sense, and no two are the same. */
static void
test_presets (void)
{
  static const char * const bases[] = { "starter", "sd15", "sdxl" };
  guint n = 0;

  for (guint b = 0; b < G_N_ELEMENTS (bases); b++)
    {
      const LkBaseAdvice *base = lk_base_advice_find (bases[b]);
      g_autoptr (GPtrArray) presets = lk_training_presets_for (base);
      g_autoptr (LkTrainSettings) usual = lk_training_advice_settings (base);
      g_autoptr (cJSON) before = lk_train_settings_to_json (usual);

      g_assert_cmpuint (presets->len, >, 0);
      for (guint i = 0; i < presets->len; i++, n++)
        {
          g_autoptr (LkTrainSettings) settings = lk_training_preset_settings (presets->pdata[i]);
          g_autoptr (cJSON) json = lk_train_settings_to_json (settings);
          g_autoptr (GPtrArray) advice = lk_training_advice_check (settings, base, base->best_images);
          g_autoptr (GError) error = NULL;

          g_assert_true (lk_train_settings_check (settings, &error));
          g_assert_no_error (error);
          g_assert_true (cJSON_Compare (before, json, TRUE) == (i == 0));
          for (guint k = 0; k < advice->len; k++)
            g_assert_cmpint (((LkAdviceRow *) advice->pdata[k])->severity, !=, LK_ADVICE_WARNING);
        }
    }
  g_assert_cmpuint (n, ==, 5);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/settings/every-default-survives-text-and-json", test_every_default_survives_text_and_json);
  g_test_add_func ("/settings/values-of-every-kind", test_values_of_every_kind);
  g_test_add_func ("/settings/kinds-are-those-of-stacks", test_kinds_are_those_of_stacks);
  g_test_add_func ("/settings/bad-values-are-refused-by-name", test_bad_values_are_refused_by_name);
  g_test_add_func ("/settings/a-misspelt-key-is-no-silence", test_a_misspelt_key_is_no_silence);
  g_test_add_func ("/settings/settings-that-contradict-each-other", test_settings_that_contradict_each_other);
  g_test_add_func ("/settings/learning-rate-schedules", test_learning_rate_schedules);

  g_test_add_func ("/settings/presets", test_presets);
  return g_test_run ();
}
