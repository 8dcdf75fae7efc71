// SPDX-License-Identifier: Apache-2.0
// All-to-alls in PyTorch's traces: what each rank sent to each other one becomes S(i,k).
#pragma once

#include "input/source.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tokenyard {

/// One all-to-all as a rank has it, in bytes by rank.
struct TorchAllToAll {
    std::vector<std::int64_t> sent, received;
};

/// The all-to-alls of one rank, in the order of its calls.
struct TorchTrace {
    Position at;
    std::optional<int> rank;  // where the file tells it
    std::vector<TorchAllToAll> calls;
};

/// A trace of PyTorch's profiler (Kineto), whose `record_param_comms` have "Collective name", "In split size" and "Out split
/// size", or an execution trace, whose `record_param_comms` have them as inputs. All else is passed over and not kept. Throws
/// InputError for what is no JSON, for all-to-alls without sizes, for lists that the profiler cut, and where there is no
/// all-to-all at all. `ranks`: how many there are where the file does not tell it. Source: PyTorch 2.8,
/// torch/csrc/distributed/c10d/ParamCommsUtils.hpp, torch/csrc/profiler/util.cpp.
TorchTrace trace_from_torch(const SourceText& source, std::size_t ranks);

struct TorchMatrix {
    std::string text;  // as `predict --matrix` reads it, with what it is in comments above it
    std::vector<std::string> notes;
};

/// S(i,k) of one call, row = source, from the traces of all ranks; `call` counts from 1, and 0 is the one that moves most. Traces
/// that do not tell their rank are in the order of the ranks. Throws InputError unless there is one of each rank, with as many
/// calls, of which sender and receiver say the same.
TorchMatrix matrix_of_traces(std::vector<TorchTrace> traces, const std::vector<std::string>& shown, int call);

}  // namespace tokenyard
