#define G_LOG_DOMAIN "likeness-train"

#include "config.h"

#include <glib/gi18n.h>
#include <math.h>
#include <stdlib.h>

#include "train/lk-verdict.h"

#define LEAST_MARKS 5
#define LEAST_SHARE 0.2         /* of the run */
#define FLAT_SHARE 0.25         /* of the steps so far without a gain is flat */
#define JITTERS 3               /* a change of fewer deviations is none */
#define LEAST_CHANGE 0.01       /* of the level: below it nobody sees a difference */
#define LEAST_RISE 0.03        /* of the level: a loss that wobbles by less has not turned */
#define FEWER_STEPS 0.75        /* design: 20 to 30 % fewer */

static int
compare (gconstpointer a,
         gconstpointer b)
{
  double first = *(const double *) a, second = *(const double *) b;

  return (first > second) - (first < second);
}

/* Sorts. */
static double
median (double *values,
        guint   n)
{
  qsort (values, n, sizeof (double), compare);
  return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static void
smooth (const double *y,
        guint         n,
        double       *out)
{
  for (guint i = 0; i < n; i++)
    {
      double three[3] = { y[i > 0 ? i - 1 : 0], y[i], y[MIN (i + 1, n - 1)] };

      out[i] = median (three, 3);
    }
}

/* The deviation of the curve's jitter: second differences of a smooth curve are small, those of white noise are √6 deviations long; the
 * median of their sizes is 0.6745 of that. */
static double
find_jitter (const double *y,
             guint         n)
{
  g_autofree double *sizes = g_new (double, n);

  for (guint i = 1; i + 1 < n; i++)
    sizes[i - 1] = fabs (y[i - 1] - 2 * y[i] + y[i + 1]);
  return n < 3 ? 0 : median (sizes, n - 2) / (0.6745 * sqrt (6));
}

static guint
find_lowest (const double *y,
             guint         n)
{
  guint lowest = 0;

  for (guint i = 1; i < n; i++)
    if (y[i] < y[lowest])
      lowest = i;
  return lowest;
}

/* A curve and what counts on it. */
typedef struct
{
  guint         n;
  const double *values;
  double       *smoothed;       /* owned */
  double        jitter;         /* its deviation */
  double        change;         /* the least difference that counts */
} Curve;

static void
curve_init (Curve        *curve,
            const double *y,
            guint         n)
{
  curve->n = n;
  curve->values = y;
  curve->smoothed = g_new (double, n);
  smooth (y, n, curve->smoothed);
  curve->jitter = find_jitter (y, n);
  /* The median of three has about 0.67 of the jitter; two of them are compared. */
  curve->change = MAX (JITTERS * 0.67 * M_SQRT2 * curve->jitter, LEAST_CHANGE * fabs (curve->smoothed[n - 1]));
}

/* It rises since this measurement; `n`: it does not. The last three must all be above the lowest one. */
static guint
find_rise (const Curve *curve)
{
  guint lowest = find_lowest (curve->smoothed, curve->n);

  if (lowest + 3 >= curve->n)
    return curve->n;
  for (guint i = curve->n - 3; i < curve->n; i++)
    if (curve->smoothed[i] < curve->smoothed[lowest] + MAX (curve->change, LEAST_RISE * fabs (curve->smoothed[lowest])))
      return curve->n;
  /* The median moves a turning point by one. */
  return MAX (lowest, 1) - 1 + find_lowest (curve->values + MAX (lowest, 1) - 1, 3);
}

/* The first measurement that none of the later ones undercuts by what counts. */
static guint
find_floor (const Curve *curve)
{
  double lowest = curve->smoothed[curve->n - 1];
  guint first = curve->n - 1;

  for (guint i = curve->n; i-- > 0;)
    {
      lowest = MIN (lowest, curve->smoothed[i]);
      if (curve->smoothed[i] - lowest > curve->change)
        break;
      first = i;
    }
  return first;
}

/* A fall that is too slow to show between two points may show in a straight line through all from `first` on: more than twice the
 * deviation that jitter gives to such a line, and more than anybody would miss. */
static gboolean
falls_slowly (const Curve *curve,
              guint        first)
{
  guint n = curve->n - first;
  double mean = 0, product = 0, square = 0, fall;

  for (guint i = first; i < curve->n; i++)
    mean += curve->values[i] / n;
  for (guint i = first; i < curve->n; i++)
    {
      double x = i - first - (n - 1) / 2.;

      product += x * (curve->values[i] - mean);
      square += x * x;
    }
  fall = square > 0 ? -product / square * (n - 1) : 0;
  return fall > LEAST_CHANGE * fabs (mean) && fall > 2 * curve->jitter * (n - 1) / sqrt (square);
}

LkVerdict
lk_verdict_find (const LkValidationMark *marks,
                 guint                   n_marks,
                 guint                   n_steps)
{
  g_autofree double *trained = g_new (double, n_marks + 1), *held_out = g_new (double, n_marks + 1);
  guint n = 0, n_held = 0, last = n_marks > 0 ? marks[n_marks - 1].step : 0;
  g_autofree guint *steps = g_new (guint, n_marks + 1), *held_steps = g_new (guint, n_marks + 1);
  LkVerdict verdict = { LK_VERDICT_TOO_EARLY };
  Curve curve = { 0 }, held_curve = { 0 };
  guint at;

  for (guint i = 0; i < n_marks; i++)
    {
      if (isfinite (marks[i].trained))
        {
          steps[n] = marks[i].step;
          trained[n++] = marks[i].trained;
        }
      if (isfinite (marks[i].held_out))
        {
          held_steps[n_held] = marks[i].step;
          held_out[n_held++] = marks[i].held_out;
        }
    }
  if (n == 0)
    return verdict;
  verdict.best_step = n_held > 0 ? held_steps[find_lowest (held_out, n_held)] : steps[find_lowest (trained, n)];
  verdict.gain = trained[0] > 0 ? 1 - trained[n - 1] / trained[0] : 0;
  if (n < LEAST_MARKS || last < LEAST_SHARE * n_steps)
    return verdict;

  curve_init (&curve, trained, n);
  if (n_held >= LEAST_MARKS)
    {
      curve_init (&held_curve, held_out, n_held);
      at = find_rise (&held_curve);
      if (at < n_held)
        {
          verdict.kind = LK_VERDICT_OVERFITTING;
          verdict.since = held_steps[at];
          verdict.retrain_steps = MAX (1, (guint) (FEWER_STEPS * last + 0.5));
        }
    }
  if (verdict.kind == LK_VERDICT_TOO_EARLY)
    {
      guint rise = find_rise (&curve), floor = find_floor (&curve);

      if (rise < n)
        {
          verdict.kind = LK_VERDICT_WORSE;
          verdict.since = steps[rise];
        }
      else if (floor + 3 < n && last - steps[floor] >= FLAT_SHARE * last && !falls_slowly (&curve, floor))
        {
          verdict.kind = LK_VERDICT_FLAT;
          verdict.since = steps[floor];
        }
      else
        verdict.kind = LK_VERDICT_IMPROVING;
    }
  g_free (curve.smoothed);
  g_free (held_curve.smoothed);
  return verdict;
}

char *
lk_verdict_dup_sentence (const LkVerdict *verdict)
{
  switch (verdict->kind)
    {
    case LK_VERDICT_IMPROVING:
      return g_strdup (_("Still improving"));
    case LK_VERDICT_FLAT:
      return g_strdup_printf (_("Flat since step %u"), verdict->since);
    case LK_VERDICT_WORSE:
      return g_strdup_printf (_("Getting worse since step %u"), verdict->since);
    case LK_VERDICT_OVERFITTING:
      return g_strdup_printf (_("Validation rising since step %u: likely overfitting"), verdict->since);
    case LK_VERDICT_TOO_EARLY:
    default:
      return g_strdup (_("Too early to say"));
    }
}

char *
lk_verdict_dup_why (const LkVerdict *verdict,
                    gboolean         has_held_out,
                    gboolean         is_running)
{
  GString *why = g_string_new (NULL);

  switch (verdict->kind)
    {
    case LK_VERDICT_IMPROVING:
      g_string_append_printf (why, _("On always the same noise the loss is %.0f %% lower than at the start."), 100 * verdict->gain);
      break;
    case LK_VERDICT_FLAT:
      g_string_append (why, is_running ? _("More steps change little now: you may stop, and test the LoRA.")
                                       : _("The steps after that changed little: a shorter run would have done."));
      break;
    case LK_VERDICT_WORSE:
      g_string_append (why, _("The loss on the run’s own pictures rises: the learning rate is too high. Half of it is worth a try."));
      break;
    case LK_VERDICT_OVERFITTING:
      g_string_append_printf (why, is_running ? _("Pictures that it does not train on get worse. Stop, or retrain with 25 %% fewer steps; the best so far is step %u.")
                                              : _("Pictures that it does not train on got worse. Retrain with 25 %% fewer steps, or use the checkpoint of about step %u."),
                              verdict->best_step);
      break;
    case LK_VERDICT_TOO_EARLY:
    default:
      g_string_append (why, _("It takes five measurements and a fifth of the run."));
      break;
    }
  if (!has_held_out && verdict->kind != LK_VERDICT_TOO_EARLY)
    g_string_append_printf (why, " %s", _("Nothing can be said of overfitting: no pictures are held out."));
  return g_string_free (why, FALSE);
}
