/* lk-random.c: Philox4x32-10, and PyTorch's CPU generator. */
#define G_LOG_DOMAIN "likeness-base"

#include "config.h"

#include <math.h>

#include "base/lk-random.h"

/* ---- Philox ---------------------------------------------------------------------------------------------------- */

/* Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011): multipliers and Weyl constants of table 2. */
#define PHILOX_M0 0xd2511f53u
#define PHILOX_M1 0xcd9e8d57u
#define PHILOX_W0 0x9e3779b9u
#define PHILOX_W1 0xbb67ae85u
#define PHILOX_ROUNDS 10

void
lk_random_block (guint64 seed,
                 guint64 stream,
                 guint64 block,
                 guint32 out[4])
{
  guint32 x0 = (guint32) block, x1 = block >> 32;
  guint32 x2 = (guint32) stream, x3 = stream >> 32;
  guint32 k0 = (guint32) seed, k1 = seed >> 32;

  for (guint round = 0; round < PHILOX_ROUNDS; round++)
    {
      guint64 p0 = (guint64) PHILOX_M0 * x0;
      guint64 p1 = (guint64) PHILOX_M1 * x2;

      x0 = (guint32) (p1 >> 32) ^ x1 ^ k0;
      x1 = (guint32) p1;
      x2 = (guint32) (p0 >> 32) ^ x3 ^ k1;
      x3 = (guint32) p0;
      k0 += PHILOX_W0;
      k1 += PHILOX_W1;
    }

  out[0] = x0;
  out[1] = x1;
  out[2] = x2;
  out[3] = x3;
}

guint32
lk_random_bits (guint64 seed,
                guint64 stream,
                guint64 index)
{
  guint32 block[4];

  lk_random_block (seed, stream, index / 4, block);
  return block[index % 4];
}

float
lk_random_uniform (guint64 seed,
                   guint64 stream,
                   guint64 index)
{
  return (float) (lk_random_bits (seed, stream, index) >> 8) * 0x1p-24f;
}

/* Box and Muller: two uniform numbers become two normal ones. In double, so that rounding to float hides what one libm
 * computes differently from another. */
static void
normal_block (guint64 seed,
              guint64 stream,
              guint64 block,
              float   out[4])
{
  guint32 bits[4];

  lk_random_block (seed, stream, block, bits);
  for (guint pair = 0; pair < 4; pair += 2)
    {
      double radius = sqrt (-2.0 * log ((bits[pair] + 1.0) * 0x1p-32));   /* (0,1]: log never sees 0 */
      double angle = 2.0 * G_PI * (bits[pair + 1] * 0x1p-32);

      out[pair] = (float) (radius * cos (angle));
      out[pair + 1] = (float) (radius * sin (angle));
    }
}

float
lk_random_normal (guint64 seed,
                  guint64 stream,
                  guint64 index)
{
  float block[4];

  normal_block (seed, stream, index / 4, block);
  return block[index % 4];
}

void
lk_random_fill_normal (guint64  seed,
                       guint64  stream,
                       guint64  first,
                       gsize    n,
                       float   *out)
{
  float block[4];

  for (gsize i = 0; i < n; i++)
    {
      if (i == 0 || (first + i) % 4 == 0)
        normal_block (seed, stream, (first + i) / 4, block);
      out[i] = block[(first + i) % 4];
    }
}

guint32
lk_random_below (guint64 seed,
                 guint64 stream,
                 guint64 index,
                 guint32 n)
{
  guint32 bits[4];
  guint64 low, high;

  g_return_val_if_fail (n > 0, 0);

  /* The whole block as a fraction of 128 bits, times n: no number is likelier than another by more than 2^-96. */
  lk_random_block (seed, stream, index, bits);
  high = (guint64) bits[0] << 32 | bits[1];
  low = (guint64) bits[2] << 32 | bits[3];

  return (guint32) (((unsigned __int128) high * n + (guint64) (((unsigned __int128) low * n) >> 64)) >> 64);
}

void
lk_random_shuffle (guint64  seed,
                   guint64  stream,
                   guint32 *items,
                   gsize    n)
{
  for (gsize i = n; i-- > 1;)
    {
      gsize j = lk_random_below (seed, stream, i, (guint32) (i + 1));
      guint32 item = items[i];

      items[i] = items[j];
      items[j] = item;
    }
}

/* ---- PyTorch's CPU generator ----------------------------------------------------------------------------------- */

#define MT_N 624
#define MT_M 397

