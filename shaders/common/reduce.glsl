// Sums over a workgroup of THREADS, always in the same order: a tree over the threads' places.

const uint THREADS = 64;

layout (local_size_x = THREADS) in;

shared float reduce_memory[THREADS];

// Every thread gets the sum. All threads of the workgroup must call it.
float
reduce_sum (float value)
{
  const uint thread = gl_LocalInvocationID.x;

  barrier ();
  reduce_memory[thread] = value;
  for (uint half_ = THREADS / 2; half_ > 0; half_ /= 2)
    {
      barrier ();
      if (thread < half_)
        reduce_memory[thread] += reduce_memory[thread + half_];
    }
  barrier ();
  return reduce_memory[0];
}
