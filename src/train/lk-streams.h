/* The Philox streams of a run: one for each kind of chance, so that no two share a number. The top byte is the kind. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define LK_STREAM(kind) ((guint64) (kind) << 56)

#define LK_STREAM_NOISE          LK_STREAM (1)     /* of the draws, one after another */
#define LK_STREAM_TIMESTEP       LK_STREAM (2)
#define LK_STREAM_ORDER          LK_STREAM (3)     /* + epoch << 16 + size */
#define LK_STREAM_CAPTION        LK_STREAM (4)     /* + picture << 24 + variant */
#define LK_STREAM_SHUFFLE        LK_STREAM (5)     /* likewise */
#define LK_STREAM_CAPTION_DROP   LK_STREAM (6)
#define LK_STREAM_VARIANT        LK_STREAM (7)
#define LK_STREAM_LATENT         LK_STREAM (8)     /* + picture */
#define LK_STREAM_INIT           LK_STREAM (9)     /* of the adapter */
#define LK_STREAM_HELD_OUT       LK_STREAM (10)
#define LK_STREAM_VALIDATION     LK_STREAM (11)    /* + picture << 4 + timestep's number */
#define LK_STREAM_NOISE_OFFSET   LK_STREAM (12)    /* + draw, as are the next three */
#define LK_STREAM_NOISE_RATIO    LK_STREAM (13)
#define LK_STREAM_NOISE_LEVEL    LK_STREAM (14)    /* + draw << 4 + level */
#define LK_STREAM_PERTURBATION   LK_STREAM (15)

G_END_DECLS
