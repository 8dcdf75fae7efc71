// SPDX-License-Identifier: Apache-2.0
// What the emulator's streams ask of its threads.
#pragma once

#include <cuda_runtime.h>

#include <functional>
#include <random>

namespace tokenyard::gpu {

/// cudaSuccess, or why CUDA would not take such a launch. Throws std::logic_error for what CUDA takes and the emulator does not.
cudaError_t refusal_of(const cudaLaunchConfig_t& config);

/// Runs a launch that is not refused, now. One at a time.
void run_emulated(const cudaLaunchConfig_t& config, const std::function<void()>& thread, std::mt19937& random);

}  // namespace tokenyard::gpu
