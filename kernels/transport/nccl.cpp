// SPDX-License-Identifier: Apache-2.0
// All-to-all by NCCL: ncclSend and ncclRecv in one group, or ncclAlltoAll. The communicator blocks its host calls, because one
// that does not begins a thread for each group, which would be measured; the group's guard ends a call that hangs, and waits for
// the device look for errors and abort.
#include "transport/host_memory.hpp"
#include "transport/libraries.hpp"

#ifndef TOKENYARD_NCCL

namespace tokenyard::gpu {

std::unique_ptr<Transport> make_nccl_transport(Group&, int, bool, bool) { throw std::runtime_error(built_with()); }
std::string nccl_version() { return {}; }
bool has_nccl_alltoall() { return false; }

}  // namespace tokenyard::gpu

#else

#include <nccl.h>

#include <algorithm>
#include <cstring>
#include <thread>

namespace tokenyard::gpu {
namespace {

/// What fails may fail because a peer is dead, which the group knows better.
#define TOKENYARD_NCCL_CALL(call) check((call), #call)

class NcclTransport : public Transport {
public:
    NcclTransport(Group& group, int device, bool is_alltoall, bool is_registered)
        : group_(group), is_alltoall_(is_alltoall), is_registered_(is_registered) {
        TOKENYARD_CUDA(cudaSetDevice(device));
        ncclUniqueId id{};
        std::string own;
        if (group.rank() == 0) {
            TOKENYARD_NCCL_CALL(ncclGetUniqueId(&id));
            own.assign(id.internal, sizeof id.internal);
        }
        const std::string first = group.gather(own).front();
        if (first.size() != sizeof id.internal) throw std::runtime_error("rank 0 has sent no NCCL id");
        std::memcpy(id.internal, first.data(), sizeof id.internal);
        group.begin("ncclCommInitRankConfig");
        ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
        config.blocking = 1;
        try {
            const Group::Guard guard(group);
            TOKENYARD_NCCL_CALL(ncclCommInitRankConfig(&communicator_, group.ranks(), id, group.rank(), &config));
            settle("ncclCommInitRankConfig");
            align_blocks_ = small_blocks();
            align_memory_ = device_buffer(2 * align_bytes * static_cast<std::size_t>(group.ranks()));
            group.wait_for_all();  // see Transport::allocate
        } catch (...) {
            abort();
            throw;
        }
    }
    ~NcclTransport() override { close(); }
    NcclTransport(const NcclTransport&) = delete;
    NcclTransport& operator=(const NcclTransport&) = delete;

    std::string name() const override { return is_alltoall_ ? "nccl-alltoall" : "nccl"; }
    std::string description() const override {
        return "NCCL " + nccl_version() + ", " + (is_alltoall_ ? "ncclAlltoAll" : "ncclSend and ncclRecv in a group") +
               (is_registered_ ? ", registered buffers" : "");
    }
    bool is_asynchronous() const override { return true; }
    std::string refusal(const std::vector<std::vector<std::size_t>>& bytes_by_pair) const override {
        if (!is_alltoall_) return {};
        std::size_t least = bytes_by_pair[0][0], most = least;
        for (const std::vector<std::size_t>& row : bytes_by_pair)
            for (const std::size_t bytes : row) {
                least = std::min(least, bytes);
                most = std::max(most, bytes);
            }
        if (least == most) return {};
        return "found sizes from " + std::to_string(least) + " to " + std::to_string(most) +
               " B; expected all alike for nccl-alltoall";
    }

    Buffer allocate(std::size_t bytes) override {
        if (!is_registered_ || bytes == 0) return device_buffer(bytes);
        void *memory = nullptr, *handle = nullptr;
        TOKENYARD_NCCL_CALL(ncclMemAlloc(&memory, bytes));
        Buffer plain(memory, [](void* start) { ncclMemFree(start); });
        TOKENYARD_NCCL_CALL(ncclCommRegister(communicator_, memory, bytes, &handle));
        settle("ncclCommRegister");
        plain.release();
        return {memory, [this, handle](void* start) {  // a failure here has been told of by the call that broke the communicator
                    if (communicator_ && handle) ncclCommDeregister(communicator_, handle);
                    ncclMemFree(start);
                }};
    }

    void all_to_all(const std::vector<Message>& messages, cudaStream_t stream) override {
        if (is_alltoall_) {
            for (const Message& message : messages) equal_all_to_all(message, stream);
            return;
        }
        send_and_receive(messages, stream);
    }

    /// Kernels that wait for a dead peer never end by themselves, and freeing memory would wait for them: hence the abort.
    void wait(cudaStream_t stream) override {
        try {
            wait_for_stream(stream, group_, [this] { check_asynchronously(); });
        } catch (...) {
            abort();
            throw;
        }
    }

    void align(cudaStream_t stream) override {
        char* const memory = static_cast<char*>(align_memory_.get());
        send_and_receive({{memory, memory + align_bytes * static_cast<std::size_t>(group_.ranks()), align_blocks_}}, stream);
    }

private:
    static constexpr std::size_t align_bytes = 16;

    Blocks small_blocks() const {
        const auto ranks = static_cast<std::size_t>(group_.ranks());
        const std::vector<std::size_t> bytes(ranks, align_bytes);
        const std::vector<std::size_t> offsets = offsets_of(bytes, align_bytes).of_rank;
        return {bytes, offsets, bytes, offsets};
    }

