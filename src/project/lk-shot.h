/* Shot types and the plan of a data set: how many pictures of each a good one has. */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

typedef enum
{
  LK_SHOT_NOT_SET,
  LK_SHOT_FRONT,            /* front portrait */
  LK_SHOT_THREE_QUARTER,
  LK_SHOT_PROFILE,
  LK_SHOT_HALF_BODY,
  LK_SHOT_FULL_BODY,
} LkShot;
#define LK_N_SHOTS 6

#define LK_TYPE_SHOT (lk_shot_get_type ())
GType       lk_shot_get_type     (void);

/* "front", "three-quarter", …: for files and --json; and for people, translated. */
const char *lk_shot_get_id       (LkShot       shot);
LkShot      lk_shot_from_id      (const char  *id);         /* NOT_SET if unknown */
const char *lk_shot_get_name     (LkShot       shot);
/* What a caption says of it, in words that models know; "" for NOT_SET. */
const char *lk_shot_get_words    (LkShot       shot);
/* The plan: from `least` to `most` pictures of this type. FALSE for NOT_SET. */
gboolean    lk_shot_get_range    (LkShot       shot,
                                  guint       *least,
                                  guint       *most);
/* What the words of a caption say; NOT_SET if they say nothing. The first match of full body, profile, three-quarter, half body,
 * front portrait. */
LkShot      lk_shot_from_caption (const char  *caption);

G_END_DECLS
