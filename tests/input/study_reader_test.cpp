// SPDX-License-Identifier: Apache-2.0
// Studies as they are read, and what their reader refuses, with the whole message.
#include "input/study_reader.hpp"

#include "input/case_files.hpp"
#include "support/files.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

const std::vector<std::string> algorithms{"direct", "nccl", "two-level"};

const std::string small = R"(name: small
cluster: c.yaml
workload: [w, deepseek_v3_prefill]
algorithm: [nccl, direct]
accuracy: 0.5%
set:
  dispatch: {dtype: bf16, metadata: 12 B}
sweep:
  nodes: [2, 4]
  node.nics.bandwidth: {from: 100 Gbit/s, to: 400 Gbit/s, factor: 2}
  zip:
    model.hidden: [1024, 2048]
    batch.tokens_per_rank: [8, 8]
seeds: 3
)";

/// A folder with a cluster, a workload and a study beside them.
struct StudyFolder : TemporaryFolder {
    explicit StudyFolder(const std::string& study) {
        write("c.yaml", small_cluster);
        write("w.yaml", small_workload);
        write("s.yaml", study);
    }
    Study read() const { return read_study(path("s.yaml"), algorithms); }
};

std::vector<std::string> values_of(const std::string& values) {
    const Study study = StudyFolder("name: s\ncluster: c.yaml\nworkload: w.yaml\nsweep: {nodes: " + values + "}\n").read();
    std::vector<std::string> texts;
    for (const std::vector<std::string>& row : study.axes.front().rows) texts.push_back(row.front());
    return texts;
}

using Texts = std::vector<std::string>;
using Rows = std::vector<std::vector<std::string>>;

const std::vector<Change> bad_studies{
    {"an unknown key", "seeds: 3", "seed: 3",
     "s.yaml:14:1: error: found unknown key 'seed' in the study; expected one of: name, description, cluster, workload, "
     "algorithm, calibration, engine, accuracy, overlap, set, sweep, samples, seeds, goal, limits; did you mean seeds?"},
    {"no cluster", "cluster: c.yaml\n", "", "s.yaml:1:1: error: found no 'cluster' in the study; expected it"},
    {"a cluster that is nowhere", "c.yaml", "d.yaml",
     "s.yaml:2:10: error: found 'd.yaml'; expected a file beside this one, or the name of a preset of a cluster"},
    {"a workload twice", "[w, deepseek_v3_prefill]", "[w, w]", "s.yaml:3:15: error: found 'w'; expected each workload once"},
    {"an unknown algorithm", "[nccl, direct]", "[nccl, magic]",
     "s.yaml:4:19: error: found 'magic'; expected one of: direct, nccl, two-level"},
    {"an unknown algorithm alone", "[nccl, direct]", "magic",
     "s.yaml:4:12: error: found 'magic'; expected one of: direct, nccl, two-level, all"},
    {"an algorithm twice", "[nccl, direct]", "[nccl, nccl]", "s.yaml:4:19: error: found 'nccl'; expected each algorithm once"},
    {"an accuracy without a unit", "0.5%", "0.5", "s.yaml:5:11: error: found '0.5'; expected exact, or from 0.000001% to 10%"},
    {"an unknown engine", "accuracy: 0.5%", "engine: ns3",
     "s.yaml:5:9: error: found 'ns3'; expected one of: fluid, simgrid, auto"},
    {"an accuracy of an exact engine", "accuracy: 0.5%", "accuracy: 0.5%\nengine: simgrid",
     "s.yaml:5:11: error: found '0.5%'; expected exact beside engine simgrid"},
    {"an unknown overlap", "accuracy: 0.5%", "overlap: much",
     "s.yaml:5:10: error: found 'much'; expected one of: none, two-batch"},
    {"a key that nothing has", "nodes:", "knots:",
     "s.yaml:9:3: error: found 'knots', which no cluster, workload or calibration has; expected one of their keys"},
    {"a key that all have", "nodes:", "name:",
     "s.yaml:9:3: error: found 'name', which clusters, workloads and calibrations have; expected cluster.name, workload.name or "
     "calibration.name"},
    {"a key that is fixed already",
     "nodes:", "workload.dispatch:", "s.yaml:9:3: error: found 'workload.dispatch' again; expected each key once in a study"},
    {"a seed as a key", "nodes:", "seed:", "s.yaml:9:3: error: found 'seed'; expected seeds beside sweep"},
    {"one value", "[2, 4]", "2",
     "s.yaml:9:10: error: found '2'; expected a list of values, or a range such as {from: 1, to: 8, step: 1}"},
    {"no value", "[2, 4]", "[]", "s.yaml:9:10: error: found an empty list; expected values"},
    {"a value twice", "[2, 4]", "[2, 2]", "s.yaml:9:14: error: found '2'; expected each value once"},
    {"a range without an end", "to: 400 Gbit/s, ", "", "s.yaml:10:24: error: found no 'to' in node.nics.bandwidth; expected it"},
    {"a range without a step", ", factor: 2", "", "s.yaml:10:24: error: found no 'step' in node.nics.bandwidth; expected it"},
    {"a range with two steps", "factor: 2", "factor: 2, step: 1 Gbit/s",
     "s.yaml:10:70: error: found 'step' in node.nics.bandwidth; expected none, because there is a factor"},
    {"a factor that goes nowhere", "factor: 2", "factor: 1",
     "s.yaml:10:67: error: found '1'; expected a factor above 1, without a unit"},
    {"two units", "to: 400 Gbit/s", "to: 50 GB/s", "s.yaml:10:47: error: found '50 GB/s'; expected the unit of from, 'Gbit/s'"},
    {"a range that goes down", "to: 400 Gbit/s", "to: 40 Gbit/s",
     "s.yaml:10:47: error: found '40 Gbit/s'; expected at least from, 100 Gbit/s"},
    {"a step that goes down", "{from: 100 Gbit/s, to: 400 Gbit/s, factor: 2}", "{from: 1, to: 4, step: -1}",
     "s.yaml:10:47: error: found '-1'; expected a step above 0"},
    {"a range of texts", "100 Gbit/s", "fast",
     "s.yaml:10:31: error: found 'fast'; expected a number, with its unit where it has one"},
    {"too fine a range", "{from: 100 Gbit/s, to: 400 Gbit/s, factor: 2}", "{from: 0, to: 1, step: 0.0000001}",
     "s.yaml:10:24: error: found a range of more than 1000000 values; expected fewer"},
    {"zipped lists of two lengths", "[8, 8]", "[8, 8, 9]",
     "s.yaml:13:28: error: found 3 values of 'batch.tokens_per_rank' in zip; expected 2, as many as of the first key"},
    {"zipped values twice", "[1024, 2048]", "[1024, 1024]",
     "s.yaml:12:5: error: found values 2 of zip again; expected each combination once"},
    {"samples of what is not swept", "seeds: 3", "samples: [nodes, hidden]",
     "s.yaml:14:18: error: found 'hidden', which no cluster, workload or calibration has; expected one of their keys"},
    {"samples of what is fixed", "seeds: 3", "samples: workload.dispatch",
     "s.yaml:14:10: error: found 'workload.dispatch'; expected a key that sweep has"},
    {"no seeds", "seeds: 3", "seeds: 0", "s.yaml:14:8: error: found '0'; expected a whole number from 1 to 1000000"},
    {"a seed twice", "seeds: 3", "seeds: [3, 3]", "s.yaml:14:12: error: found '3'; expected each seed once"},
    {"a seed that may be octal", "seeds: 3", "seeds: [1, 007]",
     "s.yaml:14:12: error: found '007'; expected a whole number from 0 to 18446744073709551615"},
    {"seeds that go down", "seeds: 3", "seeds: {from: 3, to: 2}", "s.yaml:14:22: error: found '2'; expected at least from, 3"},
};

}  // namespace

