// SPDX-License-Identifier: Apache-2.0
// A gate in a stream, so that the host's time for handing over work is not measured with the work.
#pragma once

#include <cuda_runtime.h>

namespace tokenyard::gpu {

/// Nothing behind a closed gate runs until the host opens it: a kernel of one warp looks at a flag in pinned host memory. It
/// opens by itself after 0.2 s, so that a call that waits for the device while the gate is closed is late and does not hang.
/// Streams take some thousand pieces of work at most before the host has to wait; keep to a few hundred. Taking and freeing a
/// gate is taking and freeing memory (transport/transport.hpp says when ranks may). One stream at a time.
class Gate {
public:
    Gate();
    ~Gate();
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;

    void close(cudaStream_t stream);
    void open();
    /// After the stream is done: no gate since the last question has opened by itself.
    bool has_held();

private:
    struct Flags;
    Flags* flags_ = nullptr;
    unsigned closed_ = 0;  // so many times
};

/// Closes a gate for as long as it lives, or leaves it alone.
class ClosedGate {
public:
    ClosedGate(Gate* gate, cudaStream_t stream) : gate_(gate) {
        if (gate_) gate_->close(stream);
    }
    ~ClosedGate() {
        if (gate_) gate_->open();
    }
    ClosedGate(const ClosedGate&) = delete;
    ClosedGate& operator=(const ClosedGate&) = delete;

private:
    Gate* gate_;
};

}  // namespace tokenyard::gpu
