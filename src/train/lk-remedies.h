/* What Is Wrong?: from what a person sees in test pictures to what to do about it. Data: one table of symptoms, each with its remedies, the first
 * to try first.
 */
#pragma once

#include "generate/lk-sights.h"
#include "train/lk-settings.h"

G_BEGIN_DECLS

/* Where a remedy leads. */
typedef enum
{
  LK_REMEDY_GALLERY,            /* look at the pictures */
  LK_REMEDY_CAPTIONS,
  LK_REMEDY_RETRAIN,            /* the run's settings with one changed */
  LK_REMEDY_STRENGTHS,          /* draw more strengths: `value` lists them */
  LK_REMEDY_CHECKPOINTS,        /* draw the run's earlier checkpoints */
  LK_REMEDY_BASES,              /* draw with another base model */
} LkRemedyKind;

typedef struct
{
  const char  *id;              /* "fewer-steps" */
  LkRemedyKind kind;
  const char  *sentence;        /* what to do; translated by lk_remedy_get_sentence (), as are the next two */
  const char  *why;
  const char  *label;           /* of the button */
  const char  *key;             /* RETRAIN: the setting that changes, and by which factor */
  double       factor;
  const char  *value;           /* STRENGTHS: "0.4,0.6" */
} LkRemedy;

typedef struct
{
  const char     *id;           /* "overfitted" */
  const char     *title;        /* what one sees: translated by lk_symptom_get_title (), as is the next */
  const char     *explanation;
  const LkRemedy *remedies;
  guint           n_remedies;
  guint           signs;        /* LkOverfit that show it */
} LkSymptom;

guint            lk_symptom_get_n           (void);
const LkSymptom *lk_symptom_get             (guint                   index);
const LkSymptom *lk_symptom_find            (const char             *id);       /* NULL: no such symptom */
const char      *lk_symptom_get_title       (const LkSymptom        *symptom);
const char      *lk_symptom_get_explanation (const LkSymptom        *symptom);
const char      *lk_remedy_get_sentence     (const LkRemedy         *remedy);
const char      *lk_remedy_get_why          (const LkRemedy         *remedy);
const char      *lk_remedy_get_label        (const LkRemedy         *remedy);
/* What a sign of overfitting says, a sentence for people. */
const char      *lk_overfit_get_sentence    (LkOverfit               sign);

/* RETRAIN: the setting as the remedy wants it for a run with these settings, as text. Owned by the caller. */
char            *lk_remedy_dup_value        (const LkRemedy         *remedy,
                                             const LkTrainSettings  *settings);

G_END_DECLS
