/* lk-cli-verify.c: a device against the reference: the CPU's plain C kernels, in a process of their own.
 *
 * Both compute the same ops, gradients and short training run from the same inputs; what differs is measured as normalised mean square
 * error and held to the bounds that the engine's tests use.
 */
#define G_LOG_DOMAIN "likeness-cli"

#include "config.h"

#include "cli/lk-cli-commands.h"
#include "cli/lk-cli-verify-ops.h"
#include "formats/lk-safetensors.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <math.h>

static char *device_option, *reference_option;

static const GOptionEntry options[] = {
  { "device", 'd', 0, G_OPTION_ARG_STRING, &device_option, N_("auto, cpu, vulkan or vulkan:N"), "DEVICE" },
  /* How the process for the reference is told what it is. */
  { "reference-to", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME, &reference_option, NULL, NULL },
  G_OPTION_ENTRY_NULL
};

/* Largest normalised mean square error, in fp32 on both sides. */
static const struct { double output, gradient; } cpu_bounds = { 1e-9, 1e-8 }, vulkan_bounds = { 1e-8, 1e-7 };

static void
show_progress (const char *name,
               guint       done,
               guint       total,
               gpointer    data)
{
  lk_cli_progress (data, reference_option != NULL ? _("Computing the reference") : _("Computing on the device"), done, total, name);
}

/* Everything that is compared. */
static GPtrArray *
compute (LkCli       *cli,
         LkDevice    *device,
         GError     **error)
{
  g_autoptr (GPtrArray) arrays = g_ptr_array_new_with_free_func ((GDestroyNotify) lk_verify_array_free);

  if (!lk_verify_ops (device, arrays, show_progress, cli, error) ||
      !lk_verify_training (device, arrays, show_progress, cli, error))
    return NULL;
  return g_steal_pointer (&arrays);
}

/* ---- the reference -------------------------------------------------------------------------------------------- */

static gboolean
write_arrays (GPtrArray   *arrays,
              const char  *path,
              GError     **error)
{
  g_autoptr (LkSafetensorsWriter) writer = lk_safetensors_writer_new ();

  for (guint i = 0; i < arrays->len; i++)
    {
      LkVerifyArray *array = g_ptr_array_index (arrays, i);

      lk_safetensors_writer_add (writer, array->name, LK_SAFE_F32, 1, &array->n, array->values);
    }
  return lk_safetensors_writer_save (writer, path, error);
}

/* Runs this program once more with the plain kernels, which are chosen when a process begins. */
static LkSafetensors *
compute_reference (const char  *folder,
                   GError     **error)
{
  g_autofree char *path = g_build_filename (folder, "reference.safetensors", NULL);
  g_autofree char *program = g_file_read_link ("/proc/self/exe", error);
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
  g_autoptr (GSubprocess) process = NULL;

  if (program == NULL)
    return NULL;
  g_subprocess_launcher_setenv (launcher, "LIKENESS_CPU_ISA", "plain", TRUE);
  process = g_subprocess_launcher_spawn (launcher, error, program, "verify", "--device", "cpu", "--reference-to", path, NULL);
  if (process == NULL || !g_subprocess_wait_check (process, NULL, error))
    return NULL;
  return lk_safetensors_open (path, error);
}

static void
remove_folder (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "reference.safetensors", NULL);

  g_unlink (path);
  g_rmdir (folder);
}

/* ---- comparing ------------------------------------------------------------------------------------------------ */

/* Infinite where a number is not finite on either side. */
static double
measure_error (const float *found,
               const float *expected,
               gsize        n)
{
  double error = 0., size = 0.;

  for (gsize i = 0; i < n; i++)
    {
      double difference = (double) found[i] - (double) expected[i];

      error += difference * difference;
      size += (double) expected[i] * (double) expected[i];
    }
  if (!isfinite (error) || !isfinite (size))
    return INFINITY;
  return error == 0. ? 0. : error / size;
}

