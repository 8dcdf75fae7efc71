// SPDX-License-Identifier: Apache-2.0
// Stands in for CUDA's header of this name, so that a plain C++ compiler builds the kernels and a CPU runs them, thread by
// thread. It checks arithmetic, indices, barriers and waits, and with AddressSanitizer memory. It has no speed worth measuring
// and sees no races within a block.
#pragma once

#include <math.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <tuple>
#include <type_traits>

#define __host__
#define __device__
#define __global__
#define __launch_bounds__(...)
// Blocks run one after another, and each finds NaN here: the section is filled before each. (In templates GCC ignores sections:
// there, take dynamic_shared.)
#define __shared__ static __attribute__((section("emulated_shared")))

struct dim3 {
    unsigned x, y, z;
    constexpr dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};
struct alignas(8) uint2 {
    unsigned x, y;
};
struct alignas(16) uint4 {
    unsigned x, y, z, w;
};
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }

// ---- the host's side: streams keep what they are given, and do it while somebody waits, asks or copies, one after another
// within a stream and in random order between streams (TOKENYARD_EMULATOR_SEED); now and then a little of it earlier
using cudaStream_t = struct EmulatedStream*;
using cudaEvent_t = struct EmulatedEvent*;
using cudaGraph_t = struct EmulatedGraph*;
using cudaGraphExec_t = struct EmulatedGraph*;
enum cudaError_t {
    cudaSuccess = 0,
    cudaErrorInvalidValue = 1,
    cudaErrorMemoryAllocation = 2,
    cudaErrorInvalidConfiguration = 9,
    cudaErrorInsufficientDriver = 35,
    cudaErrorStubLibrary = 34,
    cudaErrorNotReady = 600,
    cudaErrorStreamCaptureUnsupported = 900,
    cudaErrorNoDevice = 100,
    cudaErrorInvalidDevice = 101,
    cudaErrorSystemDriverMismatch = 803
};
enum cudaDeviceP2PAttr { cudaDevP2PAttrNativeAtomicSupported = 3 };
enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2, cudaMemcpyDeviceToDevice = 3 };
enum cudaStreamCaptureMode { cudaStreamCaptureModeThreadLocal = 1 };
constexpr unsigned cudaStreamNonBlocking = 1;
struct cudaDeviceProp {
    char name[256];
    int multiProcessorCount, major, minor, l2CacheSize;
    std::size_t totalGlobalMem;
};
struct cudaLaunchConfig_t {
    dim3 gridDim, blockDim;
    std::size_t dynamicSmemBytes;
    cudaStream_t stream;
};
const char* cudaGetErrorName(cudaError_t code);
const char* cudaGetErrorString(cudaError_t code);
cudaError_t cudaGetDeviceCount(int* count);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaDeviceGetPCIBusId(char* text, int size, int device);
cudaError_t cudaDeviceGetByPCIBusId(int* device, const char* text);
cudaError_t cudaDeviceGetP2PAttribute(int* value, cudaDeviceP2PAttr attribute, int device, int peer);
cudaError_t cudaGetLastError();
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device);
cudaError_t cudaDriverGetVersion(int* version);
cudaError_t cudaRuntimeGetVersion(int* version);
cudaError_t cudaMalloc(void** start, std::size_t bytes);
cudaError_t cudaFree(void* start);
cudaError_t cudaMallocHost(void** start, std::size_t bytes);
cudaError_t cudaFreeHost(void* start);
cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind);
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, cudaStream_t stream);
cudaError_t cudaMemset(void* start, int byte, std::size_t bytes);
cudaError_t cudaMemsetAsync(void* start, int byte, std::size_t bytes, cudaStream_t stream);
cudaError_t cudaDeviceSynchronize();
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamQuery(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long flags);
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable);
cudaError_t cudaEventCreate(cudaEvent_t* event);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end);

namespace tokenyard::gpu {

/// Puts a launch into its stream: `thread` for every thread of every block; blocks one after another in random order, the threads
/// of one until each is at a barrier or done. Whoever waits then is thrown std::logic_error where threads wait for others that
/// never come.
cudaError_t launch_emulated(const cudaLaunchConfig_t& config, const std::function<void()>& thread);

/// Puts into a stream what is asked again and again until it says that it is done: a wait for a peer or for the host. It is asked
/// from any thread, one at a time, and must not call CUDA. In a graph it is asked anew in each launch after it was done.
void enqueue_emulated(cudaStream_t stream, const std::function<bool()>& is_done);

/// Of the block that runs.
void* emulated_shared_memory();

/// What a warp does together; each lane gives a value and is given those of all lanes. `what` must be the same for all of them.
const std::uint64_t* exchange_in_warp(const char* what, std::uint64_t value);
void wait_for_block();
unsigned emulated_lane();

template <class T>
std::uint64_t as_word(T value) {
    std::uint64_t word = 0;
    std::memcpy(&word, &value, sizeof value);
    return word;
}
template <class T>
T from_word(std::uint64_t word) {
    T value;
    std::memcpy(&value, &word, sizeof value);
    return value;
}

}  // namespace tokenyard::gpu

