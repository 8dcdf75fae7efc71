// SPDX-License-Identifier: Apache-2.0
#include "cuda/device.hpp"

namespace tokenyard::gpu {
namespace {

bool means_no_gpu(cudaError_t code) {
    return code == cudaErrorNoDevice || code == cudaErrorInsufficientDriver || code == cudaErrorStubLibrary ||
           code == cudaErrorSystemDriverMismatch;
}

}  // namespace

void copy_to_device(void* to, const void* from, std::size_t bytes) {
    TOKENYARD_CUDA(cudaDeviceSynchronize());
    TOKENYARD_CUDA(cudaMemcpy(to, from, bytes, cudaMemcpyHostToDevice));
    TOKENYARD_CUDA(cudaDeviceSynchronize());
}

void copy_to_host(void* to, const void* from, std::size_t bytes) {
    TOKENYARD_CUDA(cudaDeviceSynchronize());
    TOKENYARD_CUDA(cudaMemcpy(to, from, bytes, cudaMemcpyDeviceToHost));
}

DeviceSearch find_device(int wanted) {
    int count = 0;
    const cudaError_t code = cudaGetDeviceCount(&count);
    if (means_no_gpu(code)) return {false, cudaGetErrorString(code), {}, 0};
    TOKENYARD_CUDA(code);
    if (count == 0) return {false, "no CUDA-capable device is detected", {}, 0};
    cudaDeviceProp properties{};
    TOKENYARD_CUDA(cudaGetDeviceProperties(&properties, wanted % count));
    DeviceDescription device;
    device.name = properties.name;
    device.multiprocessors = properties.multiProcessorCount;
    device.compute_capability = 10 * properties.major + properties.minor;
    device.l2_bytes = properties.l2CacheSize;
    device.memory_bytes = static_cast<long>(properties.totalGlobalMem);
    TOKENYARD_CUDA(cudaDriverGetVersion(&device.driver));
    TOKENYARD_CUDA(cudaRuntimeGetVersion(&device.runtime));
    return {true, {}, device, count};
}

}  // namespace tokenyard::gpu
