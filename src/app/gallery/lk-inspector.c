#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/gallery/lk-coverage-row.h"
#include "app/gallery/lk-finding-row.h"
#include "app/gallery/lk-inspector.h"
#include "app/gallery/lk-picture-facts.h"

/* So many cases of one check are listed; the rest is counted. */
#define MAX_CASES 40

struct _LkInspector
{
  AdwBin               parent_instance;

  LkWorkspace         *workspace;       /* owned */
  LkCoverageRow       *shots[LK_N_SHOTS];
  GPtrArray           *rows;            /* owned array of the rows in the findings group */
  guint64              signature;       /* of the findings that they show */

  AdwPreferencesGroup *coverage_group;
  AdwPreferencesGroup *findings_group;
  GtkListBox          *coverage_list;
  LkPictureFacts      *facts;
};

G_DEFINE_FINAL_TYPE (LkInspector, lk_inspector, ADW_TYPE_BIN)

enum
{
  SELECT,
  FIX,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

/* ---- coverage ----------------------------------------------------------------------------------------------- */

static void
update_coverage (LkInspector *self)
{
  g_autofree char *places = NULL;
  LkCoverage coverage;

  lk_checks_get_coverage (lk_workspace_get_checks (self->workspace), &coverage);
  for (guint i = 0; i < LK_N_SHOTS; i++)
    lk_coverage_row_set_count (self->shots[i], coverage.counts[i]);
  gtk_widget_set_visible (GTK_WIDGET (self->shots[LK_SHOT_NOT_SET]), coverage.counts[LK_SHOT_NOT_SET] > 0);

  places = g_strdup_printf (_("%u outdoors, %u indoors · %u expressions · %u outfits"),
                            coverage.n_outdoors, coverage.n_indoors, coverage.n_expressions, coverage.n_outfits);
  adw_preferences_group_set_description (self->coverage_group, coverage.n_images > 0 ? places : NULL);
}

static void
coverage_activated_cb (LkInspector   *self,
                       LkCoverageRow *row)
{
  GListModel *images = lk_project_get_images (lk_workspace_get_project (self->workspace));
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < g_list_model_get_n_items (images); i++)
    {
      g_autoptr (LkImage) image = g_list_model_get_item (images, i);

      if (lk_image_is_counted (image) && lk_image_get_shot (image) == lk_coverage_row_get_shot (row))
        g_ptr_array_add (found, g_steal_pointer (&image));
    }
  if (found->len > 0)
    g_signal_emit (self, signals[SELECT], 0, found);
}

/* ---- findings ----------------------------------------------------------------------------------------------- */

static void
show_cb (LkInspector  *self,
         LkFindingRow *row)
{
  g_signal_emit (self, signals[SELECT], 0, lk_finding_get_images (lk_finding_row_get_finding (row)));
}

static void
fix_cb (LkInspector  *self,
        LkFindingRow *row)
{
  g_signal_emit (self, signals[FIX], 0, lk_finding_row_get_finding (row));
}

static GtkWidget *
make_row (LkInspector *self,
          LkFinding   *finding)
{
  LkFindingRow *row = lk_finding_row_new (finding);

  g_signal_connect_object (row, "show-pictures", G_CALLBACK (show_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (row, "fix", G_CALLBACK (fix_cb), self, G_CONNECT_SWAPPED);

  return GTK_WIDGET (row);
}

/* The cases of a check are made when its row opens for the first time. */
static void
expanded_cb (LkInspector    *self,
             GParamSpec     *pspec,
             AdwExpanderRow *expander)
{
  GPtrArray *cases = g_object_get_data (G_OBJECT (expander), "cases");

  if (cases == NULL)
    return;

  for (guint i = 0; i < MIN (cases->len, MAX_CASES); i++)
    adw_expander_row_add_row (expander, make_row (self, g_ptr_array_index (cases, i)));
  if (cases->len > MAX_CASES)
    {
      g_autofree char *more = g_strdup_printf (ngettext ("and %u more", "and %u more", cases->len - MAX_CASES), cases->len - MAX_CASES);
      GtkWidget *row = adw_action_row_new ();

      adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), more);
      adw_expander_row_add_row (expander, row);
    }
  g_object_set_data (G_OBJECT (expander), "cases", NULL);
}

/* One case: its row. Several: a row that opens. */
static GtkWidget *
make_rows (LkInspector *self,
           GPtrArray   *cases)
{
  const LkCheck *check = lk_finding_get_check (g_ptr_array_index (cases, 0));
  g_autofree char *count = NULL;
  GtkWidget *expander;

  if (cases->len == 1)
    return make_row (self, g_ptr_array_index (cases, 0));

  count = g_strdup_printf (ngettext ("%u case", "%u cases", cases->len), cases->len);
  expander = adw_expander_row_new ();
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (expander), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (expander), check->title);
  adw_expander_row_set_subtitle (ADW_EXPANDER_ROW (expander), count);
  gtk_widget_set_tooltip_text (expander, check->why);
  g_object_set_data_full (G_OBJECT (expander), "cases", g_ptr_array_ref (cases), (GDestroyNotify) g_ptr_array_unref);
  g_signal_connect_object (expander, "notify::expanded", G_CALLBACK (expanded_cb), self, G_CONNECT_SWAPPED);

  return expander;
}

static void
add_findings_row (LkInspector *self,
                  GtkWidget   *row)
{
  adw_preferences_group_add (self->findings_group, row);
  g_ptr_array_add (self->rows, row);
}

