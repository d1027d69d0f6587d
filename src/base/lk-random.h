/* Random numbers: two generators, for two needs.
 *
 * Philox4x32-10 (Salmon et al. 2011) is counter-based: a number is a function of (seed, stream, index), so that any number can be
 * had in any order on any thread, and a resumed run needs nothing but its step. Give each use a stream of its own.
 *
 * LkTorchRandom is PyTorch's CPU generator (mt19937): the same seed and the same calls give the same integers bit for bit, and
 * the same normals within 4 ulp or 5e-7. It is a plain struct: copy it to save the state, copy it back to go on.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* ---- Philox ------------------------------------------------------------------------------------------------- */

/* Four uniform 32-bit numbers for block `block` of (seed, stream). */
void    lk_random_block       (guint64    seed,
                               guint64    stream,
                               guint64    block,
                               guint32    out[4]);
/* Number `index`: 32 bits; [0,1) with 24 bits; a standard normal; an integer in [0, n), n > 0, without bias. Numbers of
 * different kinds at one index are not independent: use one kind per stream. */
guint32 lk_random_bits        (guint64    seed,
                               guint64    stream,
                               guint64    index);
float   lk_random_uniform     (guint64    seed,
                               guint64    stream,
                               guint64    index);
float   lk_random_normal      (guint64    seed,
                               guint64    stream,
                               guint64    index);
guint32 lk_random_below       (guint64    seed,
                               guint64    stream,
                               guint64    index,
                               guint32    n);
/* n standard normals: the numbers `first` to first + n - 1 of the stream, as lk_random_normal () gives them. */
void    lk_random_fill_normal (guint64    seed,
                               guint64    stream,
                               guint64    first,
                               gsize      n,
                               float     *out);
/* Shuffles n indices in place (Fisher and Yates), with numbers 0 to n - 1 of the stream. */
void    lk_random_shuffle     (guint64    seed,
                               guint64    stream,
                               guint32   *items,
                               gsize      n);

/* ---- PyTorch's CPU generator --------------------------------------------------------------------------------- */

typedef struct
{
  guint32  state[624];
  guint32  next;              /* the next word of state to hand out; 624: make new ones first */
  gboolean has_normal;        /* draws of fewer than 16 normals come in pairs: the second one waits here */
  double   normal;
} LkTorchRandom;

/* torch.Generator ().manual_seed (seed). */
void    lk_torch_random_seed  (LkTorchRandom *random,
                               guint64        seed);
/* The next 32 or 64 bits. */
guint32 lk_torch_random_bits  (LkTorchRandom *random);
guint64 lk_torch_random_bits64 (LkTorchRandom *random);
/* torch.randn (n), torch.rand (n) of float32. The shape does not matter, only the number of elements. */
void    lk_torch_randn        (LkTorchRandom *random,
                               gsize          n,
                               float         *out);
void    lk_torch_rand         (LkTorchRandom *random,
                               gsize          n,
                               float         *out);
/* torch.randint (low, high, (n,)) of int64: low <= x < high. */
void    lk_torch_randint      (LkTorchRandom *random,
                               gint64         low,
                               gint64         high,
                               gsize          n,
                               gint64        *out);
/* torch.randperm (n). */
void    lk_torch_randperm     (LkTorchRandom *random,
                               gsize          n,
                               gint64        *out);

G_END_DECLS
