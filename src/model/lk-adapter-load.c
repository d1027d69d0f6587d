/* lk-adapter-load.c: reading a LoRA file, whoever wrote it. See lk-adapter.h.
 *
 * A key is a place and a role: PLACE.lora_down.weight, PLACE.lora_up.weight, PLACE.alpha. The programs differ in both words; all of
 * them are brought to kohya's. Without alpha, alpha is the rank.
 */
#define G_LOG_DOMAIN "likeness-model"

#include "config.h"

#include "model/lk-adapter-private.h"

#include "base/lk-json.h"
#include "model/lk-layout.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

typedef enum
{
  ROLE_DOWN,
  ROLE_UP,
  ROLE_ALPHA,
  N_ROLES,
} Role;

/* The tensors of one place. */
typedef struct
{
  char               *name;       /* owned; kohya's, as far as it is known */
  const LkSafeTensor *tensors[N_ROLES];
} Pair;

typedef struct
{
  LkSafetensors    *file;         /* owned */
  char             *file_name;    /* owned; for messages */
  const LkArchitecture *architecture;
  LkAdapterTargets *targets;      /* owned */
  GPtrArray        *pairs;        /* of owned Pair */
  GHashTable       *by_name;      /* Pair's name to it */
  double            peft_alphas[2];   /* of the U-Net and the text encoder, as PEFT's header has them; 0: it says nothing */
  guint             n_unknown;    /* tensors of no role */
  const char       *first_unknown;
} LkAdapterFile;

static void
pair_free (Pair *pair)
{
  g_free (pair->name);
  g_free (pair);
}

static void
lk_adapter_file_clear (LkAdapterFile *file)
{
  g_clear_pointer (&file->file, lk_safetensors_unref);
  g_clear_pointer (&file->targets, lk_adapter_targets_unref);
  g_clear_pointer (&file->by_name, g_hash_table_unref);
  g_clear_pointer (&file->pairs, g_ptr_array_unref);
  g_free (file->file_name);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LkAdapterFile, lk_adapter_file_clear)

/* ---- names --------------------------------------------------------------------------------------------------- */

/* Splits a key into place and role; FALSE where it is neither half of a pair nor alpha. */
static gboolean
split_key (const char  *key,
           char       **place,
           Role        *role)
{
  static const struct { const char *suffix; Role role; } suffixes[] = {
    { ".lora_down.weight", ROLE_DOWN }, { ".lora_up.weight", ROLE_UP }, { ".alpha", ROLE_ALPHA },
    { ".lora_A.weight", ROLE_DOWN }, { ".lora_B.weight", ROLE_UP },
    { ".lora_A.default.weight", ROLE_DOWN }, { ".lora_B.default.weight", ROLE_UP },
    { ".lora.down.weight", ROLE_DOWN }, { ".lora.up.weight", ROLE_UP },
    { "_lora.down.weight", ROLE_DOWN }, { "_lora.up.weight", ROLE_UP },
    { ".lora_linear_layer.down.weight", ROLE_DOWN }, { ".lora_linear_layer.up.weight", ROLE_UP },
  };

  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    if (g_str_has_suffix (key, suffixes[i].suffix))
      {
        *place = g_strndup (key, strlen (key) - strlen (suffixes[i].suffix));
        *role = suffixes[i].role;
        return TRUE;
      }
  return FALSE;
}

/* kohya's name of a place with dots: "unet.down_blocks.0…to_q" is "lora_unet_down_blocks_0…to_q". */
static char *
name_place (const LkAdapterFile *file,
            const char          *place)
{
  const struct { const char *prefix, *ours; } prefixes[] = {
    { "unet.", "lora_unet_" },
    { "diffusion_model.", "lora_unet_" },
    { "text_encoder_2.", "lora_te2_" },
    { "text_encoder.", file->architecture->family == LK_FAMILY_SDXL ? "lora_te1_" : "lora_te_" },
  };
  g_autoptr (GString) name = NULL;

  if (strchr (place, '.') == NULL)
    return g_strdup (place);

  name = g_string_new (g_str_has_prefix (place, "base_model.model.") ? place + strlen ("base_model.model.") : place);
  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    if (g_str_has_prefix (name->str, prefixes[i].prefix))
      {
        g_string_erase (name, 0, (gssize) strlen (prefixes[i].prefix));
        g_string_prepend (name, prefixes[i].ours);
        break;
      }
  /* Old diffusers: "attn1.processor.to_out_lora" is the layer "attn1.to_out.0". */
  g_string_replace (name, ".processor.", ".", 0);
  if (g_str_has_suffix (name->str, ".to_out"))
    g_string_append (name, ".0");
  g_string_replace (name, ".", "_", 0);
  return g_string_free (g_steal_pointer (&name), FALSE);
}