static GtkWidget *
make_captions_row (guint n_findings)
{
  GtkWidget *row = adw_action_row_new ();
  g_autofree char *title = g_strdup_printf (ngettext ("%u finding in captions", "%u findings in captions", n_findings), n_findings);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), TRUE);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (row), "project.show-page");
  gtk_actionable_set_action_target (GTK_ACTIONABLE (row), "s", "captions");
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), gtk_image_new_from_icon_name ("go-next-symbolic"));

  return row;
}

/* Tells one list of findings from another: the checks run after every change, and mostly find the same. */
static guint64
get_signature (GListModel *findings)
{
  guint64 signature = g_list_model_get_n_items (findings);

  for (guint i = 0; i < g_list_model_get_n_items (findings); i++)
    {
      g_autoptr (LkFinding) finding = g_list_model_get_item (findings, i);
      GPtrArray *images = lk_finding_get_images (finding);

      signature = signature * 31 + g_str_hash (lk_finding_get_sentence (finding));
      for (guint j = 0; j < images->len; j++)
        signature = signature * 31 + lk_image_get_id (g_ptr_array_index (images, j));
    }

  return signature;
}

static void
update_findings (LkInspector *self)
{
  GListModel *findings = lk_workspace_get_findings (self->workspace);
  g_autoptr (GHashTable) of_check = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_ptr_array_unref);
  g_autoptr (GPtrArray) groups = g_ptr_array_new ();
  guint64 signature = get_signature (findings);
  guint n_caption_findings = 0;

  if (signature == self->signature && self->rows->len > 0)
    return;
  self->signature = signature;

  for (guint i = 0; i < self->rows->len; i++)
    adw_preferences_group_remove (self->findings_group, g_ptr_array_index (self->rows, i));
  g_ptr_array_set_size (self->rows, 0);

  /* Cases of one check stand together; the first one gives the place. */
  for (guint i = 0; i < g_list_model_get_n_items (findings); i++)
    {
      g_autoptr (LkFinding) finding = g_list_model_get_item (findings, i);
      const LkCheck *check = lk_finding_get_check (finding);
      GPtrArray *cases = g_hash_table_lookup (of_check, check);

      if (check->is_caption)
        {
          n_caption_findings++;
          continue;
        }
      if (cases == NULL)
        {
          cases = g_ptr_array_new_with_free_func (g_object_unref);
          g_hash_table_insert (of_check, (gpointer) check, cases);
          g_ptr_array_add (groups, cases);
        }
      g_ptr_array_add (cases, g_steal_pointer (&finding));
    }

  for (guint i = 0; i < groups->len; i++)
    add_findings_row (self, make_rows (self, g_ptr_array_index (groups, i)));
  if (n_caption_findings > 0)
    add_findings_row (self, make_captions_row (n_caption_findings));

  adw_preferences_group_set_description (self->findings_group,
                                         groups->len > 0 ? NULL
                                         : lk_project_get_n_images (lk_workspace_get_project (self->workspace)) > 0
                                         ? _("Nothing to complain about in the pictures.")
                                         : _("What could be better shows here once there are pictures."));
}

static void
checked_cb (LkInspector *self)
{
  update_coverage (self);
  update_findings (self);
}

/* ---- widget ------------------------------------------------------------------------------------------------- */

void
lk_inspector_set_images (LkInspector *self,
                         GPtrArray   *images)
{
  g_return_if_fail (LK_IS_INSPECTOR (self));

  lk_picture_facts_set_images (self->facts, images);
}

static void
lk_inspector_dispose (GObject *object)
{
  LkInspector *self = LK_INSPECTOR (object);

  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_INSPECTOR);
  g_clear_object (&self->workspace);
  g_clear_pointer (&self->rows, g_ptr_array_unref);

  G_OBJECT_CLASS (lk_inspector_parent_class)->dispose (object);
}

static void
lk_inspector_class_init (LkInspectorClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_inspector_dispose;

  signals[SELECT] = g_signal_new ("select", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_PTR_ARRAY);
  signals[FIX] = g_signal_new ("fix", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                               G_TYPE_NONE, 1, LK_TYPE_FINDING);

  g_type_ensure (LK_TYPE_PICTURE_FACTS);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-inspector.ui");
  gtk_widget_class_bind_template_child (widget_class, LkInspector, coverage_group);
  gtk_widget_class_bind_template_child (widget_class, LkInspector, coverage_list);
  gtk_widget_class_bind_template_child (widget_class, LkInspector, facts);
  gtk_widget_class_bind_template_child (widget_class, LkInspector, findings_group);
  gtk_widget_class_bind_template_callback (widget_class, coverage_activated_cb);
}

static void
lk_inspector_init (LkInspector *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));

  self->rows = g_ptr_array_new ();
  /* The plan's types in its order, what is not set last. */
  for (guint i = 1; i <= LK_N_SHOTS; i++)
    {
      LkShot shot = i % LK_N_SHOTS;

      self->shots[shot] = lk_coverage_row_new (shot);
      gtk_list_box_append (self->coverage_list, GTK_WIDGET (self->shots[shot]));
    }
}

LkInspector *
lk_inspector_new (LkWorkspace *workspace)
{
  LkInspector *self = g_object_new (LK_TYPE_INSPECTOR, NULL);

  self->workspace = g_object_ref (workspace);
  lk_picture_facts_set_workspace (self->facts, workspace);
  g_signal_connect_object (workspace, "checked", G_CALLBACK (checked_cb), self, G_CONNECT_SWAPPED);
  if (lk_workspace_has_checked (workspace))
    checked_cb (self);

  return self;
}
