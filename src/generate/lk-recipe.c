/* lk-recipe.c: recipes, their one form, and the three ways PNGs tell them. */
#define G_LOG_DOMAIN "likeness-generate"

#include "config.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#include "base/lk-file.h"
#include "base/lk-sha256.h"
#include "formats/lk-png.h"
#include "generate/lk-file-hash.h"
#include "generate/lk-recipe.h"

G_DEFINE_QUARK (lk-recipe-error-quark, lk_recipe_error)

#define MAX_STRENGTH 10
#define MAX_SIDE 4096

/* ---- making ---------------------------------------------------------------------------------------------------- */

char *
lk_base_dup_path (const char *base)
{
  return g_str_equal (base, "starter") ? lk_data_path ("starter/starter-base.safetensors") : g_strdup (base);
}

char *
lk_base_dup_name (const char *path)
{
  g_autofree char *starter = lk_base_dup_path ("starter"), *canonical = g_canonicalize_filename (path, NULL);
  g_autofree char *canonical_starter = g_canonicalize_filename (starter, NULL);

  return g_str_equal (canonical, canonical_starter) ? g_strdup ("starter") : g_steal_pointer (&canonical);
}

static void
free_lora (gpointer data)
{
  LkRecipeLora *lora = data;

  g_free (lora->path);
  g_free (lora);
}

LkRecipe *
lk_recipe_new (void)
{
  LkRecipe *recipe = g_new0 (LkRecipe, 1);

  recipe->prompt = g_strdup ("");
  recipe->negative = g_strdup ("");
  recipe->loras = g_ptr_array_new_with_free_func (free_lora);
  recipe->n_steps = 25;
  recipe->cfg = 7;
  recipe->width = recipe->height = 512;
  recipe->sampler = LK_SAMPLER_EULER;
  recipe->scheduler = LK_SCHEDULER_NORMAL;

  return recipe;
}

LkRecipe *
lk_recipe_copy (const LkRecipe *recipe)
{
  LkRecipe *copy = g_memdup2 (recipe, sizeof *recipe);

  copy->base = g_strdup (recipe->base);
  copy->prompt = g_strdup (recipe->prompt);
  copy->negative = g_strdup (recipe->negative);
  copy->loras = g_ptr_array_new_with_free_func (free_lora);
  for (guint i = 0; i < recipe->loras->len; i++)
    {
      const LkRecipeLora *lora = recipe->loras->pdata[i];

      lk_recipe_add_lora (copy, lora->path, lora->unet_strength, lora->text_strength);
    }

  return copy;
}

void
lk_recipe_free (LkRecipe *recipe)
{
  g_free (recipe->base);
  g_free (recipe->prompt);
  g_free (recipe->negative);
  g_ptr_array_unref (recipe->loras);
  g_free (recipe);
}

void
lk_recipe_set_text (char       **field,
                    const char  *text)
{
  char *copy = g_strdup (text);

  g_free (*field);
  *field = copy;
}

LkRecipeLora *
lk_recipe_add_lora (LkRecipe   *recipe,
                    const char *path,
                    double      unet_strength,
                    double      text_strength)
{
  LkRecipeLora *lora = g_new0 (LkRecipeLora, 1);

  lora->path = g_strdup (path);
  lora->unet_strength = unet_strength;
  lora->text_strength = text_strength;
  g_ptr_array_add (recipe->loras, lora);

  return lora;
}

/* Cuts ":NUMBER" off the end of `text`. FALSE: there is none. */
static gboolean
cut_number (char   *text,
            double *number)
{
  char *colon = strrchr (text, ':');
  char *end;

  if (colon == NULL || colon == text || colon[1] == '\0')
    return FALSE;
  *number = g_ascii_strtod (colon + 1, &end);
  if (*end != '\0')
    return FALSE;

  *colon = '\0';
  return TRUE;
}

gboolean
lk_recipe_parse_lora (LkRecipe    *recipe,
                      const char  *text,
                      GError     **error)
{
  g_autofree char *path = g_strdup (text);
  double unet = 1, last;
  double text_strength = 1;

  if (cut_number (path, &last))
    {
      unet = text_strength = last;
      if (cut_number (path, &last))
        unet = last;
    }

  if (!(fabs (unet) <= MAX_STRENGTH && fabs (text_strength) <= MAX_STRENGTH))
    {
      g_set_error (error, LK_RECIPE_ERROR, LK_RECIPE_ERROR_BAD_VALUE,
                   _("The strength in “%s” is not between -%d and %d. 0.7 to 0.85 is usual."), text, MAX_STRENGTH, MAX_STRENGTH);
      return FALSE;
    }

  lk_recipe_add_lora (recipe, path, unet, text_strength);
  return TRUE;
}

