#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/grids/lk-axis-popover.h"
#include "app/grids/lk-cell-viewer.h"
#include "app/grids/lk-grids-page.h"
#include "app/grids/lk-new-grid-dialog.h"
#include "app/grids/lk-new-grid.h"

#define ZOOM_STEP 1.25

struct _LkGridsPage
{
  AdwBin              parent_instance;

  LkWorkspace        *workspace;    /* owned */
  GListStore         *grids;        /* owned: LkTestGrid, newest first */
  LkTestGrid         *grid;         /* owned: the one that is shown; NULL: none */
  GSignalGroup       *signals;      /* owned: of the grid */
  GPtrArray          *chips;        /* LkAxisPopovers, an axis each; owned */
  char               *axes;         /* owned: what the chips were made for */
  guint               cell, before; /* with the cursor, and the one before it */

  GtkMenuButton      *add_axis;
  LkGridCanvas       *canvas;
  AdwWrapBox         *chip_box;
  GtkButton          *draw;
  GtkDropDown        *choice;
  GtkButton          *pause;
  GtkProgressBar     *progress;
  GtkStack           *stack;
  GtkStack           *title_stack;
  GtkLabel           *words;
};

G_DEFINE_FINAL_TYPE (LkGridsPage, lk_grids_page, ADW_TYPE_BIN)

LkTestGrid *
lk_grids_page_get_grid (LkGridsPage *self)
{
  return self->grid;
}

LkGridCanvas *
lk_grids_page_get_canvas (LkGridsPage *self)
{
  return self->canvas;
}

/* ---- axes ------------------------------------------------------------------------------------------------------ */

static GtkWidget *
make_chip (LkGridsPage *self,
           guint        axis)
{
  GtkWidget *button = gtk_menu_button_new ();
  LkAxisPopover *popover = lk_axis_popover_new (self->grid, axis);

  gtk_menu_button_set_popover (GTK_MENU_BUTTON (button), GTK_WIDGET (popover));
  gtk_widget_add_css_class (button, "flat");
  g_ptr_array_add (self->chips, g_object_ref (popover));
  return button;
}

static void
update_add_menu (LkGridsPage *self,
                 LkGrid      *grid)
{
  g_autoptr (GMenu) menu = g_menu_new ();

  for (guint kind = 0; kind < LK_N_AXES; kind++)
    if (lk_grid_find_axis (grid, kind) == lk_grid_get_n_axes (grid))
      {
        g_autoptr (GMenuItem) item = g_menu_item_new (lk_axis_get_title (kind), NULL);

        g_menu_item_set_action_and_target (item, "grids.add-axis", "s", lk_axis_get_id (kind));
        g_menu_append_item (menu, item);
      }
  gtk_menu_button_set_menu_model (self->add_axis, G_MENU_MODEL (menu));
  gtk_widget_set_visible (GTK_WIDGET (self->add_axis), g_menu_model_get_n_items (G_MENU_MODEL (menu)) > 0);
}

/* Chips are made anew when axes come, go or change places; else only their words are, and an open one stays open. */
static void
update_chips (LkGridsPage *self)
{
  LkGrid *grid = self->grid != NULL ? lk_test_grid_get_grid (self->grid) : NULL;
  g_autoptr (GString) axes = g_string_new (NULL);
  GtkWidget *child;

  g_string_append_printf (axes, "%p", (gpointer) self->grid);
  for (guint i = 0; grid != NULL && i < lk_grid_get_n_axes (grid); i++)
    g_string_append_printf (axes, " %s", lk_axis_get_id (lk_grid_get_axis (grid, i)));
  if (g_set_str (&self->axes, axes->str))
    {
      g_ptr_array_set_size (self->chips, 0);
      while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->chip_box))) != NULL)
        adw_wrap_box_remove (self->chip_box, child);
      for (guint i = 0; grid != NULL && i < lk_grid_get_n_axes (grid); i++)
        adw_wrap_box_append (self->chip_box, make_chip (self, i));
    }

  child = gtk_widget_get_first_child (GTK_WIDGET (self->chip_box));
  for (guint i = 0; i < self->chips->len && child != NULL; i++)
    {
      g_autofree char *title = lk_axis_popover_dup_title (grid, i);

      if (g_strcmp0 (gtk_menu_button_get_label (GTK_MENU_BUTTON (child)), title) != 0)
        {
          gtk_menu_button_set_label (GTK_MENU_BUTTON (child), title);
          lk_axis_popover_update (self->chips->pdata[i]);
        }
      child = gtk_widget_get_next_sibling (child);
    }
  if (grid != NULL)
    update_add_menu (self, grid);
}

