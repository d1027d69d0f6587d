/* The layers that networks are made of, by the names of their weights: each call reads NAME.weight and NAME.bias of one part of a
 * model and lets the adapters add to the result. For the builders of this folder. */
#pragma once

#include "model/lk-adapter.h"
#include "model/lk-model.h"
#include "ops/lk-ops.h"

G_BEGIN_DECLS

typedef struct
{
  LkGraph      *graph;
  LkModel      *model;
  LkModelParts  part;
  LkAdapterSet *adapters;         /* or NULL */
} LkLayers;

/* The weight of that name (a format). */
LkTensor *lk_layers_weight     (const LkLayers *layers,
                                const char     *format,
                                ...) G_GNUC_PRINTF (2, 3);
/* A matrix, with or without bias; also a convolution of one pixel. */
LkTensor *lk_layers_linear     (const LkLayers *layers,
                                LkTensor       *x,
                                const char     *format,
                                ...) G_GNUC_PRINTF (3, 4);
LkTensor *lk_layers_conv       (const LkLayers *layers,
                                LkTensor       *x,
                                guint           stride,
                                guint           pad_before,
                                guint           pad_after,
                                const char     *format,
                                ...) G_GNUC_PRINTF (6, 7);
LkTensor *lk_layers_group_norm (const LkLayers *layers,
                                LkTensor       *x,
                                guint           n_groups,
                                float           eps,
                                gboolean        with_silu,
                                const char     *format,
                                ...) G_GNUC_PRINTF (6, 7);
LkTensor *lk_layers_layer_norm (const LkLayers *layers,
                                LkTensor       *x,
                                const char     *format,
                                ...) G_GNUC_PRINTF (3, 4);

G_END_DECLS
