// SPDX-License-Identifier: Apache-2.0
// predict --explain and --sensitivity: the real program's text and JSON.
#include "support/files.hpp"
#include "support/process.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace tokenyard {
namespace {

using Json = nlohmann::json;

const std::string help = "\nRun with --help for more information.\n";

const std::string small_case = "predict dgx_h100_x4 deepseek_v3_decode --set batch.tokens_per_rank=16 ";
const std::string two_nodes = small_case + "--set nodes=2 ";  // for many predictions in one

}  // namespace

TEST_CASE("predict --explain --sensitivity prints lines whose format is this", "[cli]") {
    const TemporaryFolder folder;
    folder.write("pair.yaml", R"(name: pair
nodes: 2
node:
  gpus: 1
  gpu: {model: test, memory: 80 GB, memory_bandwidth: 3 TB/s}
  nics: {count: 1, bandwidth: 400 Gbit/s, latency: 2 us}
fabric: {kind: single-switch, hop_latency: 0.5 us}
sources: [none, this is a test]
)");
    folder.write("s.txt", "0 7000000\n0 1000\n");
    const std::string out =
        run_tokenyard("predict pair.yaml --matrix s.txt --algorithm direct --engine fluid --explain --sensitivity -v",
                      folder.path())
            .out;
    REQUIRE(out.find("# why dispatch") != std::string::npos);
    CHECK(out.substr(out.find("# why dispatch")) == read_file(TOKENYARD_SOURCE "/tests/data/explain_pair.txt"));
}

TEST_CASE("predict --json has explanations and sensitivities only where they are asked for", "[cli][full]") {
    const Json without = Json::parse(run_tokenyard(two_nodes + "--json -").out);
    CHECK(!without["phases"][0].contains("why"));
    CHECK(!without.contains("sensitivity"));
    const std::string text = run_tokenyard(two_nodes + "--json - --explain --sensitivity --algorithm nccl").out;
    const Json json = Json::parse(text);
    CHECK(run_tokenyard(two_nodes + "--json - --explain --sensitivity --algorithm nccl").out == text);
    for (const Json& phase : json["phases"]) {
        double climbed = 0;
        for (const Json& rung : phase["why"]["ladder"]) climbed += rung["added_us"].get<double>();
        CHECK(climbed == Approx(phase["completion_us"].get<double>()));
        CHECK(phase["why"]["chain"].back()["end_us"] == phase["completion_us"]);
        CHECK(phase["why"]["chain"].front()["begin_us"] == 0);
    }
    CHECK(json["phases"][0]["why"]["ladder"][0]["rung"] == "bytes");
    const Json& what_if = json["sensitivity"]["what_if"];
    CHECK(what_if[0]["both"]["change_us"] < 0);
    CHECK(what_if[0]["both"]["change_us"] <= what_if[1]["both"]["change_us"]);
}

TEST_CASE("twice as fast NICs by --set take what --sensitivity said of NICs and switches", "[cli]") {
    const Json said =
        Json::parse(run_tokenyard(small_case + "--json - --engine fluid --sensitivity").out)["sensitivity"]["what_if"];
    const Json really =
        Json::parse(run_tokenyard(small_case + "--json - --engine fluid --set node.nics.bandwidth='800 Gbit/s'").out);
    const auto row = std::find_if(said.begin(), said.end(), [](const Json& each) {
        return each["what"] == "nic and switches" && each["times_faster"] == 2;
    });
    REQUIRE(row != said.end());
    for (const std::size_t phase : {0U, 1U})
        CHECK((*row)[phase == 0 ? "dispatch" : "combine"]["completion_us"].get<double>() ==
              Approx(really["phases"][phase]["completion_us"].get<double>()).epsilon(1e-9));
}

TEST_CASE("predict --sensitivity says what the layer gains, but not of other tokens", "[cli]") {
    const Json json = Json::parse(run_tokenyard(two_nodes + "--json - --layer --sensitivity").out);
    CHECK(json["sensitivity"]["layer_us"].get<double>() == Approx(json["layer"]["completion_us"].get<double>()));
    for (const Json& row : json["sensitivity"]["what_if"]) {
        INFO(row["what"]);
        CHECK(row.contains("layer") == (row["what"] != "perfect balance" && row["what"] != "a token once to each GPU"));
    }
}

TEST_CASE("predict --sensitivity takes no change for one that the engine cannot tell", "[cli]") {
    // Twice as little latency saves 2.3 of 192 us in exact runs: 1.2 %.
    const std::string exact = run_tokenyard(small_case + "--engine fluid --sensitivity").out,
                      rough = run_tokenyard(small_case + "--accuracy 5% --sensitivity").out;
    CHECK(exact.find("\nlatency, 2 x faster") != std::string::npos);
    CHECK(rough.find("\nlatency, 2 x faster") == std::string::npos);
    CHECK(rough.find("\n# change less than 5 %: ") != std::string::npos);
    CHECK(rough.find("\nnic, 2 x faster") != std::string::npos);
}

TEST_CASE("several algorithms are not explained at once", "[cli]") {
    const ProcessResult why = run_tokenyard(small_case + "--algorithm all --explain");
    CHECK(why.exit_code == 1);
    CHECK(why.err == "--explain: found several algorithms; expected one to be explained" + help);
    const ProcessResult what_if = run_tokenyard(small_case + "--algorithm all --sensitivity");
    CHECK(what_if.exit_code == 1);
    CHECK(what_if.err == "--sensitivity: found several algorithms; expected one to be changed" + help);
}

}  // namespace tokenyard
