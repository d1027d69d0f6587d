/* LkImage: one picture of a project: its files, its caption, what the user decided about it, and what was measured.
 *
 * Read-only for everyone but its project: changes go through LkEdit, so that each is saved and can be undone. Properties notify on the
 * thread that owns the project. Property names are those of the getters ("caption", "crop", "rating", …).
 */
#pragma once

#include <gio/gio.h>

#include "imaging/lk-crop.h"
#include "imaging/lk-measure.h"
#include "project/lk-shot.h"

G_BEGIN_DECLS

#define LK_TYPE_IMAGE (lk_image_get_type ())
G_DECLARE_FINAL_TYPE (LkImage, lk_image, LK, IMAGE, GObject)

typedef enum
{
  LK_STATE_UNDECIDED,
  LK_STATE_KEEP,
  LK_STATE_REJECT,          /* stays in images/ but counts nowhere */
} LkState;

#define LK_TYPE_STATE (lk_state_get_type ())
GType       lk_state_get_type           (void);
const char *lk_state_get_id             (LkState state);      /* "undecided", "keep", "reject" */

typedef enum
{
  LK_SEVERITY_NONE,
  LK_SEVERITY_HINT,
  LK_SEVERITY_WARNING,
  LK_SEVERITY_ERROR,
} LkSeverity;

#define LK_TYPE_SEVERITY (lk_severity_get_type ())
GType       lk_severity_get_type        (void);
const char *lk_severity_get_id          (LkSeverity severity);   /* "none", "hint", "warning", "error" */

/* ---- identity ------------------------------------------------------------------------------------------------- */

gint64      lk_image_get_id             (LkImage *self);    /* of this project, for ever; the order of the list */
const char *lk_image_get_name           (LkImage *self);    /* file name: "portrait.png" */
const char *lk_image_get_stem           (LkImage *self);    /* "portrait": what a list shows */
char       *lk_image_dup_path           (LkImage *self);    /* owned by the caller */
char       *lk_image_dup_caption_path   (LkImage *self);    /* images/STEM.txt, whether it exists or not */
/* Of the upright picture; 0 before it was looked at. */
guint       lk_image_get_width          (LkImage *self);
guint       lk_image_get_height         (LkImage *self);
guint64     lk_image_get_file_size      (LkImage *self);
gint64      lk_image_get_modified       (LkImage *self);    /* of the picture's file, microseconds since 1970 */
/* SHA-256 of the file; NULL before it was looked at. */
const char *lk_image_get_hash           (LkImage *self);
const char *lk_image_get_source         (LkImage *self);    /* where it was imported from, for people; may be NULL */
/* Why the file cannot be read, a sentence; NULL: it can, as far as is known. */
const char *lk_image_get_trouble        (LkImage *self);

/* ---- caption -------------------------------------------------------------------------------------------------- */

/* "" where there is none. The text as it is, line ends and all. */
const char *lk_image_get_caption        (LkImage *self);
gboolean    lk_image_has_caption        (LkImage *self);    /* a file is there, maybe empty */
/* What of the file's bytes no text is, a sentence; NULL: all of it is text. */
const char *lk_image_get_caption_trouble (LkImage *self);

/* ---- what the user decided ------------------------------------------------------------------------------------ */

void        lk_image_get_crop           (LkImage *self,
                                         LkCrop  *crop);
gboolean    lk_image_has_crop           (LkImage *self);
guint       lk_image_get_rating         (LkImage *self);    /* 0 (none) to 5 */
LkState     lk_image_get_state          (LkImage *self);
/* Not rejected and readable: counts in checks, coverage, export and training. */
gboolean    lk_image_is_counted         (LkImage *self);
guint       lk_image_get_repeats        (LkImage *self);    /* 1, or what a kohya folder said */
const char *lk_image_get_notes          (LkImage *self);
/* Labels of the user's own and answers of reviews ("filtered", "covered", "extreme-angle"), sorted. */
const char * const *lk_image_get_labels (LkImage *self);
gboolean    lk_image_has_label          (LkImage    *self,
                                         const char *label);
/* What the user chose (NOT_SET: nothing), and what holds: choice, else caption, else face, else NOT_SET. */
LkShot      lk_image_get_chosen_shot    (LkImage *self);
LkShot      lk_image_get_shot           (LkImage *self);

/* ---- what was measured ---------------------------------------------------------------------------------------- */

typedef struct
{
  gboolean   is_measured;           /* FALSE: everything below means nothing */
  double     sharpness;
  LkExposure exposure;
  guint64    gradient_hash, frequency_hash;
  guint      jpeg_quality;          /* 0: no JPEG */
  gboolean   has_foreign_profile, is_animated, has_alpha;
  LkBox      subject;               /* of the upright picture; width 0: nothing stands out */
  double     subject_confidence;
} LkScores;

/* The scores, or NULL: not measured yet. Owned by the image. */
const LkScores *lk_image_get_scores     (LkImage *self);

typedef struct
{
  LkBox      box;                   /* of the upright picture */
  double     score;                 /* 0 to 1 */
  gboolean   has_pose;
  double     roll, yaw;             /* degrees; yaw 0: looks at the camera */
} LkFace;

/* From this score on a face is taken for one: below, it is a guess, on drawings most of all. */
#define LK_SURE_FACE .8

/* The faces found, best first, `n_faces` -1: not looked for yet. On drawings little is found: none found is not "nobody there". */
const LkFace *lk_image_get_faces        (LkImage *self,
                                         gint    *n_faces);

/* The worst of the findings about this picture at the last lk_checks_update (). */
LkSeverity  lk_image_get_severity       (LkImage *self);

G_END_DECLS
