// SPDX-License-Identifier: Apache-2.0
// Times that benchmarks of collectives print.
#pragma once

#include "input/source.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tokenyard {

struct TimedRow {
    long size = 0;  // bytes
    double time_us = 0;
    std::optional<double> fastest_us, slowest_us;
};

/// One test of a log.
struct TimedTest {
    Position at;
    std::string name;     // alltoall, alltoallv, sendrecv, ...; empty where the log does not say it
    std::string made_by;  // "nccl-tests", "OSU"
    std::string gpu, software;
    int ranks = 0, nodes = 0;  // 0: not told
    int nccl = 0;              // NCCL's version as 22902; 0: not told
    std::vector<TimedRow> rows;
    int wrong = 0;  // rows whose results were wrong
};

/// Tests of a log of nccl-tests, old columns or new, with times out of place; whatever else stands between them is passed over.
/// The number of ranks is from the list of devices, or from size and count of all-to-alls. Throws InputError at a row that is cut
/// off or has no number.
std::vector<TimedTest> tests_from_nccl(const SourceText& source);

/// The test of a log of OSU's micro-benchmarks. Throws InputError as above, and for one that is no collective of all ranks.
TimedTest test_from_osu(const SourceText& source);

}  // namespace tokenyard
