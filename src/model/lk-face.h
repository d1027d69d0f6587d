/* LkFaceFinder: faces in photographs, with 68 points of each, on the CPU.
 *
 * Two small networks that were trained on photographs. On drawings they find little: that nothing was found there means "not
 * measured", never "nobody there". A finder may be used by one thread at a time.
 */
#pragma once

#include "base/lk-pool.h"
#include "imaging/lk-crop.h"

G_BEGIN_DECLS

#define LK_FACE_POINTS 68

typedef struct
{
  LkBox  box;                         /* in pixels of the picture, inside it */
  double score;                       /* 0.5 to 1 */
  float  points[LK_FACE_POINTS][2];   /* x, y in pixels of the picture: 0-16 jaw, 17-26 brows, 27-35 nose, 36-47 eyes, 48-67 mouth */
  double roll;                        /* degrees clockwise that the head is tilted */
  double yaw;                         /* degrees that it is turned, to the picture's right above 0; about -90 to 90 */
} LkFoundFace;

typedef struct _LkFaceFinder LkFaceFinder;

/* Reads the weights that come with Likeness. */
LkFaceFinder *lk_face_finder_new   (GError          **error);
void          lk_face_finder_free  (LkFaceFinder     *self);
/* Faces of a picture of 3 channels, the best first: array of LkFoundFace, owned by the caller. About 30 ms a picture on two cores. */
GArray       *lk_face_finder_find  (LkFaceFinder     *self,
                                    LkPool           *pool,
                                    const LkPicture  *picture);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkFaceFinder, lk_face_finder_free)

G_END_DECLS
