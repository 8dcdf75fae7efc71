// SPDX-License-Identifier: Apache-2.0
// CUDA's host calls over plain memory and the emulator's streams.
#include "emulator/streams.hpp"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <utility>
#include <vector>

namespace {

using namespace tokenyard::gpu;

constexpr std::size_t alignment = 256;  // as cudaMalloc promises
constexpr int uninitialised = 0xCD;

/// For tests of ranks that die or stop moving: TOKENYARD_EMULATOR_KILL_AT=N kills this process when it records its event N, by
/// SIGKILL; TOKENYARD_EMULATOR_STOP_AT=N stops it there, by SIGSTOP. Event 0 is the choice of a device. N@D: where the device is
/// D.
void pass_event(int event) {
    for (const auto& [variable, signal] :
         {std::pair{"TOKENYARD_EMULATOR_KILL_AT", SIGKILL}, std::pair{"TOKENYARD_EMULATOR_STOP_AT", SIGSTOP}}) {
        const char* at = std::getenv(variable);
        int wanted = 0, device = current_device();
        if (at && std::sscanf(at, "%d@%d", &wanted, &device) >= 1 && wanted == event && device == current_device())
            std::raise(signal);
    }
}

/// What CUDA_VISIBLE_DEVICES leaves of the one device, or of as many as TOKENYARD_EMULATOR_DEVICES says: where each is on the
/// bus.
std::vector<int> visible_devices() {
    const char *devices = std::getenv("TOKENYARD_EMULATOR_DEVICES"), *visible = std::getenv("CUDA_VISIBLE_DEVICES");
    std::vector<int> all;
    if (!visible) {
        for (int device = 0; device < (devices ? std::atoi(devices) : 1); ++device) all.push_back(device);
        return all;
    }
    std::istringstream text(visible);
    for (std::string one; std::getline(text, one, ',');) all.push_back(std::atoi(one.c_str()));
    return all;
}

bool is_device(int device) { return device >= 0 && static_cast<std::size_t>(device) < visible_devices().size(); }

}  // namespace

const char* cudaGetErrorName(cudaError_t code) {
    switch (code) {
        case cudaErrorInvalidConfiguration: return "cudaErrorInvalidConfiguration";
        case cudaErrorMemoryAllocation: return "cudaErrorMemoryAllocation";
        case cudaErrorInvalidDevice: return "cudaErrorInvalidDevice";
        case cudaErrorNotReady: return "cudaErrorNotReady";
        default: return "cudaErrorInvalidValue";
    }
}
const char* cudaGetErrorString(cudaError_t code) {
    switch (code) {
        case cudaErrorInvalidConfiguration: return "invalid configuration argument";
        case cudaErrorMemoryAllocation: return "out of memory";
        case cudaErrorInvalidDevice: return "invalid device ordinal";
        case cudaErrorNotReady: return "device not ready";
        default: return "invalid argument";
    }
}
cudaError_t cudaGetLastError() { return cudaSuccess; }

cudaError_t cudaGetDeviceCount(int* count) {
    *count = static_cast<int>(visible_devices().size());
    return *count > 0 ? cudaSuccess : cudaErrorNoDevice;
}
cudaError_t cudaSetDevice(int device) {
    if (!is_device(device)) return cudaErrorInvalidDevice;
    set_current_device(device);
    pass_event(0);
    return cudaSuccess;
}
cudaError_t cudaDeviceGetPCIBusId(char* text, int size, int device) {
    if (!is_device(device)) return cudaErrorInvalidDevice;
    std::snprintf(text, static_cast<std::size_t>(size), "0000:%02x:00.0",
                  static_cast<unsigned>(visible_devices()[static_cast<std::size_t>(device)]));
    return cudaSuccess;
}
cudaError_t cudaDeviceGetByPCIBusId(int* device, const char* text) {
    unsigned bus = 0;
    const std::vector<int> visible = visible_devices();
    if (std::sscanf(text, "0000:%x:00.0", &bus) != 1) return cudaErrorInvalidValue;
    for (*device = 0; is_device(*device); ++*device)
        if (visible[static_cast<std::size_t>(*device)] == static_cast<int>(bus)) return cudaSuccess;
    return cudaErrorInvalidDevice;
}
/// NVLink between all. As CUDA's, it refuses a device as its own peer.
cudaError_t cudaDeviceGetP2PAttribute(int* value, cudaDeviceP2PAttr, int device, int peer) {
    if (!is_device(device) || !is_device(peer) || device == peer) return cudaErrorInvalidDevice;
    *value = 1;
    return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
    if (!is_device(device)) return cudaErrorInvalidDevice;
    *properties = {"a CPU that emulates a GPU", 1, 0, 0, 0, 0};
    return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int* version) {
    *version = 0;
    return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) { return cudaDriverGetVersion(version); }

