#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-caption-template.h"

#include <string.h>

#include "base/lk-text.h"
#include "project/lk-tags.h"
#include "project/lk-words.h"

struct _LkCaptionTemplate
{
  LkWordsPlace  place;
  char         *trigger;        /* owned, as all that follows: folded */
  char         *class_word;
  char         *head;           /* trigger and class word as captions have them */
  GPtrArray    *features;       /* as captions have them */
  char         *words;
  GPtrArray    *blacklist;      /* GPatternSpec */
};

/* ---- one tag ---------------------------------------------------------------------------------------------------- */

char *
lk_caption_tag_words (const char *tag,
                      gboolean    keep_underscores)
{
  static const char * const faces[] = {
    "0_0", "(o)_(o)", "+_+", "+_-", "._.", "<o>_<o>", "<|>_<|>", "=_=", ">_<", "3_3", "6_9", ">_o", "@_@", "^_^", "o_o", "u_u", "x_x",
    "|_|", "||_||", NULL
  };
  gboolean is_face = g_strv_contains (faces, tag);
  GString *words = g_string_new (NULL);

  for (const char *p = tag; *p != '\0'; p++)
    {
      if ((*p == '(' || *p == ')') && (p == tag || p[-1] != '\\'))
        g_string_append_c (words, '\\');
      g_string_append_c (words, *p == '_' && !is_face && !keep_underscores ? ' ' : *p);
    }
  return g_string_free (words, FALSE);
}

/* For comparing: folded, parentheses without their escape. */
static char *
fold_tag (const char *tag)
{
  char *folded = lk_words_fold (tag);
  char *to = folded;

  for (const char *p = folded; *p != '\0'; p++)
    if (*p != '\\' || (p[1] != '(' && p[1] != ')'))
      *to++ = *p;
  *to = '\0';
  return folded;
}

static gboolean
is_blacklisted (LkCaptionTemplate *self,
                const char        *folded)
{
  for (guint i = 0; i < self->blacklist->len; i++)
    if (g_pattern_spec_match_string (self->blacklist->pdata[i], folded))
      return TRUE;
  return FALSE;
}

/* ---- the template ------------------------------------------------------------------------------------------------ */

LkCaptionTemplate *
lk_caption_template_new (const LkTemplateRule *rule)
{
  LkCaptionTemplate *self = g_new0 (LkCaptionTemplate, 1);
  g_autofree char *trigger = lk_text_strip (rule->trigger != NULL ? rule->trigger : "", -1);
  g_autofree char *class_word = lk_text_strip (rule->class_word != NULL ? rule->class_word : "", -1);
  g_autoptr (LkTags) blacklist = lk_tags_new (rule->blacklist != NULL ? rule->blacklist : "");

  self->place = rule->place;
  self->trigger = lk_words_fold (trigger);
  self->class_word = lk_words_fold (class_word);
  self->head = g_strconcat (trigger, *trigger != '\0' && *class_word != '\0' ? " " : "", class_word, NULL);
  self->words = g_strdup (rule->words != NULL ? rule->words : "");
  self->features = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; rule->features != NULL && rule->features[i] != NULL; i++)
    {
      g_autofree char *feature = lk_text_strip (rule->features[i], -1);

      if (*feature != '\0')
        g_ptr_array_add (self->features, g_steal_pointer (&feature));
    }
  self->blacklist = g_ptr_array_new_with_free_func ((GDestroyNotify) g_pattern_spec_free);
  for (guint i = 0; i < lk_tags_get_n (blacklist); i++)
    {
      g_autofree char *folded = fold_tag (lk_tags_get (blacklist, i));

      g_ptr_array_add (self->blacklist, g_pattern_spec_new (folded));
    }
  return self;
}

void
lk_caption_template_free (LkCaptionTemplate *self)
{
  g_free (self->trigger);
  g_free (self->class_word);
  g_free (self->head);
  g_free (self->words);
  g_ptr_array_unref (self->features);
  g_ptr_array_unref (self->blacklist);
  g_free (self);
}

/* Adds the tags of `text` that are new and wanted. `seen` holds folded words. */
static void
take_tags (LkCaptionTemplate *self,
           const char        *text,
           gboolean           is_fixed,
           GHashTable        *seen,
           GPtrArray         *taken)
{
  g_autoptr (LkTags) tags = lk_tags_new (text);

  for (guint i = 0; i < lk_tags_get_n (tags); i++)
    {
      const char *tag = lk_tags_get (tags, i);
      g_autofree char *folded = fold_tag (tag);

      if ((!is_fixed && is_blacklisted (self, folded)) || g_hash_table_contains (seen, folded))
        continue;
      g_hash_table_add (seen, g_steal_pointer (&folded));
      g_ptr_array_add (taken, g_strdup (tag));
    }
}

/* What the caption gets besides trigger and fixed features, which are no news. */
static GPtrArray *
collect (LkCaptionTemplate *self,
         LkShot             shot,
         const char        *found)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GPtrArray *taken = g_ptr_array_new_with_free_func (g_free);

  g_hash_table_add (seen, g_strdup (""));
  take_tags (self, self->head, TRUE, seen, taken);
  for (guint i = 0; i < self->features->len; i++)
    take_tags (self, self->features->pdata[i], TRUE, seen, taken);
  if (*self->trigger != '\0')
    g_hash_table_add (seen, g_strdup (self->trigger));
  if (*self->class_word != '\0')
    g_hash_table_add (seen, g_strdup (self->class_word));
  g_ptr_array_set_size (taken, 0);

  take_tags (self, lk_shot_get_words (shot), FALSE, seen, taken);
  take_tags (self, self->words, FALSE, seen, taken);
  take_tags (self, found != NULL ? found : "", FALSE, seen, taken);
  return taken;
}