TEST_CASE("read_study reads all that a study has", "[study]") {
    const StudyFolder folder(small);
    const Study study = folder.read();
    CHECK(study.name == "small");
    CHECK(study.clusters.front().name == "c.yaml");
    CHECK(study.clusters.front().path == folder.path("c.yaml"));
    CHECK(study.workloads[0].path == folder.path("w.yaml"));  // the name of a file beside it, without .yaml
    CHECK(study.workloads[1].path == "deepseek_v3_prefill");
    CHECK(study.calibrations.front().name == "of the cluster");
    CHECK(study.algorithms == Texts{"nccl", "direct"});
    CHECK(study.engine == "fluid");
    CHECK(study.accuracy == 0.005);
    CHECK(study.overlap == "");
    CHECK(study.fixed.front().path == "workload.dispatch");
    CHECK(study.fixed.front().value == "{dtype: bf16, metadata: 12 B}");
    REQUIRE(study.axes.size() == 3);
    CHECK(study.axes[0].keys == Texts{"cluster.nodes"});
    CHECK(study.axes[1].rows == Rows{{"100 Gbit/s"}, {"200 Gbit/s"}, {"400 Gbit/s"}});
    CHECK(study.axes[2].keys == Texts{"workload.model.hidden", "workload.batch.tokens_per_rank"});
    CHECK(study.axes[2].rows == Rows{{"1024", "8"}, {"2048", "8"}});
    CHECK(study.seeds == std::vector<std::uint64_t>{1, 2, 3});
    CHECK(study.directory == folder.path());
    CHECK(!study.axes[2].is_sample);
    const Study sampled = StudyFolder(small + "samples: [batch.tokens_per_rank]\n").read();
    CHECK(sampled.axes[2].is_sample);  // the whole zip, whose keys move together
    CHECK(!sampled.axes[1].is_sample);
}

TEST_CASE("read_study takes all algorithms, and one seed of the workload, unless told otherwise", "[study]") {
    const std::string least = "name: s\ncluster: c.yaml\nworkload: w.yaml\n";
    CHECK(StudyFolder(least).read().algorithms == Texts{"direct"});
    CHECK(StudyFolder(least).read().seeds.empty());
    CHECK(StudyFolder(least + "algorithm: all\n").read().algorithms == algorithms);
    CHECK(StudyFolder(least + "seeds: [18446744073709551615, 5]\n").read().seeds ==
          std::vector<std::uint64_t>{18446744073709551615U, 5});
    CHECK(StudyFolder(least + "seeds: {from: 10, to: 15, step: 2}\n").read().seeds == std::vector<std::uint64_t>{10, 12, 14});
}

