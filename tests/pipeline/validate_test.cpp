// SPDX-License-Identifier: Apache-2.0
// What decides a measured time, and what must not.
#include "pipeline/validate.hpp"
#include "support/clusters.hpp"
#include "support/predictions.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

constexpr double MiB = 1024 * 1024;

/// NCCL between 3 GPUs of one NVSwitch, 100 GB/s each way: 8 MiB a pair, 2 x 8 MiB / 100 GB/s = 167.77 us on the links.
RecordRow row_measured(double microseconds_measured, double lone_work_efficiency) {
    RecordRow row;
    row.one = matrix_case(single_switch_cluster(1, 3), uniform_volumes(3, 8 * MiB));
    row.one.costs.nccl.lone_work_efficiency = lone_work_efficiency;
    row.algorithm = "nccl";
    row.measured = microseconds(microseconds_measured);
    return row;
}

}  // namespace

TEST_CASE("what decides a measured time is told by the links alone, however well a calibration fills them", "[model]") {
    // Half of 330 us is less than the links need, half of 340 us is more. Filled to 0.8 they would need 209.7 us.
    const double efficiency = GENERATE(1.0, 0.8);
    Record record;
    record.rows = {row_measured(330, efficiency), row_measured(340, efficiency)};
    PredictOptions options;
    options.engine = EngineKind::fluid;
    const std::vector<RowVerdict> rows = validate({record}, options).verdicts.front().rows;
    CHECK(in_microseconds(rows[0].link_bound) == Approx(2 * 8 * MiB / 100e3));
    CHECK(in_microseconds(rows[0].predicted) == Approx(2 * 8 * MiB / 100e3 / efficiency));
    CHECK(rows[0].is_bandwidth_bound);
    CHECK_FALSE(rows[1].is_bandwidth_bound);
}

}  // namespace tokenyard
