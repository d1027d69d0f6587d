#define G_LOG_DOMAIN "likeness-generate"

#include "config.h"

#include "formats/lk-safetensors-metadata.h"
#include "formats/lk-safetensors.h"
#include "generate/lk-lora-strength.h"

#define KEY "likeness.strength"
#define HINT_KEY "modelspec.usage_hint"
#define HINT_START "Best at strength "      /* not translated: files go around the world */

double
lk_lora_strength_get (const char  *path,
                      GError     **error)
{
  g_autoptr (LkSafetensors) file = lk_safetensors_open (path, error);
  const char *text = file ? lk_safetensors_get_metadata (file, KEY) : NULL;
  double strength = text ? g_ascii_strtod (text, NULL) : 0;

  return strength >= -10 && strength <= 10 ? strength : 0;
}

gboolean
lk_lora_strength_set (const char  *path,
                      double       strength,
                      GError     **error)
{
  g_autoptr (LkSafetensors) file = lk_safetensors_open (path, error);
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  g_autofree char *hint = NULL;
  const char *old;
  LkSafeMetadata entries[] = { { KEY, NULL }, { HINT_KEY, NULL } };

  if (file == NULL)
    return FALSE;
  g_ascii_formatd (number, sizeof number, "%.4g", strength);
  hint = g_strconcat (HINT_START, number, NULL);
  old = lk_safetensors_get_metadata (file, HINT_KEY);
  if (strength != 0)
    {
      entries[0].value = number;
      entries[1].value = hint;
    }
  return lk_safetensors_set_metadata (path, entries, old == NULL || g_str_has_prefix (old, HINT_START) ? 2 : 1, error);
}
