#define G_LOG_DOMAIN "likeness-formats"

#include "config.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#include "formats/lk-toml.h"

G_DEFINE_QUARK (lk-toml-error-quark, lk_toml_error)

#define MAX_DEPTH 64

typedef struct
{
  const char  *at;
  const char  *start;
  const char  *name;
  GHashTable  *closed;          /* objects that may get no more members: inline tables, and tables that had their header */
  GHashTable  *defined;         /* tables that a header or a dotted key has made: cJSON * → what made it */
  guint        depth;
  GError     **error;
} Reader;

enum { MADE_BY_PATH = 1, MADE_BY_HEADER, MADE_BY_KEY };

static gboolean G_GNUC_PRINTF (3, 4)
fail (Reader      *reader,
      LkTomlError  code,
      const char  *format,
      ...)
{
  g_autofree char *what = NULL;
  guint line = 1;
  va_list arguments;

  for (const char *c = reader->start; c < reader->at; c++)
    line += *c == '\n';
  va_start (arguments, format);
  what = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  if (reader->error && *reader->error == NULL)
    g_set_error (reader->error, LK_TOML_ERROR, code, _("“%s”, line %u: %s"), reader->name, line, what);
  return FALSE;
}

/* ---- space ----------------------------------------------------------------------------------------------------- */

static void
skip_blanks (Reader *reader)
{
  while (*reader->at == ' ' || *reader->at == '\t')
    reader->at++;
}

static void
skip_comment (Reader *reader)
{
  skip_blanks (reader);
  if (*reader->at == '#')
    while (*reader->at != '\0' && *reader->at != '\n')
      reader->at++;
}

static gboolean
is_line_end (const char *at)
{
  return *at == '\n' || (at[0] == '\r' && at[1] == '\n');
}

/* Blank lines and comments as well. */
static void
skip_lines (Reader *reader)
{
  for (;;)
    {
      skip_comment (reader);
      if (!is_line_end (reader->at))
        return;
      reader->at += *reader->at == '\r' ? 2 : 1;
    }
}

static gboolean
expect_line_end (Reader *reader)
{
  skip_comment (reader);
  if (*reader->at == '\0' || is_line_end (reader->at))
    return TRUE;
  return fail (reader, LK_TOML_ERROR_SYNTAX, _("there is something behind the value that does not belong there: “%.20s”."), reader->at);
}

/* ---- strings --------------------------------------------------------------------------------------------------- */

static gboolean
read_escape (Reader  *reader,
             GString *out)
{
  static const char from[] = "btnfr\"\\e", to[] = "\b\t\n\f\r\"\\\033";
  const char *known = *reader->at != '\0' ? strchr (from, *reader->at) : NULL;
  guint digits = *reader->at == 'u' ? 4 : *reader->at == 'U' ? 8 : 0;
  gunichar character = 0;

  if (known != NULL)
    {
      g_string_append_c (out, to[known - from]);
      reader->at++;
      return TRUE;
    }
  if (digits == 0)
    return fail (reader, LK_TOML_ERROR_SYNTAX, _("“\\%.1s” is no escape. Write a backslash twice, or the text in single quotes."), reader->at);
  reader->at++;
  for (guint i = 0; i < digits; i++, reader->at++)
    {
      if (!g_ascii_isxdigit (*reader->at))
        return fail (reader, LK_TOML_ERROR_SYNTAX, _("an escape needs %u hexadecimal digits."), digits);
      character = character << 4 | (guint) g_ascii_xdigit_value (*reader->at);
    }
  if (!g_unichar_validate (character) || character == 0)
    return fail (reader, LK_TOML_ERROR_SYNTAX, _("an escape that is no character."));
  g_string_append_unichar (out, character);
  return TRUE;
}

/* A backslash at a line's end takes the break and all blanks after it away. */
static gboolean
skip_folded (Reader *reader)
{
  const char *at = reader->at;

  while (*at == ' ' || *at == '\t')
    at++;
  if (!is_line_end (at))
    return FALSE;
  while (*at == ' ' || *at == '\t' || is_line_end (at))
    at += is_line_end (at) && *at == '\r' ? 2 : 1;
  reader->at = at;
  return TRUE;
}

