/* What the files lk-adapter*.c share. */
#pragma once

#include "model/lk-adapter.h"

G_BEGIN_DECLS

struct _LkAdapter
{
  gatomicrefcount   ref_count;
  LkAdapterTargets *targets;      /* owned */
  GArray           *modules;      /* of LkAdapterModule, in the order of the targets */
  GHashTable       *by_weight;    /* target->weight to index + 1 */
  gsize             n_elements;   /* of the storage, padding included */
  LkStorage        *storage;      /* owned */
  LkStorage        *gradient;     /* owned; NULL: not trainable */
};

/* An adapter without modules and memory. Takes a reference. */
LkAdapter             *lk_adapter_new_empty        (LkAdapterTargets      *targets);
/* Appends a module and gives it its place in the storage. */
void                   lk_adapter_add_module       (LkAdapter             *adapter,
                                                    const LkAdapterTarget *target,
                                                    guint                  rank,
                                                    double                 alpha);
/* Makes the storage, and the gradient's, once all modules are there. */
gboolean               lk_adapter_allocate         (LkAdapter             *adapter,
                                                    LkDevice              *device,
                                                    LkDtype                dtype,
                                                    gboolean               trainable,
                                                    GError               **error);
/* NULL where the adapter leaves that layer alone. */
const LkAdapterModule *lk_adapter_find_module      (LkAdapter             *adapter,
                                                    const char            *weight);

G_END_DECLS
