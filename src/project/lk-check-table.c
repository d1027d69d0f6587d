/* The table of checks: data, not code. Sentences follow the guide; {word}, {instead} and {n} stand for the case. */
#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "project/lk-checks-private.h"

/* Marks a sentence and its plural for the translators. */
#define NP_(one, many) one, many

typedef struct
{
  LkCheck     check;
  const char *one, *many;
  gboolean    marks_images;
} Row;

static const Row rows[LK_N_CHECKS] = {
  [LK_CHECK_NO_IMAGES] = {
    { "no-images", LK_SEVERITY_ERROR, N_("No pictures"), N_("Training needs pictures: 20 to 30 are best."), LK_FIX_IMPORT, N_("Import…"), FALSE },
    NP_ ("There are no pictures yet.", "There are no pictures yet."), FALSE },
  [LK_CHECK_TRIGGER_EMPTY] = {
    { "trigger-empty", LK_SEVERITY_ERROR, N_("No trigger word"),
      N_("The trigger word calls the character in a prompt. A rare word is best, such as “ohwx”."),
      LK_FIX_CHOOSE_BASE, N_("Choose…"), FALSE },
    NP_ ("The project has no trigger word.", "The project has no trigger word."), FALSE },
  [LK_CHECK_BASE_MISSING] = {
    { "base-missing", LK_SEVERITY_ERROR, N_("Base model is gone"), N_("The checkpoint was moved, renamed or lies on a disk that is not there."),
      LK_FIX_CHOOSE_BASE, N_("Locate…"), FALSE },
    NP_ ("There is no file “{word}”.", "There is no file “{word}”."), FALSE },
  [LK_CHECK_UNREADABLE] = {
    { "unreadable", LK_SEVERITY_ERROR, N_("Cannot be read"), N_("It counts nowhere: neither in coverage nor in training."),
      LK_FIX_NONE, NULL, FALSE },
    NP_ ("{word}", "{n} pictures cannot be read: {word}"), TRUE },
  [LK_CHECK_NO_CAPTION] = {
    { "no-caption", LK_SEVERITY_ERROR, N_("No caption"),
      N_("Without a caption, everything in the picture becomes part of the character: clothes, background and pose."), LK_FIX_WRITE_CAPTION,
      N_("Write"), TRUE },
    NP_ ("This picture has no caption.", "{n} pictures have no caption."), TRUE },
  [LK_CHECK_CAPTION_BYTES] = {
    { "caption-bytes", LK_SEVERITY_ERROR, N_("Caption is no text"), N_("Other programs stop at such a file. Typing the caption again makes it text."),
      LK_FIX_WRITE_CAPTION, N_("Write"), TRUE },
    NP_ ("The caption file holds bytes that are no text.", "{n} caption files hold bytes that are no text."), TRUE },
  [LK_CHECK_TRIGGER_MISSING] = {
    { "trigger-missing", LK_SEVERITY_ERROR, N_("Trigger word missing"), N_("Only what is trained beside the trigger word can be called with it."),
      LK_FIX_ADD_TRIGGER, N_("Add"), TRUE },
    NP_ ("The trigger word “{word}” is missing.", "The trigger word “{word}” is missing in {n} captions."), TRUE },
  [LK_CHECK_FEATURE_CONTRADICTED] = {
    { "feature-contradicted", LK_SEVERITY_ERROR, N_("Fixed feature contradicted"),
      N_("The same character cannot have both: the feature would be learned half of the time."), LK_FIX_REPLACE_WORD, N_("Replace"), TRUE },
    NP_ ("“{word}” contradicts the fixed feature “{instead}”.", "“{word}” contradicts the fixed feature “{instead}” in {n} captions."), TRUE },
  [LK_CHECK_FEW_IMAGES] = {
    { "few-images", LK_SEVERITY_WARNING, N_("Few pictures"), N_("With fewer than 15 pictures the likeness is often unsteady; 20 to 30 are best."),
      LK_FIX_IMPORT, N_("Import…"), FALSE },
    NP_ ("There is only {n} picture.", "There are only {n} pictures."), FALSE },
  [LK_CHECK_TRIGGER_NOT_FIRST] = {
    { "trigger-not-first", LK_SEVERITY_WARNING, N_("Trigger word not first"),
      N_("What comes first weighs most, and stays in its place when tags are shuffled."),
      LK_FIX_TRIGGER_FIRST, N_("Move to Front"), TRUE },
    NP_ ("The trigger word “{word}” does not come first.", "The trigger word “{word}” does not come first in {n} captions."), TRUE },
  [LK_CHECK_FEATURE_MISSING] = {
    { "feature-missing", LK_SEVERITY_WARNING, N_("Fixed feature missing"), N_("Every fixed feature belongs into every caption, in the same words."),
      LK_FIX_ADD_FEATURE, N_("Add"), TRUE },
    NP_ ("The fixed feature “{word}” is missing.", "The fixed feature “{word}” is missing in {n} captions."), TRUE },
  [LK_CHECK_CAPTION_SHORT] = {
    { "caption-short", LK_SEVERITY_WARNING, N_("Caption nearly empty"), N_("What a caption does not name, the trigger word learns."),
      LK_FIX_WRITE_CAPTION, N_("Write"), TRUE },
    NP_ ("The caption says hardly anything.", "{n} captions say hardly anything."), TRUE },
  [LK_CHECK_CAPTION_LONG] = {
    { "caption-long", LK_SEVERITY_WARNING, N_("Caption over 75 tokens"),
      N_("Text encoders read 75 tokens at a time: what comes after is cut off, or read as a text of its own."), LK_FIX_NONE, NULL, TRUE },
    NP_ ("The caption has more than 75 tokens.", "{n} captions have more than 75 tokens."), TRUE },
  [LK_CHECK_CAPTION_DUPLICATE] = {
    { "caption-duplicate", LK_SEVERITY_WARNING, N_("Same caption more than once"),
      N_("Pictures differ, and so should their captions: each names what varies."),
      LK_FIX_NONE, NULL, TRUE },
    NP_ ("Another picture has the same caption.", "{n} pictures have the same caption."), TRUE },
  [LK_CHECK_TWO_WORDS] = {
    { "two-words", LK_SEVERITY_WARNING, N_("Two words for one thing"), N_("One thing, one word: two divide what is learned between them."),
      LK_FIX_REPLACE_WORD, N_("Replace"), TRUE },
    NP_ ("“{word}” says the same as “{instead}”, which other captions use.",
      "“{word}” in {n} captions says the same as “{instead}” in others."), TRUE },
  [LK_CHECK_STEM_SHARED] = {
    { "stem-shared", LK_SEVERITY_WARNING, N_("Shared caption file"),
      N_("Two pictures whose names differ in the extension alone have one caption file. Rename one of them."),
      LK_FIX_NONE, NULL, FALSE },
    NP_ ("“{word}” shares its caption file with another picture.", "{n} pictures share the caption file of “{word}”."), TRUE },
  [LK_CHECK_LOW_RESOLUTION] = {
    { "low-resolution", LK_SEVERITY_WARNING, N_("Too small"),
      N_("It must be enlarged for training: details will be soft, and softness is learned too."),
      LK_FIX_CROP, N_("Crop"), FALSE },
    NP_ ("It is too small for {word} pixels.", "{n} pictures are too small for {word} pixels."), TRUE },
  [LK_CHECK_BLURRED] = {
    { "blurred", LK_SEVERITY_WARNING, N_("Blurred"), N_("Nothing in it is in focus. Blur is learned like any other look."), LK_FIX_REJECT,
      N_("Reject"), FALSE },
    NP_ ("It is blurred.", "{n} pictures are blurred."), TRUE },
  [LK_CHECK_TOO_DARK] = {
    { "too-dark", LK_SEVERITY_WARNING, N_("Too dark"), N_("Features that cannot be seen cannot be learned."), LK_FIX_REJECT, N_("Reject"), FALSE },
    NP_ ("It is very dark.", "{n} pictures are very dark."), TRUE },
  [LK_CHECK_TOO_BRIGHT] = {
    { "too-bright", LK_SEVERITY_WARNING, N_("Too bright"), N_("Features that are washed out cannot be learned."), LK_FIX_REJECT,
      N_("Reject"), FALSE },
    NP_ ("It is very bright.", "{n} pictures are very bright."), TRUE },
  [LK_CHECK_LOW_CONTRAST] = {
    { "low-contrast", LK_SEVERITY_WARNING, N_("Hardly any contrast"), N_("There is little to learn from in it."), LK_FIX_REJECT,
      N_("Reject"), FALSE },
    NP_ ("It has hardly any contrast.", "{n} pictures have hardly any contrast."), TRUE },
  [LK_CHECK_NEAR_DUPLICATE] = {
    { "near-duplicate", LK_SEVERITY_WARNING, N_("Nearly the same"),
      N_("Pictures that are alike count double: their pose and background are learned with the character."),
      LK_FIX_COMPARE, N_("Compare"), FALSE },
    NP_ ("Another picture is nearly the same.", "{n} pictures are nearly the same."), TRUE },
  [LK_CHECK_OTHER_PEOPLE] = {
    { "other-people", LK_SEVERITY_WARNING, N_("Other people"), N_("Training cannot know which face is meant. Crop the others away."), LK_FIX_CROP,
      N_("Crop"), FALSE },
    NP_ ("More than one face is in it.", "{n} pictures have more than one face in them."), TRUE },
  [LK_CHECK_FILTERED] = {
    { "filtered", LK_SEVERITY_WARNING, N_("Heavy filter"), N_("The filter would be learned with the face."), LK_FIX_REJECT, N_("Reject"), FALSE },
    NP_ ("You said that it has a heavy filter.", "You said that {n} pictures have a heavy filter."), TRUE },
  [LK_CHECK_COVERED] = {
    { "covered", LK_SEVERITY_WARNING, N_("Features covered"), N_("What is covered cannot be learned, and what covers it might."), LK_FIX_REJECT,
      N_("Reject"), FALSE },
    NP_ ("You said that features are covered.", "You said that features are covered in {n} pictures."), TRUE },
  [LK_CHECK_EXTREME_ANGLE] = {
    { "extreme-angle", LK_SEVERITY_WARNING, N_("Extreme angle"), N_("Proportions seen from such an angle mislead."), LK_FIX_REJECT,
      N_("Reject"), FALSE },
    NP_ ("You said that it is seen from an extreme angle.", "You said that {n} pictures are seen from an extreme angle."), TRUE },
  [LK_CHECK_SHOT_MISSING] = {
    { "shot-missing", LK_SEVERITY_WARNING, N_("Shots missing"),
      N_("A character is learned from all sides: 5–7 front portraits, 3–5 three-quarter views, 2–3 profiles, "
      "3–5 half body, 2–3 full body."), LK_FIX_SET_SHOT, N_("Set Shot Types"), FALSE },
    NP_ ("{word}: {n} more picture is needed.", "{word}: {n} more pictures are needed."), FALSE },
  [LK_CHECK_VARIABLE_EVERYWHERE] = {
    { "variable-everywhere", LK_SEVERITY_HINT, N_("Always there"),
      N_("What is in every caption fuses with the trigger word: the character will always come with it. Vary it, or make it a fixed feature."),
      LK_FIX_NONE, NULL, TRUE },
    NP_ ("“{word}” is in nearly every caption.", "“{word}” is in nearly every caption ({n})."), FALSE },
  [LK_CHECK_TAG_TYPO] = {
    { "tag-typo", LK_SEVERITY_HINT, N_("Perhaps a typing error"), N_("A tag that is spelled differently once is a different tag."),
      LK_FIX_REPLACE_WORD, N_("Replace"), TRUE },
    NP_ ("“{word}” looks like “{instead}”, which other captions have.", "“{word}” in {n} captions looks like “{instead}” in others."), TRUE },
  [LK_CHECK_ONE_LIGHT] = {
    { "one-light", LK_SEVERITY_HINT, N_("One kind of light"),
      N_("Pictures from indoors and outdoors keep the light from becoming part of the character."),
      LK_FIX_IMPORT, N_("Import…"), FALSE },
    NP_ ("{word}", "{word}"), FALSE },
  [LK_CHECK_ONE_EXPRESSION] = {
    { "one-expression", LK_SEVERITY_HINT, N_("One expression"), N_("Front portraits with different expressions let the character change its own."),
      LK_FIX_IMPORT, N_("Import…"), FALSE },
    NP_ ("All front portraits have the same expression.", "All {n} front portraits have the same expression."), FALSE },
  [LK_CHECK_ONE_OUTFIT] = {
    { "one-outfit", LK_SEVERITY_HINT, N_("One outfit"),
      N_("Half-body pictures in different outfits keep the clothes from becoming part of the character."),
      LK_FIX_IMPORT, N_("Import…"), FALSE },
    NP_ ("All half-body pictures show the same outfit.", "All {n} half-body pictures show the same outfit."), FALSE },
  [LK_CHECK_SUBJECT_SMALL] = {
    { "subject-small", LK_SEVERITY_HINT, N_("Small in the picture"),
      N_("The character should fill 40 to 60 % of the crop. This is an estimate: look at it."),
      LK_FIX_CROP, N_("Crop"), FALSE },
    NP_ ("The character fills only about {word} % of the crop.", "The character is small in {n} pictures."), TRUE },
  [LK_CHECK_JPEG] = {
    { "jpeg-quality", LK_SEVERITY_HINT, N_("Strongly compressed"), N_("Blocks and ringing around edges are learned like any other look."),
      LK_FIX_NONE, NULL, FALSE },
    NP_ ("It was saved as JPEG of low quality ({word}).", "{n} pictures were saved as JPEG of low quality."), TRUE },
  [LK_CHECK_FOREIGN_PROFILE] = {
    { "foreign-profile", LK_SEVERITY_HINT, N_("Other colour space"), N_("Its colours are taken as they are and may look dull. Export it as sRGB."),
      LK_FIX_NONE, NULL, FALSE },
    NP_ ("Its colours are not sRGB.", "The colours of {n} pictures are not sRGB."), TRUE },
  [LK_CHECK_MANY_IMAGES] = {
    { "many-images", LK_SEVERITY_HINT, N_("Many pictures"),
      N_("More than 50 pictures of one character can lead to overfitting. Keep the best of each kind."), LK_FIX_NONE, NULL, FALSE },
    NP_ ("There are {n} pictures.", "There are {n} pictures."), FALSE },
  [LK_CHECK_NOT_MEASURED] = {
    { "not-measured", LK_SEVERITY_HINT, N_("Not looked at"),
      N_("Sharpness, light and likeness to others are not known yet; nothing is said about them."),
      LK_FIX_MEASURE, N_("Look Now"), FALSE },
    NP_ ("This picture was not looked at yet.", "{n} pictures were not looked at yet."), FALSE },
  [LK_CHECK_STARTER_BASE] = {
    { "starter-base", LK_SEVERITY_HINT, N_("Starter model"), N_("Any Stable Diffusion 1.5 or XL checkpoint file will do."), LK_FIX_CHOOSE_BASE,
      N_("Choose…"), FALSE },
    NP_ ("The starter only draws cartoon people. Choose a checkpoint for photographs.",
      "The starter only draws cartoon people. Choose a checkpoint for photographs."),
    FALSE },
};

