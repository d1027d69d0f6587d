#define G_LOG_DOMAIN "likeness-train"

#include "config.h"

#include <glib/gi18n.h>

#include "train/lk-run.h"
#include "train/lk-run-state.h"

static const char * const names[] = { "parameters", "moment1", "moment2" };

static LkStorage *
get_storage (const LkRunState *state,
             guint          i)
{
  return i == 0 ? lk_adapter_get_storage (state->adapter) : i == 1 ? state->moment1 : state->moment2;
}

gboolean
lk_run_state_save (const LkRunState  *state,
               const char     *path,
               GError        **error)
{
  gsize n = lk_adapter_get_n_elements (state->adapter);
  g_autofree float *values = g_new (float, G_N_ELEMENTS (names) * n);
  g_autoptr (LkSafetensorsWriter) writer = lk_safetensors_writer_new ();
  g_autofree char *step = g_strdup_printf ("%u", state->step);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      if (!lk_storage_read (get_storage (state, i), 0, n, values + i * n, error))
        return FALSE;
      lk_safetensors_writer_add (writer, names[i], LK_SAFE_F32, 1, &n, values + i * n);
    }
  lk_safetensors_writer_set_metadata (writer, "step", step);
  lk_safetensors_writer_set_metadata (writer, "engine", state->engine);
  return lk_safetensors_writer_save (writer, path, error);
}

gboolean
lk_run_state_load (LkRunState     *state,
               const char  *path,
               GError     **error)
{
  gsize n = lk_adapter_get_n_elements (state->adapter);
  g_autofree float *values = g_new (float, n);
  g_autoptr (LkSafetensors) file = lk_safetensors_open (path, error);
  const char *step, *engine;

  if (file == NULL)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const LkSafeTensor *tensor = lk_safetensors_require (file, names[i], error);

      if (tensor == NULL)
        return FALSE;
      if (tensor->n_elements != n)
        {
          g_set_error (error, LK_RUN_ERROR, LK_RUN_ERROR_DAMAGED,
                       _("The state in “%s” belongs to a LoRA of another rank or another base model."), path);
          return FALSE;
        }
      if (!lk_safetensors_read_f32 (file, tensor, 0, n, values, error) || !lk_storage_write (get_storage (state, i), 0, n, values, error))
        return FALSE;
    }

  step = lk_safetensors_get_metadata (file, "step");
  engine = lk_safetensors_get_metadata (file, "engine");
  state->step = step ? (guint) g_ascii_strtoull (step, NULL, 10) : 0;
  g_free (state->engine);
  state->engine = g_strdup (engine ? engine : "");
  return TRUE;
}

guint
lk_run_state_read_step (const char *path)
{
  g_autoptr (LkSafetensors) file = lk_safetensors_open (path, NULL);
  const char *step = file ? lk_safetensors_get_metadata (file, "step") : NULL;

  return step ? (guint) g_ascii_strtoull (step, NULL, 10) : 0;
}
