// What every kernel shares: buffers of numbers and the place of a workgroup.
//
// F32 tensors are float arrays. F16 tensors are uint arrays, two numbers a word: unpackHalf2x16 is exact and needs no feature.

// The workgroup's number in a grid that the host folded at LK_GPU_FOLD (src/gpu/lk-gpu.h). It may be one past the end.
uint
group_index ()
{
  return gl_WorkGroupID.y * 32768u + gl_WorkGroupID.x;
}
