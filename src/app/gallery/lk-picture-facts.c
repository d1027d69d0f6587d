#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/gallery/lk-decide.h"
#include "app/gallery/lk-picture-facts.h"
#include "app/widgets/lk-stars.h"
#include "base/lk-text.h"
#include "project/lk-prepare.h"

/* A little enlargement cannot be seen. */
#define VISIBLE_ENLARGEMENT 1.05

struct _LkPictureFacts
{
  AdwBin          parent_instance;

  LkWorkspace    *workspace;       /* owned */
  GPtrArray      *images;          /* owned; LkImages */
  gboolean        is_updating;

  AdwActionRow   *file_row;
  AdwActionRow   *size_row;
  AdwActionRow   *source_row;
  AdwActionRow   *subject_row;
  AdwActionRow   *sharpness_row;
  AdwActionRow   *trains_row;
  AdwComboRow    *shot_row;
  AdwPreferencesGroup *group;
  AdwPreferencesGroup *scores_group;
  AdwToggleGroup *state_group;
  GtkStack       *stack;
  LkStars        *stars;
};

G_DEFINE_FINAL_TYPE (LkPictureFacts, lk_picture_facts, ADW_TYPE_BIN)

char *
lk_describe_scale (double scale)
{
  if (scale > VISIBLE_ENLARGEMENT)
    return g_strdup_printf (_("Enlarged %.1f×: details will be soft"), scale);
  if (scale > 0.99)
    return g_strdup (_("As large as it is"));

  return g_strdup_printf (_("Reduced to %.0f %%"), 100 * scale);
}

/* ---- one picture -------------------------------------------------------------------------------------------- */

static void
set_value (AdwActionRow *row,
           char         *value)
{
  g_autofree char *owned = value;

  adw_action_row_set_subtitle (row, owned != NULL ? owned : "");
  gtk_widget_set_visible (GTK_WIDGET (row), owned != NULL);
}

static char *
describe_size (LkImage *image)
{
  g_autofree char *bytes = lk_text_format_bytes (lk_image_get_file_size (image));

  if (lk_image_get_width (image) == 0)
    return g_steal_pointer (&bytes);

  return g_strdup_printf (_("%u × %u px · %s"), lk_image_get_width (image), lk_image_get_height (image), bytes);
}

static char *
describe_training (LkPictureFacts *self,
                   LkImage        *image,
                   double         *subject_share)
{
  g_autofree char *scale = NULL;
  LkPreparePlan plan;

  *subject_share = -1;
  if (!lk_prepare_plan (lk_workspace_get_project (self->workspace), image, NULL, NULL, &plan))
    return NULL;

  *subject_share = plan.subject_share;
  scale = lk_describe_scale (plan.scale);
  return g_strdup_printf ("%u × %u px · %s", plan.target.width, plan.target.height, scale);
}

static char *
describe_sharpness (const LkScores *scores)
{
  if (scores == NULL || !scores->is_measured)
    return g_strdup (_("Not measured"));

  return g_strdup_printf ("%.0f", scores->sharpness);
}

static void
update_one (LkPictureFacts *self,
            LkImage        *image)
{
  double share;
  const char *source = lk_image_get_source (image);

  set_value (self->file_row, g_strdup (lk_image_get_name (image)));
  set_value (self->size_row, lk_image_get_trouble (image) != NULL ? g_strdup (lk_image_get_trouble (image)) : describe_size (image));
  set_value (self->trains_row, describe_training (self, image, &share));
  set_value (self->sharpness_row, describe_sharpness (lk_image_get_scores (image)));
  set_value (self->subject_row, share >= 0 ? g_strdup_printf (_("%.0f %% of the frame"), 100 * share) : g_strdup (_("Not measured")));
  set_value (self->source_row, source != NULL && *source != '\0' ? g_strdup (source) : NULL);
}

/* ---- all of them -------------------------------------------------------------------------------------------- */

/* The first entry says what holds without a choice. */
static void
update_shots (LkPictureFacts *self)
{
  g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);
  LkImage *first = g_ptr_array_index (self->images, 0);
  LkShot chosen = lk_image_get_chosen_shot (first);

  for (guint i = 1; i < self->images->len; i++)
    if (lk_image_get_chosen_shot (g_ptr_array_index (self->images, i)) != chosen)
      chosen = LK_N_SHOTS;

  if (self->images->len == 1 && chosen == LK_SHOT_NOT_SET && lk_image_get_shot (first) != LK_SHOT_NOT_SET)
    {
      g_autofree char *found = g_strdup_printf (_("%s (as found)"), lk_shot_get_name (lk_image_get_shot (first)));

      gtk_string_list_append (names, found);
    }
  else
    gtk_string_list_append (names, lk_shot_get_name (LK_SHOT_NOT_SET));
  for (guint i = 1; i < LK_N_SHOTS; i++)
    gtk_string_list_append (names, lk_shot_get_name (i));

  adw_combo_row_set_model (self->shot_row, G_LIST_MODEL (names));
  adw_combo_row_set_selected (self->shot_row, chosen < LK_N_SHOTS ? chosen : GTK_INVALID_LIST_POSITION);
}