guint
lk_check_get_n (void)
{
  return LK_N_CHECKS;
}

/* Translated on first use. */
const LkCheck *
lk_check_get (guint index)
{
  static LkCheck translated[LK_N_CHECKS];
  static gsize is_done;

  if (g_once_init_enter (&is_done))
    {
      for (guint i = 0; i < LK_N_CHECKS; i++)
        {
          translated[i] = rows[i].check;
          translated[i].title = _(rows[i].check.title);
          translated[i].why = _(rows[i].check.why);
          translated[i].fix_label = rows[i].check.fix_label != NULL ? _(rows[i].check.fix_label) : NULL;
        }
      g_once_init_leave (&is_done, 1);
    }
  return &translated[index];
}

const LkCheck *
lk_check_find (const char *id)
{
  for (guint i = 0; i < LK_N_CHECKS; i++)
    if (g_str_equal (rows[i].check.id, id))
      return lk_check_get (i);
  return NULL;
}

gboolean
lk_check_marks_images (LkCheckId id)
{
  return rows[id].marks_images;
}

char *
lk_check_make_sentence (LkCheckId   id,
                        guint       n,
                        const char *word,
                        const char *instead)
{
  GString *sentence = g_string_new (ngettext (rows[id].one, rows[id].many, n));
  g_autofree char *number = g_strdup_printf ("%u", n);

  g_string_replace (sentence, "{n}", number, 0);
  g_string_replace (sentence, "{word}", word != NULL ? word : "", 1);
  g_string_replace (sentence, "{instead}", instead != NULL ? instead : "", 1);
  return g_string_free (sentence, FALSE);
}
