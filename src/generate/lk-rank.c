#define G_LOG_DOMAIN "likeness-generate"

#include "config.h"

#include <math.h>

#include "generate/lk-rank.h"

#define MAX_ROUNDS 1000
#define ENOUGH 1e-9             /* largest change of a round */

void
lk_rank_fit (const double *wins,
             guint         n,
             double       *strengths)
{
  for (guint i = 0; i < n; i++)
    strengths[i] = 1;

  for (guint round = 0; round < MAX_ROUNDS; round++)
    {
      double largest = 0;

      for (guint i = 0; i < n; i++)
        {
          double won = 1, sum = 2 / (strengths[i] + 1), next;     /* the imaginary one: two games, one won */

          for (guint j = 0; j < n; j++)
            {
              double games = wins[i * n + j] + wins[j * n + i];

              if (j == i)
                continue;
              won += wins[i * n + j];
              sum += games / (strengths[i] + strengths[j]);
            }
          next = won / sum;
          largest = MAX (largest, fabs (next - strengths[i]));
          strengths[i] = next;
        }
      if (largest < ENOUGH)
        break;
    }
}

gboolean
lk_rank_next_pair (const double   *wins,
                   const gboolean *is_possible,
                   guint           n,
                   GRand          *chance,
                   guint          *first,
                   guint          *second)
{
  double least = INFINITY;
  guint n_least = 0;

  for (guint i = 0; i < n; i++)
    for (guint j = i + 1; j < n; j++)
      {
        double games = wins[i * n + j] + wins[j * n + i];

        if (!is_possible[i * n + j] || games > least)
          continue;
        n_least = games < least ? 1 : n_least + 1;
        least = games;
        /* Each of n equally rare pairs stays with a chance of 1 / n. */
        if (g_rand_int_range (chance, 0, (gint32) n_least) == 0)
          {
            *first = i;
            *second = j;
          }
      }

  return n_least > 0;
}