/* What all cells have now is the first value. */
static char *
dup_value (const LkRecipe *recipe,
           LkAxisKind      kind)
{
  const LkRecipeLora *lora = recipe->loras->len > 0 ? recipe->loras->pdata[0] : NULL;
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  switch (kind)
    {
    case LK_AXIS_STRENGTH:
      return g_strdup (g_ascii_formatd (text, sizeof text, "%.6g", lora != NULL ? lora->unet_strength : 1));
    case LK_AXIS_PROMPT:
      return g_strdup (recipe->prompt);
    case LK_AXIS_BASE:
      return g_strdup (recipe->base);
    case LK_AXIS_LORA:
      return g_strdup (lora != NULL ? lora->path : "");
    case LK_AXIS_SEED:
      return g_strdup_printf ("%" G_GUINT64_FORMAT, recipe->seed);
    case LK_AXIS_STEPS:
      return g_strdup_printf ("%u", recipe->n_steps);
    case LK_AXIS_CFG:
      return g_strdup (g_ascii_formatd (text, sizeof text, "%.6g", recipe->cfg));
    case LK_AXIS_SAMPLER:
      return g_strdup (lk_sampler_get_name (recipe->sampler));
    case LK_AXIS_SCHEDULER:
      return g_strdup (lk_scheduler_get_name (recipe->scheduler));
    case LK_N_AXES:
    default:
      g_assert_not_reached ();
    }
}

static void
add_axis_action (GtkWidget  *widget,
                 const char *action_name,
                 GVariant   *parameter)
{
  LkGridsPage *self = LK_GRIDS_PAGE (widget);
  LkGrid *now = self->grid != NULL ? lk_test_grid_get_grid (self->grid) : NULL;
  g_autoptr (LkGrid) grid = NULL;
  g_autoptr (GError) error = NULL;
  guint kind = 0;

  if (now == NULL)
    return;
  while (kind < LK_N_AXES && !g_str_equal (lk_axis_get_id (kind), g_variant_get_string (parameter, NULL)))
    kind++;
  if (kind == LK_N_AXES || lk_grid_find_axis (now, kind) < lk_grid_get_n_axes (now))
    return;
  grid = lk_grid_copy (now);
  {
    g_autofree char *value = dup_value (lk_grid_get_base_recipe (now), kind);
    const char *values[] = { value, NULL };

    if (!lk_grid_add_axis (grid, kind, values, &error))
      {
        lk_workspace_say (self->workspace, error->message);
        return;
      }
  }
  lk_test_grid_set_grid (self->grid, g_steal_pointer (&grid));
  /* One value is no comparison: the next one is asked for at once. */
  if (self->chips->len > 0)
    gtk_popover_popup (GTK_POPOVER (self->chips->pdata[self->chips->len - 1]));
}

/* ---- what is shown --------------------------------------------------------------------------------------------- */

static void
update (LkGridsPage *self)
{
  LkGrid *grid = self->grid != NULL ? lk_test_grid_get_grid (self->grid) : NULL;
  const char *trouble = self->grid != NULL ? lk_test_grid_get_trouble (self->grid) : NULL;
  LkJob *job = self->grid != NULL ? lk_test_grid_get_job (self->grid) : NULL;
  guint n = grid != NULL ? lk_grid_get_n_cells (grid) : 0, n_drawn = grid != NULL ? lk_test_grid_get_n_drawn (self->grid) : 0;
  g_autofree char *words = NULL;

  gtk_stack_set_visible_child_name (self->stack, self->grid != NULL ? "grid" : "empty");
  gtk_stack_set_visible_child_name (self->title_stack, self->grid != NULL ? "choice" : "title");
  if (self->grid == NULL)
    return;
  if (job != NULL && lk_job_get_state (job) == LK_JOB_WAITING)
    words = g_strdup_printf (ngettext ("%u of %u picture · waiting for the device", "%u of %u pictures · waiting for the device", n), n_drawn, n);
  else if (trouble != NULL)
    words = g_strdup (trouble);
  else
    words = g_strdup_printf (ngettext ("%u of %u picture", "%u of %u pictures", n), n_drawn, n);
  gtk_label_set_label (self->words, words);
  gtk_widget_set_visible (GTK_WIDGET (self->progress), job != NULL);
  gtk_progress_bar_set_fraction (self->progress, n > 0 ? n_drawn / (double) n : 0);
  gtk_widget_set_visible (GTK_WIDGET (self->pause), job != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->draw), job == NULL && n_drawn < n);
  gtk_button_set_label (self->draw, n_drawn > 0 ? _("Continue") : _("Draw"));
  update_chips (self);
}

static void
message_cb (LkGridsPage *self,
            const char  *text,
            LkTestGrid  *grid)
{
  if (self->workspace != NULL)
    lk_workspace_say (self->workspace, text);
}

static void
set_grid (LkGridsPage *self,
          LkTestGrid  *grid)
{
  if (!g_set_object (&self->grid, grid))
    return;
  g_signal_group_set_target (self->signals, grid);
  lk_grid_canvas_set_grid (self->canvas, grid);
  if (grid != NULL)
    lk_test_grid_load (grid);
  update (self);
}