static void
append (GString    *caption,
        const char *words)
{
  if (*words != '\0')
    g_string_append_printf (caption, "%s%s", caption->len > 0 ? ", " : "", words);
}

static char *
make_caption (LkCaptionTemplate *self,
              GPtrArray         *words)
{
  GString *caption = g_string_new (self->head);

  for (guint i = 0; i < self->features->len; i++)
    append (caption, self->features->pdata[i]);
  for (guint i = 0; i < words->len; i++)
    append (caption, words->pdata[i]);
  return g_string_free (caption, FALSE);
}

/* ---- into a caption that is there -------------------------------------------------------------------------------- */

/* How many tags at the start say the trigger or a fixed feature. */
static guint
count_kept (LkCaptionTemplate *self,
            LkTags            *tags)
{
  for (guint i = 0; i < lk_tags_get_n (tags); i++)
    {
      g_autofree char *folded = fold_tag (lk_tags_get (tags, i));
      gboolean is_kept = lk_words_find (folded, self->trigger) != NULL || (i == 0 && g_str_equal (folded, self->class_word));

      for (guint k = 0; k < self->features->len && !is_kept; k++)
        {
          g_autofree char *feature = fold_tag (self->features->pdata[k]);

          is_kept = g_str_equal (folded, feature);
        }
      if (!is_kept)
        return i;
    }
  return lk_tags_get_n (tags);
}

/* As number `at` of the tags, in the section of the one before it. */
static void
insert (LkTags     *tags,
        guint       at,
        const char *words)
{
  if (at == 0)
    lk_tags_insert_before (tags, 0, words);
  else
    lk_tags_insert_after (tags, at - 1, words);
}

static gboolean
has_tag (LkTags     *tags,
         const char *words)
{
  g_autofree char *folded = fold_tag (words);

  for (guint i = 0; i < lk_tags_get_n (tags); i++)
    {
      g_autofree char *other = fold_tag (lk_tags_get (tags, i));

      if (g_str_equal (other, folded))
        return TRUE;
    }
  return FALSE;
}

static void
put_trigger (LkCaptionTemplate *self,
             const char        *folded_line,
             LkTags            *tags)
{
  g_autofree char *first = fold_tag (lk_tags_get (tags, 0));

  if (*self->trigger == '\0' || lk_words_find (folded_line, self->trigger) != NULL)
    return;
  if (*self->class_word != '\0' && g_str_equal (first, self->class_word))
    lk_tags_set (tags, 0, self->head);
  else
    lk_tags_insert_before (tags, 0, self->head);
}

static char *
change_line (LkCaptionTemplate *self,
             const char        *line,
             GPtrArray         *words)
{
  g_autoptr (LkTags) tags = lk_tags_new (line);
  g_autofree char *folded = lk_words_fold (line);
  g_autoptr (GPtrArray) lacking = g_ptr_array_new ();
  guint at;

  if (lk_tags_get_n (tags) == 0)
    return g_strdup (line);
  for (guint i = 0; i < words->len; i++)
    if (!has_tag (tags, words->pdata[i]))
      g_ptr_array_add (lacking, words->pdata[i]);

  put_trigger (self, folded, tags);
  for (guint i = 0; i < self->features->len; i++)
    {
      g_autofree char *feature = lk_words_fold (self->features->pdata[i]);

      if (lk_words_find (folded, feature) == NULL)
        insert (tags, count_kept (self, tags), self->features->pdata[i]);
    }
  at = count_kept (self, tags);
  for (guint i = 0; i < lacking->len; i++)
    if (self->place == LK_WORDS_BEFORE)
      insert (tags, at + i, lacking->pdata[i]);
    else
      lk_tags_append (tags, lk_tags_get_n (tags) - 1, lacking->pdata[i]);
  return lk_tags_to_caption (tags);
}

char *
lk_caption_template_run (LkCaptionTemplate *self,
                         const char        *caption,
                         LkShot             shot,
                         const char        *found)
{
  g_autofree char *stripped = lk_text_strip (caption, -1), *result = NULL;
  g_autoptr (GPtrArray) words = NULL;
  gboolean is_empty = *stripped == '\0';

  if (self->place == LK_WORDS_ONLY_EMPTY && !is_empty)
    return NULL;
  words = collect (self, shot, found);
  if (self->place == LK_WORDS_REPLACE || is_empty)
    {
      result = make_caption (self, words);
      if (*result == '\0')
        return NULL;
    }
  else
    {
      g_auto (GStrv) lines = g_strsplit (caption, "\n", -1);

      for (guint i = 0; lines[i] != NULL; i++)
        {
          g_autofree char *line = g_steal_pointer (&lines[i]);

          lines[i] = change_line (self, line, words);
        }
      result = g_strjoinv ("\n", lines);
    }
  return g_str_equal (result, caption) ? NULL : g_steal_pointer (&result);
}
