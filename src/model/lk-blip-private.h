/* What lk-blip.c and lk-blip-generate.c share. */
#pragma once

#include "model/lk-blip.h"
#include "model/lk-vision.h"

G_BEGIN_DECLS

/* The text so far as a graph of its length. */
typedef struct
{
  LkGraph  *graph;            /* owned */
  LkTensor *ids, *logits;
} LkBlipReader;

struct _LkBlip
{
  LkNetwork    *network;      /* owned, as all that follows but tensors */
  LkVision      vision;
  guint         n_layers, n_heads, width, hidden, vocabulary, n_positions;
  float         eps;
  LkActivation  activation;
  gint32        bos, eos, pad;
  char        **words;        /* of vocab.txt */
  guint         n_words;

  LkGraph      *see;
  LkTensor     *patches, *states;
  GPtrArray    *made;         /* the graph's keys and values of each layer, LkTensor */
  GPtrArray    *kept;         /* their copies that readers use, LkStorage */
  GHashTable   *readers;      /* length to LkBlipReader */
};

G_END_DECLS
