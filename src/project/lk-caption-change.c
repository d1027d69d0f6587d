#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-caption-change.h"

#include <glib/gi18n.h>
#include <string.h>

#include "base/lk-text.h"
#include "project/lk-caption-apply.h"
#include "project/lk-tag-table.h"
#include "project/lk-tags.h"
#include "project/lk-words.h"

#define NOT_KEPT G_MAXUINT

struct _LkCaptionChange
{
  gatomicrefcount     refs;
  LkCaptionChangeKind kind;
  LkTagPlace          place;
  LkTagOrder          order;
  char               *text, *instead;   /* owned */
  char               *trigger;          /* owned, folded, as the next two */
  char               *class_word;
  char              **features;
  LkTags             *wanted;           /* owned; the tags in `text` */
  GPtrArray          *patterns;         /* owned; GPatternSpec of tags to remove */
  LkReplace          *replace;          /* owned, or NULL */
  LkTagTable         *table;            /* owned, or NULL */
};

/* ---- making ---------------------------------------------------------------------------------------------------------- */

static LkTagTable *
count_tags (LkProject *project)
{
  guint n = lk_project_get_n_images (project);
  g_autofree const char **captions = g_new0 (const char *, n + 1);

  for (guint i = 0; i < n; i++)
    captions[i] = lk_image_get_caption (lk_project_get_image (project, i));
  return lk_tag_table_new (captions, n, "");
}

static gboolean
check_rule (LkCaptionChange  *self,
            GError          **error)
{
  const char *sentence = NULL;
  gboolean needs_tags = self->kind == LK_CAPTION_ADD || self->kind == LK_CAPTION_REMOVE || self->kind == LK_CAPTION_RENAME ||
                        self->kind == LK_CAPTION_MOVE || (self->kind == LK_CAPTION_SORT && self->order == LK_TAG_ORDER_GIVEN);

  if (needs_tags && lk_tags_get_n (self->wanted) == 0)
    sentence = _("Type a tag.");
  else if (self->kind == LK_CAPTION_RENAME && lk_tags_get_n (self->wanted) > 1)
    sentence = _("One tag at a time can be renamed: it must have no comma.");
  else if (self->kind == LK_CAPTION_RENAME && g_strstrip (self->instead)[0] == '\0')
    sentence = _("Type the new name of the tag.");
  else if ((self->kind == LK_CAPTION_PREFIX || self->kind == LK_CAPTION_SUFFIX) && *self->text == '\0')
    sentence = _("Type the text to put in.");
  if (sentence != NULL)
    g_set_error_literal (error, LK_REPLACE_ERROR, LK_REPLACE_ERROR_PATTERN, sentence);
  return sentence == NULL;
}

LkCaptionChange *
lk_caption_change_new (LkProject            *project,
                       const LkCaptionRule  *rule,
                       GError              **error)
{
  g_autoptr (LkCaptionChange) self = g_new0 (LkCaptionChange, 1);

  g_atomic_ref_count_init (&self->refs);
  self->kind = rule->kind;
  self->place = rule->place;
  self->order = rule->order;
  self->text = g_strdup (rule->text != NULL ? rule->text : "");
  self->instead = g_strdup (rule->instead != NULL ? rule->instead : "");
  self->trigger = lk_words_fold (lk_project_get_trigger (project));
  self->class_word = lk_words_fold (lk_project_get_class_word (project));
  self->features = lk_project_dup_features (project);
  for (guint i = 0; self->features[i] != NULL; i++)
    {
      g_autofree char *feature = g_steal_pointer (&self->features[i]);

      self->features[i] = lk_words_fold (feature);
    }
  self->wanted = lk_tags_new (self->text);
  self->patterns = g_ptr_array_new_with_free_func ((GDestroyNotify) g_pattern_spec_free);
  for (guint i = 0; i < lk_tags_get_n (self->wanted); i++)
    {
      g_autofree char *folded = lk_words_fold (lk_tags_get (self->wanted, i));

      g_ptr_array_add (self->patterns, g_pattern_spec_new (folded));
    }

  if (!check_rule (self, error))
    return NULL;
  if (self->kind == LK_CAPTION_REPLACE)
    {
      self->replace = lk_replace_new (self->text, self->instead, rule->replace, error);
      if (self->replace == NULL)
        return NULL;
    }
  if (self->kind == LK_CAPTION_SORT && self->order == LK_TAG_ORDER_FREQUENCY)
    self->table = count_tags (project);
  return g_steal_pointer (&self);
}

