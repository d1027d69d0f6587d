/* Which captions a dialog is about: the selected, the shown, or all. */
#pragma once

#include <adwaita.h>

#include "project/lk-project.h"

G_BEGIN_DECLS

typedef enum
{
  LK_SCOPE_SELECTED,
  LK_SCOPE_FILTERED,
  LK_SCOPE_ALL,
} LkScope;

/* Arrays of LkImage, owned. */
typedef struct
{
  GPtrArray *images[LK_SCOPE_ALL + 1];
} LkCaptionScopes;

/* Fills the row with the three and their numbers, and chooses the selected, if those are several, or else the shown. */
void       lk_caption_scopes_init  (LkCaptionScopes *scopes,
                                    AdwComboRow     *row,
                                    LkProject       *project,
                                    GPtrArray       *selected,
                                    GPtrArray       *filtered);
void       lk_caption_scopes_clear (LkCaptionScopes *scopes);
/* The one chosen in the row; borrowed. */
GPtrArray *lk_caption_scopes_get   (LkCaptionScopes *scopes,
                                    AdwComboRow     *row);

G_END_DECLS
