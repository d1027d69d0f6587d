/* LkAlike: finds pictures that look nearly the same, by their hashes, without comparing each with each. Private to project/. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _LkAlike LkAlike;

LkAlike *lk_alike_new       (void);
void     lk_alike_free      (LkAlike *self);
/* Adds the picture with the next number, from 0 on; `is_known` FALSE: it has no hashes and is like no other. */
void     lk_alike_add       (LkAlike *self,
                             gboolean is_known,
                             guint64  gradient_hash,
                             guint64  frequency_hash);
/* A number that all pictures of a group have; a group of one: its own. */
guint    lk_alike_get_group (LkAlike *self,
                             guint    index);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkAlike, lk_alike_free)

G_END_DECLS
