/* SHA-256 of model files, remembered by path, size and time in the user's cache folder: a checkpoint is read once, not at every start.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Of the whole file: what AUTOMATIC1111 and kohya call a checkpoint by. 64 digits, owned by the caller. */
char *lk_file_hash_checkpoint (const char  *path,
                               GError     **error);
/* Of a safetensors file's data section: what they call a LoRA by; its header does not count. */
char *lk_file_hash_lora       (const char  *path,
                               GError     **error);

G_END_DECLS
