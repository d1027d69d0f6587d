/* LkOp: one step of a graph, and what an op kind must bring. Included by src/ops and src/graph only.
 *
 * An op reads tensors and writes tensors. Its class says how gradients flow through it, how the CPU runs it, and which
 * dispatches Vulkan records for it. All that an op knows besides its tensors lies in its parameters, a plain struct.
 */
#pragma once

#include "graph/lk-graph.h"

G_BEGIN_DECLS

#define LK_OP_MAX_INPUTS 8
#define LK_OP_MAX_OUTPUTS 4
#define LK_OP_PARAMETERS_SIZE 96

struct _LkTensor
{
  LkGraph      *graph;
  guint         id;             /* order of creation */
  LkDtype       dtype;
  LkTensorRole  role;
  guint         n_dims;
  gsize         dims[LK_MAX_DIMS];

  LkStorage    *storage;        /* external: owned reference; input: its own memory; activation: its block, once planned */
  gsize         first;          /* element of `storage` where the tensor starts */
  int           block;          /* activation: its block of the arena, once planned; -1: none */
  gboolean      is_parameter;   /* `gradient` is an external tensor, which gradients are added to in place */

  LkOp         *producer;       /* NULL for inputs and external tensors */
  LkTensor     *gradient;       /* built by the backward walk; a parameter's from the start */
  gboolean      needs_gradient;
  gboolean      is_kept;
};

typedef struct
{
  const char *name;

  /* Appends the ops that turn the gradients of the outputs into gradients of the inputs: read lk_tensor_get_gradient () of each
   * output (NULL: none arrived), give with lk_graph_add_gradient (). NULL: nothing flows. */
  void (*backward) (LkGraph *graph,
                    LkOp    *op);

  /* Runs the op with the CPU's kernels. Addresses come from lk_tensor_get_data (). */
  void (*run_cpu)  (const LkOp *op,
                    LkPool     *pool);

  /* Records the op's dispatches. Bindings come from lk_tensor_get_binding (). */
  gboolean (*record) (const LkOp     *op,
                      LkGpuRecording *recording,
                      GError        **error);

  /* Output 0 may take the memory of input `in_place_input` - 1 where that is its last reader. 0: never. */
  guint in_place_input;
} LkOpClass;

struct _LkOp
{
  const LkOpClass *class;
  guint            index;       /* place in the list */
  guint            n_inputs;
  guint            n_outputs;
  LkTensor        *inputs[LK_OP_MAX_INPUTS];     /* NULL where an optional input is absent */
  LkTensor        *outputs[LK_OP_MAX_OUTPUTS];
  guint8           parameters[LK_OP_PARAMETERS_SIZE] __attribute__ ((aligned (16)));
  guint            checkpoint;  /* the segment it stands in, 0 for none */
  double           seconds;     /* what the last run took, on the CPU */
};

extern const LkOpClass lk_add_class;

/* Appends an op; parameters are copied. Inputs and outputs are added in order. */
LkOp     *lk_graph_add_op          (LkGraph         *graph,
                                    const LkOpClass *op_class,
                                    gconstpointer    parameters,
                                    gsize            parameters_size);
void      lk_op_add_input          (LkOp            *op,
                                    LkTensor        *tensor);
/* A new activation that the op writes. It needs a gradient when an input of the op does. */
LkTensor *lk_op_add_output         (LkOp            *op,
                                    LkDtype          dtype,
                                    guint            n_dims,
                                    const gsize     *dims);
/* Makes the op write an external tensor or input instead. */
void      lk_op_add_output_tensor  (LkOp            *op,
                                    LkTensor        *tensor);

/* Adds `gradient` (the shape of `tensor`) to what `tensor` has received so far. Tensors that need none ignore it. */
void      lk_graph_add_gradient    (LkGraph         *graph,
                                    LkTensor        *tensor,
                                    LkTensor        *gradient);
/* For ops that can add to a gradient themselves (a GEMM's `add`): the op reads lk_graph_begin_gradient (), what `tensor` has
 * received so far (NULL: nothing yet), and writes the sum to the output that lk_op_add_gradient_output () gives it. */
LkTensor *lk_graph_begin_gradient  (LkGraph         *graph,
                                    LkTensor        *tensor);
void      lk_op_add_gradient_output (LkOp           *op,
                                    LkTensor        *tensor);

/* The tensor's memory on the CPU. */
static inline gpointer
lk_tensor_get_data (const LkTensor *tensor)
{
  return (guint8 *) lk_storage_get_data (tensor->storage) + tensor->first * lk_dtype_get_size (tensor->dtype);
}

/* The tensor's range of its buffer on Vulkan. An absent tensor (NULL) binds a dummy. */
LkGpuBinding lk_tensor_get_binding (const LkTensor  *tensor,
                                    LkGpuAccess      access);

#define LK_READ(tensor) lk_tensor_get_binding (tensor, LK_GPU_READ)
#define LK_WRITE(tensor) lk_tensor_get_binding (tensor, LK_GPU_WRITE)
#define LK_READ_WRITE(tensor) lk_tensor_get_binding (tensor, LK_GPU_READ | LK_GPU_WRITE)

/* Elements that one workgroup covers in a kernel that goes element by element (shaders/common/elements.glsl). */
#define LK_ELEMENTS_PER_GROUP 256

static inline guint
lk_n_groups (gsize n,
             gsize per_group)
{
  return (guint) ((n + per_group - 1) / per_group);
}

/* Records one dispatch of `shader` over `n_groups` workgroups in a row, with `constant` as its only specialization constant. */
static inline gboolean
lk_record (LkGpuRecording      *recording,
           const char          *shader,
           guint32              constant,
           const LkGpuBinding  *bindings,
           guint                n_bindings,
           gconstpointer        push_constants,
           gsize                push_constants_size,
           guint                n_groups,
           GError             **error)
{
  LkGpuKernel kernel = { .shader = shader, .n_constants = 1, .constants = { constant } };

  return lk_gpu_recording_dispatch (recording, &kernel, bindings, n_bindings, push_constants, push_constants_size, n_groups, 1, 1, error);
}

G_END_DECLS
