/* lk-json.c: cJSON with our errors, exact numbers and atomic writing.
 *
 * cJSON keeps numbers as doubles. An integer that a double cannot hold keeps its digits in the item's `valuestring`, which cJSON
 * does not use for numbers, and copies and frees with the item.
 */
#define G_LOG_DOMAIN "likeness-base"

#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/lk-file.h"
#include "base/lk-json.h"

#define MAX_FILE (256u << 20)
#define EXACT 9007199254740992.0   /* 2^53: beyond it a double skips integers */

G_DEFINE_QUARK (lk-json-error-quark, lk_json_error)

/* ---- parsing --------------------------------------------------------------------------------------------------- */

/* The next number in JSON text: its start; `*end` is behind it. */
static const char *
next_number (const char  *text,
             const char **end)
{
  const char *start;

  for (; *text != '-' && !g_ascii_isdigit (*text); text++)
    if (*text == '"')
      for (text++; *text != '"'; text++)
        if (*text == '\\')
          text++;

  start = text;
  while (g_ascii_isalnum (*text) || *text == '-' || *text == '+' || *text == '.')
    text++;

  *end = text;
  return start;
}

/* Walks tree and text side by side, and keeps the digits of integers that a double cannot hold. */
static void
keep_digits (cJSON       *item,
             const char **text)
{
  if (cJSON_IsNumber (item))
    {
      const char *start = next_number (*text, text);
      gsize length = *text - start;

      if (fabs (item->valuedouble) >= EXACT && strcspn (start, ".eE") >= length)
        item->valuestring = strndup (start, length);
    }

  for (cJSON *child = item->child; child != NULL; child = child->next)
    keep_digits (child, text);
}

cJSON *
lk_json_parse (const char  *text,
               gssize       length,
               const char  *name,
               GError     **error)
{
  gsize n = length < 0 ? strlen (text) : (gsize) length;
  g_autofree char *copy = g_strndup (text, n);
  g_autoptr (cJSON) json = NULL;
  const char *end = copy;
  const char *cursor = copy;

  /* A NUL would end the text early, and what stands behind it would be lost in silence. */
  if (strlen (copy) == n && g_utf8_validate (copy, n, &end))
    json = cJSON_ParseWithLengthOpts (copy, n + 1, &end, TRUE);
  else if (strlen (copy) < n)
    end = copy + strlen (copy);

  if (json == NULL)
    {
      guint line = 1;
      const char *start = copy;

      for (const char *c = copy; c < end; c++)
        if (*c == '\n')
          {
            line++;
            start = c + 1;
          }

      g_set_error (error, LK_JSON_ERROR, LK_JSON_ERROR_SYNTAX,
                   "“%s” is not valid JSON: see line %u, column %u.", name, line, (guint) (end - start) + 1);
      return NULL;
    }

  keep_digits (json, &cursor);
  return g_steal_pointer (&json);
}

cJSON *
lk_json_read (const char  *path,
              GError     **error)
{
  gsize length;
  g_autofree char *text = lk_file_read (path, MAX_FILE, &length, error);
  g_autofree char *name = g_filename_display_name (path);

  if (text == NULL)
    return NULL;

  return lk_json_parse (text, length, name, error);
}

/* ---- printing -------------------------------------------------------------------------------------------------- */

static void
print_number (GString     *out,
              const cJSON *item)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  double value = item->valuedouble;

  if (item->valuestring != NULL)
    {
      g_string_append (out, item->valuestring);
      return;
    }

  if (!isfinite (value))
    {
      g_string_append (out, "null");
      return;
    }

  if (value == rint (value) && fabs (value) < EXACT)
    {
      g_string_append (out, g_ascii_formatd (text, sizeof text, "%.0f", value));
      return;
    }

  for (int digits = 15; digits <= 17; digits++)
    {
      char format[8];

      g_snprintf (format, sizeof format, "%%.%dg", digits);
      g_ascii_formatd (text, sizeof text, format, value);
      if (g_ascii_strtod (text, NULL) == value)
        break;
    }
  g_string_append (out, text);
}

