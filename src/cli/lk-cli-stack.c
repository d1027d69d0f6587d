/* lk-cli-stack.c: looks at LoRAs that are used together, and merges them into one file. */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "base/lk-json.h"
#include "cli/lk-cli-commands.h"
#include "formats/lk-safetensors.h"
#include "generate/lk-merge.h"
#include "generate/lk-recipe.h"
#include "generate/lk-stack.h"

#include <glib/gi18n.h>
#include <math.h>

static char *merge_option, *precision_option;
static gboolean report_option, balance_option;
static int rank_option;

static const GOptionEntry options[] = {
  { "merge", 0, 0, G_OPTION_ARG_FILENAME, &merge_option, N_("Write one LoRA that gives the same pictures"), N_("FILE") },
  { "rank", 0, 0, G_OPTION_ARG_INT, &rank_option, N_("Cut the merged file to this rank (its full rank, exactly)"), N_("N") },
  { "precision", 0, 0, G_OPTION_ARG_STRING, &precision_option, N_("Of the merged file: fp16 or float (fp16)"), N_("PRECISION") },
  { "balance", 0, 0, G_OPTION_ARG_NONE, &balance_option, N_("Lower the strengths first, so that the total is at most 1.80"), NULL },
  { "report", 0, 0, G_OPTION_ARG_NONE, &report_option, N_("Also tell what each file is"), NULL },
  G_OPTION_ENTRY_NULL
};

/* The stack of "FILE:STRENGTH" arguments. The kind stands in the file, where it is ours. */
static LkStack *
make_stack (char    **args,
            GError  **error)
{
  g_autoptr (LkRecipe) recipe = lk_recipe_new ();
  g_autoptr (LkStack) stack = lk_stack_new ();

  for (guint i = 0; args[i]; i++)
    {
      g_autoptr (LkStackEntry) entry = NULL;
      g_autoptr (LkSafetensors) file = NULL;
      const LkRecipeLora *lora;

      if (!lk_recipe_parse_lora (recipe, args[i], error))
        {
          (*error)->domain = G_OPTION_ERROR;
          (*error)->code = G_OPTION_ERROR_BAD_VALUE;
          return NULL;
        }
      lora = recipe->loras->pdata[i];
      file = lk_safetensors_open (lora->path, error);
      if (file == NULL)
        return NULL;
      entry = lk_stack_entry_new (lora->path, lk_stack_kind_from_id (lk_safetensors_get_metadata (file, "likeness.kind")),
                                  (int) lround (lora->unet_strength * 100));
      if (lora->text_strength != lora->unet_strength)
        {
          lk_stack_entry_set_linked (entry, FALSE);
          lk_stack_entry_set_text (entry, (int) lround (lora->text_strength * 100));
        }
      lk_stack_add (stack, entry);
    }

  return g_steal_pointer (&stack);
}

static void
print_file (LkCli        *cli,
            LkStackEntry *entry,
            cJSON        *json)
{
  static const char * const keys[][2] = {
    { "ss_base_model_version", "base" }, { "ss_network_dim", "rank" }, { "ss_network_alpha", "alpha" }, { "modelspec.trigger_phrase", "trigger" },
  };
  g_autoptr (LkSafetensors) file = lk_safetensors_open (lk_stack_entry_get_path (entry), NULL);

  for (guint i = 0; file && i < G_N_ELEMENTS (keys); i++)
    {
      const char *value = lk_safetensors_get_metadata (file, keys[i][0]);

      if (value == NULL)
        continue;
      lk_cli_print (cli, "      %s: %s\n", keys[i][1], value);
      cJSON_AddStringToObject (json, keys[i][1], value);
    }
}

static void
print_stack (LkCli   *cli,
             LkStack *stack,
             cJSON   *json)
{
  int total = lk_stack_get_total (stack);
  g_autoptr (GPtrArray) advice = lk_stack_get_advice (stack);
  cJSON *list = cJSON_AddArrayToObject (json, "loras"), *sentences;

  for (guint i = 0; i < lk_stack_get_n (stack); i++)
    {
      LkStackEntry *entry = lk_stack_get (stack, i);
      cJSON *item = cJSON_CreateObject ();

      lk_cli_print (cli, "%5.2f %s (%s)\n", lk_stack_entry_get_unet (entry) / 100., lk_stack_entry_get_name (entry),
                    lk_stack_kind_get_title (lk_stack_entry_get_kind (entry)));
      cJSON_AddStringToObject (item, "file", lk_stack_entry_get_path (entry));
      cJSON_AddStringToObject (item, "kind", lk_stack_kind_get_id (lk_stack_entry_get_kind (entry)));
      cJSON_AddNumberToObject (item, "strength", lk_stack_entry_get_unet (entry) / 100.);
      cJSON_AddNumberToObject (item, "text_strength", lk_stack_entry_get_text (entry) / 100.);
      if (report_option)
        print_file (cli, entry, item);
      cJSON_AddItemToArray (list, item);
    }

  lk_cli_print (cli, _("%5.2f total strength\n"), total / 100.);
  cJSON_AddNumberToObject (json, "total", total / 100.);
  sentences = cJSON_AddArrayToObject (json, "advice");
  for (guint i = 0; i < advice->len; i++)
    {
      lk_cli_print (cli, "%s\n", (char *) advice->pdata[i]);
      cJSON_AddItemToArray (sentences, cJSON_CreateString (advice->pdata[i]));
    }
}