template <class... Parameters, class... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...), Arguments&&... arguments) {
    // Arguments are copied now, as CUDA does; what they point to must last until the kernel has run.
    const std::tuple<std::decay_t<Parameters>...> copies(std::forward<Arguments>(arguments)...);
    return tokenyard::gpu::launch_emulated(*config, [kernel, copies] { std::apply(kernel, copies); });
}

// ---- the device's side, as far as these kernels use it
extern dim3 threadIdx, blockIdx, blockDim, gridDim;

template <class T>
T __ldg(const T* from) {
    return *from;
}
template <class T>
T __ldcs(const T* from) {
    return *from;
}
template <class T>
void __stcs(T* to, T value) {
    *to = value;
}
inline int __popc(unsigned bits) { return __builtin_popcount(bits); }
inline int __float_as_int(float value) { return tokenyard::gpu::from_word<int>(tokenyard::gpu::as_word(value)); }
inline float __int_as_float(int bits) { return tokenyard::gpu::from_word<float>(tokenyard::gpu::as_word(bits)); }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline int atomicAdd(int* to, int value) {
    const int before = *to;
    *to += value;
    return before;
}

inline void __syncthreads() { tokenyard::gpu::wait_for_block(); }
inline void __syncwarp() { tokenyard::gpu::exchange_in_warp("__syncwarp", 0); }
template <class T>
T __shfl_sync(unsigned, T value, int lane) {
    return tokenyard::gpu::from_word<T>(
        tokenyard::gpu::exchange_in_warp("__shfl_sync", tokenyard::gpu::as_word(value))[lane & 31]);
}
template <class T>
T __shfl_xor_sync(unsigned, T value, int mask) {
    const std::uint64_t* all = tokenyard::gpu::exchange_in_warp("__shfl_xor_sync", tokenyard::gpu::as_word(value));
    return tokenyard::gpu::from_word<T>(all[tokenyard::gpu::emulated_lane() ^ static_cast<unsigned>(mask)]);
}
template <class T>
T __shfl_up_sync(unsigned, T value, unsigned distance) {
    const std::uint64_t* all = tokenyard::gpu::exchange_in_warp("__shfl_up_sync", tokenyard::gpu::as_word(value));
    const unsigned lane = tokenyard::gpu::emulated_lane();
    return tokenyard::gpu::from_word<T>(all[lane < distance ? lane : lane - distance]);
}
inline unsigned __ballot_sync(unsigned, bool holds) {
    const std::uint64_t* all = tokenyard::gpu::exchange_in_warp("__ballot_sync", holds);
    unsigned bits = 0;
    for (unsigned lane = 0; lane < 32; ++lane) bits |= static_cast<unsigned>(all[lane] != 0) << lane;
    return bits;
}
inline unsigned __match_any_sync(unsigned, int value) {
    const std::uint64_t mine = tokenyard::gpu::as_word(value);
    const std::uint64_t* all = tokenyard::gpu::exchange_in_warp("__match_any_sync", mine);
    unsigned bits = 0;
    for (unsigned lane = 0; lane < 32; ++lane) bits |= static_cast<unsigned>(all[lane] == mine) << lane;
    return bits;
}
inline unsigned __reduce_max_sync(unsigned, unsigned value) {
    const std::uint64_t* all = tokenyard::gpu::exchange_in_warp("__reduce_max_sync", value);
    for (unsigned lane = 0; lane < 32; ++lane) value = all[lane] > value ? static_cast<unsigned>(all[lane]) : value;
    return value;
}
inline unsigned __reduce_min_sync(unsigned, unsigned value) {
    const std::uint64_t* all = tokenyard::gpu::exchange_in_warp("__reduce_min_sync", value);
    for (unsigned lane = 0; lane < 32; ++lane) value = all[lane] < value ? static_cast<unsigned>(all[lane]) : value;
    return value;
}
