#define G_LOG_DOMAIN "likeness-generate"

#include "config.h"

#include <math.h>
#include <string.h>

#include "base/lk-random.h"
#include "generate/lk-brownian.h"

/* ---- numpy's SeedSequence (O'Neill 2015, as numpy has it) -------------------------------------------------------- */

#define POOL_SIZE 24
#define INIT_A 0x43b0d7e5u
#define MULT_A 0x931e8875u
#define INIT_B 0x8b51f9ddu
#define MULT_B 0x58f38dedu
#define MIX_MULT_L 0xca01f9ddu
#define MIX_MULT_R 0x4973f715u
#define SHIFT 16

static guint32
hash_mix (guint32  value,
          guint32 *constant)
{
  value ^= *constant;
  *constant *= MULT_A;
  value *= *constant;
  return value ^ (value >> SHIFT);
}

static guint32
mix (guint32 x,
     guint32 y)
{
  guint32 result = MIX_MULT_L * x - MIX_MULT_R * y;

  return result ^ (result >> SHIFT);
}

/* Appends a number as 32-bit words, the lowest first, at least one. */
static void
append_words (GArray  *words,
              guint64  number)
{
  do
    {
      guint32 word = (guint32) number;

      g_array_append_val (words, word);
      number >>= 32;
    }
  while (number > 0);
}

void
lk_seed_sequence (guint64        entropy,
                  const guint64 *spawn_key,
                  guint          n_spawn_key,
                  guint32       *words,
                  guint          n_words)
{
  g_autoptr (GArray) input = g_array_new (FALSE, TRUE, sizeof (guint32));
  guint32 pool[POOL_SIZE];
  guint32 constant = INIT_A;

  append_words (input, entropy);
  if (n_spawn_key > 0)
    g_array_set_size (input, POOL_SIZE);      /* zeros keep entropy and key apart */
  for (guint i = 0; i < n_spawn_key; i++)
    append_words (input, spawn_key[i]);

  for (guint i = 0; i < POOL_SIZE; i++)
    pool[i] = hash_mix (i < input->len ? g_array_index (input, guint32, i) : 0, &constant);
  for (guint from = 0; from < POOL_SIZE; from++)
    for (guint to = 0; to < POOL_SIZE; to++)
      if (from != to)
        pool[to] = mix (pool[to], hash_mix (pool[from], &constant));
  for (guint from = POOL_SIZE; from < input->len; from++)
    for (guint to = 0; to < POOL_SIZE; to++)
      pool[to] = mix (pool[to], hash_mix (g_array_index (input, guint32, from), &constant));

  constant = INIT_B;
  for (guint i = 0; i < n_words; i++)
    {
      guint32 word = pool[i % POOL_SIZE] ^ constant;

      constant *= MULT_B;
      word *= constant;
      words[i] = word ^ (word >> SHIFT);
    }
}

/* ---- the tree ---------------------------------------------------------------------------------------------------- */

struct _LkBrownian
{
  double  start, end;           /* rounded, as every time is */
  gsize   n;
  guint64 seed;
  float  *whole;                /* increment over all of it, owned */
};

/* To millionths: torchsde's tolerance, rounded as Python rounds. */
static double
round_time (double time)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  return g_ascii_strtod (g_ascii_formatd (text, sizeof text, "%.6f", time), NULL);
}

static void
draw (guint64  seed,
      gsize    n,
      float   *out)
{
  LkTorchRandom random;

  lk_torch_random_seed (&random, seed);
  lk_torch_randn (&random, n, out);
}

LkBrownian *
lk_brownian_new (double  start,
                 double  end,
                 gsize   n,
                 guint64 seed)
{
  LkBrownian *brownian = g_new0 (LkBrownian, 1);
  float deviation = sqrt (end - start);
  guint32 first;

  brownian->start = round_time (start);
  brownian->end = round_time (end);
  brownian->n = n;
  brownian->seed = seed;
  brownian->whole = g_new (float, n);
  lk_seed_sequence (seed, NULL, 0, &first, 1);
  draw (first, n, brownian->whole);
  for (gsize i = 0; i < n; i++)
    brownian->whole[i] *= deviation;

  return brownian;
}

void
lk_brownian_free (LkBrownian *brownian)
{
  g_free (brownian->whole);
  g_free (brownian);
}

/* A question under way. */
typedef struct
{
  LkBrownian *brownian;
  double      from, to;
  float      *out;
  gboolean    is_first;         /* nothing is in `out` yet */
} Question;

/* Adds what node (`key`, `depth`), from `start` to `end` with the increment `whole`, has of the question; from left to right. */
static void
visit (Question    *question,
       guint64      key,
       guint        depth,
       double       start,
       double       end,
       const float *whole)
{
  gsize n = question->brownian->n;
  g_autofree float *left = NULL, *noise = NULL;
  const guint64 spawn_key[] = { key, depth };
  double middle;
  float share, reciprocal, deviation;
  guint32 seed;

  if (question->from <= start && end <= question->to)
    {
      for (gsize i = 0; i < n; i++)
        question->out[i] = question->is_first ? whole[i] : question->out[i] + whole[i];
      question->is_first = FALSE;
      return;
    }

  middle = round_time (0.5 * (end + start));
  share = middle - start;
  reciprocal = 1 / (end - start);
  deviation = sqrt ((middle - start) * (end - middle) * (1 / (end - start)));
  left = g_new (float, n);
  noise = g_new (float, n);
  lk_seed_sequence (question->brownian->seed, spawn_key, 2, &seed, 1);
  draw (seed, n, noise);
  for (gsize i = 0; i < n; i++)
    left[i] = share * whole[i] * reciprocal + deviation * noise[i];

  if (question->from < middle)
    visit (question, 2 * key, depth + 1, start, middle, left);
  if (question->to > middle)
    {
      for (gsize i = 0; i < n; i++)
        left[i] = whole[i] - left[i];
      visit (question, 2 * key + 1, depth + 1, middle, end, left);
    }
}

void
lk_brownian_get (LkBrownian *brownian,
                 double      from,
                 double      to,
                 float      *out)
{
  Question question = {
    .brownian = brownian,
    .from = round_time (CLAMP (from, brownian->start, brownian->end)),
    .to = round_time (CLAMP (to, brownian->start, brownian->end)),
    .out = out,
    .is_first = TRUE,
  };

  if (question.from < question.to)
    visit (&question, 0, 0, brownian->start, brownian->end, brownian->whole);
  else
    memset (out, 0, brownian->n * sizeof *out);
}
