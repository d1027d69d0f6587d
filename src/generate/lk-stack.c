/* lk-stack.c: entries, the list, its rule of 1.80 and its files. See the header. */
#define G_LOG_DOMAIN "likeness-generate"

#include "config.h"

#include <glib/gi18n.h>
#include <stdlib.h>

#include "generate/lk-stack.h"

#define MOST_HUNDREDTHS 1000    /* what ComfyUI's sliders reach, both ways */

/* ---- kinds ----------------------------------------------------------------------------------------------------- */

static const struct
{
  const char *id;
  const char *title;
} kinds[LK_N_STACK_KINDS] = {
  [LK_STACK_CHARACTER] = { "character", N_("Character") },
  [LK_STACK_STYLE]     = { "style", N_("Style") },
  [LK_STACK_CLOTHING]  = { "clothing", N_("Clothing") },
  [LK_STACK_POSE]      = { "pose", N_("Pose") },
  [LK_STACK_DETAIL]    = { "detail", N_("Detail") },
  [LK_STACK_OTHER]     = { "other", N_("Other") },
};

const char *
lk_stack_kind_get_id (LkStackKind kind)
{
  return kinds[kind].id;
}

const char *
lk_stack_kind_get_title (LkStackKind kind)
{
  return _(kinds[kind].title);
}

LkStackKind
lk_stack_kind_from_id (const char *id)
{
  for (guint i = 0; i < LK_N_STACK_KINDS; i++)
    if (g_strcmp0 (id, kinds[i].id) == 0)
      return i;

  return LK_STACK_OTHER;
}

/* ---- an entry -------------------------------------------------------------------------------------------------- */

struct _LkStackEntry
{
  GObject      parent_instance;

  char        *path;            /* owned, as is the next */
  char        *name;
  LkStackKind  kind;
  gboolean     on;
  gboolean     linked;
  int          unet, text;      /* hundredths */
};

G_DEFINE_FINAL_TYPE (LkStackEntry, lk_stack_entry, G_TYPE_OBJECT)

enum
{
  ENTRY_PATH = 1,
  ENTRY_NAME,
  ENTRY_KIND,
  ENTRY_ON,
  ENTRY_LINKED,
  ENTRY_UNET,
  ENTRY_TEXT,
  N_ENTRY_PROPERTIES
};

static GParamSpec *entry_properties[N_ENTRY_PROPERTIES];

static void
lk_stack_entry_get_property (GObject    *object,
                             guint       id,
                             GValue     *value,
                             GParamSpec *spec)
{
  LkStackEntry *self = LK_STACK_ENTRY (object);

  switch (id)
    {
    case ENTRY_PATH:
      g_value_set_string (value, self->path);
      break;
    case ENTRY_NAME:
      g_value_set_string (value, self->name);
      break;
    case ENTRY_KIND:
      g_value_set_uint (value, self->kind);
      break;
    case ENTRY_ON:
      g_value_set_boolean (value, self->on);
      break;
    case ENTRY_LINKED:
      g_value_set_boolean (value, self->linked);
      break;
    case ENTRY_UNET:
      g_value_set_int (value, self->unet);
      break;
    case ENTRY_TEXT:
      g_value_set_int (value, self->text);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
    }
}

