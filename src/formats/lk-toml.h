/* TOML 1.0 files, read as the same tree that JSON gives: tables are objects, arrays of tables arrays of objects. Dates and times are strings as
 * written. Infinities and NaN are numbers. Messages give the line.
 */
#pragma once

#include "base/lk-json.h"

G_BEGIN_DECLS

#define LK_TOML_ERROR (lk_toml_error_quark ())
GQuark lk_toml_error_quark (void);

typedef enum
{
  LK_TOML_ERROR_SYNTAX,
  LK_TOML_ERROR_DUPLICATE,      /* a key or table that is there already */
} LkTomlError;

/* `name` is what messages call the text, which must be UTF-8. Owned by the caller. */
cJSON *lk_toml_parse (const char  *text,
                      const char  *name,
                      GError     **error);
/* A string as TOML writes it, with its quotes. Owned by the caller. */
char  *lk_toml_quote (const char  *text);

G_END_DECLS
