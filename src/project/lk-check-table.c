/* lk-check-table.c: every check: what it is called, how bad it is, why it matters, and what helps. */
#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-checks-private.h"

#include <glib/gi18n.h>

static const LkCheck table[LK_N_CHECKS] = {
  [LK_CHECK_NO_IMAGES] = {
    "no-images", LK_SEVERITY_ERROR, N_("No pictures"),
    N_("Training needs pictures: 20 to 30 are best."), LK_FIX_IMPORT, N_("Import Pictures"), FALSE, TRUE },
  [LK_CHECK_IMAGE_UNREADABLE] = {
    "unreadable", LK_SEVERITY_ERROR, N_("Unreadable picture"),
    N_("It counts nowhere and is not trained with."), LK_FIX_REJECT, N_("Reject"), FALSE },
  [LK_CHECK_CAPTION_DAMAGED] = {
    "caption-bytes", LK_SEVERITY_ERROR, N_("Damaged caption file"),
    N_("Some of the file’s bytes are no text. Other programs may read something else than is shown here. Writing the caption anew repairs it."),
    LK_FIX_WRITE_CAPTION, N_("Edit Caption"), TRUE },
  [LK_CHECK_CAPTION_NONE] = {
    "no-caption", LK_SEVERITY_ERROR, N_("No caption"),
    N_("Without a caption everything in the picture, background and clothes too, becomes part of the character."),
    LK_FIX_WRITE_CAPTION, N_("Write Caption"), TRUE },
  [LK_CHECK_TRIGGER_NONE] = {
    "trigger-empty", LK_SEVERITY_ERROR, N_("No trigger word"),
    N_("The trigger word is what calls the character up later. It should be a rare word that the model knows nothing about."),
    LK_FIX_CHOOSE_BASE, N_("Project Settings"), FALSE, TRUE },
  [LK_CHECK_TRIGGER_MISSING] = {
    "trigger-missing", LK_SEVERITY_ERROR, N_("Trigger word missing"),
    N_("What the picture shows is not tied to the trigger word, and the character is learned more weakly."),
    LK_FIX_ADD_TRIGGER, N_("Add Trigger Word"), TRUE },
  [LK_CHECK_FEATURE_CONTRADICTED] = {
    "feature-contradicted", LK_SEVERITY_ERROR, N_("Fixed feature contradicted"),
    N_("The caption says something about the character that the project says otherwise. The model learns both, and mixes them."),
    LK_FIX_REPLACE_WORD, N_("Correct"), TRUE },
  [LK_CHECK_BASE_MISSING] = {
    "base-missing", LK_SEVERITY_ERROR, N_("Base model not found"),
    N_("Training needs the file of the base model. It may have been moved or renamed."), LK_FIX_CHOOSE_BASE, N_("Locate…"), FALSE, TRUE },

  [LK_CHECK_IMAGES_FEW] = {
    "few-images", LK_SEVERITY_WARNING, N_("Too few pictures"),
    N_("20 to 30 pictures are best. With fewer than 15 the likeness is often inconsistent."), LK_FIX_IMPORT, N_("Import Pictures"), FALSE, TRUE },
  [LK_CHECK_SHOTS_MISSING] = {
    "shot-missing", LK_SEVERITY_WARNING, N_("Missing shots"),
    N_("What no picture shows the model has to guess: a character without profiles has no reliable profile."),
    LK_FIX_IMPORT, N_("Import Pictures"), FALSE, TRUE },
  [LK_CHECK_NEAR_DUPLICATE] = {
    "near-duplicate", LK_SEVERITY_WARNING, N_("Nearly the same"),
    N_("What several pictures share is learned several times as strongly: the pose, the background, the light."), LK_FIX_COMPARE, N_("Compare"), FALSE },
  [LK_CHECK_RESOLUTION_LOW] = {
    "low-resolution", LK_SEVERITY_WARNING, N_("Low resolution"),
    N_("The picture must be enlarged for training. The model learns the softness along with the face."), LK_FIX_REJECT, N_("Reject"), FALSE },
  [LK_CHECK_CROP_SMALL] = {
    "crop-small", LK_SEVERITY_WARNING, N_("Small crop"),
    N_("The crop must be enlarged for training, though the picture has more to give. A wider crop stays sharp."), LK_FIX_CROP, N_("Crop"), FALSE },
  [LK_CHECK_BLURRED] = {
    "blurred", LK_SEVERITY_WARNING, N_("Blurred"),
    N_("Nothing in the picture is sharp. The model learns the blur along with the face."), LK_FIX_REJECT, N_("Reject"), FALSE },
  [LK_CHECK_TOO_DARK] = {
    "too-dark", LK_SEVERITY_WARNING, N_("Too dark"),
    N_("Even the lightest parts are dark. Features that cannot be seen cannot be learned."), LK_FIX_REJECT, N_("Reject"), FALSE },
  [LK_CHECK_TOO_BRIGHT] = {
    "too-bright", LK_SEVERITY_WARNING, N_("Too bright"),
    N_("Even the darkest parts are bright. Features that cannot be seen cannot be learned."), LK_FIX_REJECT, N_("Reject"), FALSE },
  [LK_CHECK_CONTRAST_LOW] = {
    "low-contrast", LK_SEVERITY_WARNING, N_("Hardly any contrast"),
    N_("Everything has about the same brightness. Features that cannot be seen cannot be learned."), LK_FIX_REJECT, N_("Reject"), FALSE },
  [LK_CHECK_OTHER_PEOPLE] = {
    "other-people", LK_SEVERITY_WARNING, N_("Other people"),
    N_("The model cannot know which of the faces is the character’s. Crop the others away."), LK_FIX_CROP, N_("Crop"), FALSE },
  [LK_CHECK_FILTERED] = {
    "filtered", LK_SEVERITY_WARNING, N_("Heavy filter"),
    N_("A filter changes skin and colours. The model learns it along with the face."), LK_FIX_REJECT, N_("Reject"), FALSE },
  [LK_CHECK_COVERED] = {
    "covered", LK_SEVERITY_WARNING, N_("Covered features"),
    N_("Hands, hair, masks or sunglasses hide what should be learned."), LK_FIX_REJECT, N_("Reject"), FALSE },
  [LK_CHECK_EXTREME_ANGLE] = {
    "extreme-angle", LK_SEVERITY_WARNING, N_("Extreme angle"),
    N_("Seen from far above or below a face has other proportions, which the model learns as the character’s."), LK_FIX_REJECT, N_("Reject"), FALSE },
  [LK_CHECK_STEM_SHARED] = {
    "stem-shared", LK_SEVERITY_WARNING, N_("One caption file for several pictures"),
    N_("Pictures whose names differ in the ending only share a caption file: what is written for one is written for all."), LK_FIX_NONE, NULL, FALSE },
  [LK_CHECK_TRIGGER_NOT_FIRST] = {
    "trigger-not-first", LK_SEVERITY_WARNING, N_("Trigger word not first"),
    N_("The first words of a caption count most, and training keeps them in their place when it shuffles the others."),
    LK_FIX_TRIGGER_FIRST, N_("Move to Front"), TRUE },
  [LK_CHECK_FEATURE_MISSING] = {
    "feature-missing", LK_SEVERITY_WARNING, N_("Fixed feature missing"),
    N_("What is always so belongs into every caption, in the same words: then it is learned as the character’s."),
    LK_FIX_ADD_FEATURE, N_("Add Feature"), TRUE },
  [LK_CHECK_CAPTION_SHORT] = {
    "caption-short", LK_SEVERITY_WARNING, N_("Hardly any caption"),
    N_("What changes from picture to picture (clothes, expression, place, light) should be described, or it becomes part of the character."),
    LK_FIX_WRITE_CAPTION, N_("Edit Caption"), TRUE },
  [LK_CHECK_CAPTION_DUPLICATE] = {
    "caption-duplicate", LK_SEVERITY_WARNING, N_("The same caption"),
    N_("Different pictures with one caption: what differs between them is described nowhere, and becomes part of the character."),
    LK_FIX_WRITE_CAPTION, N_("Edit Caption"), TRUE },
  [LK_CHECK_TWO_WORDS] = {
    "two-words", LK_SEVERITY_WARNING, N_("Two words for one thing"),
    N_("One thing should have one name in all captions. Two names halve what each teaches."), LK_FIX_REPLACE_WORD, N_("Use One Word"), TRUE },
  [LK_CHECK_CAPTION_LONG] = {
    "caption-long", LK_SEVERITY_WARNING, N_("Long caption"),
    N_("The text encoder reads 75 tokens at a time. Training cuts off what comes after them, unless its caption length is set higher."),
    LK_FIX_WRITE_CAPTION, N_("Edit Caption"), TRUE },

  [LK_CHECK_FUSES] = {
    "variable-everywhere", LK_SEVERITY_HINT, N_("The same in every caption"),
    N_("What is in every picture and caption fuses with the trigger word: the character will hardly be drawn without it. Add pictures that do not "
       "show it, or make it a fixed feature if it belongs to the character."), LK_FIX_IMPORT, N_("Import Pictures"), TRUE, TRUE },
  [LK_CHECK_TYPO] = {
    "tag-typo", LK_SEVERITY_HINT, N_("Typing error?"),
    N_("A misspelt word is another word for the model: it learns it apart from the right one."), LK_FIX_REPLACE_WORD, N_("Correct"), TRUE },
  [LK_CHECK_IMAGES_BELOW_BEST] = {
    "below-best", LK_SEVERITY_HINT, N_("A few more pictures"),
    N_("20 to 30 pictures are best."), LK_FIX_IMPORT, N_("Import Pictures"), FALSE, TRUE },
  [LK_CHECK_IMAGES_MANY] = {
    "many-images", LK_SEVERITY_HINT, N_("Very many pictures"),
    N_("20 to 30 good pictures are best. More than 50 can overfit and take longer; keep the best and reject the rest."), LK_FIX_NONE, NULL, FALSE, TRUE },
  [LK_CHECK_SUBJECT_SMALL] = {
    "subject-small", LK_SEVERITY_HINT, N_("Small subject"),
    N_("The character should fill 40 to 60 % of the picture: then most of what is learned is the character."), LK_FIX_CROP, N_("Crop"), FALSE },
  [LK_CHECK_SUBJECT_LARGE] = {
    "subject-large", LK_SEVERITY_HINT, N_("Tight crop"),
    N_("The character should fill 40 to 60 % of the picture: a little room around it shows its outline."), LK_FIX_CROP, N_("Crop"), FALSE },
  [LK_CHECK_COMPRESSED] = {
    "jpeg-quality", LK_SEVERITY_HINT, N_("Strongly compressed"),
    N_("Strong JPEG compression leaves blocks and fringes, which are learned along."), LK_FIX_REJECT, N_("Reject"), FALSE },
  [LK_CHECK_FOREIGN_PROFILE] = {
    "foreign-profile", LK_SEVERITY_HINT, N_("Other colour space"),
    N_("Its colours are taken as they are and may look dull. Export it as sRGB."), LK_FIX_NONE, NULL, FALSE },
  [LK_CHECK_TAG_TWICE] = {
    "tag-twice", LK_SEVERITY_HINT, N_("The same words twice"),
    N_("Repeating words uses up tokens and teaches nothing new."), LK_FIX_REMOVE_WORD, N_("Remove"), TRUE },
  [LK_CHECK_EXPRESSIONS_FEW] = {
    "one-expression", LK_SEVERITY_HINT, N_("Few expressions"),
    N_("Front portraits with different expressions show what of the face is the character and what is the mood."), LK_FIX_IMPORT, N_("Import Pictures"), FALSE, TRUE },
  [LK_CHECK_OUTFITS_FEW] = {
    "one-outfit", LK_SEVERITY_HINT, N_("Few outfits"),
    N_("Half-body pictures in different clothes keep the clothes from becoming part of the character."), LK_FIX_IMPORT, N_("Import Pictures"), FALSE, TRUE },
  [LK_CHECK_LIGHT_ONE_SIDED] = {
    "one-light", LK_SEVERITY_HINT, N_("One kind of light"),
    N_("Pictures from indoors and outdoors show the character in both kinds of light."), LK_FIX_IMPORT, N_("Import Pictures"), FALSE, TRUE },
  [LK_CHECK_SHOT_NOT_SET] = {
    "shot-not-set", LK_SEVERITY_HINT, N_("Shot type not set"),
    N_("Whether all views of the shot plan are there can only be told when each picture’s shot type is known."), LK_FIX_SET_SHOT, N_("Set Shot Type"), FALSE, TRUE },
  [LK_CHECK_NOT_MEASURED] = {
    "not-measured", LK_SEVERITY_HINT, N_("Not looked at yet"),
    N_("Sharpness, exposure and likeness to other pictures are not known yet."), LK_FIX_MEASURE, N_("Measure"), FALSE, TRUE },
  [LK_CHECK_BASE_DRAWS_ONLY] = {
    "starter-base", LK_SEVERITY_HINT, N_("Starter model"),
    N_("Any Stable Diffusion 1.5 or XL checkpoint file will do."), LK_FIX_CHOOSE_BASE, N_("Choose…"), FALSE, TRUE },
};

