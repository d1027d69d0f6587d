#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-prepare.h"

#include "imaging/lk-resize.h"
#include "project/lk-prepare-private.h"

LkPrepareRule
lk_prepare_resolve (LkProject           *project,
                    const LkPrepareRule *rule)
{
  LkPrepareRule resolved = rule != NULL ? *rule : (LkPrepareRule) { 0 };

  if (resolved.resolution == 0)
    resolved.resolution = lk_project_get_resolution (project);
  if (resolved.shape == LK_SHAPE_PROJECT)
    resolved.shape = lk_project_get_use_buckets (project) ? LK_SHAPE_BUCKETS : LK_SHAPE_SQUARE;
  return resolved;
}

LkBucket
lk_prepare_target (const LkPrepareRule *resolved,
                   guint                width,
                   guint                height)
{
  LkBucketRule rule = lk_bucket_rule_for (resolved->resolution);
  g_autoptr (GArray) buckets = NULL;

  if (resolved->shape == LK_SHAPE_SQUARE)
    return (LkBucket) { resolved->resolution, resolved->resolution };
  buckets = lk_bucket_list (&rule);
  return lk_bucket_select (&rule, buckets, width, height, NULL);
}

/* What `inner` and `outer` share, as a share of `outer`. */
static double
share_of (LkBox inner,
          LkBox outer)
{
  gint width = MIN (inner.x + inner.width, outer.x + outer.width) - MAX (inner.x, outer.x);
  gint height = MIN (inner.y + inner.height, outer.y + outer.height) - MAX (inner.y, outer.y);

  return width > 0 && height > 0 ? (double) width * height / ((double) outer.width * outer.height) : 0.;
}

gboolean
lk_prepare_plan (LkProject           *project,
                 LkImage             *image,
                 const LkPrepareRule *rule,
                 const LkCrop        *crop,
                 LkPreparePlan       *plan)
{
  LkPrepareRule resolved = lk_prepare_resolve (project, rule);
  guint width = lk_image_get_width (image), height = lk_image_get_height (image);
  const LkScores *scores = lk_image_get_scores (image);
  LkCrop own;
  LkBox box, cut;

  if (width == 0 || height == 0)
    return FALSE;
  lk_image_get_crop (image, &own);
  if (crop == NULL)
    crop = &own;

  box = lk_crop_get_box (crop, width, height);
  plan->target = lk_prepare_target (&resolved, box.width, box.height);
  cut = lk_box_around ((double) plan->target.width / plan->target.height, box.width / 2., box.height / 2., box.width, box.height);
  plan->crop = (LkBox) { box.x + cut.x, box.y + cut.y, cut.width, cut.height };
  plan->scale = (double) plan->target.width / cut.width;
  plan->lost = 1. - (double) cut.width * cut.height / ((double) box.width * box.height);
  plan->subject_share = -1.;
  if (scores != NULL && scores->subject.width > 0)
    plan->subject_share = share_of (lk_crop_map_box (crop, width, height, scores->subject), plan->crop);
  return TRUE;
}

LkPicture *
lk_prepare_pixels (const LkPicture *picture,
                   const LkCrop    *crop,
                   LkBucket         target)
{
  g_autoptr (LkPicture) cut = crop != NULL && !lk_crop_is_empty (crop) ? lk_crop_apply (crop, picture) : NULL;
  g_autoptr (LkPicture) flat = NULL;
  const LkPicture *from = cut != NULL ? cut : picture;

  if (from->channels == 4)
    {
      flat = lk_picture_flatten (from, 0xffffff);
      from = flat;
    }
  return lk_resize_cover (from, target.width, target.height);
}

LkPicture *
lk_project_prepare_image (LkProject            *project,
                          LkImage              *image,
                          const LkPrepareRule  *rule,
                          GError              **error)
{
  g_autofree char *path = lk_image_dup_path (image);
  g_autoptr (LkPicture) picture = lk_picture_read (path, LK_PICTURE_ON_WHITE, NULL, error);
  LkPrepareRule resolved = lk_prepare_resolve (project, rule);
  LkCrop crop;
  LkBox box;

  if (picture == NULL)
    return NULL;
  lk_image_get_crop (image, &crop);
  box = lk_crop_get_box (&crop, picture->width, picture->height);
  return lk_prepare_pixels (picture, &crop, lk_prepare_target (&resolved, box.width, box.height));
}
