#define G_LOG_DOMAIN "likeness-train"

#include "config.h"

#include <glib/gi18n.h>

#include "train/lk-remedies.h"

/* ---- remedies -------------------------------------------------------------------------------------------------- */

#define FEWER_STEPS(id) { \
    id, LK_REMEDY_RETRAIN, N_("Train again with 25 % fewer steps"), \
    N_("20 to 30 % fewer steps usually keep the likeness and give the prompt its say again."), N_("Retrain"), "max_train_steps", 0.75, NULL }
#define EARLIER_CHECKPOINT { \
    "earlier-checkpoint", LK_REMEDY_CHECKPOINTS, N_("Try an earlier checkpoint of the same run"), \
    N_("It is drawn already trained: an earlier one may hold the likeness without the rest. Nothing has to be trained again."), \
    N_("Draw the Checkpoints"), NULL, 0, NULL }
#define MORE_STEPS { \
    "more-steps", LK_REMEDY_RETRAIN, N_("Train again with a third more steps"), \
    N_("Where pictures and captions are fine, the run may just have been too short."), N_("Retrain"), "max_train_steps", 4. / 3, NULL }

static const LkRemedy unlike[] = {
  { "pictures", LK_REMEDY_GALLERY, N_("Look through the pictures"),
    N_("Other people, blurred or small faces and filters are learned along. 20 to 30 sharp pictures of one person are best."), N_("Open the Gallery"), NULL, 0, NULL },
  { "captions", LK_REMEDY_CAPTIONS, N_("Check the captions"),
    N_("The trigger word comes first in every caption, every fixed feature is in every caption, and one thing has one name."), N_("Open Captions"), NULL, 0, NULL },
  MORE_STEPS,
};

static const LkRemedy distorted[] = {
  { "lower-strength", LK_REMEDY_STRENGTHS, N_("Draw lower strengths"),
    N_("At 1.0 many LoRAs break pictures that are fine at 0.7."), N_("Add 0.4 and 0.6"), NULL, 0, "0.4,0.6" },
  { "lower-rate", LK_REMEDY_RETRAIN, N_("Train again with half the learning rate"),
    N_("Steps that are too large distort pictures. Instead of 1e-4, 5e-5 is usual then."), N_("Retrain"), "learning_rate", 0.5, NULL },
};

static const LkRemedy weak[] = {
  { "higher-strength", LK_REMEDY_STRENGTHS, N_("Draw higher strengths"),
    N_("If 1.2 shows the character and 0.8 does not, the LoRA learned her, but not strongly."), N_("Add 1.1 and 1.2"), NULL, 0, "1.1,1.2" },
  MORE_STEPS,
  { "trigger", LK_REMEDY_CAPTIONS, N_("Check that the trigger word is in every caption"),
    N_("Without the word, what the picture shows is tied to nothing that a prompt could call."), N_("Open Captions"), NULL, 0, NULL },
};

static const LkRemedy unsteady[] = {
  { "coverage", LK_REMEDY_GALLERY, N_("Fill the gaps of the shot plan"),
    N_("What no picture shows the model has to guess: other light, other places, other angles. Coverage lists what is missing."), N_("Open the Gallery"), NULL, 0, NULL },
  { "features", LK_REMEDY_CAPTIONS, N_("Describe what changes, in every caption"),
    N_("Light, place and clothes that no caption names become part of the face."), N_("Open Captions"), NULL, 0, NULL },
};

static const LkRemedy one_base[] = {
  { "other-base", LK_REMEDY_BASES, N_("Draw on another base model"),
    N_("LoRAs carry over best within one family: between descendants of the model they were trained on."), N_("Add a Base Model…"), NULL, 0, NULL },
  { "fewer-steps-base", LK_REMEDY_RETRAIN, N_("Train again with 25 % fewer steps"),
    N_("A LoRA that leans on one model’s habits is often overfitted."), N_("Retrain"), "max_train_steps", 0.75, NULL },
};

