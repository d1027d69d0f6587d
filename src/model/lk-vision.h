/* LkVision: a ViT, the part that taggers (timm) and captioners (BLIP) share: patches, pre-norm blocks with one matrix for q, k and v,
 * a final norm. And pictures as such networks take them.
 *
 * A graph takes one picture at a time: its patches [1,T,C·P·P] as lk_vision_cut () makes them, with a row of zeros first where the network has a
 * class token; what the class token and the places add is one table [T,width].
 */
#pragma once

#include "formats/lk-picture.h"
#include "model/lk-network.h"
#include "ops/lk-ops.h"

G_BEGIN_DECLS

typedef struct
{
  guint        width, n_layers, n_heads, hidden, patch;
  guint        side;              /* of the picture, in pixels */
  guint        n_tokens;          /* with the class token */
  gboolean     has_class;
  float        eps;
  LkActivation activation;
  /* Names in the file. */
  const char  *patch_name, *class_name, *position_name, *norm_name;
  const char  *layers;            /* prefix of the layers' numbers */
  const char  *norm_1, *qkv, *projection, *norm_2, *fc1, *fc2;
} LkVision;

/* What a picture becomes before it is cut: channels in this order (0 red, 2 blue), (value / 255 - mean) / deviation. */
typedef struct
{
  guint channels[3];
  float mean[3], deviation[3];
} LkVisionInput;

/* Fills width, number of layers, hidden width, patch, side and number of tokens from the shapes and loads the weights. Names, heads (0: of 64
 * channels), eps and activation are the caller's. Errors are the network's. */
void      lk_vision_load  (LkVision            *vision,
                           LkNetwork           *network);
/* The states after the final norm [1,T,width]; `patches` receives the input. */
LkTensor *lk_vision_build (const LkVision      *vision,
                           LkNetwork           *network,
                           LkGraph             *graph,
                           LkTensor           **patches);
/* A picture of the network's side, [3,side,side] planes of floats, as patches [T,3·P·P]. Owned by the caller. */
float    *lk_vision_cut   (const LkVision      *vision,
                           const float         *planes);
/* 8-bit pixels (3 channels, side x side) as planes. Owned by the caller. */
float    *lk_vision_scale (const LkVisionInput *input,
                           const LkPicture     *picture);

G_END_DECLS
