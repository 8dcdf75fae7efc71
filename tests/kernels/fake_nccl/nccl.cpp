// SPDX-License-Identifier: Apache-2.0
#include "kernels/fake_nccl/nccl.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace {

/// What outlives a communicator, as work that is in a stream does.
struct Member {
    std::string id;
    int ranks = 0, rank = 0;
    bool is_aborted = false;
    ncclResult_t error = ncclSuccess;  // found while the device worked
};

}  // namespace

struct FakeCommunicator {
    std::shared_ptr<Member> member;
};

namespace {

struct Message {
    const void* from;
    std::size_t bytes;
    bool is_taken = false;
};
using Pair = std::pair<std::string, std::pair<int, int>>;  // communicator, source and destination

std::mutex mutex;
std::condition_variable news;
std::map<Pair, std::deque<std::shared_ptr<Message>>> mail;
std::set<std::pair<Pair, bool>> connected;  // ends that have called: senders and receivers
std::map<std::string, int> arrived;
bool is_released = false;
std::atomic<int> registered{0}, communicators{0}, ids{0}, most_sends{0};

struct Operation {
    bool is_send;
    const void* from;
    void* to;
    std::size_t bytes;
    int peer;
    std::shared_ptr<Member> member;
    cudaStream_t stream;

    Pair pair() const { return {member->id, is_send ? std::pair{member->rank, peer} : std::pair{peer, member->rank}}; }
};
thread_local int depth = 0;
thread_local std::vector<Operation> group;

/// The first call of a pair waits for the other end, as NCCL does to connect them.
ncclResult_t connect(const std::vector<Operation>& operations) {
    std::unique_lock lock(mutex);
    for (const Operation& one : operations) connected.insert({one.pair(), one.is_send});
    news.notify_all();
    for (const Operation& one : operations)
        news.wait(lock, [&] { return connected.count({one.pair(), !one.is_send}) > 0 || is_released; });
    return is_released ? ncclInternalError : ncclSuccess;
}

/// A group in a stream, running: what its kernel does, asked again until it has ended.
struct Kernel {
    std::vector<Operation> receives;
    std::vector<std::pair<Pair, std::shared_ptr<Message>>> sends;
    bool has_begun = false;

    explicit Kernel(const std::vector<Operation>& operations) {
        for (const Operation& one : operations)
            if (one.is_send) sends.emplace_back(one.pair(), std::make_shared<Message>(Message{one.from, one.bytes}));
            else receives.push_back(one);
    }

    bool has_ended() {
        const std::lock_guard lock(mutex);
        if (!std::exchange(has_begun, true))
            for (const auto& [pair, message] : sends) mail[pair].push_back(message);
        for (auto one = receives.begin(); one != receives.end();) {
            if (is_released || one->member->is_aborted) return true;
            auto& queue = mail[one->pair()];
            if (queue.empty()) {
                ++one;
                continue;
            }
            if (queue.front()->bytes != one->bytes) one->member->error = ncclInvalidArgument;
            else std::memcpy(one->to, queue.front()->from, one->bytes);
            queue.front()->is_taken = true;
            queue.pop_front();
            one = receives.erase(one);
        }
        return receives.empty() &&
               (is_released || std::all_of(sends.begin(), sends.end(), [](const auto& one) { return one.second->is_taken; }));
    }
};

ncclResult_t run(const std::vector<Operation>& operations) {
    if (operations.empty()) return ncclSuccess;
    for (const Operation& one : operations)
        most_sends = std::max<int>(
            most_sends, static_cast<int>(std::count_if(operations.begin(), operations.end(), [&](const Operation& other) {
                return other.is_send && other.peer == one.peer;
            })));
    if (const ncclResult_t code = connect(operations); code != ncclSuccess) return code;
    const auto running = std::make_shared<std::unique_ptr<Kernel>>();  // anew each time, because graphs launch a group again
    tokenyard::gpu::enqueue_emulated(operations.front().stream, [running, operations] {
        if (!*running) *running = std::make_unique<Kernel>(operations);
        bool is_done = (*running)->has_ended();
        {
            const std::lock_guard lock(mutex);
            is_done |= operations.front().member->is_aborted || is_released;
        }
        if (is_done) running->reset();
        return is_done;
    });
    return ncclSuccess;
}

ncclResult_t add(const Operation& one) {
    if (one.peer < 0 || one.peer >= one.member->ranks) return ncclInvalidArgument;
    if (depth == 0) return run({one});
    group.push_back(one);
    return ncclSuccess;
}

}  // namespace