static gboolean
compare (LkCli          *cli,
         LkDevice       *device,
         GPtrArray      *arrays,
         LkSafetensors  *reference,
         cJSON          *json,
         guint          *n_wrong,
         GError        **error)
{
  cJSON *results = cJSON_AddArrayToObject (json, "results");

  *n_wrong = 0;
  for (guint i = 0; i < arrays->len; i++)
    {
      LkVerifyArray *array = g_ptr_array_index (arrays, i);
      const LkSafeTensor *tensor = lk_safetensors_find (reference, array->name);
      g_autofree float *expected = g_new (float, array->n);
      double bound, difference;
      gboolean is_good;
      cJSON *result;

      if (!lk_safetensors_read_f32 (reference, tensor, 0, array->n, expected, error))
        return FALSE;
      if (lk_device_is_cpu (device))
        bound = array->is_gradient ? cpu_bounds.gradient : cpu_bounds.output;
      else
        bound = array->is_gradient ? vulkan_bounds.gradient : vulkan_bounds.output;
      difference = measure_error (array->values, expected, array->n);
      is_good = difference <= bound;
      *n_wrong += !is_good;

      lk_cli_print (cli, "%-8s %-52s %9.1e  (%.0e)\n", is_good ? _("ok") : _("WRONG"), array->name, difference, bound);
      result = cJSON_CreateObject ();
      cJSON_AddStringToObject (result, "name", array->name);
      cJSON_AddNumberToObject (result, "error", difference);
      cJSON_AddNumberToObject (result, "bound", bound);
      cJSON_AddBoolToObject (result, "ok", is_good);
      cJSON_AddItemToArray (results, result);
    }
  return TRUE;
}

static LkCliStatus
run_verify (LkCli   *cli,
            int      n_args,
            char   **args,
            GError **error)
{
  g_autoptr (LkDevice) device = lk_device_open (device_option != NULL ? device_option : "auto", 0, error);
  g_autoptr (GPtrArray) arrays = NULL;
  g_autoptr (LkSafetensors) reference = NULL;
  g_autofree char *folder = NULL;
  const char *description;
  gboolean is_compared;
  guint n_wrong;
  cJSON *json;

  if (device == NULL)
    return LK_CLI_FAILED;
  if (reference_option != NULL)
    {
      arrays = compute (cli, device, error);
      return arrays != NULL && write_arrays (arrays, reference_option, error) ? LK_CLI_DONE : LK_CLI_FAILED;
    }

  folder = g_dir_make_tmp ("likeness-verify-XXXXXX", error);
  if (folder == NULL)
    return LK_CLI_FAILED;
  reference = compute_reference (folder, error);
  remove_folder (folder);
  arrays = reference != NULL ? compute (cli, device, error) : NULL;
  if (arrays == NULL)
    return LK_CLI_FAILED;

  description = lk_device_get_description (device);
  lk_cli_print (cli, _("%s, against plain C: normalised mean square error (bound)\n"), description);
  json = cJSON_CreateObject ();
  cJSON_AddStringToObject (json, "device", description);
  is_compared = compare (cli, device, arrays, reference, json, &n_wrong, error);
  if (!is_compared)
    {
      cJSON_Delete (json);
      return LK_CLI_FAILED;
    }
  cJSON_AddNumberToObject (json, "wrong", n_wrong);
  lk_cli_print_json (cli, json);
  if (n_wrong == 0)
    lk_cli_print (cli, _("Everything agrees.\n"));
  else
    lk_cli_print (cli, ngettext ("%u result is wrong: do not train on this device; a newer driver may help.\n",
                                 "%u results are wrong: do not train on this device; a newer driver may help.\n", n_wrong), n_wrong);
  return n_wrong == 0 ? LK_CLI_DONE : LK_CLI_PROBLEMS;
}

const LkCliCommand lk_cli_verify = {
  .name = "verify",
  .summary = N_("Compare a device with the reference: ops, gradients, a short training run"),
  .options = options,
  .run = run_verify,
};
