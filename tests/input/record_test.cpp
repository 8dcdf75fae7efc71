// SPDX-License-Identifier: Apache-2.0
// What the reader of records takes and refuses, with the whole message.
#include "input/record_reader.hpp"
#include "support/files.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

const std::string small_record = R"(name: small
description: a test
sources: [none, this is a test]
hardware: 8 GPUs
counted: time
compared: completion with time
predict: {cluster: cluster.yaml, exchange: {kind: uniform, size: of-rank}, algorithm: direct, calibration: nominal}
columns: {nodes: nodes}
along: size
limits: {bandwidth: {median: 5, worst: 20}}
rows:
  - {ranks: 4, nodes: 1, size: 4 KiB, time: 5 us, fastest: 4 us, use: fit}
  - {size: 1 MiB, time: 80 us, use: odd, why: "bimodal, at times"}
  - {size: 2 MiB, time: 90 us, use: judged, set: [efficiency.scale_up=0.5]}
)";

const std::vector<Change> bad_records{
    {"an unknown key", "along:", "allong:",
     "r.yaml:9:1: error: found unknown key 'allong' in the record; expected one of: name, description, sources, hardware, "
     "software, counted, compared, notes, predict, columns, along, bound, limits, rows; did you mean along?"},
    {"an unknown column", "{size: 1 MiB", "{nics: 2, size: 1 MiB",
     "r.yaml:13:6: error: found unknown key 'nics' in a row; expected one of: ranks, size, phase, set, time, fastest, slowest, "
     "use, why, "
     "nodes"},
    {"an unknown algorithm", "algorithm: direct", "algorithm: magic",
     "r.yaml:7:87: error: found 'magic'; expected one of: direct, nccl"},
    {"no time", "time: 80 us, ", "", "r.yaml:13:5: error: found no 'time' in a row; expected it"},
    {"time 0", "time: 80 us", "time: 0 us", "r.yaml:13:25: error: found '0 us'; expected a time above 0"},
    {"an odd row without a reason", ", why: \"bimodal, at times\"", "",
     "r.yaml:13:5: error: found no 'why' in a row; expected it"},
    {"a reason for a good row", "use: fit", "use: fit, why: none",
     "r.yaml:12:76: error: found 'why' in a row; expected none, because only an odd row needs one"},
    {"a phase of a pattern", "{size: 1 MiB", "{phase: dispatch, size: 1 MiB",
     "r.yaml:13:6: error: found 'phase' in a row; expected none, because a pattern has none"},
    {"an override without a value", "efficiency.scale_up=0.5", "efficiency",
     "r.yaml:14:51: error: found 'efficiency'; expected KEY=VALUE"},
    {"an override out of range", "efficiency.scale_up=0.5", "efficiency.scale_up=5",
     "r.yaml:14:5: error: found a row of which this is wrong: --set efficiency.scale_up:1:1: error: found '5'; expected a number "
     "of at "
     "least 0.001 and at most 1"},
    {"more ranks than GPUs", "ranks: 4", "ranks: 40",
     "r.yaml:12:5: error: found a row of which this is wrong: uniform 4096 B a rank:1:1: error: found 40 rows; expected at most "
     "the "
     "cluster's 4 GPUs"},
    {"a column that is there already", "{nodes: nodes}", "{size: nodes}",
     "r.yaml:8:17: error: found 'nodes'; expected a column with a name of its own"},
    {"no rows", "rows:\n", "rows: []\nx:\n",
     "r.yaml:11:7: error: found an empty list; expected rows\nr.yaml:12:1: error: found unknown key 'x' in the record; expected "
     "one of: name, description, sources, hardware, software, counted, compared, notes, predict, columns, along, bound, limits, "
     "rows"},
};

Record read(const std::string& text, const TemporaryFolder& folder) {
    folder.write("cluster.yaml", small_cluster);
    return read_record(folder.write("r.yaml", text), {"direct", "nccl"}, {}, {});
}

}  // namespace

TEST_CASE("read_record reads rows, their columns and what they are for", "[input]") {
    const TemporaryFolder folder;
    const Record record = read(small_record, folder);
    REQUIRE(record.rows.size() == 3);
    CHECK(record.bandwidth.median == 0.05);
    CHECK(!record.latency.worst);
    const RecordRow& first = record.rows[0];
    CHECK(first.use == RowUse::fit);
    CHECK(first.measured == microseconds(5));
    CHECK(first.fastest == microseconds(4));
    CHECK(first.label == "ranks 4, nodes 1, size 4 KiB");
    CHECK(first.algorithm == "direct");
    CHECK(first.one.workload.ranks == 4);
    CHECK(std::get<MatrixWorkload>(first.one.workload.traffic).volumes.at(0, 3) == bytes(1024));
    CHECK(node_count(first.one.cluster) == 1);
    CHECK(record.rows[1].why == "bimodal, at times");
    CHECK(record.rows[1].one.workload.ranks == 8);
    CHECK(record.rows[2].one.cluster.efficiency.scale_up == 0.5);
}

TEST_CASE("read_record sends a ring around, and takes a calibration for all rows", "[input]") {
    const TemporaryFolder folder;
    std::string text = small_record;
    text.replace(text.find("{kind: uniform, size: of-rank}"), 30, "{kind: ring}");
    const Record record = read(text, folder);
    const VolumeMatrix& volumes = std::get<MatrixWorkload>(record.rows[1].one.workload.traffic).volumes;
    CHECK(volumes.at(2, 3) == bytes(1 << 20));
    CHECK(volumes.at(7, 0) == bytes(1 << 20));
    CHECK(volumes.at(0, 2) == bytes(0));
}

TEST_CASE("read_record refuses bad records", "[input]") {
    for (const Change& bad : bad_records) DYNAMIC_SECTION(bad.name) {
            const TemporaryFolder folder;
            CHECK(refusal_of([&] { read(with_change(small_record, bad), folder); }, folder) == bad.refusal);
        }
}

TEST_CASE("every record that is shipped can be read", "[input]") { CHECK(shipped_records().size() >= 30); }

}  // namespace tokenyard