LkCaptionChange *
lk_caption_change_ref (LkCaptionChange *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
lk_caption_change_unref (LkCaptionChange *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_clear_pointer (&self->table, lk_tag_table_unref);
  g_clear_pointer (&self->replace, lk_replace_free);
  g_clear_pointer (&self->patterns, g_ptr_array_unref);
  g_clear_pointer (&self->wanted, lk_tags_free);
  g_strfreev (self->features);
  g_free (self->class_word);
  g_free (self->trigger);
  g_free (self->instead);
  g_free (self->text);
  g_free (self);
}

/* ---- one line -------------------------------------------------------------------------------------------------------- */

/* Trigger 0, class word alone 1, then the fixed features in their order. */
static guint
get_rank (LkCaptionChange *self,
          const char      *folded)
{
  if (lk_words_find (folded, self->trigger) != NULL)
    return 0;
  if (*self->class_word != '\0' && g_str_equal (folded, self->class_word))
    return 1;
  for (guint i = 0; self->features[i] != NULL; i++)
    if (g_str_equal (folded, self->features[i]))
      return 2 + i;
  return NOT_KEPT;
}

static gint
find_last_kept (LkCaptionChange *self,
                LkTags          *tags)
{
  for (gint i = (gint) lk_tags_get_n (tags) - 1; i >= 0; i--)
    {
      g_autofree char *folded = lk_words_fold (lk_tags_get (tags, i));

      if (get_rank (self, folded) != NOT_KEPT)
        return i;
    }
  return -1;
}

static void
put (LkCaptionChange *self,
     LkTags          *tags,
     const char      *text)
{
  guint n = lk_tags_get_n (tags);
  gint kept = self->place == LK_PLACE_AFTER_KEPT ? find_last_kept (self, tags) : -1;

  if (n == 0 || (self->place != LK_PLACE_LAST && kept < 0))
    lk_tags_insert_before (tags, 0, text);
  else if (self->place == LK_PLACE_LAST || (guint) kept == n - 1)
    lk_tags_append (tags, n - 1, text);
  else
    lk_tags_insert_after (tags, kept, text);
}

/* The wanted tags as one text: all that the line lacks, or all that it has, which are taken out. NULL: none. */
static char *
collect (LkCaptionChange *self,
         LkTags          *tags,
         gboolean         take)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < lk_tags_get_n (self->wanted); i++)
    {
      const char *tag = lk_tags_get (self->wanted, i);
      gint at = lk_tags_find (tags, tag, 0);

      if ((at >= 0) != take)
        continue;
      g_string_append_printf (text, "%s%s", text->len > 0 ? ", " : "", take ? lk_tags_get (tags, at) : tag);
      if (take)
        lk_tags_remove (tags, at);
    }
  return g_string_free_and_steal (text);
}

static void
remove_tags (LkCaptionChange *self,
             LkTags          *tags)
{
  for (guint i = 0; i < lk_tags_get_n (tags);)
    {
      g_autofree char *folded = lk_words_fold (lk_tags_get (tags, i));
      gboolean is_meant = FALSE;

      for (guint k = 0; k < self->patterns->len && !is_meant; k++)
        is_meant = g_pattern_spec_match_string (self->patterns->pdata[k], folded);
      if (is_meant)
        lk_tags_remove (tags, i);
      else
        i++;
    }
}

static void
rename_tag (LkCaptionChange *self,
            LkTags          *tags)
{
  const char *old = lk_tags_get (self->wanted, 0);
  gint at = -1;

  while ((at = lk_tags_find (tags, old, at + 1)) >= 0)
    {
      gint other = lk_tags_find (tags, self->instead, 0);

      if (other >= 0 && other != at)
        lk_tags_remove (tags, at--);
      else
        lk_tags_set (tags, at, self->instead);
    }
}

typedef struct
{
  guint  rank, n, given;
  char  *folded;        /* owned */
} SortKey;

static void
sort_key_free (gpointer data)
{
  SortKey *key = data;

  g_free (key->folded);
  g_free (key);
}

typedef struct
{
  LkTagOrder  order;
  GHashTable *keys;     /* of each tag, by its address */
} Sorting;

