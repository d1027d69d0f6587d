/* What the files of project/ share about a project. */
#pragma once

#include "project/lk-edit.h"
#include "project/lk-journal.h"

G_BEGIN_DECLS

#define LK_SETTINGS_NAME "project.json"

struct _LkProject
{
  GObject       parent_instance;

  LkStore      *store;            /* owned; NULL once closed */
  LkWriter     *writer;           /* owned; NULL where nothing is written */
  char         *folder, *images_folder;   /* owned */

  cJSON        *settings;         /* owned; what project.json says */
  GBytes       *settings_bytes;   /* owned; its bytes */
  LkStamp       settings_stamp;

  GHashTable   *by_id;            /* gint64 -> LkImage, owned; removed ones too */
  GHashTable   *by_stem;          /* of those in the list; unowned */
  GListStore   *list;             /* owned; those that are there, by id */
  gboolean      has_twins;        /* some share a stem */

  struct _LkCommit *commit;       /* owned; under way on a thread, or NULL */
  LkJournalTop  top;
  GHashTable   *failed;           /* path -> LkFileOp, owned: files that could not be written */
  char         *trouble;          /* owned, or NULL */
};

/* ---- lk-project.c ---- */

LkProject *lk_project_new               (LkStore     *store);
/* Takes over the bytes' meaning; FALSE: they are no settings. Notifies. */
gboolean   lk_project_take_settings     (LkProject   *self,
                                         GBytes      *bytes,
                                         GError     **error);
void       lk_project_add_image         (LkProject   *self,
                                         LkImage     *image);     /* reference taken over; not in the list yet */
LkImage   *lk_project_find_any          (LkProject   *self,
                                         gint64       id);        /* removed ones too */
/* Makes the list show what is present and not missing. */
void       lk_project_refresh_list      (LkProject   *self);
void       lk_project_update_top        (LkProject   *self);
/* Once for all that changed together, after every notify. */
void       lk_project_emit_changed      (LkProject   *self);
/* Another picture of the list with this one's stem, or NULL. */
LkImage   *lk_project_find_twin         (LkProject   *self,
                                         LkImage     *image);
gboolean   lk_project_check_writable    (LkProject   *self,
                                         GError     **error);
/* A file that could not be written: tried again later. Op taken over. */
void       lk_project_note_failed       (LkProject   *self,
                                         LkFileOp    *op);
/* Hands ops, already pending, to the writer. Array taken over. */
void       lk_project_submit            (LkProject   *self,
                                         GPtrArray   *ops);
/* Inserts the row of a new image and returns its id, within a transaction. */
gboolean   lk_project_insert_row        (LkProject   *self,
                                         LkImage     *image,
                                         gboolean     is_present,
                                         GError     **error);
gboolean   lk_project_store_file        (LkProject   *self,
                                         LkImage     *image,
                                         GError     **error);     /* stamp, size, hash, trouble; within a transaction */
gboolean   lk_project_store_scores      (LkProject   *self,
                                         LkImage     *image,
                                         GError     **error);     /* within a transaction */
gboolean   lk_project_store_text_stamp  (LkProject   *self,
                                         LkImage     *image,
                                         GError     **error);

/* ---- lk-rescan.c ---- */

/* Of these images' captions. */
gboolean   lk_project_look_outside      (LkProject   *self,
                                         GPtrArray   *images,
                                         LkRescan    *result,
                                         GError     **error);

/* ---- lk-commit.c ---- */

/* Finishes the commit that is under way on a thread, if one is. */
void       lk_project_settle            (LkProject   *self);

/* ---- lk-edit.c ---- */

/* What differs; the edit is spent. */
GPtrArray  *lk_edit_steal_changes       (LkEdit      *edit);
const char *lk_edit_get_title           (LkEdit      *edit);
const char *lk_edit_get_merge_key       (LkEdit      *edit);

/* ---- lk-value.c ---- */

gboolean   lk_value_equal               (GBytes      *a,
                                         GBytes      *b);
/* Text of a value, and back. */
GBytes    *lk_value_of_text             (const char  *text);      /* NULL for NULL */
GBytes    *lk_value_of_uint             (guint        value);
GBytes    *lk_value_of_crop             (const LkCrop *crop);     /* NULL for none */
GBytes    *lk_value_of_labels           (const char * const *labels);
char      *lk_value_dup_text            (GBytes      *value);     /* "" for NULL */
void       lk_value_get_crop            (const char  *text,
                                         LkCrop      *crop);
/* What the image has now. */
GBytes    *lk_value_of_image            (LkImage     *image,
                                         LkChangeKind kind);
/* Gives it to the image, or the settings to the project. Presence shows with lk_project_refresh_list (). */
void       lk_value_show                (LkProject   *self,
                                         LkChangeKind kind,
                                         gint64       image,
                                         GBytes      *value);

G_END_DECLS
