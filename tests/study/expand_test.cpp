// SPDX-License-Identifier: Apache-2.0
// Which cases a study has, and what their results say together: sums by hand.
#include "study/study.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <stdexcept>

namespace tokenyard {
namespace {

/// 2 clusters x 1 workload x (3 rows of two zipped keys) x (2 values) x 2 algorithms x 2 seeds.
Study small_study() {
    Study study;
    study.clusters = {{"a", "a"}, {"b", "b"}};
    study.workloads = {{"w", "w"}};
    study.calibrations = {{"nominal", "nominal"}};
    study.algorithms = {"direct", "nccl"};
    study.fixed = {{"workload.ranks", "8"}};
    study.axes = {{{"cluster.nodes", "workload.batch.tokens_per_rank"}, {{"1", "40"}, {"2", "20"}, {"4", "10"}}},
                  {{"cluster.node.nics.bandwidth"}, {{"100 GB/s"}, {"50 GB/s"}}}};
    study.seeds = {7, 9};
    return study;
}

std::string described(const StudyCase& one) {
    std::string text = one.cluster.name + " " + one.algorithm;
    for (const Override& each : one.overrides) text += " " + each.value;
    return text + " " + std::to_string(one.seed.value_or(0));
}

/// A row of a study whose only output that matters is this time; the others are 0 or empty.
StudyRow row_with(const StudyCase& inputs, double both_us, const std::string& held_by) {
    StudyRow row{inputs, {CaseStatus::done, {}, {}}};
    row.outcome.outputs.resize(study_outputs().size());
    for (const char* name : {"dispatch_us", "combine_us"}) row.outcome.outputs[*find_output(name)] = both_us / 2;
    row.outcome.outputs[*find_output("both_us")] = both_us;
    row.outcome.outputs[*find_output("dispatch_held_by")] = held_by;
    return row;
}

}  // namespace

TEST_CASE("case_count multiplies what a study varies", "[study]") {
    Study study = small_study();
    CHECK(case_count(study) == 2 * 3 * 2 * 2 * 2);
    study.seeds = {};  // that of the workload: one
    CHECK(case_count(study) == 2 * 3 * 2 * 2);
    study.axes = {};
    CHECK(case_count(study) == 2 * 2);
}

TEST_CASE("case_count gives nothing beyond a million cases, and never overflows", "[study]") {
    Study study = small_study();
    StudyAxis thousand{{"cluster.nodes"}, std::vector<std::vector<std::string>>(1000, {"1"})};
    study.axes = {thousand, thousand};
    study.clusters.resize(1);
    study.algorithms.resize(1);
    study.seeds = {};
    CHECK(case_count(study) == 1'000'000);
    study.seeds = {1, 2};
    CHECK(!case_count(study));
    study.axes.assign(30, thousand);  // 10^90
    CHECK(!case_count(study));
}

TEST_CASE("case_at counts seeds first, then algorithms, then axes from the last, then files", "[study]") {
    const Study study = small_study();
    CHECK(described(case_at(study, 0)) == "a direct 8 1 40 100 GB/s 7");
    CHECK(described(case_at(study, 1)) == "a direct 8 1 40 100 GB/s 9");
    CHECK(described(case_at(study, 2)) == "a nccl 8 1 40 100 GB/s 7");
    CHECK(described(case_at(study, 4)) == "a direct 8 1 40 50 GB/s 7");
    CHECK(described(case_at(study, 8)) == "a direct 8 2 20 100 GB/s 7");
    CHECK(described(case_at(study, 24)) == "b direct 8 1 40 100 GB/s 7");
    CHECK(described(case_at(study, 47)) == "b nccl 8 4 10 50 GB/s 9");
    CHECK(case_at(study, 47).number == 48);
    std::set<std::string> all;
    for (std::size_t place = 0; place < 48; ++place) all.insert(described(case_at(study, place)));
    CHECK(all.size() == 48);
}

TEST_CASE("keys are those that are fixed, then those of the axes, and short where that is clear", "[study]") {
    CHECK(keys_of(small_study()) == std::vector<std::string>{"workload.ranks", "cluster.nodes", "workload.batch.tokens_per_rank",
                                                             "cluster.node.nics.bandwidth"});
    CHECK(short_key("cluster.node.nics.bandwidth") == "node.nics.bandwidth");
    CHECK(short_key("cluster.name") == "cluster.name");  // workloads have a name too
}

TEST_CASE("percentile is the nearest rank", "[study]") {
    std::vector<double> values;
    for (int value = 100; value > 0; --value) values.push_back(value);
    CHECK(percentile(values, 0.50) == 50);
    CHECK(percentile(values, 0.95) == 95);
    CHECK(percentile(values, 0.99) == 99);
    CHECK(percentile(values, 1) == 100);
    CHECK(percentile({3, 1, 2}, 0.5) == 2);   // ceil(1.5) = 2nd
    CHECK(percentile({3, 1, 2}, 0.95) == 3);  // ceil(2.85) = 3rd
    CHECK(percentile({4}, 0.01) == 4);
    CHECK(percentile({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}, 0.95) == 19);
}

TEST_CASE("groups_of joins what differs in its seed only", "[study]") {
    Study study = small_study();
    study.seeds = {1, 2, 3, 4};
    std::vector<StudyRow> rows;
    const double times[] = {40, 10, 30, 20};
    for (std::size_t place = 0; place < 4; ++place)
        rows.push_back(row_with(case_at(study, place), times[place], place == 0 ? "latency" : "nic in"));
    rows.push_back({case_at(study, 4), {CaseStatus::refused, "found 1; expected 2", {}}});
    rows.push_back({case_at(study, 5), {CaseStatus::failed, "gone", {}}});
    const std::vector<StudyGroup> groups = groups_of(study, rows);
    REQUIRE(groups.size() == 2);
    CHECK(groups[0].done == 4);
    CHECK(groups[0].both->p50 == 20);
    CHECK(groups[0].both->worst == 40);
    CHECK(!groups[0].both->p95);  // of 4 cases it would be the largest
    CHECK(groups[0].dispatch->p50 == 10);
    CHECK(!groups[0].layer);
    CHECK(groups[0].held_by == "nic in");
    CHECK(groups[0].median[*find_output("both_us")] == Cell(20.0));
    CHECK(groups[1].inputs.algorithm == "nccl");
    CHECK(groups[1].done == 0);
    CHECK(groups[1].refused == 1);
    CHECK(groups[1].failed == 1);
    CHECK(!groups[1].both);
}

TEST_CASE("groups_of joins the rows of a sample axis, as it does seeds", "[study]") {
    Study study = small_study();
    study.clusters.resize(1);
    study.algorithms.resize(1);
    study.axes[0].is_sample = true;  // 3 rows of nodes and tokens; 2 bandwidths; 2 seeds
    std::vector<StudyRow> rows;
    for (std::size_t place = 0; place < 12; ++place)
        rows.push_back(row_with(case_at(study, place), 1.0 + static_cast<double>(place), "nic in"));
    const std::vector<StudyGroup> groups = groups_of(study, rows);
    REQUIRE(groups.size() == 2);
    CHECK(described(groups[0].inputs) == "a direct 8 100 GB/s 7");
    CHECK(groups[0].done == 6);
    CHECK(groups[0].both->p50 == 5);  // 1, 2, 5, 6, 9, 10
    CHECK(groups[0].both->worst == 10);
    CHECK(groups[1].both->p50 == 7);
    CHECK(has_samples(study));
    CHECK(pareto_front(study, groups, "cluster.nodes", "both_us").refusal ==
          "found none as cluster.nodes; expected numbers, all in one unit");
}

TEST_CASE("pareto_front keeps what nothing beats in both", "[study]") {
    // nodes 1, 2, 4 and 100 or 50 GB/s:  1: 90, 95;  2: 60, 60;  4: 60, 50. With less nodes and less time better: 90 and both 60
    // of 2 nodes, which are equal, and 50.
    Study study = small_study();
    study.clusters.resize(1);
    study.algorithms.resize(1);
    study.seeds = {};
    std::vector<StudyRow> rows;
    const double times[] = {90, 95, 60, 60, 60, 50};
    for (std::size_t place = 0; place < 6; ++place) rows.push_back(row_with(case_at(study, place), times[place], "nic in"));
    const std::vector<StudyGroup> groups = groups_of(study, rows);
    const auto on_front = [&](const std::string& x, const std::string& y) {
        const Front front = pareto_front(study, groups, x, y);
        CHECK(front.refusal == "");
        return front.groups;
    };
    // `nodes` is an output too, and here 0: the key is asked for by its whole name
    CHECK(on_front("cluster.nodes", "both_us") == std::vector<std::size_t>{0, 2, 3, 5});
    CHECK(on_front("node.nics.bandwidth", "both_us") == std::vector<std::size_t>{5});  // least bandwidth and least time
    const std::string refusal = pareto_front(study, groups, "both_us", "colour").refusal;
    CHECK(refusal.starts_with("found 'colour'; expected one of the outputs: ranks, nodes, gpus, "));
    CHECK(refusal.ends_with(", tokens_per_second_per_gpu, or a key that the study sets"));
    CHECK(pareto_front(study, groups, "both_us", "dispatch_held_by").refusal ==
          "found none as dispatch_held_by; expected numbers, all in one unit");
}

TEST_CASE("pareto_front compares values in one unit only", "[study]") {
    Study study = small_study();
    study.axes = {{{"cluster.node.nics.bandwidth"}, {{"100 GB/s"}, {"400 Gbit/s"}}}};
    study.clusters.resize(1);
    study.algorithms.resize(1);
    study.seeds = {};
    const std::vector<StudyGroup> groups =
        groups_of(study, {row_with(case_at(study, 0), 1, "nic in"), row_with(case_at(study, 1), 2, "nic in")});
    CHECK(pareto_front(study, groups, "node.nics.bandwidth", "both_us").refusal ==
          "found '400 Gbit/s' as node.nics.bandwidth; expected numbers, all in one unit");
}

TEST_CASE("an outcome is the same after it was packed", "[study]") {
    const CaseOutcome outcome{CaseStatus::done, "", {Cell(), Cell(std::int64_t{-3}), Cell(0.1), Cell(std::string("nic\0in", 6))}};
    const CaseOutcome back = unpacked(packed(outcome));
    CHECK(back.status == outcome.status);
    CHECK(back.outputs == outcome.outputs);
    CHECK(unpacked(packed({CaseStatus::refused, "found 1", {}})).error == "found 1");
    const std::string bytes = packed(outcome);
    CHECK_THROWS_WITH(unpacked(bytes.substr(0, bytes.size() - 1)), "a worker sent something else than a result");
    CHECK_THROWS_WITH(unpacked(bytes + "x"), "a worker sent something else than a result");
    CHECK_THROWS_WITH(unpacked(""), "a worker sent something else than a result");
}

TEST_CASE("every output of a study has a name of its own", "[study]") {
    std::set<std::string> names;
    for (const StudyOutput& output : study_outputs()) names.insert(output.name);
    CHECK(names.size() == study_outputs().size());
}

}  // namespace tokenyard
