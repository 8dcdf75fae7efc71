// SPDX-License-Identifier: Apache-2.0
// Every CUDA call is checked; what fails says which call, where and why.
#pragma once

#include <cuda_runtime.h>

#include <stdexcept>
#include <string>

namespace tokenyard::gpu {

/// A CUDA call that failed: the call, CUDA's own name and text for the reason, file and line.
class CudaError : public std::runtime_error {
public:
    CudaError(cudaError_t code, const char* call, const char* file, int line);
    cudaError_t code() const { return code_; }

private:
    cudaError_t code_;
};

/// Throws CudaError unless `code` is success. Called through TOKENYARD_CUDA, which knows the call and its place.
void check_cuda(cudaError_t code, const char* call, const char* file, int line);

}  // namespace tokenyard::gpu

#define TOKENYARD_CUDA(call) ::tokenyard::gpu::check_cuda((call), #call, __FILE__, __LINE__)