gboolean
lk_recipe_check (const LkRecipe  *recipe,
                 GError         **error)
{
  if (recipe->width % 8 != 0 || recipe->height % 8 != 0 || MIN (recipe->width, recipe->height) < 64
      || MAX (recipe->width, recipe->height) > MAX_SIDE)
    {
      g_set_error (error, LK_RECIPE_ERROR, LK_RECIPE_ERROR_BAD_VALUE,
                   _("A picture of %u × %u cannot be drawn: both sides must be multiples of 8, from 64 to %d."),
                   recipe->width, recipe->height, MAX_SIDE);
      return FALSE;
    }
  if (recipe->n_steps < 1 || recipe->n_steps > LK_MAX_STEPS)
    {
      g_set_error (error, LK_RECIPE_ERROR, LK_RECIPE_ERROR_BAD_VALUE,
                   _("A picture takes from 1 to %d steps, not %u. 20 to 30 are usual."), LK_MAX_STEPS, recipe->n_steps);
      return FALSE;
    }
  if (!(recipe->cfg >= 0 && recipe->cfg <= 100))
    {
      g_set_error (error, LK_RECIPE_ERROR, LK_RECIPE_ERROR_BAD_VALUE,
                   _("CFG must be from 0 to 100. 4 to 8 is usual, 1 draws without the negative prompt."));
      return FALSE;
    }

  return TRUE;
}

/* ---- the one form ---------------------------------------------------------------------------------------------- */

typedef struct
{
  char         *hash;
  LkRecipeLora *lora;
} HashedLora;

static void
clear_hashed (gpointer data)
{
  g_free (((HashedLora *) data)->hash);
}

static int
compare_hashed (gconstpointer a,
                gconstpointer b)
{
  const HashedLora *first = a, *second = b;
  int order = strcmp (first->hash, second->hash);

  if (order == 0)
    order = (first->lora->unet_strength > second->lora->unet_strength) - (first->lora->unet_strength < second->lora->unet_strength);
  if (order == 0)
    order = (first->lora->text_strength > second->lora->text_strength) - (first->lora->text_strength < second->lora->text_strength);
  return order;
}

LkRecipe *
lk_recipe_canonical (const LkRecipe  *recipe,
                     GError         **error)
{
  g_autoptr (LkRecipe) canonical = lk_recipe_copy (recipe);
  g_autoptr (GArray) sorted = g_array_new (FALSE, FALSE, sizeof (HashedLora));

  g_array_set_clear_func (sorted, clear_hashed);
  for (guint i = 0; i < recipe->loras->len; i++)
    {
      HashedLora hashed = { .lora = recipe->loras->pdata[i] };

      if (hashed.lora->unet_strength == 0 && hashed.lora->text_strength == 0)
        continue;
      hashed.hash = lk_file_hash_lora (hashed.lora->path, error);
      if (hashed.hash == NULL)
        return NULL;
      g_array_append_val (sorted, hashed);
    }
  g_array_sort (sorted, compare_hashed);

  g_ptr_array_set_size (canonical->loras, 0);
  for (guint i = 0; i < sorted->len; i++)
    {
      const LkRecipeLora *lora = g_array_index (sorted, HashedLora, i).lora;

      lk_recipe_add_lora (canonical, lora->path, lora->unet_strength, lora->text_strength);
    }
  if (canonical->cfg == 1)
    lk_recipe_set_text (&canonical->negative, "");

  return g_steal_pointer (&canonical);
}

char *
lk_recipe_get_hash (const LkRecipe  *recipe,
                    GError         **error)
{
  g_autoptr (LkRecipe) canonical = lk_recipe_canonical (recipe, error);
  g_autoptr (cJSON) json = NULL;
  g_autofree char *text = NULL, *base = NULL, *hash = NULL;
  cJSON *lora_json;

  if (canonical == NULL)
    return NULL;
  base = lk_file_hash_checkpoint (recipe->base, error);
  if (base == NULL)
    return NULL;

  /* As files have it, with hashes in the place of names. */
  json = lk_recipe_to_json (canonical, FALSE);
  cJSON_ReplaceItemInObjectCaseSensitive (json, "base", cJSON_CreateString (base));
  lora_json = cJSON_GetArrayItem (cJSON_GetObjectItemCaseSensitive (json, "loras"), 0);
  for (guint i = 0; i < canonical->loras->len; i++, lora_json = lora_json->next)
    {
      const LkRecipeLora *lora = canonical->loras->pdata[i];
      g_autofree char *lora_hash = lk_file_hash_lora (lora->path, error);

      if (lora_hash == NULL)
        return NULL;
      cJSON_ReplaceItemInObjectCaseSensitive (lora_json, "file", cJSON_CreateString (lora_hash));
    }

  text = lk_json_print (json, FALSE);
  hash = lk_sha256_bytes (text, strlen (text));
  return g_strndup (hash, 32);
}