void fake_nccl_release() {
    const std::lock_guard lock(mutex);
    is_released = true;
    news.notify_all();
}
int fake_nccl_registered() { return registered; }
int fake_nccl_communicators() { return communicators; }
int fake_nccl_most_sends_to_a_peer() { return most_sends; }

ncclResult_t ncclGetVersion(int* version) {
    *version = fake_nccl_version;
    return ncclSuccess;
}
ncclResult_t ncclGetUniqueId(ncclUniqueId* id) {
    std::memset(id->internal, 0, sizeof id->internal);
    id->internal[0] = static_cast<char>(++ids);
    id->internal[100] = 1;  // all 128 bytes are to arrive, not only a text
    return ncclSuccess;
}
ncclResult_t ncclCommInitRankConfig(ncclComm_t* communicator, int ranks, ncclUniqueId id, int rank, ncclConfig_t*) {
    const std::string name(id.internal, sizeof id.internal);
    *communicator = new FakeCommunicator{std::make_shared<Member>(Member{name, ranks, rank})};
    ++communicators;
    std::unique_lock lock(mutex);
    ++arrived[name];
    news.notify_all();
    news.wait(lock, [&] { return arrived[name] >= ranks || is_released; });
    return is_released ? ncclInternalError : ncclSuccess;
}
ncclResult_t ncclCommFinalize(ncclComm_t) { return ncclSuccess; }
ncclResult_t ncclCommDestroy(ncclComm_t communicator) { return ncclCommAbort(communicator); }
ncclResult_t ncclCommAbort(ncclComm_t communicator) {
    --communicators;
    {
        const std::lock_guard lock(mutex);
        communicator->member->is_aborted = true;
    }
    delete communicator;
    return ncclSuccess;
}
ncclResult_t ncclCommGetAsyncError(ncclComm_t communicator, ncclResult_t* state) {
    const std::lock_guard lock(mutex);
    *state = communicator->member->error;
    return ncclSuccess;
}
ncclResult_t ncclCommRegister(ncclComm_t, void* start, std::size_t, void** handle) {
    ++registered;
    *handle = start;
    return ncclSuccess;
}
ncclResult_t ncclCommDeregister(ncclComm_t, void*) {
    --registered;
    return ncclSuccess;
}
ncclResult_t ncclMemAlloc(void** start, std::size_t bytes) {
    return cudaMalloc(start, bytes) == cudaSuccess ? ncclSuccess : ncclInternalError;
}
ncclResult_t ncclMemFree(void* start) {
    cudaFree(start);
    return ncclSuccess;
}
ncclResult_t ncclGroupStart() {
    ++depth;
    return ncclSuccess;
}
ncclResult_t ncclGroupEnd() {
    if (--depth > 0) return ncclSuccess;
    return run(std::exchange(group, {}));
}
ncclResult_t ncclSend(const void* from, std::size_t count, ncclDataType_t, int peer, ncclComm_t communicator,
                      cudaStream_t stream) {
    return add({true, from, nullptr, count, peer, communicator->member, stream});
}
ncclResult_t ncclRecv(void* to, std::size_t count, ncclDataType_t, int peer, ncclComm_t communicator, cudaStream_t stream) {
    return add({false, nullptr, to, count, peer, communicator->member, stream});
}
ncclResult_t ncclAlltoAll(const void* from, void* to, std::size_t count, ncclDataType_t type, ncclComm_t communicator,
                          cudaStream_t stream) {
    ncclGroupStart();
    for (int peer = 0; peer < communicator->member->ranks; ++peer) {
        const auto offset = static_cast<std::size_t>(peer) * count;
        ncclSend(static_cast<const char*>(from) + offset, count, type, peer, communicator, stream);
        ncclRecv(static_cast<char*>(to) + offset, count, type, peer, communicator, stream);
    }
    return ncclGroupEnd();
}
const char* ncclGetErrorString(ncclResult_t code) {
    return code == ncclInvalidArgument ? "invalid argument" : code == ncclInternalError ? "internal error" : "no error";
}
const char* ncclGetLastError(ncclComm_t) { return ""; }
