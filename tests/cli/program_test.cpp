// SPDX-License-Identifier: Apache-2.0
// The real program, from files to what it prints.
#include "support/files.hpp"
#include "support/process.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>

namespace tokenyard {
namespace {

using Json = nlohmann::json;

constexpr auto cluster = R"(name: pair
nodes: 2
node:
  gpus: 1
  gpu: {model: test, memory: 80 GB, memory_bandwidth: 3 TB/s}
  nics: {count: 1, bandwidth: 400 Gbit/s, latency: 2 us}
fabric: {kind: single-switch, hop_latency: 0.5 us}
sources: [none, this is a test]
)";

/// Two ranks, and 7 MB from the first to the second.
struct PairFolder : TemporaryFolder {
    PairFolder() {
        write("pair.yaml", cluster);
        write("s.txt", "0 7000000\n0 1000\n");
    }
};

}  // namespace

TEST_CASE("predict prints a table whose format is this", "[cli]") {
    // rank 0 -> rank 1: 7 MB / 50 GB/s = 140 us + 2 + 0.5; combine is the transpose and takes the same
    const PairFolder folder;
    const ProcessResult result =
        run_tokenyard("predict pair.yaml --matrix s.txt --algorithm direct --engine fluid -v", folder.path());
    CHECK(result.exit_code == 0);
    CHECK(result.err == "");
    CHECK(without_hashes(result.out) == read_file(TOKENYARD_SOURCE "/tests/data/predict_pair.txt"));
}

TEST_CASE("predict --json has the keys that docs/output.md promises", "[cli]") {
    const PairFolder folder;
    const ProcessResult result = run_tokenyard("predict pair.yaml --matrix s.txt --algorithm direct --json -", folder.path());
    REQUIRE(result.exit_code == 0);
    const Json json = Json::parse(result.out);
    CHECK(json["schema"] == "tokenyard.prediction/2");
    CHECK(json["tool"]["name"] == "tokenyard");
    CHECK(json["inputs"]["cluster"]["file"] == "pair.yaml");
    CHECK(json["inputs"]["workload"]["sha256"].get<std::string>().size() == 64);
    CHECK(json["inputs"]["calibration"].is_null());
    CHECK(json["inputs"]["parts"].size() == 8);  // nominal chip, NIC and host, and a library for each group of costs
    CHECK(json["model"]["parts"]["chip"] == "nominal");
    CHECK(json["model"]["ranks"] == 2);
    CHECK(json["model"]["engine"] == "simgrid");
    const Json& dispatch = json["phases"][0];
    CHECK(dispatch["name"] == "dispatch");
    CHECK(dispatch["completion_us"].get<double>() == Approx(142.5).epsilon(1e-9));
    CHECK(dispatch["lower_bound_us"].get<double>() == Approx(142.5).epsilon(1e-9));
    CHECK(dispatch["volume_bytes"] == Json{{"local", 1000}, {"scale_up", 0}, {"scale_out", 7000000}, {"relayed", 0}});
    CHECK(dispatch["algbw_GBps"].get<double>() == Approx(7001000 / 142.5e-6 / 1e9));
    CHECK(dispatch["busbw_GBps"].get<double>() == Approx(7001000 / 142.5e-6 / 1e9 / 2));
    CHECK(dispatch["skew"]["receive_max_over_mean"].get<double>() == Approx(2));
    // held by both NICs for 140 of 142.5 us, by latency for 2.5
    CHECK(dispatch["bottlenecks"][0]["share"].get<double>() == Approx(70 / 142.5));
    CHECK(
        dispatch["bottlenecks"][2] ==
        Json{{"resource", "latency"}, {"kind", "latency"}, {"share", dispatch["bottlenecks"][2]["share"]}, {"utilisation", 0.0}});
    CHECK(json["phases"][1]["name"] == "combine");
    CHECK(json["both"]["completion_us"].get<double>() == Approx(285));
    CHECK(!json.contains("layer"));
}

