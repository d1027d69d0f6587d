#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-caption-fix.h"

#include <string.h>

#include "project/lk-words.h"

/* A longer tag is a sentence: nothing is put into the middle of it. */
#define MAX_TAG_WORDS 6

/* ---- text ---------------------------------------------------------------------------------------------------------- */

static char *
splice (const char *text,
        guint       start,
        guint       end,
        const char *instead)
{
  GString *result = g_string_new_len (text, start);

  g_string_append (result, instead);
  g_string_append (result, text + end);
  return g_string_free (result, FALSE);
}

static gboolean
is_space (char c)
{
  return c == ' ' || c == '\t';
}

/* Takes a tag out, with the comma behind it, or else the one before it. */
static char *
cut_tag (const char *text,
         guint       start,
         guint       end)
{
  guint after = end, before = start;

  while (is_space (text[after]))
    after++;
  if (text[after] == ',')
    {
      after++;
      while (is_space (text[after]))
        after++;
      return splice (text, start, after, "");
    }
  while (before > 0 && is_space (text[before - 1]))
    before--;
  if (before > 0 && text[before - 1] == ',')
    {
      before--;
      while (before > 0 && is_space (text[before - 1]))
        before--;
      return splice (text, before, end, "");
    }
  return splice (text, start, end, "");
}

static char *
put_first (const char *text,
           const char *tag)
{
  guint at = 0;

  while (g_ascii_isspace (text[at]))
    at++;
  return splice (text, at, at, tag);
}

static const LkSpan *
get_span (GArray *spans,
          guint   index)
{
  return &g_array_index (spans, LkSpan, index);
}

/* ---- trigger ------------------------------------------------------------------------------------------------------- */

static gboolean
begins_with (const LkTag *tag,
             const char  *words)
{
  g_autofree char *folded = lk_words_fold (words);

  return *folded != '\0' && lk_words_find (tag->folded, folded) == tag->folded;
}

static gboolean
says (GArray     *spans,
      const char *words)
{
  g_autofree char *folded = lk_words_fold (words);

  for (guint i = 0; i < spans->len; i++)
    if (lk_words_find (get_span (spans, i)->tag->folded, folded) != NULL)
      return TRUE;
  return FALSE;
}

static char *
add_trigger (LkRules    *rules,
             const char *caption,
             GArray     *spans)
{
  const char *trigger = lk_rules_get_trigger (rules), *class_word = lk_rules_get_class_word (rules);
  const LkSpan *first = get_span (spans, 0);
  g_autofree char *head = NULL;
  guint start, end;

  for (guint i = 0; i < spans->len; i++)
    if (lk_rules_find_misspelt_trigger (rules, get_span (spans, i)->tag, &start, &end))
      return splice (caption, get_span (spans, i)->start + start, get_span (spans, i)->start + end, trigger);

  if (begins_with (first->tag, class_word))
    {
      head = g_strconcat (trigger, " ", NULL);
      return splice (caption, first->start + first->tag->words[0].start, first->start + first->tag->words[0].start, head);
    }
  if (*class_word == '\0' || says (spans, class_word))
    head = g_strconcat (trigger, ", ", NULL);
  else
    head = g_strconcat (trigger, " ", class_word, ", ", NULL);
  return put_first (caption, head);
}

/* "photo of ohwx woman" without its end, "ohwx woman": "photo". The bytes of the tag that stay. */
static guint
end_before (const LkTag *tag,
            guint        word)
{
  while (word > 0 && tag->words[word - 1].word->is_filler)
    word--;
  return word > 0 ? tag->words[word - 1].end : 0;
}

static char *
move_trigger (LkRules    *rules,
              const char *caption,
              GArray     *spans)
{
  const char *class_word = lk_rules_get_class_word (rules);
  g_autofree char *class_folded = lk_words_fold (class_word);
  g_autofree char *piece = NULL, *rest = NULL, *head = NULL;
  const LkSpan *span = NULL;
  guint start = 0, end = 0, first, after;

  for (guint i = 0; i < spans->len && span == NULL; i++)
    if (lk_rules_find_trigger (rules, get_span (spans, i)->tag, &start, &end))
      span = get_span (spans, i);
  if (span == NULL)
    return NULL;

  for (first = 0; span->tag->words[first].start < start;)
    first++;
  for (after = first; after < span->tag->n_words && span->tag->words[after].end <= end;)
    after++;
  if (after < span->tag->n_words && g_str_equal (span->tag->words[after].word->text, class_folded))
    end = span->tag->words[after++].end;
  piece = g_strndup (span->tag->text + start, end - start);

  if (first == 0)
    {
      /* The tag begins with it: all of the tag moves. */
      rest = cut_tag (caption, span->start, span->end);
      head = g_strconcat (span->tag->text, ", ", NULL);
    }
  else if (first == 1 && after == span->tag->n_words && g_str_equal (span->tag->words[0].word->text, class_folded))
    {
      rest = cut_tag (caption, span->start, span->end);
      head = g_strconcat (lk_rules_get_trigger (rules), " ", class_word, ", ", NULL);
    }
  else if (after < span->tag->n_words)
    {
      /* In the middle of a sentence it stays, too. */
      rest = g_strdup (caption);
      head = g_strconcat (piece, ", ", NULL);
    }
  else
    {
      guint kept = end_before (span->tag, first);

      rest = kept > 0 ? splice (caption, span->start + kept, span->start + end, "") : cut_tag (caption, span->start, span->end);
      head = g_strconcat (piece, ", ", NULL);
    }
  return put_first (rest, head);
}