    /// Blocks of no bytes are left out on both sides, which know of each other: NCCL would make a step of them.
    void send_and_receive(const std::vector<Message>& messages, cudaStream_t stream) {
        const Group::Guard guard(group_);
        TOKENYARD_NCCL_CALL(ncclGroupStart());
        try {
            for (const Message& message : messages) add_to_group(message, stream);
        } catch (...) {
            ncclGroupEnd();  // an abort inside of a group would wait for its end
            throw;
        }
        TOKENYARD_NCCL_CALL(ncclGroupEnd());
        settle("ncclGroupEnd");  // only then is the kernel in the stream
    }

    void add_to_group(const Message& message, cudaStream_t stream) {
        const Blocks& blocks = message.blocks;
        for (std::size_t rank = 0; rank < blocks.send_bytes.size(); ++rank) {
            const int peer = static_cast<int>(rank);
            if (blocks.send_bytes[rank] > 0)
                TOKENYARD_NCCL_CALL(ncclSend(static_cast<const char*>(message.send) + blocks.send_offsets[rank],
                                             blocks.send_bytes[rank], ncclUint8, peer, communicator_, stream));
            if (blocks.receive_bytes[rank] > 0)
                TOKENYARD_NCCL_CALL(ncclRecv(static_cast<char*>(message.receive) + blocks.receive_offsets[rank],
                                             blocks.receive_bytes[rank], ncclUint8, peer, communicator_, stream));
        }
    }

    void equal_all_to_all(const Message& message, cudaStream_t stream) {
#if NCCL_VERSION_CODE >= 22800
        const Blocks& blocks = message.blocks;
        const std::size_t bytes = blocks.send_bytes[0];
        for (std::size_t rank = 0; rank < blocks.send_bytes.size(); ++rank)
            if (blocks.send_bytes[rank] != bytes || blocks.receive_bytes[rank] != bytes ||
                blocks.send_offsets[rank] != rank * bytes || blocks.receive_offsets[rank] != rank * bytes)
                throw std::runtime_error(
                    "found blocks of several sizes or with gaps between them; expected all alike, one behind another, for "
                    "ncclAlltoAll");
        if (bytes == 0) return;
        const Group::Guard guard(group_);
        TOKENYARD_NCCL_CALL(ncclAlltoAll(message.send, message.receive, bytes, ncclUint8, communicator_, stream));
        settle("ncclAlltoAll");
#else
        static_cast<void>(message);
        static_cast<void>(stream);
#endif
    }

    void check(ncclResult_t code, const char* call) {
        if (code == ncclSuccess || code == ncclInProgress) return;
        const char* more = ncclGetLastError(communicator_);
        group_.give_up(std::string(call) + ": " + ncclGetErrorString(code) + (more && *more ? std::string(": ") + more : ""),
                       false);
    }
    void check_asynchronously() {
        ncclResult_t state = ncclSuccess;
        TOKENYARD_NCCL_CALL(ncclCommGetAsyncError(communicator_, &state));
        check(state, "NCCL, while the device worked");
    }

    /// Until what goes on behind a call has ended, where anything does: NCCL may say ncclInProgress.
    void settle(const char* call) {
        try {
            wait_until_settled(call);
        } catch (...) {
            abort();
            throw;
        }
    }
    void wait_until_settled(const char* call) {
        const Moment end = seconds_from_now(group_.timeout_s());
        for (;;) {
            ncclResult_t state = ncclSuccess;
            TOKENYARD_NCCL_CALL(ncclCommGetAsyncError(communicator_, &state));
            if (state == ncclSuccess) return;
            check(state, call);
            group_.check();
            if (Clock::now() > end) group_.give_up(std::string(call) + " has not ended in time", true);
            std::this_thread::yield();
        }
    }

    void abort() {
        if (communicator_) ncclCommAbort(communicator_);
        communicator_ = nullptr;
    }

    /// The orderly end takes all ranks; after a failure there is only the other one.
    void close() {
        if (!communicator_) return;
        if (group_.has_failed() || std::uncaught_exceptions() > 0) return abort();
        try {
            if (ncclCommFinalize(communicator_) == ncclInProgress) settle("ncclCommFinalize");
            ncclCommDestroy(communicator_);
            communicator_ = nullptr;
        } catch (const std::exception&) {  // the work is done and checked; a destructor has nobody to tell
            abort();
        }
    }

    Group& group_;
    bool is_alltoall_, is_registered_;
    ncclComm_t communicator_ = nullptr;
    Blocks align_blocks_;
    Buffer align_memory_;
};

}  // namespace

std::unique_ptr<Transport> make_nccl_transport(Group& group, int device, bool is_alltoall, bool is_registered) {
    return std::make_unique<NcclTransport>(group, device, is_alltoall, is_registered);
}

std::string nccl_version() {
    int version = 0;
    if (ncclGetVersion(&version) != ncclSuccess) return "unknown";
    return std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." + std::to_string(version % 100);
}

bool has_nccl_alltoall() {
#if NCCL_VERSION_CODE >= 22800
    int version = 0;
    return ncclGetVersion(&version) == ncclSuccess && version >= 22800;
#else
    return false;
#endif
}

}  // namespace tokenyard::gpu

#endif
