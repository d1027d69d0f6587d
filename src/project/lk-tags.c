#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-tags.h"

#include <string.h>

#include "project/lk-words.h"

/* What stands between two tags, weakest first. */
typedef enum
{
  GLUE_COMMA,
  GLUE_FENCE,
  GLUE_LINE,
} GlueKind;

/* caption = glues[0] tags[0] glues[1] tags[1] … glues[n]; a glue has white space and separators only. */
struct _LkTags
{
  GPtrArray *tags;      /* owned strings */
  GPtrArray *glues;     /* owned strings; one more */
};

/* ---- reading --------------------------------------------------------------------------------------------------------- */

/* Bytes of the separator that stands here; 0: none. */
static guint
separator_length (const char *at)
{
  if (*at == ',' || *at == '\n' || *at == '\r')
    return 1;
  if (strncmp (at, "|||", 3) == 0 || strncmp (at, ";;;", 3) == 0)
    return 3;
  return 0;
}

/* The end of "{a|b}", behind its brace, or NULL: not closed on this line. */
static const char *
skip_alternative (const char *at)
{
  guint depth = 0;

  for (; *at != '\0' && *at != '\n' && *at != '\r'; at++)
    {
      if (*at == '{')
        depth++;
      else if (*at == '}' && --depth == 0)
        return at + 1;
    }
  return NULL;
}

/* To the separator that ends the tag, or the end. */
static const char *
skip_tag (const char *at)
{
  while (*at != '\0' && separator_length (at) == 0)
    {
      const char *end = NULL;

      if (at[0] == '{' && at[1] == '{')
        end = at + 2;     /* a brace that means itself */
      else if (at[0] == '{')
        end = skip_alternative (at);
      else if (at[0] == '\\' && at[1] != '\0' && separator_length (at + 1) != 1)
        end = at + 1 + (at[1] == '{');
      at = end != NULL ? end : at + 1;
    }
  return at;
}

static const char *
skip_glue (const char *at)
{
  for (;;)
    {
      guint length = separator_length (at);

      if (length > 0)
        at += length;
      else if (*at != '\0' && g_unichar_isspace (g_utf8_get_char (at)))
        at = g_utf8_next_char (at);
      else
        return at;
    }
}

static const char *
strip_end (const char *start,
           const char *end)
{
  while (end > start)
    {
      const char *last = g_utf8_find_prev_char (start, end);

      if (last == NULL || !g_unichar_isspace (g_utf8_get_char (last)))
        break;
      end = last;
    }
  return end;
}

LkTags *
lk_tags_new (const char *caption)
{
  LkTags *self = g_new0 (LkTags, 1);
  const char *at = skip_glue (caption);

  self->tags = g_ptr_array_new_with_free_func (g_free);
  self->glues = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (self->glues, g_strndup (caption, at - caption));
  while (*at != '\0')
    {
      const char *end = strip_end (at, skip_tag (at));
      const char *next = skip_glue (end);

      g_ptr_array_add (self->tags, g_strndup (at, end - at));
      g_ptr_array_add (self->glues, g_strndup (end, next - end));
      at = next;
    }
  return self;
}

void
lk_tags_free (LkTags *self)
{
  g_ptr_array_unref (self->tags);
  g_ptr_array_unref (self->glues);
  g_free (self);
}

char *
lk_tags_to_caption (LkTags *self)
{
  GString *caption = g_string_new (self->glues->pdata[0]);

  for (guint i = 0; i < self->tags->len; i++)
    {
      g_string_append (caption, self->tags->pdata[i]);
      g_string_append (caption, self->glues->pdata[i + 1]);
    }
  return g_string_free (caption, FALSE);
}

guint
lk_tags_get_n (LkTags *self)
{
  return self->tags->len;
}

const char *
lk_tags_get (LkTags *self,
             guint   index)
{
  g_return_val_if_fail (index < self->tags->len, NULL);

  return self->tags->pdata[index];
}

static GlueKind
kind_of (const char *glue)
{
  if (strpbrk (glue, "\r\n") != NULL)
    return GLUE_LINE;
  return strstr (glue, "|||") != NULL || strstr (glue, ";;;") != NULL ? GLUE_FENCE : GLUE_COMMA;
}

