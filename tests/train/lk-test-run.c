#include "config.h"

#include "lk-test-run.h"

#include "base/lk-file.h"
#include "base/lk-sha256.h"
#include "base/lk-text.h"
#include "formats/lk-safetensors.h"
#include "generate/lk-file-hash.h"

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(char **) a, *(char **) b);
}

static void
item_free (gpointer data)
{
  LkDataItem *item = data;

  g_free (item->name);
  g_free (item->path);
  g_free (item->hash);
  g_free (item->caption);
  g_free (item);
}

LkDataSet *
lk_test_data_set_new (const char *folder,
                      guint       n,
                      guint       side)
{
  LkDataSet *data_set = g_new0 (LkDataSet, 1);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".png"))
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);

  data_set->items = g_ptr_array_new_with_free_func (item_free);
  for (guint i = 0; i < n; i++)
    {
      LkDataItem *item = g_new0 (LkDataItem, 1);
      g_autofree char *words = NULL, *words_path = NULL;

      item->name = g_strdup (names->pdata[i]);
      item->path = g_build_filename (folder, item->name, NULL);
      item->hash = lk_sha256_file (item->path, 0, NULL);
      words = g_strndup (item->path, strlen (item->path) - strlen (".png"));
      words_path = g_strconcat (words, ".txt", NULL);
      item->caption = lk_text_read (words_path, 1 << 16, NULL, NULL);
      item->size = item->original = (LkBucket) { side, side };
      item->repeats = 1;
      g_assert_nonnull (item->caption);
      g_ptr_array_add (data_set->items, item);
    }

  return data_set;
}

LkTrainSettings *
lk_test_settings_new (const char *words)
{
  LkTrainSettings *settings = lk_train_settings_new ();
  g_autofree char *all = g_strconcat ("network_dim=4 network_alpha=4 learning_rate=0.001 train_batch_size=2 lr_scheduler=constant ",
                                      words, NULL);
  g_auto (GStrv) pairs = g_strsplit (g_strstrip (all), " ", -1);

  for (guint i = 0; pairs[i]; i++)
    {
      g_auto (GStrv) parts = g_strsplit (pairs[i], "=", 2);
      g_autoptr (GError) error = NULL;

      lk_train_settings_set (settings, parts[0], parts[1], &error);
      g_assert_no_error (error);
    }
  return settings;
}

LkRun *
lk_test_run_new (const char            *folder,
                 const LkTrainSettings *settings,
                 LkDataSet             *data_set,
                 const char            *replay)
{
  g_autofree char *runs = g_build_filename (folder, "runs", NULL), *base = lk_data_path ("starter/starter-base.safetensors");
  g_autofree char *hash = lk_file_hash_checkpoint (base, NULL);
  LkRunInfo info = { .base = base, .base_hash = hash, .trigger = (char *) "zkxj", .class_word = (char *) "man", .replay = (char *) replay };
  g_autoptr (GError) error = NULL;
  LkRun *run = lk_run_create (runs, &info, settings, data_set, &error);

  g_assert_no_error (error);
  return run;
}

gboolean
lk_test_run_train (LkRun       *run,
                   LkDataSet   *data_set,
                   const char  *folder,
                   GError     **error)
{
  g_autofree char *cache = g_build_filename (folder, "cache", NULL);
  g_autoptr (LkDevice) device = lk_device_open ("cpu", 0, NULL);
  g_autoptr (LkTrainer) trainer = lk_trainer_new (device, run, data_set, cache);

  return lk_trainer_run (trainer, NULL, error);
}

char *
lk_test_run_metrics (LkRun *run)
{
  g_autofree char *path = lk_run_dup_path (run, "metrics.jsonl"), *text = lk_file_read (path, 1 << 24, NULL, NULL);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  GString *result = g_string_new (NULL);

  for (guint i = 0; lines[i]; i++)
    if (*lines[i])
      {
        g_autoptr (cJSON) line = lk_json_parse (lines[i], -1, path, NULL);
        g_autofree char *printed = NULL;

        g_assert_nonnull (line);
        cJSON_DeleteItemFromObjectCaseSensitive (line, "seconds");
        cJSON_DeleteItemFromObjectCaseSensitive (line, "memory");
        printed = lk_json_print (line, FALSE);
        g_string_append_printf (result, "%s\n", printed);
      }
  return g_string_free_and_steal (result);
}

char *
lk_test_run_hash (LkRun *run)
{
  g_autofree char *path = lk_run_dup_checkpoint_path (run, 0);
  g_autoptr (GError) error = NULL;
  char *hash = lk_safetensors_model_hash (path, &error);

  g_assert_no_error (error);
  return hash;
}