TEST_CASE("predict says whether a model fits into the GPUs, and a misfit is a warning", "[cli]") {
    // DeepSeek-V3's experts: 58 layers x 3 x 7,168 x 2,048 B = 2,554,331,136 B each, one of which every GPU has beside its part
    // of 256.
    struct Fit {
        const char* arguments;
        double experts, capacity;  // GB; of the GPU
        const char* misfit;
    };
    const Fit fits[] = {{"dgx_h100_x4 deepseek_v3_decode --set ranks=2", 129, 80e9, "does not fit: 330 GB of 80 GB a GPU"},
                        {"dgx_h100_x4 deepseek_v3_decode --set ranks=8", 33, 80e9, "does not fit: 84 GB of 80 GB a GPU"},
                        {"l40s_pcie_x8 deepseek_v3_decode", 33, 48e9, "does not fit: 84 GB of 48 GB a GPU"},
                        {"gb200_nvl72 deepseek_v3_decode --set 'placement={kind: redundant, extra: 32}'", 5, 186e9, ""}};
    for (const Fit& fit : fits) {
        INFO(fit.arguments);
        const ProcessResult result =
            run_tokenyard(std::string("predict ") + fit.arguments + " --algorithm direct --engine fluid --json -");
        REQUIRE(result.exit_code == 0);
        const Json memory = Json::parse(result.out)["memory"];
        CHECK(memory["total_bytes"] == static_cast<std::uint64_t>(fit.experts * 2554331136));
        CHECK(memory["capacity_bytes"] == static_cast<std::uint64_t>(fit.capacity));
        const std::string misfit = fit.misfit;
        CHECK(memory["fits"] == misfit.empty());
        CHECK(result.err == (misfit.empty() ? "" : "tokenyard: direct " + misfit + "\n"));
    }
    const ProcessResult several = run_tokenyard(
        "predict dgx_h100_x4 deepseek_v3_decode --set ranks=2 --set 'memory.other=5 GB' --algorithm direct,low-latency -v");
    CHECK(several.exit_code == 0);
    // two of 256 x 128 slots of 14,560 B to send and to receive, and flags: 1.908 GB
    CHECK_THAT(several.out, Catch::Matchers::Contains(
                                "\n# memory  of 80.0 GB on rank 0, the fullest: 128 experts of each layer 327.0 GB, shared "
                                "experts 2.6 GB, other 5.0 GB; buffers: low-latency 1.9 GB\n"
                                "#   not counted: scales of the weights\n"));
    CHECK_THAT(several.out, Catch::Matchers::Contains("\n# !!! direct does not fit: 335 GB of 80 GB a GPU\n"));
    CHECK_THAT(several.out, Catch::Matchers::Contains("\n# !!! low-latency does not fit: 336 GB of 80 GB a GPU\n"));
    CHECK(several.out.find("\nnccl") == std::string::npos);
}

TEST_CASE("the same input gives the same bytes", "[cli]") {
    const std::string arguments = "predict dgx_h100_x4 deepseek_v3_decode --set batch.tokens_per_rank=16 --json - --engine ";
    for (const char* engine : {"simgrid", "fluid"}) {
        INFO(engine);
        const ProcessResult first = run_tokenyard(arguments + engine);
        REQUIRE(first.exit_code == 0);
        CHECK(run_tokenyard(arguments + engine).out == first.out);
        CHECK(run_tokenyard(arguments + engine + " --seed 2").out != first.out);
    }
}

TEST_CASE("an override with --set changes what is predicted, with the file's own checks", "[cli]") {
    const std::string arguments =
        "predict dgx_h100_x4 deepseek_v3_decode --engine fluid --json - --set batch.tokens_per_rank=512";
    const double slow = Json::parse(run_tokenyard(arguments).out)["phases"][0]["completion_us"];
    const Json fast = Json::parse(run_tokenyard(arguments + " --set node.nics.bandwidth='800 Gbit/s'").out);
    CHECK(fast["phases"][0]["completion_us"] < 0.6 * slow);
    CHECK(fast["inputs"]["overrides"]["node.nics.bandwidth"] == "800 Gbit/s");
    const ProcessResult wrong = run_tokenyard(arguments + " --set node.nics.bandwidth=800");
    CHECK(wrong.exit_code == 2);
    CHECK(
        wrong.err ==
        "--set node.nics.bandwidth:1:1: error: found '800'; expected a bandwidth with its unit, such as 400 Gbit/s or 50 GB/s\n");
}

TEST_CASE("a file may come from standard input", "[cli]") {
    const PairFolder folder;
    CHECK(run_tokenyard("predict - --matrix s.txt <pair.yaml", folder.path()).exit_code == 0);
    CHECK(run_tokenyard("check - <pair.yaml", folder.path()).out == "-: cluster pair, 2 GPUs on 2 nodes\n");
    CHECK(run_tokenyard("predict - - <pair.yaml", folder.path()).exit_code == 2);
}

TEST_CASE("the ledger of --links has a row for every link and phase", "[cli]") {
    const PairFolder folder;
    REQUIRE(run_tokenyard("predict pair.yaml --matrix s.txt --algorithm direct --quiet --links links.csv", folder.path()).out ==
            "");
    const std::string csv = read_file(folder.path("links.csv"));
    CHECK(csv.starts_with(
        "phase,link,kind,capacity_GBps,carried_bytes,utilisation,saturated_us,first_saturated_us,last_saturated_us\n"
        "dispatch,node0/gpu0/memory,memory,3000,0,0.000000,0.0000,0.0000,0.0000\n"
        "dispatch,node1/gpu0/memory,memory,3000,0,0.000000,0.0000,0.0000,0.0000\n"
        "dispatch,node0/nic0/out,nic,50,7000000,0.982456,140.0000,2.5000,142.5000\n"
        "dispatch,node0/nic0/in,nic,50,0,0.000000,0.0000,0.0000,0.0000\n"));
    CHECK(std::count(csv.begin(), csv.end(), '\n') == 13);
}

