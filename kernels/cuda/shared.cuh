// SPDX-License-Identifier: Apache-2.0
// The dynamic shared memory of a block, whose size the launch gives.
#pragma once

#include <cuda_runtime.h>

namespace tokenyard::gpu {

template <class T>
__device__ inline T* dynamic_shared() {
#ifdef TOKENYARD_EMULATED
    return static_cast<T*>(emulated_shared_memory());
#else
    extern __shared__ __align__(16) unsigned char shared_bytes[];
    return reinterpret_cast<T*>(shared_bytes);
#endif
}

}  // namespace tokenyard::gpu