static gint
compare_tags (gconstpointer a,
              gconstpointer b,
              gpointer      data)
{
  const Sorting *sorting = data;
  const SortKey *first = g_hash_table_lookup (sorting->keys, a), *second = g_hash_table_lookup (sorting->keys, b);

  if (first->rank != second->rank)
    return first->rank < second->rank ? -1 : 1;
  if (first->rank != NOT_KEPT || sorting->order == LK_TAG_ORDER_KEPT_FIRST)
    return 0;
  if (sorting->order == LK_TAG_ORDER_FREQUENCY && first->n != second->n)
    return first->n > second->n ? -1 : 1;
  if (sorting->order == LK_TAG_ORDER_GIVEN)
    return first->given < second->given ? -1 : first->given > second->given;
  return strcmp (first->folded, second->folded);
}

static void
sort_tags (LkCaptionChange *self,
           LkTags          *tags)
{
  g_autoptr (GHashTable) keys = g_hash_table_new_full (NULL, NULL, NULL, sort_key_free);
  Sorting sorting = { self->order, keys };

  for (guint i = 0; i < lk_tags_get_n (tags); i++)
    {
      const char *tag = lk_tags_get (tags, i);
      const LkTagRow *row = self->table != NULL ? lk_tag_table_find (self->table, tag) : NULL;
      SortKey *key = g_new0 (SortKey, 1);
      gint given = lk_tags_find (self->wanted, tag, 0);

      key->folded = lk_words_fold (tag);
      key->rank = get_rank (self, key->folded);
      key->n = row != NULL ? row->n : 0;
      key->given = given >= 0 ? (guint) given : G_MAXUINT;
      g_hash_table_insert (keys, (gpointer) tag, key);
    }
  lk_tags_sort (tags, compare_tags, &sorting);
}

static char *
put_text (LkCaptionChange *self,
          const char      *line)
{
  const char *start = line, *end = line + strlen (line);
  GString *result;

  while (g_ascii_isspace (*start))
    start++;
  while (end > start && g_ascii_isspace (end[-1]))
    end--;
  if (start == end)
    return lk_text_strip (self->text, -1);
  result = g_string_new_len (line, start - line);
  if (self->kind == LK_CAPTION_PREFIX)
    g_string_append (result, self->text);
  g_string_append_len (result, start, end - start);
  if (self->kind == LK_CAPTION_SUFFIX)
    g_string_append (result, self->text);
  g_string_append (result, end);
  return g_string_free (result, FALSE);
}

static char *
change_line (LkCaptionChange *self,
             const char      *line)
{
  g_autoptr (LkTags) tags = NULL;
  g_autofree char *text = NULL;

  if (self->kind == LK_CAPTION_PREFIX || self->kind == LK_CAPTION_SUFFIX)
    return put_text (self, line);

  tags = lk_tags_new (line);
  switch (self->kind)
    {
    case LK_CAPTION_ADD:
      text = collect (self, tags, FALSE);
      if (*text != '\0')
        put (self, tags, text);
      break;
    case LK_CAPTION_MOVE:
      text = collect (self, tags, TRUE);
      if (*text != '\0')
        put (self, tags, text);
      break;
    case LK_CAPTION_REMOVE:
      remove_tags (self, tags);
      break;
    case LK_CAPTION_RENAME:
      rename_tag (self, tags);
      break;
    case LK_CAPTION_SORT:
      sort_tags (self, tags);
      break;
    case LK_CAPTION_DEDUPE:
      lk_tags_dedupe (tags);
      break;
    default:
      g_assert_not_reached ();
    }
  return lk_tags_to_caption (tags);
}

/* ---- one caption ----------------------------------------------------------------------------------------------------- */

static gboolean
is_blank (const char *text)
{
  while (g_ascii_isspace (*text))
    text++;
  return *text == '\0';
}

/* Blank lines stay blank, and a line that has become blank goes. */
static char *
change_lines (LkCaptionChange *self,
              const char      *caption)
{
  g_auto (GStrv) lines = g_strsplit (caption, "\n", -1);
  GString *result = g_string_new (NULL);
  gboolean is_first = TRUE;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *line = is_blank (lines[i]) ? g_strdup (lines[i]) : change_line (self, lines[i]);

      if (is_blank (line) && !is_blank (lines[i]) && lines[1] != NULL)
        continue;
      if (!is_first)
        g_string_append_c (result, '\n');
      g_string_append (result, line);
      is_first = FALSE;
    }
  return g_string_free (result, FALSE);
}