/* ---- our JSON -------------------------------------------------------------------------------------------------- */

static cJSON *
file_item (const char *path,
           gboolean    with_path)
{
  g_autofree char *name = with_path ? g_canonicalize_filename (path, NULL) : g_path_get_basename (path);
  g_autofree char *text = g_filename_to_utf8 (name, -1, NULL, NULL, NULL);

  return cJSON_CreateString (text ? text : name);
}

cJSON *
lk_recipe_to_json (const LkRecipe *recipe,
                   gboolean        with_paths)
{
  g_autofree char *name = with_paths && recipe->base ? lk_base_dup_name (recipe->base) : NULL;
  cJSON *json = cJSON_CreateObject ();
  cJSON *loras;

  cJSON_AddItemToObject (json, "base", file_item (name ? name : recipe->base ? recipe->base : "", name && g_path_is_absolute (name)));
  loras = cJSON_AddArrayToObject (json, "loras");
  for (guint i = 0; i < recipe->loras->len; i++)
    {
      const LkRecipeLora *lora = recipe->loras->pdata[i];
      cJSON *item = cJSON_CreateObject ();

      cJSON_AddItemToObject (item, "file", file_item (lora->path, with_paths));
      cJSON_AddNumberToObject (item, "strength", lora->unet_strength);
      cJSON_AddNumberToObject (item, "text_strength", lora->text_strength);
      cJSON_AddItemToArray (loras, item);
    }
  cJSON_AddStringToObject (json, "prompt", recipe->prompt);
  cJSON_AddStringToObject (json, "negative", recipe->negative);
  cJSON_AddItemToObject (json, "seed", lk_json_int_new ((gint64) recipe->seed));
  lk_json_add_int (json, "steps", recipe->n_steps);
  cJSON_AddNumberToObject (json, "cfg", recipe->cfg);
  lk_json_add_int (json, "width", recipe->width);
  lk_json_add_int (json, "height", recipe->height);
  cJSON_AddStringToObject (json, "sampler", lk_sampler_get_name (recipe->sampler));
  cJSON_AddStringToObject (json, "scheduler", lk_scheduler_get_name (recipe->scheduler));

  return json;
}

LkRecipe *
lk_recipe_from_json (const cJSON  *json,
                     GError      **error)
{
  g_autoptr (LkRecipe) recipe = lk_recipe_new ();
  g_autofree char *base = lk_base_dup_path (lk_json_get_string (json, "base", ""));
  const cJSON *lora_json;

  lk_recipe_set_text (&recipe->base, base);
  lk_recipe_set_text (&recipe->prompt, lk_json_get_string (json, "prompt", ""));
  lk_recipe_set_text (&recipe->negative, lk_json_get_string (json, "negative", ""));
  recipe->seed = (guint64) lk_json_get_int (json, "seed", 0);
  recipe->n_steps = (guint) lk_json_get_int (json, "steps", recipe->n_steps);
  recipe->cfg = lk_json_get_number (json, "cfg", recipe->cfg);
  recipe->width = (guint) lk_json_get_int (json, "width", recipe->width);
  recipe->height = (guint) lk_json_get_int (json, "height", recipe->height);
  if (!lk_sampler_from_name (lk_json_get_string (json, "sampler", "euler"), &recipe->sampler, error)
      || !lk_scheduler_from_name (lk_json_get_string (json, "scheduler", "normal"), &recipe->scheduler, error))
    return NULL;

  cJSON_ArrayForEach (lora_json, lk_json_get_array (json, "loras"))
    {
      double strength = lk_json_get_number (lora_json, "strength", 1);

      lk_recipe_add_lora (recipe, lk_json_get_string (lora_json, "file", ""), strength,
                          lk_json_get_number (lora_json, "text_strength", strength));
    }

  if (!lk_recipe_check (recipe, error))
    return NULL;
  return g_steal_pointer (&recipe);
}