/* The kind of adapter that a key without role belongs to; NULL: none that changes a layer. */
static const char *
name_other_kind (const char *key)
{
  static const struct { const char *words, *kind; } kinds[] = {
    { ".hada_", "LoHa" }, { ".lokr_", "LoKr" }, { ".dora_scale", "DoRA" }, { ".lora_magnitude_vector", "DoRA" }, { ".oft_", "OFT" },
    { ".lora_mid.", "LoCon-CP" }, { ".glora", "GLoRA" }, { ".ia3", "IA3" },
    { ".w_norm", "norm" }, { ".b_norm", "norm" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (strstr (key, kinds[i].words) != NULL)
      return kinds[i].kind;
  return g_str_has_suffix (key, ".diff") || g_str_has_suffix (key, ".diff_b") ? "full difference" : NULL;
}

/* ---- collecting ---------------------------------------------------------------------------------------------- */

static gboolean
collect (LkAdapterFile  *file,
         GError        **error)
{
  for (guint i = 0; i < lk_safetensors_get_n_tensors (file->file); i++)
    {
      const LkSafeTensor *tensor = lk_safetensors_get_tensor (file->file, i);
      g_autofree char *place = NULL, *name = NULL;
      const char *kind = name_other_kind (tensor->name);
      Pair *pair;
      Role role;

      if (kind != NULL)
        {
          g_set_error (error, LK_ADAPTER_ERROR, LK_ADAPTER_ERROR_UNSUPPORTED,
                       _("“%s” is an adapter of a kind that cannot be used here (%s). Choose an ordinary LoRA."), file->file_name, kind);
          return FALSE;
        }
      if (!split_key (tensor->name, &place, &role))
        {
          if (file->n_unknown++ == 0)
            file->first_unknown = tensor->name;
          continue;
        }

      name = name_place (file, place);
      pair = g_hash_table_lookup (file->by_name, name);
      if (pair == NULL)
        {
          pair = g_new0 (Pair, 1);
          pair->name = g_steal_pointer (&name);
          g_ptr_array_add (file->pairs, pair);
          g_hash_table_insert (file->by_name, pair->name, pair);
        }
      if (pair->tensors[role] != NULL)
        {
          g_set_error (error, LK_ADAPTER_ERROR, LK_ADAPTER_ERROR_CORRUPT,
                       _("“%s” is damaged: it says twice what “%s” is."), file->file_name, pair->name);
          return FALSE;
        }
      pair->tensors[role] = tensor;
    }
  return TRUE;
}

/* PEFT keeps alpha in the header. */
static void
read_peft_alphas (LkAdapterFile *file)
{
  const char *text = lk_safetensors_get_metadata (file->file, "lora_adapter_metadata");
  g_autoptr (cJSON) json = text != NULL ? lk_json_parse (text, -1, file->file_name, NULL) : NULL;

  if (json == NULL)
    return;
  file->peft_alphas[0] = lk_json_get_number (json, "unet.lora_alpha", 0);
  file->peft_alphas[1] = lk_json_get_number (json, "text_encoder.lora_alpha", 0);
}

/* ---- checking ------------------------------------------------------------------------------------------------ */

static gboolean
set_damaged (LkAdapterFile  *file,
             const Pair     *pair,
             GError        **error)
{
  g_set_error (error, LK_ADAPTER_ERROR, LK_ADAPTER_ERROR_CORRUPT,
               _("“%s” is damaged: the two matrices of “%s” do not fit together. Download the file again."), file->file_name, pair->name);
  return FALSE;
}

/* A matrix [rows,columns], maybe kept as a convolution of one pixel; or a convolution's [rows,columns,k,k]. */
static gboolean
get_shape (const LkSafeTensor *tensor,
           gsize              *rows,
           gsize              *columns,
           gsize              *kernel)
{
  if (tensor->n_dims != 2 && (tensor->n_dims != 4 || tensor->dims[2] != tensor->dims[3]))
    return FALSE;
  *rows = tensor->dims[0];
  *columns = tensor->dims[1];
  *kernel = tensor->n_dims == 4 ? tensor->dims[2] : 1;
  return TRUE;
}

static gboolean
read_alpha (LkAdapterFile          *file,
            const Pair             *pair,
            const LkAdapterTarget  *target,
            guint                   rank,
            double                 *alpha,
            GError                **error)
{
  double from_header = file->peft_alphas[target->part == LK_PART_UNET ? 0 : 1];
  float value = from_header != 0 ? (float) from_header : (float) rank;

  if (pair->tensors[ROLE_ALPHA] != NULL)
    {
      if (pair->tensors[ROLE_ALPHA]->n_elements != 1)
        return set_damaged (file, pair, error);
      if (!lk_safetensors_read_f32 (file->file, pair->tensors[ROLE_ALPHA], 0, 1, &value, error))
        return FALSE;
    }
  if (!isfinite (value))
    return set_damaged (file, pair, error);
  *alpha = value != 0 ? value : rank;
  return TRUE;
}

/* Holds a pair against its place and adds it to the adapter. */
static gboolean
add_pair (LkAdapterFile          *file,
          LkAdapter              *adapter,
          const Pair             *pair,
          const LkAdapterTarget  *target,
          GError                **error)
{
  gsize rank, in, out, up_rank, kernel, up_kernel;
  double alpha;

  if (pair->tensors[ROLE_DOWN] == NULL || pair->tensors[ROLE_UP] == NULL ||
      !get_shape (pair->tensors[ROLE_DOWN], &rank, &in, &kernel) || !get_shape (pair->tensors[ROLE_UP], &out, &up_rank, &up_kernel) ||
      rank != up_rank || rank == 0 || rank > G_MAXINT32 || up_kernel != 1)
    return set_damaged (file, pair, error);

  if (in != target->in || out != target->out || kernel != target->kernel)
    {
      g_set_error (error, LK_ADAPTER_ERROR, LK_ADAPTER_ERROR_WRONG_MODEL,
                   _("“%s” was made for another base model: its “%s” goes from %u to %u channels, this model's from %u to %u."),
                   file->file_name, pair->name, (guint) in, (guint) out, target->in, target->out);
      return FALSE;
    }
  if (!read_alpha (file, pair, target, (guint) rank, &alpha, error))
    return FALSE;

  lk_adapter_add_module (adapter, target, (guint) rank, alpha);
  return TRUE;
}

/* Adds the pairs in the order of the model's places, so that the layout does not depend on the file. */
static gboolean
add_pairs (LkAdapterFile  *file,
           LkAdapter      *adapter,
           GError        **error)
{
  for (guint i = 0; i < lk_adapter_targets_get_n (file->targets); i++)
    {
      const LkAdapterTarget *target = lk_adapter_targets_get (file->targets, i);
      const Pair *pair = g_hash_table_lookup (file->by_name, target->name);
      const Pair *other = strcmp (target->name, target->alias) != 0 ? g_hash_table_lookup (file->by_name, target->alias) : NULL;

      if (pair != NULL && other != NULL)
        return set_damaged (file, pair, error);
      if (pair == NULL)
        pair = other;
      if (pair != NULL && !add_pair (file, adapter, pair, target, error))
        return FALSE;
    }
  return TRUE;
}

/* What was left out, in a sentence; NULL: nothing. */
static char *
describe_rest (LkAdapterFile *file,
               LkAdapter     *adapter)
{
  const char *first = NULL;
  guint n = 0;

  for (guint i = 0; i < file->pairs->len; i++)
    {
      const Pair *pair = g_ptr_array_index (file->pairs, i);

      if (lk_adapter_targets_find (file->targets, pair->name) != NULL)
        continue;
      if (n++ == 0)
        first = pair->name;
    }

  if (n > 0)
    return g_strdup_printf (ngettext ("%u module of “%s” was left out, since this base model has no place for it: “%s”.",
                                      "%u modules of “%s” were left out, since this base model has no place for them: “%s” and others.", n),
                            n, file->file_name, first);
  if (file->n_unknown > 0)
    return g_strdup_printf (ngettext ("%u tensor of “%s” was left out: “%s” belongs to no LoRA.",
                                      "%u tensors of “%s” were left out: “%s” and others belong to no LoRA.", file->n_unknown),
                            file->n_unknown, file->file_name, file->first_unknown);
  return NULL;
}

static gboolean
check_found (LkAdapterFile  *file,
             LkAdapter      *adapter,
             GError        **error)
{
  g_autofree char *model = NULL;

  if (adapter->modules->len > 0)
    return TRUE;

  model = lk_architecture_describe (file->architecture);
  if (file->pairs->len == 0)
    g_set_error (error, LK_ADAPTER_ERROR, LK_ADAPTER_ERROR_NOT_A_LORA,
                 lk_checkpoint_identify (file->file) == LK_FILE_KIND_BASE
                 ? _("“%s” is a base model, not a LoRA.") : _("“%s” holds no LoRA."), file->file_name);
  else
    g_set_error (error, LK_ADAPTER_ERROR, LK_ADAPTER_ERROR_WRONG_MODEL,
                 _("“%s” was made for another base model: this one (%s) has no place for “%s”, nor for any other of its modules."),
                 file->file_name, model, ((const Pair *) g_ptr_array_index (file->pairs, 0))->name);
  return FALSE;
}

/* ---- loading ------------------------------------------------------------------------------------------------- */

static const Pair *
find_pair (LkAdapterFile         *file,
           const LkAdapterTarget *target)
{
  const Pair *pair = g_hash_table_lookup (file->by_name, target->name);

  return pair != NULL ? pair : g_hash_table_lookup (file->by_name, target->alias);
}

/* F16 where every matrix of the file is. */
static LkDtype
get_dtype (LkAdapterFile *file,
           LkAdapter     *adapter)
{
  for (guint i = 0; i < adapter->modules->len; i++)
    {
      const Pair *pair = find_pair (file, lk_adapter_get_module (adapter, i)->target);

      if (pair->tensors[ROLE_DOWN]->type != LK_SAFE_F16 || pair->tensors[ROLE_UP]->type != LK_SAFE_F16)
        return LK_DTYPE_F32;
    }
  return LK_DTYPE_F16;
}

/* Reads a matrix, a convolution's rows turned to channels last, and sends it. */
static gboolean
load_matrix (LkAdapterFile       *file,
             LkAdapter           *adapter,
             const Pair          *pair,
             const LkSafeTensor  *tensor,
             gsize                first,
             guint                kernel,
             GError             **error)
{
  LkDtype dtype = lk_storage_get_dtype (adapter->storage);
  gsize size = lk_dtype_get_size (dtype), n = tensor->n_elements, rows = tensor->dims[0], row_size = n / rows * size;
  g_autofree float *values = g_new (float, n);
  g_autofree guint8 *bytes = g_malloc_n (n + 1, size), *turned = g_malloc0_n (n + 1, size);

  if (!lk_safetensors_read_f32 (file->file, tensor, 0, n, values, error))
    return FALSE;
  for (gsize i = 0; i < n; i++)
    if (!isfinite (values[i]))
      {
        g_set_error (error, LK_ADAPTER_ERROR, LK_ADAPTER_ERROR_CORRUPT,
                     _("“%s” is damaged: “%s” holds a number that is not finite."), file->file_name, pair->name);
        return FALSE;
      }

  if (dtype == LK_DTYPE_F32)
    memcpy (bytes, values, n * size);
  else if (!lk_safetensors_read_f16 (file->file, tensor, 0, n, (guint16 *) bytes, NULL, error))
    return FALSE;
  for (gsize i = 0; i < rows; i++)
    lk_layout_transpose (bytes + i * row_size, turned + i * row_size, tensor->dims[1], (gsize) kernel * kernel, size);

  /* An even count: devices copy four bytes at least, and behind the matrix lies padding or nothing. */
  return lk_storage_write (adapter->storage, first, dtype == LK_DTYPE_F16 ? (n + 1) / 2 * 2 : n, turned, error);
}

static gboolean
load_modules (LkAdapterFile  *file,
              LkAdapter      *adapter,
              GError        **error)
{
  for (guint i = 0; i < adapter->modules->len; i++)
    {
      const LkAdapterModule *module = lk_adapter_get_module (adapter, i);
      const Pair *pair = find_pair (file, module->target);

      if (!load_matrix (file, adapter, pair, pair->tensors[ROLE_DOWN], module->down, module->target->kernel, error) ||
          !load_matrix (file, adapter, pair, pair->tensors[ROLE_UP], module->up, 1, error))
        return FALSE;
    }
  return TRUE;
}

LkAdapter *
lk_adapter_load (LkDevice      *device,
                 LkCheckpoint  *checkpoint,
                 const char    *path,
                 gboolean       trainable,
                 char         **note,
                 GError       **error)
{
  g_auto (LkAdapterFile) file = { .architecture = lk_checkpoint_get_architecture (checkpoint) };
  g_autoptr (LkAdapter) adapter = NULL;

  if (note != NULL)
    *note = NULL;

  file.file_name = g_path_get_basename (path);
  file.file = lk_safetensors_open (path, error);
  if (file.file == NULL)
    return NULL;
  file.targets = lk_adapter_targets_new (checkpoint);
  file.pairs = g_ptr_array_new_with_free_func ((GDestroyNotify) pair_free);
  file.by_name = g_hash_table_new (g_str_hash, g_str_equal);

  adapter = lk_adapter_new_empty (file.targets);
  if (!collect (&file, error))
    return NULL;
  read_peft_alphas (&file);
  if (!add_pairs (&file, adapter, error) || !check_found (&file, adapter, error) ||
      !lk_adapter_allocate (adapter, device, trainable ? LK_DTYPE_F32 : get_dtype (&file, adapter), trainable, error) ||
      !load_modules (&file, adapter, error))
    return NULL;

  if (note != NULL)
    *note = describe_rest (&file, adapter);
  return g_steal_pointer (&adapter);
}
