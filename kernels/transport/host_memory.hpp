// SPDX-License-Identifier: Apache-2.0
// Device memory that goes through the host, for networks that know nothing of GPUs.
#pragma once

#include "transport/transport.hpp"

namespace tokenyard::gpu {

/// Pinned host memory, which grows as needed.
class HostMemory {
public:
    char* of(std::size_t bytes) {
        if (bytes > size_) {
            memory_.reset();
            void* start = nullptr;
            TOKENYARD_CUDA(cudaMallocHost(&start, bytes));
            memory_ = {start, [](void* pinned) { cudaFreeHost(pinned); }};
            size_ = bytes;
        }
        return static_cast<char*>(memory_.get());
    }

private:
    Buffer memory_;
    std::size_t size_ = 0;
};

/// Plain device memory.
inline Buffer device_buffer(std::size_t bytes) {
    void* start = nullptr;
    if (bytes > 0) TOKENYARD_CUDA(cudaMalloc(&start, bytes));
    return {start, [](void* memory) { cudaFree(memory); }};
}

/// Copies the blocks that a rank sends to the host, and returns when they are there; blocks of 0 bytes are left out.
inline void fetch(const Message& message, char* host, cudaStream_t stream) {
    const Blocks& blocks = message.blocks;
    for (std::size_t rank = 0; rank < blocks.send_bytes.size(); ++rank)
        if (blocks.send_bytes[rank] > 0)
            TOKENYARD_CUDA(cudaMemcpyAsync(host + blocks.send_offsets[rank],
                                           static_cast<const char*>(message.send) + blocks.send_offsets[rank],
                                           blocks.send_bytes[rank], cudaMemcpyDeviceToHost, stream));
    TOKENYARD_CUDA(cudaStreamSynchronize(stream));
}

/// The way back for what was received.
inline void store(const Message& message, const char* host, cudaStream_t stream) {
    const Blocks& blocks = message.blocks;
    for (std::size_t rank = 0; rank < blocks.receive_bytes.size(); ++rank)
        if (blocks.receive_bytes[rank] > 0)
            TOKENYARD_CUDA(cudaMemcpyAsync(static_cast<char*>(message.receive) + blocks.receive_offsets[rank],
                                           host + blocks.receive_offsets[rank], blocks.receive_bytes[rank],
                                           cudaMemcpyHostToDevice, stream));
    TOKENYARD_CUDA(cudaStreamSynchronize(stream));
}

/// Behind the last block.
inline std::size_t end_of(const std::vector<std::size_t>& bytes, const std::vector<std::size_t>& offsets) {
    std::size_t end = 0;
    for (std::size_t rank = 0; rank < bytes.size(); ++rank) end = std::max(end, offsets[rank] + bytes[rank]);
    return end;
}

}  // namespace tokenyard::gpu