static void
print_string (GString    *out,
              const char *string)
{
  g_autofree char *valid = g_utf8_make_valid (string, -1);

  g_string_append_c (out, '"');
  for (const char *c = valid; *c != '\0'; c++)
    switch (*c)
      {
      case '"':  g_string_append (out, "\\\""); break;
      case '\\': g_string_append (out, "\\\\"); break;
      case '\b': g_string_append (out, "\\b"); break;
      case '\f': g_string_append (out, "\\f"); break;
      case '\n': g_string_append (out, "\\n"); break;
      case '\r': g_string_append (out, "\\r"); break;
      case '\t': g_string_append (out, "\\t"); break;
      default:
        if ((guchar) *c < 0x20)
          g_string_append_printf (out, "\\u%04x", *c);
        else
          g_string_append_c (out, *c);
      }
  g_string_append_c (out, '"');
}

/* `indent`: how deep the item stands; -1: all on one line. */
static void
print_item (GString     *out,
            const cJSON *item,
            int          indent)
{
  gboolean is_object = cJSON_IsObject (item);
  int deeper = indent < 0 ? -1 : indent + 1;

  if (cJSON_IsNumber (item))
    print_number (out, item);
  else if (cJSON_IsString (item))
    print_string (out, item->valuestring);
  else if (cJSON_IsRaw (item))
    g_string_append (out, item->valuestring);
  else if (cJSON_IsBool (item))
    g_string_append (out, cJSON_IsTrue (item) ? "true" : "false");
  else if (!is_object && !cJSON_IsArray (item))
    g_string_append (out, "null");
  else if (item->child == NULL)
    g_string_append (out, is_object ? "{}" : "[]");
  else
    {
      g_string_append_c (out, is_object ? '{' : '[');
      for (const cJSON *child = item->child; child != NULL; child = child->next)
        {
          if (indent >= 0)
            g_string_append_printf (out, "\n%*s", 2 * deeper, "");
          if (is_object)
            {
              print_string (out, child->string);
              g_string_append (out, indent >= 0 ? ": " : ":");
            }
          print_item (out, child, deeper);
          if (child->next != NULL)
            g_string_append_c (out, ',');
        }
      if (indent >= 0)
        g_string_append_printf (out, "\n%*s", 2 * indent, "");
      g_string_append_c (out, is_object ? '}' : ']');
    }
}

char *
lk_json_print (const cJSON *json,
               gboolean     pretty)
{
  GString *out = g_string_new (NULL);

  print_item (out, json, pretty ? 0 : -1);
  if (pretty)
    g_string_append_c (out, '\n');

  return g_string_free (out, FALSE);
}

gboolean
lk_json_write (const cJSON  *json,
               const char   *path,
               GError      **error)
{
  g_autofree char *text = lk_json_print (json, TRUE);

  return lk_file_write (path, text, -1, error);
}

/* ---- members --------------------------------------------------------------------------------------------------- */

gboolean
lk_json_item_get_int (const cJSON *item,
                      gint64      *value)
{
  double number;

  if (!cJSON_IsNumber (item))
    return FALSE;

  if (item->valuestring != NULL)
    return g_ascii_string_to_signed (item->valuestring, 10, G_MININT64, G_MAXINT64, value, NULL);

  number = item->valuedouble;
  if (number != rint (number) || !(number >= -0x1p63 && number < 0x1p63))
    return FALSE;

  *value = (gint64) number;
  return TRUE;
}

cJSON *
lk_json_int_new (gint64 value)
{
  cJSON *item = cJSON_CreateNumber ((double) value);

  if (fabs ((double) value) >= EXACT)
    {
      g_autofree char *digits = g_strdup_printf ("%" G_GINT64_FORMAT, value);

      item->valuestring = strdup (digits);
    }

  return item;
}

