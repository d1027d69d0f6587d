/* LkLowRank: the singular values and vectors of a product up · down of thin matrices, found without forming the product.
 *
 * Each factor is brought to a triangle (QR, without keeping Q), and the singular value decomposition is that of the small product of the
 * triangles. The vectors of the product come back as combinations of the factors' own rows and columns. All in double.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _LkLowRank LkLowRank;

/* `up` [n_out,k] and `down` [k,n_in] are borrowed. */
LkLowRank    *lk_low_rank_new        (const float     *up,
                                      const float     *down,
                                      gsize            n_out,
                                      gsize            n_in,
                                      guint            k);
void          lk_low_rank_free       (LkLowRank       *self);

/* How many singular values are not zero, as far as doubles can tell; and these, falling. */
guint         lk_low_rank_get_n      (const LkLowRank *self);
const double *lk_low_rank_get_values (const LkLowRank *self);
/* The best `up` [n_out,rank] · `down` [rank,n_in], rank at most get_n (): columns and rows are the singular vectors, each times the root of
 * its value, so that both halves are of one size. */
void          lk_low_rank_cut        (const LkLowRank *self,
                                      guint            rank,
                                      float           *up,
                                      float           *down);
/* The first left singular vectors, [n_out,rank]: an orthonormal basis of what the product can add to. */
void          lk_low_rank_get_left   (const LkLowRank *self,
                                      guint            rank,
                                      float           *left);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkLowRank, lk_low_rank_free)

G_END_DECLS
