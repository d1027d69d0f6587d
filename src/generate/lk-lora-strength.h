/* The strength at which a LoRA is best, as its user found out, kept in its own metadata: "likeness.strength", and, where the file says nothing of its own
 * there, modelspec's "usage_hint", which other programs show.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* 0: none is kept. */
double   lk_lora_strength_get (const char  *path,
                               GError     **error);
/* 0 takes it away. The weights stay as they are, byte for byte. */
gboolean lk_lora_strength_set (const char  *path,
                               double       strength,
                               GError     **error);

G_END_DECLS
