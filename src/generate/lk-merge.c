/* lk-merge.c: reading the modules of LoRA files and putting them side by side. See the header. */
#define G_LOG_DOMAIN "likeness-generate"

#include "config.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

#include "base/lk-json.h"
#include "base/lk-low-rank.h"
#include "base/lk-pool.h"
#include "generate/lk-merge.h"

G_DEFINE_QUARK (lk-merge-error-quark, lk_merge_error)

/* Endings of the two matrices: kohya's, then PEFT's. */
static const char * const down_endings[] = { ".lora_down.weight", ".lora_A.weight" };
static const char * const up_endings[] = { ".lora_up.weight", ".lora_B.weight" };

/* One module of one file. */
typedef struct
{
  LkSafetensors      *file;     /* borrowed */
  const LkSafeTensor *down, *up, *alpha;
  double              strength;
} Part;

/* One module of the result: its parts, and what is written. */
typedef struct
{
  char   *name;                 /* owned */
  GArray *parts;                /* Part */
  guint   rank;
  gsize   n_in, n_out;          /* columns of down (kernel included), rows of up */
  float   alpha;
  guint   full_rank;            /* before it was cut */
  double  kept, lost;           /* squares of the singular values */
  GError *error;                /* owned; what went wrong in a thread */
  float  *down, *up;            /* owned, as are the next two */
  guint16 *down_f16, *up_f16;
} Module;

static void
module_free (gpointer data)
{
  Module *module = data;

  g_free (module->name);
  g_array_unref (module->parts);
  g_clear_error (&module->error);
  g_free (module->down);
  g_free (module->up);
  g_free (module->down_f16);
  g_free (module->up_f16);
  g_free (module);
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

/* The module's name where `tensor` ends with one of `endings`, else NULL. Owned by the caller. */
static char *
cut_ending (const char         *tensor,
            const char * const *endings)
{
  for (guint i = 0; i < G_N_ELEMENTS (down_endings); i++)
    if (g_str_has_suffix (tensor, endings[i]))
      return g_strndup (tensor, strlen (tensor) - strlen (endings[i]));

  return NULL;
}

static const LkSafeTensor *
find_up (LkSafetensors *file,
         const char    *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (up_endings); i++)
    {
      g_autofree char *key = g_strconcat (name, up_endings[i], NULL);
      const LkSafeTensor *tensor = lk_safetensors_find (file, key);

      if (tensor)
        return tensor;
    }

  return NULL;
}

static gboolean
is_text_module (const char *name)
{
  return g_str_has_prefix (name, "lora_te") || g_str_has_prefix (name, "text_encoder");
}

static Module *
get_module (GPtrArray  *modules,
            GHashTable *by_name,
            const char *name)
{
  Module *module = g_hash_table_lookup (by_name, name);

  if (module == NULL)
    {
      module = g_new0 (Module, 1);
      module->name = g_strdup (name);
      module->parts = g_array_new (FALSE, FALSE, sizeof (Part));
      g_ptr_array_add (modules, module);
      g_hash_table_insert (by_name, module->name, module);
    }
  return module;
}

static gboolean
add_part (Module      *module,
          const Part  *part,
          GError     **error)
{
  const char *path = lk_safetensors_get_path (part->file);
  gsize rank = part->down->n_dims >= 2 ? part->down->dims[0] : 0;
  gsize n_in = rank > 0 ? part->down->n_elements / rank : 0;
  gsize n_out = rank > 0 ? part->up->n_elements / rank : 0;

  if (rank == 0 || part->up->n_dims < 2 || part->up->dims[1] != rank)
    {
      g_set_error (error, LK_MERGE_ERROR, LK_MERGE_ERROR_NOT_A_LORA,
                   _("The halves of “%s” in “%s” do not fit each other: the file is damaged."), module->name, path);
      return FALSE;
    }
  if (module->parts->len > 0 && (n_in != module->n_in || n_out != module->n_out))
    {
      g_set_error (error, LK_MERGE_ERROR, LK_MERGE_ERROR_MISMATCH,
                   _("“%s” was made for another base model than the files before it: “%s” has other sizes."), path, module->name);
      return FALSE;
    }

  module->n_in = n_in;
  module->n_out = n_out;
  module->rank += rank;
  g_array_append_val (module->parts, *part);
  return TRUE;
}

