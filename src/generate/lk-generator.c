/* lk-generator.c: what is kept between pictures, and the way of one picture. See the header. */
#define G_LOG_DOMAIN "likeness-generate"

#include "config.h"

#include <glib/gi18n.h>
#include <string.h>

#include "base/lk-random.h"
#include "generate/lk-coder.h"
#include "generate/lk-denoiser.h"
#include "generate/lk-file-hash.h"
#include "generate/lk-generator.h"

/* Texts that stay encoded: a grid's prompts and their negative. */
#define MAX_TEXTS 64

struct _LkGenerator
{
  LkDevice      *device;        /* owned references */
  LkModel       *model;
  LkTokenizer   *tokenizer;
  gboolean       is_fixed;      /* the model is a trainer's: recipes' base is not looked at */
  char          *base_hash;     /* of the model; owned */

  LkAdapter     *live;          /* owned reference, or NULL */
  double         live_strength;
  GHashTable    *adapters;      /* file hash → LkAdapter, those of the last recipe */
  GString       *note;

  LkConditioner *conditioner;   /* owned, as are the next three, with the keys they were made for */
  char          *conditioner_key;
  GHashTable    *texts;         /* text → LkConditioning, by `conditioner` */
  LkDenoiser    *denoiser;
  char          *denoiser_key;
  LkCoder       *decoder;
  char          *decoder_key;

  float         *noise;         /* owned, or NULL */
  gsize          n_noise;
};

/* The LoRAs of one picture, in order, the live one first. */
typedef struct
{
  GPtrArray *adapters;          /* LkAdapter, borrowed */
  GArray    *unet;              /* double: strengths */
  GArray    *text;
  GString   *hashes;            /* names all of them */
} Stack;

static void
stack_clear (Stack *stack)
{
  g_clear_pointer (&stack->adapters, g_ptr_array_unref);
  g_clear_pointer (&stack->unet, g_array_unref);
  g_clear_pointer (&stack->text, g_array_unref);
  if (stack->hashes)
    g_string_free (stack->hashes, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Stack, stack_clear)

/* ---- making and dropping --------------------------------------------------------------------------------------- */

LkGenerator *
lk_generator_new (LkDevice *device)
{
  LkGenerator *generator = g_new0 (LkGenerator, 1);

  generator->device = lk_device_ref (device);
  generator->adapters = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) lk_adapter_unref);
  generator->texts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) lk_conditioning_free);
  generator->note = g_string_new (NULL);

  return generator;
}

LkGenerator *
lk_generator_new_for_model (LkModel *model)
{
  LkGenerator *generator = lk_generator_new (lk_model_get_device (model));

  generator->model = lk_model_ref (model);
  generator->is_fixed = TRUE;

  return generator;
}

static void
drop_conditioner (LkGenerator *generator)
{
  g_hash_table_remove_all (generator->texts);
  g_clear_pointer (&generator->conditioner, lk_conditioner_free);
  g_clear_pointer (&generator->conditioner_key, g_free);
}

static void
drop_denoiser (LkGenerator *generator)
{
  g_clear_pointer (&generator->denoiser, lk_denoiser_free);
  g_clear_pointer (&generator->denoiser_key, g_free);
}

static void
drop_decoder (LkGenerator *generator)
{
  g_clear_pointer (&generator->decoder, lk_coder_free);
  g_clear_pointer (&generator->decoder_key, g_free);
}

void
lk_generator_trim (LkGenerator *generator)
{
  drop_conditioner (generator);
  drop_denoiser (generator);
  drop_decoder (generator);
  g_hash_table_remove_all (generator->adapters);
  if (!generator->is_fixed)
    {
      g_clear_pointer (&generator->model, lk_model_unref);
      g_clear_pointer (&generator->base_hash, g_free);
    }
}

void
lk_generator_free (LkGenerator *generator)
{
  lk_generator_trim (generator);
  g_clear_pointer (&generator->model, lk_model_unref);
  g_clear_pointer (&generator->live, lk_adapter_unref);
  g_clear_pointer (&generator->tokenizer, lk_tokenizer_unref);
  g_hash_table_unref (generator->adapters);
  g_hash_table_unref (generator->texts);
  g_string_free (generator->note, TRUE);
  g_free (generator->noise);
  lk_device_unref (generator->device);
  g_free (generator);
}

void
lk_generator_set_live_adapter (LkGenerator *generator,
                               LkAdapter   *adapter,
                               double       strength)
{
  if (generator->live != adapter)
    {
      drop_conditioner (generator);
      drop_denoiser (generator);
      g_clear_pointer (&generator->live, lk_adapter_unref);
      generator->live = adapter ? lk_adapter_ref (adapter) : NULL;
    }
  generator->live_strength = strength;
}

