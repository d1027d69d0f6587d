#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>
#include <math.h>

#include "app/training/lk-run-insight.h"
#include "app/widgets/lk-bars.h"

#define MOST_PICTURES 40        /* bars, the worst first */
#define MOST_MODULES 3          /* that are named in a row */

struct _LkRunInsight
{
  AdwBin            parent_instance;

  guint             shown;      /* serial of the facts that are shown; 0: none */
  gboolean          was_active;
  guint             retrain_steps, best_step;

  LkBars           *pictures;
  AdwExpanderRow   *pictures_row;
  GtkWidget        *remedies;
  AdwActionRow     *stuck;
  LkBars           *timesteps;
  AdwExpanderRow   *timesteps_row;
  GtkButton        *use_best;
  AdwActionRow     *verdict;
  GtkImage         *verdict_icon;
  LkBars           *weights;
  AdwExpanderRow   *weights_row;
  AdwActionRow     *zero;
};

G_DEFINE_FINAL_TYPE (LkRunInsight, lk_run_insight, ADW_TYPE_BIN)

enum { RETRAIN, USE_STEP, N_SIGNALS };

static guint signals[N_SIGNALS];

/* ---- verdict --------------------------------------------------------------------------------------------------- */

static void
show_verdict (LkRunInsight     *self,
              const LkRunFacts *facts,
              gboolean          is_active)
{
  const LkVerdict *verdict = &facts->verdict;
  gboolean is_bad = verdict->kind == LK_VERDICT_OVERFITTING || verdict->kind == LK_VERDICT_WORSE;
  g_autofree char *sentence = lk_verdict_dup_sentence (verdict), *why = lk_verdict_dup_why (verdict, facts->has_held_out, is_active);

  if (!facts->is_measured)
    {
      adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->verdict), _("No verdict"));
      adw_action_row_set_subtitle (self->verdict, _("This run does not measure itself: the loss of single steps says too little. Set Measure Every for the next one."));
    }
  else
    {
      adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->verdict), sentence);
      adw_action_row_set_subtitle (self->verdict, why);
    }
  gtk_image_set_from_icon_name (self->verdict_icon, is_bad ? "dialog-warning-symbolic" : "dialog-information-symbolic");
  self->retrain_steps = facts->is_measured ? verdict->retrain_steps : 0;
  self->best_step = verdict->best_step;
  gtk_widget_set_visible (self->remedies, self->retrain_steps > 0);
  if (self->retrain_steps > 0)
    {
      g_autofree char *label = g_strdup_printf (_("Use Step %u"), self->best_step);

      gtk_button_set_label (self->use_best, label);
    }
}

static void
retrain_cb (LkRunInsight *self)
{
  g_signal_emit (self, signals[RETRAIN], 0, self->retrain_steps);
}

static void
use_best_cb (LkRunInsight *self)
{
  g_signal_emit (self, signals[USE_STEP], 0, self->best_step);
}

/* ---- pictures, timesteps, blocks ------------------------------------------------------------------------------- */

static void
show_pictures (LkRunInsight     *self,
               const LkRunFacts *facts)
{
  const char *stuck = NULL;
  guint n_stuck = 0;
  double most = facts->pictures->len > 0 ? g_array_index (facts->pictures, LkInsightPicture, 0).relative : 1;

  lk_bars_clear (self->pictures);
  for (guint i = 0; i < facts->pictures->len; i++)
    {
      const LkInsightPicture *picture = &g_array_index (facts->pictures, LkInsightPicture, i);
      const char *name = g_ptr_array_index (facts->names, picture->item);
      g_autofree char *value = g_strdup_printf ("%.2f", picture->relative);

      if (picture->is_stuck)
        {
          stuck = stuck != NULL ? stuck : name;
          n_stuck++;
        }
      if (i < MOST_PICTURES)
        lk_bars_add (self->pictures, name, picture->relative / MAX (most, 1e-9), value, picture->is_stuck ? _("hardly learned") : NULL);
    }

  gtk_widget_set_visible (GTK_WIDGET (self->pictures_row), facts->pictures->len > 0);
  gtk_widget_set_visible (GTK_WIDGET (self->stuck), n_stuck > 0);
  if (n_stuck > 0)
    {
      g_autofree char *title = n_stuck == 1
        ? g_strdup_printf (_("“%s” is hardly learned"), stuck)
        : g_strdup_printf (ngettext ("“%s” and %u other are hardly learned", "“%s” and %u others are hardly learned", n_stuck - 1), stuck, n_stuck - 1);

      adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->stuck), title);
    }
}

static void
show_timesteps (LkRunInsight     *self,
                const LkRunFacts *facts)
{
  double most = 0;

  lk_bars_clear (self->timesteps);
  for (guint i = 0; i < LK_INSIGHT_BUCKETS; i++)
    if (isfinite (facts->buckets[i].last))
      most = MAX (most, facts->buckets[i].last);
  for (guint i = 0; i < LK_INSIGHT_BUCKETS; i++)
    {
      const LkInsightBucket *bucket = &facts->buckets[i];
      g_autofree char *name = g_strdup_printf ("%u–%u", 100 * i, 100 * i + 99);
      g_autofree char *value = isfinite (bucket->last) ? g_strdup_printf ("%.4f", bucket->last) : g_strdup ("–");

      lk_bars_add (self->timesteps, name, isfinite (bucket->last) && most > 0 ? bucket->last / most : 0, value, NULL);
    }
  gtk_widget_set_visible (GTK_WIDGET (self->timesteps_row), most > 0);
}

