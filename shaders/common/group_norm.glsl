// The shape of a group norm, for all its kernels. A mean is relative to the first element of its group: where it is far larger than the
// deviation, nothing is lost.

layout (push_constant) uniform Parameters
{
  uint n_samples, places, columns, n_groups, n_chunks, chunk;    // chunk: places that one workgroup covers
  float eps;
};
