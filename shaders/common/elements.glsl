// Kernels that go element by element: each thread takes PER_THREAD elements, a workgroup's width apart.

layout (local_size_x = 64) in;

const uint PER_THREAD = 4;

uint
element_index (uint j)
{
  return (group_index () * PER_THREAD + j) * gl_WorkGroupSize.x + gl_LocalInvocationID.x;
}
