/* What the files lk-checkpoint*.c share: a reader that goes through the tensors of one part, notes each as a weight, and stops at
 * the first that is missing or has another shape. After an error every call does nothing, so that a part reads straight through. */
#pragma once

#include "model/lk-checkpoint.h"

G_BEGIN_DECLS

typedef struct
{
  LkSafetensors *file;
  const char    *file_name;       /* for messages */
  GPtrArray     *weights;         /* of LkWeight; they are added here */
  LkModelParts   part;
  const char    *prefix;          /* of the part's keys in the file */
  const char    *name_prefix;     /* of the weights' names: "", "0." or "1." */
  GError        *error;           /* the first one */
} LkCheckpointReader;

/* ---- looking ------------------------------------------------------------------------------------------------- */

/* Dimension `dim` of the tensor of that key (a format, without the prefix); 0 after an error, or where it has fewer. A missing tensor is
 * an error. */
guint    lk_reader_get_dim     (LkCheckpointReader *reader,
                                guint               dim,
                                const char         *format,
                                ...) G_GNUC_PRINTF (3, 4);
guint    lk_reader_get_n_dims  (LkCheckpointReader *reader,
                                const char         *format,
                                ...) G_GNUC_PRINTF (2, 3);
/* Whether any key starts so. */
gboolean lk_reader_has         (LkCheckpointReader *reader,
                                const char         *format,
                                ...) G_GNUC_PRINTF (2, 3);
/* One more than the largest number that follows these words in any key. */
guint    lk_reader_count       (LkCheckpointReader *reader,
                                const char         *format,
                                ...) G_GNUC_PRINTF (2, 3);

/* ---- expecting ----------------------------------------------------------------------------------------------- */

/* Layers: NAME.weight, and NAME.bias where said. The name is a format, the same in the file and for us. */
void     lk_reader_norm        (LkCheckpointReader *reader,
                                guint               n,
                                const char         *format,
                                ...) G_GNUC_PRINTF (3, 4);
void     lk_reader_linear      (LkCheckpointReader *reader,
                                guint               out,
                                guint               in,
                                gboolean            with_bias,
                                const char         *format,
                                ...) G_GNUC_PRINTF (5, 6);
/* A convolution with bias; kernel 1 or 3. */
void     lk_reader_conv        (LkCheckpointReader *reader,
                                guint               out,
                                guint               in,
                                guint               kernel,
                                const char         *format,
                                ...) G_GNUC_PRINTF (5, 6);
/* The general one: our `name` is found under `key`, from element `first` of a tensor that has `file_rows` rows (0: as many as we
 * want). rows x columns; columns 0: a vector. */
void     lk_reader_add         (LkCheckpointReader *reader,
                                const char         *name,
                                const char         *key,
                                LkWeightKind        kind,
                                guint               rows,
                                guint               columns,
                                guint               first_row,
                                guint               file_rows);
/* Sets the reader's error, unless it has one. */
void     lk_reader_fail        (LkCheckpointReader *reader,
                                LkCheckpointError   code,
                                const char         *format,
                                ...) G_GNUC_PRINTF (3, 4);

/* ---- parts --------------------------------------------------------------------------------------------------- */

/* Each derives its numbers and notes its weights. */
void     lk_checkpoint_read_text (LkCheckpointReader *reader,
                                  LkTextArchitecture *text);
void     lk_checkpoint_read_unet (LkCheckpointReader *reader,
                                  LkFamily            family,
                                  LkUnetArchitecture *unet);
void     lk_checkpoint_read_vae  (LkCheckpointReader *reader,
                                  LkVaeArchitecture  *vae);

G_END_DECLS
