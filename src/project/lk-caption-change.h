/* LkCaptionChange: one change of many captions: add, remove, rename, move or sort tags, put text before or behind, replace.
 *
 * What it does with a caption depends on that caption and on what the change was made of alone. The preview runs on a thread and brings
 * every caption that would be another; applying it is one step of undo. Lines of a caption are captions of their own: what is added is
 * added to each.
 */
#pragma once

#include "project/lk-edit.h"
#include "project/lk-replace.h"

G_BEGIN_DECLS

typedef enum
{
  LK_CAPTION_ADD,           /* the tags in `text`, at `place`, where they are not there */
  LK_CAPTION_REMOVE,        /* the tags in `text`; "*" and "?" stand for any characters, any one */
  LK_CAPTION_RENAME,        /* the tag `text`, to `instead`; where that is there already, it goes */
  LK_CAPTION_MOVE,          /* the tags in `text`, to `place` */
  LK_CAPTION_PREFIX,        /* `text` as it is, before the caption */
  LK_CAPTION_SUFFIX,
  LK_CAPTION_SORT,          /* by `order` */
  LK_CAPTION_DEDUPE,        /* tags that are there already */
  LK_CAPTION_REPLACE,       /* `text` by `instead`, as `replace` says */
} LkCaptionChangeKind;

typedef enum
{
  LK_PLACE_FIRST,
  LK_PLACE_LAST,
  LK_PLACE_AFTER_KEPT,      /* behind the trigger and the fixed features */
} LkTagPlace;

/* The trigger comes first and the fixed features follow, in every order. */
typedef enum
{
  LK_TAG_ORDER_KEPT_FIRST,    /* the rest stays as it is */
  LK_TAG_ORDER_ALPHABETICAL,
  LK_TAG_ORDER_FREQUENCY,     /* what most captions have first */
  LK_TAG_ORDER_GIVEN,         /* as in `text`; the rest stays behind it */
} LkTagOrder;

typedef struct
{
  LkCaptionChangeKind kind;
  const char         *text, *instead;   /* NULL: empty */
  LkTagPlace          place;
  LkTagOrder          order;
  LkReplaceFlags      replace;
} LkCaptionRule;

typedef struct _LkCaptionChange LkCaptionChange;

/* Takes from the project what it needs: trigger, features, and for an order by frequency the captions of all its pictures. The error
 * is a sentence about the rule. */
LkCaptionChange *lk_caption_change_new   (LkProject           *project,
                                          const LkCaptionRule *rule,
                                          GError             **error);
LkCaptionChange *lk_caption_change_ref   (LkCaptionChange     *self);
void             lk_caption_change_unref (LkCaptionChange     *self);
/* The caption changed, owned by the caller; NULL without error: it stays. Any thread. */
char            *lk_caption_change_run   (LkCaptionChange     *self,
                                          const char          *caption,
                                          GError             **error);

typedef struct
{
  LkImage *image;           /* owned */
  char    *before, *after;  /* owned */
} LkChangedCaption;

/* What would change, on a thread. Array of LkChangedCaption in the order of `images`, owned by the caller. */
void             lk_caption_change_preview_async  (LkCaptionChange     *self,
                                                   GPtrArray           *images,
                                                   GCancellable        *cancellable,
                                                   GAsyncReadyCallback  callback,
                                                   gpointer             user_data);
GPtrArray       *lk_caption_change_preview_finish (GAsyncResult        *result,
                                                   GError             **error);
/* Makes what was previewed one step of `title`, in slices of the main loop; what was typed since then is changed as it is now. Returns how
 * many captions changed, or -1 with an error and nothing changed. */
void             lk_caption_change_apply_async    (LkCaptionChange     *self,
                                                   LkProject           *project,
                                                   GPtrArray           *changed,
                                                   const char          *title,
                                                   GAsyncReadyCallback  callback,
                                                   gpointer             user_data);
gint             lk_caption_change_apply_finish   (GAsyncResult        *result,
                                                   GError             **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkCaptionChange, lk_caption_change_unref)

G_END_DECLS
