#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-tag-table.h"

#include <string.h>

#include "project/lk-tags.h"
#include "project/lk-words.h"

struct _LkTagTable
{
  gatomicrefcount refs;
  GPtrArray      *rows;         /* LkTagRow, owned */
  GHashTable     *by_words;     /* folded -> LkTagRow, unowned */
  guint           n_captions;
};

static void
row_free (gpointer data)
{
  LkTagRow *row = data;

  g_free (row->tag);
  g_free (row->folded);
  g_array_unref (row->captions);
  g_free (row);
}

static gint
compare_rows (gconstpointer a,
              gconstpointer b)
{
  const LkTagRow *first = *(LkTagRow * const *) a, *second = *(LkTagRow * const *) b;

  return first->n != second->n ? (first->n > second->n ? -1 : 1) : strcmp (first->folded, second->folded);
}

/* Spellings seen so far, each known once: most captions repeat the same ones. */
typedef struct
{
  LkTagRow *row;
  guint     n;
} Spelling;

static Spelling *
get_spelling (LkTagTable *self,
              GHashTable *spellings,
              const char *tag)
{
  Spelling *spelling = g_hash_table_lookup (spellings, tag);
  g_autofree char *folded = NULL;

  if (spelling != NULL)
    return spelling;
  spelling = g_new0 (Spelling, 1);
  folded = lk_words_fold (tag);
  if (*folded == '\0')
    g_set_str (&folded, tag);
  spelling->row = g_hash_table_lookup (self->by_words, folded);
  if (spelling->row == NULL)
    {
      spelling->row = g_new0 (LkTagRow, 1);
      spelling->row->folded = g_steal_pointer (&folded);
      spelling->row->captions = g_array_new (FALSE, FALSE, sizeof (guint));
      g_ptr_array_add (self->rows, spelling->row);
      g_hash_table_insert (self->by_words, spelling->row->folded, spelling->row);
    }
  g_hash_table_insert (spellings, g_strdup (tag), spelling);
  return spelling;
}

/* The commonest spelling names the row. */
static void
name_rows (GHashTable *spellings)
{
  g_autoptr (GHashTable) best = g_hash_table_new (NULL, NULL);
  GHashTableIter iter;
  gpointer tag, value;

  g_hash_table_iter_init (&iter, spellings);
  while (g_hash_table_iter_next (&iter, &tag, &value))
    {
      Spelling *spelling = value, *former = g_hash_table_lookup (best, spelling->row);

      if (former == NULL || spelling->n > former->n || (spelling->n == former->n && strcmp (tag, spelling->row->tag) < 0))
        {
          g_hash_table_insert (best, spelling->row, spelling);
          g_set_str (&spelling->row->tag, tag);
        }
    }
}

LkTagTable *
lk_tag_table_new (const char * const *captions,
                  guint               n_captions,
                  const char         *trigger)
{
  LkTagTable *self = g_new0 (LkTagTable, 1);
  g_autoptr (GHashTable) spellings = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autofree char *trigger_folded = lk_words_fold (trigger);

  g_atomic_ref_count_init (&self->refs);
  self->rows = g_ptr_array_new_with_free_func (row_free);
  self->by_words = g_hash_table_new (g_str_hash, g_str_equal);
  self->n_captions = n_captions;

  for (guint i = 0; i < n_captions; i++)
    {
      g_autoptr (LkTags) tags = lk_tags_new (captions[i]);
      g_autofree char *folded = *trigger_folded != '\0' ? lk_words_fold (captions[i]) : NULL;
      gboolean has_trigger = folded != NULL && lk_words_find (folded, trigger_folded) != NULL;

      for (guint k = 0; k < lk_tags_get_n (tags); k++)
        {
          Spelling *spelling = get_spelling (self, spellings, lk_tags_get (tags, k));
          LkTagRow *row = spelling->row;

          if (row->n > 0 && g_array_index (row->captions, guint, row->n - 1) == i)
            continue;
          spelling->n++;
          row->n++;
          row->n_with_trigger += has_trigger;
          g_array_append_val (row->captions, i);
        }
    }
  name_rows (spellings);
  g_ptr_array_sort (self->rows, compare_rows);
  return self;
}

LkTagTable *
lk_tag_table_ref (LkTagTable *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
lk_tag_table_unref (LkTagTable *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_hash_table_unref (self->by_words);
  g_ptr_array_unref (self->rows);
  g_free (self);
}

guint
lk_tag_table_get_n (LkTagTable *self)
{
  return self->rows->len;
}

const LkTagRow *
lk_tag_table_get (LkTagTable *self,
                  guint       index)
{
  g_return_val_if_fail (index < self->rows->len, NULL);

  return self->rows->pdata[index];
}

const LkTagRow *
lk_tag_table_find (LkTagTable *self,
                   const char *tag)
{
  g_autofree char *folded = lk_words_fold (tag);

  return g_hash_table_lookup (self->by_words, folded);
}

guint
lk_tag_table_get_n_captions (LkTagTable *self)
{
  return self->n_captions;
}
