#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-tag-index.h"

#include <glib/gi18n.h>
#include <string.h>

#include "base/lk-text.h"
#include "project/lk-words.h"

G_DEFINE_QUARK (lk-tag-index-error-quark, lk_tag_index_error)

#define MAX_FILE (256 << 20)

typedef struct
{
  const char *tag, *alias;      /* in the index's strings */
  guint       count;
} Entry;

/* Where an entry can be found: its folded name from some word on. */
typedef struct
{
  const char *key;
  guint       entry;
  gboolean    is_start;         /* from its first word */
} Key;

struct _LkTagIndex
{
  gatomicrefcount refs;
  GStringChunk   *strings;      /* owned, as the arrays */
  GArray         *entries;      /* Entry */
  GArray         *keys;         /* Key, sorted once built */
  guint           n_tags;
};

LkTagIndex *
lk_tag_index_new (void)
{
  LkTagIndex *self = g_new0 (LkTagIndex, 1);

  g_atomic_ref_count_init (&self->refs);
  self->strings = g_string_chunk_new (64 << 10);
  self->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  self->keys = g_array_new (FALSE, FALSE, sizeof (Key));
  return self;
}

LkTagIndex *
lk_tag_index_ref (LkTagIndex *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
lk_tag_index_unref (LkTagIndex *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_array_unref (self->keys);
  g_array_unref (self->entries);
  g_string_chunk_free (self->strings);
  g_free (self);
}

void
lk_tag_index_add (LkTagIndex *self,
                  const char *tag,
                  const char *alias,
                  guint       count)
{
  g_autofree char *folded = lk_words_fold (alias != NULL ? alias : tag);
  const char *key = g_string_chunk_insert (self->strings, folded);
  Entry entry = { g_string_chunk_insert_const (self->strings, tag), NULL, count };

  if (alias != NULL)
    entry.alias = g_string_chunk_insert (self->strings, alias);
  else
    self->n_tags++;
  g_array_append_val (self->entries, entry);
  for (const char *at = key; at != NULL && *at != '\0';)
    {
      g_array_append_val (self->keys, ((Key) { at, self->entries->len - 1, at == key }));
      at = strchr (at, ' ');
      at = at != NULL ? at + 1 : NULL;
    }
}

static gint
compare_keys (gconstpointer a,
              gconstpointer b)
{
  return strcmp (((const Key *) a)->key, ((const Key *) b)->key);
}

void
lk_tag_index_build (LkTagIndex *self)
{
  g_array_sort (self->keys, compare_keys);
}

guint
lk_tag_index_get_n (LkTagIndex *self)
{
  return self->n_tags;
}

/* ---- asking ---------------------------------------------------------------------------------------------------------- */

static guint
find_first (LkTagIndex *self,
            const char *folded)
{
  guint low = 0, high = self->keys->len;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (strcmp (g_array_index (self->keys, Key, middle).key, folded) < 0)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

/* Starts before words within, then what is used more, then the shorter name. */
static gboolean
is_better (const Key   *key,
           const Entry *entry,
           const Key   *other_key,
           const Entry *other)
{
  gsize length, other_length;

  if (key->is_start != other_key->is_start)
    return key->is_start;
  if (entry->count != other->count)
    return entry->count > other->count;
  length = strlen (entry->tag);
  other_length = strlen (other->tag);
  return length != other_length ? length < other_length : strcmp (entry->tag, other->tag) < 0;
}

GArray *
lk_tag_index_find (LkTagIndex *self,
                   const char *typed,
                   guint       max)
{
  g_autofree char *folded = lk_words_fold (typed);
  const char *wanted = g_str_has_prefix (folded, " ") ? folded + 1 : folded;
  gsize length = strlen (wanted);
  GArray *offers = g_array_new (FALSE, FALSE, sizeof (LkTagOffer));
  g_autofree const Key **best = g_new0 (const Key *, max + 1);
  const Entry *entries = (const Entry *) self->entries->data;
  guint n = 0;

  for (guint i = find_first (self, wanted); length > 0 && i < self->keys->len; i++)
    {
      const Key *key = &g_array_index (self->keys, Key, i);
      guint place = n, known = n;

      if (strncmp (key->key, wanted, length) != 0)
        break;
      if (n == max && !is_better (key, &entries[key->entry], best[n - 1], &entries[best[n - 1]->entry]))
        continue;
      /* A tag is offered once, for the best of its names. */
      for (guint k = 0; k < n && known == n; k++)
        if (entries[best[k]->entry].tag == entries[key->entry].tag)
          known = k;
      while (place > 0 && is_better (key, &entries[key->entry], best[place - 1], &entries[best[place - 1]->entry]))
        place--;
      if (known < place || place >= max)
        continue;
      for (guint k = MIN (known, max - 1); k > place; k--)
        best[k] = best[k - 1];
      best[place] = key;
      if (known == n && n < max)
        n++;
    }
  for (guint i = 0; i < n; i++)
    {
      const Entry *entry = &entries[best[i]->entry];

      g_array_append_val (offers, ((LkTagOffer) { entry->tag, entry->alias, entry->count }));
    }
  return offers;
}

/* ---- reading a table ------------------------------------------------------------------------------------------------- */

/* The next field of a line, unquoted, owned by the caller; `at` moves behind its comma. NULL: there is none. */
static char *
read_field (const char **at)
{
  GString *field;
  gboolean is_quoted;

  if (*at == NULL)
    return NULL;
  field = g_string_new (NULL);
  is_quoted = **at == '"';
  *at += is_quoted;
  for (; **at != '\0'; (*at)++)
    {
      if (is_quoted && **at == '"')
        {
          if ((*at)[1] != '"')
            {
              is_quoted = FALSE;
              continue;
            }
          (*at)++;
        }
      else if (!is_quoted && **at == ',')
        {
          break;
        }
      g_string_append_c (field, **at);
    }
  *at = **at == ',' ? *at + 1 : NULL;
  return g_string_free (field, FALSE);
}

/* "long_hair" to "long hair"; a face stays. */
static char *
spell (const char *name)
{
  char *spelt = g_strstrip (g_strdup (name));
  gboolean has_word = FALSE;

  /* Faces have no three letters in a row. */
  for (guint i = 0; spelt[i] != '\0' && spelt[i + 1] != '\0' && !has_word; i++)
    has_word = g_ascii_isalpha (spelt[i]) && g_ascii_isalpha (spelt[i + 1]);
  for (char *p = spelt; has_word && *p != '\0'; p++)
    if (*p == '_')
      *p = ' ';
  return spelt;
}

static void
add_line (LkTagIndex *self,
          const char *line)
{
  const char *at = line;
  g_autofree char *name = read_field (&at), *type = read_field (&at), *count = read_field (&at), *aliases = read_field (&at);
  g_autofree char *tag = spell (name);
  g_auto (GStrv) names = aliases != NULL ? g_strsplit (aliases, ",", -1) : NULL;
  guint n = count != NULL ? (guint) MIN (g_ascii_strtoull (count, NULL, 10), G_MAXUINT) : 0;

  if (*tag == '\0')
    return;
  lk_tag_index_add (self, tag, NULL, n);
  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      g_autofree char *alias = spell (names[i]);

      if (*alias != '\0')
        lk_tag_index_add (self, tag, alias, n);
    }
}

static gboolean
is_header (const char *line)
{
  return g_ascii_strncasecmp (line, "name,", 5) == 0 || g_ascii_strncasecmp (line, "tag,", 4) == 0;
}

LkTagIndex *
lk_tag_index_load (const char  *path,
                   GError     **error)
{
  g_autofree char *text = lk_text_read (path, MAX_FILE, NULL, error);
  g_autoptr (LkTagIndex) self = NULL;
  g_autofree char *name = NULL;
  gboolean has_commas = FALSE;

  if (text == NULL)
    return NULL;
  self = lk_tag_index_new ();
  for (char *line = text, *next; line != NULL; line = next)
    {
      next = strchr (line, '\n');
      if (next != NULL)
        *next++ = '\0';
      g_strchomp (line);
      if (*line == '\0' || (line == text && is_header (line)))
        continue;
      has_commas = has_commas || strchr (line, ',') != NULL;
      add_line (self, line);
    }
  if (self->n_tags == 0 || !has_commas)
    {
      name = g_path_get_basename (path);
      g_set_error (error, LK_TAG_INDEX_ERROR, LK_TAG_INDEX_ERROR_NO_TAGS,
                   _("“%s” is no table of tags. Each line should be a name, a type, a count and other names, parted by commas."), name);
      return NULL;
    }
  lk_tag_index_build (self);
  return g_steal_pointer (&self);
}
