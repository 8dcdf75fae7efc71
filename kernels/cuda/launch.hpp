// SPDX-License-Identifier: Apache-2.0
// Launching kernels by a function instead of <<<>>>: checked, and plain C++ that the emulator (emulator/) can run on a CPU.
#pragma once

#include "cuda/error.hpp"

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace tokenyard::gpu {

constexpr int warp_lanes = 32;
constexpr unsigned all_lanes = 0xffffffff;  // the mask of a whole warp

/// ceil(count / size). Pre: size > 0.
template <class Integer>
constexpr __host__ __device__ Integer blocks_of(Integer count, Integer size) {
    return (count + size - 1) / size;
}

struct LaunchShape {
    std::uint64_t blocks = 1;
    unsigned threads = 1;
    std::size_t shared_bytes = 0;  // dynamic, at most 48 KiB
};

/// Launches `kernel`, or nothing at all for 0 blocks. Throws CudaError, std::length_error beyond 2^31 - 1 blocks.
template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), LaunchShape shape, cudaStream_t stream, Arguments&&... arguments) {
    if (shape.blocks == 0) return;
    if (shape.blocks > 0x7fffffffu) throw std::length_error("a launch of more than 2^31 - 1 blocks");
    cudaLaunchConfig_t config{};
    config.gridDim = dim3(static_cast<unsigned>(shape.blocks));
    config.blockDim = dim3(shape.threads);
    config.dynamicSmemBytes = shape.shared_bytes;
    config.stream = stream;
    TOKENYARD_CUDA(cudaLaunchKernelEx(&config, kernel, std::forward<Arguments>(arguments)...));
}

}  // namespace tokenyard::gpu
