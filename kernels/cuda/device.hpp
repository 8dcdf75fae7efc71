// SPDX-License-Identifier: Apache-2.0
// What lives on the device and is given back by itself: memory, streams, events. Plain device memory only, never managed.
#pragma once

#include "cuda/error.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace tokenyard::gpu {

/// Copies behind everything that the device has been given so far, in any stream, and returns when the bytes are there.
/// (cudaMemcpy alone does neither for streams that do not wait for the default stream, and may return while pageable memory is on
/// its way.)
void copy_to_device(void* to, const void* from, std::size_t bytes);
void copy_to_host(void* to, const void* from, std::size_t bytes);

/// The values that begin at `start` in device memory; waits as above.
template <class T>
std::vector<T> read_device(const T* start, std::size_t count) {
    std::vector<T> values(count);
    if (count > 0) copy_to_host(static_cast<void*>(values.data()), start, count * sizeof(T));
    return values;
}

/// `count` objects in device memory, not initialised. Moves, does not copy. A count of 0 holds nothing and is no error.
template <class T>
class DeviceArray {
public:
    DeviceArray() = default;
    explicit DeviceArray(std::size_t count) : count_(count) {
        if (count > 0) TOKENYARD_CUDA(cudaMalloc(reinterpret_cast<void**>(&start_), count * sizeof(T)));
    }
    explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) { copy_from(values); }
    DeviceArray(DeviceArray&& other) noexcept
        : start_(std::exchange(other.start_, nullptr)), count_(std::exchange(other.count_, 0)) {}
    DeviceArray& operator=(DeviceArray&& other) noexcept {
        std::swap(start_, other.start_);
        std::swap(count_, other.count_);
        return *this;
    }
    ~DeviceArray() { cudaFree(start_); }  // a failure here was some earlier call's, which has been told of it

    T* get() { return start_; }
    const T* get() const { return start_; }
    std::size_t size() const { return count_; }

    /// Pre: as many values.
    void copy_from(const std::vector<T>& values) {
        if (values.size() != count_) throw std::invalid_argument("DeviceArray::copy_from: sizes differ");
        if (count_ > 0) copy_to_device(start_, values.data(), count_ * sizeof(T));
    }
    std::vector<T> to_host() const { return read_device(start_, count_); }

private:
    T* start_ = nullptr;
    std::size_t count_ = 0;
};

/// A stream of its own, which does not wait for the default stream.
class Stream {
public:
    Stream() { TOKENYARD_CUDA(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking)); }
    ~Stream() { cudaStreamDestroy(stream_); }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    cudaStream_t get() const { return stream_; }
    void wait() const { TOKENYARD_CUDA(cudaStreamSynchronize(stream_)); }

private:
    cudaStream_t stream_ = nullptr;
};

class Event {
public:
    Event() { TOKENYARD_CUDA(cudaEventCreate(&event_)); }
    ~Event() { cudaEventDestroy(event_); }
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;

    void record(const Stream& stream) { TOKENYARD_CUDA(cudaEventRecord(event_, stream.get())); }
    void wait() const { TOKENYARD_CUDA(cudaEventSynchronize(event_)); }
    cudaEvent_t get() const { return event_; }

private:
    cudaEvent_t event_ = nullptr;
};

/// Between two events that have passed.
inline double microseconds_between(const Event& start, const Event& end) {
    float milliseconds = 0;
    TOKENYARD_CUDA(cudaEventElapsedTime(&milliseconds, start.get(), end.get()));
    return 1e3 * static_cast<double>(milliseconds);
}

/// What a record says of the device it was made on.
struct DeviceDescription {
    std::string name;
    int multiprocessors = 0, compute_capability = 0;  // 90 for 9.0
    long l2_bytes = 0, memory_bytes = 0;
    int driver = 0, runtime = 0;  // CUDA versions, 13000 for 13.0
};

/// Of one device, or why there is none: no GPU, no driver, or one too old. Throws CudaError for anything else.
struct DeviceSearch {
    bool is_found = false;
    std::string reason;  // one line, where none was found
    DeviceDescription device;
    int count = 0;  // of devices that can be seen
};
/// `wanted` is counted round: with 2 devices, 3 is the second one.
DeviceSearch find_device(int wanted = 0);

}  // namespace tokenyard::gpu