/* ---- the table ----------------------------------------------------------------------------------------------------- */

guint
lk_check_get_n (void)
{
  return LK_N_CHECKS;
}

const LkCheck *
lk_check_get (guint index)
{
  static LkCheck translated[LK_N_CHECKS];
  static gsize once;

  if (g_once_init_enter (&once))
    {
      for (guint i = 0; i < LK_N_CHECKS; i++)
        {
          translated[i] = table[i];
          translated[i].title = _(table[i].title);
          translated[i].why = _(table[i].why);
          translated[i].fix_label = table[i].fix_label != NULL ? _(table[i].fix_label) : NULL;
        }
      g_once_init_leave (&once, 1);
    }
  return index < LK_N_CHECKS ? &translated[index] : NULL;
}

const LkCheck *
lk_check_find (const char *id)
{
  for (guint i = 0; i < LK_N_CHECKS; i++)
    if (g_strcmp0 (table[i].id, id) == 0)
      return lk_check_get (i);
  return NULL;
}

/* ---- sentences ----------------------------------------------------------------------------------------------------- */

static char *
describe_caption (LkCheckIndex  index,
                  const char   *word,
                  const char   *instead,
                  guint         n)
{
  switch (index)
    {
    case LK_CHECK_CAPTION_DAMAGED:
      return g_strdup_printf (ngettext ("The caption file is not all text.", "%u caption files are not all text.", n), n);
    case LK_CHECK_CAPTION_NONE:
      return g_strdup_printf (ngettext ("There is no caption.", "%u pictures have no caption.", n), n);
    case LK_CHECK_CAPTION_SHORT:
      return g_strdup_printf (ngettext ("The caption hardly says what the picture shows.", "%u captions hardly say what the pictures show.", n), n);
    case LK_CHECK_CAPTION_DUPLICATE:
      return g_strdup_printf (ngettext ("Another picture has the same caption.", "%u pictures have the same caption.", n), n);
    case LK_CHECK_CAPTION_LONG:
      return g_strdup_printf (ngettext ("The caption has more than 75 tokens.", "%u captions have more than 75 tokens.", n), n);
    case LK_CHECK_TRIGGER_MISSING:
      return g_strdup_printf (ngettext ("The trigger word “%s” is missing.", "The trigger word “%s” is missing in %u captions.", n), word, n);
    case LK_CHECK_TRIGGER_NOT_FIRST:
      return g_strdup_printf (ngettext ("The trigger word “%s” does not come first.",
                                        "The trigger word “%s” does not come first in %u captions.", n), word, n);
    case LK_CHECK_FEATURE_MISSING:
      return g_strdup_printf (ngettext ("The fixed feature “%s” is missing.", "The fixed feature “%s” is missing in %u captions.", n), word, n);
    case LK_CHECK_FEATURE_CONTRADICTED:
      return g_strdup_printf (ngettext ("“%s” contradicts the fixed feature “%s”.",
                                        "“%s” contradicts the fixed feature “%s” in %u captions.", n), word, instead, n);
    case LK_CHECK_TWO_WORDS:
      return g_strdup_printf (ngettext ("“%s” is another word for “%s”.", "“%s” is another word for “%s” in %u captions.", n), word, instead, n);
    case LK_CHECK_TYPO:
      return g_strdup_printf (ngettext ("“%s” may be a typing error for “%s”.",
                                        "“%s” may be a typing error for “%s” in %u captions.", n), word, instead, n);
    case LK_CHECK_TAG_TWICE:
      return g_strdup_printf (ngettext ("“%s” is there twice.", "“%s” is there twice in %u captions.", n), word, n);
    case LK_CHECK_FUSES:
      return g_strdup_printf (ngettext ("“%s” is in every caption.", "“%s” is in every caption, or in nearly all: in %u.", n), word, n);
    default:
      g_assert_not_reached ();
    }
}

