// SPDX-License-Identifier: Apache-2.0
#include "emulator/streams.hpp"

#include "emulator/run.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <map>
#include <mutex>
#include <random>
#include <utility>
#include <vector>

namespace tokenyard::gpu {
namespace {

constexpr int steps_of_a_query = 4;

std::mt19937 seeded() {
    const char* seed = std::getenv("TOKENYARD_EMULATOR_SEED");
    return std::mt19937(seed ? static_cast<unsigned>(std::strtoul(seed, nullptr, 10)) : 1u);
}

/// All streams of this process. Whoever waits does the work of all of them, so that no order between two streams can be relied
/// on.
struct Streams {
    std::mutex mutex;
    std::condition_variable news;
    std::vector<cudaStream_t> all;
    std::map<int, cudaStream_t> of_device;  // that nullptr means
    std::mt19937 random = seeded();
    std::exception_ptr mistake;  // of a kernel, for who waits next

    cudaStream_t actual(cudaStream_t stream) {
        if (stream) return stream;
        cudaStream_t& one = of_device[current_device()];
        if (!one) all.push_back(one = new EmulatedStream{current_device(), {}, {}});
        return one;
    }

    /// Does the next thing of some stream. False where there is nothing, or all that is there waits for something else.
    bool step() {
        std::vector<cudaStream_t> busy;
        std::copy_if(all.begin(), all.end(), std::back_inserter(busy), [](cudaStream_t one) { return !one->queue.empty(); });
        std::shuffle(busy.begin(), busy.end(), random);
        for (cudaStream_t one : busy) {
            const std::function<bool()> work = std::move(one->queue.front());
            one->queue.pop_front();
            if (is_done(work)) {
                news.notify_all();
                return true;
            }
            one->queue.push_front(work);
        }
        return false;
    }

    bool is_done(const std::function<bool()>& work) {
        try {
            return work();
        } catch (...) {
            mistake = std::current_exception();
            return true;
        }
    }

    /// Calls that end something throw nothing: they are called by destructors.
    template <class IsDone>
    void work_until(const IsDone& is_done, bool may_throw = true) {
        constexpr auto nap = std::chrono::milliseconds(1);  // what all wait for is another thread's to bring
        std::unique_lock lock(mutex);
        while (!is_done())
            if (!step()) news.wait_for(lock, nap);
        if (may_throw && mistake) std::rethrow_exception(std::exchange(mistake, nullptr));
    }
};

Streams& streams() {
    static Streams* one = new Streams;  // never ended: threads may outlive main's statics
    return *one;
}

thread_local int device_of_thread = 0;

bool is_idle(cudaStream_t stream) { return stream->queue.empty(); }

}  // namespace

int current_device() { return device_of_thread; }
void set_current_device(int device) { device_of_thread = device; }

cudaStream_t make_stream() {
    const std::lock_guard lock(streams().mutex);
    return streams().all.emplace_back(new EmulatedStream{current_device(), {}, {}});
}

void end_stream(cudaStream_t stream) {
    streams().work_until([stream] { return is_idle(stream); }, false);
    const std::lock_guard lock(streams().mutex);
    std::vector<cudaStream_t>& all = streams().all;
    all.erase(std::find(all.begin(), all.end(), stream));
    delete stream;
}

void enqueue_emulated(cudaStream_t stream, const std::function<bool()>& is_done) {
    const std::lock_guard lock(streams().mutex);
    EmulatedStream& one = *streams().actual(stream);
    if (one.captured) return one.captured->work.push_back(is_done);
    one.queue.push_back(is_done);
    if (streams().random() % 4 == 0) streams().step();  // a device does not wait for the host to wait
}

cudaError_t launch_emulated(const cudaLaunchConfig_t& config, const std::function<void()>& thread) {
    if (const cudaError_t refusal = refusal_of(config); refusal != cudaSuccess) return refusal;
    enqueue_emulated(config.stream, [config, thread] {
        run_emulated(config, thread, streams().random);
        return true;
    });
    return cudaSuccess;
}

bool begin_capture(cudaStream_t stream) {
    const std::lock_guard lock(streams().mutex);
    if (stream->captured) return false;
    stream->captured = std::make_unique<EmulatedGraph>();
    return true;
}

std::unique_ptr<EmulatedGraph> end_capture(cudaStream_t stream) {
    const std::lock_guard lock(streams().mutex);
    return std::move(stream->captured);
}

bool is_capturing(cudaStream_t stream) {
    const std::lock_guard lock(streams().mutex);
    return stream && stream->captured;
}

void record_event(cudaEvent_t event, cudaStream_t stream) {
    const auto record = std::make_shared<EmulatedEvent::Record>();
    event->last = record;
    enqueue_emulated(stream, [record] {
        record->at = std::chrono::steady_clock::now();
        return record->has_passed = true;
    });
}

bool has_passed(cudaEvent_t event) {
    const std::lock_guard lock(streams().mutex);
    return event->last && event->last->has_passed;
}

void finish_stream(cudaStream_t stream) {
    streams().work_until([stream] { return is_idle(streams().actual(stream)); });
}

void finish_device() {
    streams().work_until([] {
        return std::all_of(streams().all.begin(), streams().all.end(),
                           [](cudaStream_t one) { return one->device != current_device() || is_idle(one); });
    });
}

void finish_all_devices() {
    streams().work_until([] { return std::all_of(streams().all.begin(), streams().all.end(), is_idle); }, false);
}

void finish_event(cudaEvent_t event) {
    streams().work_until([event] { return !event->last || event->last->has_passed; });
}

bool is_stream_done(cudaStream_t stream) {
    const std::lock_guard lock(streams().mutex);
    for (int step = 0; step < steps_of_a_query && !is_idle(streams().actual(stream)); ++step) streams().step();
    if (streams().mistake) std::rethrow_exception(std::exchange(streams().mistake, nullptr));
    return is_idle(streams().actual(stream));
}

bool by_chance() {
    const std::lock_guard lock(streams().mutex);
    return streams().random() % 2 == 0;
}

}  // namespace tokenyard::gpu
