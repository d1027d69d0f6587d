/* lk-blip-generate.c: from logits to words: greedy, beam search, and the ids' words. See lk-blip.h.
 *
 * The search keeps `n_beams` running texts and the best `n_beams` finished ones. A step looks at the 2·n_beams best continuations of all
 * running texts; those of the first n_beams that end are finished with their summed log-probability divided by their number of new tokens;
 * the best that do not end run on. It ends when no running text, divided by its present length, is better than the worst finished one, as
 * transformers' heuristic has it, or at the length limit.
 */
#define G_LOG_DOMAIN "likeness-model"

#include "config.h"

#include "model/lk-blip-private.h"

#include <math.h>
#include <string.h>

#define MOST_BEAMS 16
#define NEVER -1e9f

typedef struct
{
  gint32 *ids;            /* room for the longest */
  guint   n;
  float   score;
} Beam;

/* The log-probabilities of what follows n ids. */
static gboolean
read_last (LkBlip        *self,
           const gint32  *ids,
           guint          n,
           float         *scores,
           GError       **error)
{
  gsize vocabulary = self->vocabulary;
  g_autofree float *logits = g_new (float, n * vocabulary);
  const float *last = logits + (n - 1) * vocabulary;
  float most = -INFINITY;
  double sum = 0.;

  if (!lk_blip_read (self, ids, n, logits, error))
    return FALSE;
  for (gsize i = 0; i < vocabulary; i++)
    most = MAX (most, last[i]);
  for (gsize i = 0; i < vocabulary; i++)
    sum += exp ((double) last[i] - most);
  for (gsize i = 0; i < vocabulary; i++)
    scores[i] = (float) ((double) last[i] - most - log (sum));
  return TRUE;
}

static GArray *
generate_greedy (LkBlip        *self,
                 guint          most_tokens,
                 GCancellable  *cancellable,
                 GError       **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autofree float *scores = g_new (float, self->vocabulary);
  gint32 next = self->bos;

  g_array_append_val (ids, next);
  for (guint step = 0; step < most_tokens && (step == 0 || next != self->eos); step++)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error) ||
          !read_last (self, (const gint32 *) (gpointer) ids->data, ids->len, scores, error))
        return NULL;
      next = 0;
      for (guint i = 1; i < self->vocabulary; i++)
        if (scores[i] > scores[next])
          next = (gint32) i;
      g_array_append_val (ids, next);
    }
  return g_steal_pointer (&ids);
}

/* ---- beams ---------------------------------------------------------------------------------------------------- */

/* A continuation of running beam `beam`. */
typedef struct
{
  guint  beam;
  gint32 id;
  float  score;
} Candidate;

/* Puts a candidate in its place among the best, of equals the first one first. */
static void
consider (Candidate *best,
          guint     *n_best,
          guint      n_most,
          Candidate  candidate)
{
  guint at = *n_best;

  if (at == n_most && candidate.score <= best[at - 1].score)
    return;
  while (at > 0 && best[at - 1].score < candidate.score)
    at--;
  memmove (best + at + 1, best + at, (MIN (*n_best, n_most - 1) - at) * sizeof *best);
  best[at] = candidate;
  *n_best = MIN (*n_best + 1, n_most);
}

static void
copy_beam (Beam         *to,
           const Beam   *from,
           gint32        id,
           float         score)
{
  memcpy (to->ids, from->ids, from->n * sizeof *from->ids);
  to->ids[from->n] = id;
  to->n = from->n + 1;
  to->score = score;
}

/* A finished text takes its place among those there are, if it is among the best. */
static void
finish (Beam        *finished,
        guint       *n_finished,
        guint        n_beams,
        const Beam  *from,
        gint32       id,
        float        score)
{
  guint at = *n_finished;
  Beam last;

  if (at == n_beams && score <= finished[at - 1].score)
    return;
  *n_finished = MIN (at + 1, n_beams);
  last = finished[*n_finished - 1];
  for (at = *n_finished - 1; at > 0 && finished[at - 1].score < score; at--)
    finished[at] = finished[at - 1];
  finished[at] = last;
  copy_beam (&finished[at], from, id, score);
}

