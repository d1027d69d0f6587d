#include "config.h"

#include "lk-test-gpu.h"

LkGpu *
lk_test_gpu_open (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) infos = lk_gpu_list (&error);

  g_assert_no_error (error);
  for (guint i = 0; i < infos->len; i++)
    if (g_array_index (infos, LkGpuInfo, i).is_software)
      {
        LkGpu *gpu = lk_gpu_open (i, &error);

        g_assert_no_error (error);
        return gpu;
      }
  g_error ("No software Vulkan device: install Mesa's lavapipe");
}

void
lk_test_gpu_close (LkGpu *gpu)
{
  lk_gpu_free (gpu);
  g_assert_cmpuint (lk_gpu_get_n_validation_messages (), ==, 0);
}

LkGpuBuffer *
lk_test_buffer_new (LkGpu         *gpu,
                    gsize          bytes,
                    gconstpointer  data)
{
  g_autoptr (GError) error = NULL;
  LkGpuBuffer *buffer = lk_gpu_buffer_new (gpu, bytes, &error);

  g_assert_no_error (error);
  if (data != NULL)
    lk_gpu_buffer_write (buffer, 0, bytes, data, &error);
  g_assert_no_error (error);
  return buffer;
}

void
lk_test_buffer_get (LkGpuBuffer *buffer,
                    gpointer     data)
{
  g_autoptr (GError) error = NULL;

  lk_gpu_buffer_read (buffer, 0, lk_gpu_buffer_get_size (buffer), data, &error);
  g_assert_no_error (error);
}

LkGpuBinding
lk_test_bind (LkGpuBuffer *buffer,
              LkGpuAccess  access)
{
  return (LkGpuBinding) { buffer, 0, buffer != NULL ? lk_gpu_buffer_get_size (buffer) : 0, access };
}
