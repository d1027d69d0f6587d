/* Text drawn into pictures: the labels of contact sheets. Needs no display. */
#pragma once

#include "formats/lk-picture.h"

G_BEGIN_DECLS

typedef enum
{
  LK_LABEL_START,
  LK_LABEL_CENTER,
  LK_LABEL_END,
} LkLabelAlign;

typedef struct
{
  double       size;            /* of the font, in pixels */
  gboolean     bold;
  guint32      color;           /* 0xrrggbb */
  guint        width;           /* pixels to wrap and align in; 0: one line, as wide as it is */
  guint        max_lines;       /* cut with "…" after so many; 0: no limit */
  LkLabelAlign align;
} LkLabelStyle;

/* Pixels that the text takes. */
void lk_label_measure (const char         *text,
                       const LkLabelStyle *style,
                       guint              *width,
                       guint              *height);
/* Draws with the top left corner of its box at (x, y), clipped to the picture. */
void lk_label_draw    (LkPicture          *picture,
                       const char         *text,
                       const LkLabelStyle *style,
                       int                 x,
                       int                 y);

G_END_DECLS