static void
lk_stack_entry_set_property (GObject      *object,
                             guint         id,
                             const GValue *value,
                             GParamSpec   *spec)
{
  LkStackEntry *self = LK_STACK_ENTRY (object);

  switch (id)
    {
    case ENTRY_PATH:
      {
        g_autofree char *base = NULL;
        char *dot;

        self->path = g_value_dup_string (value);
        base = g_path_get_basename (self->path ? self->path : "");
        self->name = g_filename_display_name (base);
        dot = strrchr (self->name, '.');
        if (dot && dot != self->name)
          *dot = '\0';
      }
      break;
    case ENTRY_KIND:
      lk_stack_entry_set_kind (self, g_value_get_uint (value));
      break;
    case ENTRY_ON:
      lk_stack_entry_set_on (self, g_value_get_boolean (value));
      break;
    case ENTRY_LINKED:
      lk_stack_entry_set_linked (self, g_value_get_boolean (value));
      break;
    case ENTRY_UNET:
      lk_stack_entry_set_unet (self, g_value_get_int (value));
      break;
    case ENTRY_TEXT:
      lk_stack_entry_set_text (self, g_value_get_int (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
    }
}

static void
lk_stack_entry_finalize (GObject *object)
{
  LkStackEntry *self = LK_STACK_ENTRY (object);

  g_free (self->path);
  g_free (self->name);

  G_OBJECT_CLASS (lk_stack_entry_parent_class)->finalize (object);
}

static void
lk_stack_entry_class_init (LkStackEntryClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags read_only = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  const GParamFlags read_write = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = lk_stack_entry_get_property;
  object_class->set_property = lk_stack_entry_set_property;
  object_class->finalize = lk_stack_entry_finalize;

  entry_properties[ENTRY_PATH] = g_param_spec_string ("path", NULL, NULL, NULL,
                                                      G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  entry_properties[ENTRY_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, read_only);
  entry_properties[ENTRY_KIND] = g_param_spec_uint ("kind", NULL, NULL, 0, LK_N_STACK_KINDS - 1, LK_STACK_OTHER, read_write);
  entry_properties[ENTRY_ON] = g_param_spec_boolean ("on", NULL, NULL, TRUE, read_write);
  entry_properties[ENTRY_LINKED] = g_param_spec_boolean ("linked", NULL, NULL, TRUE, read_write);
  entry_properties[ENTRY_UNET] = g_param_spec_int ("unet", NULL, NULL, -MOST_HUNDREDTHS, MOST_HUNDREDTHS, 0, read_write);
  entry_properties[ENTRY_TEXT] = g_param_spec_int ("text", NULL, NULL, -MOST_HUNDREDTHS, MOST_HUNDREDTHS, 0, read_write);
  g_object_class_install_properties (object_class, N_ENTRY_PROPERTIES, entry_properties);
}

static void
lk_stack_entry_init (LkStackEntry *self)
{
  self->kind = LK_STACK_OTHER;
  self->on = TRUE;
  self->linked = TRUE;
}

LkStackEntry *
lk_stack_entry_new (const char  *path,
                    LkStackKind  kind,
                    int          hundredths)
{
  LkStackEntry *self = g_object_new (LK_TYPE_STACK_ENTRY, "path", path, NULL);

  self->kind = kind;
  self->unet = self->text = CLAMP (hundredths, -MOST_HUNDREDTHS, MOST_HUNDREDTHS);
  return self;
}

const char *
lk_stack_entry_get_path (LkStackEntry *self)
{
  return self->path;
}

const char *
lk_stack_entry_get_name (LkStackEntry *self)
{
  return self->name;
}

LkStackKind
lk_stack_entry_get_kind (LkStackEntry *self)
{
  return self->kind;
}

void
lk_stack_entry_set_kind (LkStackEntry *self,
                         LkStackKind   kind)
{
  if (self->kind == kind)
    return;
  self->kind = kind;
  g_object_notify_by_pspec (G_OBJECT (self), entry_properties[ENTRY_KIND]);
}

gboolean
lk_stack_entry_get_on (LkStackEntry *self)
{
  return self->on;
}

void
lk_stack_entry_set_on (LkStackEntry *self,
                       gboolean      on)
{
  if (self->on == !!on)
    return;
  self->on = !!on;
  g_object_notify_by_pspec (G_OBJECT (self), entry_properties[ENTRY_ON]);
}

gboolean
lk_stack_entry_get_linked (LkStackEntry *self)
{
  return self->linked;
}

void
lk_stack_entry_set_linked (LkStackEntry *self,
                           gboolean      linked)
{
  if (self->linked == !!linked)
    return;
  self->linked = !!linked;
  g_object_notify_by_pspec (G_OBJECT (self), entry_properties[ENTRY_LINKED]);
  if (self->linked)
    lk_stack_entry_set_text (self, self->unet);
}

int
lk_stack_entry_get_unet (LkStackEntry *self)
{
  return self->unet;
}

void
lk_stack_entry_set_unet (LkStackEntry *self,
                         int           hundredths)
{
  hundredths = CLAMP (hundredths, -MOST_HUNDREDTHS, MOST_HUNDREDTHS);
  if (self->unet != hundredths)
    {
      self->unet = hundredths;
      g_object_notify_by_pspec (G_OBJECT (self), entry_properties[ENTRY_UNET]);
    }
  if (self->linked)
    lk_stack_entry_set_text (self, hundredths);
}

int
lk_stack_entry_get_text (LkStackEntry *self)
{
  return self->text;
}

void
lk_stack_entry_set_text (LkStackEntry *self,
                         int           hundredths)
{
  hundredths = CLAMP (hundredths, -MOST_HUNDREDTHS, MOST_HUNDREDTHS);
  if (self->text == hundredths)
    return;
  self->text = hundredths;
  g_object_notify_by_pspec (G_OBJECT (self), entry_properties[ENTRY_TEXT]);
}

/* What an entry counts in the total. */
static int
entry_strength (LkStackEntry *self)
{
  return self->on ? MAX (abs (self->unet), abs (self->text)) : 0;
}

/* ---- the list -------------------------------------------------------------------------------------------------- */

struct _LkStack
{
  GObject    parent_instance;

  GPtrArray *entries;           /* LkStackEntry references */
  int        total;             /* as last notified */
};

static GType
lk_stack_get_item_type (GListModel *model)
{
  return LK_TYPE_STACK_ENTRY;
}

static guint
lk_stack_get_n_items (GListModel *model)
{
  return LK_STACK (model)->entries->len;
}

static gpointer
lk_stack_get_item (GListModel *model,
                   guint       position)
{
  LkStack *self = LK_STACK (model);

  return position < self->entries->len ? g_object_ref (self->entries->pdata[position]) : NULL;
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = lk_stack_get_item_type;
  iface->get_n_items = lk_stack_get_n_items;
  iface->get_item = lk_stack_get_item;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (LkStack, lk_stack, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

enum
{
  STACK_TOTAL = 1,
  N_STACK_PROPERTIES
};

static GParamSpec *stack_properties[N_STACK_PROPERTIES];

int
lk_stack_get_total (LkStack *self)
{
  int total = 0;

  for (guint i = 0; i < self->entries->len; i++)
    total += entry_strength (self->entries->pdata[i]);

  return total;
}

static void
update_total (LkStack *self)
{
  int total = lk_stack_get_total (self);

  if (self->total == total)
    return;
  self->total = total;
  g_object_notify_by_pspec (G_OBJECT (self), stack_properties[STACK_TOTAL]);
}

static void
lk_stack_get_property (GObject    *object,
                       guint       id,
                       GValue     *value,
                       GParamSpec *spec)
{
  if (id == STACK_TOTAL)
    g_value_set_int (value, lk_stack_get_total (LK_STACK (object)));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
}

static void
lk_stack_dispose (GObject *object)
{
  LkStack *self = LK_STACK (object);

  for (guint i = 0; i < self->entries->len; i++)
    g_signal_handlers_disconnect_by_data (self->entries->pdata[i], self);
  g_ptr_array_set_size (self->entries, 0);

  G_OBJECT_CLASS (lk_stack_parent_class)->dispose (object);
}

static void
lk_stack_finalize (GObject *object)
{
  g_ptr_array_unref (LK_STACK (object)->entries);

  G_OBJECT_CLASS (lk_stack_parent_class)->finalize (object);
}

static void
lk_stack_class_init (LkStackClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = lk_stack_get_property;
  object_class->dispose = lk_stack_dispose;
  object_class->finalize = lk_stack_finalize;

  stack_properties[STACK_TOTAL] = g_param_spec_int ("total", NULL, NULL, 0, G_MAXINT, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_STACK_PROPERTIES, stack_properties);
}

static void
lk_stack_init (LkStack *self)
{
  self->entries = g_ptr_array_new_with_free_func (g_object_unref);
}

LkStack *
lk_stack_new (void)
{
  return g_object_new (LK_TYPE_STACK, NULL);
}

void
lk_stack_add (LkStack      *self,
              LkStackEntry *entry)
{
  g_ptr_array_add (self->entries, g_object_ref (entry));
  g_signal_connect_object (entry, "notify", G_CALLBACK (update_total), self, G_CONNECT_SWAPPED);
  g_list_model_items_changed (G_LIST_MODEL (self), self->entries->len - 1, 0, 1);
  update_total (self);
}

void
lk_stack_remove (LkStack *self,
                 guint    position)
{
  g_signal_handlers_disconnect_by_data (self->entries->pdata[position], self);
  g_ptr_array_remove_index (self->entries, position);
  g_list_model_items_changed (G_LIST_MODEL (self), position, 1, 0);
  update_total (self);
}

void
lk_stack_move (LkStack *self,
               guint    from,
               guint    to)
{
  gpointer entry;

  if (from == to)
    return;
  entry = g_ptr_array_steal_index (self->entries, from);
  g_list_model_items_changed (G_LIST_MODEL (self), from, 1, 0);
  g_ptr_array_insert (self->entries, (int) to, entry);
  g_list_model_items_changed (G_LIST_MODEL (self), to, 0, 1);
}

LkStackEntry *
lk_stack_get (LkStack *self,
              guint    position)
{
  return self->entries->pdata[position];
}

guint
lk_stack_get_n (LkStack *self)
{
  return self->entries->len;
}

/* ---- the rule -------------------------------------------------------------------------------------------------- */

/* The strongest entry that is on, the first of equals, or NULL. `kind` -1: of any kind. */
static LkStackEntry *
strongest (LkStack *self,
           int      kind)
{
  LkStackEntry *best = NULL;

  for (guint i = 0; i < self->entries->len; i++)
    {
      LkStackEntry *entry = self->entries->pdata[i];

      if (entry_strength (entry) == 0 || (kind >= 0 && (int) entry->kind != kind))
        continue;
      if (best == NULL || entry_strength (entry) > entry_strength (best))
        best = entry;
    }

  return best;
}

GPtrArray *
lk_stack_get_advice (LkStack *self)
{
  GPtrArray *advice = g_ptr_array_new_with_free_func (g_free);
  LkStackEntry *character = strongest (self, LK_STACK_CHARACTER);
  LkStackEntry *first = strongest (self, -1);
  int total = lk_stack_get_total (self);
  guint n_on = 0;

  for (guint i = 0; i < self->entries->len; i++)
    n_on += entry_strength (self->entries->pdata[i]) > 0;

  if (total > LK_STACK_LIMIT)
    g_ptr_array_add (advice, g_strdup_printf (_("The total strength is %d.%02d, more than %d.%02d: pictures may come out distorted. "
                                                "Balance lowers every strength in proportion."),
                                              total / 100, total % 100, LK_STACK_LIMIT / 100, LK_STACK_LIMIT % 100));
  if (character && entry_strength (first) > entry_strength (character))
    g_ptr_array_add (advice, g_strdup_printf (_("“%s” is stronger than the character “%s”: the likeness may suffer. "
                                                "The character should be the strongest."), first->name, character->name));
  if (n_on > LK_STACK_MOST)
    g_ptr_array_add (advice, g_strdup_printf (ngettext ("%u LoRA at once: more than %d usually make pictures worse.",
                                                        "%u LoRAs at once: more than %d usually make pictures worse.", n_on),
                                              n_on, LK_STACK_MOST));

  return advice;
}

gboolean
lk_stack_balance (LkStack *self)
{
  int total = lk_stack_get_total (self);

  if (total <= LK_STACK_LIMIT)
    return FALSE;

  for (guint i = 0; i < self->entries->len; i++)
    {
      LkStackEntry *entry = self->entries->pdata[i];
      int unet = entry->unet * LK_STACK_LIMIT / total;      /* C rounds towards zero: down in size */
      int text = entry->text * LK_STACK_LIMIT / total;

      if (!entry->on)
        continue;
      lk_stack_entry_set_unet (entry, unet);
      lk_stack_entry_set_text (entry, text);
    }
  return TRUE;
}

/* ---- presets --------------------------------------------------------------------------------------------------- */

static const LkStackPreset presets[] = {
  { N_("Character and Style"), 80, LK_STACK_STYLE, 50 },
  { N_("Character and Clothing"), 80, LK_STACK_CLOTHING, 60 },
  { N_("Character and Pose"), 80, LK_STACK_POSE, 50 },
  { N_("Character and Detail"), 70, LK_STACK_DETAIL, 40 },
};

guint
lk_stack_preset_get_n (void)
{
  return G_N_ELEMENTS (presets);
}

const LkStackPreset *
lk_stack_preset_get (guint index)
{
  return &presets[index];
}

const char *
lk_stack_preset_get_title (const LkStackPreset *preset)
{
  return _(preset->title);
}

/* ---- files ----------------------------------------------------------------------------------------------------- */

cJSON *
lk_stack_to_json (LkStack *self)
{
  cJSON *json = cJSON_CreateObject ();
  cJSON *list;

  lk_json_add_int (json, "version", 1);
  list = cJSON_AddArrayToObject (json, "loras");
  for (guint i = 0; i < self->entries->len; i++)
    {
      LkStackEntry *entry = self->entries->pdata[i];
      cJSON *item = cJSON_CreateObject ();

      cJSON_AddStringToObject (item, "path", entry->path);
      cJSON_AddStringToObject (item, "kind", kinds[entry->kind].id);
      cJSON_AddBoolToObject (item, "on", entry->on);
      cJSON_AddBoolToObject (item, "linked", entry->linked);
      lk_json_add_int (item, "unet", entry->unet);
      lk_json_add_int (item, "text", entry->text);
      cJSON_AddItemToArray (list, item);
    }

  return json;
}

LkStack *
lk_stack_from_json (const cJSON  *json,
                    GError      **error)
{
  g_autoptr (LkStack) self = lk_stack_new ();
  const cJSON *item;

  cJSON_ArrayForEach (item, lk_json_get_array (json, "loras"))
    {
      g_autoptr (LkStackEntry) entry = NULL;
      const char *path;
      gint64 unet;

      if (!lk_json_require_string (item, "path", &path, error) || !lk_json_require_int (item, "unet", &unet, error))
        return NULL;
      entry = lk_stack_entry_new (path, lk_stack_kind_from_id (lk_json_get_string (item, "kind", NULL)),
                                  (int) CLAMP (unet, -MOST_HUNDREDTHS, MOST_HUNDREDTHS));
      entry->linked = lk_json_get_boolean (item, "linked", TRUE);
      entry->on = lk_json_get_boolean (item, "on", TRUE);
      if (!entry->linked)
        lk_stack_entry_set_text (entry, (int) CLAMP (lk_json_get_int (item, "text", unet), -MOST_HUNDREDTHS, MOST_HUNDREDTHS));
      lk_stack_add (self, entry);
    }

  return g_steal_pointer (&self);
}
