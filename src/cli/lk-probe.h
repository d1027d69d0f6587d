/* LkProbe: what `likeness-cli probe` has open while it runs: a model on a device, LoRAs, the tensors given and those computed.
 *
 * Files keep channels before rows and columns, the engine behind them: pictures are turned on both ways.
 */
#pragma once

#include "model/lk-adapter.h"
#include "model/lk-model.h"

#include <cjson/cJSON.h>

G_BEGIN_DECLS

typedef struct
{
  LkDevice             *device;         /* owned, like all that follows but the architecture and the names */
  LkModel              *model;
  const LkArchitecture *architecture;
  LkSafetensors        *in;
  GPtrArray            *adapters;       /* of LkAdapter */
  GArray               *strengths;      /* of double */
  const char           *sampler, *scheduler;    /* names, or NULL */
  LkSafetensorsWriter  *out;
  GPtrArray            *arrays;         /* what `out` points to */
  cJSON                *results;        /* names and shapes, for --json */
} LkProbe;

void                lk_probe_clear             (LkProbe             *probe);

/* ---- tensors ------------------------------------------------------------------------------------------------- */

gboolean            lk_probe_has               (LkProbe             *probe,
                                                const char          *name);
/* The tensor given under that name. Its shape must be `dims`; a 0 there is filled with what the file has. */
const LkSafeTensor *lk_probe_require           (LkProbe             *probe,
                                                const char          *name,
                                                guint                n_dims,
                                                gsize               *dims,
                                                GError             **error);
/* Its numbers, owned by the caller. */
float              *lk_probe_read_floats       (LkProbe             *probe,
                                                const char          *name,
                                                guint                n_dims,
                                                gsize               *dims,
                                                GError             **error);
/* Pictures [B,C,H,W] as [B,H,W,C]; `dims` stays the file's. */
float              *lk_probe_read_pictures     (LkProbe             *probe,
                                                const char          *name,
                                                gsize               *dims,
                                                GError             **error);
/* Adds a result. Takes `values`. */
void                lk_probe_give              (LkProbe             *probe,
                                                const char          *name,
                                                guint                n_dims,
                                                const gsize         *dims,
                                                float               *values);
void                lk_probe_give_ids          (LkProbe             *probe,
                                                const char          *name,
                                                guint                n_dims,
                                                const gsize         *dims,
                                                gint32              *values);
/* Adds columns `first` to first + c of `values` [B,h,w,columns] as pictures `dims`, [B,c,h,w]. */
void                lk_probe_give_pictures     (LkProbe             *probe,
                                                const char          *name,
                                                const float         *values,
                                                gsize                columns,
                                                gsize                first,
                                                const gsize         *dims);

/* ---- graphs -------------------------------------------------------------------------------------------------- */

/* The probe's LoRAs for a graph; their strengths are written once it is compiled. */
LkAdapterSet       *lk_probe_new_set           (LkProbe             *probe,
                                                LkGraph             *graph,
                                                gboolean             train);
gboolean            lk_probe_write_strengths   (LkProbe             *probe,
                                                LkAdapterSet        *set,
                                                GError             **error);
/* An input for pictures of the file's dimensions. */
LkTensor           *lk_probe_add_picture_input (LkGraph             *graph,
                                                const gsize         *file_dims);
/* A kept tensor's numbers, owned by the caller. */
float              *lk_probe_read_result       (LkGraph             *graph,
                                                LkTensor            *tensor,
                                                GError             **error);

/* The U-Net in a graph, with its inputs and what goes into them beside the latent. */
typedef struct
{
  LkTensor *latent, *features, *context, *vector, *eps;
  float    *timesteps, *context_values, *vector_values;     /* owned */
  gsize     n_samples;
} LkProbeUnet;

void                lk_probe_unet_clear        (LkProbeUnet         *unet);
/* Reads PREFIXtimestep, PREFIXcontext and PREFIXvector and appends the U-Net for latents of `dims`. */
gboolean            lk_probe_build_unet        (LkProbe             *probe,
                                                LkGraph             *graph,
                                                LkAdapterSet        *set,
                                                const char          *prefix,
                                                const gsize         *dims,
                                                LkProbeUnet         *unet,
                                                GError             **error);
gboolean            lk_probe_write_unet        (LkProbe             *probe,
                                                LkGraph             *graph,
                                                LkProbeUnet         *unet,
                                                const float         *latent,
                                                GError             **error);

/* ---- parts --------------------------------------------------------------------------------------------------- */

/* Each reads its tensors, computes, and adds its results. */
gboolean            lk_probe_text              (LkProbe             *probe,
                                                GError             **error);
gboolean            lk_probe_unet              (LkProbe             *probe,
                                                GError             **error);
gboolean            lk_probe_encoder           (LkProbe             *probe,
                                                GError             **error);
gboolean            lk_probe_decoder           (LkProbe             *probe,
                                                GError             **error);
gboolean            lk_probe_training          (LkProbe             *probe,
                                                GError             **error);
gboolean            lk_probe_sampling          (LkProbe             *probe,
                                                GError             **error);

/* Whether what is given is for a model that describes pictures; and its results, `base` being the model's folder or file. */
gboolean            lk_probe_describes_pictures (LkProbe            *probe);
gboolean            lk_probe_pictures          (LkProbe             *probe,
                                                const char          *base,
                                                GError             **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LkProbe, lk_probe_clear)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LkProbeUnet, lk_probe_unet_clear)

G_END_DECLS
