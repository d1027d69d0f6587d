/* LkStore: a project's folder as the rest of project/ sees it: project.db, and the lock that keeps others out. Private to project/.
 *
 * For looking only, the database is a copy in memory: whatever is written to it is gone afterwards, and nothing on disk changes.
 */
#pragma once

#include <gio/gio.h>
#include <sqlite3.h>

G_BEGIN_DECLS

typedef struct _LkStore LkStore;

/* A missing database is made. A folder that cannot be written is opened for looking. */
LkStore      *lk_store_open               (const char    *folder,
                                           gboolean       look,
                                           GError       **error);
void          lk_store_close              (LkStore       *self);
const char   *lk_store_get_folder         (LkStore       *self);
const char   *lk_store_get_images_folder  (LkStore       *self);
gboolean      lk_store_is_read_only       (LkStore       *self);
const char   *lk_store_get_reason         (LkStore       *self);      /* why, or NULL */

void          lk_store_set_reason         (LkStore       *self,
                                           const char    *reason);

/* A statement, cached and ready for binding from 1; NULL if the database is damaged, which the next call reports. */
sqlite3_stmt *lk_store_prepare            (LkStore       *self,
                                           const char    *sql);
/* Runs a statement to its end. */
gboolean      lk_store_run                (LkStore       *self,
                                           sqlite3_stmt  *statement,
                                           GError       **error);
/* TRUE: a row stands ready. FALSE without error: there are no more. */
gboolean      lk_store_next               (LkStore       *self,
                                           sqlite3_stmt  *statement,
                                           GError       **error);
/* `relaxed`: atomic, but a power cut may take it back; else durable when lk_store_commit () returns TRUE. */
gboolean      lk_store_begin              (LkStore       *self,
                                           gboolean       relaxed,
                                           GError       **error);
/* On failure everything is rolled back. */
gboolean      lk_store_commit             (LkStore       *self,
                                           GError       **error);
/* Nothing happens where this thread has no transaction. */
void          lk_store_rollback           (LkStore       *self);
/* Around reading that stands outside a transaction: statements belong to one thread at a time. */
void          lk_store_lock               (LkStore       *self);
void          lk_store_unlock             (LkStore       *self);

/* Binding and reading of what may be NULL. The bytes read are owned by the caller. */
void          lk_store_bind_bytes         (sqlite3_stmt  *statement,
                                           int            index,
                                           GBytes        *bytes);
GBytes       *lk_store_dup_bytes          (sqlite3_stmt  *statement,
                                           int            column);
void          lk_store_bind_text          (sqlite3_stmt  *statement,
                                           int            index,
                                           const char    *text);
const char   *lk_store_get_text           (sqlite3_stmt  *statement,
                                           int            column);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkStore, lk_store_close)

G_END_DECLS
