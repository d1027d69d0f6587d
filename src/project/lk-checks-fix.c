/* The fixes that are changes of text or state. Words are put in and taken out; everything else of a caption stays as it is. */
#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include <string.h>

#include "project/lk-checks-private.h"
#include "project/lk-words.h"

/* How captions name a shot type. */
static const char *shot_words[LK_N_SHOTS] = {
  [LK_SHOT_FRONT] = "close-up portrait",
  [LK_SHOT_THREE_QUARTER] = "three-quarter view",
  [LK_SHOT_PROFILE] = "profile view",
  [LK_SHOT_HALF_BODY] = "upper body shot",
  [LK_SHOT_FULL_BODY] = "full body shot",
};

char *
lk_checks_draft_caption (LkChecks *self,
                         LkImage  *image)
{
  const char *trigger = lk_project_get_trigger (self->project), *class_word = lk_project_get_class_word (self->project);
  g_auto (GStrv) features = lk_project_dup_features (self->project);
  const char *shot = shot_words[lk_image_get_shot (image)];
  GString *draft = g_string_new (trigger);

  if (*class_word != '\0')
    g_string_append_printf (draft, "%s%s", draft->len > 0 ? " " : "", class_word);
  for (guint i = 0; features[i] != NULL; i++)
    g_string_append_printf (draft, "%s%s", draft->len > 0 ? ", " : "", features[i]);
  if (shot != NULL)
    g_string_append_printf (draft, "%s%s", draft->len > 0 ? ", " : "", shot);
  return g_string_free (draft, FALSE);
}

static char *
insert_at (const char *caption,
           guint       at,
           const char *before,
           const char *words,
           const char *after)
{
  return g_strdup_printf ("%.*s%s%s%s%s", (int) at, caption, before, words, after, caption + at);
}

/* Where the text begins. */
static guint
skip_space (const char *caption)
{
  guint i = 0;

  while (g_ascii_isspace (caption[i]))
    i++;
  return i;
}

static char *
add_trigger (LkChecks   *self,
             const char *caption)
{
  const char *trigger = lk_project_get_trigger (self->project), *class_word = lk_project_get_class_word (self->project);
  g_autoptr (GArray) spans = lk_checks_split_tags (caption);
  g_autofree char *folded = lk_words_fold (caption);
  g_autofree char *words = NULL;

  if (spans->len == 0)
    return g_strdup_printf ("%s%s%s%s", trigger, *class_word != '\0' ? " " : "", class_word, caption);
  /* "woman, smiling" becomes "ohwx woman, smiling". */
  if (*self->settings.class_word != '\0' && g_str_has_prefix (folded, self->settings.class_word) &&
      lk_words_find (folded, self->settings.class_word) == folded)
    return insert_at (caption, skip_space (caption), "", trigger, " ");
  if (*class_word != '\0' && lk_words_find (folded, self->settings.class_word) == NULL)
    words = g_strdup_printf ("%s %s", trigger, class_word);
  else
    words = g_strdup (trigger);
  return insert_at (caption, skip_space (caption), "", words, ", ");
}

/* Takes a tag out, with the comma before it (or after it, at the front). */
static char *
remove_tag (const char *caption,
            LkTagSpan   span)
{
  guint start = span.start, end = span.end;

  while (start > 0 && (caption[start - 1] == ' ' || caption[start - 1] == '\t'))
    start--;
  if (start > 0 && caption[start - 1] == ',')
    {
      start--;
    }
  else
    {
      if (caption[end] == ',')
        end++;
      while (caption[end] == ' ')
        end++;
    }
  return g_strdup_printf ("%.*s%s", (int) start, caption, caption + end);
}

static char *
move_trigger (LkChecks   *self,
              const char *caption)
{
  g_autoptr (GArray) spans = lk_checks_split_tags (caption);

  for (guint i = 0; i < spans->len; i++)
    {
      LkTagSpan span = g_array_index (spans, LkTagSpan, i);
      LkTag *tag = lk_checks_get_tag (self, caption + span.start, span.end - span.start);
      g_autofree char *words = NULL;
      g_autofree char *rest = NULL;

      if (!tag->has_trigger)
        continue;
      /* A tag of its own moves; out of a sentence nothing is torn: the trigger is said once more in front. */
      if (!tag->is_class && tag->n_words > 3)
        return insert_at (caption, skip_space (caption), "", lk_project_get_trigger (self->project), ", ");
      words = g_strndup (caption + span.start, span.end - span.start);
      if (!g_str_has_prefix (tag->folded, self->settings.trigger))
        {
          /* "woman ohwx": the word itself comes first. */
          g_autofree char *without = lk_words_replace (words, lk_project_get_trigger (self->project), "");

          g_strstrip (without);
          g_free (words);
          words = g_strdup_printf ("%s %s", lk_project_get_trigger (self->project), without);
        }
      rest = remove_tag (caption, span);
      return insert_at (rest, skip_space (rest), "", words, rest[skip_space (rest)] != '\0' ? ", " : "");
    }
  return g_strdup (caption);
}

