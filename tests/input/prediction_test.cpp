// SPDX-License-Identifier: Apache-2.0
// What the reader of saved predictions takes, and what it refuses, with the whole message.
#include "input/input.hpp"
#include "support/files.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

#include <sstream>

namespace tokenyard {
namespace {

const std::string small_prediction = R"({
  "schema": "tokenyard.prediction/2",
  "tool": {"name": "tokenyard", "version": "9"},
  "inputs": {"cluster": {"file": "c.yaml", "sha256": "ab"}, "calibration": null, "seed": 3, "overrides": {"seed": "3"},
    "in_effect": {"cluster": ["nodes: 2", "node: {gpus: 1, nics: [{gpu: [0, 1]}, {gpu: [2]}]}", "sources: [talk]"]}},
  "model": {"ranks": 2, "algorithm": "direct", "engine_reason": "talk"},
  "phases": [{"name": "dispatch", "completion_us": 1.5e+02, "lower_bound_us": 140, "later": [],
    "bottlenecks": [{"resource": "node0/nic0/out", "share": 0.75}, {"resource": "latency", "share": 0.25}],
    "bottleneck_kinds": [{"kind": "nic out", "share": 0.75}]}],
  "both": {"completion_us": 150}
})";

const std::vector<Change> bad_predictions{
    {"another schema", "prediction/2", "prediction/3",
     "p.json:2:13: error: found 'tokenyard.prediction/3'; expected tokenyard.prediction/1 or tokenyard.prediction/2"},
    {"no schema", "\"schema\": \"tokenyard.prediction/2\",", "",
     "p.json:1:1: error: found no 'schema' in the prediction; expected it"},
    {"no phases", "\"phases\"", "\"phrases\"", "p.json:1:1: error: found no 'phases' in the prediction; expected it"},
    {"phases that are no list", "\"phases\": [{", "\"phases\": 7, \"was\": [{",
     "p.json:7:13: error: found '7'; expected a list, phases"},
    {"a completion below 0", "1.5e+02", "-1", "p.json:7:52: error: found '-1'; expected a number of at least 0"},
    {"a completion that is no number", "1.5e+02", "\"long\"",
     "p.json:7:52: error: found 'long'; expected a number of at least 0"},
    {"a completion that is infinite", "1.5e+02", "1e999", "p.json:7:52: error: found '1e999'; expected a number of at least 0"},
    {"no completion", "\"completion_us\": 1.5e+02, ", "",
     "p.json:7:14: error: found no 'completion_us' in the phase; expected it"},
    {"a resource without a share", "{\"resource\": \"latency\", \"share\": 0.25}", "{\"resource\": \"latency\"}",
     "p.json:8:68: error: found no 'share' in bottlenecks; expected it"},
    {"inputs that are no map", "\"inputs\": {", "\"inputs\": 7, \"was\": {",
     "p.json:4:13: error: found '7'; expected a map, inputs"},
    {"keys in effect that are wrong", "\"nodes: 2\"", "\"nodes: [\"",
     "p.json (inputs.in_effect.cluster):3:1: error: found broken YAML (end of sequence flow not found); expected key: value"},
    {"no time of both phases", "\"both\"", "\"bath\"", "p.json:1:1: error: found no 'both' in the prediction; expected it"},
    {"an end too early", "\"both\": {\"completion_us\": 150}\n}", "\"both\": {",
     "p.json:10:1: error: found broken YAML (end of map flow not found); expected key: value"},
};

}  // namespace

TEST_CASE("read_prediction reads what --json writes, and passes over what it does not know", "[input]") {
    const TemporaryFolder folder;
    const SavedPrediction prediction = read_prediction(folder.write("p.json", small_prediction));
    REQUIRE(prediction.phases.size() == 1);
    CHECK(prediction.phases[0].name == "dispatch");
    CHECK(in_microseconds(prediction.phases[0].completion) == Approx(150));
    CHECK(in_microseconds(prediction.phases[0].lower_bound) == Approx(140));
    REQUIRE(prediction.phases[0].resources.size() == 2);
    CHECK(prediction.phases[0].resources[1].name == "latency");
    CHECK(prediction.phases[0].resources[1].share == 0.25);
    CHECK(in_microseconds(prediction.both) == Approx(150));
    CHECK(!prediction.layer);
    std::string inputs;
    for (const NamedText& input : prediction.inputs) inputs += input.name + "=" + input.text + "\n";
    CHECK(inputs ==
          "inputs.cluster.file=c.yaml\ninputs.cluster.sha256=ab\ncluster.nodes=2\ncluster.node.gpus=1\n"
          "cluster.node.nics.0.gpu=[0, 1]\ncluster.node.nics.1.gpu=[2]\nmodel.ranks=2\nmodel.algorithm=direct\n"
          "tool.name=tokenyard\ntool.version=9\n");
}

