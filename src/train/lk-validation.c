#define G_LOG_DOMAIN "likeness-train"

#include "config.h"

#include <math.h>

#include "base/lk-random.h"
#include "train/lk-caption.h"
#include "train/lk-step.h"
#include "train/lk-streams.h"
#include "train/lk-validation.h"

#define NOISE_SEED 20

/* sd-scripts' own, of 1000. */
const guint lk_validation_timesteps[LK_VALIDATION_TIMESTEPS] = { 200, 400, 600, 800 };

struct _LkValidation
{
  LkModel               *model;         /* owned references */
  LkAdapter             *adapter;
  const LkTrainSettings *settings;      /* borrowed, as are the next four */
  LkDataSet             *data_set;
  GPtrArray             *latents, *x0;
  GHashTable            *texts;
  GArray                *items;         /* guint: pictures that are trained on */
  GArray                *held_out;      /* guint: and that are not */
  GHashTable            *steps;         /* "h<<16 | w" → LkStep */
};

/* Evenly spread. */
GArray *
lk_validation_choose (LkDataSet *data_set,
                      gboolean   held_out)
{
  guint most = held_out ? 2 * LK_VALIDATION_PICTURES : LK_VALIDATION_PICTURES;
  g_autoptr (GArray) all = g_array_new (FALSE, FALSE, sizeof (guint));
  GArray *some = g_array_new (FALSE, FALSE, sizeof (guint));
  guint n;

  for (guint i = 0; i < lk_data_set_get_n (data_set); i++)
    if ((lk_data_set_get (data_set, i)->repeats == 0) == held_out)
      g_array_append_val (all, i);
  n = MIN (all->len, most);
  for (guint i = 0; i < n; i++)
    g_array_append_val (some, g_array_index (all, guint, (guint64) i * all->len / n));
  return some;
}

LkValidation *
lk_validation_new (LkModel               *model,
                   LkAdapter             *adapter,
                   const LkTrainSettings *settings,
                   LkDataSet             *data_set,
                   GPtrArray             *latents,
                   GPtrArray             *x0,
                   GHashTable            *texts)
{
  LkValidation *validation = g_new0 (LkValidation, 1);

  validation->model = lk_model_ref (model);
  validation->adapter = lk_adapter_ref (adapter);
  validation->settings = settings;
  validation->data_set = data_set;
  validation->latents = latents;
  validation->x0 = x0;
  validation->texts = texts;
  validation->items = lk_validation_choose (data_set, FALSE);
  validation->held_out = lk_validation_choose (data_set, TRUE);
  validation->steps = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) lk_step_free);

  return validation;
}

void
lk_validation_free (LkValidation *validation)
{
  g_hash_table_unref (validation->steps);
  g_array_unref (validation->items);
  g_array_unref (validation->held_out);
  lk_adapter_unref (validation->adapter);
  lk_model_unref (validation->model);
  g_free (validation);
}

char *
lk_validation_dup_text (const LkTrainSettings *settings,
                        LkDataSet             *data_set,
                        guint                  item)
{
  return lk_caption_make (settings, lk_data_set_get (data_set, item)->caption, item, 0, settings->max_train_steps);
}

/* One at a time: measuring must not take more memory than training does. */
static LkStep *
get_step (LkValidation    *validation,
          const LkLatent  *latent,
          guint            n_tokens,
          GError         **error)
{
  gpointer key = GUINT_TO_POINTER (latent->height << 16 | latent->width);
  LkStep *step = g_hash_table_lookup (validation->steps, key);

  if (step == NULL)
    {
      step = lk_step_new_forward (validation->model, validation->adapter, 1, latent->height, latent->width, n_tokens, error);
      if (step)
        g_hash_table_insert (validation->steps, key, step);
    }
  return step;
}

