/* What the files of LkPlot share. */
#pragma once

#include "app/widgets/lk-plot.h"

G_BEGIN_DECLS

typedef struct
{
  LkSeries    *series;          /* owned reference */
  LkPlotStyle  style;
  gulong       appended;
} LkPlotCurve;

typedef struct
{
  double from, to;
} LkPlotRange;

struct _LkPlot
{
  GtkWidget    parent_instance;

  char        *title;           /* owned */
  GArray      *curves;          /* LkPlotCurve */
  gboolean     log_scale;

  gboolean     is_zoomed;       /* `view` holds; else everything is shown */
  LkPlotRange  view;
  double       drag_from;       /* view.from when a drag began */
  double       zoom_width;      /* width of the view when a pinch began */

  gboolean     has_cursor;      /* a read-out is shown */
  double       cursor;          /* its x */
  gint64       described;       /* when the description was last brought up to date, monotonic */
};

/* Where things are drawn: pixels, and what they stand for. */
typedef struct
{
  graphene_rect_t area;
  LkPlotRange     view, heights;
} LkPlotFrame;

/* ---- what is seen ---- */

/* The curve that is read out; NULL while it has no point. */
const LkPlotCurve *lk_plot_find_main        (LkPlot            *self);
LkPlotRange        lk_plot_get_whole        (LkPlot            *self);
LkPlotRange        lk_plot_get_view         (LkPlot            *self);
/* On the scale that is drawn. */
LkPlotRange        lk_plot_get_heights      (LkPlot            *self);
double             lk_plot_scale_y          (LkPlot            *self,
                                             double             y);
gboolean           lk_plot_is_drawable      (LkPlot            *self,
                                             double             y);
double             lk_plot_nice_step        (LkPlotRange        range,
                                             double             n);
/* Owned by the caller. */
char              *lk_plot_format_value     (double             y);
char              *lk_plot_format_with_unit (double             y,
                                             const char        *unit);

/* ---- drawing ---- */

LkPlotFrame        lk_plot_make_frame       (LkPlot            *self,
                                             float              width,
                                             float              height);
/* The main curve's point nearest to the cursor; FALSE where there is none. */
gboolean           lk_plot_find_read_out    (LkPlot            *self,
                                             LkPoint           *point);
/* Owned by the caller. */
char              *lk_plot_describe_read_out (LkPlot           *self,
                                             LkPoint            point);
void               lk_plot_draw             (LkPlot            *self,
                                             GtkSnapshot       *snapshot);

G_END_DECLS