TEST_CASE("a fault on a link that is not there is refused at its line by every verb", "[cli]") {
    const PairFolder folder;
    folder.write("bad.yaml", std::string(cluster) + "faults:\n  - {kind: slow-link, link: node7/nic0/out, factor: 0.5}\n");
    for (const char* verb : {"check bad.yaml", "show bad.yaml", "show bad.yaml --schedule '1 MiB'",
                             "predict bad.yaml --matrix s.txt --algorithm direct"}) {
        INFO(verb);
        const ProcessResult result = run_tokenyard(verb, folder.path());
        CHECK(result.exit_code == 2);
        CHECK(result.out == "");
        CHECK(result.err ==
              "bad.yaml:10:29: error: found 'node7/nic0/out'; expected the name of a link as `tokenyard show` prints them\n");
    }
}

TEST_CASE("no output replaces an input, however it is spelt", "[cli]") {
    const PairFolder folder;
    for (const char* input : {"pair.yaml", "./pair.yaml", "s.txt"}) {
        INFO(input);
        const ProcessResult result = run_tokenyard(
            std::string("predict pair.yaml --matrix s.txt --algorithm direct --quiet --json ") + input, folder.path());
        CHECK(result.exit_code == 1);
        CHECK(result.err == std::string(input) +
                                ": found as another output, or as an input; expected a file of its own\n"
                                "Run with --help for more information.\n");
    }
    CHECK(read_file(folder.path("pair.yaml")) == cluster);
    CHECK(read_file(folder.path("s.txt")) == "0 7000000\n0 1000\n");
    // nor one that another input is based on
    folder.write("based.yaml", "base: pair.yaml\nname: based\nsources: [none, this is a test]\n");
    CHECK(
        run_tokenyard("predict based.yaml --matrix s.txt --algorithm direct --quiet --json pair.yaml", folder.path()).exit_code ==
        1);
    CHECK(read_file(folder.path("pair.yaml")) == cluster);
}

TEST_CASE("list names presets that check accepts", "[cli]") {
    const std::string list = run_tokenyard("list").out;
    CHECK(list.find("  dgx_h100_x4 ") != std::string::npos);
    CHECK(list.find("  deepseek_v3_prefill ") != std::string::npos);
    CHECK(list.find("  direct ") != std::string::npos);
    CHECK(run_tokenyard("check dgx_h100_x4 deepseek_v3_prefill").out ==
          "dgx_h100_x4: cluster dgx_h100_x4, 32 GPUs on 4 nodes\ndeepseek_v3_prefill: workload deepseek_v3_prefill, for any "
          "cluster that it fits\n");
}

TEST_CASE("show prints defaults and links", "[cli]") {
    const TemporaryFolder folder;
    folder.write("pair.yaml", cluster);
    const std::string shown = run_tokenyard("show pair.yaml", folder.path()).out;
    CHECK(shown.find("map: [[0]]") != std::string::npos);
    CHECK(shown.find("efficiency: {scale_up: 1, scale_out: 1, pcie: 1}") != std::string::npos);
    CHECK(shown.find("# node1/nic0/in      nic          50.000     1.000\n") != std::string::npos);
}

TEST_CASE("a SimGrid process that dies is an error of the world, not a hang", "[cli]") {
    const PairFolder folder;
    const ProcessResult result = run_tokenyard_killed_at(
        "engine.simgrid", "predict pair.yaml --matrix s.txt --algorithm direct --engine simgrid", folder.path());
    CHECK(result.err == "tokenyard: error: SimGrid's process was ended by signal 9 (Killed)\n");
    CHECK(result.out == "");
    CHECK(result.exit_code == 3);
}

TEST_CASE("predict that is killed while it writes leaves the output as it was", "[cli]") {
    const PairFolder folder;
    folder.write("out.json", "kept");
    const ProcessResult result = run_tokenyard_killed_at(
        "report.output_written", "predict pair.yaml --matrix s.txt --algorithm direct --engine fluid --quiet --json out.json",
        folder.path());
    CHECK(result.exit_code == killed);
    CHECK(read_file(folder.path("out.json")) == "kept");
}

TEST_CASE("predict says how accurate it was asked to be, and is close to the exact answer", "[cli]") {
    const auto completion = [](const std::string& accuracy, double part) {
        const TemporaryFolder folder;
        const ProcessResult result =
            run_tokenyard("predict dgx_h100_x4 mixtral_8x7b --set nodes=1 --engine fluid --quiet --json - --accuracy " + accuracy,
                          folder.path());
        REQUIRE(result.exit_code == 0);
        const Json json = Json::parse(result.out);
        CHECK(json["model"]["engine_accuracy"].get<double>() == part);
        return json["phases"][0]["completion_us"].get<double>();
    };
    CHECK(completion("1%", 0.01) == Approx(completion("exact", 0)).epsilon(0.01));
    CHECK(completion("'1 %'", 0.01) == completion("1%", 0.01));
}

}  // namespace tokenyard