void
lk_generator_set_noise (LkGenerator *generator,
                        const float *noise,
                        gsize        n)
{
  g_free (generator->noise);
  generator->noise = noise ? g_memdup2 (noise, n * sizeof (float)) : NULL;
  generator->n_noise = noise ? n : 0;
}

const char *
lk_generator_get_note (LkGenerator *generator)
{
  return generator->note->len > 0 ? generator->note->str : NULL;
}

/* ---- what a recipe needs --------------------------------------------------------------------------------------- */

static gboolean
open_base (LkGenerator     *generator,
           const LkRecipe  *recipe,
           GError         **error)
{
  g_autoptr (LkCheckpoint) checkpoint = NULL;
  g_autofree char *hash = NULL;

  if (generator->tokenizer == NULL)
    {
      generator->tokenizer = lk_tokenizer_new (NULL, error);
      if (generator->tokenizer == NULL)
        return FALSE;
    }
  if (generator->is_fixed)
    return TRUE;

  hash = lk_file_hash_checkpoint (recipe->base, error);
  if (hash == NULL)
    return FALSE;
  if (g_strcmp0 (hash, generator->base_hash) == 0)
    return TRUE;

  lk_generator_trim (generator);
  checkpoint = lk_checkpoint_open (recipe->base, error);
  if (checkpoint == NULL)
    return FALSE;
  generator->model = lk_model_new (generator->device, checkpoint);
  generator->base_hash = g_steal_pointer (&hash);
  return TRUE;
}

/* The LoRA of that file, loaded now or before. Borrowed. */
static LkAdapter *
open_adapter (LkGenerator  *generator,
              const char   *path,
              const char   *hash,
              GError      **error)
{
  g_autofree char *note = NULL;
  LkAdapter *adapter = g_hash_table_lookup (generator->adapters, hash);

  if (adapter)
    return adapter;

  adapter = lk_adapter_load (generator->device, lk_model_get_checkpoint (generator->model), path, FALSE, &note, error);
  if (adapter == NULL)
    return NULL;
  if (note)
    g_string_append_printf (generator->note, "%s%s", generator->note->len > 0 ? " " : "", note);
  g_hash_table_insert (generator->adapters, g_strdup (hash), adapter);
  return adapter;
}

static void
stack_add (Stack      *stack,
           LkAdapter  *adapter,
           const char *hash,
           double      unet,
           double      text)
{
  g_ptr_array_add (stack->adapters, adapter);
  g_array_append_val (stack->unet, unet);
  g_array_append_val (stack->text, text);
  g_string_append_printf (stack->hashes, "%s ", hash);
}

/* LoRAs that the new recipe does not have are dropped. */
static gboolean
open_stack (LkGenerator     *generator,
            const LkRecipe  *recipe,
            Stack           *stack,
            GError         **error)
{
  g_autoptr (GHashTable) wanted = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GHashTableIter iter;
  gpointer hash;

  stack->adapters = g_ptr_array_new ();
  stack->unet = g_array_new (FALSE, FALSE, sizeof (double));
  stack->text = g_array_new (FALSE, FALSE, sizeof (double));
  stack->hashes = g_string_new (NULL);
  g_string_truncate (generator->note, 0);

  if (generator->live && generator->live_strength != 0)
    stack_add (stack, generator->live, "live", generator->live_strength, generator->live_strength);
  for (guint i = 0; i < recipe->loras->len; i++)
    {
      const LkRecipeLora *lora = recipe->loras->pdata[i];
      char *lora_hash = lk_file_hash_lora (lora->path, error);
      LkAdapter *adapter;

      if (lora_hash == NULL)
        return FALSE;
      g_hash_table_add (wanted, lora_hash);
      adapter = open_adapter (generator, lora->path, lora_hash, error);
      if (adapter == NULL)
        return FALSE;
      stack_add (stack, adapter, lora_hash, lora->unet_strength, lora->text_strength);
    }

  g_hash_table_iter_init (&iter, generator->adapters);
  while (g_hash_table_iter_next (&iter, &hash, NULL))
    if (!g_hash_table_contains (wanted, hash))
      g_hash_table_iter_remove (&iter);
  return TRUE;
}

static gboolean
read_text (LkGenerator     *generator,
           const char      *text,
           LkConditioning **conditioning,
           GError         **error)
{
  *conditioning = g_hash_table_lookup (generator->texts, text);
  if (*conditioning)
    return TRUE;

  *conditioning = lk_conditioner_encode (generator->conditioner, text, 0, LK_CHUNKS_APART, error);
  if (*conditioning == NULL)
    return FALSE;
  g_hash_table_insert (generator->texts, g_strdup (text), *conditioning);
  return TRUE;
}

