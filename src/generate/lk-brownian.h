/* LkBrownian: a Brownian path between two times, as torchsde's BrownianTree draws it: what DPM++ SDE takes its noise from.
 *
 * The path follows from the seed alone, whatever is asked of it and in whatever order: the interval is halved again and again, and each
 * half's increment is its share of the whole plus noise of its own.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _LkBrownian LkBrownian;

/* A path of `n` numbers from time `start` to `end`. */
LkBrownian *lk_brownian_new      (double       start,
                                  double       end,
                                  gsize        n,
                                  guint64      seed);
void        lk_brownian_free     (LkBrownian  *brownian);
/* Its increment from `from` to `to`, from <= to, into `out`. */
void        lk_brownian_get      (LkBrownian  *brownian,
                                  double       from,
                                  double       to,
                                  float       *out);

/* numpy.random.SeedSequence (entropy, spawn_key=spawn_key, pool_size=24).generate_state (n_words). `spawn_key` may be NULL. */
void        lk_seed_sequence     (guint64        entropy,
                                  const guint64 *spawn_key,
                                  guint          n_spawn_key,
                                  guint32       *words,
                                  guint          n_words);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkBrownian, lk_brownian_free)

G_END_DECLS