/* With its quotes: "…", '…', """…""", '''…'''. Owned by the caller. */
static char *
read_string (Reader   *reader,
             gboolean  may_be_long)
{
  g_autoptr (GString) out = g_string_new (NULL);
  char quote = *reader->at;
  gboolean is_long = may_be_long && reader->at[1] == quote && reader->at[2] == quote, is_literal = quote == '\'';

  reader->at += is_long ? 3 : 1;
  if (is_long && is_line_end (reader->at))
    reader->at += *reader->at == '\r' ? 2 : 1;
  for (;;)
    {
      char c = *reader->at;

      if (c == '\0' || (!is_long && is_line_end (reader->at)))
        {
          fail (reader, LK_TOML_ERROR_SYNTAX, _("a text has no closing quote."));
          return NULL;
        }
      if (c == quote && (!is_long || (reader->at[1] == quote && reader->at[2] == quote)))
        {
          /* Up to two quotes may stand before the closing three. */
          for (guint i = 0; is_long && i < 2 && reader->at[3] == quote; i++, reader->at++)
            g_string_append_c (out, quote);
          reader->at += is_long ? 3 : 1;
          return g_string_free_and_steal (g_steal_pointer (&out));
        }
      reader->at++;
      if (c == '\\' && !is_literal)
        {
          if (!(is_long && skip_folded (reader)) && !read_escape (reader, out))
            return NULL;
        }
      else if ((guchar) c < 0x20 && c != '\t' && !(is_long && (c == '\n' || c == '\r')))
        {
          fail (reader, LK_TOML_ERROR_SYNTAX, _("a text has a control character in it."));
          return NULL;
        }
      else
        g_string_append_c (out, c);
    }
}

char *
lk_toml_quote (const char *text)
{
  GString *out = g_string_new ("\"");

  for (const char *c = text; *c != '\0'; c++)
    if (*c == '"' || *c == '\\')
      g_string_append_printf (out, "\\%c", *c);
    else if (*c == '\n')
      g_string_append (out, "\\n");
    else if ((guchar) *c < 0x20 || *c == 0x7f)
      g_string_append_printf (out, "\\u%04x", (guint) (guchar) *c);
    else
      g_string_append_c (out, *c);
  g_string_append_c (out, '"');
  return g_string_free_and_steal (out);
}

/* ---- keys ------------------------------------------------------------------------------------------------------ */

static char *
read_key_part (Reader *reader)
{
  const char *start = reader->at;

  if (*start == '"' || *start == '\'')
    return read_string (reader, FALSE);
  while (g_ascii_isalnum (*reader->at) || *reader->at == '_' || *reader->at == '-')
    reader->at++;
  if (reader->at == start)
    {
      fail (reader, LK_TOML_ERROR_SYNTAX, *start == '\0' || is_line_end (start) ? _("a key is missing.") : _("“%.20s” is no key."), start);
      return NULL;
    }
  return g_strndup (start, (gsize) (reader->at - start));
}

/* "a.b.c": its parts; NULL on an error. Owned by the caller. */
static GPtrArray *
read_key (Reader *reader)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func (g_free);

  for (;;)
    {
      char *part;

      skip_blanks (reader);
      part = read_key_part (reader);
      if (part == NULL)
        return NULL;
      g_ptr_array_add (parts, part);
      skip_blanks (reader);
      if (*reader->at != '.')
        return g_steal_pointer (&parts);
      if (parts->len == MAX_DEPTH)
        {
          fail (reader, LK_TOML_ERROR_SYNTAX, _("tables are nested too deep."));
          return NULL;
        }
      reader->at++;
    }
}

static guint
get_maker (Reader      *reader,
           const cJSON *table)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (reader->defined, table));
}