void
lk_torch_random_seed (LkTorchRandom *random,
                      guint64        seed)
{
  random->state[0] = (guint32) seed;   /* PyTorch's CPU generator looks at the low 32 bits only */
  for (guint i = 1; i < MT_N; i++)
    random->state[i] = 1812433253u * (random->state[i - 1] ^ (random->state[i - 1] >> 30)) + i;

  random->next = MT_N;
  random->has_normal = FALSE;
  random->normal = 0.0;
}

/* Matsumoto and Nishimura 1998: 624 new words from the old ones. */
static void
renew_state (LkTorchRandom *random)
{
  guint32 *state = random->state;

  for (guint i = 0; i < MT_N; i++)
    {
      guint32 y = (state[i] & 0x80000000u) | (state[(i + 1) % MT_N] & 0x7fffffffu);

      state[i] = state[(i + MT_M) % MT_N] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0);
    }

  random->next = 0;
}

guint32
lk_torch_random_bits (LkTorchRandom *random)
{
  guint32 y;

  if (random->next >= MT_N)
    renew_state (random);

  y = random->state[random->next++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  y ^= y >> 18;
  return y;
}

guint64
lk_torch_random_bits64 (LkTorchRandom *random)
{
  guint64 high = lk_torch_random_bits (random);

  return high << 32 | lk_torch_random_bits (random);
}

static float
uniform_float (LkTorchRandom *random)
{
  return (float) (lk_torch_random_bits (random) & 0xffffff) * 0x1p-24f;
}

static double
uniform_double (LkTorchRandom *random)
{
  return (double) (lk_torch_random_bits64 (random) & 0x1fffffffffffff) * 0x1p-53;
}

/* One normal in double; they are made in pairs. */
static double
single_normal (LkTorchRandom *random)
{
  double angle, radius;

  if (random->has_normal)
    {
      random->has_normal = FALSE;
      return random->normal;
    }

  angle = 2.0 * G_PI * uniform_double (random);
  radius = sqrt (-2.0 * log1p (-uniform_double (random)));
  random->normal = radius * sin (angle);
  random->has_normal = TRUE;
  return radius * cos (angle);
}

/* 16 uniform numbers become 16 normal ones: number i and number i + 8 make a pair. */
static void
normal_16 (float *data)
{
  for (guint i = 0; i < 8; i++)
    {
      float radius = sqrtf (-2.f * (float) log (1.f - data[i]));
      float angle = (float) (2.0 * G_PI) * data[i + 8];

      data[i] = radius * (float) cos (angle);
      data[i + 8] = radius * (float) sin (angle);
    }
}

void
lk_torch_randn (LkTorchRandom *random,
                gsize          n,
                float         *out)
{
  if (n < 16)
    {
      for (gsize i = 0; i < n; i++)
        out[i] = (float) single_normal (random);
      return;
    }

  for (gsize i = 0; i < n; i++)
    out[i] = uniform_float (random);
  for (gsize i = 0; i + 16 <= n; i += 16)
    normal_16 (out + i);

  /* A rest that is no full 16: the last 16 numbers are drawn anew, those of them that were done already included. */
  if (n % 16 != 0)
    {
      for (gsize i = n - 16; i < n; i++)
        out[i] = uniform_float (random);
      normal_16 (out + n - 16);
    }
}

void
lk_torch_rand (LkTorchRandom *random,
               gsize          n,
               float         *out)
{
  for (gsize i = 0; i < n; i++)
    out[i] = uniform_float (random);
}

void
lk_torch_randint (LkTorchRandom *random,
                  gint64         low,
                  gint64         high,
                  gsize          n,
                  gint64        *out)
{
  guint64 range = (guint64) high - (guint64) low;

  g_return_if_fail (low < high);

  for (gsize i = 0; i < n; i++)
    {
      /* PyTorch 2.13 takes 64 bits from a range of 2^28 on, so that all numbers are nearly equally likely; older ones from 2^32 on. */
      guint64 bits = range >> 28 != 0 ? lk_torch_random_bits64 (random) : lk_torch_random_bits (random);

      out[i] = (gint64) (bits % range + (guint64) low);
    }
}

void
lk_torch_randperm (LkTorchRandom *random,
                   gsize          n,
                   gint64        *out)
{
  for (gsize i = 0; i < n; i++)
    out[i] = i;

  for (gsize i = 0; i + 1 < n; i++)
    {
      gsize j = i + lk_torch_random_bits (random) % (n - i);
      gint64 item = out[i];

      out[i] = out[j];
      out[j] = item;
    }
}
