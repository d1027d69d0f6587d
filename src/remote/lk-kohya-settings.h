/* Training settings as kohya's programs keep them: sd-scripts' TOML (--config_file, and the data set's --dataset_config) and the JSON of its window,
 * kohya_ss.
 *
 * Likeness has kohya's names, so most settings go over as they are. What has another name or unit there stands in one table. Nothing is dropped in
 * silence: what was not taken is listed with the reason.
 */
#pragma once

#include "train/lk-settings.h"

G_BEGIN_DECLS

#define LK_KOHYA_ERROR (lk_kohya_error_quark ())
GQuark lk_kohya_error_quark (void);

typedef enum
{
  LK_KOHYA_ERROR_NOT_SETTINGS,          /* the file has no setting that a trainer would know */
} LkKohyaError;

typedef enum
{
  LK_KOHYA_TAKEN,
  LK_KOHYA_UNNEEDED,                    /* says nothing here: where files lie, how kohya's program itself is run, or switched off */
  LK_KOHYA_UNKNOWN,                     /* Likeness cannot do that */
  LK_KOHYA_REFUSED,                     /* a setting of ours with a value that makes no sense here */
} LkKohyaOutcome;

typedef struct
{
  LkKohyaOutcome  outcome;
  char           *key;                  /* as in the file; owned, as are the next two */
  char           *value;
  char           *why;                  /* a sentence for people; NULL for TAKEN */
} LkKohyaRow;

/* Reads TOML or JSON, told by the content; `name` is the file's, for messages. `n_pictures` are the pictures of an epoch, repeats counted, by which
 * epochs become steps; 0: not known. Sets in `settings` what the file has; rows (LkKohyaRow, in the file's order) are owned by the caller. */
GPtrArray *lk_kohya_settings_parse (const char             *text,
                                    const char             *name,
                                    guint                   n_pictures,
                                    LkTrainSettings        *settings,
                                    GError                **error);

/* sd-scripts' TOML with everything that kohya's trainer has, too. `base` (a path) may be NULL. Owned by the caller. */
char      *lk_kohya_settings_to_toml (const LkTrainSettings *settings,
                                      const char            *base);
/* The window's JSON, with its own names. Owned by the caller. */
char      *lk_kohya_settings_to_json (const LkTrainSettings *settings,
                                      const char            *base);

G_END_DECLS