static GArray *
generate_beams (LkBlip        *self,
                guint          n_beams,
                guint          most_tokens,
                GCancellable  *cancellable,
                GError       **error)
{
  g_autofree gint32 *memory = g_new0 (gint32, 3 * n_beams * (most_tokens + 1));
  g_autofree float *scores = g_new (float, self->vocabulary);
  Beam running[MOST_BEAMS], next[MOST_BEAMS], finished[MOST_BEAMS];
  guint n_finished = 0, n_running = 1;
  GArray *ids;

  for (guint i = 0; i < n_beams; i++)
    {
      running[i] = (Beam) { memory + i * (most_tokens + 1), 0, 0.f };
      next[i] = (Beam) { memory + (n_beams + i) * (most_tokens + 1), 0, 0.f };
      finished[i] = (Beam) { memory + (2 * n_beams + i) * (most_tokens + 1), 0, NEVER };
    }
  running[0].ids[0] = self->bos;
  running[0].n = 1;

  for (guint length = 1; length <= most_tokens && n_running > 0; length++)
    {
      Candidate best[2 * MOST_BEAMS + 1];
      guint n_best = 0, n_next = 0;

      for (guint b = 0; b < n_running; b++)
        {
          if (g_cancellable_set_error_if_cancelled (cancellable, error) || !read_last (self, running[b].ids, running[b].n, scores, error))
            return NULL;
          for (guint i = 0; i < self->vocabulary; i++)
            consider (best, &n_best, 2 * n_beams, (Candidate) { b, (gint32) i, running[b].score + scores[i] });
        }
      for (guint i = 0; i < n_best; i++)
        {
          gboolean ends = best[i].id == self->eos || length == most_tokens;

          if (ends && i < n_beams)
            finish (finished, &n_finished, n_beams, &running[best[i].beam], best[i].id, best[i].score / (float) length);
          else if (!ends && n_next < n_beams)
            copy_beam (&next[n_next++], &running[best[i].beam], best[i].id, best[i].score);
        }
      for (guint i = 0; i < n_beams; i++)
        {
          Beam beam = running[i];

          running[i] = next[i];
          next[i] = beam;
        }
      n_running = n_next;
      if (n_running > 0 && n_finished == n_beams && running[0].score / (float) length <= finished[n_beams - 1].score)
        break;
    }

  ids = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_array_append_vals (ids, finished[0].ids, finished[0].n);
  return ids;
}

GArray *
lk_blip_generate (LkBlip        *self,
                  guint          n_beams,
                  guint          most_tokens,
                  GCancellable  *cancellable,
                  GError       **error)
{
  most_tokens = MIN (most_tokens, self->n_positions - 1);
  if (n_beams <= 1)
    return generate_greedy (self, most_tokens, cancellable, error);
  return generate_beams (self, MIN (n_beams, MOST_BEAMS), most_tokens, cancellable, error);
}

/* ---- words ---------------------------------------------------------------------------------------------------- */

static gboolean
is_special (const char *word)
{
  static const char * const special[] = { "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", NULL };

  return g_strv_contains (special, word);
}

char *
lk_blip_decode (LkBlip       *self,
                const gint32 *ids,
                guint         n)
{
  /* How transformers cleans up after a word-piece tokenizer. */
  static const char * const clean[][2] = {
    { " .", "." }, { " ?", "?" }, { " !", "!" }, { " ,", "," }, { " ' ", "'" }, { " n't", "n't" }, { " 'm", "'m" }, { " 's", "'s" },
    { " 've", "'ve" }, { " 're", "'re" },
  };
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    {
      const char *word = ids[i] >= 0 && (guint) ids[i] < self->n_words ? self->words[ids[i]] : NULL;

      /* Beyond vocab.txt lie the marks that BLIP adds: the decoder's and the encoder's. */
      if (word == NULL || is_special (word) || ids[i] == self->bos || ids[i] == self->eos || ids[i] == self->pad)
        continue;
      if (g_str_has_prefix (word, "##"))
        g_string_append (text, word + 2);
      else
        g_string_append_printf (text, "%s%s", text->len > 0 ? " " : "", word);
    }
  for (guint i = 0; i < G_N_ELEMENTS (clean); i++)
    g_string_replace (text, clean[i][0], clean[i][1], 0);
  return g_string_free (g_steal_pointer (&text), FALSE);
}
