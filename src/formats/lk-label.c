/* lk-label.c: labels by Pango and Cairo.
 *
 * The text is drawn as coverage (A8) into a mask of its own and then laid over the picture, so that the pixels around it are
 * not touched. Hinting and metrics are fixed, so that one machine always draws one label alike.
 */
#define G_LOG_DOMAIN "likeness-formats"

#include "config.h"

#include <pango/pangocairo.h>

#include "formats/lk-label.h"

static PangoLayout *
make_layout (const char         *text,
             const LkLabelStyle *style)
{
  static const PangoAlignment alignments[] = { PANGO_ALIGN_LEFT, PANGO_ALIGN_CENTER, PANGO_ALIGN_RIGHT };
  PangoFontMap *fonts = pango_cairo_font_map_get_default ();
  PangoContext *context = pango_font_map_create_context (fonts);
  g_autoptr (PangoFontDescription) font = pango_font_description_from_string (style->bold ? "Sans Bold" : "Sans");
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  cairo_font_options_t *options = cairo_font_options_create ();
  PangoLayout *layout;

  cairo_font_options_set_antialias (options, CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style (options, CAIRO_HINT_STYLE_SLIGHT);
  pango_cairo_context_set_font_options (context, options);
  cairo_font_options_destroy (options);

  layout = pango_layout_new (context);
  g_object_unref (context);
  pango_font_description_set_absolute_size (font, style->size * PANGO_SCALE);
  pango_layout_set_font_description (layout, font);
  pango_layout_set_alignment (layout, alignments[style->align]);
  if (style->width > 0)
    {
      pango_layout_set_width (layout, style->width * PANGO_SCALE);
      pango_layout_set_wrap (layout, PANGO_WRAP_WORD_CHAR);
    }
  if (style->max_lines > 0)
    {
      pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_END);
      pango_layout_set_height (layout, -(int) style->max_lines);
    }
  pango_layout_set_text (layout, valid, -1);

  return layout;
}

/* The box: as wide as the style says, else as the text is. */
static void
get_size (PangoLayout        *layout,
          const LkLabelStyle *style,
          int                *width,
          int                *height)
{
  pango_layout_get_pixel_size (layout, width, height);
  if (style->width > 0)
    *width = style->width;
}

void
lk_label_measure (const char         *text,
                  const LkLabelStyle *style,
                  guint              *width,
                  guint              *height)
{
  g_autoptr (PangoLayout) layout = make_layout (text, style);
  int w, h;

  get_size (layout, style, &w, &h);
  *width = w;
  *height = h;
}

/* Lays the colour over the picture where the mask covers it. */
static void
blend (LkPicture       *picture,
       cairo_surface_t *mask,
       guint32          color,
       int              x,
       int              y)
{
  const guint8 *coverage = cairo_image_surface_get_data (mask);
  const int stride = cairo_image_surface_get_stride (mask);
  const int first_x = MAX (x, 0), end_x = MIN (x + cairo_image_surface_get_width (mask), (int) picture->width);
  const int first_y = MAX (y, 0), end_y = MIN (y + cairo_image_surface_get_height (mask), (int) picture->height);
  const guint ink[4] = { color >> 16 & 255, color >> 8 & 255, color & 255, 255 };

  for (int row = first_y; row < end_y; row++)
    for (int column = first_x; column < end_x; column++)
      {
        guint covered = coverage[(gsize) (row - y) * stride + column - x];
        guint8 *pixel = lk_picture_row (picture, row) + (gsize) column * picture->channels;

        for (guint c = 0; c < picture->channels; c++)
          pixel[c] = (pixel[c] * (255 - covered) + ink[c] * covered + 127) / 255;
      }
}

void
lk_label_draw (LkPicture          *picture,
               const char         *text,
               const LkLabelStyle *style,
               int                 x,
               int                 y)
{
  g_autoptr (PangoLayout) layout = make_layout (text, style);
  cairo_surface_t *mask;
  cairo_t *cairo;
  int width, height;

  get_size (layout, style, &width, &height);
  /* What lies outside the picture need not be drawn. */
  width = CLAMP (width, 0, MAX ((int) picture->width - x, 0));
  height = CLAMP (height, 0, MAX ((int) picture->height - y, 0));
  if (width == 0 || height == 0)
    return;

  mask = cairo_image_surface_create (CAIRO_FORMAT_A8, width, height);
  cairo = cairo_create (mask);
  pango_cairo_show_layout (cairo, layout);
  cairo_destroy (cairo);
  cairo_surface_flush (mask);
  if (cairo_surface_status (mask) == CAIRO_STATUS_SUCCESS)
    blend (picture, mask, style->color, x, y);
  cairo_surface_destroy (mask);
}