TEST_CASE("read_prediction takes the time of a layer only from a layer, in either schema", "[input]") {
    const TemporaryFolder folder;
    const auto read = [&](const char* schema, const char* times) {
        const std::string with_times = with_change(small_prediction, {"", "\"both\": {\"completion_us\": 150}", times, ""});
        return read_prediction(folder.write("p.json", with_change(with_times, {"", "prediction/2", schema, ""})));
    };
    const SavedPrediction first = read("prediction/1", "\"layer\": {\"completion_us\": 150}");
    CHECK(!first.layer);
    CHECK(in_microseconds(first.both) == Approx(150));
    const SavedPrediction first_layer = read("prediction/1", "\"layer\": {\"completion_us\": 900, \"overlap\": \"none\"}");
    CHECK(in_microseconds(first_layer.layer.value()) == Approx(900));
    CHECK(in_microseconds(first_layer.both) == Approx(150));
    const SavedPrediction second =
        read("prediction/2", "\"both\": {\"completion_us\": 150}, \"layer\": {\"completion_us\": 900}");
    CHECK(in_microseconds(second.layer.value()) == Approx(900));
    CHECK(in_microseconds(second.both) == Approx(150));
}

TEST_CASE("read_prediction refuses bad predictions", "[input]") {
    for (const Change& bad : bad_predictions) DYNAMIC_SECTION(bad.name) {
            const TemporaryFolder folder;
            const std::string file = folder.write("p.json", with_change(small_prediction, bad));
            CHECK(refusal_of([&] { read_prediction(file); }, folder) == bad.refusal);
        }
}

TEST_CASE("read_prediction does not write out what aliases stand for without end", "[input]") {
    const TemporaryFolder folder;
    const std::string bomb = "\"bomb\": " + alias_bomb();
    const std::string in_file = folder.write("p.json", with_change(small_prediction, {"", "\"seed\": 3", bomb.c_str(), ""}));
    CHECK(refusal_of([&] { read_prediction(in_file); }, folder) ==
          "p.json:10:21: error: found aliases that stand for more than 1000000 values and characters; expected fewer");
    std::string lines = "\"bomb: [\"";  // keys in effect are lines of YAML inside the JSON
    std::istringstream text(alias_bomb());
    std::string line;
    for (std::getline(text, line); std::getline(text, line);) lines += ", \"" + line + "\"";
    const std::string in_keys = folder.write("p.json", with_change(small_prediction, {"", "\"nodes: 2\"", lines.c_str(), ""}));
    CHECK(refusal_of([&] { read_prediction(in_keys); }, folder) ==
          "p.json (inputs.in_effect.cluster):7:21: error: found aliases that stand for more than 1000000 values and characters; "
          "expected fewer");
}

TEST_CASE("read_prediction limits the names that long keys make", "[input]") {
    // 10 levels of keys with 1,000 letters and a dot each, above 7,000 values on a line each: 70 MB of names in a file of 0.1 MB.
    std::string text = "\"deep\": ";
    for (int level = 0; level < 10; ++level) text += "{\"" + std::string(1000, 'k') + "\": ";
    text += "[";
    for (int value = 0; value < 7000; ++value) text += "\n{\"a\": 1},";
    text += "\n1]" + std::string(10, '}');
    const TemporaryFolder folder;
    const std::string file = folder.write("p.json", with_change(small_prediction, {"", "\"seed\": 3", text.c_str(), ""}));
    // "inputs.deep", ten times ".k...k", ".6691", ".a" and "1": 11 + 10,010 + 5 + 2 + 1 = 10,029 bytes, and less for lower
    // numbers.
    CHECK(refusal_of([&] { read_prediction(file); }, folder) ==
          "p.json:6696:7: error: found inputs of more than 67108864 bytes with their names; expected fewer");
}

}  // namespace tokenyard