static void
update_decisions (LkPictureFacts *self)
{
  LkImage *first = g_ptr_array_index (self->images, 0);
  LkState state = lk_image_get_state (first);
  guint rating = lk_image_get_rating (first);
  gboolean is_one_state = TRUE;

  for (guint i = 1; i < self->images->len; i++)
    {
      is_one_state &= lk_image_get_state (g_ptr_array_index (self->images, i)) == state;
      if (lk_image_get_rating (g_ptr_array_index (self->images, i)) != rating)
        rating = 0;
    }

  adw_toggle_group_set_active_name (self->state_group, is_one_state ? lk_state_get_id (state) : NULL);
  lk_stars_set_rating (self->stars, rating);
}

static void
update (LkPictureFacts *self)
{
  g_autofree char *title = NULL;

  if (self->workspace == NULL || self->images->len == 0)
    {
      gtk_stack_set_visible_child_name (self->stack, "none");
      return;
    }

  self->is_updating = TRUE;
  gtk_stack_set_visible_child_name (self->stack, "some");
  title = self->images->len == 1
          ? g_strdup (lk_image_get_stem (g_ptr_array_index (self->images, 0)))
          : g_strdup_printf (ngettext ("%u Picture", "%u Pictures", self->images->len), self->images->len);
  adw_preferences_group_set_title (self->group, title);
  gtk_widget_set_visible (GTK_WIDGET (self->scores_group), self->images->len == 1);
  if (self->images->len == 1)
    update_one (self, g_ptr_array_index (self->images, 0));
  update_shots (self);
  update_decisions (self);
  self->is_updating = FALSE;
}

/* ---- controls ----------------------------------------------------------------------------------------------- */

static void
shot_selected_cb (LkPictureFacts *self)
{
  guint selected = adw_combo_row_get_selected (self->shot_row);

  if (!self->is_updating && selected < LK_N_SHOTS)
    lk_decide_shot (self->workspace, self->images, selected);
}

static void
state_chosen_cb (LkPictureFacts *self)
{
  const char *name = adw_toggle_group_get_active_name (self->state_group);

  if (self->is_updating || name == NULL)
    return;

  for (LkState state = LK_STATE_UNDECIDED; state <= LK_STATE_REJECT; state++)
    if (g_str_equal (name, lk_state_get_id (state)))
      lk_decide_state (self->workspace, self->images, state);
}

static void
rated_cb (LkPictureFacts *self,
          guint           rating)
{
  lk_decide_rating (self->workspace, self->images, rating);
}

/* ---- widget ------------------------------------------------------------------------------------------------- */

void
lk_picture_facts_set_workspace (LkPictureFacts *self,
                                LkWorkspace    *workspace)
{
  gboolean is_writable = !lk_project_is_read_only (lk_workspace_get_project (workspace));

  g_return_if_fail (LK_IS_PICTURE_FACTS (self));

  g_set_object (&self->workspace, workspace);
  g_signal_connect_object (workspace, "changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  gtk_widget_set_sensitive (GTK_WIDGET (self->shot_row), is_writable);
  gtk_widget_set_sensitive (GTK_WIDGET (self->state_group), is_writable);
  gtk_widget_set_sensitive (GTK_WIDGET (self->stars), is_writable);
}

void
lk_picture_facts_set_images (LkPictureFacts *self,
                             GPtrArray      *images)
{
  g_return_if_fail (LK_IS_PICTURE_FACTS (self));

  g_ptr_array_ref (images);
  g_ptr_array_unref (self->images);
  self->images = images;
  update (self);
}

static void
lk_picture_facts_dispose (GObject *object)
{
  LkPictureFacts *self = LK_PICTURE_FACTS (object);

  adw_bin_set_child (ADW_BIN (self), NULL);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_PICTURE_FACTS);
  g_clear_object (&self->workspace);
  g_clear_pointer (&self->images, g_ptr_array_unref);

  G_OBJECT_CLASS (lk_picture_facts_parent_class)->dispose (object);
}

static void
lk_picture_facts_class_init (LkPictureFactsClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_picture_facts_dispose;

  g_type_ensure (LK_TYPE_STARS);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-picture-facts.ui");
  gtk_widget_class_bind_template_child (widget_class, LkPictureFacts, file_row);
  gtk_widget_class_bind_template_child (widget_class, LkPictureFacts, group);
  gtk_widget_class_bind_template_child (widget_class, LkPictureFacts, scores_group);
  gtk_widget_class_bind_template_child (widget_class, LkPictureFacts, sharpness_row);
  gtk_widget_class_bind_template_child (widget_class, LkPictureFacts, shot_row);
  gtk_widget_class_bind_template_child (widget_class, LkPictureFacts, size_row);
  gtk_widget_class_bind_template_child (widget_class, LkPictureFacts, source_row);
  gtk_widget_class_bind_template_child (widget_class, LkPictureFacts, stack);
  gtk_widget_class_bind_template_child (widget_class, LkPictureFacts, stars);
  gtk_widget_class_bind_template_child (widget_class, LkPictureFacts, state_group);
  gtk_widget_class_bind_template_child (widget_class, LkPictureFacts, subject_row);
  gtk_widget_class_bind_template_child (widget_class, LkPictureFacts, trains_row);
  gtk_widget_class_bind_template_callback (widget_class, rated_cb);
  gtk_widget_class_bind_template_callback (widget_class, shot_selected_cb);
  gtk_widget_class_bind_template_callback (widget_class, state_chosen_cb);
}

static void
lk_picture_facts_init (LkPictureFacts *self)
{
  self->images = g_ptr_array_new_with_free_func (g_object_unref);
  gtk_widget_init_template (GTK_WIDGET (self));
}
