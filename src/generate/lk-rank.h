/* Ranking by comparisons of two: the model of Bradley and Terry, P(i beats j) = p_i / (p_i + p_j), fitted by the algorithm of
 * Hunter, "MM algorithms for generalized Bradley-Terry models", Annals of Statistics 32 (2004). A tie is half a win for each.
 *
 * So that few comparisons have an answer, too, each item has one win and one loss more against an imaginary one of strength 1.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* `wins` [n,n]: how often the row beat the column, halves for ties. `strengths` [n] receives p: 1 is average, and they are only as far apart as the
 * comparisons say. */
void     lk_rank_fit       (const double *wins,
                            guint         n,
                            double       *strengths);
/* The pair that was compared least, of those that `is_possible` [n,n] allows, by chance where there are several. FALSE: none is possible. */
gboolean lk_rank_next_pair (const double   *wins,
                            const gboolean *is_possible,
                            guint           n,
                            GRand          *chance,
                            guint          *first,
                            guint          *second);

G_END_DECLS
