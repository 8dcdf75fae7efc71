// SPDX-License-Identifier: Apache-2.0
// How ranks exchange device memory: one door, and a file for each network library behind it.
#pragma once

#include "cuda/device.hpp"
#include "net/group.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tokenyard::gpu {

/// What one rank sends to and receives from every rank, itself included: bytes, and where in one buffer each. Blocks do not
/// overlap.
struct Blocks {
    std::vector<std::size_t> send_bytes, send_offsets, receive_bytes, receive_offsets;  // one a rank
};

/// Offsets for blocks one behind another, each aligned to `alignment` bytes; and what they take together.
struct Offsets {
    std::vector<std::size_t> of_rank;
    std::size_t total = 0;
};
Offsets offsets_of(const std::vector<std::size_t>& bytes, std::size_t alignment);

/// One all-to-all of a group: a buffer to send from and one to receive into.
struct Message {
    const void* send;
    void* receive;
    Blocks blocks;
};

/// Device memory that a transport has made, and registered where it was asked to.
using Buffer = std::unique_ptr<void, std::function<void(void*)>>;

/// One rank's end of a network. Belongs to one thread, whose device is the one that it was made on.
class Transport {
public:
    virtual ~Transport() = default;

    /// What a record calls it, and one line about how bytes travel.
    virtual std::string name() const = 0;
    virtual std::string description() const = 0;
    /// Why it cannot carry this out, as "found X; expected Y"; empty when it can. The same answer on every rank where ranks have
    /// told each other their sizes.
    virtual std::string refusal(const std::vector<std::vector<std::size_t>>& bytes_by_pair) const {
        static_cast<void>(bytes_by_pair);
        return {};
    }

    /// Where ranks are threads of one process, CUDA gives memory its peers' access, so that taking and giving back device memory
    /// may wait for all GPUs of the process, and so for a kernel that waits for this very rank. Whoever allocates or frees: no
    /// rank may have an exchange under way, and Group::wait_for_all stands between that and the next exchange.
    virtual Buffer allocate(std::size_t bytes) = 0;
    /// Every rank calls it with blocks that agree. Messages of one call travel together. Asynchronous on `stream`, or done when
    /// it returns (is_asynchronous); sends behind what the stream holds already. Throws GroupError, CudaError,
    /// std::runtime_error.
    virtual void all_to_all(const std::vector<Message>& messages, cudaStream_t stream) = 0;
    virtual bool is_asynchronous() const = 0;
    /// Returns when the stream is done. Throws GroupError instead of waiting for a dead peer.
    virtual void wait(cudaStream_t stream) = 0;
    /// The ranks' streams go on from here together, within some microseconds.
    virtual void align(cudaStream_t stream) = 0;
    /// When the last bytes of each rank arrived in the last all_to_all, in microseconds from its start; empty where the library
    /// does not say.
    virtual std::vector<double> arrivals_us() const { return {}; }
};

struct TransportOptions {
    std::string name = "auto";  // of `transport_names`, or auto: nccl on a GPU where it is built in, else sockets
    bool is_registered = false;
};

/// Names that --transport takes, and which of them this program was built with.
const std::vector<std::string>& transport_names();
/// "NCCL 2.28.9, without MPI": what this program was built with, in one line.
std::string built_with();
/// Why there is no such transport in this program, or that it has no registered buffers; empty when there is.
std::string transport_refusal(const TransportOptions& options);

/// Whether its exchanges are work of a stream, which its Transport::is_asynchronous says once it is made.
bool is_work_of_streams(const TransportOptions& options);

/// All ranks of the group call it. Pre: no refusal; the device is set.
std::unique_ptr<Transport> make_transport(const TransportOptions& options, Group& group, int device);

/// Waits for a stream by asking it, so that a dead peer ends the wait: GroupError. `check` may throw for other reasons.
void wait_for_stream(cudaStream_t stream, Group& group, const std::function<void()>& check = {});

}  // namespace tokenyard::gpu
