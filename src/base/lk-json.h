/* JSON files: cJSON's tree with our errors, typed members, exact numbers and atomic writing.
 *
 * Numbers survive: a double is printed with the 15 to 17 digits that read back as the same double, and an integer of up to 64 bits
 * is kept digit for digit (lk_json_add_int (), lk_json_get_int ()), though cJSON itself only has doubles. NaN and infinities
 * have no JSON: they are printed as null. Input must be UTF-8. Member order is kept.
 */
#pragma once

#include <cjson/cJSON.h>
#include <gio/gio.h>

G_BEGIN_DECLS

#define LK_JSON_ERROR (lk_json_error_quark ())
GQuark lk_json_error_quark (void);

typedef enum
{
  LK_JSON_ERROR_SYNTAX,     /* not JSON; the message gives line and column */
  LK_JSON_ERROR_MISSING,    /* a required member is not there */
  LK_JSON_ERROR_TYPE,       /* a member is of another type, or out of range */
} LkJsonError;

/* Parses `length` bytes (-1: a string). `name` is what messages call the text. */
cJSON      *lk_json_parse           (const char    *text,
                                     gssize         length,
                                     const char    *name,
                                     GError       **error);
/* Reads a file of at most 256 MB. */
cJSON      *lk_json_read            (const char    *path,
                                     GError       **error);
/* Owned by the caller. Pretty: two spaces an indent and a newline at the end; else one line without any. */
char       *lk_json_print           (const cJSON   *json,
                                     gboolean       pretty);
/* Writes it pretty and atomically. */
gboolean    lk_json_write           (const cJSON   *json,
                                     const char    *path,
                                     GError       **error);

/* Member `key`, or the fallback where it is missing, null or of another type. Keys are case-sensitive. */
const char *lk_json_get_string      (const cJSON   *object,
                                     const char    *key,
                                     const char    *fallback);
double      lk_json_get_number      (const cJSON   *object,
                                     const char    *key,
                                     double         fallback);
gint64      lk_json_get_int         (const cJSON   *object,
                                     const char    *key,
                                     gint64         fallback);
gboolean    lk_json_get_boolean     (const cJSON   *object,
                                     const char    *key,
                                     gboolean       fallback);
/* Member `key` if it is an object or an array, else NULL. */
const cJSON *lk_json_get_object     (const cJSON   *object,
                                     const char    *key);
const cJSON *lk_json_get_array      (const cJSON   *object,
                                     const char    *key);

/* The same for members that must be there: FALSE with MISSING or TYPE, which name the key. */
gboolean    lk_json_require_string  (const cJSON   *object,
                                     const char    *key,
                                     const char   **value,
                                     GError       **error);
gboolean    lk_json_require_number  (const cJSON   *object,
                                     const char    *key,
                                     double        *value,
                                     GError       **error);
gboolean    lk_json_require_int     (const cJSON   *object,
                                     const char    *key,
                                     gint64        *value,
                                     GError       **error);
gboolean    lk_json_require_boolean (const cJSON   *object,
                                     const char    *key,
                                     gboolean      *value,
                                     GError       **error);

/* An item that is or was an integer, exactly; FALSE if it is not a whole number of 64 bits with sign. */
gboolean    lk_json_item_get_int    (const cJSON   *item,
                                     gint64        *value);
/* A number item that prints as the integer it is. */
cJSON      *lk_json_int_new         (gint64         value);
void        lk_json_add_int         (cJSON         *object,
                                     const char    *key,
                                     gint64         value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (cJSON, cJSON_Delete)

G_END_DECLS
