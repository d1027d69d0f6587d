/* Contexts: the settings, lights, outfits and poses that a character is tested in, as data: one table, with words for the starter's painter
 * and words for models of photographs.
 *
 * A LoRA that learned a character and nothing else keeps her in all of them.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  LK_CONTEXT_INDOOR,
  LK_CONTEXT_OUTDOOR,
  LK_CONTEXT_LIGHT,
  LK_CONTEXT_OUTFIT,
  LK_CONTEXT_POSE,
  LK_N_CONTEXT_GROUPS,
} LkContextGroup;

const char *lk_context_group_get_title (LkContextGroup group);      /* for people, translated */

typedef struct
{
  const char     *id;             /* "library" */
  LkContextGroup  group;
  const char     *title;          /* for people; translated by lk_context_get_title () */
  const char     *drawn;          /* what the starter's painter reads, in its order: see data/starter/README.md */
  const char     *photo;
  gboolean        is_first;       /* the one that stands for its group in a new grid */
} LkContext;

guint            lk_context_get_n     (void);
const LkContext *lk_context_get       (guint             index);
const LkContext *lk_context_find      (const char       *id);       /* NULL: no such context */
const char      *lk_context_get_title (const LkContext  *context);

/* The character in a context, as captions say it: trigger and class word, every fixed feature, then the context. Each may be NULL or empty.
 * Owned by the caller. */
char            *lk_context_dup_prompt (const LkContext    *context,
                                        const char         *trigger,
                                        const char         *class_word,
                                        const char * const *features,
                                        gboolean            is_drawn);
/* Whether a prompt asks for a whole body, where a face is too small to be measured. */
gboolean         lk_context_is_full_body (const char *prompt);

G_END_DECLS
