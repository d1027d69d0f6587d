/* What suits a base model: the rows of the advice that project, checks and training start from. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  const char *id;                   /* "starter", "sd15", "sdxl" */
  const char *name;                 /* for people, translated */
  guint       resolution;           /* 192, 512, 1024 */
  guint       least_side;           /* of a picture's crop, in pixels, before it must be enlarged noticeably */
  guint       bucket_step;          /* kohya's: 64, for SDXL 32 */
  guint       least_images, good_images, best_images, most_images;   /* 15, 20, 30, 50 */
  gboolean    draws_only;           /* the starter: only draws cartoon people */
} LkBaseAdvice;

guint               lk_base_advice_get_n (void);
const LkBaseAdvice *lk_base_advice_get   (guint       index);
const LkBaseAdvice *lk_base_advice_find  (const char *id);      /* NULL: no such row */
/* The row for a base model as a project names it: "starter", or a checkpoint's path, whose header is read (key names only); SD 1.5's
 * row where it cannot be told. */
const LkBaseAdvice *lk_base_advice_for   (const char *base_model);

G_END_DECLS