/* All modules of one file into `modules`. */
static gboolean
add_file (GPtrArray           *modules,
          GHashTable          *by_name,
          LkSafetensors       *file,
          const LkMergeInput  *input,
          GError             **error)
{
  guint n_found = 0;

  for (guint i = 0; i < lk_safetensors_get_n_tensors (file); i++)
    {
      const LkSafeTensor *tensor = lk_safetensors_get_tensor (file, i);
      g_autofree char *name = cut_ending (tensor->name, down_endings);
      g_autofree char *up_name = cut_ending (tensor->name, up_endings);
      g_autofree char *alpha_key = NULL;
      Part part = { .file = file, .down = tensor };

      if (name == NULL)
        {
          if (up_name || g_str_has_suffix (tensor->name, ".alpha"))
            continue;
          g_set_error (error, LK_MERGE_ERROR, LK_MERGE_ERROR_UNSUPPORTED,
                       _("“%s” holds “%s”, which a plain LoRA does not have. It cannot be merged exactly."), input->path, tensor->name);
          return FALSE;
        }

      part.up = find_up (file, name);
      alpha_key = g_strconcat (name, ".alpha", NULL);
      part.alpha = lk_safetensors_find (file, alpha_key);
      part.strength = is_text_module (name) ? input->text_strength : input->unet_strength;
      n_found++;
      if (part.up == NULL)
        {
          g_set_error (error, LK_MERGE_ERROR, LK_MERGE_ERROR_NOT_A_LORA,
                       _("One half of “%s” is missing in “%s”: the file is damaged."), name, input->path);
          return FALSE;
        }
      if (part.strength != 0 && !add_part (get_module (modules, by_name, name), &part, error))
        return FALSE;
    }

  if (n_found == 0)
    {
      g_set_error (error, LK_MERGE_ERROR, LK_MERGE_ERROR_NOT_A_LORA, _("“%s” is no LoRA."), input->path);
      return FALSE;
    }
  return TRUE;
}

/* ---- putting together ------------------------------------------------------------------------------------------ */

/* down: the parts' rows below each other, as they are. up: their columns side by side, each times strength · alpha / rank. */
static gboolean
fill_module (Module  *module,
             GError **error)
{
  gsize row = 0;

  module->down = g_new (float, module->rank * module->n_in);
  module->up = g_new (float, module->rank * module->n_out);
  module->alpha = module->rank;
  for (guint i = 0; i < module->parts->len; i++)
    {
      const Part *part = &g_array_index (module->parts, Part, i);
      gsize rank = part->down->dims[0];
      g_autofree float *up = g_new (float, part->up->n_elements);
      float alpha = rank;
      double scale;

      if ((part->alpha && !lk_safetensors_read_f32 (part->file, part->alpha, 0, 1, &alpha, error))
          || !lk_safetensors_read_f32 (part->file, part->down, 0, part->down->n_elements, module->down + row * module->n_in, error)
          || !lk_safetensors_read_f32 (part->file, part->up, 0, part->up->n_elements, up, error))
        return FALSE;

      scale = part->strength * alpha / rank;
      for (gsize o = 0; o < module->n_out; o++)
        for (gsize r = 0; r < rank; r++)
          module->up[o * module->rank + row + r] = (float) (up[o * rank + r] * scale);
      row += rank;
    }

  return TRUE;
}

/* Keeps the largest singular values. A module that changes nothing keeps one row of zeros. */
static void
cut_module (Module *module,
            guint   rank)
{
  g_autoptr (LkLowRank) product = lk_low_rank_new (module->up, module->down, module->n_out, module->n_in, module->rank);
  const double *values = lk_low_rank_get_values (product);
  guint n = MIN (rank, lk_low_rank_get_n (product)), written = MAX (n, 1);
  float *up = g_new0 (float, module->n_out * written), *down = g_new0 (float, written * module->n_in);

  for (guint i = 0; i < lk_low_rank_get_n (product); i++)
    *(i < n ? &module->kept : &module->lost) += values[i] * values[i];
  lk_low_rank_cut (product, n, up, down);

  module->full_rank = module->rank;
  module->rank = written;
  module->alpha = written;
  g_free (module->up);
  g_free (module->down);
  module->up = up;
  module->down = down;
}

