// SPDX-License-Identifier: Apache-2.0
// Exchanges a matrix of bytes: checks every byte, then times it.
#pragma once

#include "exchange/matrix.hpp"
#include "exchange/session.hpp"

#include <cstdint>

namespace tokenyard::gpu {

struct MeasureOptions {
    int iterations = 20, warm_ups = 3;
    std::uint64_t seed = 1;
};

struct MatrixResult {
    ByteMatrix matrix;
    RankTimes times;
    int turns_per_sample = 1;
    std::vector<std::vector<double>> arrivals_us;  // [destination][source] in the last turn; empty where the library does not say
    std::size_t wrong_bytes = 0;
};

/// Every rank calls it with the same matrix and options, and gets the same result. A sample is the time between two events around
/// `turns_per_sample` exchanges one behind another (so many that a sample of an asynchronous transport lasts 200 us), begun
/// together by all ranks. Checked before and after the timing, with bytes that differ.
MatrixResult measure_matrix(Session& session, const ByteMatrix& matrix, const MeasureOptions& options);

}  // namespace tokenyard::gpu