/* How many glues of a kind or stronger stand before a tag, not counting what stands before the first. */
static guint
count_before (LkTags  *self,
              guint    index,
              GlueKind kind)
{
  guint n = 0;

  for (guint i = 1; i <= index; i++)
    n += kind_of (self->glues->pdata[i]) >= kind;
  return n;
}

guint
lk_tags_get_section (LkTags *self,
                     guint   index)
{
  g_return_val_if_fail (index < self->tags->len, 0);

  return count_before (self, index, GLUE_FENCE);
}

void
lk_tags_get_range (LkTags *self,
                   guint   index,
                   guint  *start,
                   guint  *end)
{
  *start = 0;
  for (guint i = 0; i <= index && i < self->tags->len; i++)
    {
      *start += strlen (self->glues->pdata[i]);
      *end = *start + strlen (self->tags->pdata[i]);
      if (i < index)
        *start = *end;
    }
}

const char *
lk_tags_get_glue (LkTags *self,
                  guint   index)
{
  g_return_val_if_fail (index < self->tags->len, NULL);

  return self->glues->pdata[index];
}

gint
lk_tags_find (LkTags     *self,
              const char *words,
              guint       from)
{
  g_autofree char *wanted = lk_words_fold (words);

  for (guint i = from; i < self->tags->len; i++)
    {
      g_autofree char *folded = lk_words_fold (self->tags->pdata[i]);

      if (g_str_equal (folded, wanted))
        return i;
    }
  return -1;
}

/* ---- editing --------------------------------------------------------------------------------------------------------- */

/* The comma as this caption writes it. */
static char *
dup_comma (LkTags *self)
{
  for (guint i = 1; i < self->tags->len; i++)
    {
      const char *glue = self->glues->pdata[i];

      if (kind_of (glue) == GLUE_COMMA && strchr (glue, ',') != NULL && strchr (glue, ',') == strrchr (glue, ','))
        return g_strdup (glue);
    }
  return g_strdup (", ");
}

static char *
strip (const char *text)
{
  const char *start = skip_glue (text), *end = text + strlen (text);

  for (const char *former = NULL; end != former;)
    {
      former = end;
      end = strip_end (start, end);
      while (end > start && end[-1] == ',')
        end--;
    }
  return g_strndup (start, end - start);
}

/* Several tags in one text become tags of their own, parted by this caption's comma. */
static void
insert (LkTags     *self,
        guint       place,
        const char *text)
{
  g_autofree char *comma = dup_comma (self);
  g_autofree char *stripped = strip (text);
  g_autoptr (LkTags) added = lk_tags_new (stripped);

  for (guint i = 0; i < added->tags->len; i++)
    {
      const char *glue = i > 0 && kind_of (added->glues->pdata[i]) != GLUE_COMMA ? added->glues->pdata[i] : comma;
      gboolean is_only = self->tags->len == 0;

      g_ptr_array_insert (self->tags, place + i, g_strdup (added->tags->pdata[i]));
      if (is_only)
        g_ptr_array_insert (self->glues, 0, g_strdup (""));
      else
        g_ptr_array_insert (self->glues, MAX (place + i, 1), g_strdup (glue));
    }
}

void
lk_tags_insert_before (LkTags     *self,
                       guint       index,
                       const char *text)
{
  guint n = self->tags->len, n_added;
  gpointer glue;

  g_return_if_fail (index == 0 || index < n);

  insert (self, index, text);
  n_added = self->tags->len - n;
  if (index == 0 || n == 0 || n_added == 0)
    return;
  /* What stood before the tag stays before the new ones: they belong to its section. */
  glue = self->glues->pdata[index];
  self->glues->pdata[index] = self->glues->pdata[index + n_added];
  self->glues->pdata[index + n_added] = glue;
}

void
lk_tags_insert_after (LkTags     *self,
                      guint       index,
                      const char *text)
{
  g_return_if_fail (index < self->tags->len);

  insert (self, index + 1, text);
}