/* After the trigger and the features that come before it in the list. */
static char *
add_feature (LkChecks   *self,
             const char *caption,
             const char *feature)
{
  g_autoptr (GArray) spans = lk_checks_split_tags (caption);
  guint index = 0, after = 0;
  gboolean found = FALSE;

  while (index < self->settings.n_features && !g_str_equal (self->settings.features[index], feature))
    index++;
  for (guint i = 0; i < spans->len; i++)
    {
      LkTagSpan span = g_array_index (spans, LkTagSpan, i);
      LkTag *tag = lk_checks_get_tag (self, caption + span.start, span.end - span.start);

      if (tag->has_trigger || (i == 0 && tag->is_class) || (tag->features & ((1u << index) - 1)) != 0)
        {
          after = span.end;
          found = TRUE;
        }
    }
  if (found)
    return insert_at (caption, after, ", ", feature, "");
  if (spans->len == 0)
    return g_strconcat (feature, caption, NULL);
  return insert_at (caption, skip_space (caption), "", feature, ", ");
}

/* Compared as folded, written as given. */
static char *
replace_words (const char *caption,
               const char *word,
               const char *instead)
{
  g_autofree char *folded = lk_words_fold_in_place (caption);
  g_autofree char *wanted = lk_words_fold (word);
  GString *result = g_string_new (NULL);
  gsize length = strlen (wanted);
  const char *from = folded, *at;

  while (length > 0 && (at = lk_words_find (from, wanted)) != NULL)
    {
      g_string_append_len (result, caption + (from - folded), at - from);
      g_string_append (result, instead);
      from = at + length;
    }
  g_string_append (result, caption + (from - folded));
  return g_string_free (result, FALSE);
}

/* The same thing said twice after replacing: once is enough. */
static char *
drop_doubled_tag (const char *caption,
                  const char *words)
{
  g_autoptr (GArray) spans = lk_checks_split_tags (caption);
  g_autofree char *wanted = lk_words_fold (words);
  guint n = 0;

  for (guint i = 0; i < spans->len; i++)
    {
      LkTagSpan span = g_array_index (spans, LkTagSpan, i);
      g_autofree char *tag = g_strndup (caption + span.start, span.end - span.start);
      g_autofree char *folded = lk_words_fold (tag);

      if (g_str_equal (folded, wanted) && ++n == 2)
        {
          g_autofree char *without = remove_tag (caption, span);

          return drop_doubled_tag (without, words);
        }
    }
  return g_strdup (caption);
}

static gboolean
fix_caption (LkChecks  *self,
             LkFinding *finding,
             LkImage   *image,
             LkEdit    *edit)
{
  const char *caption = lk_edit_get_caption (edit, image);
  const char *word = lk_finding_get_word (finding), *instead = lk_finding_get_instead (finding);
  g_autofree char *fixed = NULL;

  switch (lk_finding_get_check (finding)->fix)
    {
    case LK_FIX_ADD_TRIGGER:
      fixed = add_trigger (self, caption);
      break;
    case LK_FIX_TRIGGER_FIRST:
      fixed = move_trigger (self, caption);
      break;
    case LK_FIX_ADD_FEATURE:
      fixed = add_feature (self, caption, word);
      break;
    case LK_FIX_REPLACE_WORD:
      {
        g_autofree char *replaced = replace_words (caption, word, instead);

        fixed = drop_doubled_tag (replaced, instead);
        break;
      }
    case LK_FIX_WRITE_CAPTION:
      fixed = lk_checks_draft_caption (self, image);
      break;
    case LK_FIX_REJECT:
      lk_edit_set_state (edit, image, LK_STATE_REJECT);
      return TRUE;
    case LK_FIX_NONE:
    case LK_FIX_IMPORT:
    case LK_FIX_CROP:
    case LK_FIX_COMPARE:
    case LK_FIX_SET_SHOT:
    case LK_FIX_CHOOSE_BASE:
    case LK_FIX_MEASURE:
    default:
      return FALSE;
    }
  lk_edit_set_caption (edit, image, fixed);
  return TRUE;
}

gboolean
lk_checks_fix (LkChecks  *self,
               LkFinding *finding,
               LkImage   *image,
               LkEdit    *edit)
{
  GPtrArray *images = lk_finding_get_images (finding);
  gboolean fixed = FALSE;

  lk_checks_read_settings (self);
  if (image != NULL)
    return fix_caption (self, finding, image, edit);
  for (guint i = 0; i < images->len; i++)
    fixed = fix_caption (self, finding, images->pdata[i], edit) || fixed;
  return fixed;
}