static gboolean
check_finite (Module  *module,
              GError **error)
{
  gboolean is_finite = TRUE;

  for (gsize i = 0; i < module->rank * module->n_in; i++)
    is_finite &= isfinite (module->down[i]) != 0;
  for (gsize i = 0; i < module->rank * module->n_out; i++)
    is_finite &= isfinite (module->up[i]) != 0;
  if (!is_finite)
    g_set_error (error, LK_MERGE_ERROR, LK_MERGE_ERROR_NOT_A_LORA,
                 _("A file is damaged: “%s” holds a number that is not finite. Leave the file out."), module->name);
  return is_finite;
}

typedef struct
{
  GPtrArray *modules;
  guint      rank;
} CutJob;

static void
cut_item (gpointer data,
          gsize    item,
          guint    worker G_GNUC_UNUSED)
{
  CutJob *job = data;
  Module *module = job->modules->pdata[item];

  if (fill_module (module, &module->error) && check_finite (module, &module->error))
    cut_module (module, job->rank);
}

/* Fills and cuts every module; `result` receives what stayed. */
static gboolean
cut_modules (GPtrArray      *modules,
             guint           rank,
             LkMergeResult  *result,
             GError        **error)
{
  g_autoptr (LkPool) pool = lk_pool_new (0);
  CutJob job = { modules, rank };
  double kept = 0, lost = 0;

  lk_pool_run (pool, modules->len, cut_item, &job);
  for (guint i = 0; i < modules->len; i++)
    {
      Module *module = modules->pdata[i];
      double all = module->kept + module->lost;
      LkMergeModule told = { NULL, module->full_rank, module->rank, all > 0 ? module->kept / all : 1 };

      if (module->error)
        {
          g_propagate_error (error, g_steal_pointer (&module->error));
          return FALSE;
        }
      kept += module->kept;
      lost += module->lost;
      told.name = g_strdup (module->name);
      g_array_append_val (result->modules, told);
    }
  result->energy = kept + lost > 0 ? kept / (kept + lost) : 1;
  return TRUE;
}

static void
merge_module_clear (gpointer data)
{
  g_free (((LkMergeModule *) data)->name);
}

void
lk_merge_result_clear (LkMergeResult *result)
{
  g_clear_pointer (&result->modules, g_array_unref);
}

static guint16 *
to_f16 (const float *values,
        gsize        n)
{
  guint16 *bits = g_new (guint16, n);

  for (gsize i = 0; i < n; i++)
    bits[i] = lk_safe_f32_to_f16 (values[i]);
  return bits;
}

static void
write_module (LkSafetensorsWriter *writer,
              Module              *module,
              LkSafeType           type)
{
  const Part *first = &g_array_index (module->parts, Part, 0);
  g_autofree char *alpha = g_strconcat (module->name, ".alpha", NULL);
  gsize down_dims[LK_SAFE_MAX_DIMS], up_dims[LK_SAFE_MAX_DIMS];
  gpointer down = module->down, up = module->up;

  memcpy (down_dims, first->down->dims, sizeof down_dims);
  memcpy (up_dims, first->up->dims, sizeof up_dims);
  down_dims[0] = up_dims[1] = module->rank;
  if (type == LK_SAFE_F16)
    {
      down = module->down_f16 = to_f16 (module->down, module->rank * module->n_in);
      up = module->up_f16 = to_f16 (module->up, module->rank * module->n_out);
    }

  lk_safetensors_writer_add (writer, first->down->name, type, first->down->n_dims, down_dims, down);
  lk_safetensors_writer_add (writer, first->up->name, type, first->up->n_dims, up_dims, up);
  lk_safetensors_writer_add (writer, alpha, LK_SAFE_F32, 0, NULL, &module->alpha);
}