void
lk_tags_append (LkTags     *self,
                guint       index,
                const char *text)
{
  guint n = self->tags->len, last = index;
  char *tag;
  gsize length;

  if (n == 0)
    {
      insert (self, 0, text);
      return;
    }
  g_return_if_fail (index < n);

  while (last + 1 < n && kind_of (self->glues->pdata[last + 1]) == GLUE_COMMA)
    last++;
  insert (self, last + 1, text);
  if (self->tags->len == n)
    return;

  tag = self->tags->pdata[last];
  length = strlen (tag);
  if (length > 1 && tag[length - 1] == '.' && tag[length - 2] != '.' && strchr (tag, ' ') != NULL)
    {
      guint end = last + self->tags->len - n;
      char *ended = g_strconcat (self->tags->pdata[end], g_str_has_suffix (self->tags->pdata[end], ".") ? "" : ".", NULL);

      tag[length - 1] = '\0';
      g_free (self->tags->pdata[end]);
      self->tags->pdata[end] = ended;
    }
}

void
lk_tags_remove (LkTags *self,
                guint   index)
{
  guint n = self->tags->len;
  const char *before, *after;
  GlueKind kind_before, kind_after;

  g_return_if_fail (index < n);

  before = self->glues->pdata[index];
  after = self->glues->pdata[index + 1];
  kind_before = index > 0 ? kind_of (before) : GLUE_LINE;
  kind_after = index + 1 < n ? kind_of (after) : GLUE_LINE;
  g_ptr_array_remove_index (self->tags, index);

  if (n > 1 && kind_after == GLUE_COMMA)
    {
      g_ptr_array_remove_index (self->glues, index + 1);
    }
  else if (n > 1 && kind_before == GLUE_COMMA)
    {
      g_ptr_array_remove_index (self->glues, index);
    }
  else if (n > 1 && kind_before == GLUE_LINE && kind_after == GLUE_LINE)
    {
      /* Alone on its line: the line goes. The last has its end before it. */
      g_ptr_array_remove_index (self->glues, index + 1 < n ? index + 1 : index);
    }
  else
    {
      char *joined = g_strconcat (before, after, NULL);

      g_ptr_array_remove_index (self->glues, index + 1);
      g_free (self->glues->pdata[index]);
      self->glues->pdata[index] = joined;
    }
}

void
lk_tags_set (LkTags     *self,
             guint       index,
             const char *text)
{
  g_autofree char *stripped = strip (text);

  g_return_if_fail (index < self->tags->len);

  if (*stripped == '\0')
    {
      lk_tags_remove (self, index);
      return;
    }
  g_free (self->tags->pdata[index]);
  self->tags->pdata[index] = g_steal_pointer (&stripped);
}

void
lk_tags_move (LkTags *self,
              guint   from,
              guint   to)
{
  g_autofree char *tag = NULL;

  g_return_if_fail (from < self->tags->len && to < self->tags->len);

  if (from == to)
    return;
  if (lk_tags_get_section (self, from) == lk_tags_get_section (self, to))
    {
      tag = g_ptr_array_steal_index (self->tags, from);
      g_ptr_array_insert (self->tags, to, g_steal_pointer (&tag));
      return;
    }
  tag = g_strdup (self->tags->pdata[from]);
  lk_tags_remove (self, from);
  if (to > from)
    lk_tags_insert_after (self, to - 1, tag);
  else
    lk_tags_insert_before (self, to, tag);
}

typedef struct
{
  GCompareDataFunc compare;
  gpointer         data;
} Order;

static gint
compare_pointed (gconstpointer a,
                 gconstpointer b,
                 gpointer      data)
{
  const Order *order = data;

  return order->compare (*(gconstpointer *) a, *(gconstpointer *) b, order->data);
}

void
lk_tags_sort (LkTags           *self,
              GCompareDataFunc  compare,
              gpointer          data)
{
  Order order = { compare, data };

  for (guint first = 0, end; first < self->tags->len; first = end)
    {
      for (end = first + 1; end < self->tags->len && kind_of (self->glues->pdata[end]) == GLUE_COMMA;)
        end++;
      g_qsort_with_data (self->tags->pdata + first, end - first, sizeof (gpointer), compare_pointed, &order);
    }
}

gboolean
lk_tags_dedupe (LkTags *self)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  guint n = self->tags->len;

  for (guint i = 0; i < self->tags->len;)
    {
      if (kind_of (self->glues->pdata[i]) == GLUE_LINE)
        g_hash_table_remove_all (seen);
      if (g_hash_table_add (seen, lk_words_fold (self->tags->pdata[i])))
        i++;
      else
        lk_tags_remove (self, i);
    }
  return self->tags->len < n;
}
