#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include "app/gallery/lk-crop-propose.h"
#include "imaging/lk-subject.h"

/* The advice: the subject fills 40 to 60 % of the frame. */
#define FILL 0.5
/* A portrait is more than the face: hair, neck and some shoulder. In faces: how wide and high, and how far up the face lies in it. */
#define PORTRAIT_WIDTH 2.0
#define PORTRAIT_HEIGHT 2.2
#define PORTRAIT_ABOVE 0.7

static LkBox
get_portrait (LkBox face)
{
  return (LkBox) {
    .x = face.x - face.width * (PORTRAIT_WIDTH - 1) / 2,
    .y = face.y - face.height * PORTRAIT_ABOVE,
    .width = face.width * PORTRAIT_WIDTH,
    .height = face.height * PORTRAIT_HEIGHT,
  };
}

static LkBox
cut (LkBox box,
     guint width,
     guint height)
{
  int right = MIN (box.x + box.width, (int) width);
  int bottom = MIN (box.y + box.height, (int) height);

  box.x = MAX (box.x, 0);
  box.y = MAX (box.y, 0);
  box.width = MAX (right - box.x, 1);
  box.height = MAX (bottom - box.y, 1);

  return box;
}

LkProposal
lk_crop_propose (LkImage *image,
                 double   aspect,
                 guint    least,
                 LkCrop  *crop)
{
  guint width = lk_image_get_width (image);
  guint height = lk_image_get_height (image);
  const LkScores *scores = lk_image_get_scores (image);
  LkProposal proposal = LK_PROPOSAL_MIDDLE;
  guint frame_width, frame_height;
  const LkFace *faces;
  int n_faces;
  LkBox box;

  g_return_val_if_fail (LK_IS_IMAGE (image), LK_PROPOSAL_NONE);
  g_return_val_if_fail (aspect > 0, LK_PROPOSAL_NONE);

  if (width == 0 || height == 0)
    return LK_PROPOSAL_NONE;

  lk_image_get_crop (image, crop);
  crop->angle = 0;
  lk_crop_get_frame (crop, width, height, &frame_width, &frame_height);

  faces = lk_image_get_faces (image, &n_faces);
  if (n_faces > 0 && faces[0].score >= LK_SURE_FACE)
    {
      box = lk_crop_map_box (crop, width, height, cut (get_portrait (faces[0].box), width, height));
      proposal = LK_PROPOSAL_FACE;
    }
  else if (scores != NULL && scores->is_measured && scores->subject.width > 0)
    {
      box = lk_crop_map_box (crop, width, height, scores->subject);
      proposal = LK_PROPOSAL_SUBJECT;
    }

  if (proposal == LK_PROPOSAL_MIDDLE)
    box = lk_box_around (aspect, frame_width / 2.0, frame_height / 2.0, frame_width, frame_height);
  else
    box = lk_subject_frame (box, aspect, FILL, least, frame_width, frame_height);

  crop->x = box.x;
  crop->y = box.y;
  crop->width = box.width;
  crop->height = box.height;

  return proposal;
}