void
lk_json_add_int (cJSON      *object,
                 const char *key,
                 gint64      value)
{
  cJSON_AddItemToObject (object, key, lk_json_int_new (value));
}

const char *
lk_json_get_string (const cJSON *object,
                    const char  *key,
                    const char  *fallback)
{
  const char *value = cJSON_GetStringValue (cJSON_GetObjectItemCaseSensitive (object, key));

  return value != NULL ? value : fallback;
}

double
lk_json_get_number (const cJSON *object,
                    const char  *key,
                    double       fallback)
{
  const cJSON *item = cJSON_GetObjectItemCaseSensitive (object, key);

  return cJSON_IsNumber (item) ? item->valuedouble : fallback;
}

gint64
lk_json_get_int (const cJSON *object,
                 const char  *key,
                 gint64       fallback)
{
  gint64 value;

  return lk_json_item_get_int (cJSON_GetObjectItemCaseSensitive (object, key), &value) ? value : fallback;
}

gboolean
lk_json_get_boolean (const cJSON *object,
                     const char  *key,
                     gboolean     fallback)
{
  const cJSON *item = cJSON_GetObjectItemCaseSensitive (object, key);

  return cJSON_IsBool (item) ? cJSON_IsTrue (item) : fallback;
}

const cJSON *
lk_json_get_object (const cJSON *object,
                    const char  *key)
{
  const cJSON *item = cJSON_GetObjectItemCaseSensitive (object, key);

  return cJSON_IsObject (item) ? item : NULL;
}

const cJSON *
lk_json_get_array (const cJSON *object,
                   const char  *key)
{
  const cJSON *item = cJSON_GetObjectItemCaseSensitive (object, key);

  return cJSON_IsArray (item) ? item : NULL;
}

/* The member, or NULL with MISSING. */
static const cJSON *
require (const cJSON  *object,
         const char   *key,
         GError      **error)
{
  const cJSON *item = cJSON_GetObjectItemCaseSensitive (object, key);

  if (item == NULL)
    g_set_error (error, LK_JSON_ERROR, LK_JSON_ERROR_MISSING, "the member “%s” is missing", key);
  return item;
}

static gboolean
wrong_type (const char  *key,
            const char  *wanted,
            GError     **error)
{
  g_set_error (error, LK_JSON_ERROR, LK_JSON_ERROR_TYPE, "the member “%s” is not %s", key, wanted);
  return FALSE;
}

gboolean
lk_json_require_string (const cJSON  *object,
                        const char   *key,
                        const char  **value,
                        GError      **error)
{
  const cJSON *item = require (object, key, error);

  if (item == NULL)
    return FALSE;
  if (!cJSON_IsString (item))
    return wrong_type (key, "text", error);

  *value = item->valuestring;
  return TRUE;
}

gboolean
lk_json_require_number (const cJSON  *object,
                        const char   *key,
                        double       *value,
                        GError      **error)
{
  const cJSON *item = require (object, key, error);

  if (item == NULL)
    return FALSE;
  if (!cJSON_IsNumber (item))
    return wrong_type (key, "a number", error);

  *value = item->valuedouble;
  return TRUE;
}

gboolean
lk_json_require_int (const cJSON  *object,
                     const char   *key,
                     gint64       *value,
                     GError      **error)
{
  const cJSON *item = require (object, key, error);

  if (item == NULL)
    return FALSE;
  if (!lk_json_item_get_int (item, value))
    return wrong_type (key, "a whole number", error);

  return TRUE;
}

gboolean
lk_json_require_boolean (const cJSON  *object,
                         const char   *key,
                         gboolean     *value,
                         GError      **error)
{
  const cJSON *item = require (object, key, error);

  if (item == NULL)
    return FALSE;
  if (!cJSON_IsBool (item))
    return wrong_type (key, "true or false", error);

  *value = cJSON_IsTrue (item);
  return TRUE;
}
