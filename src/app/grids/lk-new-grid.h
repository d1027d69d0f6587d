/* What a new test grid is made of: a LoRA at several strengths, in several contexts, with the project's trigger and fixed features in every prompt. */
#pragma once

#include "generate/lk-grid.h"
#include "project/lk-project.h"

G_BEGIN_DECLS

#define LK_NEW_GRID_STRENGTHS "0, 0.5, 0.7, 0.8, 0.9, 1.0"
#define LK_NEW_GRID_SEEDS "1"
#define LK_NEW_GRID_STEPS 20

/* Everything is the caller's. */
typedef struct
{
  const char         *lora;             /* path */
  const char * const *loras;            /* paths of checkpoints, an axis of their own; NULL or fewer than two: `lora` alone */
  const char         *strengths;        /* "0, 0.5, …" */
  const char         *seeds;
  const char * const *contexts;         /* ids; may be empty where there are prompts */
  const char * const *prompts;          /* in full; may be NULL */
  guint               n_steps;
} LkNewGrid;

LkGrid *lk_new_grid_make        (LkProject        *project,
                                 const LkNewGrid  *choice,
                                 GError          **error);
/* The first contexts of each group. Array of ids, owned by the caller. */
GPtrArray *lk_new_grid_list_contexts (void);
/* A LoRA's file for people: "Mira", "Mira, step 400". Owned by the caller. */
char   *lk_new_grid_dup_name    (const char       *path);

G_END_DECLS
