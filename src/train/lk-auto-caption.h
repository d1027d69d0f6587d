/* LkAutoCaption: captions for many pictures without typing: drafts from what is known of each, the tags that a WD v3 tagger sees, or the
 * sentence that BLIP says; made captions by a template (lk-caption-template.h). It changes nothing by itself: what to do with the captions
 * is the caller's.
 */
#pragma once

#include "model/lk-tagger.h"
#include "project/lk-caption-template.h"
#include "project/lk-project.h"

G_BEGIN_DECLS

typedef enum
{
  LK_AUTO_DRAFT,            /* no model: trigger, fixed features, shot type, the words for all */
  LK_AUTO_TAGGER,
  LK_AUTO_BLIP,
} LkAutoWay;

/* What those who made the taggers advise. */
#define LK_AUTO_GENERAL .35
#define LK_AUTO_CHARACTER .85

typedef struct
{
  LkAutoWay       way;
  const char     *model;                  /* the folder, or the weights in it; not for drafts */
  double          general, character;     /* a tag counts from this probability on */
  gboolean        keep_underscores;
  guint           n_beams;                /* of BLIP; 0: the usual */
  LkTemplateRule  words;
} LkAutoRule;

typedef struct _LkAutoCaption LkAutoCaption;

LkAutoCaption *lk_auto_caption_new   (const LkAutoRule *rule);
LkAutoCaption *lk_auto_caption_ref   (LkAutoCaption    *self);
void           lk_auto_caption_unref (LkAutoCaption    *self);
gboolean       lk_auto_caption_needs_device (LkAutoCaption *self);

typedef struct
{
  LkImage *image;           /* owned; NULL: of no project */
  char    *path, *name;     /* owned */
  LkShot   shot;
  char    *before;          /* owned */
  char    *found;           /* owned; what the model said, or NULL */
  char    *after;           /* owned; the new caption; NULL: it stays */
  char    *trouble;         /* owned; why the picture could not be read, a sentence, or NULL */
} LkAutoPicture;

LkAutoPicture *lk_auto_picture_new           (const char *path,
                                              const char *before,
                                              LkShot      shot);
LkAutoPicture *lk_auto_picture_new_for_image (LkImage    *image);
void           lk_auto_picture_free          (gpointer    picture);

/* Called on the calling thread of lk_auto_caption_run (), after each picture. FALSE with an error: stop. */
typedef gboolean (*LkAutoFunc) (LkAutoPicture *picture, guint done, guint total, gpointer data, GError **error);

/* Opens the model and describes all `pictures` (array of LkAutoPicture), whatever of them cannot be read excepted. `device` NULL: for
 * drafts. Captions that stay as they are without a look are not looked for. */
gboolean       lk_auto_caption_run   (LkAutoCaption    *self,
                                      LkDevice         *device,
                                      GPtrArray        *pictures,
                                      LkAutoFunc        func,
                                      gpointer          func_data,
                                      GCancellable     *cancellable,
                                      GError          **error);

/* Makes the captions of `pictures` one step of `title`, in slices of the main loop; one that was typed in since then gets the words as it
 * is now. Returns how many changed, or -1 with an error and nothing changed. */
void           lk_auto_caption_apply_async  (LkAutoCaption       *self,
                                             LkProject           *project,
                                             GPtrArray           *pictures,
                                             const char          *title,
                                             GAsyncReadyCallback  callback,
                                             gpointer             user_data);
gint           lk_auto_caption_apply_finish (GAsyncResult        *result,
                                             GError             **error);

/* The tags from their threshold on, parted by commas: characters first, likeliest first; ratings never. Owned by the caller. */
char          *lk_auto_caption_choose (const LkAutoRule         *rule,
                                       const char * const       *tags,
                                       const LkTagCategory      *categories,
                                       const float              *probabilities,
                                       guint                     n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkAutoCaption, lk_auto_caption_unref)

G_END_DECLS
