/* The options that say what is drawn, for every subcommand that draws.
 *
 * They are static: one command line makes one recipe. Put LK_CLI_RECIPE_OPTIONS into the command's options.
 */
#pragma once

#include "cli/lk-cli.h"
#include "generate/lk-recipe.h"
#include "graph/lk-device.h"

G_BEGIN_DECLS

typedef struct
{
  char  *base, *prompt, *negative, *size, *sampler, *scheduler, *device;
  char **loras;
  gint64 seed;
  int    n_steps;
  double cfg;
} LkCliRecipe;

extern LkCliRecipe lk_cli_recipe_options;

#define LK_CLI_RECIPE_OPTIONS \
  { "base", 0, 0, G_OPTION_ARG_FILENAME, &lk_cli_recipe_options.base, N_("The base model (starter)"), N_("FILE") }, \
  { "lora", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &lk_cli_recipe_options.loras, \
    N_("A LoRA with its strength, or with those of U-Net and text encoder; may be given again"), N_("FILE[:STRENGTH[:TEXT]]") }, \
  { "negative", 0, 0, G_OPTION_ARG_STRING, &lk_cli_recipe_options.negative, N_("What the picture should not show"), N_("TEXT") }, \
  { "seed", 0, 0, G_OPTION_ARG_INT64, &lk_cli_recipe_options.seed, N_("Where chance begins (0)"), N_("N") }, \
  { "steps", 0, 0, G_OPTION_ARG_INT, &lk_cli_recipe_options.n_steps, N_("Steps from noise to picture (25)"), N_("N") }, \
  { "cfg", 0, 0, G_OPTION_ARG_DOUBLE, &lk_cli_recipe_options.cfg, N_("How closely the prompt is followed (4 for the starter, else 7)"), N_("X") }, \
  { "size", 0, 0, G_OPTION_ARG_STRING, &lk_cli_recipe_options.size, N_("In pixels (what the model was made for)"), N_("WxH") }, \
  { "sampler", 0, 0, G_OPTION_ARG_STRING, &lk_cli_recipe_options.sampler, N_("euler, dpmpp_2m, … (euler)"), N_("SAMPLER") }, \
  { "scheduler", 0, 0, G_OPTION_ARG_STRING, &lk_cli_recipe_options.scheduler, N_("normal, karras, … (normal)"), N_("SCHEDULER") }, \
  { "device", 0, 0, G_OPTION_ARG_STRING, &lk_cli_recipe_options.device, N_("auto, cpu, vulkan or vulkan:N"), N_("DEVICE") }

/* What the options say; sizes and CFG come from the base model where they do not. */
LkRecipe *lk_cli_recipe_new      (GError    **error);
LkDevice *lk_cli_recipe_device   (GError    **error);

G_END_DECLS