char *
lk_caption_change_run (LkCaptionChange  *self,
                       const char       *caption,
                       GError          **error)
{
  g_autofree char *changed = NULL;

  if (self->kind == LK_CAPTION_REPLACE)
    changed = lk_replace_run (self->replace, caption, error);
  else
    changed = is_blank (caption) ? change_line (self, caption) : change_lines (self, caption);
  if (changed == NULL || g_str_equal (changed, caption))
    return NULL;
  return g_steal_pointer (&changed);
}

/* ---- preview --------------------------------------------------------------------------------------------------------- */

static void
changed_caption_free (gpointer data)
{
  LkChangedCaption *changed = data;

  g_object_unref (changed->image);
  g_free (changed->before);
  g_free (changed->after);
  g_free (changed);
}

typedef struct
{
  LkCaptionChange *change;    /* owned */
  GPtrArray       *captions;  /* owned; LkChangedCaption without their `after` */
} Preview;

static void
preview_free (gpointer data)
{
  Preview *preview = data;

  lk_caption_change_unref (preview->change);
  g_clear_pointer (&preview->captions, g_ptr_array_unref);
  g_free (preview);
}

static void
preview_in_thread (GTask        *task,
                   gpointer      source,
                   gpointer      data,
                   GCancellable *cancellable)
{
  Preview *preview = data;
  GPtrArray *captions = preview->captions;
  GError *error = NULL;
  guint n = 0;

  /* Pictures are let go of on the owner's thread alone: those that stay as they are wait at the end of the array. */
  for (guint i = 0; i < captions->len; i++)
    {
      LkChangedCaption *changed = captions->pdata[i];

      if (g_task_return_error_if_cancelled (task))
        return;
      changed->after = lk_caption_change_run (preview->change, changed->before, &error);
      if (error != NULL)
        {
          g_task_return_error (task, error);
          return;
        }
      if (changed->after != NULL)
        {
          captions->pdata[i] = captions->pdata[n];
          captions->pdata[n++] = changed;
        }
    }
  g_task_return_int (task, n);
}

void
lk_caption_change_preview_async (LkCaptionChange     *self,
                                 GPtrArray           *images,
                                 GCancellable        *cancellable,
                                 GAsyncReadyCallback  callback,
                                 gpointer             user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  Preview *preview = g_new0 (Preview, 1);

  preview->change = lk_caption_change_ref (self);
  preview->captions = g_ptr_array_new_full (images->len, changed_caption_free);
  for (guint i = 0; i < images->len; i++)
    {
      LkChangedCaption *changed = g_new0 (LkChangedCaption, 1);

      changed->image = g_object_ref (images->pdata[i]);
      changed->before = g_strdup (lk_image_get_caption (changed->image));
      g_ptr_array_add (preview->captions, changed);
    }
  g_task_set_task_data (task, preview, preview_free);
  g_task_run_in_thread (task, preview_in_thread);
}

GPtrArray *
lk_caption_change_preview_finish (GAsyncResult  *result,
                                  GError       **error)
{
  Preview *preview = g_task_get_task_data (G_TASK (result));
  gssize n = g_task_propagate_int (G_TASK (result), error);

  if (n < 0)
    {
      g_clear_pointer (&preview->captions, g_ptr_array_unref);
      return NULL;
    }
  g_ptr_array_set_size (preview->captions, n);
  return g_steal_pointer (&preview->captions);
}

/* ---- applying -------------------------------------------------------------------------------------------------------- */

/* One caption, as it is by now. */
static gboolean
apply_one (gpointer    data,
           gpointer    item,
           LkProject  *project,
           LkImage   **image,
           char      **after,
           GError    **error)
{
  const LkChangedCaption *changed = item;
  const char *caption = lk_image_get_caption (changed->image);
  GError *local = NULL;

  *image = changed->image;
  if (lk_project_find_by_id (project, lk_image_get_id (changed->image)) == NULL)
    return TRUE;
  if (!g_str_equal (caption, changed->before))
    *after = lk_caption_change_run (data, caption, &local);
  else
    *after = g_strdup (changed->after);
  if (local != NULL)
    {
      g_propagate_error (error, local);
      return FALSE;
    }
  return TRUE;
}

void
lk_caption_change_apply_async (LkCaptionChange     *self,
                               LkProject           *project,
                               GPtrArray           *changed,
                               const char          *title,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data)
{
  lk_caption_apply_async (project, changed, title, apply_one, lk_caption_change_ref (self), (GDestroyNotify) lk_caption_change_unref,
                          callback, user_data);
}

gint
lk_caption_change_apply_finish (GAsyncResult  *result,
                                GError       **error)
{
  return lk_caption_apply_finish (result, error);
}