static void
chosen_cb (LkGridsPage *self)
{
  if (self->workspace != NULL)
    set_grid (self, gtk_drop_down_get_selected_item (self->choice));
}

/* In front, as the newest, and shown. */
static void
add_grid (LkGridsPage *self,
          LkTestGrid  *grid)
{
  g_signal_connect_object (grid, "message", G_CALLBACK (message_cb), self, G_CONNECT_SWAPPED);
  g_list_store_insert (self->grids, 0, grid);
  gtk_drop_down_set_selected (self->choice, 0);
  set_grid (self, grid);
}

static void
moved_cb (LkGridsPage *self)
{
  guint cell = lk_grid_canvas_get_cell (self->canvas);

  if (cell == self->cell)
    return;
  self->before = self->cell;
  self->cell = cell;
}

static void
activated_cb (LkGridsPage *self,
              guint        cell)
{
  if (self->grid != NULL && lk_test_grid_has_cell (self->grid, cell))
    adw_dialog_present (ADW_DIALOG (lk_cell_viewer_new (self->grid, cell, cell)), GTK_WIDGET (self));
}

/* ---- drawing --------------------------------------------------------------------------------------------------- */

static void
draw_action (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  LkGridsPage *self = LK_GRIDS_PAGE (widget);

  if (self->grid != NULL)
    lk_test_grid_draw (self->grid);
}

static void
pause_action (GtkWidget  *widget,
              const char *action_name,
              GVariant   *parameter)
{
  LkGridsPage *self = LK_GRIDS_PAGE (widget);

  if (self->grid != NULL)
    lk_test_grid_pause (self->grid);
}

static void
made_cb (LkGridsPage *self,
         LkTestGrid  *grid)
{
  add_grid (self, grid);
  lk_test_grid_draw (grid);
}

static gboolean
can_write (LkGridsPage *self)
{
  LkProject *project = lk_workspace_get_project (self->workspace);

  if (lk_project_is_read_only (project))
    lk_workspace_say (self->workspace, lk_project_get_read_only_reason (project));
  return !lk_project_is_read_only (project);
}

static void
new_action (GtkWidget  *widget,
            const char *action_name,
            GVariant   *parameter)
{
  LkGridsPage *self = LK_GRIDS_PAGE (widget);
  LkNewGridDialog *dialog;

  if (!can_write (self))
    return;
  dialog = lk_new_grid_dialog_new (self->workspace);
  g_signal_connect_object (dialog, "made", G_CALLBACK (made_cb), self, G_CONNECT_SWAPPED);
  adw_dialog_present (ADW_DIALOG (dialog), widget);
}

void
lk_grids_page_test_lora (LkGridsPage *self,
                         const char  *path)
{
  g_autoptr (GPtrArray) contexts = lk_new_grid_list_contexts ();
  const LkNewGrid choice = {
    .lora = path,
    .strengths = LK_NEW_GRID_STRENGTHS,
    .seeds = LK_NEW_GRID_SEEDS,
    .contexts = (const char * const *) contexts->pdata,
    .n_steps = LK_NEW_GRID_STEPS,
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (LkTestGrid) grid = NULL;
  LkGrid *made;

  g_return_if_fail (LK_IS_GRIDS_PAGE (self));

  if (!can_write (self))
    return;
  made = lk_new_grid_make (lk_workspace_get_project (self->workspace), &choice, &error);
  if (made == NULL)
    {
      lk_workspace_say (self->workspace, error->message);
      return;
    }
  grid = lk_test_grid_new_for_grid (lk_workspace_get_project (self->workspace), made);
  made_cb (self, grid);
}

/* ---- zoom ------------------------------------------------------------------------------------------------------ */

static void
zoom_action (GtkWidget  *widget,
             const char *action_name,
             GVariant   *parameter)
{
  LkGridsPage *self = LK_GRIDS_PAGE (widget);
  double side = lk_grid_canvas_get_side (self->canvas);

  if (g_str_equal (action_name, "grids.zoom-fit"))
    lk_grid_canvas_fit (self->canvas);
  else
    lk_grid_canvas_set_side (self->canvas, g_str_equal (action_name, "grids.zoom-in") ? side * ZOOM_STEP : side / ZOOM_STEP);
}

/* ---- widget ---------------------------------------------------------------------------------------------------- */

/* Grids that were made while the disk was read stand in front of what it had. */
static void
listed_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (LkGridsPage) self = user_data;
  g_autoptr (GPtrArray) found = lk_test_grid_list_finish (LK_PROJECT (object), result);

  if (self->workspace == NULL)
    return;
  for (guint i = 0; i < found->len; i++)
    {
      gboolean is_there = FALSE;

      for (guint k = 0; k < g_list_model_get_n_items (G_LIST_MODEL (self->grids)); k++)
        {
          g_autoptr (LkTestGrid) other = g_list_model_get_item (G_LIST_MODEL (self->grids), k);

          is_there |= g_str_equal (lk_test_grid_get_folder (other), lk_test_grid_get_folder (found->pdata[i]));
        }
      if (is_there)
        continue;
      g_signal_connect_object (found->pdata[i], "message", G_CALLBACK (message_cb), self, G_CONNECT_SWAPPED);
      g_list_store_append (self->grids, found->pdata[i]);
    }
  update (self);
}

