/* Text of unknown origin, tags, and words for people. All strings are UTF-8 unless said. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define LK_TEXT_ERROR (lk_text_error_quark ())
GQuark lk_text_error_quark (void);

typedef enum
{
  LK_TEXT_ERROR_NOT_TEXT,       /* NUL bytes, or UTF-16 that is cut or broken */
} LkTextError;

typedef enum
{
  LK_ENCODING_UTF8,
  LK_ENCODING_UTF8_BOM,         /* with a byte order mark, which the decoded text does not have */
  LK_ENCODING_UTF16_LE,         /* with a byte order mark, or told by its zero bytes */
  LK_ENCODING_UTF16_BE,
  LK_ENCODING_LATIN1,           /* anything else; bytes 0x80 to 0x9f as Windows-1252 has them */
} LkEncoding;

/* Decodes the bytes of a text file; `name` is what messages call it, `encoding` (may be NULL) receives what it was. Line ends,
 * spaces and everything else stay as they are. */
char       *lk_text_decode            (const char   *bytes,
                                       gsize         length,
                                       const char   *name,
                                       LkEncoding   *encoding,
                                       GError      **error);
/* Reads and decodes a text file of at most `max_bytes`. Errors: LK_FILE_ERROR, LK_TEXT_ERROR. */
char       *lk_text_read              (const char   *path,
                                       gsize         max_bytes,
                                       LkEncoding   *encoding,
                                       GError      **error);

/* Without white space at both ends (Unicode's, as Python's strip () has it). Owned by the caller; `length` -1: a string. */
char       *lk_text_strip             (const char   *text,
                                       gssize        length);
/* Splits a caption as kohya does: strip, split at `separator` (","), strip each part. Empty parts are kept, as
 * kohya keeps them; an empty caption has no parts. */
char      **lk_text_split_tags        (const char   *caption,
                                       const char   *separator);

/* "0.4 s", "8 s", "2 min 5 s", "1 h 12 min", "3 d 4 h": two units at most. */
char       *lk_text_format_duration   (double        seconds);
/* "1.2 GB", "640 MB", "12 kB", "17 bytes" (powers of 1000). */
char       *lk_text_format_bytes      (guint64       bytes);

G_END_DECLS
