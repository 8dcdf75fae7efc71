// SPDX-License-Identifier: Apache-2.0
#include "analysis/standing.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

Setting deepep_on(const std::string& chip, const std::string& family = "h100_sxm") {
    Setting setting;
    setting.algorithm = "two-level";
    setting.library = "deepep_v1";
    setting.chip = chip;
    setting.chip_family = family;
    setting.reach = "nvswitch";
    setting.ranks = 8;
    setting.nodes = 1;
    return setting;
}

/// So many rows of 100 us each, measured at 101 %, 102 %, ... of what was predicted, or a bit less.
void add_rows(std::vector<JudgedRow>& rows, const std::string& record, const Setting& setting, int count, double less = 0) {
    for (int i = 1; i <= count; ++i) rows.push_back({record, setting, microseconds(100 + i - less), microseconds(100)});
}

}  // namespace

TEST_CASE("what was measured has the interval of nine of ten of its rows, on the side where they are", "[standing]") {
    std::vector<JudgedRow> rows;
    add_rows(rows, "h100", deepep_on("h100_sxm"), 21);
    const Standing standing = TrackRecord(rows).standing_of(deepep_on("h100_sxm"), microseconds(200));
    CHECK(standing.level == StandingLevel::measured);
    CHECK(standing.records == std::vector<std::string>{"h100"});
    CHECK(standing.rows == 21);
    // A twentieth of 21 rows is reached by the second, 102 %, and 95 % by the twentieth, 120 %. 200 us were predicted.
    CHECK(in_microseconds(standing.low) == Approx(204));
    CHECK(in_microseconds(standing.high) == Approx(240));
    CHECK(standing.median_error == Approx(1 - 100 / 111.0));  // of the 11th
    CHECK(standing.why == "deepep_v1 (two-level) on h100_sxm over nvswitch was measured");
}

TEST_CASE("rows of few are joined by the next nearest until there are twenty", "[standing]") {
    std::vector<JudgedRow> rows;
    add_rows(rows, "h100", deepep_on("h100_sxm"), 3);
    Setting bandwidth = deepep_on("h100_sxm");
    bandwidth.is_bandwidth_bound = true;
    add_rows(rows, "h100_large", bandwidth, 17);
    add_rows(rows, "h200", deepep_on("h200_sxm"), 50);
    const Standing standing = TrackRecord(rows).standing_of(deepep_on("h100_sxm"), microseconds(100));
    CHECK(standing.level == StandingLevel::measured);
    CHECK(standing.records == std::vector<std::string>{"h100", "h100_large"});
    CHECK(standing.rows == 20);
}

TEST_CASE("one difference makes a neighbour, whose interval is as wide to both sides", "[standing]") {
    std::vector<JudgedRow> rows;
    add_rows(rows, "h100", deepep_on("h100_sxm"), 21);
    const TrackRecord record(rows);
    const Standing standing = record.standing_of(deepep_on("h200_sxm"), microseconds(100));
    CHECK(standing.level == StandingLevel::neighbour);
    CHECK(in_microseconds(standing.high) == Approx(119));  // nine of ten of 21 rows: the 19th
    CHECK(in_microseconds(standing.low) == Approx(100 / 1.19));
    CHECK(standing.why == "deepep_v1 (two-level) on h100_sxm over nvswitch was measured; here it is chip h200_sxm");
    Setting more = deepep_on("h100_sxm");
    more.ranks = 64;
    CHECK(record.standing_of(more, microseconds(100)).level == StandingLevel::neighbour);
    more.ranks = 32;  // four times as many
    CHECK(record.standing_of(more, microseconds(100)).level == StandingLevel::measured);
    Setting tuned = deepep_on("h100_sxm");
    tuned.calibration = "--set";
    CHECK(record.standing_of(tuned, microseconds(100)).why ==
          "deepep_v1 (two-level) on h100_sxm over nvswitch was measured; here it is costs by --set");
}

TEST_CASE("a neighbour's interval is no less than that of rows that are as far from others", "[standing]") {
    std::vector<JudgedRow> rows;
    add_rows(rows, "h100", deepep_on("h100_sxm"), 21);
    for (const char* chip : {"h100_sxm", "b200_sxm"}) {  // neighbours of each other, and nothing like what is asked for
        Setting uccl = deepep_on(chip);
        uccl.library = "uccl_ep";
        add_rows(rows, std::string("uccl_") + chip, uccl, 40);
    }
    const Standing standing = TrackRecord(rows).standing_of(deepep_on("h200_sxm"), microseconds(100));
    CHECK(standing.rows == 21);
    // A record's n rows count as sqrt(n) and each as 1 / sqrt(n): 4.583 and twice 6.325, of which a tenth is 1.723. From above,
    // 140 to 136 % of both are 10 x 0.158 = 1.581, and with those of 135 % it is more.
    CHECK(in_microseconds(standing.high) == Approx(135));
    CHECK(in_microseconds(standing.low) == Approx(100 / 1.35));
}

TEST_CASE("another algorithm, or another library on another chip, is foreign", "[standing]") {
    std::vector<JudgedRow> rows;
    add_rows(rows, "h100", deepep_on("h100_sxm"), 21);
    const TrackRecord record(rows);
    Setting direct = deepep_on("h100_sxm");
    direct.algorithm = "direct";
    direct.library = "";
    CHECK(record.standing_of(direct, microseconds(1)).level == StandingLevel::foreign);
    CHECK(record.standing_of(direct, microseconds(1)).why ==
          "deepep_v1 (two-level) on h100_sxm over nvswitch is the nearest that was measured; here it is algorithm direct");
    CHECK(record.standing_of(deepep_on("mi300x", "mi300x"), microseconds(1)).level == StandingLevel::foreign);
    Setting both = deepep_on("h200_sxm");
    both.library = "uccl_ep";
    CHECK(record.standing_of(both, microseconds(1)).level == StandingLevel::foreign);
}

TEST_CASE("without any row everything is foreign", "[standing]") {
    const Standing standing = TrackRecord({}).standing_of(deepep_on("h100_sxm"), microseconds(1));
    CHECK(standing.level == StandingLevel::foreign);
    CHECK(standing.rows == 0);
    CHECK(standing.why == "nothing was measured");
}

TEST_CASE("coverage leaves out what it is asked about", "[standing]") {
    std::vector<JudgedRow> rows;
    add_rows(rows, "h100", deepep_on("h100_sxm"), 21);
    add_rows(rows, "h100_again", deepep_on("h100_sxm"), 21, 0.5);
    add_rows(rows, "h200", deepep_on("h200_sxm"), 40);
    const Coverage by_record = coverage_of(rows, "record");
    // 101 to 121 % in 101.5 to 119.5 %: 18 of them. 100.5 to 120.5 % in 102 to 120 %: 18.
    CHECK(by_record.measured.rows == 42);
    CHECK(by_record.measured.covered == 36);
    CHECK(by_record.neighbour.rows == 40);
    // Predicted / measured is off by more than 30 % above 142.9 % only.
    CHECK(by_record.neighbour.far_off == 0);
    const Coverage by_chip = coverage_of(rows, "chip");
    CHECK(by_chip.measured.rows == 0);
    CHECK(by_chip.neighbour.rows == 82);
    CHECK(coverage_of(rows, "nothing").measured.rows == 82);
}

}  // namespace tokenyard
