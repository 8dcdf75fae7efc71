// SPDX-License-Identifier: Apache-2.0
// Streams as queues: what is in them runs while somebody waits.
#pragma once

#include <cuda_runtime.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

struct EmulatedGraph {
    std::vector<std::function<bool()>> work;
};

struct EmulatedStream {
    int device = 0;
    std::deque<std::function<bool()>> queue;  // each says whether it is done, and is asked again where it is not
    std::unique_ptr<EmulatedGraph> captured;  // what is recorded instead, between begin and end of a capture
};

struct EmulatedEvent {
    struct Record {
        bool has_passed = false;
        std::chrono::steady_clock::time_point at;
    };
    std::shared_ptr<Record> last;  // none: never recorded
};

namespace tokenyard::gpu {

/// The device that this thread has set.
int current_device();
void set_current_device(int device);

cudaStream_t make_stream();
void end_stream(cudaStream_t stream);  // does what it has first

/// From here on the stream keeps what it is given for a graph; false where it does that already.
bool begin_capture(cudaStream_t stream);
/// None where nothing was begun.
std::unique_ptr<EmulatedGraph> end_capture(cudaStream_t stream);
bool is_capturing(cudaStream_t stream);

void record_event(cudaEvent_t event, cudaStream_t stream);
bool has_passed(cudaEvent_t event);

void finish_stream(cudaStream_t stream);
void finish_device();       // of this thread
void finish_all_devices();  // throws nothing: a kernel's mistake is kept for who waits next
void finish_event(cudaEvent_t event);

/// Does some of what there is, in this stream and in others, and says whether the stream is done.
bool is_stream_done(cudaStream_t stream);
/// True now and then.
bool by_chance();

}  // namespace tokenyard::gpu