TEST_CASE("ranges stop at their end, and keep whole numbers whole", "[study]") {
    CHECK(values_of("{from: 1, to: 8, step: 3}") == Texts{"1", "4", "7"});
    CHECK(values_of("{from: 1, to: 7, step: 3}") == Texts{"1", "4", "7"});
    CHECK(values_of("{from: 1, to: 1, step: 3}") == Texts{"1"});
    CHECK(values_of("{from: 64, to: 4096, factor: 4}") == Texts{"64", "256", "1024", "4096"});
    CHECK(values_of("{from: 0.1, to: 0.5, step: 0.1}") == Texts{"0.1", "0.2", "0.3", "0.4", "0.5"});
    CHECK(values_of("{from: 1.5 us, to: 3 us, step: 0.5 us}") == Texts{"1.5 us", "2 us", "2.5 us", "3 us"});
    CHECK(values_of("{from: -1, to: 1, step: 1}") == Texts{"-1", "0", "1"});
    CHECK(values_of("{from: 1000000, to: 3000000, step: 1000000}") == Texts{"1000000", "2000000", "3000000"});
}

TEST_CASE("values of any shape stay what they are", "[study]") {
    CHECK(values_of(R"([2, "2", ~, [1, [a b]], {kind: skew, "a: b": 'x, y'}, 400 Gbit/s])") ==
          Texts{"2", "\"2\"", "~", "[1, [a b]]", "{kind: skew, \"a: b\": \"x, y\"}", "400 Gbit/s"});
}

TEST_CASE("read_study refuses bad studies", "[study]") {
    for (const Change& bad : bad_studies) DYNAMIC_SECTION(bad.name) {
            const StudyFolder folder(with_change(small, bad));
            CHECK(refusal_of([&] { folder.read(); }, folder) == bad.refusal);
        }
}

TEST_CASE("read_study does not write out what aliases stand for without end", "[study]") {
    const StudyFolder folder("name: s\ncluster: c.yaml\nworkload: w.yaml\nsweep: {nodes: " + alias_bomb() + "}\n");
    CHECK(refusal_of([&] { folder.read(); }, folder) ==
          "s.yaml:10:21: error: found aliases that stand for more than 1000000 values and characters; expected fewer");
}

TEST_CASE("the key of a case changes with all that decides its result", "[study]") {
    using Alteration = std::function<void(const TemporaryFolder&, StudyCase&, std::string&)>;
    const auto key_with = [](const Alteration& change) {
        const StudyFolder folder("");
        StudyCase one{1, {"c", folder.path("c.yaml")}, {"w", folder.path("w.yaml")}, {"nominal", "nominal"}, "direct", {}, {}};
        std::string by = "1.0";
        change(folder, one, by);
        return CaseFiles({}).key_of(one, by);
    };
    const auto unchanged = [](auto&, auto&, auto&) {};
    const std::string key = key_with(unchanged);
    CHECK(key.size() == 64);
    CHECK(key == key_with(unchanged));  // in another folder
    const auto differs = [&](const Alteration& change) { return key_with(change) != key; };
    CHECK(differs([](auto& folder, auto&, auto&) { folder.write("c.yaml", small_cluster + "# a word\n"); }));
    CHECK(differs([](auto& folder, auto&, auto&) { folder.write("w.yaml", small_workload + "# a word\n"); }));
    CHECK(differs([](auto&, StudyCase& one, auto&) { one.algorithm = "nccl"; }));
    CHECK(differs([](auto&, StudyCase& one, auto&) { one.seed = 1; }));
    CHECK(differs([](auto&, StudyCase& one, auto&) { one.overrides = {{"cluster.nodes", "3"}}; }));
    CHECK(differs([](auto&, auto&, std::string& by) { by = "1.1"; }));
    CHECK(!differs([](auto&, StudyCase& one, auto&) { one.number = 5; }));
}

TEST_CASE("the key of a case changes with the data that its workload names", "[study]") {
    const TemporaryFolder folder;
    folder.write("c.yaml", small_cluster);
    folder.write("w.yaml", small_workload);
    StudyCase one{1, {"c", folder.path("c.yaml")}, {"w", folder.path("w.yaml")}, {"nominal", "nominal"}, "direct", {}, {}};
    one.overrides = {{"workload.routing", "{kind: shares, file: " + folder.path("p.txt") + "}"}};
    const std::string without = CaseFiles({}).key_of(one, "1.0");
    folder.write("p.txt", "1\n2\n");
    const std::string with = CaseFiles({}).key_of(one, "1.0");
    folder.write("p.txt", "1\n3\n");
    CHECK(without != with);
    CHECK(CaseFiles({}).key_of(one, "1.0") != with);
}

}  // namespace tokenyard
