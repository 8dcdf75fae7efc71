// SPDX-License-Identifier: Apache-2.0
// CUDA's host calls over plain memory: everything has happened when a call returns.
#include <cuda_runtime.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

struct EmulatedStream {};
struct EmulatedEvent {
    std::chrono::steady_clock::time_point passed;
};

namespace {

constexpr std::size_t alignment = 256;  // as cudaMalloc promises
constexpr int uninitialised = 0xCD;

/// For tests of ranks that die or stop moving: TOKENYARD_EMULATOR_KILL_AT=N kills this process when it records its event N, by
/// SIGKILL; TOKENYARD_EMULATOR_STOP_AT=N stops it there, by SIGSTOP.
void pass_event() {
    static std::atomic<int> passed = 0;
    const int event = ++passed;
    for (const auto& [variable, signal] :
         {std::pair{"TOKENYARD_EMULATOR_KILL_AT", SIGKILL}, std::pair{"TOKENYARD_EMULATOR_STOP_AT", SIGSTOP}}) {
        const char* at = std::getenv(variable);
        if (at && std::atoi(at) == event) std::raise(signal);
    }
}

}  // namespace

const char* cudaGetErrorName(cudaError_t code) {
    return code == cudaErrorInvalidConfiguration ? "cudaErrorInvalidConfiguration"
           : code == cudaErrorMemoryAllocation   ? "cudaErrorMemoryAllocation"
                                                 : "cudaErrorInvalidValue";
}
const char* cudaGetErrorString(cudaError_t code) {
    return code == cudaErrorInvalidConfiguration ? "invalid configuration argument"
           : code == cudaErrorMemoryAllocation   ? "out of memory"
                                                 : "invalid argument";
}
/// One device, or as many as TOKENYARD_EMULATOR_DEVICES says: they share a memory and take turns.
cudaError_t cudaGetDeviceCount(int* count) {
    const char* devices = std::getenv("TOKENYARD_EMULATOR_DEVICES");
    *count = devices ? std::atoi(devices) : 1;
    return cudaSuccess;
}
cudaError_t cudaSetDevice(int device) {
    int count = 0;
    cudaGetDeviceCount(&count);
    return device >= 0 && device < count ? cudaSuccess : cudaErrorInvalidValue;
}
cudaError_t cudaDeviceGetPCIBusId(char* text, int size, int device) {
    std::snprintf(text, static_cast<std::size_t>(size), "0000:%02x:00.0", static_cast<unsigned>(device));
    return cudaSuccess;
}
cudaError_t cudaDeviceCanAccessPeer(int* can, int, int) {
    *can = 1;
    return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
    *properties = {"a CPU that emulates a GPU", 1, 0, 0, 0, 0};
    return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int* version) {
    *version = 0;
    return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) { return cudaDriverGetVersion(version); }
cudaError_t cudaMalloc(void** start, std::size_t bytes) {
    *start = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    if (!*start) return cudaErrorMemoryAllocation;
    std::memset(*start, uninitialised, bytes);
    return cudaSuccess;
}
cudaError_t cudaFree(void* start) {
    std::free(start);
    return cudaSuccess;
}
cudaError_t cudaMallocHost(void** start, std::size_t bytes) { return cudaMalloc(start, bytes); }
cudaError_t cudaFreeHost(void* start) { return cudaFree(start); }
cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind) {
    std::memcpy(to, from, bytes);
    return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, cudaStream_t) {
    return cudaMemcpy(to, from, bytes, kind);
}
cudaError_t cudaMemset(void* start, int byte, std::size_t bytes) {
    std::memset(start, byte, bytes);
    return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* start, int byte, std::size_t bytes, cudaStream_t) { return cudaMemset(start, byte, bytes); }
cudaError_t cudaDeviceSynchronize() { return cudaSuccess; }
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
    *stream = new EmulatedStream;
    return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    delete stream;
    return cudaSuccess;
}
cudaError_t cudaStreamQuery(cudaStream_t) { return cudaSuccess; }
cudaError_t cudaStreamSynchronize(cudaStream_t) { return cudaSuccess; }
cudaError_t cudaEventCreate(cudaEvent_t* event) {
    *event = new EmulatedEvent{};
    return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
    delete event;
    return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t) {
    pass_event();
    event->passed = std::chrono::steady_clock::now();
    return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t) { return cudaSuccess; }
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
    *milliseconds = std::chrono::duration<float, std::milli>(end->passed - start->passed).count();
    return cudaSuccess;
}
