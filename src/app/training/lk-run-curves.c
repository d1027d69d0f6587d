#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>
#include <math.h>

#include "app/training/lk-run-curves.h"

#define SMOOTHING 0.97          /* about the last thirty steps */

LkRunCurves *
lk_run_curves_new (void)
{
  LkRunCurves *curves = g_new0 (LkRunCurves, 1);

  curves->loss = lk_series_new (_("Loss"), "");
  curves->smoothed = lk_series_new_smoothed (curves->loss, SMOOTHING);
  curves->trained = lk_series_new (_("Loss on fixed noise"), "");
  curves->held_out = lk_series_new (_("Loss on held-out pictures"), "");
  curves->learning_rate = lk_series_new (_("Learning rate"), "");
  curves->grad_norm = lk_series_new (_("Gradient norm"), "");
  curves->seconds = lk_series_new (_("Step time"), "s");
  curves->memory = lk_series_new (_("Memory"), "GB");
  return curves;
}

void
lk_run_curves_free (LkRunCurves *curves)
{
  g_object_unref (curves->loss);
  g_object_unref (curves->smoothed);
  g_object_unref (curves->trained);
  g_object_unref (curves->held_out);
  g_object_unref (curves->learning_rate);
  g_object_unref (curves->grad_norm);
  g_object_unref (curves->seconds);
  g_object_unref (curves->memory);
  g_free (curves);
}

void
lk_run_curves_append (LkRunCurves    *curves,
                      const LkMetric *metrics,
                      guint           n)
{
  g_autofree LkPoint *points = g_new (LkPoint, MAX (n, 1));
  const struct { LkSeries *series; gsize offset; double unit; } all[] = {
    { curves->loss, G_STRUCT_OFFSET (LkMetric, loss), 1 },
    { curves->learning_rate, G_STRUCT_OFFSET (LkMetric, learning_rate), 1 },
    { curves->grad_norm, G_STRUCT_OFFSET (LkMetric, grad_norm), 1 },
    { curves->seconds, G_STRUCT_OFFSET (LkMetric, seconds), 1 },
    { curves->memory, G_STRUCT_OFFSET (LkMetric, memory), 1e9 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    {
      for (guint j = 0; j < n; j++)
        points[j] = (LkPoint) { metrics[j].step, (float) (G_STRUCT_MEMBER (double, &metrics[j], all[i].offset) / all[i].unit) };
      lk_series_append (all[i].series, points, n);
    }
}

void
lk_run_curves_append_mark (LkRunCurves            *curves,
                           const LkValidationMark *mark)
{
  const LkPoint trained = { mark->step, (float) mark->trained }, held_out = { mark->step, (float) mark->held_out };

  if (isfinite (mark->trained))
    lk_series_append (curves->trained, &trained, 1);
  if (isfinite (mark->held_out))
    lk_series_append (curves->held_out, &held_out, 1);
}

double
lk_run_curves_get_step_time (LkRunCurves *curves)
{
  float last[31];
  gsize n = lk_series_get_n_points (curves->seconds), count = MIN (n, G_N_ELEMENTS (last));

  if (count == 0)
    return 0;
  for (gsize i = 0; i < count; i++)
    {
      float value = lk_series_get_point (curves->seconds, n - count + i).y;
      gsize j = i;

      for (; j > 0 && last[j - 1] > value; j--)
        last[j] = last[j - 1];
      last[j] = value;
    }
  return last[count / 2];
}
