#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-journal.h"

/* A step that has not been added to for so long is done: what is typed then is another. */
#define MERGE_SECONDS 60

LkChange *
lk_change_new (LkChangeKind  kind,
               gint64        image,
               GBytes       *before,
               GBytes       *after)
{
  LkChange *change = g_new0 (LkChange, 1);

  change->kind = kind;
  change->image = image;
  change->before = before != NULL ? g_bytes_ref (before) : NULL;
  change->after = after != NULL ? g_bytes_ref (after) : NULL;
  return change;
}

void
lk_change_free (LkChange *change)
{
  g_clear_pointer (&change->before, g_bytes_unref);
  g_clear_pointer (&change->after, g_bytes_unref);
  g_free (change);
}

/* ---- reading ------------------------------------------------------------------------------------------------------- */

void
lk_journal_top_clear (LkJournalTop *top)
{
  g_clear_pointer (&top->undo_title, g_free);
  g_clear_pointer (&top->redo_title, g_free);
  *top = (LkJournalTop) { 0 };
}

static gboolean
read_top (LkStore     *store,
          const char  *count,
          const char  *first,
          guint       *n,
          gint64      *step,
          char       **title,
          GError     **error)
{
  sqlite3_stmt *statement = lk_store_prepare (store, count);
  g_autoptr (GError) local = NULL;

  if (lk_store_next (store, statement, &local))
    *n = sqlite3_column_int (statement, 0);
  if (local == NULL && *n > 0)
    {
      sqlite3_reset (statement);
      statement = lk_store_prepare (store, first);
      if (lk_store_next (store, statement, &local))
        {
          *step = sqlite3_column_int64 (statement, 0);
          *title = g_strdup (lk_store_get_text (statement, 1));
        }
    }
  if (statement != NULL)
    sqlite3_reset (statement);
  if (local == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

gboolean
lk_journal_read_top (LkStore       *store,
                     LkJournalTop  *top,
                     GError       **error)
{
  lk_journal_top_clear (top);
  return read_top (store, "SELECT count(*) FROM steps WHERE undone = 0",
                   "SELECT id, title FROM steps WHERE undone = 0 ORDER BY id DESC LIMIT 1",
                   &top->n_undo, &top->undo_step, &top->undo_title, error) &&
         read_top (store, "SELECT count(*) FROM steps WHERE undone = 1",
                   "SELECT id, title FROM steps WHERE undone = 1 ORDER BY id LIMIT 1",
                   &top->n_redo, &top->redo_step, &top->redo_title, error);
}

GPtrArray *
lk_journal_read_changes (LkStore  *store,
                         gint64    step,
                         GError  **error)
{
  sqlite3_stmt *statement = lk_store_prepare (store, "SELECT kind, image, before, after FROM changes WHERE step = ?1 ORDER BY id");
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) lk_change_free);
  g_autoptr (GError) local = NULL;

  sqlite3_bind_int64 (statement, 1, step);
  while (lk_store_next (store, statement, &local))
    {
      g_autoptr (GBytes) before = lk_store_dup_bytes (statement, 2);
      g_autoptr (GBytes) after = lk_store_dup_bytes (statement, 3);

      g_ptr_array_add (changes, lk_change_new (sqlite3_column_int (statement, 0), sqlite3_column_int64 (statement, 1), before, after));
    }
  if (local == NULL)
    return g_steal_pointer (&changes);
  g_propagate_error (error, g_steal_pointer (&local));
  return NULL;
}

/* ---- writing ------------------------------------------------------------------------------------------------------- */

