// SPDX-License-Identifier: Apache-2.0
// Streams as queues: what is in them runs while somebody waits.
#pragma once

#include <cuda_runtime.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>

struct EmulatedStream {
    int device = 0;
    std::deque<std::function<bool()>> queue;  // each says whether it is done, and is asked again where it is not
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
