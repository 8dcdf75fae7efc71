// SPDX-License-Identifier: Apache-2.0
#include "cuda/error.hpp"

namespace tokenyard::gpu {

CudaError::CudaError(cudaError_t code, const char* call, const char* file, int line)
    : std::runtime_error(std::string(file) + ":" + std::to_string(line) + ": " + call + ": " + cudaGetErrorName(code) + ": " +
                         cudaGetErrorString(code)),
      code_(code) {}

void check_cuda(cudaError_t code, const char* call, const char* file, int line) {
    if (code != cudaSuccess) throw CudaError(code, call, file, line);
}

}  // namespace tokenyard::gpu