static void
set_maker (Reader *reader,
           cJSON  *table,
           guint   maker)
{
  g_hash_table_insert (reader->defined, table, GUINT_TO_POINTER (maker));
}

/* The table `key` of `table`, made where it is missing; of an array of tables the last one. */
static cJSON *
enter (Reader     *reader,
       cJSON      *table,
       const char *key,
       guint       maker)
{
  cJSON *member = cJSON_GetObjectItemCaseSensitive (table, key);

  if (member == NULL)
    {
      member = cJSON_AddObjectToObject (table, key);
      set_maker (reader, member, maker);
      return member;
    }
  if (cJSON_IsArray (member) && maker == MADE_BY_PATH && get_maker (reader, member) == MADE_BY_HEADER && member->child != NULL)
    return cJSON_GetArrayItem (member, cJSON_GetArraySize (member) - 1);
  /* Dotted keys add to no table that a header made, and nothing adds to an inline one. */
  if (!cJSON_IsObject (member) || g_hash_table_contains (reader->closed, member)
      || (maker == MADE_BY_KEY && get_maker (reader, member) == MADE_BY_HEADER))
    {
      fail (reader, LK_TOML_ERROR_DUPLICATE, _("“%s” is there already, and cannot be added to."), key);
      return NULL;
    }
  return member;
}

/* ---- values ---------------------------------------------------------------------------------------------------- */

static cJSON *read_value (Reader *reader);
static gboolean read_pair (Reader *reader, cJSON *table);

static cJSON *
read_array (Reader *reader)
{
  g_autoptr (cJSON) array = cJSON_CreateArray ();

  reader->at++;
  for (;;)
    {
      cJSON *value;

      skip_lines (reader);
      if (*reader->at == ']')
        break;
      value = read_value (reader);
      if (value == NULL)
        return NULL;
      cJSON_AddItemToArray (array, value);
      skip_lines (reader);
      if (*reader->at == ',')
        reader->at++;
      else if (*reader->at != ']')
        {
          fail (reader, LK_TOML_ERROR_SYNTAX, _("a list goes on with a comma or ends with “]”."));
          return NULL;
        }
    }
  reader->at++;
  return g_steal_pointer (&array);
}

static cJSON *
read_inline_table (Reader *reader)
{
  g_autoptr (cJSON) table = cJSON_CreateObject ();

  reader->at++;
  skip_blanks (reader);
  while (*reader->at != '}')
    {
      if (!read_pair (reader, table))
        return NULL;
      skip_blanks (reader);
      if (*reader->at == ',')
        {
          reader->at++;
          skip_blanks (reader);
          if (*reader->at != '}')
            continue;
        }
      else if (*reader->at == '}')
        break;
      fail (reader, LK_TOML_ERROR_SYNTAX, _("a table in braces goes on with a comma, or ends with “}”, on one line."));
      return NULL;
    }
  reader->at++;
  g_hash_table_add (reader->closed, table);
  return g_steal_pointer (&table);
}

/* Digits of a base, single underscores between them; the number without them, or NULL. */
static char *
strip_digits (const char *text)
{
  g_autoptr (GString) out = g_string_new (NULL);

  for (const char *c = text; *c != '\0'; c++)
    {
      if (*c == '_' && (c == text || !g_ascii_isxdigit (c[-1]) || !g_ascii_isxdigit (c[1])))
        return NULL;
      if (*c != '_')
        g_string_append_c (out, *c);
    }
  return g_string_free_and_steal (g_steal_pointer (&out));
}

static cJSON *
make_integer (const char *digits,
              guint       base)
{
  const char *start = digits + (base != 10 ? 2 : 0);
  gint64 value;

  /* A decimal number has no zeros before it. */
  if (base == 10)
    {
      const char *first = start + (*start == '+' || *start == '-');

      if (!g_ascii_isdigit (*first) || (*first == '0' && first[1] != '\0'))
        return NULL;
      start += *start == '+';
    }
  return g_ascii_string_to_signed (start, base, G_MININT64, G_MAXINT64, &value, NULL) ? lk_json_int_new (value) : NULL;
}

