/* The two networks by themselves, for tests. */
#pragma once

#include "model/lk-face.h"

G_BEGIN_DECLS

/* rgb [side,side,3], 0 to 255, side a multiple of 32; out [side/32,side/32,25]: 5 anchors of x, y, w, h, score, before any squashing. */
void lk_face_run_finder     (LkFaceFinder *self,
                             LkPool       *pool,
                             const float  *rgb,
                             guint         side,
                             float        *out);
/* rgb [112,112,3], 0 to 255; out [136]: 68 points (x, y) as shares of the square. */
void lk_face_run_landmarks  (LkFaceFinder *self,
                             LkPool       *pool,
                             const float  *rgb,
                             float        *out);

G_END_DECLS