/* The losses [LK_VALIDATION_TIMESTEPS] of one picture. */
static gboolean
measure (LkValidation  *validation,
         guint          item,
         double        *losses,
         GError       **error)
{
  const LkLatent *latent = validation->latents->pdata[item];
  const LkDataItem *about = lk_data_set_get (validation->data_set, item);
  g_autofree char *text = lk_validation_dup_text (validation->settings, validation->data_set, item);
  g_autofree float *noise = g_new (float, latent->n);
  LkSample sample = {
    .latent = validation->x0->pdata[item], .noise = noise, .text = g_hash_table_lookup (validation->texts, text), .weight = 1,
    .original_width = about->original.width, .original_height = about->original.height,
  };
  LkStep *step = get_step (validation, latent, sample.text->n_tokens, error);

  if (step == NULL)
    return FALSE;
  for (guint t = 0; t < LK_VALIDATION_TIMESTEPS; t++)
    {
      float own;
      double loss;

      lk_random_fill_normal (NOISE_SEED, LK_STREAM_VALIDATION + ((guint64) item << 4) + t, 0, latent->n, noise);
      sample.timestep = lk_validation_timesteps[t];
      if (!lk_step_run (step, &sample, &loss, &own, error))
        return FALSE;
      losses[t] = own;
    }
  return TRUE;
}

/* Measures `items` and adds them to `line`; `mean` receives the mean of all, NaN of none. */
static gboolean
measure_all (LkValidation  *validation,
             GArray        *items,
             cJSON         *line,
             const char    *items_key,
             const char    *losses_key,
             double        *mean,
             double        *by_timestep,
             GError       **error)
{
  cJSON *names = cJSON_AddArrayToObject (line, items_key), *values = cJSON_AddArrayToObject (line, losses_key);
  double sum = 0;

  for (guint i = 0; i < items->len; i++)
    {
      double losses[LK_VALIDATION_TIMESTEPS], own = 0;

      if (!measure (validation, g_array_index (items, guint, i), losses, error))
        return FALSE;
      for (guint t = 0; t < LK_VALIDATION_TIMESTEPS; t++)
        {
          own += losses[t] / LK_VALIDATION_TIMESTEPS;
          by_timestep[t] += losses[t] / items->len;
        }
      sum += own;
      cJSON_AddItemToArray (names, lk_json_int_new (g_array_index (items, guint, i)));
      cJSON_AddItemToArray (values, cJSON_CreateNumber (own));
    }
  *mean = items->len > 0 ? sum / items->len : NAN;
  return TRUE;
}

gboolean
lk_validation_run (LkValidation      *validation,
                   guint              step,
                   LkValidationMark  *mark,
                   cJSON            **line,
                   GError           **error)
{
  g_autoptr (cJSON) json = cJSON_CreateObject ();
  double by_timestep[LK_VALIDATION_TIMESTEPS] = { 0 }, unused[LK_VALIDATION_TIMESTEPS] = { 0 };
  cJSON *timesteps, *means;

  *mark = (LkValidationMark) { .step = step, .held_out = NAN };
  cJSON_AddStringToObject (json, "kind", "validation");
  lk_json_add_int (json, "step", step);
  if (!measure_all (validation, validation->items, json, "items", "losses", &mark->trained, by_timestep, error)
      || (validation->held_out->len > 0
          && !measure_all (validation, validation->held_out, json, "held_out_items", "held_out_losses", &mark->held_out, unused, error)))
    return FALSE;

  cJSON_AddNumberToObject (json, "loss", mark->trained);
  if (validation->held_out->len > 0)
    cJSON_AddNumberToObject (json, "held_out", mark->held_out);
  timesteps = cJSON_AddArrayToObject (json, "timesteps");
  means = cJSON_AddArrayToObject (json, "by_timestep");
  for (guint t = 0; t < LK_VALIDATION_TIMESTEPS; t++)
    {
      cJSON_AddItemToArray (timesteps, lk_json_int_new (lk_validation_timesteps[t]));
      cJSON_AddItemToArray (means, cJSON_CreateNumber (by_timestep[t]));
    }
  *line = g_steal_pointer (&json);
  return TRUE;
}