static gboolean
is_float (const char *digits)
{
  static GRegex *regex;

  if (g_once_init_enter_pointer (&regex))
    g_once_init_leave_pointer (&regex, g_regex_new ("^[+-]?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?$", 0, 0, NULL));
  return g_regex_match (regex, digits, 0, NULL);
}

static gboolean
is_date (const char *word)
{
  static GRegex *regex;

  if (g_once_init_enter_pointer (&regex))
    g_once_init_leave_pointer (&regex, g_regex_new ("^([0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})?)?"
                                                    "|[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?)$", 0, 0, NULL));
  return g_regex_match (regex, word, 0, NULL);
}

static cJSON *
make_number (const char *word)
{
  g_autofree char *digits = strip_digits (word);
  const char *unsigned_word = word + (*word == '+' || *word == '-');
  cJSON *integer;

  if (g_str_equal (unsigned_word, "inf"))
    return cJSON_CreateNumber (*word == '-' ? -INFINITY : INFINITY);
  if (g_str_equal (unsigned_word, "nan"))
    return cJSON_CreateNumber (NAN);
  if (digits == NULL)
    return NULL;
  if (g_str_has_prefix (digits, "0x") || g_str_has_prefix (digits, "0o") || g_str_has_prefix (digits, "0b"))
    return make_integer (digits, digits[1] == 'x' ? 16 : digits[1] == 'o' ? 8 : 2);
  integer = make_integer (digits, 10);
  if (integer != NULL)
    return integer;
  return is_float (digits) && strpbrk (digits, ".eE") ? cJSON_CreateNumber (g_ascii_strtod (digits, NULL)) : NULL;
}

static cJSON *
read_word (Reader *reader)
{
  const char *start = reader->at;
  g_autofree char *word = NULL;
  cJSON *value;

  while (g_ascii_isalnum (*reader->at) || (*reader->at != '\0' && strchr ("+-_.:", *reader->at) != NULL))
    reader->at++;
  /* A date and its time may stand a blank apart. */
  if (reader->at - start == 10 && start[4] == '-' && *reader->at == ' ' && g_ascii_isdigit (reader->at[1]))
    for (reader->at++; g_ascii_isalnum (*reader->at) || (*reader->at != '\0' && strchr ("+-.:", *reader->at) != NULL);)
      reader->at++;
  word = g_strndup (start, (gsize) (reader->at - start));

  if (g_str_equal (word, "true") || g_str_equal (word, "false"))
    return cJSON_CreateBool (*word == 't');
  if (is_date (word))
    return cJSON_CreateString (word);
  value = *word != '\0' ? make_number (word) : NULL;
  if (value == NULL)
    {
      reader->at = start;
      if (*word == '\0')
        fail (reader, LK_TOML_ERROR_SYNTAX, _("a value is missing."));
      else
        fail (reader, LK_TOML_ERROR_SYNTAX, _("“%s” is no value. Text stands in quotes; true and false are small."), word);
    }
  return value;
}

static cJSON *
read_value (Reader *reader)
{
  cJSON *value = NULL;

  if (reader->depth == MAX_DEPTH)
    {
      fail (reader, LK_TOML_ERROR_SYNTAX, _("lists are nested too deep."));
      return NULL;
    }
  reader->depth++;
  if (*reader->at == '"' || *reader->at == '\'')
    {
      g_autofree char *text = read_string (reader, TRUE);

      value = text != NULL ? cJSON_CreateString (text) : NULL;
    }
  else if (*reader->at == '[')
    value = read_array (reader);
  else if (*reader->at == '{')
    value = read_inline_table (reader);
  else
    value = read_word (reader);
  reader->depth--;
  return value;
}

/* ---- lines ----------------------------------------------------------------------------------------------------- */