static char *
describe_picture (LkCheckIndex  index,
                  const char   *word,
                  guint         n)
{
  switch (index)
    {
    case LK_CHECK_IMAGE_UNREADABLE:
      return n == 1 && word != NULL ? g_strdup (word) : g_strdup_printf (ngettext ("The picture cannot be read.", "%u pictures cannot be read.", n), n);
    case LK_CHECK_NEAR_DUPLICATE:
      return g_strdup_printf (ngettext ("Another picture looks nearly the same.", "%u pictures look nearly the same.", n), n);
    case LK_CHECK_RESOLUTION_LOW:
      return g_strdup_printf (ngettext ("The picture is smaller than %s pixels.", "Pictures smaller than %s pixels: %u.", n), word, n);
    case LK_CHECK_CROP_SMALL:
      return g_strdup_printf (ngettext ("The crop is smaller than %s pixels.", "Crops smaller than %s pixels: %u.", n), word, n);
    case LK_CHECK_BLURRED:
      return g_strdup_printf (ngettext ("The picture is blurred.", "%u pictures are blurred.", n), n);
    case LK_CHECK_TOO_DARK:
      return g_strdup_printf (ngettext ("The picture is too dark.", "%u pictures are too dark.", n), n);
    case LK_CHECK_TOO_BRIGHT:
      return g_strdup_printf (ngettext ("The picture is too bright.", "%u pictures are too bright.", n), n);
    case LK_CHECK_CONTRAST_LOW:
      return g_strdup_printf (ngettext ("The picture has hardly any contrast.", "%u pictures have hardly any contrast.", n), n);
    case LK_CHECK_OTHER_PEOPLE:
      return g_strdup_printf (ngettext ("The picture shows several people.", "%u pictures show several people.", n), n);
    case LK_CHECK_FILTERED:
      return g_strdup_printf (ngettext ("The picture is heavily filtered.", "%u pictures are heavily filtered.", n), n);
    case LK_CHECK_COVERED:
      return g_strdup_printf (ngettext ("Something covers the face.", "Something covers the face in %u pictures.", n), n);
    case LK_CHECK_EXTREME_ANGLE:
      return g_strdup_printf (ngettext ("The picture is taken from an extreme angle.", "%u pictures are taken from an extreme angle.", n), n);
    case LK_CHECK_STEM_SHARED:
      return g_strdup_printf (ngettext ("Another picture shares the caption file “%s”.", "The caption file “%s” belongs to %u pictures.", n), word, n);
    case LK_CHECK_SUBJECT_SMALL:
      return g_strdup_printf (ngettext ("The character fills little of the picture.", "The character fills little of %u pictures.", n), n);
    case LK_CHECK_SUBJECT_LARGE:
      return g_strdup_printf (ngettext ("The character fills the whole picture.", "The character fills the whole of %u pictures.", n), n);
    case LK_CHECK_COMPRESSED:
      return g_strdup_printf (ngettext ("The picture is strongly compressed.", "%u pictures are strongly compressed.", n), n);
    case LK_CHECK_FOREIGN_PROFILE:
      return g_strdup_printf (ngettext ("The colours of the picture are not sRGB.", "The colours of %u pictures are not sRGB.", n), n);
    default:
      g_assert_not_reached ();
    }
}