/* The prompt and, where it is read, the negative one. Both belong to the generator. */
static gboolean
read_texts (LkGenerator     *generator,
            const LkRecipe  *recipe,
            const Stack     *stack,
            LkConditioning **cond,
            LkConditioning **uncond,
            GError         **error)
{
  g_autoptr (GString) key = g_string_new (NULL);

  for (guint i = 0; i < stack->adapters->len; i++)
    if (lk_adapter_get_parts (stack->adapters->pdata[i]) & LK_PART_TEXT)
      g_string_append_printf (key, "%p:%.17g ", stack->adapters->pdata[i], g_array_index (stack->text, double, i));
  /* A live LoRA changes while its address stays. */
  if (generator->live && lk_adapter_get_parts (generator->live) & LK_PART_TEXT)
    g_hash_table_remove_all (generator->texts);

  if (generator->conditioner == NULL || g_strcmp0 (key->str, generator->conditioner_key) != 0)
    {
      drop_conditioner (generator);
      generator->conditioner = lk_conditioner_new (generator->model, generator->tokenizer, (LkAdapter **) stack->adapters->pdata,
                                                   (const double *) stack->text->data, stack->adapters->len, error);
      if (generator->conditioner == NULL)
        return FALSE;
      generator->conditioner_key = g_strdup (key->str);
    }
  if (g_hash_table_size (generator->texts) > MAX_TEXTS)
    g_hash_table_remove_all (generator->texts);

  *uncond = NULL;
  return read_text (generator, recipe->prompt, cond, error)
         && (recipe->cfg == 1 || read_text (generator, recipe->negative, uncond, error));
}

static guint
greatest_common_divisor (guint a,
                         guint b)
{
  return b == 0 ? a : greatest_common_divisor (b, a % b);
}

static gboolean
open_denoiser (LkGenerator           *generator,
               const LkRecipe        *recipe,
               const Stack           *stack,
               const LkConditioning  *cond,
               const LkConditioning  *uncond,
               GError               **error)
{
  guint factor = lk_architecture_get_latent_factor (lk_model_get_architecture (generator->model));
  guint n_tokens = uncond ? cond->n_tokens / greatest_common_divisor (cond->n_tokens, uncond->n_tokens) * uncond->n_tokens
                          : cond->n_tokens;
  g_autoptr (GPtrArray) adapters = g_ptr_array_new ();
  g_autoptr (GArray) strengths = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GString) key = g_string_new (NULL);

  g_string_printf (key, "%ux%u %u %u", recipe->width, recipe->height, n_tokens, uncond != NULL);
  for (guint i = 0; i < stack->adapters->len; i++)
    {
      double strength = g_array_index (stack->unet, double, i);

      if (strength == 0 || !(lk_adapter_get_parts (stack->adapters->pdata[i]) & LK_PART_UNET))
        continue;
      g_ptr_array_add (adapters, stack->adapters->pdata[i]);
      g_array_append_val (strengths, strength);
      g_string_append_printf (key, " %p", stack->adapters->pdata[i]);
    }

  if (generator->denoiser == NULL || g_strcmp0 (key->str, generator->denoiser_key) != 0)
    {
      drop_denoiser (generator);
      generator->denoiser = lk_denoiser_new (generator->model, (LkAdapter **) adapters->pdata, adapters->len,
                                             recipe->height / factor, recipe->width / factor, n_tokens, uncond != NULL, error);
      if (generator->denoiser == NULL)
        return FALSE;
      generator->denoiser_key = g_strdup (key->str);
    }

  for (guint i = 0; i < adapters->len; i++)
    if (!lk_denoiser_set_strength (generator->denoiser, i, g_array_index (strengths, double, i), error))
      return FALSE;
  return lk_denoiser_set_conditioning (generator->denoiser, cond, uncond, recipe->cfg, error);
}

static gboolean
open_decoder (LkGenerator     *generator,
              const LkRecipe  *recipe,
              GError         **error)
{
  g_autofree char *key = g_strdup_printf ("%ux%u", recipe->width, recipe->height);

  if (generator->decoder && g_strcmp0 (key, generator->decoder_key) == 0)
    return TRUE;

  drop_decoder (generator);
  generator->decoder = lk_coder_new_decoder (generator->model, recipe->width, recipe->height, error);
  if (generator->decoder == NULL)
    return FALSE;
  generator->decoder_key = g_steal_pointer (&key);
  return TRUE;
}

/* ---- drawing --------------------------------------------------------------------------------------------------- */

typedef struct
{
  LkDenoiser   *denoiser;
  LkDrawFunc    progress;
  gpointer      progress_data;
  GCancellable *cancellable;
} Walk;

static void
tell (const Walk  *walk,
      LkDrawStage  stage,
      guint        step,
      guint        n_steps)
{
  if (walk->progress)
    walk->progress (walk->progress_data, stage, step, n_steps);
}

