/* The folders in which other programs look for LoRAs. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define LK_LORA_FOLDER_ERROR (lk_lora_folder_error_quark ())
GQuark lk_lora_folder_error_quark (void);

typedef enum
{
  LK_LORA_FOLDER_ERROR_NOT_THERE,       /* the folder is none of that program's */
} LkLoraFolderError;

typedef enum
{
  LK_LORA_PROGRAM_COMFYUI,              /* models/loras */
  LK_LORA_PROGRAM_AUTOMATIC1111,        /* models/Lora; Forge and SD.Next likewise */
} LkLoraProgram;

const char *lk_lora_program_get_name (LkLoraProgram   program);
/* Where LoRAs go in `folder`, which is the program's own, its models or its LoRAs' folder. Owned by the caller. */
char       *lk_lora_folder_find      (LkLoraProgram   program,
                                      const char     *folder,
                                      GError        **error);
/* Copies a LoRA there; another file of that name stays, and the copy is NAME-2 and so on. Returns where the copy is, owned by the caller; a
 * file of the same content is left as it is. */
char       *lk_lora_folder_copy      (const char     *path,
                                      const char     *folder,
                                      GError        **error);

G_END_DECLS
