// SPDX-License-Identifier: Apache-2.0
// Work of a stream that is recorded once and handed over in one call.
#pragma once

#include "cuda/device.hpp"

#include <functional>

namespace tokenyard::gpu {

/// What `work` gives the stream is recorded instead of done; each launch does all of it, one behind another, after what the
/// stream holds. `work` may neither wait for the device nor take memory, and what it uses must last as long as the graph.
/// Making and ending a graph may take and give back memory (transport/transport.hpp says when ranks may).
class Graph {
public:
    Graph(const Stream& stream, const std::function<void()>& work);
    ~Graph();
    Graph(const Graph&) = delete;
    Graph& operator=(const Graph&) = delete;

    void launch(const Stream& stream) const { TOKENYARD_CUDA(cudaGraphLaunch(executable_, stream.get())); }

private:
    cudaGraphExec_t executable_ = nullptr;
};

}  // namespace tokenyard::gpu