/* What a cut to a rank kept, of each module in JSON, and for people of the module that lost most. */
static void
print_cut (LkCli               *cli,
           const LkMergeResult *result,
           cJSON               *json)
{
  const LkMergeModule *worst = NULL;
  cJSON *list = cJSON_AddArrayToObject (json, "kept");

  for (guint i = 0; i < result->modules->len; i++)
    {
      const LkMergeModule *module = &g_array_index (result->modules, LkMergeModule, i);
      cJSON *item = cJSON_CreateObject ();

      if (worst == NULL || module->energy < worst->energy)
        worst = module;
      cJSON_AddStringToObject (item, "module", module->name);
      lk_json_add_int (item, "full_rank", module->full_rank);
      lk_json_add_int (item, "rank", module->rank);
      cJSON_AddNumberToObject (item, "energy", module->energy);
      cJSON_AddItemToArray (list, item);
    }
  cJSON_AddNumberToObject (json, "energy", result->energy);

  lk_cli_print (cli, ngettext ("%s: %u module, rank %u to %u, %.2f %% of the energy kept\n",
                               "%s: %u modules, rank %u to %u, %.2f %% of the energy kept\n", result->n_modules),
                merge_option, result->n_modules, result->least_rank, result->most_rank, result->energy * 100);
  if (worst && worst->energy < 0.9999)
    lk_cli_print (cli, _("Most was lost in %s, which keeps %.2f %%.\n"), worst->name, worst->energy * 100);
}

static gboolean
merge (LkCli    *cli,
       LkStack  *stack,
       cJSON    *json,
       GError  **error)
{
  guint n = lk_stack_get_n (stack);
  g_autofree LkMergeInput *inputs = g_new0 (LkMergeInput, n);
  LkSafeType type = g_strcmp0 (precision_option, "float") == 0 ? LK_SAFE_F32 : LK_SAFE_F16;
  g_auto (LkMergeResult) result = { 0 };

  for (guint i = 0; i < n; i++)
    {
      LkStackEntry *entry = lk_stack_get (stack, i);

      inputs[i] = (LkMergeInput) { lk_stack_entry_get_path (entry), lk_stack_entry_get_unet (entry) / 100.,
                                   lk_stack_entry_get_text (entry) / 100. };
    }
  if (rank_option > 0 ? !lk_merge_to_rank (inputs, n, (guint) rank_option, type, merge_option, &result, error)
                      : !lk_merge_exact (inputs, n, type, merge_option, &result, error))
    return FALSE;

  if (result.modules)
    print_cut (cli, &result, json);
  else
    lk_cli_print (cli, ngettext ("%s: %u module, rank %u to %u, exact\n", "%s: %u modules, rank %u to %u, exact\n", result.n_modules),
                merge_option, result.n_modules, result.least_rank, result.most_rank);
  cJSON_AddStringToObject (json, "merged", merge_option);
  lk_json_add_int (json, "modules", result.n_modules);
  lk_json_add_int (json, "least_rank", result.least_rank);
  lk_json_add_int (json, "most_rank", result.most_rank);
  return TRUE;
}

static LkCliStatus
run_stack (LkCli   *cli,
           int      n_args,
           char   **args,
           GError **error)
{
  g_autoptr (cJSON) json = cJSON_CreateObject ();
  g_autoptr (LkStack) stack = NULL;
  g_autoptr (GPtrArray) advice = NULL;

  if (precision_option && !g_str_equal (precision_option, "fp16") && !g_str_equal (precision_option, "float"))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, _("--precision is fp16 or float, not “%s”"), precision_option);
      return LK_CLI_BAD_USAGE;
    }
  if (rank_option < 0 || (rank_option > 0 && merge_option == NULL))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   rank_option < 0 ? _("--rank is a whole number above 0.") : _("--rank goes with --merge FILE, which names what to write."));
      return LK_CLI_BAD_USAGE;
    }
  stack = make_stack (args, error);
  if (stack == NULL)
    return LK_CLI_FAILED;
  if (balance_option)
    lk_stack_balance (stack);

  print_stack (cli, stack, json);
  if (merge_option && !merge (cli, stack, json, error))
    return LK_CLI_FAILED;
  lk_cli_print_json (cli, g_steal_pointer (&json));

  advice = lk_stack_get_advice (stack);
  return advice->len > 0 ? LK_CLI_PROBLEMS : LK_CLI_DONE;
}

const LkCliCommand lk_cli_stack = {
  .name = "stack",
  .summary = N_("Look at LoRAs that are used together, and merge them"),
  .parameters = "FILE:STRENGTH…",
  .description = N_("A merge is exact and its rank the sum of the files' ranks. With --rank only the largest singular values of each "
                    "module stay; how much that keeps is told for all modules together, and with --json for each."),
  .options = options,
  .min_args = 1,
  .max_args = -1,
  .run = run_stack,
};
