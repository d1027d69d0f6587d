/* LkLikeness: whether a drawn person is the same one: a small network that turns a picture into 64 numbers, near for one character,
 * far for others.
 *
 * It was trained on the starter's drawn people and says nothing about photographs. It looks at whole square pictures of portraits and half
 * bodies: others are squeezed.
 */
#pragma once

#include "formats/lk-picture.h"
#include "graph/lk-device.h"

G_BEGIN_DECLS

#define LK_LIKENESS_N 64

typedef struct _LkLikeness LkLikeness;

/* `path` NULL: the one that comes with Likeness. */
LkLikeness *lk_likeness_new     (LkDevice         *device,
                                 const char       *path,
                                 GError          **error);
void        lk_likeness_free    (LkLikeness       *likeness);
/* The picture as 64 numbers of unit length. */
gboolean    lk_likeness_embed   (LkLikeness       *likeness,
                                 const LkPicture  *picture,
                                 float            *embedding,
                                 GError          **error);
/* The unit vector in the middle of `n` embeddings [n,64]. */
void        lk_likeness_mean    (const float      *embeddings,
                                 guint             n,
                                 float            *mean);
/* Cosine of the angle between two: 1 for the same, about 0 for strangers. */
double      lk_likeness_compare (const float      *a,
                                 const float      *b);

/* The middle of the pictures in these files, NULL-terminated: what a character looks like. */
gboolean    lk_likeness_look    (LkLikeness         *likeness,
                                 const char * const *paths,
                                 float              *mean,
                                 GError            **error);

/* How near some pictures are to a character. */
typedef struct
{
  guint  n;
  double low, median, high;       /* quartiles of the cosines */
} LkLikenessFigures;

gboolean    lk_likeness_measure (LkLikeness         *likeness,
                                 const float        *mean,
                                 const char * const *paths,
                                 LkLikenessFigures  *figures,
                                 GError            **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkLikeness, lk_likeness_free)

G_END_DECLS
