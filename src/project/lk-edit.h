/* LkEdit: what a user does in one go, to any number of pictures and settings: one step of undo.
 *
 *   g_autoptr (LkEdit) edit = lk_edit_new (project, _("Replace “brunette” by “brown hair”"));
 *   lk_edit_set_caption (edit, image, text);
 *   ...
 *   if (!lk_project_apply (project, edit, &error))
 *     show the error: nothing at all has changed
 *
 * An edit collects; nothing happens before lk_project_apply (). Setting what is so already is left out; an edit in which nothing is left
 * makes no step. The title is for people: the verb and the thing, "Reject 3 pictures".
 */
#pragma once

#include "project/lk-project.h"

G_BEGIN_DECLS

typedef struct _LkEdit LkEdit;

LkEdit     *lk_edit_new               (LkProject         *project,
                                       const char        *title);
void        lk_edit_free              (LkEdit            *edit);
/* Joins the last step if that has the same key, is younger than a minute and nothing was undone: typing in one caption is one step
 * ("typing:12"). */
void        lk_edit_set_merge_key     (LkEdit            *edit,
                                       const char        *key);
gboolean    lk_edit_is_empty          (LkEdit            *edit);

/* Written as UTF-8 to images/STEM.txt. NULL removes the file. */
void        lk_edit_set_caption       (LkEdit *edit, LkImage *image, const char *caption);
/* The caption as this edit has it so far: for fixes that come after each other. Owned by the edit. */
const char *lk_edit_get_caption       (LkEdit *edit, LkImage *image);
void        lk_edit_set_crop          (LkEdit *edit, LkImage *image, const LkCrop *crop);   /* NULL: none */
void        lk_edit_set_rating        (LkEdit *edit, LkImage *image, guint rating);
void        lk_edit_set_state         (LkEdit *edit, LkImage *image, LkState state);
void        lk_edit_set_shot          (LkEdit *edit, LkImage *image, LkShot shot);          /* NOT_SET: as the caption says */
void        lk_edit_set_repeats       (LkEdit *edit, LkImage *image, guint repeats);
void        lk_edit_set_notes         (LkEdit *edit, LkImage *image, const char *notes);
void        lk_edit_set_label         (LkEdit *edit, LkImage *image, const char *label, gboolean on);
/* The picture and its caption go to trash/. */
void        lk_edit_remove            (LkEdit *edit, LkImage *image);

/* Settings of the project; see lk-project.h. */
void        lk_edit_set_name          (LkEdit *edit, const char *name);
/* With `in_captions`, the word is changed in every caption that has it as a word, in the same step. */
void        lk_edit_set_trigger       (LkEdit *edit, const char *trigger, gboolean in_captions);
void        lk_edit_set_class_word    (LkEdit *edit, const char *class_word);
void        lk_edit_set_features      (LkEdit *edit, const char *hair, const char *eyes, const char *skin, const char *other);  /* NULL: as it is */
void        lk_edit_set_base_model    (LkEdit *edit, const char *base_model);
void        lk_edit_set_use_buckets   (LkEdit *edit, gboolean use_buckets);
void        lk_edit_set_resolution    (LkEdit *edit, guint resolution);
/* Copied. */
void        lk_edit_set_training      (LkEdit *edit, const cJSON *training);

/* Saves and shows all of it, or nothing. The edit is spent afterwards. */
gboolean    lk_project_apply          (LkProject   *project,
                                       LkEdit      *edit,
                                       GError     **error);

/* The same without stopping the caller's thread for long: for more than some hundred pictures. Until it is done, whatever else changes or
 * undoes waits for it. */
void        lk_project_apply_async    (LkProject            *project,
                                       LkEdit               *edit,
                                       GAsyncReadyCallback   callback,
                                       gpointer              user_data);
gboolean    lk_project_apply_finish   (LkProject            *project,
                                       GAsyncResult         *result,
                                       GError              **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkEdit, lk_edit_free)

G_END_DECLS
