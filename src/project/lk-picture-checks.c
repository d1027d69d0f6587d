#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-picture-checks.h"

#include "project/lk-prepare.h"

/* Thresholds of the scores; lk-measure.h says what they mean. */
#define LEAST_SHARPNESS 150.
#define LEAST_LIGHT .32             /* luma that the lightest hundredth reaches */
#define MOST_DARK .95               /* luma that the darkest twentieth stays above */
#define LEAST_DEVIATION .05
#define LEAST_JPEG_QUALITY 60
/* The advice is 40 to 60 %; what is said here is that it is far from it. */
#define LEAST_SUBJECT .15
#define MOST_SUBJECT .92
#define LEAST_CONFIDENCE .5
/* Another face counts if it is not far in the background. */
#define LEAST_FACE_RATIO .4

void
lk_picture_rule_init (LkPictureRule *rule,
                      LkProject     *project)
{
  const LkBaseAdvice *advice = lk_project_get_base_advice (project);

  rule->project = project;
  rule->least_side = (guint64) advice->least_side * lk_project_get_resolution (project) / advice->resolution;
}

/* ---- the picture as it will be trained with ------------------------------------------------------------------------ */

/* A box of the upright picture, as a share of itself that the plan's crop shows. */
static double
get_shown (const LkPreparePlan *plan,
           LkImage             *image,
           LkBox                box)
{
  LkCrop crop;
  LkBox part;
  gint width, height;

  lk_image_get_crop (image, &crop);
  part = lk_crop_map_box (&crop, lk_image_get_width (image), lk_image_get_height (image), box);
  width = MIN (part.x + part.width, plan->crop.x + plan->crop.width) - MAX (part.x, plan->crop.x);
  height = MIN (part.y + part.height, plan->crop.y + plan->crop.height) - MAX (part.y, plan->crop.y);
  return width > 0 && height > 0 && part.width > 0 && part.height > 0 ? (double) width * height / ((double) part.width * part.height) : 0.;
}

/* ---- checks -------------------------------------------------------------------------------------------------------- */

static void
check_size (const LkPictureRule *rule,
            LkImage             *image,
            const LkPreparePlan *plan,
            GArray              *hits)
{
  gboolean could_be_larger = MIN (lk_image_get_width (image), lk_image_get_height (image)) >= rule->least_side;
  LkCrop crop;
  char number[16];

  if (MIN (plan->crop.width, plan->crop.height) >= (gint) rule->least_side)
    return;
  lk_image_get_crop (image, &crop);
  g_snprintf (number, sizeof number, "%u", rule->least_side);
  lk_hits_add (hits, crop.width > 0 && could_be_larger ? LK_CHECK_CROP_SMALL : LK_CHECK_RESOLUTION_LOW, 0, 0, number, NULL);
}

/* Other faces than the best, that are seen and not far in the background. */
static gboolean
shows_others (LkImage             *image,
              const LkPreparePlan *plan)
{
  gint n_faces;
  const LkFace *faces = lk_image_get_faces (image, &n_faces);
  guint n = 0;

  for (gint i = 0; i < n_faces; i++)
    n += faces[i].score >= LK_SURE_FACE && faces[i].box.height >= LEAST_FACE_RATIO * faces[0].box.height &&
         get_shown (plan, image, faces[i].box) >= .5;
  return n > 1;
}

static void
check_subject (LkImage             *image,
               const LkPreparePlan *plan,
               GArray              *hits)
{
  const LkScores *scores = lk_image_get_scores (image);

  if (scores == NULL || scores->subject_confidence < LEAST_CONFIDENCE || plan->subject_share < 0.)
    return;
  if (plan->subject_share < LEAST_SUBJECT)
    lk_hits_add (hits, LK_CHECK_SUBJECT_SMALL, 0, 0, NULL, NULL);
  else if (plan->subject_share > MOST_SUBJECT)
    lk_hits_add (hits, LK_CHECK_SUBJECT_LARGE, 0, 0, NULL, NULL);
}

static void
check_scores (const LkScores *scores,
              GArray         *hits)
{
  /* Without contrast nothing could be sharp. */
  if (scores->sharpness < LEAST_SHARPNESS && scores->exposure.deviation >= LEAST_DEVIATION)
    lk_hits_add (hits, LK_CHECK_BLURRED, 0, 0, NULL, NULL);
  if (scores->exposure.dark < LEAST_LIGHT)
    lk_hits_add (hits, LK_CHECK_TOO_DARK, 0, 0, NULL, NULL);
  else if (scores->exposure.bright > MOST_DARK)
    lk_hits_add (hits, LK_CHECK_TOO_BRIGHT, 0, 0, NULL, NULL);
  else if (scores->exposure.deviation < LEAST_DEVIATION)
    lk_hits_add (hits, LK_CHECK_CONTRAST_LOW, 0, 0, NULL, NULL);
  if (scores->jpeg_quality > 0 && scores->jpeg_quality < LEAST_JPEG_QUALITY)
    lk_hits_add (hits, LK_CHECK_COMPRESSED, 0, 0, NULL, NULL);
  if (scores->has_foreign_profile)
    lk_hits_add (hits, LK_CHECK_FOREIGN_PROFILE, 0, 0, NULL, NULL);
}

void
lk_picture_check (const LkPictureRule *rule,
                  LkImage             *image,
                  GArray              *hits)
{
  static const struct
  {
    const char   *label;            /* a Yes in a review */
    LkCheckIndex  check;
  } reviews[] = {
    { "other-people", LK_CHECK_OTHER_PEOPLE },
    { "filtered", LK_CHECK_FILTERED },
    { "covered", LK_CHECK_COVERED },
    { "extreme-angle", LK_CHECK_EXTREME_ANGLE },
  };

  LkPreparePlan plan;

  if (lk_image_get_scores (image) != NULL)
    check_scores (lk_image_get_scores (image), hits);
  if (lk_prepare_plan (rule->project, image, NULL, NULL, &plan))
    {
      check_size (rule, image, &plan, hits);
      check_subject (image, &plan, hits);
      if (shows_others (image, &plan))
        lk_hits_add (hits, LK_CHECK_OTHER_PEOPLE, 0, 0, NULL, NULL);
    }
  for (guint i = 0; i < G_N_ELEMENTS (reviews); i++)
    if (lk_image_has_label (image, reviews[i].label))
      lk_hits_add (hits, reviews[i].check, 0, 0, NULL, NULL);
}
