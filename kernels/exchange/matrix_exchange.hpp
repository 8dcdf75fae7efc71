// SPDX-License-Identifier: Apache-2.0
// Exchanges a matrix of bytes: checks every byte, then times it.
#pragma once

#include "exchange/matrix.hpp"
#include "exchange/session.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tokenyard::gpu {

struct MeasureOptions {
    int iterations = 20, warm_ups = 3;
    std::uint64_t seed = 1;
    double warm_up_s = 0.5;             // of an asynchronous transport, before the first times of a session
    bool wants_graph = false;           // the turns of a sample are one CUDA graph; of an asynchronous transport's matrices only
    double most_noise = 0, most_s = 1;  // as Sampling's, with `iterations` for the least
};

struct MatrixResult {
    ByteMatrix matrix;
    RankTimes times;
    int turns_per_sample = 1;
    bool is_held_back = false;  // no device began a sample before its host had handed over all of it
    bool is_graph = false;
    std::string stopped_by;                        // as reason_to_stop says
    std::vector<std::vector<double>> arrivals_us;  // [destination][source] in the last turn; empty where the library does not say
    std::size_t wrong_bytes = 0;
};

/// Why to take no more samples, by the slowest rank's times and rank 0's clock: the same on every rank. `own_us` are this rank's.
std::string agreed_reason_to_stop(Session& session, const MeasureOptions& options, const std::vector<double>& own_us,
                                  double elapsed_s);

/// Every rank calls it with the same matrix and options, and gets the same result. A sample is the time between two events around
/// `turns_per_sample` exchanges one behind another, begun together by all ranks: of an asynchronous transport at least 10, so
/// many that a sample lasts 200 us, and behind a gate that opens when the host has handed over all of them. Checked before and
/// after the timing, with bytes that differ. As a graph, exchanges are recorded once, after those that connect the ranks.
MatrixResult measure_matrix(Session& session, const ByteMatrix& matrix, const MeasureOptions& options);

}  // namespace tokenyard::gpu
