/* LkSafetensors: a safetensors file, mapped and read piece by piece; and LkSafetensorsWriter, which writes one.
 *
 * The whole header is checked against the file when it is opened: its length (up to 100 MB), every size against shape and type,
 * every offset, no holes, no overlaps, no bytes after the last tensor, no key twice. Data may be unaligned. A tensor of an unknown
 * type is listed, and is an error only when it is read. Every malformed file gets one sentence that names it.
 *
 * A file that another program shortens while it is mapped ends the process with SIGBUS; Likeness never shortens files in place.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define LK_SAFETENSORS_ERROR (lk_safetensors_error_quark ())
GQuark lk_safetensors_error_quark (void);

typedef enum
{
  LK_SAFETENSORS_ERROR_NOT_SAFETENSORS,   /* something else: a pickle, a picture, a web page, … */
  LK_SAFETENSORS_ERROR_TRUNCATED,
  LK_SAFETENSORS_ERROR_CORRUPT,           /* header and data do not agree */
  LK_SAFETENSORS_ERROR_TYPE,              /* a tensor cannot be read as asked */
  LK_SAFETENSORS_ERROR_MISSING,           /* no tensor of that name */
} LkSafetensorsError;

typedef enum
{
  LK_SAFE_UNKNOWN,
  LK_SAFE_F64,
  LK_SAFE_F32,
  LK_SAFE_F16,
  LK_SAFE_BF16,
  LK_SAFE_F8_E4M3,
  LK_SAFE_F8_E5M2,
  LK_SAFE_I64,
  LK_SAFE_I32,
  LK_SAFE_I16,
  LK_SAFE_I8,
  LK_SAFE_U8,
  LK_SAFE_BOOL,
} LkSafeType;

/* Bytes of one element; 0 for UNKNOWN. Its name as files have it ("F16"). */
gsize       lk_safe_type_get_size     (LkSafeType       type);
const char *lk_safe_type_get_name     (LkSafeType       type);

#define LK_SAFE_MAX_DIMS 8

/* One tensor of an open file. All of it belongs to the file. */
typedef struct
{
  const char   *name;
  const char   *type_name;          /* as the file has it */
  LkSafeType    type;
  guint         n_dims;             /* 0: a scalar */
  gsize         dims[LK_SAFE_MAX_DIMS];
  gsize         n_elements;
  gsize         offset;             /* from the start of the data section */
  gsize         bytes;
  gconstpointer data;               /* mapped, maybe unaligned */
} LkSafeTensor;

/* ---- reading -------------------------------------------------------------------------------------------------- */

typedef struct _LkSafetensors LkSafetensors;

LkSafetensors      *lk_safetensors_open          (const char          *path,
                                                  GError             **error);
/* The same over bytes in memory; `name` is what messages call them. */
LkSafetensors      *lk_safetensors_open_bytes    (GBytes              *bytes,
                                                  const char          *name,
                                                  GError             **error);
LkSafetensors      *lk_safetensors_ref           (LkSafetensors       *file);
void                lk_safetensors_unref         (LkSafetensors       *file);

const char         *lk_safetensors_get_path      (LkSafetensors       *file);
guint64             lk_safetensors_get_size      (LkSafetensors       *file);     /* of the file, in bytes */
/* Tensors in the order of their data. */
guint               lk_safetensors_get_n_tensors (LkSafetensors       *file);
const LkSafeTensor *lk_safetensors_get_tensor    (LkSafetensors       *file,
                                                  guint                index);
/* NULL where there is none. */
const LkSafeTensor *lk_safetensors_find          (LkSafetensors       *file,
                                                  const char          *name);
/* As find, with MISSING as error. */
const LkSafeTensor *lk_safetensors_require       (LkSafetensors       *file,
                                                  const char          *name,
                                                  GError             **error);
/* `__metadata__`: a value, NULL where there is none; and all keys, sorted, NULL-terminated, which belong to the file. */
const char         *lk_safetensors_get_metadata  (LkSafetensors       *file,
                                                  const char          *key);
const char * const *lk_safetensors_get_metadata_keys (LkSafetensors   *file);