/* What readers need to know, from the first file; and what the file was made of. */
static void
write_metadata (LkSafetensorsWriter *writer,
                LkSafetensors       *first,
                const LkMergeInput  *inputs,
                guint                n_inputs,
                const LkMergeResult *result)
{
  static const char * const kept[] = { "ss_base_model_version", "ss_v2", "ss_sd_model_name", "ss_sd_model_hash", "ss_new_sd_model_hash",
                                       "ss_resolution", "modelspec.sai_model_spec", "modelspec.architecture",
                                       "modelspec.implementation", "modelspec.resolution", "modelspec.prediction_type" };
  g_autoptr (GString) merged_from = g_string_new (NULL);
  g_autoptr (cJSON) recipe = cJSON_CreateArray ();
  g_autofree char *recipe_text = NULL;
  g_autofree char *rank = result->least_rank == result->most_rank ? g_strdup_printf ("%u", result->most_rank) : g_strdup ("Dynamic");

  for (guint i = 0; i < G_N_ELEMENTS (kept); i++)
    if (lk_safetensors_get_metadata (first, kept[i]))
      lk_safetensors_writer_set_metadata (writer, kept[i], lk_safetensors_get_metadata (first, kept[i]));

  for (guint i = 0; i < n_inputs; i++)
    {
      g_autofree char *name = g_path_get_basename (inputs[i].path);
      g_autofree char *text = g_filename_display_name (name);
      cJSON *item = cJSON_CreateObject ();

      g_string_append_printf (merged_from, "%s%s", i > 0 ? ", " : "", text);
      cJSON_AddStringToObject (item, "file", text);
      cJSON_AddNumberToObject (item, "strength", inputs[i].unet_strength);
      cJSON_AddNumberToObject (item, "text_strength", inputs[i].text_strength);
      cJSON_AddItemToArray (recipe, item);
    }
  recipe_text = lk_json_print (recipe, FALSE);

  lk_safetensors_writer_set_metadata (writer, "ss_network_module", "networks.lora");
  lk_safetensors_writer_set_metadata (writer, "ss_network_dim", rank);
  lk_safetensors_writer_set_metadata (writer, "ss_network_alpha", rank);
  lk_safetensors_writer_set_metadata (writer, "modelspec.merged_from", merged_from->str);
  lk_safetensors_writer_set_metadata (writer, "likeness.merged_from", recipe_text);
}

/* `rank` 0: exactly. */
static gboolean
merge (const LkMergeInput  *inputs,
       guint                n_inputs,
       guint                rank,
       LkSafeType           type,
       const char          *path,
       LkMergeResult       *result,
       GError             **error)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func ((GDestroyNotify) lk_safetensors_unref);
  g_autoptr (GPtrArray) modules = g_ptr_array_new_with_free_func (module_free);
  g_autoptr (GHashTable) by_name = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (LkSafetensorsWriter) writer = lk_safetensors_writer_new ();
  g_auto (LkMergeResult) made = { .least_rank = G_MAXUINT, .energy = 1 };

  g_assert (type == LK_SAFE_F16 || type == LK_SAFE_F32);

  for (guint i = 0; i < n_inputs; i++)
    {
      LkSafetensors *file = lk_safetensors_open (inputs[i].path, error);

      if (file == NULL)
        return FALSE;
      g_ptr_array_add (files, file);
      if (!add_file (modules, by_name, file, &inputs[i], error))
        return FALSE;
    }
  if (modules->len == 0)
    {
      g_set_error (error, LK_MERGE_ERROR, LK_MERGE_ERROR_NOT_A_LORA, _("Every strength is 0: nothing is left to merge."));
      return FALSE;
    }

  if (rank > 0)
    {
      made.modules = g_array_new (FALSE, FALSE, sizeof (LkMergeModule));
      g_array_set_clear_func (made.modules, merge_module_clear);
      if (!cut_modules (modules, rank, &made, error))
        return FALSE;
    }
  for (guint i = 0; i < modules->len; i++)
    {
      Module *module = modules->pdata[i];

      if (rank == 0 && !fill_module (module, error))
        return FALSE;
      write_module (writer, module, type);
      made.n_modules++;
      made.least_rank = MIN (made.least_rank, module->rank);
      made.most_rank = MAX (made.most_rank, module->rank);
    }
  write_metadata (writer, files->pdata[0], inputs, n_inputs, &made);

  if (!lk_safetensors_writer_add_hashes (writer, error) || !lk_safetensors_writer_save (writer, path, error))
    return FALSE;
  if (result)
    {
      *result = made;
      made.modules = NULL;
    }
  return TRUE;
}

gboolean
lk_merge_exact (const LkMergeInput  *inputs,
                guint                n_inputs,
                LkSafeType           type,
                const char          *path,
                LkMergeResult       *result,
                GError             **error)
{
  return merge (inputs, n_inputs, 0, type, path, result, error);
}

gboolean
lk_merge_to_rank (const LkMergeInput  *inputs,
                  guint                n_inputs,
                  guint                rank,
                  LkSafeType           type,
                  const char          *path,
                  LkMergeResult       *result,
                  GError             **error)
{
  g_assert (rank > 0);
  return merge (inputs, n_inputs, rank, type, path, result, error);
}
