/* LkRecipe: everything that the pixels of a picture depend on. The same recipe gives the same PNG, byte for byte, whoever draws it:
 * `likeness-cli generate`, a cell of a grid, the playground.
 */
#pragma once

#include "base/lk-json.h"
#include "formats/lk-picture.h"
#include "generate/lk-sampler.h"

G_BEGIN_DECLS

#define LK_RECIPE_ERROR (lk_recipe_error_quark ())
GQuark lk_recipe_error_quark (void);

typedef enum
{
  LK_RECIPE_ERROR_BAD_VALUE,
  LK_RECIPE_ERROR_FILE,         /* a file that the recipe names cannot be used */
} LkRecipeError;

/* One LoRA of a recipe. Strengths of 0 leave it out of the computation altogether. */
typedef struct
{
  char  *path;                  /* owned */
  double unet_strength;
  double text_strength;
} LkRecipeLora;

typedef struct
{
  char       *base;             /* path of the checkpoint; owned, as are the next two */
  char       *prompt;
  char       *negative;
  GPtrArray  *loras;            /* LkRecipeLora, in order */
  guint64     seed;
  guint       n_steps;
  double      cfg;              /* 1 draws without the negative prompt */
  guint       width, height;    /* multiples of 8 */
  LkSampler   sampler;
  LkScheduler scheduler;
} LkRecipe;

/* The checkpoint that "starter" or a path stands for. Owned by the caller. */
char         *lk_base_dup_path          (const char      *base);

/* What a file of a project names it by: "starter", wherever that lies on the machine that reads it, or the whole path. Owned by the caller. */
char         *lk_base_dup_name          (const char      *path);

/* 25 steps, CFG 7, 512 x 512, Euler, normal; empty prompts, no base. */
LkRecipe     *lk_recipe_new             (void);
LkRecipe     *lk_recipe_copy            (const LkRecipe  *recipe);
void          lk_recipe_free            (LkRecipe        *recipe);

void          lk_recipe_set_text        (char           **field,
                                         const char      *text);
LkRecipeLora *lk_recipe_add_lora        (LkRecipe        *recipe,
                                         const char      *path,
                                         double           unet_strength,
                                         double           text_strength);
/* Adds "PATH", "PATH:STRENGTH" or "PATH:UNET:TEXT". A strength is from -10 to 10, missing it is 1. */
gboolean      lk_recipe_parse_lora      (LkRecipe        *recipe,
                                         const char      *text,
                                         GError         **error);
/* Sizes, steps and strengths that can be drawn. */
gboolean      lk_recipe_check           (const LkRecipe  *recipe,
                                         GError         **error);

/* The same recipe in its one form: without LoRAs of strength 0, the others in the order of their fingerprints (so that the order of a stack
 * changes no picture), without a negative prompt where nothing reads it. */
LkRecipe     *lk_recipe_canonical       (const LkRecipe  *recipe,
                                         GError         **error);

/* Everything. With paths it is what grids keep; without, files have only their names: what PNGs tell the world. Owned by the caller. */
cJSON        *lk_recipe_to_json         (const LkRecipe  *recipe,
                                         gboolean         with_paths);
/* Reads either back. */
LkRecipe     *lk_recipe_from_json       (const cJSON     *json,
                                         GError         **error);
/* 32 hexadecimal digits over all that the pixels depend on. Files count by what is in them, not by where they lie. Owned by the
 * caller. */
char         *lk_recipe_get_hash        (const LkRecipe  *recipe,
                                         GError         **error);

/* The text that AUTOMATIC1111 keeps in its PNGs. Owned by the caller. */
char         *lk_recipe_to_parameters   (const LkRecipe  *recipe,
                                         GError         **error);
/* The graph of ComfyUI nodes that draws it, in ComfyUI's API format. Owned by the caller. */
cJSON        *lk_recipe_to_comfyui      (const LkRecipe  *recipe);
/* Writes the PNG with all three: "parameters", "prompt" (ComfyUI) and "likeness" (ours), of the canonical recipe. */
gboolean      lk_recipe_save_picture    (const LkRecipe  *recipe,
                                         const LkPicture *picture,
                                         const char      *path,
                                         GError         **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkRecipe, lk_recipe_free)

G_END_DECLS
