/* LkStack: LoRAs that are used together, and how strongly: a list of LkStackEntry.
 *
 * Strengths are kept in hundredths, so that sums are exact. The total is the sum, over the entries that are on, of the larger of
 * |U-Net strength| and |text strength|: 1.80 is silent, 1.81 warns. Nothing is ever blocked, and the order changes no picture.
 */
#pragma once

#include "base/lk-json.h"

G_BEGIN_DECLS

typedef enum
{
  LK_STACK_CHARACTER,
  LK_STACK_STYLE,
  LK_STACK_CLOTHING,
  LK_STACK_POSE,
  LK_STACK_DETAIL,
  LK_STACK_OTHER,
  LK_N_STACK_KINDS,
} LkStackKind;

const char *lk_stack_kind_get_id    (LkStackKind  kind);     /* "character", … */
const char *lk_stack_kind_get_title (LkStackKind  kind);     /* for people, translated */
LkStackKind lk_stack_kind_from_id   (const char  *id);       /* OTHER if unknown or NULL */

/* ---- an entry -------------------------------------------------------------------------------------------------- */

#define LK_TYPE_STACK_ENTRY (lk_stack_entry_get_type ())
G_DECLARE_FINAL_TYPE (LkStackEntry, lk_stack_entry, LK, STACK_ENTRY, GObject)

/* Properties: "path", "name", "kind", "on", "linked", "unet", "text" (hundredths). Setting the U-Net's strength moves the text's with it while they are
 * linked ("linked", TRUE at first). */
LkStackEntry *lk_stack_entry_new          (const char   *path,
                                           LkStackKind   kind,
                                           int           hundredths);
const char   *lk_stack_entry_get_path     (LkStackEntry *self);
/* The file's name without folder and ending. Owned by the entry. */
const char   *lk_stack_entry_get_name     (LkStackEntry *self);
LkStackKind   lk_stack_entry_get_kind     (LkStackEntry *self);
void          lk_stack_entry_set_kind     (LkStackEntry *self,
                                           LkStackKind   kind);
gboolean      lk_stack_entry_get_on       (LkStackEntry *self);
void          lk_stack_entry_set_on       (LkStackEntry *self,
                                           gboolean      on);
gboolean      lk_stack_entry_get_linked   (LkStackEntry *self);
void          lk_stack_entry_set_linked   (LkStackEntry *self,
                                           gboolean      linked);
int           lk_stack_entry_get_unet     (LkStackEntry *self);
void          lk_stack_entry_set_unet     (LkStackEntry *self,
                                           int           hundredths);
int           lk_stack_entry_get_text     (LkStackEntry *self);
void          lk_stack_entry_set_text     (LkStackEntry *self,
                                           int           hundredths);

/* ---- the stack ------------------------------------------------------------------------------------------------- */

#define LK_STACK_LIMIT 180      /* hundredths */
#define LK_STACK_MOST 3         /* more entries than this degrade pictures */

/* A GListModel of LkStackEntry; property "total" notifies. */
#define LK_TYPE_STACK (lk_stack_get_type ())
G_DECLARE_FINAL_TYPE (LkStack, lk_stack, LK, STACK, GObject)

LkStack      *lk_stack_new                (void);
void          lk_stack_add                (LkStack      *self,
                                           LkStackEntry *entry);
void          lk_stack_remove             (LkStack      *self,
                                           guint         position);
void          lk_stack_move               (LkStack      *self,
                                           guint         from,
                                           guint         to);
LkStackEntry *lk_stack_get                (LkStack      *self,
                                           guint         position);   /* owned by the stack */
guint         lk_stack_get_n              (LkStack      *self);

/* Hundredths, over the entries that are on. */
int           lk_stack_get_total          (LkStack      *self);
/* What to know about the stack: sentences, the most important first; empty: nothing. Array of strings, owned by the caller. */
GPtrArray    *lk_stack_get_advice         (LkStack      *self);
/* Lowers the strengths of the entries that are on in proportion, each rounded down to a hundredth, so that the total is at most the
 * limit. FALSE: it was already. */
gboolean      lk_stack_balance            (LkStack      *self);

/* ---- presets --------------------------------------------------------------------------------------------------- */

typedef struct
{
  const char *title;            /* translated by lk_stack_preset_get_title () */
  int         character;        /* hundredths */
  LkStackKind kind;             /* of the second LoRA */
  int         second;
} LkStackPreset;

guint                lk_stack_preset_get_n     (void);
const LkStackPreset *lk_stack_preset_get       (guint                index);
const char          *lk_stack_preset_get_title (const LkStackPreset *preset);

/* ---- files ----------------------------------------------------------------------------------------------------- */

cJSON        *lk_stack_to_json            (LkStack      *self);
LkStack      *lk_stack_from_json          (const cJSON  *json,
                                           GError      **error);

G_END_DECLS
