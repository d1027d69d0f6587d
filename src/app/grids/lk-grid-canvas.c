#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>
#include <math.h>

#include "app/grids/lk-grid-canvas.h"
#include "app/widgets/lk-drawn-text.h"

#define GAP 6
#define MARGIN 6
#define ROW_LABEL 150           /* width, at most */
#define ROW_LABEL_SHARE 0.26    /* of the canvas, at most */
#define FIRST_SIDE 160
#define ZOOM_STEP 1.25
#define RING 3

struct _LkGridCanvas
{
  GtkWidget       parent_instance;

  LkTestGrid     *grid;         /* owned; NULL: none */
  GSignalGroup   *signals;      /* owned: of the grid */
  LkCellTextures *textures;     /* owned */

  GtkAdjustment  *adjustments[2];       /* owned; may be NULL */
  guint           policies[2];
  double          side;
  gboolean        wants_fit;    /* until a person zooms */
  guint           column, row;  /* of the cursor */
  guint           n_shown;

  GPtrArray      *column_labels, *row_labels;   /* owned PangoLayouts; NULL: to be made */
  int             left, top;    /* where the cells begin */
  double          pinch_side;
  double          pointer_x, pointer_y;
};

enum { PROP_0, PROP_HADJUSTMENT, PROP_VADJUSTMENT, PROP_HSCROLL_POLICY, PROP_VSCROLL_POLICY };

enum { ACTIVATED, MOVED, N_SIGNALS };

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE_WITH_CODE (LkGridCanvas, lk_grid_canvas, GTK_TYPE_WIDGET, G_IMPLEMENT_INTERFACE (GTK_TYPE_SCROLLABLE, NULL))

/* ---- places ---------------------------------------------------------------------------------------------------- */

static LkGrid *
get_grid (LkGridCanvas *self)
{
  return self->grid != NULL ? lk_test_grid_get_grid (self->grid) : NULL;
}

static void
get_cell_size (LkGridCanvas *self,
               double       *width,
               double       *height)
{
  const LkRecipe *recipe = lk_grid_get_base_recipe (get_grid (self));
  double longer = MAX (recipe->width, recipe->height);

  *width = MAX (8, round (self->side * recipe->width / longer));
  *height = MAX (8, round (self->side * recipe->height / longer));
}

static double
get_scroll (LkGridCanvas *self,
            guint         axis)
{
  return self->adjustments[axis] != NULL ? gtk_adjustment_get_value (self->adjustments[axis]) : 0;
}

/* In the coordinates of the widget. */
static graphene_rect_t
get_rect (LkGridCanvas *self,
          guint         column,
          guint         row)
{
  double width, height;

  get_cell_size (self, &width, &height);
  return GRAPHENE_RECT_INIT ((float) (self->left + column * (width + GAP) - get_scroll (self, 0)),
                             (float) (self->top + row * (height + GAP) - get_scroll (self, 1)), (float) width, (float) height);
}

/* FALSE: on no cell. */
static gboolean
find_cell (LkGridCanvas *self,
           double        x,
           double        y,
           guint        *column,
           guint        *row)
{
  double width, height, at_x, at_y;

  if (get_grid (self) == NULL || x < self->left || y < self->top)
    return FALSE;
  get_cell_size (self, &width, &height);
  at_x = (x - self->left + get_scroll (self, 0)) / (width + GAP);
  at_y = (y - self->top + get_scroll (self, 1)) / (height + GAP);
  if (at_x >= lk_grid_get_n_columns (get_grid (self)) || at_y >= lk_grid_get_n_rows (get_grid (self)))
    return FALSE;
  *column = (guint) at_x;
  *row = (guint) at_y;
  return TRUE;
}

/* ---- labels ---------------------------------------------------------------------------------------------------- */

static void
forget_labels (LkGridCanvas *self)
{
  g_clear_pointer (&self->column_labels, g_ptr_array_unref);
  g_clear_pointer (&self->row_labels, g_ptr_array_unref);
}