static void
show_weights (LkRunInsight     *self,
              const LkRunFacts *facts)
{
  const cJSON *blocks = facts->weights != NULL ? lk_json_get_object (facts->weights, "blocks") : NULL;
  const cJSON *zero = facts->weights != NULL ? lk_json_get_array (facts->weights, "zero") : NULL, *item;
  guint n_zero = zero != NULL ? (guint) cJSON_GetArraySize (zero) : 0, named = 0;
  double most = 0;

  lk_bars_clear (self->weights);
  cJSON_ArrayForEach (item, blocks)
    most = MAX (most, item->valuedouble);
  cJSON_ArrayForEach (item, blocks)
    {
      g_autofree char *value = g_strdup_printf ("%.3g", item->valuedouble);

      lk_bars_add (self->weights, item->string, most > 0 ? item->valuedouble / most : 0, value, item->valuedouble == 0 ? _("unchanged") : NULL);
    }
  gtk_widget_set_visible (GTK_WIDGET (self->weights_row), blocks != NULL);

  gtk_widget_set_visible (GTK_WIDGET (self->zero), n_zero > 0);
  if (n_zero > 0)
    {
      g_autofree char *title = g_strdup_printf (ngettext ("%u module has learned nothing", "%u modules have learned nothing", n_zero), n_zero);
      g_autoptr (GString) names = g_string_new (NULL);

      cJSON_ArrayForEach (item, zero)
        if (cJSON_IsString (item) && named++ < MOST_MODULES)
          g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", item->valuestring);
      if (n_zero > MOST_MODULES)
        g_string_append (names, ", …");
      adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->zero), title);
      adw_action_row_set_subtitle (self->zero, names->str);
    }
}

void
lk_run_insight_update (LkRunInsight  *self,
                       LkTrainingRun *run)
{
  const LkRunFacts *facts = lk_training_run_get_facts (run);
  gboolean is_active = lk_training_run_is_active (run);

  g_return_if_fail (LK_IS_RUN_INSIGHT (self));

  gtk_widget_set_visible (GTK_WIDGET (self), facts != NULL && lk_training_run_get_step (run) > 0);
  if (facts == NULL || (facts->serial == self->shown && is_active == self->was_active))
    return;

  self->shown = facts->serial;
  self->was_active = is_active;
  show_verdict (self, facts, is_active);
  show_pictures (self, facts);
  show_timesteps (self, facts);
  show_weights (self, facts);
}

/* ---- widget ---------------------------------------------------------------------------------------------------- */

static void
lk_run_insight_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), LK_TYPE_RUN_INSIGHT);

  G_OBJECT_CLASS (lk_run_insight_parent_class)->dispose (object);
}

static void
lk_run_insight_class_init (LkRunInsightClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_run_insight_dispose;

  signals[RETRAIN] = g_signal_new ("retrain", LK_TYPE_RUN_INSIGHT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
  signals[USE_STEP] = g_signal_new ("use-step", LK_TYPE_RUN_INSIGHT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);

  g_type_ensure (LK_TYPE_BARS);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-run-insight.ui");
  gtk_widget_class_bind_template_child (widget_class, LkRunInsight, pictures);
  gtk_widget_class_bind_template_child (widget_class, LkRunInsight, pictures_row);
  gtk_widget_class_bind_template_child (widget_class, LkRunInsight, remedies);
  gtk_widget_class_bind_template_child (widget_class, LkRunInsight, stuck);
  gtk_widget_class_bind_template_child (widget_class, LkRunInsight, timesteps);
  gtk_widget_class_bind_template_child (widget_class, LkRunInsight, timesteps_row);
  gtk_widget_class_bind_template_child (widget_class, LkRunInsight, use_best);
  gtk_widget_class_bind_template_child (widget_class, LkRunInsight, verdict);
  gtk_widget_class_bind_template_child (widget_class, LkRunInsight, verdict_icon);
  gtk_widget_class_bind_template_child (widget_class, LkRunInsight, weights);
  gtk_widget_class_bind_template_child (widget_class, LkRunInsight, weights_row);
  gtk_widget_class_bind_template_child (widget_class, LkRunInsight, zero);
  gtk_widget_class_bind_template_callback (widget_class, retrain_cb);
  gtk_widget_class_bind_template_callback (widget_class, use_best_cb);
}

static void
lk_run_insight_init (LkRunInsight *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  lk_bars_set_title (self->pictures, _("Loss of Each Picture"));
  lk_bars_set_title (self->timesteps, _("Loss by Timestep"));
  lk_bars_set_title (self->weights, _("Change of Each Block"));
}
