/* What the tests of src/gpu and shaders/ share: a device, buffers filled from the host, and one dispatch at a time. */
#pragma once

#include "gpu/lk-gpu.h"

G_BEGIN_DECLS

/* The device under test: the first software one. Under validation: that it stays silent is asserted when it is freed. */
LkGpu       *lk_test_gpu_open   (void);
void         lk_test_gpu_close  (LkGpu         *gpu);

/* A buffer that holds a copy of `bytes` of `data` (NULL: zeros). */
LkGpuBuffer *lk_test_buffer_new (LkGpu         *gpu,
                                 gsize          bytes,
                                 gconstpointer  data);
void         lk_test_buffer_get (LkGpuBuffer   *buffer,
                                 gpointer       data);
LkGpuBinding lk_test_bind       (LkGpuBuffer   *buffer,
                                 LkGpuAccess    access);

G_END_DECLS