/* ---- features ------------------------------------------------------------------------------------------------------ */

static char *
add_at_end_of_line (const char *caption,
                    GArray     *spans,
                    const char *addition)
{
  guint at = 0;

  for (guint i = 0; i < spans->len && get_span (spans, i)->line == get_span (spans, 0)->line; i++)
    at = get_span (spans, i)->end;
  while (at > 0 && caption[at - 1] == '.')
    at--;
  return splice (caption, at, at, addition);
}

/* Behind the trigger and the features that come before it in the project; else in front of all. */
static char *
add_feature (LkRules    *rules,
             const char *caption,
             GArray     *spans,
             const char *feature)
{
  g_autofree char *addition = g_strconcat (", ", feature, NULL);
  g_autofree char *head = g_strconcat (feature, ", ", NULL);
  const LkSpan *behind = NULL, *first = get_span (spans, 0);
  guint start, end;

  if (begins_with (first->tag, lk_rules_get_class_word (rules)) || lk_rules_find_trigger (rules, first->tag, &start, &end))
    behind = first;
  for (guint i = 0; i < spans->len && get_span (spans, i)->line == first->line; i++)
    for (guint k = 0; k < lk_rules_get_n_features (rules) && !g_str_equal (lk_rules_get_feature (rules, k), feature); k++)
      if (lk_rules_tag_has_feature (rules, get_span (spans, i)->tag, k))
        behind = get_span (spans, i);
  if (behind == NULL)
    return put_first (caption, head);
  if (behind->tag->n_words > MAX_TAG_WORDS)
    return add_at_end_of_line (caption, spans, addition);
  return splice (caption, behind->end, behind->end, addition);
}

/* ---- words --------------------------------------------------------------------------------------------------------- */

/* "brown" of "brown wavy hair", to be that of "black hair": "black". NULL: they are not said of the same. */
static char *
adjective_for (const char *word,
               const char *instead)
{
  const char *noun = strrchr (word, ' '), *other = strrchr (instead, ' ');

  if (noun == NULL || other == NULL || g_ascii_strcasecmp (noun, other) != 0)
    return NULL;
  return g_strndup (instead, other - instead);
}

static char *
replace_word (const char  *caption,
              GArray      *spans,
              const LkHit *hit)
{
  g_autofree char *range = g_strndup (caption + hit->start, hit->end - hit->start);
  g_autofree char *folded = lk_words_fold (range), *instead = lk_words_fold (hit->instead), *adjective = NULL;

  /* The range is of less than the word: of an adjective that stands apart. */
  if (strlen (folded) < strlen (hit->word))
    {
      adjective = adjective_for (hit->word, hit->instead);
      return adjective != NULL ? splice (caption, hit->start, hit->end, adjective) : NULL;
    }
  for (guint i = 0; i < spans->len; i++)
    {
      const LkSpan *span = get_span (spans, i);

      /* What is said rightly elsewhere in the caption need not be said again. */
      if (span->start <= hit->start && hit->end <= span->end && g_str_equal (span->tag->folded, folded))
        for (guint k = 0; k < spans->len; k++)
          if (k != i && get_span (spans, k)->line == span->line && g_str_equal (get_span (spans, k)->tag->folded, instead))
            return cut_tag (caption, span->start, span->end);
    }
  return splice (caption, hit->start, hit->end, hit->instead);
}

char *
lk_caption_mend (LkRules     *rules,
                 const char  *caption,
                 GArray      *spans,
                 const LkHit *hit)
{
  switch (lk_check_get (hit->check)->fix)
    {
    case LK_FIX_ADD_TRIGGER:
      return add_trigger (rules, caption, spans);
    case LK_FIX_TRIGGER_FIRST:
      return move_trigger (rules, caption, spans);
    case LK_FIX_ADD_FEATURE:
      return add_feature (rules, caption, spans, hit->word);
    case LK_FIX_REPLACE_WORD:
      return replace_word (caption, spans, hit);
    case LK_FIX_REMOVE_WORD:
      return cut_tag (caption, hit->start, hit->end);
    default:
      return NULL;
    }
}

/* ---- a first caption ----------------------------------------------------------------------------------------------- */

char *
lk_caption_draft (LkRules *rules,
                  LkShot   shot)
{
  const char *trigger = lk_rules_get_trigger (rules), *class_word = lk_rules_get_class_word (rules);
  GString *draft = g_string_new (trigger);

  if (*class_word != '\0')
    g_string_append_printf (draft, "%s%s", draft->len > 0 ? " " : "", class_word);
  for (guint i = 0; i < lk_rules_get_n_features (rules); i++)
    g_string_append_printf (draft, "%s%s", draft->len > 0 ? ", " : "", lk_rules_get_feature (rules, i));
  if (*lk_shot_get_words (shot) != '\0')
    g_string_append_printf (draft, "%s%s", draft->len > 0 ? ", " : "", lk_shot_get_words (shot));
  return g_string_free (draft, FALSE);
}
