/* LkPlot: curves over steps, drawn with GtkSnapshot in the system's colours.
 *
 * Scrolling and pinching zoom around the pointer, dragging pans, a double click or 0 shows everything. With the keyboard focus,
 * Left and Right move a read-out from point to point (Shift: a tenth of the view; Home, End), plus and minus zoom. The accessible
 * description says in words where the main curve started, stands and points to.
 */
#pragma once

#include <gtk/gtk.h>

#include "app/widgets/lk-series.h"

G_BEGIN_DECLS

#define LK_TYPE_PLOT (lk_plot_get_type ())
G_DECLARE_FINAL_TYPE (LkPlot, lk_plot, LK, PLOT, GtkWidget)

typedef enum
{
  LK_PLOT_MAIN,           /* the accent colour, full strength: the one that is read out */
  LK_PLOT_FAINT,          /* the accent colour, faint: raw values behind their average */
  LK_PLOT_SECOND,         /* the foreground colour, dashed: on fixed noise */
  LK_PLOT_THIRD,          /* the foreground colour, dotted: pictures held out */
  LK_PLOT_COMPARED,       /* the foreground colour, faint: other runs */
} LkPlotStyle;

/* What the plot shows, for people and for screen readers: "Loss". */
void       lk_plot_set_title     (LkPlot       *self,
                                  const char   *title);
void       lk_plot_add_series    (LkPlot       *self,
                                  LkSeries     *series,
                                  LkPlotStyle   style);
void       lk_plot_clear         (LkPlot       *self);
/* Logarithmic y; values of 0 and below are gaps. */
void       lk_plot_set_log_scale (LkPlot       *self,
                                  gboolean      log_scale);
void       lk_plot_show_all      (LkPlot       *self);
/* A sentence: "Loss: 0.0873 at step 412, from 0.1841 at step 1, falling." Owned by the caller. */
char      *lk_plot_describe      (LkPlot       *self);

/* The points of every curve: x, then a column for each; names in the first row. */
char      *lk_plot_to_csv        (LkPlot       *self);
/* The plot as it stands, on the window's background. Needs a realized widget. */
GBytes    *lk_plot_to_png        (LkPlot       *self);

G_END_DECLS
