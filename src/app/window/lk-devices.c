#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include <glib/gi18n.h>

#include "app/window/lk-devices.h"
#include "gpu/lk-gpu.h"

/* ---- choice ------------------------------------------------------------------------------------------------- */

struct _LkDeviceChoice
{
  GObject   parent_instance;

  char     *spec;
  char     *label;
  char     *hint;
  gboolean  is_automatic;      /* a hardware device, which "auto" prefers to the CPU */
};

G_DEFINE_FINAL_TYPE (LkDeviceChoice, lk_device_choice, G_TYPE_OBJECT)

enum
{
  PROP_LABEL = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

const char *
lk_device_choice_get_spec (LkDeviceChoice *self)
{
  g_return_val_if_fail (LK_IS_DEVICE_CHOICE (self), NULL);

  return self->spec;
}

const char *
lk_device_choice_get_label (LkDeviceChoice *self)
{
  g_return_val_if_fail (LK_IS_DEVICE_CHOICE (self), NULL);

  return self->label;
}

const char *
lk_device_choice_get_hint (LkDeviceChoice *self)
{
  g_return_val_if_fail (LK_IS_DEVICE_CHOICE (self), NULL);

  return self->hint;
}

static void
lk_device_choice_get_property (GObject    *object,
                               guint       prop_id,
                               GValue     *value,
                               GParamSpec *pspec)
{
  LkDeviceChoice *self = LK_DEVICE_CHOICE (object);

  switch (prop_id)
    {
    case PROP_LABEL:
      g_value_set_string (value, self->label);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
lk_device_choice_finalize (GObject *object)
{
  LkDeviceChoice *self = LK_DEVICE_CHOICE (object);

  g_free (self->spec);
  g_free (self->label);
  g_free (self->hint);

  G_OBJECT_CLASS (lk_device_choice_parent_class)->finalize (object);
}

static void
lk_device_choice_class_init (LkDeviceChoiceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = lk_device_choice_get_property;
  object_class->finalize = lk_device_choice_finalize;

  properties[PROP_LABEL] = g_param_spec_string ("label", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
lk_device_choice_init (LkDeviceChoice *self)
{
}

/* Takes `label`. */
static LkDeviceChoice *
choice_new (const char *spec,
            char       *label,
            const char *hint,
            gboolean    is_automatic)
{
  LkDeviceChoice *self = g_object_new (LK_TYPE_DEVICE_CHOICE, NULL);

  self->spec = g_strdup (spec);
  self->label = label;
  self->hint = g_strdup (hint);
  self->is_automatic = is_automatic;

  return self;
}

/* ---- list --------------------------------------------------------------------------------------------------- */

struct _LkDevices
{
  GObject         parent_instance;

  GListStore     *choices;       /* owned */
};

G_DEFINE_FINAL_TYPE (LkDevices, lk_devices, G_TYPE_OBJECT)

GListModel *
lk_devices_get_model (LkDevices *self)
{
  g_return_val_if_fail (LK_IS_DEVICES (self), NULL);

  return G_LIST_MODEL (self->choices);
}

LkDeviceChoice *
lk_devices_resolve (LkDevices  *self,
                    const char *spec)
{
  g_autoptr (LkDeviceChoice) cpu = NULL;
  guint n_choices;

  g_return_val_if_fail (LK_IS_DEVICES (self), NULL);

  n_choices = g_list_model_get_n_items (G_LIST_MODEL (self->choices));
  for (guint i = 1; i < n_choices; i++)
    {
      g_autoptr (LkDeviceChoice) choice = g_list_model_get_item (G_LIST_MODEL (self->choices), i);

      if (g_strcmp0 (choice->spec, spec) == 0)
        return g_steal_pointer (&choice);
    }
  for (guint i = 1; i < n_choices; i++)
    {
      g_autoptr (LkDeviceChoice) choice = g_list_model_get_item (G_LIST_MODEL (self->choices), i);

      if (choice->is_automatic)
        return g_steal_pointer (&choice);
      if (cpu == NULL)
        cpu = g_steal_pointer (&choice);
    }

  return g_steal_pointer (&cpu);
}

static void
list_thread (GTask        *task,
             gpointer      source,
             gpointer      data,
             GCancellable *cancellable)
{
  GError *error = NULL;
  GArray *infos = lk_gpu_list (&error);

  if (infos == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, infos, (GDestroyNotify) g_array_unref);
}

static void
listed_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  LkDevices *self = LK_DEVICES (source);
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) infos = g_task_propagate_pointer (G_TASK (result), &error);

  /* No driver is an ordinary state of a machine: the CPU does the work. */
  if (infos == NULL)
    {
      g_debug ("No Vulkan devices: %s", error->message);
      return;
    }

  for (guint i = 0; i < infos->len; i++)
    {
      const LkGpuInfo *info = &g_array_index (infos, LkGpuInfo, i);
      g_autofree char *spec = g_strdup_printf ("vulkan:%u", info->index);
      /* Translators: a graphics card and its memory in gigabytes. */
      char *label = g_strdup_printf (_("%s · %.1f GB"), info->name, info->memory_total / 1e9);

      g_ptr_array_add (found, choice_new (spec, label,
                                          info->is_software ? _("Emulated on the CPU: slower than the CPU itself") : NULL,
                                          !info->is_software));
    }
  g_list_store_splice (self->choices, g_list_model_get_n_items (G_LIST_MODEL (self->choices)), 0, found->pdata, found->len);
}

static void
lk_devices_dispose (GObject *object)
{
  LkDevices *self = LK_DEVICES (object);

  g_clear_object (&self->choices);

  G_OBJECT_CLASS (lk_devices_parent_class)->dispose (object);
}

static void
lk_devices_class_init (LkDevicesClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = lk_devices_dispose;
}

static void
lk_devices_init (LkDevices *self)
{
  guint n_threads = g_get_num_processors ();
  g_autoptr (LkDeviceChoice) automatic = choice_new ("auto", g_strdup (_("Automatic")), NULL, FALSE);
  g_autoptr (LkDeviceChoice) cpu = NULL;
  g_autoptr (GTask) task = NULL;

  cpu = choice_new ("cpu",
                    g_strdup_printf (ngettext ("CPU · %u thread", "CPU · %u threads", n_threads), n_threads),
                    _("A graphics card with Vulkan trains many times faster"),
                    FALSE);
  self->choices = g_list_store_new (LK_TYPE_DEVICE_CHOICE);
  g_list_store_append (self->choices, automatic);
  g_list_store_append (self->choices, cpu);

  task = g_task_new (self, NULL, listed_cb, NULL);
  g_task_set_source_tag (task, lk_devices_init);
  g_task_run_in_thread (task, list_thread);
}

LkDevices *
lk_devices_get_default (void)
{
  static LkDevices *devices = NULL;

  if (devices != NULL)
    return g_object_ref (devices);

  devices = g_object_new (LK_TYPE_DEVICES, NULL);
  g_object_add_weak_pointer (G_OBJECT (devices), (gpointer *) &devices);

  return devices;
}
