/* LkBlip: BLIP for captions, as transformers keeps it (`BlipForConditionalGeneration`): model.safetensors, config.json and vocab.txt in one
 * folder. From shapes and config: base, large, and smaller ones.
 *
 * The keys and values that the words read of the picture are computed once for it; each further word runs the whole text so far, which is
 * short: its cost is reading the weights, and a cache of its own keys would not spare that. One thread uses a model at a time.
 */
#pragma once

#include "formats/lk-picture.h"
#include "graph/lk-device.h"

G_BEGIN_DECLS

/* New words at most, as transformers is called by most; and the beams of the search that most use. */
#define LK_BLIP_MOST_TOKENS 20
#define LK_BLIP_BEAMS 3

typedef struct _LkBlip LkBlip;

/* `path`: the folder, or the safetensors file in it. Errors: LK_CHECKPOINT_ERROR, those of files, JSON and devices; one sentence each. */
LkBlip  *lk_blip_open           (LkDevice         *device,
                                 const char       *path,
                                 GCancellable     *cancellable,
                                 GError          **error);
void     lk_blip_free           (LkBlip           *self);

guint    lk_blip_get_side       (LkBlip           *self);
guint    lk_blip_get_vocabulary (LkBlip           *self);
guint    lk_blip_get_n_positions (LkBlip          *self);     /* tokens that a text may have */
/* The states of a picture are [n_tokens,width]. */
guint    lk_blip_get_n_tokens   (LkBlip           *self);
guint    lk_blip_get_width      (LkBlip           *self);

/* What lk_blip_see () is given for a picture: without its alpha, squeezed into the square, bicubic. Owned by the caller. */
float   *lk_blip_prepare        (LkBlip           *self,
                                 const LkPicture  *picture);
/* planes [3,side,side] as the network takes them: the picture that the following calls are about. `states` (may be NULL) receives the
 * picture's states. */
gboolean lk_blip_see            (LkBlip           *self,
                                 const float      *planes,
                                 float            *states,
                                 GError          **error);
/* The logits [n,vocabulary] that follow each of n ids. */
gboolean lk_blip_read           (LkBlip           *self,
                                 const gint32     *ids,
                                 guint             n,
                                 float            *logits,
                                 GError          **error);
/* The words for the picture: ids with BOS first, the end's id last where it came in time. One beam is greedy; more are searched as
 * transformers does it, with length penalty 1 and no early stopping. Array of gint32, owned by the caller. */
GArray  *lk_blip_generate       (LkBlip           *self,
                                 guint             n_beams,
                                 guint             most_tokens,
                                 GCancellable     *cancellable,
                                 GError          **error);
/* Words for people, without special tokens; owned by the caller. */
char    *lk_blip_decode         (LkBlip           *self,
                                 const gint32     *ids,
                                 guint             n);
/* From a picture to words. */
char    *lk_blip_look           (LkBlip           *self,
                                 const LkPicture  *picture,
                                 guint             n_beams,
                                 GCancellable     *cancellable,
                                 GError          **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkBlip, lk_blip_free)

G_END_DECLS