static gboolean
read_pair (Reader *reader,
           cJSON  *table)
{
  g_autoptr (GPtrArray) key = read_key (reader);
  const char *last;
  cJSON *value;

  if (key == NULL)
    return FALSE;
  last = key->pdata[key->len - 1];
  for (guint i = 0; i + 1 < key->len; i++)
    {
      table = enter (reader, table, key->pdata[i], MADE_BY_KEY);
      if (table == NULL)
        return FALSE;
    }
  if (*reader->at != '=')
    return fail (reader, LK_TOML_ERROR_SYNTAX, _("“%s” has no value: write “%s = …”."), last, last);
  if (cJSON_GetObjectItemCaseSensitive (table, last) != NULL)
    return fail (reader, LK_TOML_ERROR_DUPLICATE, _("“%s” is there already."), last);
  reader->at++;
  skip_blanks (reader);
  value = read_value (reader);
  if (value == NULL)
    return FALSE;
  cJSON_AddItemToObject (table, last, value);
  return TRUE;
}

/* [a.b] or [[a.b]]; `table` receives what follows goes into. */
static gboolean
read_header (Reader  *reader,
             cJSON   *root,
             cJSON  **table)
{
  gboolean is_array = reader->at[1] == '[';
  g_autoptr (GPtrArray) key = NULL;
  const char *last;
  cJSON *parent = root, *member;

  reader->at += is_array ? 2 : 1;
  key = read_key (reader);
  if (key == NULL)
    return FALSE;
  if (*reader->at != ']' || (is_array && reader->at[1] != ']'))
    return fail (reader, LK_TOML_ERROR_SYNTAX, is_array ? _("the name of a table in a list ends with “]]”.") : _("the name of a table ends with “]”."));
  reader->at += is_array ? 2 : 1;

  for (guint i = 0; i + 1 < key->len; i++)
    {
      parent = enter (reader, parent, key->pdata[i], MADE_BY_PATH);
      if (parent == NULL)
        return FALSE;
    }
  last = key->pdata[key->len - 1];
  member = cJSON_GetObjectItemCaseSensitive (parent, last);
  if (is_array)
    {
      if (member == NULL)
        {
          member = cJSON_AddArrayToObject (parent, last);
          set_maker (reader, member, MADE_BY_HEADER);
        }
      if (!cJSON_IsArray (member) || get_maker (reader, member) != MADE_BY_HEADER)
        return fail (reader, LK_TOML_ERROR_DUPLICATE, _("“%s” is there already, and is no list of tables."), last);
      *table = cJSON_CreateObject ();
      cJSON_AddItemToArray (member, *table);
      return TRUE;
    }

  if (member != NULL && (!cJSON_IsObject (member) || get_maker (reader, member) != MADE_BY_PATH))
    return fail (reader, LK_TOML_ERROR_DUPLICATE, _("the table “%s” is there already."), last);
  *table = member != NULL ? member : cJSON_AddObjectToObject (parent, last);
  set_maker (reader, *table, MADE_BY_HEADER);
  return TRUE;
}

cJSON *
lk_toml_parse (const char  *text,
               const char  *name,
               GError     **error)
{
  g_autoptr (GHashTable) closed = g_hash_table_new (NULL, NULL), defined = g_hash_table_new (NULL, NULL);
  g_autoptr (GError) trouble = NULL;
  g_autoptr (cJSON) root = cJSON_CreateObject ();
  Reader reader = { text, text, name, closed, defined, 0, &trouble };
  cJSON *table = root;

  if (!g_utf8_validate (text, -1, NULL))
    {
      g_set_error (error, LK_TOML_ERROR, LK_TOML_ERROR_SYNTAX, _("“%s” is no text in UTF-8."), name);
      return NULL;
    }
  if (g_str_has_prefix (text, "\xef\xbb\xbf"))
    reader.at += 3;
  for (skip_lines (&reader); *reader.at != '\0'; skip_lines (&reader))
    if (!(*reader.at == '[' ? read_header (&reader, root, &table) : read_pair (&reader, table)) || !expect_line_end (&reader))
      {
        g_propagate_error (error, g_steal_pointer (&trouble));
        return NULL;
      }
  return g_steal_pointer (&root);
}