static const LkRemedy overfitted[] = {
  EARLIER_CHECKPOINT,
  FEWER_STEPS ("fewer-steps"),
  { "variety", LK_REMEDY_GALLERY, N_("Add pictures with other poses and places"),
    N_("What all pictures share is taken for the character."), N_("Open the Gallery"), NULL, 0, NULL },
};

/* ---- symptoms -------------------------------------------------------------------------------------------------- */

static const LkSymptom symptoms[] = {
  { "unlike", N_("It is not her"),
    N_("The pictures are fine, but show somebody else, or somebody who is only similar."), unlike, G_N_ELEMENTS (unlike), 0 },
  { "distorted", N_("Pictures are distorted"),
    N_("Harsh colours, melted features, noise: worse the higher the strength."), distorted, G_N_ELEMENTS (distorted), 0 },
  { "weak", N_("The effect is weak"),
    N_("Even at strength 1.0 the pictures look much like the base model’s."), weak, G_N_ELEMENTS (weak), 0 },
  { "unsteady", N_("The face changes with the setting"),
    N_("She is herself in some places or lights, and somebody else in others."), unsteady, G_N_ELEMENTS (unsteady), 0 },
  { "one-base", N_("It works on one base model only"),
    N_("On other models of the same family the likeness is lost or the picture breaks."), one_base, G_N_ELEMENTS (one_base), 0 },
  { "overfitted", N_("Always the same picture"),
    N_("The same pose, the background of the training pictures, faults on new clothes: the LoRA is overfitted."), overfitted, G_N_ELEMENTS (overfitted),
    LK_OVERFIT_COPY | LK_OVERFIT_SAME_POSE | LK_OVERFIT_BACKGROUND },
};

guint
lk_symptom_get_n (void)
{
  return G_N_ELEMENTS (symptoms);
}

const LkSymptom *
lk_symptom_get (guint index)
{
  return &symptoms[index];
}

const LkSymptom *
lk_symptom_find (const char *id)
{
  for (guint i = 0; i < G_N_ELEMENTS (symptoms); i++)
    if (g_strcmp0 (symptoms[i].id, id) == 0)
      return &symptoms[i];
  return NULL;
}

const char *
lk_symptom_get_title (const LkSymptom *symptom)
{
  return _(symptom->title);
}

const char *
lk_symptom_get_explanation (const LkSymptom *symptom)
{
  return _(symptom->explanation);
}

const char *
lk_remedy_get_sentence (const LkRemedy *remedy)
{
  return _(remedy->sentence);
}

const char *
lk_remedy_get_why (const LkRemedy *remedy)
{
  return _(remedy->why);
}

const char *
lk_remedy_get_label (const LkRemedy *remedy)
{
  return _(remedy->label);
}

const char *
lk_overfit_get_sentence (LkOverfit sign)
{
  switch (sign)
    {
    case LK_OVERFIT_COPY:
      return _("A picture is nearly a copy of a training picture.");
    case LK_OVERFIT_SAME_POSE:
      return _("The pictures are much alike, whatever the prompts say.");
    case LK_OVERFIT_BACKGROUND:
      return _("The backgrounds are much alike, whatever the prompts say.");
    case LK_OVERFIT_NONE:
    default:
      return "";
    }
}

char *
lk_remedy_dup_value (const LkRemedy        *remedy,
                     const LkTrainSettings *settings)
{
  g_autofree char *old = lk_train_settings_get (settings, remedy->key);
  const LkSetting *setting = lk_setting_find (remedy->key);
  double value = g_ascii_strtod (old, NULL) * remedy->factor;
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  value = CLAMP (value, setting->least, setting->most);
  if (setting->kind == LK_SETTING_INT)
    return g_strdup_printf ("%.0f", value);
  return g_strdup (g_ascii_formatd (text, sizeof text, "%.4g", value));
}