static PangoLayout *
make_label (LkGridCanvas *self,
            guint         axis,
            guint         place,
            int           width,
            int           n_lines)
{
  LkGrid *grid = get_grid (self);
  g_autofree char *label = lk_grid_dup_label (grid, axis, place, FALSE);
  PangoLayout *layout = lk_drawn_text_new (GTK_WIDGET (self), label, 0.9);

  pango_layout_set_width (layout, width * PANGO_SCALE);
  pango_layout_set_height (layout, -n_lines);
  pango_layout_set_wrap (layout, PANGO_WRAP_WORD_CHAR);
  pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_END);
  if (axis == 0)
    pango_layout_set_alignment (layout, PANGO_ALIGN_CENTER);
  return layout;
}

/* The labels, and how much room they take: they depend on the size of cells. */
static void
update_labels (LkGridCanvas *self)
{
  LkGrid *grid = get_grid (self);
  double width, height;
  int line, row_width;
  g_autoptr (PangoLayout) sample = NULL;

  self->left = self->top = MARGIN;
  if (grid == NULL)
    return;
  if (self->column_labels == NULL)
    {
      get_cell_size (self, &width, &height);
      sample = lk_drawn_text_new (GTK_WIDGET (self), "0", 0.9);
      pango_layout_get_pixel_size (sample, NULL, &line);
      row_width = (int) MIN (ROW_LABEL, ROW_LABEL_SHARE * gtk_widget_get_width (GTK_WIDGET (self)));
      self->column_labels = g_ptr_array_new_with_free_func (g_object_unref);
      self->row_labels = g_ptr_array_new_with_free_func (g_object_unref);
      for (guint i = 0; lk_grid_get_n_axes (grid) > 0 && i < lk_grid_get_n_columns (grid); i++)
        g_ptr_array_add (self->column_labels, make_label (self, 0, i, (int) width, 2));
      for (guint i = 0; lk_grid_get_n_axes (grid) > 1 && i < lk_grid_get_n_rows (grid); i++)
        g_ptr_array_add (self->row_labels, make_label (self, 1, i, MAX (24, row_width), MAX (1, (int) (height / line))));
    }

  for (guint i = 0; i < self->column_labels->len; i++)
    {
      int label_height;

      pango_layout_get_pixel_size (self->column_labels->pdata[i], NULL, &label_height);
      self->top = MAX (self->top, label_height + 2 * MARGIN);
    }
  for (guint i = 0; i < self->row_labels->len; i++)
    {
      int label_width;

      pango_layout_get_pixel_size (self->row_labels->pdata[i], &label_width, NULL);
      self->left = MAX (self->left, label_width + 2 * MARGIN);
    }
}

/* ---- scrolling ------------------------------------------------------------------------------------------------- */

static void
configure (LkGridCanvas *self)
{
  LkGrid *grid = get_grid (self);
  double sizes[2] = { 0, 0 };
  const int rooms[2] = { gtk_widget_get_width (GTK_WIDGET (self)) - self->left, gtk_widget_get_height (GTK_WIDGET (self)) - self->top };

  if (grid != NULL)
    {
      double width, height;

      get_cell_size (self, &width, &height);
      sizes[0] = lk_grid_get_n_columns (grid) * (width + GAP);
      sizes[1] = lk_grid_get_n_rows (grid) * (height + GAP);
    }
  for (guint i = 0; i < 2; i++)
    if (self->adjustments[i] != NULL)
      {
        double page = MAX (1, rooms[i]), upper = MAX (page, sizes[i]);

        gtk_adjustment_configure (self->adjustments[i], CLAMP (get_scroll (self, i), 0, upper - page), 0, upper, page * 0.1, page * 0.9, page);
      }
}

