/* LkEventFile: numbers over steps as TensorBoard reads them: a TFRecord file of Event messages.
 *
 * A record is its length (8 bytes, little-endian), the masked CRC-32C of that, the bytes, and their masked CRC-32C. The bytes are a protocol
 * buffer, of which this writes wall_time (1), step (2), file_version (3) and summary (5) with tag and simple_value.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _LkEventFile LkEventFile;

typedef struct
{
  const char *tag;              /* "loss/current" */
  float       value;
} LkEventScalar;

/* Opens or makes `path` to be written on. Events behind `last_step`, and what a crash left half-written, are cut off. */
LkEventFile *lk_event_file_open   (const char          *path,
                                   gint64               last_step,
                                   GError             **error);
void         lk_event_file_free   (LkEventFile         *file);
/* `wall_time` in seconds since 1970. */
gboolean     lk_event_file_add    (LkEventFile         *file,
                                   gint64               step,
                                   double               wall_time,
                                   const LkEventScalar *scalars,
                                   guint                n,
                                   GError             **error);

/* CRC-32C (Castagnoli) of some bytes, as RFC 3720 has it. */
guint32      lk_crc32c            (gconstpointer        data,
                                   gsize                length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkEventFile, lk_event_file_free)

G_END_DECLS