/* The step that may be added to, or 0. */
static gboolean
find_mergeable (LkStore     *store,
                const char  *merge_key,
                gint64      *step,
                GError     **error)
{
  sqlite3_stmt *statement = lk_store_prepare (store, "SELECT id, merge_key, time FROM steps ORDER BY id DESC LIMIT 1");
  g_autoptr (GError) local = NULL;
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  *step = 0;
  if (merge_key == NULL)
    return TRUE;
  if (lk_store_next (store, statement, &local) && g_strcmp0 (lk_store_get_text (statement, 1), merge_key) == 0 &&
      ABS (now - sqlite3_column_int64 (statement, 2)) <= MERGE_SECONDS)
    *step = sqlite3_column_int64 (statement, 0);
  if (statement != NULL)
    sqlite3_reset (statement);
  if (local == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static gboolean
forget_undone (LkStore  *store,
               GError  **error)
{
  return lk_store_run (store, lk_store_prepare (store, "DELETE FROM changes WHERE step IN (SELECT id FROM steps WHERE undone = 1)"), error) &&
         lk_store_run (store, lk_store_prepare (store, "DELETE FROM steps WHERE undone = 1"), error);
}

static gboolean
insert_step (LkStore     *store,
             const char  *title,
             const char  *merge_key,
             gint64      *step,
             GError     **error)
{
  sqlite3_stmt *statement = lk_store_prepare (store, "INSERT INTO steps (title, merge_key, time) VALUES (?1, ?2, ?3) RETURNING id");
  g_autoptr (GError) local = NULL;

  lk_store_bind_text (statement, 1, title);
  lk_store_bind_text (statement, 2, merge_key);
  sqlite3_bind_int64 (statement, 3, g_get_real_time () / G_USEC_PER_SEC);
  if (lk_store_next (store, statement, &local))
    *step = sqlite3_column_int64 (statement, 0);
  if (local == NULL)
    return lk_store_run (store, statement, error);
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static gboolean
insert_change (LkStore   *store,
               gint64     step,
               LkChange  *change,
               GError   **error)
{
  sqlite3_stmt *statement = lk_store_prepare (store, "INSERT INTO changes (step, kind, image, before, after) VALUES (?1, ?2, ?3, ?4, ?5)");

  sqlite3_bind_int64 (statement, 1, step);
  sqlite3_bind_int (statement, 2, change->kind);
  sqlite3_bind_int64 (statement, 3, change->image);
  lk_store_bind_bytes (statement, 4, change->before);
  lk_store_bind_bytes (statement, 5, change->after);
  return lk_store_run (store, statement, error);
}

/* Within a step one thing changes once: the later value takes the earlier one's place. */
static gboolean
merge_change (LkStore   *store,
              gint64     step,
              LkChange  *change,
              GError   **error)
{
  sqlite3_stmt *statement = lk_store_prepare (store, "UPDATE changes SET after = ?4 WHERE step = ?1 AND kind = ?2 AND image = ?3 RETURNING id");
  g_autoptr (GError) local = NULL;
  gboolean found;

  sqlite3_bind_int64 (statement, 1, step);
  sqlite3_bind_int (statement, 2, change->kind);
  sqlite3_bind_int64 (statement, 3, change->image);
  lk_store_bind_bytes (statement, 4, change->after);
  found = lk_store_next (store, statement, &local);
  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (found)
    return lk_store_run (store, statement, error);
  return insert_change (store, step, change, error);
}

/* What came back to where it was is no change, and a step without changes no step. */
static gboolean
drop_empty (LkStore  *store,
            gint64    step,
            GError  **error)
{
  sqlite3_stmt *changes = lk_store_prepare (store, "DELETE FROM changes WHERE step = ?1 AND before IS after");
  sqlite3_stmt *steps;

  sqlite3_bind_int64 (changes, 1, step);
  if (!lk_store_run (store, changes, error))
    return FALSE;
  steps = lk_store_prepare (store, "DELETE FROM steps WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM changes WHERE step = ?1)");
  sqlite3_bind_int64 (steps, 1, step);
  return lk_store_run (store, steps, error);
}

gboolean
lk_journal_add_step (LkStore     *store,
                     const char  *title,
                     const char  *merge_key,
                     GPtrArray   *changes,
                     GError     **error)
{
  gint64 step;
  gboolean merges;

  if (!forget_undone (store, error) || !find_mergeable (store, merge_key, &step, error))
    return FALSE;
  merges = step != 0;
  if (!merges && !insert_step (store, title, merge_key, &step, error))
    return FALSE;

  for (guint i = 0; i < changes->len; i++)
    if (merges ? !merge_change (store, step, changes->pdata[i], error) : !insert_change (store, step, changes->pdata[i], error))
      return FALSE;

  if (merges)
    {
      sqlite3_stmt *statement = lk_store_prepare (store, "UPDATE steps SET time = ?2 WHERE id = ?1");

      sqlite3_bind_int64 (statement, 1, step);
      sqlite3_bind_int64 (statement, 2, g_get_real_time () / G_USEC_PER_SEC);
      return lk_store_run (store, statement, error) && drop_empty (store, step, error);
    }
  return TRUE;
}

gboolean
lk_journal_mark_step (LkStore   *store,
                      gint64     step,
                      gboolean   is_undone,
                      GError   **error)
{
  /* A step that was undone and done again is not typed on. */
  sqlite3_stmt *statement = lk_store_prepare (store, "UPDATE steps SET undone = ?2, merge_key = NULL WHERE id = ?1");

  sqlite3_bind_int64 (statement, 1, step);
  sqlite3_bind_int (statement, 2, is_undone);
  return lk_store_run (store, statement, error);
}

gboolean
lk_journal_set_row (LkStore       *store,
                    LkChangeKind   kind,
                    gint64         image,
                    GBytes        *value,
                    GError       **error)
{
  /* Missing values are the columns' defaults. */
  static const char *updates[] = {
    [LK_CHANGE_CAPTION] = "UPDATE images SET text = ?2 WHERE id = ?1",
    [LK_CHANGE_SETTINGS] = "INSERT OR REPLACE INTO meta (key, value) VALUES ('settings', ?2)",
    [LK_CHANGE_PRESENCE] = "UPDATE images SET present = ?2 IS NOT NULL WHERE id = ?1",
    [LK_CHANGE_CROP] = "UPDATE images SET crop = ?2 WHERE id = ?1",
    [LK_CHANGE_RATING] = "UPDATE images SET rating = coalesce (?2, 0) WHERE id = ?1",
    [LK_CHANGE_STATE] = "UPDATE images SET state = coalesce (?2, 'undecided') WHERE id = ?1",
    [LK_CHANGE_SHOT] = "UPDATE images SET shot = coalesce (?2, 'not-set') WHERE id = ?1",
    [LK_CHANGE_REPEATS] = "UPDATE images SET repeats = coalesce (?2, 1) WHERE id = ?1",
    [LK_CHANGE_NOTES] = "UPDATE images SET notes = coalesce (?2, '') WHERE id = ?1",
    [LK_CHANGE_LABELS] = "UPDATE images SET labels = coalesce (?2, '') WHERE id = ?1",
  };
  sqlite3_stmt *statement = lk_store_prepare (store, updates[kind]);

  if (kind != LK_CHANGE_SETTINGS)
    sqlite3_bind_int64 (statement, 1, image);
  if (value == NULL || kind == LK_CHANGE_CAPTION || kind == LK_CHANGE_SETTINGS)
    {
      lk_store_bind_bytes (statement, 2, value);
    }
  else
    {
      gsize length;
      const char *text = g_bytes_get_data (value, &length);

      sqlite3_bind_text (statement, 2, text != NULL ? text : "", length, SQLITE_TRANSIENT);
    }
  return lk_store_run (store, statement, error);
}

/* ---- pending ------------------------------------------------------------------------------------------------------- */

gboolean
lk_journal_add_pending (LkStore   *store,
                        LkFileOp  *op,
                        GError   **error)
{
  sqlite3_stmt *statement = lk_store_prepare (store, "INSERT INTO pending (kind, image, path, bytes, source, keeps_text) "
                                                     "VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING id");
  g_autoptr (GError) local = NULL;

  sqlite3_bind_int (statement, 1, op->kind);
  sqlite3_bind_int64 (statement, 2, op->image);
  lk_store_bind_text (statement, 3, op->path);
  lk_store_bind_bytes (statement, 4, op->bytes);
  lk_store_bind_text (statement, 5, op->source);
  sqlite3_bind_int (statement, 6, op->keeps_text);
  if (lk_store_next (store, statement, &local))
    op->pending = sqlite3_column_int64 (statement, 0);
  if (local == NULL)
    return lk_store_run (store, statement, error);
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

gboolean
lk_journal_remove_pending (LkStore  *store,
                           gint64    pending,
                           GError  **error)
{
  sqlite3_stmt *statement = lk_store_prepare (store, "DELETE FROM pending WHERE id = ?1");

  sqlite3_bind_int64 (statement, 1, pending);
  return lk_store_run (store, statement, error);
}

GPtrArray *
lk_journal_read_pending (LkStore  *store,
                         GError  **error)
{
  sqlite3_stmt *statement = lk_store_prepare (store, "SELECT id, kind, image, path, bytes, source, keeps_text FROM pending ORDER BY id");
  g_autoptr (GPtrArray) ops = g_ptr_array_new_with_free_func ((GDestroyNotify) lk_file_op_free);
  g_autoptr (GError) local = NULL;

  while (lk_store_next (store, statement, &local))
    {
      LkFileOp *op = lk_file_op_new (sqlite3_column_int (statement, 1), sqlite3_column_int64 (statement, 2), lk_store_get_text (statement, 3));

      op->pending = sqlite3_column_int64 (statement, 0);
      op->bytes = lk_store_dup_bytes (statement, 4);
      op->source = g_strdup (lk_store_get_text (statement, 5));
      op->keeps_text = sqlite3_column_int (statement, 6);
      g_ptr_array_add (ops, op);
    }
  if (local == NULL)
    return g_steal_pointer (&ops);
  g_propagate_error (error, g_steal_pointer (&local));
  return NULL;
}