static void
relayout (LkGridCanvas *self)
{
  update_labels (self);
  configure (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
set_side_about (LkGridCanvas *self,
                double        side,
                double        x,
                double        y)
{
  double shares[2], width, height;

  side = CLAMP (side, LK_GRID_CANVAS_LEAST, LK_GRID_CANVAS_MOST);
  if (get_grid (self) == NULL || side == self->side)
    {
      self->side = side;
      return;
    }
  get_cell_size (self, &width, &height);
  shares[0] = (x - self->left + get_scroll (self, 0)) / (width + GAP);
  shares[1] = (y - self->top + get_scroll (self, 1)) / (height + GAP);
  self->side = side;
  forget_labels (self);
  relayout (self);
  get_cell_size (self, &width, &height);
  if (self->adjustments[0] != NULL)
    gtk_adjustment_set_value (self->adjustments[0], shares[0] * (width + GAP) - (x - self->left));
  if (self->adjustments[1] != NULL)
    gtk_adjustment_set_value (self->adjustments[1], shares[1] * (height + GAP) - (y - self->top));
}

double
lk_grid_canvas_get_side (LkGridCanvas *self)
{
  return self->side;
}

void
lk_grid_canvas_set_side (LkGridCanvas *self,
                         double        side)
{
  g_return_if_fail (LK_IS_GRID_CANVAS (self));

  self->wants_fit = FALSE;
  set_side_about (self, side, gtk_widget_get_width (GTK_WIDGET (self)) / 2., gtk_widget_get_height (GTK_WIDGET (self)) / 2.);
}

/* The labels' room depends on the side a little: twice is enough. */
static void
fit (LkGridCanvas *self)
{
  LkGrid *grid = get_grid (self);
  const LkRecipe *recipe;

  if (grid == NULL || gtk_widget_get_width (GTK_WIDGET (self)) == 0)
    return;
  recipe = lk_grid_get_base_recipe (grid);
  for (guint i = 0; i < 2; i++)
    {
      double room = (double) (gtk_widget_get_width (GTK_WIDGET (self)) - self->left) / lk_grid_get_n_columns (grid) - GAP;
      double side = room * MAX (recipe->width, recipe->height) / recipe->width;

      self->side = CLAMP (floor (side), 96, MAX (96, MIN (LK_GRID_CANVAS_MOST, 1.5 * MAX (recipe->width, recipe->height))));
      forget_labels (self);
      update_labels (self);
    }
}

void
lk_grid_canvas_fit (LkGridCanvas *self)
{
  g_return_if_fail (LK_IS_GRID_CANVAS (self));

  self->wants_fit = TRUE;
  fit (self);
  relayout (self);
}

static void
scrolled_cb (LkGridCanvas *self)
{
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
show_cursor (LkGridCanvas *self)
{
  graphene_rect_t rect = get_rect (self, self->column, self->row);

  if (self->adjustments[0] != NULL)
    {
      double x = rect.origin.x - self->left + get_scroll (self, 0);

      gtk_adjustment_clamp_page (self->adjustments[0], x, x + rect.size.width + GAP);
    }
  if (self->adjustments[1] != NULL)
    {
      double y = rect.origin.y - self->top + get_scroll (self, 1);

      gtk_adjustment_clamp_page (self->adjustments[1], y, y + rect.size.height + GAP);
    }
}

/* ---- words ----------------------------------------------------------------------------------------------------- */

static char *
describe (LkGridCanvas *self)
{
  LkGrid *grid = get_grid (self);
  guint cell = lk_grid_canvas_get_cell (self);
  g_autofree char *words = NULL;

  if (grid == NULL)
    return g_strdup ("");
  words = lk_grid_describe (grid, cell);
  return g_strdup_printf ("%s, %s", words, lk_test_grid_has_cell (self->grid, cell) ? _("drawn") : _("not drawn yet"));
}

static void
update_words (LkGridCanvas *self)
{
  LkGrid *grid = get_grid (self);
  g_autofree char *words = describe (self), *title = NULL;

  if (grid != NULL)
    title = g_strdup_printf (_("Test grid of %u columns and %u rows"), lk_grid_get_n_columns (grid), lk_grid_get_n_rows (grid));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, title != NULL ? title : _("Test grid"),
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, words, -1);
}

/* ---- drawing --------------------------------------------------------------------------------------------------- */

static void
draw_cell (LkGridCanvas  *self,
           GtkSnapshot   *snapshot,
           guint          column,
           guint          row,
           const GdkRGBA *colour)
{
  graphene_rect_t rect = get_rect (self, column, row);
  guint cell = lk_grid_get_cell (get_grid (self), column, row);
  gboolean has_failed = FALSE;
  GdkTexture *texture = NULL;
  GdkRGBA faint = *colour;

  if (lk_test_grid_has_cell (self->grid, cell))
    {
      g_autofree char *path = lk_test_grid_dup_path (self->grid, cell);

      texture = lk_cell_textures_get (self->textures, path, (guint) ceil (self->side * gtk_widget_get_scale_factor (GTK_WIDGET (self))), &has_failed);
    }
  if (texture != NULL)
    {
      gtk_snapshot_append_scaled_texture (snapshot, texture, GSK_SCALING_FILTER_TRILINEAR, &rect);
      self->n_shown++;
    }
  else
    {
      faint.alpha *= 0.08f;
      gtk_snapshot_append_color (snapshot, &faint, &rect);
      if (has_failed)
        {
          g_autoptr (PangoLayout) layout = lk_drawn_text_new (GTK_WIDGET (self), _("This picture cannot be read."), 0.8);

          pango_layout_set_width (layout, (int) MAX (1, rect.size.width - 8) * PANGO_SCALE);
          lk_drawn_text_append (snapshot, layout, rect.origin.x + 4, rect.origin.y + 4, colour);
        }
    }
}

static void
draw_cursor (LkGridCanvas *self,
             GtkSnapshot  *snapshot)
{
  graphene_rect_t rect = get_rect (self, self->column, self->row);
  AdwStyleManager *manager = adw_style_manager_get_for_display (gtk_widget_get_display (GTK_WIDGET (self)));
  g_autoptr (GdkRGBA) accent = adw_style_manager_get_accent_color_rgba (manager);
  GskRoundedRect ring;
  GdkRGBA colour;
  float inset = gtk_widget_has_visible_focus (GTK_WIDGET (self)) ? -RING : -2;

  adw_rgba_to_standalone (accent, adw_style_manager_get_dark (manager), &colour);
  graphene_rect_inset (&rect, inset, inset);
  gsk_rounded_rect_init_from_rect (&ring, &rect, 4);
  gtk_snapshot_append_border (snapshot, &ring, (float[]) { -inset, -inset, -inset, -inset }, (GdkRGBA[]) { colour, colour, colour, colour });
}

/* Labels run into none of their neighbours and stay where they are while the cells scroll under them. */
static void
draw_labels (LkGridCanvas  *self,
             GtkSnapshot   *snapshot,
             const GdkRGBA *colour)
{
  float width = (float) gtk_widget_get_width (GTK_WIDGET (self)), height = (float) gtk_widget_get_height (GTK_WIDGET (self));

  gtk_snapshot_push_clip (snapshot, &GRAPHENE_RECT_INIT ((float) self->left, 0, MAX (1, width - (float) self->left), (float) self->top));
  for (guint i = 0; i < self->column_labels->len; i++)
    {
      graphene_rect_t rect = get_rect (self, i, 0);
      int label_height;

      if (rect.origin.x + rect.size.width < self->left || rect.origin.x > width)
        continue;
      pango_layout_get_pixel_size (self->column_labels->pdata[i], NULL, &label_height);
      lk_drawn_text_append (snapshot, self->column_labels->pdata[i], rect.origin.x, (float) (self->top - MARGIN - label_height), colour);
    }
  gtk_snapshot_pop (snapshot);

  gtk_snapshot_push_clip (snapshot, &GRAPHENE_RECT_INIT (0, (float) self->top, (float) self->left, MAX (1, height - (float) self->top)));
  for (guint i = 0; i < self->row_labels->len; i++)
    {
      graphene_rect_t rect = get_rect (self, 0, i);

      if (rect.origin.y + rect.size.height < self->top || rect.origin.y > height)
        continue;
      lk_drawn_text_append (snapshot, self->row_labels->pdata[i], MARGIN, rect.origin.y + 2, colour);
    }
  gtk_snapshot_pop (snapshot);
}

static void
lk_grid_canvas_snapshot (GtkWidget   *widget,
                         GtkSnapshot *snapshot)
{
  LkGridCanvas *self = LK_GRID_CANVAS (widget);
  LkGrid *grid = get_grid (self);
  float width = (float) gtk_widget_get_width (widget), height = (float) gtk_widget_get_height (widget);
  double cell_width, cell_height;
  guint first_column, first_row;
  GdkRGBA colour;

  self->n_shown = 0;
  if (grid == NULL)
    return;
  update_labels (self);
  gtk_widget_get_color (widget, &colour);
  lk_cell_textures_forget_waiting (self->textures);
  get_cell_size (self, &cell_width, &cell_height);
  first_column = (guint) (get_scroll (self, 0) / (cell_width + GAP));
  first_row = (guint) (get_scroll (self, 1) / (cell_height + GAP));

  gtk_snapshot_push_clip (snapshot, &GRAPHENE_RECT_INIT (0, 0, width, height));
  gtk_snapshot_push_clip (snapshot, &GRAPHENE_RECT_INIT ((float) self->left - RING, (float) self->top - RING,
                                                         MAX (1, width - (float) self->left + RING), MAX (1, height - (float) self->top + RING)));
  for (guint row = first_row; row < lk_grid_get_n_rows (grid) && get_rect (self, 0, row).origin.y < height; row++)
    for (guint column = first_column; column < lk_grid_get_n_columns (grid) && get_rect (self, column, row).origin.x < width; column++)
      draw_cell (self, snapshot, column, row, &colour);
  draw_cursor (self, snapshot);
  gtk_snapshot_pop (snapshot);
  draw_labels (self, snapshot, &colour);
  gtk_snapshot_pop (snapshot);
}

/* ---- the grid -------------------------------------------------------------------------------------------------- */

static void
grid_changed_cb (LkGridCanvas *self)
{
  LkGrid *grid = get_grid (self);

  if (grid != NULL)
    {
      self->column = MIN (self->column, lk_grid_get_n_columns (grid) - 1);
      self->row = MIN (self->row, lk_grid_get_n_rows (grid) - 1);
    }
  forget_labels (self);
  if (self->wants_fit)
    fit (self);
  relayout (self);
  update_words (self);
  g_signal_emit (self, signals[MOVED], 0);
}

static void
cell_drawn_cb (LkGridCanvas *self,
               guint         cell)
{
  gtk_widget_queue_draw (GTK_WIDGET (self));
  if (cell == lk_grid_canvas_get_cell (self))
    {
      update_words (self);
      g_signal_emit (self, signals[MOVED], 0);
    }
}

void
lk_grid_canvas_set_grid (LkGridCanvas *self,
                         LkTestGrid   *grid)
{
  g_return_if_fail (LK_IS_GRID_CANVAS (self));

  if (!g_set_object (&self->grid, grid))
    return;
  g_signal_group_set_target (self->signals, grid);
  self->column = self->row = 0;
  self->wants_fit = TRUE;
  grid_changed_cb (self);
}

guint
lk_grid_canvas_get_cell (LkGridCanvas *self)
{
  LkGrid *grid = get_grid (self);

  return grid != NULL ? lk_grid_get_cell (grid, self->column, self->row) : 0;
}

static void
move_to (LkGridCanvas *self,
         guint         column,
         guint         row)
{
  LkGrid *grid = get_grid (self);
  g_autofree char *words = NULL;

  if (grid == NULL)
    return;
  column = MIN (column, lk_grid_get_n_columns (grid) - 1);
  row = MIN (row, lk_grid_get_n_rows (grid) - 1);
  if (column != self->column || row != self->row)
    {
      self->column = column;
      self->row = row;
      update_words (self);
      words = describe (self);
      /* Only what its user is about. */
      if (gtk_widget_has_focus (GTK_WIDGET (self)))
        gtk_accessible_announce (GTK_ACCESSIBLE (self), words, GTK_ACCESSIBLE_ANNOUNCEMENT_PRIORITY_MEDIUM);
      g_signal_emit (self, signals[MOVED], 0);
    }
  show_cursor (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

guint
lk_grid_canvas_get_n_shown (LkGridCanvas *self)
{
  return self->n_shown;
}

LkCellTextures *
lk_grid_canvas_get_textures (LkGridCanvas *self)
{
  return self->textures;
}

/* ---- input ----------------------------------------------------------------------------------------------------- */

static void
activate (LkGridCanvas *self)
{
  if (get_grid (self) != NULL)
    g_signal_emit (self, signals[ACTIVATED], 0, lk_grid_canvas_get_cell (self));
}

static void
pressed_cb (LkGridCanvas *self,
            int           n_press,
            double        x,
            double        y)
{
  guint column, row;
  gboolean was_there;

  gtk_widget_grab_focus (GTK_WIDGET (self));
  if (!find_cell (self, x, y, &column, &row))
    return;
  was_there = column == self->column && row == self->row;
  move_to (self, column, row);
  /* One that the cursor came to by this click is only looked at; the next click, or the second of two, makes it large. */
  if (was_there && n_press <= 2)
    activate (self);
}

static gboolean
key_cb (LkGridCanvas    *self,
        guint            key,
        guint            code,
        GdkModifierType  modifiers)
{
  LkGrid *grid = get_grid (self);
  gboolean with_control = (modifiers & GDK_CONTROL_MASK) != 0;
  guint last_column, last_row, page;

  if (grid == NULL || (modifiers & GDK_ALT_MASK) != 0)
    return GDK_EVENT_PROPAGATE;
  last_column = lk_grid_get_n_columns (grid) - 1;
  last_row = lk_grid_get_n_rows (grid) - 1;
  page = MAX (1, (guint) (gtk_widget_get_height (GTK_WIDGET (self)) / (self->side + GAP)));

  switch (key)
    {
    case GDK_KEY_Left:
    case GDK_KEY_KP_Left:
      move_to (self, self->column - MIN (1, self->column), self->row);
      return GDK_EVENT_STOP;
    case GDK_KEY_Right:
    case GDK_KEY_KP_Right:
      move_to (self, self->column + 1, self->row);
      return GDK_EVENT_STOP;
    case GDK_KEY_Up:
    case GDK_KEY_KP_Up:
      move_to (self, self->column, self->row - MIN (1, self->row));
      return GDK_EVENT_STOP;
    case GDK_KEY_Down:
    case GDK_KEY_KP_Down:
      move_to (self, self->column, self->row + 1);
      return GDK_EVENT_STOP;
    case GDK_KEY_Page_Up:
      move_to (self, self->column, self->row - MIN (page, self->row));
      return GDK_EVENT_STOP;
    case GDK_KEY_Page_Down:
      move_to (self, self->column, self->row + page);
      return GDK_EVENT_STOP;
    case GDK_KEY_Home:
      move_to (self, 0, with_control ? 0 : self->row);
      return GDK_EVENT_STOP;
    case GDK_KEY_End:
      move_to (self, last_column, with_control ? last_row : self->row);
      return GDK_EVENT_STOP;
    case GDK_KEY_Return:
    case GDK_KEY_KP_Enter:
    case GDK_KEY_ISO_Enter:
      activate (self);
      return GDK_EVENT_STOP;
    case GDK_KEY_plus:
    case GDK_KEY_equal:
    case GDK_KEY_KP_Add:
      lk_grid_canvas_set_side (self, self->side * ZOOM_STEP);
      return GDK_EVENT_STOP;
    case GDK_KEY_minus:
    case GDK_KEY_KP_Subtract:
      lk_grid_canvas_set_side (self, self->side / ZOOM_STEP);
      return GDK_EVENT_STOP;
    default:
      return GDK_EVENT_PROPAGATE;
    }
}

static void
motion_cb (LkGridCanvas *self,
           double        x,
           double        y)
{
  self->pointer_x = x;
  self->pointer_y = y;
}

static gboolean
wheel_cb (LkGridCanvas             *self,
          double                    dx,
          double                    dy,
          GtkEventControllerScroll *controller)
{
  GdkModifierType state = gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (controller));

  if ((state & GDK_CONTROL_MASK) == 0)
    return GDK_EVENT_PROPAGATE;
  self->wants_fit = FALSE;
  set_side_about (self, self->side * pow (ZOOM_STEP, -dy), self->pointer_x, self->pointer_y);
  return GDK_EVENT_STOP;
}

static void
pinch_begin_cb (LkGridCanvas *self)
{
  self->pinch_side = self->side;
}

static void
pinch_cb (LkGridCanvas *self,
          double        scale,
          GtkGesture   *gesture)
{
  double x, y;

  if (!gtk_gesture_get_bounding_box_center (gesture, &x, &y))
    return;
  self->wants_fit = FALSE;
  set_side_about (self, self->pinch_side * scale, x, y);
}

/* ---- widget ---------------------------------------------------------------------------------------------------- */

static void
lk_grid_canvas_size_allocate (GtkWidget *widget,
                              int        width,
                              int        height,
                              int        baseline)
{
  LkGridCanvas *self = LK_GRID_CANVAS (widget);

  forget_labels (self);
  if (self->wants_fit)
    fit (self);
  update_labels (self);
  configure (self);
}

static void
lk_grid_canvas_measure (GtkWidget      *widget,
                        GtkOrientation  orientation,
                        int             for_size,
                        int            *minimum,
                        int            *natural,
                        int            *minimum_baseline,
                        int            *natural_baseline)
{
  *minimum = 120;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 480 : 360;
}

static void
lk_grid_canvas_css_changed (GtkWidget         *widget,
                            GtkCssStyleChange *change)
{
  GTK_WIDGET_CLASS (lk_grid_canvas_parent_class)->css_changed (widget, change);
  forget_labels (LK_GRID_CANVAS (widget));
  gtk_widget_queue_resize (widget);
}

static void
lk_grid_canvas_get_property (GObject    *object,
                             guint       id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  LkGridCanvas *self = LK_GRID_CANVAS (object);

  switch (id)
    {
    case PROP_HADJUSTMENT:
    case PROP_VADJUSTMENT:
      g_value_set_object (value, self->adjustments[id - PROP_HADJUSTMENT]);
      break;
    case PROP_HSCROLL_POLICY:
    case PROP_VSCROLL_POLICY:
      g_value_set_enum (value, (int) self->policies[id - PROP_HSCROLL_POLICY]);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
set_adjustment (LkGridCanvas  *self,
                guint          axis,
                GtkAdjustment *adjustment)
{
  if (adjustment != NULL && adjustment == self->adjustments[axis])
    return;
  if (self->adjustments[axis] != NULL)
    g_signal_handlers_disconnect_by_func (self->adjustments[axis], scrolled_cb, self);
  g_set_object (&self->adjustments[axis], adjustment);
  if (adjustment != NULL)
    g_signal_connect_object (adjustment, "value-changed", G_CALLBACK (scrolled_cb), self, G_CONNECT_SWAPPED);
  configure (self);
}

static void
lk_grid_canvas_set_property (GObject      *object,
                             guint         id,
                             const GValue *value,
                             GParamSpec   *pspec)
{
  LkGridCanvas *self = LK_GRID_CANVAS (object);

  switch (id)
    {
    case PROP_HADJUSTMENT:
    case PROP_VADJUSTMENT:
      set_adjustment (self, id - PROP_HADJUSTMENT, g_value_get_object (value));
      break;
    case PROP_HSCROLL_POLICY:
    case PROP_VSCROLL_POLICY:
      self->policies[id - PROP_HSCROLL_POLICY] = (guint) g_value_get_enum (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
lk_grid_canvas_dispose (GObject *object)
{
  LkGridCanvas *self = LK_GRID_CANVAS (object);

  if (self->signals != NULL)
    g_signal_group_set_target (self->signals, NULL);
  g_clear_object (&self->signals);
  g_clear_object (&self->grid);
  g_clear_object (&self->textures);
  for (guint i = 0; i < 2; i++)
    {
      if (self->adjustments[i] != NULL)
        g_signal_handlers_disconnect_by_func (self->adjustments[i], scrolled_cb, self);
      g_clear_object (&self->adjustments[i]);
    }
  forget_labels (self);

  G_OBJECT_CLASS (lk_grid_canvas_parent_class)->dispose (object);
}

static void
lk_grid_canvas_class_init (LkGridCanvasClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = lk_grid_canvas_dispose;
  object_class->get_property = lk_grid_canvas_get_property;
  object_class->set_property = lk_grid_canvas_set_property;
  widget_class->size_allocate = lk_grid_canvas_size_allocate;
  widget_class->measure = lk_grid_canvas_measure;
  widget_class->css_changed = lk_grid_canvas_css_changed;
  widget_class->snapshot = lk_grid_canvas_snapshot;

  g_object_class_override_property (object_class, PROP_HADJUSTMENT, "hadjustment");
  g_object_class_override_property (object_class, PROP_VADJUSTMENT, "vadjustment");
  g_object_class_override_property (object_class, PROP_HSCROLL_POLICY, "hscroll-policy");
  g_object_class_override_property (object_class, PROP_VSCROLL_POLICY, "vscroll-policy");
  signals[ACTIVATED] = g_signal_new ("activated", LK_TYPE_GRID_CANVAS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
  signals[MOVED] = g_signal_new ("moved", LK_TYPE_GRID_CANVAS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_css_name (widget_class, "gridcanvas");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
lk_grid_canvas_init (LkGridCanvas *self)
{
  GtkEventController *keys = gtk_event_controller_key_new (), *wheel = gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_VERTICAL);
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkGesture *click = gtk_gesture_click_new (), *pinch = gtk_gesture_zoom_new ();

  self->side = FIRST_SIDE;
  self->wants_fit = TRUE;
  self->textures = lk_cell_textures_new ();
  g_signal_connect_object (self->textures, "ready", G_CALLBACK (gtk_widget_queue_draw), self, G_CONNECT_SWAPPED);
  self->signals = g_signal_group_new (LK_TYPE_TEST_GRID);
  g_signal_group_connect_swapped (self->signals, "changed", G_CALLBACK (grid_changed_cb), self);
  g_signal_group_connect_swapped (self->signals, "cell-drawn", G_CALLBACK (cell_drawn_cb), self);

  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
  g_signal_connect_swapped (keys, "key-pressed", G_CALLBACK (key_cb), self);
  g_signal_connect_swapped (wheel, "scroll", G_CALLBACK (wheel_cb), self);
  g_signal_connect_swapped (motion, "motion", G_CALLBACK (motion_cb), self);
  g_signal_connect_swapped (click, "pressed", G_CALLBACK (pressed_cb), self);
  g_signal_connect_swapped (pinch, "begin", G_CALLBACK (pinch_begin_cb), self);
  g_signal_connect_swapped (pinch, "scale-changed", G_CALLBACK (pinch_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), keys);
  gtk_widget_add_controller (GTK_WIDGET (self), wheel);
  gtk_widget_add_controller (GTK_WIDGET (self), motion);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (click));
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (pinch));
  update_words (self);
}