/* ---- AUTOMATIC1111 --------------------------------------------------------------------------------------------- */

/* The file's name without folder and ending. */
static char *
stem (const char *path)
{
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *text = g_filename_to_utf8 (name, -1, NULL, NULL, NULL);
  char *dot;

  if (text == NULL)
    text = g_strdup (name);
  dot = strrchr (text, '.');
  if (dot != NULL && dot != text)
    *dot = '\0';
  return g_steal_pointer (&text);
}

/* AUTOMATIC1111 puts a value into JSON's quotes where it holds a comma, a colon or a line end. */
static void
append_value (GString    *text,
              const char *key,
              const char *value)
{
  g_string_append_printf (text, "%s%s: ", text->len > 0 ? ", " : "", key);
  if (strpbrk (value, ",:\n") != NULL)
    {
      g_autoptr (cJSON) item = cJSON_CreateString (value);
      g_autofree char *quoted = lk_json_print (item, FALSE);

      g_string_append (text, quoted);
    }
  else
    {
      g_string_append (text, value);
    }
}

static char *
number (double value)
{
  g_autoptr (cJSON) item = cJSON_CreateNumber (value);

  return lk_json_print (item, FALSE);
}

/* The prompt with the LoRAs as AUTOMATIC1111 writes them, and "NAME: HASH, …" of them. */
static gboolean
append_loras (const LkRecipe  *recipe,
              GString         *prompt,
              GString         *hashes,
              GError         **error)
{
  for (guint i = 0; i < recipe->loras->len; i++)
    {
      const LkRecipeLora *lora = recipe->loras->pdata[i];
      g_autofree char *name = stem (lora->path);
      g_autofree char *unet = number (lora->unet_strength);
      g_autofree char *text = number (lora->text_strength);
      g_autofree char *hash = lk_file_hash_lora (lora->path, error);

      if (hash == NULL)
        return FALSE;
      if (lora->unet_strength == lora->text_strength)
        g_string_append_printf (prompt, " <lora:%s:%s>", name, unet);
      else
        g_string_append_printf (prompt, " <lora:%s:%s:%s>", name, text, unet);
      g_string_append_printf (hashes, "%s%s: %.12s", hashes->len > 0 ? ", " : "", name, hash);
    }

  return TRUE;
}

char *
lk_recipe_to_parameters (const LkRecipe  *recipe,
                         GError         **error)
{
  g_autoptr (GString) prompt = g_string_new (recipe->prompt);
  g_autoptr (GString) hashes = g_string_new (NULL);
  g_autoptr (GString) values = g_string_new (NULL);
  g_autofree char *name = stem (recipe->base);
  g_autofree char *cfg = number (recipe->cfg);
  g_autofree char *steps = g_strdup_printf ("%u", recipe->n_steps);
  g_autofree char *seed = g_strdup_printf ("%" G_GUINT64_FORMAT, recipe->seed);
  g_autofree char *size = g_strdup_printf ("%ux%u", recipe->width, recipe->height);
  g_autofree char *model = lk_file_hash_checkpoint (recipe->base, error);

  if (model == NULL || !append_loras (recipe, prompt, hashes, error))
    return NULL;
  model[10] = '\0';       /* the short hash of AUTOMATIC1111 */

  append_value (values, "Steps", steps);
  append_value (values, "Sampler", lk_sampler_get_title (recipe->sampler));
  append_value (values, "Schedule type", lk_scheduler_get_title (recipe->scheduler));
  append_value (values, "CFG scale", cfg);
  append_value (values, "Seed", seed);
  append_value (values, "Size", size);
  append_value (values, "Model hash", model);
  append_value (values, "Model", name);
  if (hashes->len > 0)
    append_value (values, "Lora hashes", hashes->str);
  append_value (values, "Version", "Likeness " PACKAGE_VERSION);

  if (*recipe->negative != '\0')
    return g_strdup_printf ("%s\nNegative prompt: %s\n%s", prompt->str, recipe->negative, values->str);
  return g_strdup_printf ("%s\n%s", prompt->str, values->str);
}

/* ---- ComfyUI --------------------------------------------------------------------------------------------------- */

static cJSON *
add_node (cJSON      *graph,
          const char *id,
          const char *class_type)
{
  cJSON *node = cJSON_AddObjectToObject (graph, id);

  cJSON_AddStringToObject (node, "class_type", class_type);
  return cJSON_AddObjectToObject (node, "inputs");
}