static gboolean
denoise (gpointer      data,
         const float  *x,
         float         sigma,
         float        *denoised,
         GError      **error)
{
  Walk *walk = data;

  return !g_cancellable_set_error_if_cancelled (walk->cancellable, error)
         && lk_denoiser_denoise (walk->denoiser, x, sigma, denoised, error);
}

static void
on_step (gpointer     data,
         guint        step,
         guint        n_steps,
         const float *x,
         const float *denoised)
{
  tell (data, LK_DRAW_STEPS, step, n_steps);
}

/* What the walk starts from, not scaled: the numbers given, or those of PyTorch's CPU generator. Owned by the caller. */
static float *
make_noise (LkGenerator     *generator,
            const LkRecipe  *recipe,
            gsize            n,
            GError         **error)
{
  LkTorchRandom random;
  float *noise;

  if (generator->noise && generator->n_noise != n)
    {
      g_set_error (error, LK_RECIPE_ERROR, LK_RECIPE_ERROR_BAD_VALUE,
                   _("The noise has %zu numbers, a picture of %u × %u starts from %zu."),
                   generator->n_noise, recipe->width, recipe->height, n);
      return NULL;
    }
  if (generator->noise)
    return g_memdup2 (generator->noise, n * sizeof (float));

  noise = g_new (float, n);
  lk_torch_random_seed (&random, recipe->seed);
  lk_torch_randn (&random, n, noise);
  return noise;
}

static float *
walk_down (LkGenerator     *generator,
           const LkRecipe  *recipe,
           Walk            *walk,
           gsize           *n,
           GError         **error)
{
  const LkArchitecture *architecture = lk_model_get_architecture (generator->model);
  const LkSigmaTable *table = lk_denoiser_get_sigma_table (generator->denoiser);
  guint factor = lk_architecture_get_latent_factor (architecture);
  g_autofree float *sigmas = NULL, *x = NULL;
  guint n_sigmas;

  *n = (gsize) architecture->unet.in_channels * (recipe->height / factor) * (recipe->width / factor);
  sigmas = lk_sampler_get_sigmas (recipe->sampler, recipe->scheduler, table, recipe->n_steps, &n_sigmas, error);
  if (sigmas == NULL)
    return NULL;
  x = make_noise (generator, recipe, *n, error);
  if (x == NULL)
    return NULL;
  lk_sampler_scale_noise (table, sigmas[0], x, *n);

  walk->denoiser = generator->denoiser;
  tell (walk, LK_DRAW_STEPS, 0, n_sigmas - 1);
  if (!lk_sampler_run (recipe->sampler, sigmas, n_sigmas, x, *n, lk_sampler_get_noise_seed (recipe->sampler, recipe->seed), denoise, walk, on_step, walk, error))
    return NULL;

  return g_steal_pointer (&x);
}

LkPicture *
lk_generator_draw (LkGenerator     *generator,
                   const LkRecipe  *recipe,
                   LkDrawFunc       progress,
                   gpointer         progress_data,
                   GCancellable    *cancellable,
                   float          **latent,
                   gsize           *n_latent,
                   GError         **error)
{
  Walk walk = { NULL, progress, progress_data, cancellable };
  g_autoptr (LkRecipe) canonical = NULL;
  g_auto (Stack) stack = { 0 };
  g_autoptr (LkPicture) picture = NULL;
  g_autofree float *x = NULL;
  LkConditioning *cond, *uncond;
  gsize n;

  if (!lk_recipe_check (recipe, error))
    return NULL;
  tell (&walk, LK_DRAW_LOADING, 0, 0);
  canonical = lk_recipe_canonical (recipe, error);
  if (canonical == NULL
      || !open_base (generator, canonical, error)
      || !open_stack (generator, canonical, &stack, error)
      || !lk_model_load (generator->model, LK_PART_ALL, NULL, NULL, cancellable, error))
    return NULL;

  tell (&walk, LK_DRAW_READING, 0, 0);
  if (!read_texts (generator, canonical, &stack, &cond, &uncond, error)
      || !open_denoiser (generator, canonical, &stack, cond, uncond, error))
    return NULL;
  x = walk_down (generator, canonical, &walk, &n, error);
  if (x == NULL)
    return NULL;

  tell (&walk, LK_DRAW_DECODING, 0, 0);
  if (!open_decoder (generator, canonical, error))
    return NULL;
  picture = lk_coder_decode (generator->decoder, x, error);
  if (picture == NULL)
    return NULL;

  tell (&walk, LK_DRAW_DONE, 0, 0);
  if (latent)
    {
      *latent = g_steal_pointer (&x);
      *n_latent = n;
    }
  return g_steal_pointer (&picture);
}