static char *
describe_set (LkCheckIndex  index,
              const char   *word,
              const char   *instead,
              guint         n)
{
  switch (index)
    {
    case LK_CHECK_NO_IMAGES:
      return g_strdup (_("There are no pictures yet."));
    case LK_CHECK_TRIGGER_NONE:
      return g_strdup (_("The project has no trigger word."));
    case LK_CHECK_BASE_MISSING:
      return g_strdup_printf (_("The base model “%s” is not there."), word);
    case LK_CHECK_BASE_DRAWS_ONLY:
      return g_strdup (_("The starter only draws cartoon people. Choose a checkpoint for photographs."));
    case LK_CHECK_IMAGES_FEW:
    case LK_CHECK_IMAGES_BELOW_BEST:
      return g_strdup_printf (ngettext ("There is %u picture; %s to %s are best.", "There are %u pictures; %s to %s are best.", n), n, word, instead);
    case LK_CHECK_IMAGES_MANY:
      return g_strdup_printf (ngettext ("There is %u picture; %s to %s are best.", "There are %u pictures; %s to %s are best.", n), n, word, instead);
    case LK_CHECK_SHOTS_MISSING:
      return g_strdup_printf (ngettext ("%s: %u picture is there, %s are planned.", "%s: %u pictures are there, %s are planned.", n), word, n, instead);
    case LK_CHECK_EXPRESSIONS_FEW:
      return g_strdup_printf (ngettext ("The front portraits show %u expression.", "The front portraits show %u expressions.", n), n);
    case LK_CHECK_OUTFITS_FEW:
      return g_strdup_printf (ngettext ("The half-body pictures show %u outfit.", "The half-body pictures show %u outfits.", n), n);
    case LK_CHECK_LIGHT_ONE_SIDED:
      return g_strdup (word != NULL ? _("No picture is taken outdoors.") : _("No picture is taken indoors."));
    case LK_CHECK_SHOT_NOT_SET:
      return g_strdup_printf (ngettext ("The shot type of %u picture is not known.", "The shot types of %u pictures are not known.", n), n);
    case LK_CHECK_NOT_MEASURED:
      return g_strdup_printf (ngettext ("%u picture was not looked at yet.", "%u pictures were not looked at yet.", n), n);
    default:
      g_assert_not_reached ();
    }
}

char *
lk_check_describe (LkCheckIndex  index,
                   const char   *word,
                   const char   *instead,
                   guint         n)
{
  if (table[index].is_caption)
    return describe_caption (index, word, instead, n);
  return table[index].is_whole_set ? describe_set (index, word, instead, n) : describe_picture (index, word, n);
}
