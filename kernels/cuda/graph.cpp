// SPDX-License-Identifier: Apache-2.0
#include "cuda/graph.hpp"

namespace tokenyard::gpu {

Graph::Graph(const Stream& stream, const std::function<void()>& work) {
    // Of this thread alone: other ranks may be threads of this process, whose calls are none of this graph's.
    TOKENYARD_CUDA(cudaStreamBeginCapture(stream.get(), cudaStreamCaptureModeThreadLocal));
    cudaGraph_t graph = nullptr;
    try {
        work();
    } catch (...) {
        if (cudaStreamEndCapture(stream.get(), &graph) == cudaSuccess) cudaGraphDestroy(graph);
        cudaGetLastError();  // who threw says what was wrong
        throw;
    }
    TOKENYARD_CUDA(cudaStreamEndCapture(stream.get(), &graph));
    const cudaError_t code = cudaGraphInstantiate(&executable_, graph, 0);
    cudaGraphDestroy(graph);
    TOKENYARD_CUDA(code);
}

Graph::~Graph() { cudaGraphExecDestroy(executable_); }

}  // namespace tokenyard::gpu
