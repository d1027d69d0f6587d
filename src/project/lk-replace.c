#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-replace.h"

#include <glib/gi18n.h>

G_DEFINE_QUARK (lk-replace-error-quark, lk_replace_error)

/* PCRE's own limits, set in the pattern: steps of one match, and how deep they nest. A caption of 10 000 characters needs some thousands;
 * a pattern that never ends is given up within milliseconds. */
#define LIMITS "(*LIMIT_MATCH=200000)(*LIMIT_DEPTH=20000)"
/* Words are letters and digits, as the checks see them. */
#define WORD_START "(?<![\\p{L}\\p{N}])(?:"
#define WORD_END ")(?![\\p{L}\\p{N}])"

struct _LkReplace
{
  GRegex   *regex;        /* owned */
  char     *instead;      /* owned */
  gboolean  is_regex;
};

LkReplace *
lk_replace_new (const char      *find,
                const char      *instead,
                LkReplaceFlags   flags,
                GError         **error)
{
  gboolean is_regex = (flags & LK_REPLACE_REGEX) != 0, has_words = (flags & LK_REPLACE_WHOLE_WORDS) != 0;
  g_autofree char *literal = is_regex ? g_strdup (find) : g_regex_escape_string (find, -1);
  g_autofree char *pattern = g_strconcat (LIMITS, has_words ? WORD_START : "", literal, has_words ? WORD_END : "", NULL);
  g_autoptr (GRegex) regex = NULL;
  g_autoptr (GError) local = NULL;
  LkReplace *self;

  if (*find == '\0')
    {
      g_set_error_literal (error, LK_REPLACE_ERROR, LK_REPLACE_ERROR_PATTERN, _("Type what to find."));
      return NULL;
    }
  /* By itself first: what the words' frame closes must not be what it opened. */
  if (is_regex)
    regex = g_regex_new (find, G_REGEX_MULTILINE, 0, &local);
  if (local == NULL)
    {
      g_clear_pointer (&regex, g_regex_unref);
      regex = g_regex_new (pattern, G_REGEX_MULTILINE | (flags & LK_REPLACE_MATCH_CASE ? 0 : G_REGEX_CASELESS), 0, &local);
    }
  if (local != NULL)
    {
      g_set_error (error, LK_REPLACE_ERROR, LK_REPLACE_ERROR_PATTERN, _("This is no regular expression: %s"), local->message);
      return NULL;
    }
  if (is_regex && !g_regex_check_replacement (instead, NULL, &local))
    {
      g_set_error (error, LK_REPLACE_ERROR, LK_REPLACE_ERROR_REPLACEMENT, _("The replacement does not work: %s"), local->message);
      return NULL;
    }

  self = g_new0 (LkReplace, 1);
  self->regex = g_steal_pointer (&regex);
  self->instead = g_strdup (instead);
  self->is_regex = is_regex;
  return self;
}

void
lk_replace_free (LkReplace *self)
{
  g_regex_unref (self->regex);
  g_free (self->instead);
  g_free (self);
}

char *
lk_replace_run (LkReplace   *self,
                const char  *text,
                GError     **error)
{
  g_autoptr (GMatchInfo) info = NULL;
  g_autoptr (GString) result = NULL;
  g_autoptr (GError) local = NULL;
  gint from = 0;

  for (gboolean found = g_regex_match_full (self->regex, text, -1, 0, 0, &info, &local); found; found = g_match_info_next (info, &local))
    {
      g_autofree char *expanded = NULL;
      gint start, end;

      if (self->is_regex)
        {
          expanded = g_match_info_expand_references (info, self->instead, &local);
          if (local != NULL)
            break;
        }
      g_match_info_fetch_pos (info, 0, &start, &end);
      if (result == NULL)
        result = g_string_new (NULL);
      g_string_append_len (result, text + from, start - from);
      g_string_append (result, self->is_regex ? (expanded != NULL ? expanded : "") : self->instead);
      from = end;
    }
  if (local != NULL)
    {
      g_set_error (error, LK_REPLACE_ERROR, LK_REPLACE_ERROR_TOO_HARD,
                   _("The search was given up in “%.40s…”: the expression tries too many ways. Make it simpler."), text);
      return NULL;
    }
  if (result == NULL)
    return NULL;
  g_string_append (result, text + from);
  return g_string_free (g_steal_pointer (&result), FALSE);
}
