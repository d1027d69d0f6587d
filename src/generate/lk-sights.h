/* LkSights: how pictures of a grid look beside the training pictures: how like her they are, which training picture is nearest, whether one is
 * its copy, and how much the pictures of one strength still differ.
 *
 * Likeness is the cosine to the middle of the training pictures in the space of an embedder, and is only given where there is one that was made
 * for such pictures: none is better than a false one. Everything else compares small copies of the pictures and holds for any model.
 * One thread uses sights at a time.
 */
#pragma once

#include "formats/lk-picture.h"
#include "graph/lk-device.h"

G_BEGIN_DECLS

/* ---- an embedder ----------------------------------------------------------------------------------------------- */

/* A picture as `n` numbers of unit length; FALSE with `error`. */
typedef gboolean (*LkEmbedFunc) (gpointer          data,
                                 const LkPicture  *picture,
                                 float            *embedding,
                                 GError          **error);

typedef struct
{
  guint           n;
  LkEmbedFunc     embed;
  gpointer        data;         /* owned by `destroy` */
  GDestroyNotify  destroy;
} LkEmbedder;

/* The one that comes with the starter, for its drawn people. */
LkEmbedder *lk_embedder_new_drawn  (LkDevice          *device,
                                    GError           **error);
/* Takes what `data` is. */
LkEmbedder *lk_embedder_new        (guint              n,
                                    LkEmbedFunc        embed,
                                    gpointer           data,
                                    GDestroyNotify     destroy);
void        lk_embedder_free       (LkEmbedder        *embedder);

/* ---- sights ---------------------------------------------------------------------------------------------------- */

#define LK_SIGHT_SIDE 16

/* A picture, small: luma and two differences of colour, with mean 0 and length 1 over the middle (who) and over the border (where). */
typedef struct
{
  float whole[LK_SIGHT_SIDE * LK_SIGHT_SIDE * 3];
  float border[LK_SIGHT_SIDE * LK_SIGHT_SIDE * 3];      /* 0 in the middle */
} LkSight;

typedef struct
{
  double  likeness;             /* -1 to 1; NaN: not measured */
  int     nearest;              /* training picture that it looks most like; -1: there is none */
  double  nearness;             /* correlation with it, -1 to 1 */
  gboolean is_copy;             /* so near that it was learned by heart */
  LkSight sight;
} LkCellMeasure;

typedef struct _LkSights LkSights;

/* Takes `embedder`, which may be NULL. */
LkSights   *lk_sights_new          (LkEmbedder        *embedder);
void        lk_sights_free         (LkSights          *sights);
/* A training picture, as it is cropped. `is_near`: a portrait or half body, whose face can be measured. */
gboolean    lk_sights_add          (LkSights          *sights,
                                    const LkPicture   *picture,
                                    gboolean           is_near,
                                    GError           **error);
guint       lk_sights_get_n        (LkSights          *sights);
gboolean    lk_sights_measure      (LkSights          *sights,
                                    const LkPicture   *picture,
                                    gboolean           is_near,
                                    LkCellMeasure     *measure,
                                    GError           **error);

/* How much `n` pictures of different prompts differ, in the mean over pairs: of the whole picture, and of its border. 0: all the same; about 1:
 * nothing in common. NaN for fewer than two. */
double      lk_sights_variety      (const LkSight * const *sights,
                                    guint              n,
                                    gboolean           of_border);

/* What speaks for overfitting, of the pictures of one strength. */
typedef enum
{
  LK_OVERFIT_NONE       = 0,
  LK_OVERFIT_COPY       = 1 << 0,   /* a picture of the training set, drawn again */
  LK_OVERFIT_SAME_POSE  = 1 << 1,   /* the pictures are all alike, whatever the prompts say */
  LK_OVERFIT_BACKGROUND = 1 << 2,   /* the backgrounds are */
} LkOverfit;

/* `measures` of one strength over different prompts; `base` are those of the base model (strength 0) for the same prompts, or n_base 0: without
 * a comparison only copies are told. */
LkOverfit   lk_sights_find_overfit (const LkCellMeasure * const *measures,
                                    guint                        n,
                                    const LkCellMeasure * const *base,
                                    guint                        n_base);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkEmbedder, lk_embedder_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkSights, lk_sights_free)

G_END_DECLS
