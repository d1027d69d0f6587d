/* LkTagger: a WD v3 tagger with a ViT, as timm keeps it: model.safetensors, config.json and selected_tags.csv in one folder.
 *
 * From shapes and config: any width, depth and side. One thread uses a tagger at a time.
 */
#pragma once

#include "formats/lk-picture.h"
#include "graph/lk-device.h"

G_BEGIN_DECLS

typedef enum
{
  LK_TAG_GENERAL,           /* category 0 of selected_tags.csv, and what else it knows */
  LK_TAG_CHARACTER,         /* 4 */
  LK_TAG_RATING,            /* 9 */
} LkTagCategory;

typedef struct _LkTagger LkTagger;

/* `path`: the folder, or the safetensors file in it. Errors: LK_CHECKPOINT_ERROR, those of files, JSON and devices; one sentence each. */
LkTagger     *lk_tagger_open         (LkDevice         *device,
                                      const char       *path,
                                      GCancellable     *cancellable,
                                      GError          **error);
void          lk_tagger_free         (LkTagger         *self);

guint         lk_tagger_get_side     (LkTagger         *self);
guint         lk_tagger_get_n_tags   (LkTagger         *self);
/* As the file has it ("long_hair"); owned by the tagger. */
const char   *lk_tagger_get_tag      (LkTagger         *self,
                                      guint             index);
LkTagCategory lk_tagger_get_category (LkTagger         *self,
                                      guint             index);

/* planes [3,side,side] as the network takes them to `logits`, one for each tag. */
gboolean      lk_tagger_run          (LkTagger         *self,
                                      const float      *planes,
                                      float            *logits,
                                      GError          **error);
/* A picture, alpha not premultiplied, to the probability of each tag: on white, in the middle of a white square, bicubic, BGR. Owned by
 * the caller. */
float        *lk_tagger_look         (LkTagger         *self,
                                      const LkPicture  *picture,
                                      GError          **error);
/* What lk_tagger_run () is given for a picture, owned by the caller. */
float        *lk_tagger_prepare      (LkTagger         *self,
                                      const LkPicture  *picture);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkTagger, lk_tagger_free)

G_END_DECLS