static void
lk_grids_page_dispose (GObject *object)
{
  LkGridsPage *self = LK_GRIDS_PAGE (object);

  g_clear_object (&self->workspace);
  if (self->signals != NULL)
    g_signal_group_set_target (self->signals, NULL);
  g_clear_object (&self->signals);
  g_ptr_array_set_size (self->chips, 0);
  gtk_widget_dispose_template (GTK_WIDGET (self), LK_TYPE_GRIDS_PAGE);
  g_clear_object (&self->grid);

  G_OBJECT_CLASS (lk_grids_page_parent_class)->dispose (object);
}

static void
lk_grids_page_finalize (GObject *object)
{
  LkGridsPage *self = LK_GRIDS_PAGE (object);

  g_object_unref (self->grids);
  g_ptr_array_unref (self->chips);
  g_free (self->axes);

  G_OBJECT_CLASS (lk_grids_page_parent_class)->finalize (object);
}

static void
lk_grids_page_class_init (LkGridsPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = lk_grids_page_dispose;
  G_OBJECT_CLASS (klass)->finalize = lk_grids_page_finalize;

  g_type_ensure (LK_TYPE_GRID_CANVAS);
  g_type_ensure (LK_TYPE_TEST_GRID);
  gtk_widget_class_set_template_from_resource (widget_class, "/io/github/likeness/Likeness/lk-grids-page.ui");
  gtk_widget_class_bind_template_child (widget_class, LkGridsPage, add_axis);
  gtk_widget_class_bind_template_child (widget_class, LkGridsPage, canvas);
  gtk_widget_class_bind_template_child (widget_class, LkGridsPage, chip_box);
  gtk_widget_class_bind_template_child (widget_class, LkGridsPage, choice);
  gtk_widget_class_bind_template_child (widget_class, LkGridsPage, draw);
  gtk_widget_class_bind_template_child (widget_class, LkGridsPage, pause);
  gtk_widget_class_bind_template_child (widget_class, LkGridsPage, progress);
  gtk_widget_class_bind_template_child (widget_class, LkGridsPage, stack);
  gtk_widget_class_bind_template_child (widget_class, LkGridsPage, title_stack);
  gtk_widget_class_bind_template_child (widget_class, LkGridsPage, words);
  gtk_widget_class_bind_template_callback (widget_class, activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, chosen_cb);
  gtk_widget_class_bind_template_callback (widget_class, moved_cb);

  gtk_widget_class_install_action (widget_class, "grids.new", NULL, new_action);
  gtk_widget_class_install_action (widget_class, "grids.add-axis", "s", add_axis_action);
  gtk_widget_class_install_action (widget_class, "grids.draw", NULL, draw_action);
  gtk_widget_class_install_action (widget_class, "grids.pause", NULL, pause_action);
  gtk_widget_class_install_action (widget_class, "grids.zoom-in", NULL, zoom_action);
  gtk_widget_class_install_action (widget_class, "grids.zoom-out", NULL, zoom_action);
  gtk_widget_class_install_action (widget_class, "grids.zoom-fit", NULL, zoom_action);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_0, GDK_CONTROL_MASK, "grids.zoom-fit", NULL);
}

static void
lk_grids_page_init (LkGridsPage *self)
{
  self->grids = g_list_store_new (LK_TYPE_TEST_GRID);
  self->chips = g_ptr_array_new_with_free_func (g_object_unref);
  self->signals = g_signal_group_new (LK_TYPE_TEST_GRID);
  g_signal_group_connect_swapped (self->signals, "changed", G_CALLBACK (update), self);
  g_signal_group_connect_swapped (self->signals, "cell-drawn", G_CALLBACK (update), self);
  gtk_widget_init_template (GTK_WIDGET (self));
}

LkGridsPage *
lk_grids_page_new (LkWorkspace *workspace)
{
  LkGridsPage *self = g_object_new (LK_TYPE_GRIDS_PAGE, NULL);

  self->workspace = g_object_ref (workspace);
  gtk_drop_down_set_model (self->choice, G_LIST_MODEL (self->grids));
  lk_test_grid_list_async (lk_workspace_get_project (workspace), listed_cb, g_object_ref (self));
  return self;
}