/* Elements `first` to first + n - 1 of a tensor of any known type, converted. Integers and F64 are rounded to nearest even. */
gboolean            lk_safetensors_read_f32      (LkSafetensors       *file,
                                                  const LkSafeTensor  *tensor,
                                                  gsize                first,
                                                  gsize                n,
                                                  float               *out,
                                                  GError             **error);
/* To F16 bits, rounded to nearest even. `n_overflows` (may be NULL) receives how many finite values were too large and became
 * infinite. */
gboolean            lk_safetensors_read_f16      (LkSafetensors       *file,
                                                  const LkSafeTensor  *tensor,
                                                  gsize                first,
                                                  gsize                n,
                                                  guint16             *out,
                                                  gsize               *n_overflows,
                                                  GError             **error);
/* Integer types only; TYPE where a value does not fit. */
gboolean            lk_safetensors_read_i32      (LkSafetensors       *file,
                                                  const LkSafeTensor  *tensor,
                                                  gsize                first,
                                                  gsize                n,
                                                  gint32              *out,
                                                  GError             **error);
/* Gives the tensor's pages back to the system: call it when a weight was copied to its device. It can be read again. */
void                lk_safetensors_release       (LkSafetensors       *file,
                                                  const LkSafeTensor  *tensor);
/* The same for the whole file: reading a tensor also brings in pages of its neighbours, released or not. */
void                lk_safetensors_release_all   (LkSafetensors       *file);

/* ---- writing -------------------------------------------------------------------------------------------------- */

typedef struct _LkSafetensorsWriter LkSafetensorsWriter;

/* Fills `buffer` with `n` bytes of the tensor from byte `first` on. May be called more than once over the whole tensor. */
typedef gboolean (*LkSafeFillFunc) (gpointer   data,
                                    gsize      first,
                                    gsize      n,
                                    gpointer   buffer,
                                    GError   **error);

LkSafetensorsWriter *lk_safetensors_writer_new          (void);
void                 lk_safetensors_writer_free         (LkSafetensorsWriter  *writer);
/* Sets, replaces or (value NULL) removes a metadata entry. */
void                 lk_safetensors_writer_set_metadata (LkSafetensorsWriter  *writer,
                                                         const char           *key,
                                                         const char           *value);
/* Adds a tensor from memory, which must live until the writer is freed. Names must differ. */
void                 lk_safetensors_writer_add          (LkSafetensorsWriter  *writer,
                                                         const char           *name,
                                                         LkSafeType            type,
                                                         guint                 n_dims,
                                                         const gsize          *dims,
                                                         gconstpointer         data);
/* Adds a tensor whose bytes come from a callback while saving. */
void                 lk_safetensors_writer_add_func     (LkSafetensorsWriter  *writer,
                                                         const char           *name,
                                                         LkSafeType            type,
                                                         guint                 n_dims,
                                                         const gsize          *dims,
                                                         LkSafeFillFunc        func,
                                                         gpointer              data,
                                                         GDestroyNotify        destroy);
/* Sets sshs_model_hash and sshs_legacy_hash as kohya computes them: over the file with the ss_… metadata only. Call last. */
gboolean             lk_safetensors_writer_add_hashes   (LkSafetensorsWriter  *writer,
                                                         GError              **error);
/* Writes atomically, byte for byte what the safetensors library writes, but that metadata is sorted by key: tensors by falling
 * alignment of their type, then by name. */
gboolean             lk_safetensors_writer_save         (LkSafetensorsWriter  *writer,
                                                         const char           *path,
                                                         GError              **error);

/* The SHA-256 of the file's data section: kohya's sshs_model_hash; its first 12 digits are what other programs show. */
char                *lk_safetensors_model_hash          (const char           *path,
                                                         GError              **error);

/* ---- number conversion, one element ---------------------------------------------------------------------------- */

float                lk_safe_f16_to_f32                 (guint16               bits);
guint16              lk_safe_f32_to_f16                 (float                 value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkSafetensors, lk_safetensors_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkSafetensorsWriter, lk_safetensors_writer_free)

G_END_DECLS
