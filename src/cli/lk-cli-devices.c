/* lk-cli-devices.c: every device that a model can run on, its tier, memory and limits. */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "cli/lk-cli-commands.h"
#include "cpu/lk-cpu.h"
#include "gpu/lk-gpu.h"

#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

/* ---- the CPU -------------------------------------------------------------------------------------------------- */

/* Bytes; 0 where the system does not say. */
static guint64
get_memory_total (void)
{
  glong n_pages = sysconf (_SC_PHYS_PAGES), page = sysconf (_SC_PAGESIZE);

  return n_pages > 0 && page > 0 ? (guint64) n_pages * (guint64) page : 0;
}

static guint64
get_memory_available (void)
{
  g_autofree char *meminfo = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/meminfo", &meminfo, NULL, NULL))
    return 0;
  line = strstr (meminfo, "MemAvailable:");
  return line != NULL ? g_ascii_strtoull (line + strlen ("MemAvailable:"), NULL, 10) * 1024 : 0;
}

/* The name that the processor gives itself. Free with g_free (). */
static char *
get_processor_name (void)
{
  g_autofree char *cpuinfo = NULL;
  const char *line, *end;

  if (!g_file_get_contents ("/proc/cpuinfo", &cpuinfo, NULL, NULL) ||
      (line = strstr (cpuinfo, "model name")) == NULL ||
      (line = strchr (line, ':')) == NULL ||
      (end = strchr (line, '\n')) == NULL)
    return g_strdup (_("Processor"));
  return g_strstrip (g_strndup (line + 1, (gsize) (end - line - 1)));
}

static cJSON *
describe_cpu (LkCli *cli)
{
  g_autofree char *name = get_processor_name ();
  guint64 total = get_memory_total (), available = get_memory_available ();
  g_autofree char *total_text = g_format_size_full (total, G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *available_text = g_format_size_full (available, G_FORMAT_SIZE_IEC_UNITS);
  const char *isa = lk_cpu_isa_name (lk_cpu_get_isa ());
  guint n_threads = g_get_num_processors ();
  cJSON *json = cJSON_CreateObject ();

  lk_cli_print (cli, "cpu        %s\n", name);
  lk_cli_print (cli, ngettext ("           %s · %u thread\n", "           %s · %u threads\n", n_threads), isa, n_threads);
  lk_cli_print (cli, _("           memory: %s, %s available\n"), total_text, available_text);

  cJSON_AddStringToObject (json, "device", "cpu");
  cJSON_AddStringToObject (json, "name", name);
  cJSON_AddStringToObject (json, "isa", isa);
  cJSON_AddNumberToObject (json, "threads", n_threads);
  cJSON_AddNumberToObject (json, "memory_total", (double) total);
  cJSON_AddNumberToObject (json, "memory_available", (double) available);
  return json;
}

/* ---- Vulkan --------------------------------------------------------------------------------------------------- */

static const char *
get_kind (const LkGpuInfo *info)
{
  if (info->is_software)
    return _("software: never chosen by itself");
  return info->is_integrated ? _("integrated") : _("discrete");
}

static cJSON *
describe_gpu (LkCli           *cli,
              const LkGpuInfo *info)
{
  g_autofree char *device = g_strdup_printf ("vulkan:%u", info->index);
  g_autofree char *total = g_format_size_full (info->memory_total, G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *budget = g_format_size_full (info->memory_budget, G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *binding = g_format_size_full (info->max_binding, G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *allocation = g_format_size_full (info->max_allocation, G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *shared = g_format_size_full (info->max_shared_memory, G_FORMAT_SIZE_IEC_UNITS);
  cJSON *json = cJSON_CreateObject ();

  lk_cli_print (cli, "%-10s %s\n", device, info->name);
  lk_cli_print (cli, _("           tier T%u · %s · %s\n"), info->tier, get_kind (info), info->driver);
  lk_cli_print (cli, _("           memory: %s, %s available\n"), total, budget);
  lk_cli_print (cli, _("           limits: binding %s, allocation %s, shared memory %s, %u threads a workgroup, subgroups of %u%s\n"),
                binding, allocation, shared, info->max_invocations, info->subgroup_size,
                info->has_fp16 ? _(", fp16 arithmetic") : "");

  cJSON_AddStringToObject (json, "device", device);
  cJSON_AddStringToObject (json, "name", info->name);
  cJSON_AddStringToObject (json, "driver", info->driver);
  cJSON_AddNumberToObject (json, "tier", info->tier);
  cJSON_AddBoolToObject (json, "software", info->is_software);
  cJSON_AddBoolToObject (json, "integrated", info->is_integrated);
  cJSON_AddBoolToObject (json, "fp16", info->has_fp16);
  cJSON_AddNumberToObject (json, "memory_total", (double) info->memory_total);
  cJSON_AddNumberToObject (json, "memory_available", (double) info->memory_budget);
  cJSON_AddNumberToObject (json, "max_binding", (double) info->max_binding);
  cJSON_AddNumberToObject (json, "max_allocation", (double) info->max_allocation);
  cJSON_AddNumberToObject (json, "max_shared_memory", info->max_shared_memory);
  cJSON_AddNumberToObject (json, "max_invocations", info->max_invocations);
  cJSON_AddNumberToObject (json, "subgroup_size", info->subgroup_size);
  return json;
}

static LkCliStatus
run_devices (LkCli   *cli,
             int      n_args,
             char   **args,
             GError **error)
{
  g_autoptr (GArray) gpus = NULL;
  g_autoptr (GError) vulkan_error = NULL;
  cJSON *json = cJSON_CreateArray ();

  cJSON_AddItemToArray (json, describe_cpu (cli));

  /* No Vulkan is no failure: the CPU is a device. */
  gpus = lk_gpu_list (&vulkan_error);
  if (gpus == NULL)
    lk_cli_note (cli, _("No Vulkan: %s"), vulkan_error->message);
  else if (gpus->len == 0)
    lk_cli_note (cli, _("No Vulkan device was found. A driver for the graphics card makes training many times faster."));
  for (guint i = 0; gpus != NULL && i < gpus->len; i++)
    cJSON_AddItemToArray (json, describe_gpu (cli, &g_array_index (gpus, LkGpuInfo, i)));

  lk_cli_print_json (cli, json);
  return LK_CLI_DONE;
}

const LkCliCommand lk_cli_devices = {
  .name = "devices",
  .summary = N_("List every device, its tier, memory and limits"),
  .run = run_devices,
};