/* An input that comes from output `output` of node `id`. */
static void
add_link (cJSON      *inputs,
          const char *name,
          const char *id,
          int         output)
{
  cJSON *link = cJSON_AddArrayToObject (inputs, name);

  cJSON_AddItemToArray (link, cJSON_CreateString (id));
  cJSON_AddItemToArray (link, cJSON_CreateNumber (output));
}

static void
add_text_node (cJSON      *graph,
               const char *id,
               const char *text,
               const char *clip)
{
  cJSON *inputs = add_node (graph, id, "CLIPTextEncode");

  cJSON_AddStringToObject (inputs, "text", text);
  add_link (inputs, "clip", clip, 1);
}

cJSON *
lk_recipe_to_comfyui (const LkRecipe *recipe)
{
  cJSON *graph = cJSON_CreateObject ();
  g_autofree char *model = g_strdup ("1");
  cJSON *inputs = add_node (graph, "1", "CheckpointLoaderSimple");

  cJSON_AddItemToObject (inputs, "ckpt_name", file_item (recipe->base, FALSE));
  for (guint i = 0; i < recipe->loras->len; i++)
    {
      const LkRecipeLora *lora = recipe->loras->pdata[i];
      g_autofree char *before = g_steal_pointer (&model);

      model = g_strdup_printf ("%u", 10 + i);
      inputs = add_node (graph, model, "LoraLoader");
      cJSON_AddItemToObject (inputs, "lora_name", file_item (lora->path, FALSE));
      cJSON_AddNumberToObject (inputs, "strength_model", lora->unet_strength);
      cJSON_AddNumberToObject (inputs, "strength_clip", lora->text_strength);
      add_link (inputs, "model", before, 0);
      add_link (inputs, "clip", before, 1);
    }
  add_text_node (graph, "2", recipe->prompt, model);
  add_text_node (graph, "3", recipe->negative, model);

  inputs = add_node (graph, "4", "EmptyLatentImage");
  lk_json_add_int (inputs, "width", recipe->width);
  lk_json_add_int (inputs, "height", recipe->height);
  lk_json_add_int (inputs, "batch_size", 1);

  inputs = add_node (graph, "5", "KSampler");
  cJSON_AddItemToObject (inputs, "seed", lk_json_int_new ((gint64) recipe->seed));
  lk_json_add_int (inputs, "steps", recipe->n_steps);
  cJSON_AddNumberToObject (inputs, "cfg", recipe->cfg);
  cJSON_AddStringToObject (inputs, "sampler_name", lk_sampler_get_name (recipe->sampler));
  cJSON_AddStringToObject (inputs, "scheduler", lk_scheduler_get_name (recipe->scheduler));
  cJSON_AddNumberToObject (inputs, "denoise", 1);
  add_link (inputs, "model", model, 0);
  add_link (inputs, "positive", "2", 0);
  add_link (inputs, "negative", "3", 0);
  add_link (inputs, "latent_image", "4", 0);

  inputs = add_node (graph, "6", "VAEDecode");
  add_link (inputs, "samples", "5", 0);
  add_link (inputs, "vae", "1", 2);

  inputs = add_node (graph, "7", "SaveImage");
  cJSON_AddStringToObject (inputs, "filename_prefix", "Likeness");
  add_link (inputs, "images", "6", 0);

  return graph;
}

/* ---- PNG ------------------------------------------------------------------------------------------------------- */

gboolean
lk_recipe_save_picture (const LkRecipe   *recipe,
                        const LkPicture  *picture,
                        const char       *path,
                        GError          **error)
{
  g_autoptr (LkRecipe) canonical = lk_recipe_canonical (recipe, error);
  g_autoptr (GPtrArray) texts = lk_png_texts_new ();
  g_autoptr (cJSON) graph = NULL, json = NULL;
  g_autofree char *parameters = NULL, *graph_text = NULL, *json_text = NULL;

  if (canonical == NULL)
    return FALSE;
  parameters = lk_recipe_to_parameters (canonical, error);
  if (parameters == NULL)
    return FALSE;
  graph = lk_recipe_to_comfyui (canonical);
  graph_text = lk_json_print (graph, FALSE);
  json = lk_recipe_to_json (canonical, FALSE);
  json_text = lk_json_print (json, FALSE);

  lk_png_texts_add (texts, "parameters", parameters);
  lk_png_texts_add (texts, "prompt", graph_text);
  lk_png_texts_add (texts, "likeness", json_text);
  return lk_png_write (picture, texts, path, error);
}
