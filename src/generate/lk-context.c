#define G_LOG_DOMAIN "likeness-generate"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "generate/lk-context.h"

/* One thing changes from row to row of a group; the rest is plain, so that a difference has one cause. */
static const LkContext contexts[] = {
  { "library", LK_CONTEXT_INDOOR, N_("Library"),
    "smiling, wearing a white blouse, front view, in a library, natural lighting, upper body shot",
    "smiling, wearing a white blouse, in a library, bookshelves behind, natural light, upper body photo", TRUE },
  { "living-room", LK_CONTEXT_INDOOR, N_("Living Room"),
    "neutral expression, wearing a green sweater, three-quarter view, in a living room, warm lighting, upper body shot",
    "neutral expression, wearing a green sweater, in a living room, sitting on a sofa, warm light, upper body photo", FALSE },
  { "studio", LK_CONTEXT_INDOOR, N_("Studio"),
    "neutral expression, wearing a black t-shirt, front view, in a studio, natural lighting, close-up portrait",
    "neutral expression, wearing a black t-shirt, studio portrait, plain gray background, soft light, close-up", FALSE },

  { "forest", LK_CONTEXT_OUTDOOR, N_("Forest"),
    "smiling, wearing a red jacket, front view, in a forest, natural lighting, upper body shot",
    "smiling, wearing a red jacket, in a forest, trees behind, natural light, upper body photo", TRUE },
  { "beach", LK_CONTEXT_OUTDOOR, N_("Beach"),
    "laughing, wearing a yellow t-shirt, front view, on a beach, natural lighting, upper body shot",
    "laughing, wearing a yellow t-shirt, on a beach, the sea behind, sunlight, upper body photo", FALSE },
  { "street", LK_CONTEXT_OUTDOOR, N_("City Street"),
    "neutral expression, wearing a blue jacket, three-quarter view, in a city street, natural lighting, upper body shot",
    "neutral expression, wearing a blue jacket, in a city street, buildings behind, overcast, upper body photo", FALSE },
  { "snow", LK_CONTEXT_OUTDOOR, N_("Snow"),
    "smiling, wearing a purple jacket, scarf, front view, in the snow, cool lighting, upper body shot",
    "smiling, wearing a purple jacket and a scarf, snowy landscape, cool light, upper body photo", FALSE },

  { "dim", LK_CONTEXT_LIGHT, N_("Dim Light"),
    "neutral expression, wearing a white t-shirt, front view, in a city street, dim lighting, upper body shot",
    "neutral expression, wearing a white t-shirt, in a city street at night, dim light, upper body photo", TRUE },
  { "warm", LK_CONTEXT_LIGHT, N_("Warm Light"),
    "smiling, wearing a white t-shirt, front view, in a park, warm lighting, upper body shot",
    "smiling, wearing a white t-shirt, in a park at sunset, golden hour, warm light, upper body photo", FALSE },
  { "cool", LK_CONTEXT_LIGHT, N_("Cool Light"),
    "neutral expression, wearing a white t-shirt, front view, in a studio, cool lighting, upper body shot",
    "neutral expression, wearing a white t-shirt, studio, cool blue light, upper body photo", FALSE },

  { "red-dress", LK_CONTEXT_OUTFIT, N_("Red Dress"),
    "smiling, wearing a red dress, front view, in a studio, natural lighting, upper body shot",
    "smiling, wearing an elegant red dress, plain background, soft light, upper body photo", TRUE },
  { "hoodie", LK_CONTEXT_OUTFIT, N_("Hoodie and Glasses"),
    "neutral expression, wearing a black hoodie, glasses, front view, in a park, natural lighting, upper body shot",
    "neutral expression, wearing a black hoodie and glasses, in a park, natural light, upper body photo", FALSE },
  { "hat", LK_CONTEXT_OUTFIT, N_("Jacket and Hat"),
    "smiling, wearing an orange jacket, hat, front view, in the snow, natural lighting, upper body shot",
    "smiling, wearing an orange jacket and a woolen hat, in the snow, natural light, upper body photo", FALSE },

  { "profile", LK_CONTEXT_POSE, N_("Profile"),
    "neutral expression, wearing a blue sweater, profile view, in a park, natural lighting, upper body shot",
    "neutral expression, wearing a blue sweater, profile, looking to the side, in a park, natural light, upper body photo", TRUE },
  { "three-quarter", LK_CONTEXT_POSE, N_("Three-Quarter"),
    "laughing, wearing a green blouse, three-quarter view, in a library, natural lighting, close-up portrait",
    "laughing, wearing a green blouse, three-quarter view, in a library, natural light, close-up portrait", FALSE },
  { "full-body", LK_CONTEXT_POSE, N_("Full Body"),
    "smiling, wearing a blue dress, front view, in a park, natural lighting, full body shot",
    "smiling, wearing a blue dress, standing in a park, natural light, full body photo", FALSE },
};

static const char * const groups[LK_N_CONTEXT_GROUPS] = {
  [LK_CONTEXT_INDOOR] = N_("Indoors"),
  [LK_CONTEXT_OUTDOOR] = N_("Outdoors"),
  [LK_CONTEXT_LIGHT] = N_("Light"),
  [LK_CONTEXT_OUTFIT] = N_("Outfits"),
  [LK_CONTEXT_POSE] = N_("Poses"),
};

const char *
lk_context_group_get_title (LkContextGroup group)
{
  return _(groups[group]);
}

guint
lk_context_get_n (void)
{
  return G_N_ELEMENTS (contexts);
}

const LkContext *
lk_context_get (guint index)
{
  return &contexts[index];
}

const LkContext *
lk_context_find (const char *id)
{
  for (guint i = 0; i < G_N_ELEMENTS (contexts); i++)
    if (g_strcmp0 (contexts[i].id, id) == 0)
      return &contexts[i];
  return NULL;
}

const char *
lk_context_get_title (const LkContext *context)
{
  return _(context->title);
}

static void
append (GString    *prompt,
        const char *separator,
        const char *words)
{
  if (words == NULL || *words == '\0')
    return;
  if (prompt->len > 0)
    g_string_append (prompt, separator);
  g_string_append (prompt, words);
}

char *
lk_context_dup_prompt (const LkContext    *context,
                       const char         *trigger,
                       const char         *class_word,
                       const char * const *features,
                       gboolean            is_drawn)
{
  GString *prompt = g_string_new (NULL);

  append (prompt, " ", trigger);
  append (prompt, " ", class_word);
  for (guint i = 0; features != NULL && features[i] != NULL; i++)
    append (prompt, ", ", features[i]);
  append (prompt, ", ", is_drawn ? context->drawn : context->photo);

  return g_string_free (prompt, FALSE);
}

gboolean
lk_context_is_full_body (const char *prompt)
{
  g_autofree char *folded = g_utf8_casefold (prompt, -1);

  return strstr (folded, "full body") != NULL || strstr (folded, "full-body") != NULL;
}
