// SPDX-License-Identifier: Apache-2.0
// tokenyard compare: the real program on predictions that it wrote.
#include "support/files.hpp"
#include "support/process.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace tokenyard {
namespace {

using Json = nlohmann::json;

/// 7 MB from one node to another one, at 400 and at 200 Gbit/s: 140 + 2.5 us, and 280 + 2.5 us.
struct ComparedFolder : TemporaryFolder {
    ComparedFolder() {
        write("pair.yaml", R"(name: pair
nodes: 2
node:
  gpus: 1
  gpu: {model: test, memory: 80 GB, memory_bandwidth: 3 TB/s}
  nics: {count: 1, bandwidth: 400 Gbit/s, latency: 2 us}
fabric: {kind: single-switch, hop_latency: 0.5 us}
sources: [none, this is a test]
)");
        write("s.txt", "0 7000000\n0 1000\n");
        const std::string predict = "predict pair.yaml --matrix s.txt --algorithm direct --engine fluid --quiet --json ";
        REQUIRE(run_tokenyard(predict + "a.json", path()).exit_code == 0);
        REQUIRE(run_tokenyard(predict + "b.json --set node.nics.bandwidth='200 Gbit/s'", path()).exit_code == 0);
    }
};

const std::string help = "\nRun with --help for more information.\n";

}  // namespace

TEST_CASE("compare says what differs and what that did", "[cli]") {
    const ComparedFolder folder;
    const ProcessResult result = run_tokenyard("compare a.json b.json", folder.path());
    CHECK(result.exit_code == 0);
    CHECK(result.err == "");
    CHECK(result.out == read_file(TOKENYARD_SOURCE "/tests/data/compare_pair.txt"));
}

TEST_CASE("compare --json has the same numbers", "[cli]") {
    const ComparedFolder folder;
    const ProcessResult result = run_tokenyard("compare a.json b.json --json -", folder.path());
    REQUIRE(result.exit_code == 0);
    const Json json = Json::parse(result.out);
    CHECK(json["schema"] == "tokenyard.difference/1");
    CHECK(json["inputs"] == Json::parse(R"([{"key": "cluster.node.nics.bandwidth", "before": "50 GB/s", "after": "25 GB/s"}])"));
    CHECK(json["completion"][0]["what"] == "dispatch");
    CHECK(json["completion"][0]["before_us"].get<double>() == Approx(142.5));
    CHECK(json["completion"][0]["after_us"].get<double>() == Approx(282.5));
    CHECK(json["completion"][0]["change_percent"].get<double>() == Approx(100 * 140 / 142.5));
    // both NICs share the blame: 70 us each, then 140 us
    CHECK(json["phases"][0]["held_by"][0]["change_us"].get<double>() == Approx(70));
    CHECK(json["phases"][0]["held_by_kind"][2]["kind"] == "latency");
    CHECK(json["phases"][0]["held_by_kind"][2]["change_us"].get<double>() == Approx(0).margin(1e-9));
}

TEST_CASE("compare of a prediction with itself finds nothing, in each output", "[cli]") {
    const ComparedFolder folder;
    const ProcessResult result = run_tokenyard("compare a.json - --fail-above 0% <a.json", folder.path());
    CHECK(result.exit_code == 0);
    CHECK(result.out.find("# no input differs\n") != std::string::npos);
}

TEST_CASE("compare --fail-above gives 4 where it takes longer than allowed, and only there", "[cli]") {
    const ComparedFolder folder;
    const ProcessResult longer = run_tokenyard("compare a.json b.json --fail-above '98 %'", folder.path());
    CHECK(longer.exit_code == 4);
    CHECK(longer.err ==
          "tokenyard: found dispatch 282.50 us instead of 142.50 us, combine 282.50 us instead of 142.50 us, both 565.00 us "
          "instead of 285.00 us; expected at most 98 % more\n");
    CHECK(longer.out == read_file(TOKENYARD_SOURCE "/tests/data/compare_pair.txt"));
    CHECK(run_tokenyard("compare a.json b.json --fail-above 99%", folder.path()).exit_code == 0);  // it is 98.2 %
    CHECK(run_tokenyard("compare b.json a.json --fail-above 0%", folder.path()).exit_code == 0);
}

TEST_CASE("compare takes predictions that were stored in the first schema", "[cli]") {
    // As version 0.1.0 with the first schema wrote them: the pair at 400 Gbit/s, and a layer of 8 ranks.
    const std::string stored = TOKENYARD_SOURCE "/tests/data/prediction_1", layer = TOKENYARD_SOURCE "/tests/data/layer_1.json";
    const ComparedFolder folder;
    const auto times_of = [&](const std::string& before, const std::string& after) {
        const ProcessResult result = run_tokenyard("compare " + before + " " + after + " --json -", folder.path());
        REQUIRE(result.exit_code == 0);
        return Json::parse(result.out)["completion"];
    };
    const Json times = times_of(stored + ".json", "b.json");
    REQUIRE(times.size() == 3);  // dispatch, combine, both; what the first schema has as `layer` is no layer there
    CHECK(times[2]["what"] == "both");
    CHECK(times[2]["before_us"].get<double>() == Approx(285));
    CHECK(times[2]["after_us"].get<double>() == Approx(565));
    folder.write("c.yaml", with_change(small_cluster, {"", "3 TB/s", "3 TB/s, flops: {bf16: 900 TFLOP/s}", ""}));
    folder.write("w.yaml",
                 with_change(small_workload, {"", "moe_layers: 1", "moe_layers: 1, expert: {hidden: 512, dtype: bf16}", ""}));
    REQUIRE(run_tokenyard("predict c.yaml w.yaml --algorithm direct --layer --engine fluid --quiet --json l.json", folder.path())
                .exit_code == 0);
    const Json layers = times_of(layer, "l.json");
    REQUIRE(layers.size() == 4);
    CHECK(layers[3]["what"] == "layer");
    CHECK(layers[3]["after_us"].get<double>() > layers[2]["after_us"].get<double>());
    // What a GPU costs may be known better by now.
    CHECK(layers[3]["before_us"].get<double>() == Approx(layers[3]["after_us"].get<double>()).epsilon(0.2));
}

TEST_CASE("compare refuses what it cannot compare", "[cli]") {
    const ComparedFolder folder;
    const auto check = [&](const std::string& arguments, int exit_code, const std::string& message) {
        INFO(arguments);
        const ProcessResult result = run_tokenyard("compare " + arguments, folder.path());
        CHECK(result.exit_code == exit_code);
        CHECK(result.err == message);
        CHECK(result.out == "");
    };
    check("a.json nowhere.json", 2,
          "nowhere.json:1:1: error: found 'nowhere.json', which cannot be opened (No such file or directory); expected a file "
          "that can\n");
    check("a.json pair.yaml", 2, "pair.yaml:1:1: error: found no 'schema' in the prediction; expected it\n");
    check("a.json b.json --fail-above 5", 1, "--fail-above: found '5'; expected from 0% to 1000%" + help);
    check("- -", 1, "AFTER: found standard input for both predictions; expected it once" + help);
    check("a.json b.json --json ./b.json", 1, "--json: found './b.json', which is compared; expected a file of its own" + help);
    check("a.json", 1, "AFTER is required" + help);
}

}  // namespace tokenyard
