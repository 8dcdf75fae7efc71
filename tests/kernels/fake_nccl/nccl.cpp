// SPDX-License-Identifier: Apache-2.0
#include "kernels/fake_nccl/nccl.h"

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

struct FakeCommunicator {
    std::string id;
    int ranks, rank;
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
std::map<std::string, int> arrived;
bool is_released = false;
std::atomic<int> registered{0}, communicators{0}, ids{0};

struct Operation {
    bool is_send;
    const void* from;
    void* to;
    std::size_t bytes;
    int peer;
    ncclComm_t communicator;
};
thread_local int depth = 0;
thread_local std::vector<Operation> group;

ncclResult_t run(const std::vector<Operation>& operations) {
    std::unique_lock lock(mutex);
    std::vector<std::shared_ptr<Message>> sent;
    for (const Operation& one : operations)
        if (one.is_send) {
            sent.push_back(std::make_shared<Message>(Message{one.from, one.bytes}));
            mail[{one.communicator->id, {one.communicator->rank, one.peer}}].push_back(sent.back());
        }
    news.notify_all();
    for (const Operation& one : operations) {
        if (one.is_send) continue;
        auto& queue = mail[{one.communicator->id, {one.peer, one.communicator->rank}}];
        news.wait(lock, [&] { return !queue.empty() || is_released; });
        if (is_released) return ncclInternalError;
        if (queue.front()->bytes != one.bytes) return ncclInvalidArgument;
        std::memcpy(one.to, queue.front()->from, one.bytes);
        queue.front()->is_taken = true;
        queue.pop_front();
        news.notify_all();
    }
    for (const std::shared_ptr<Message>& message : sent) news.wait(lock, [&] { return message->is_taken || is_released; });
    return is_released ? ncclInternalError : ncclSuccess;
}

ncclResult_t add(const Operation& one) {
    if (!one.communicator || one.peer < 0 || one.peer >= one.communicator->ranks) return ncclInvalidArgument;
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
    *communicator = new FakeCommunicator{std::string(id.internal, sizeof id.internal), ranks, rank};
    ++communicators;
    std::unique_lock lock(mutex);
    ++arrived[(*communicator)->id];
    news.notify_all();
    news.wait(lock, [&] { return arrived[(*communicator)->id] >= ranks || is_released; });
    return is_released ? ncclInternalError : ncclSuccess;
}
ncclResult_t ncclCommFinalize(ncclComm_t) { return ncclSuccess; }
ncclResult_t ncclCommDestroy(ncclComm_t communicator) { return ncclCommAbort(communicator); }
ncclResult_t ncclCommAbort(ncclComm_t communicator) {
    --communicators;
    delete communicator;
    return ncclSuccess;
}
ncclResult_t ncclCommGetAsyncError(ncclComm_t, ncclResult_t* state) {
    *state = ncclSuccess;
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
ncclResult_t ncclSend(const void* from, std::size_t count, ncclDataType_t, int peer, ncclComm_t communicator, cudaStream_t) {
    return add({true, from, nullptr, count, peer, communicator});
}
ncclResult_t ncclRecv(void* to, std::size_t count, ncclDataType_t, int peer, ncclComm_t communicator, cudaStream_t) {
    return add({false, nullptr, to, count, peer, communicator});
}
ncclResult_t ncclAlltoAll(const void* from, void* to, std::size_t count, ncclDataType_t type, ncclComm_t communicator,
                          cudaStream_t stream) {
    ncclGroupStart();
    for (int peer = 0; peer < communicator->ranks; ++peer) {
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
