#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-shot.h"

#include <glib/gi18n.h>
#include <string.h>

#include "project/lk-words.h"

G_DEFINE_ENUM_TYPE (LkShot, lk_shot,
                    G_DEFINE_ENUM_VALUE (LK_SHOT_NOT_SET, "not-set"),
                    G_DEFINE_ENUM_VALUE (LK_SHOT_FRONT, "front"),
                    G_DEFINE_ENUM_VALUE (LK_SHOT_THREE_QUARTER, "three-quarter"),
                    G_DEFINE_ENUM_VALUE (LK_SHOT_PROFILE, "profile"),
                    G_DEFINE_ENUM_VALUE (LK_SHOT_HALF_BODY, "half-body"),
                    G_DEFINE_ENUM_VALUE (LK_SHOT_FULL_BODY, "full-body"))

static const struct
{
  const char *id;
  const char *name;
  guint       least, most;      /* pictures of this type in a good data set */
} shots[LK_N_SHOTS] = {
  [LK_SHOT_NOT_SET]       = { "not-set", N_("Not set"), 0, 0 },
  [LK_SHOT_FRONT]         = { "front", N_("Front portrait"), 5, 7 },
  [LK_SHOT_THREE_QUARTER] = { "three-quarter", N_("Three-quarter view"), 3, 5 },
  [LK_SHOT_PROFILE]       = { "profile", N_("Profile"), 2, 3 },
  [LK_SHOT_HALF_BODY]     = { "half-body", N_("Half body"), 3, 5 },
  [LK_SHOT_FULL_BODY]     = { "full-body", N_("Full body"), 2, 3 },
};

/* What captions say, as lk_words_fold () writes it, in the order of precedence. */
static const struct
{
  LkShot      shot;
  const char *words;
} phrases[] = {
  { LK_SHOT_FULL_BODY, "full body" },
  { LK_SHOT_FULL_BODY, "full length" },
  { LK_SHOT_FULL_BODY, "whole body" },
  { LK_SHOT_FULL_BODY, "head to toe" },
  { LK_SHOT_PROFILE, "profile view" },
  { LK_SHOT_PROFILE, "profile shot" },
  { LK_SHOT_PROFILE, "profile portrait" },
  { LK_SHOT_PROFILE, "side profile" },
  { LK_SHOT_PROFILE, "in profile" },
  { LK_SHOT_PROFILE, "profile" },
  { LK_SHOT_PROFILE, "side view" },
  { LK_SHOT_PROFILE, "from side" },
  { LK_SHOT_PROFILE, "from the side" },
  { LK_SHOT_THREE_QUARTER, "three quarter" },
  { LK_SHOT_THREE_QUARTER, "three quarters" },
  { LK_SHOT_THREE_QUARTER, "3/4" },
  { LK_SHOT_THREE_QUARTER, "3/4 view" },
  { LK_SHOT_HALF_BODY, "half body" },
  { LK_SHOT_HALF_BODY, "upper body" },
  { LK_SHOT_HALF_BODY, "waist up" },
  { LK_SHOT_HALF_BODY, "medium shot" },
  { LK_SHOT_HALF_BODY, "cowboy shot" },
  { LK_SHOT_FRONT, "close up" },
  { LK_SHOT_FRONT, "closeup" },
  { LK_SHOT_FRONT, "portrait" },
  { LK_SHOT_FRONT, "headshot" },
  { LK_SHOT_FRONT, "head shot" },
  { LK_SHOT_FRONT, "front view" },
};

const char *
lk_shot_get_id (LkShot shot)
{
  return shots[shot].id;
}

LkShot
lk_shot_from_id (const char *id)
{
  for (guint i = 0; i < LK_N_SHOTS; i++)
    if (g_strcmp0 (shots[i].id, id) == 0)
      return i;
  return LK_SHOT_NOT_SET;
}

const char *
lk_shot_get_name (LkShot shot)
{
  return _(shots[shot].name);
}

const char *
lk_shot_get_words (LkShot shot)
{
  /* lk_shot_from_caption () reads them back. */
  static const char * const words[LK_N_SHOTS] = {
    [LK_SHOT_NOT_SET] = "",
    [LK_SHOT_FRONT] = "front view, close-up portrait",
    [LK_SHOT_THREE_QUARTER] = "three-quarter view",
    [LK_SHOT_PROFILE] = "profile view",
    [LK_SHOT_HALF_BODY] = "upper body shot",
    [LK_SHOT_FULL_BODY] = "full body shot",
  };

  return words[shot];
}

gboolean
lk_shot_get_range (LkShot  shot,
                   guint  *least,
                   guint  *most)
{
  *least = shots[shot].least;
  *most = shots[shot].most;
  return shot != LK_SHOT_NOT_SET;
}

LkShot
lk_shot_from_caption (const char *caption)
{
  g_autofree char *folded = lk_words_fold (caption);

  for (guint i = 0; i < G_N_ELEMENTS (phrases); i++)
    if (lk_words_find (folded, phrases[i].words) != NULL)
      return phrases[i].shot;
  return LK_SHOT_NOT_SET;
}
