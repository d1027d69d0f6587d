/* What only the project may do to its images. */
#pragma once

#include "project/lk-image.h"

G_BEGIN_DECLS

/* When a file was looked at last: if both are as they were, it is the same. Both 0: no file. */
typedef struct
{
  gint64 modified;            /* nanoseconds since 1970 */
  gint64 size;
} LkStamp;

struct _LkImage
{
  GObject     parent_instance;

  gint64      id;
  char       *folder;         /* owned; the images/ folder */
  char       *name, *stem;    /* owned */
  LkStamp     stamp;          /* of the picture */
  guint       width, height;
  char       *hash;           /* owned, or NULL */
  char       *source;         /* owned, or NULL */
  char       *trouble;        /* owned, or NULL */

  GBytes     *text;           /* owned; bytes of STEM.txt, or NULL: no such file */
  LkStamp     text_stamp;
  GBytes     *fallback;       /* owned; bytes of STEM.caption, or NULL */
  char       *caption;        /* owned; what is shown of them, never NULL */
  char       *caption_trouble;  /* owned, or NULL */

  LkCrop      crop;
  guint       rating;
  LkState     state;
  LkShot      chosen_shot;
  LkShot      caption_shot;   /* what the words say; made when asked for */
  gboolean    has_caption_shot;
  guint       repeats;
  char       *notes;          /* owned, never NULL */
  char      **labels;         /* owned, never NULL, sorted */

  LkScores    scores;
  LkFace     *faces;          /* owned */
  gint        n_faces;        /* -1: not looked for */
  LkSeverity  severity;

  gboolean    is_present;     /* not removed */
  gboolean    is_missing;     /* its file is gone */
};

LkImage *lk_image_new             (gint64       id,
                                   const char  *images_folder,
                                   const char  *name);
/* Each notifies if something changed. Strings and arrays are copied. */
void     lk_image_set_file        (LkImage     *self,
                                   LkStamp      stamp,
                                   guint        width,
                                   guint        height,
                                   const char  *hash,
                                   const char  *trouble);
void     lk_image_set_text        (LkImage     *self,
                                   GBytes      *text);
void     lk_image_set_fallback    (LkImage     *self,
                                   GBytes      *fallback);
void     lk_image_set_crop        (LkImage     *self,
                                   const LkCrop *crop);
void     lk_image_set_rating      (LkImage     *self,
                                   guint        rating);
void     lk_image_set_state       (LkImage     *self,
                                   LkState      state);
void     lk_image_set_chosen_shot (LkImage     *self,
                                   LkShot       shot);
void     lk_image_set_repeats     (LkImage     *self,
                                   guint        repeats);
void     lk_image_set_notes       (LkImage     *self,
                                   const char  *notes);
void     lk_image_set_labels      (LkImage     *self,
                                   const char * const *labels);
void     lk_image_set_scores      (LkImage     *self,
                                   const LkScores *scores);    /* NULL: not measured */
void     lk_image_set_faces       (LkImage     *self,
                                   const LkFace *faces,
                                   gint         n_faces);
void     lk_image_set_severity    (LkImage     *self,
                                   LkSeverity   severity);

/* "portrait.png" -> "portrait"; owned by the caller. */
char    *lk_stem_of               (const char  *name);

G_END_DECLS