/// With access between peers, memory is mapped on all of them: giving it back waits for what they do, taking it may.
cudaError_t cudaMalloc(void** start, std::size_t bytes) {
    if (by_chance()) finish_all_devices();
    *start = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    if (!*start) return cudaErrorMemoryAllocation;
    std::memset(*start, uninitialised, bytes);
    return cudaSuccess;
}
cudaError_t cudaFree(void* start) {
    if (start) finish_all_devices();
    std::free(start);
    return cudaSuccess;
}
cudaError_t cudaMallocHost(void** start, std::size_t bytes) { return cudaMalloc(start, bytes); }
cudaError_t cudaFreeHost(void* start) { return cudaFree(start); }

/// In the default stream, which does not wait for the streams that do not wait for it: other streams may or may not have done
/// their work by then.
cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
    cudaMemcpyAsync(to, from, bytes, kind, nullptr);
    return cudaStreamSynchronize(nullptr);
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind, cudaStream_t stream) {
    enqueue_emulated(stream, [=] {
        std::memcpy(to, from, bytes);
        return true;
    });
    return cudaSuccess;
}
cudaError_t cudaMemset(void* start, int byte, std::size_t bytes) { return cudaMemsetAsync(start, byte, bytes, nullptr); }
cudaError_t cudaMemsetAsync(void* start, int byte, std::size_t bytes, cudaStream_t stream) {
    enqueue_emulated(stream, [=] {
        std::memset(start, byte, bytes);
        return true;
    });
    return cudaSuccess;
}
cudaError_t cudaDeviceSynchronize() {
    finish_device();
    return cudaSuccess;
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
    *stream = make_stream();
    return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    end_stream(stream);
    return cudaSuccess;
}
cudaError_t cudaStreamQuery(cudaStream_t stream) {
    if (is_capturing(stream)) return cudaErrorStreamCaptureUnsupported;
    return is_stream_done(stream) ? cudaSuccess : cudaErrorNotReady;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
    if (is_capturing(stream)) return cudaErrorStreamCaptureUnsupported;
    finish_stream(stream);
    return cudaSuccess;
}
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
    return begin_capture(stream) ? cudaSuccess : cudaErrorInvalidValue;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
    *graph = end_capture(stream).release();
    return *graph ? cudaSuccess : cudaErrorInvalidValue;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
    *executable = new EmulatedGraph(*graph);
    return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
    for (const std::function<bool()>& work : executable->work) enqueue_emulated(stream, work);
    return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
    delete graph;
    return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) { return cudaGraphDestroy(executable); }
cudaError_t cudaEventCreate(cudaEvent_t* event) {
    *event = new EmulatedEvent{};
    return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
    delete event;
    return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    static std::atomic<int> recorded = 0;
    pass_event(++recorded);
    record_event(event, stream);
    return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    finish_event(event);
    return cudaSuccess;
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
    if (!has_passed(start) || !has_passed(end)) return cudaErrorNotReady;
    *milliseconds = std::chrono::duration<float, std::milli>(end->last->at - start->last->at).count();
    return cudaSuccess;
}
