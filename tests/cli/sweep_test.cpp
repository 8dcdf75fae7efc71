// SPDX-License-Identifier: Apache-2.0
// The real program on studies: its tables, its rows, and what many hands change, which is nothing.
#include "support/files.hpp"
#include "support/process.hpp"
#include "support/refusals.hpp"
#include "support/sweeps.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace tokenyard {
namespace {

const std::string help = "\nRun with --help for more information.\n";

}  // namespace

TEST_CASE("sweep --list says which cases there are, and computes none", "[sweep]") {
    const SweepFolder folder;
    const ProcessResult result = run_tokenyard("sweep s.yaml --list", folder.path());
    CHECK(result.exit_code == 0);
    CHECK(result.err == "");
    CHECK(result.out.starts_with(
        "# tokenyard 0.1.0  study small: 36 cases, 2 node.nics.bandwidth x 3 nodes x 2 algorithms x 3 seeds\n"
        "# cluster c.yaml  workload w.yaml  algorithm direct, nccl  calibration of the cluster\n"
        "# percentiles over seeds\n"
        "#case  node.nics.bandwidth  nodes  algorithm  seed\n"
        "    1  100 Gbit/s               1  direct        1\n"));
    CHECK(result.out.ends_with("   36  400 Gbit/s               3  nccl          3\n"));
    CHECK(access(folder.path("s.sqlite").c_str(), F_OK) != 0);
}

TEST_CASE("a case of a sweep has what predict gives", "[sweep]") {
    const SweepFolder folder;
    const ProcessResult csv = run_tokenyard("sweep s.yaml --csv -", folder.path());
    REQUIRE(csv.exit_code == 0);
    CHECK(csv.err == "tokenyard: results are in s.sqlite\n");
    const ProcessResult one = run_tokenyard(
        "predict c.yaml w.yaml --set node.nics.bandwidth='400 Gbit/s' --set nodes=2 --seed 2 --algorithm nccl --engine fluid "
        "--json -",
        folder.path());
    const nlohmann::json json = nlohmann::json::parse(one.out);
    const std::string sql = R"(FROM cases WHERE "cluster.node.nics.bandwidth" = '400 Gbit/s' AND "cluster.nodes" = 2 AND seed = 2
                               AND algorithm = 'nccl')";
    const std::string file = folder.path("s.sqlite");
    CHECK(std::stod(ask(file, "SELECT printf('%!.17g', both_us) " + sql)) == json["both"]["completion_us"].get<double>());
    CHECK(std::stod(ask(file, "SELECT printf('%!.17g', combine_us) " + sql)) == json["phases"][1]["completion_us"].get<double>());
    CHECK(ask(file, "SELECT dispatch_bottleneck " + sql) == json["phases"][0]["bottlenecks"][0]["resource"].get<std::string>());
    CHECK(ask(file, "SELECT dispatch_scale_out_bytes " + sql) == json["phases"][0]["volume_bytes"]["scale_out"].dump());
}

TEST_CASE("bad cases are rows with their error, and the study goes on", "[sweep]") {
    const SweepFolder folder;
    const ProcessResult result = run_tokenyard("sweep s.yaml", folder.path());
    CHECK(result.exit_code == 0);
    CHECK_THAT(result.out, Catch::Matchers::Contains("# engine fluid, accuracy as it chooses; 24 done, 12 refused, 0 failed\n"));
    CHECK_THAT(result.out, Catch::Matchers::Contains("# case 13 and 11 more refused: "));
    const std::string file = folder.path("s.sqlite");
    CHECK(ask(file, "SELECT count(*) FROM cases WHERE status = 'done' AND both_us > 0 AND error IS NULL") == "24");
    CHECK(ask(file, "SELECT count(*) FROM cases WHERE status = 'refused' AND both_us IS NULL AND \"cluster.nodes\" = 3") == "12");
    CHECK(ask(file, "SELECT DISTINCT error FROM cases WHERE status = 'refused'") ==
          "w.yaml:3:18: error: found '16'; expected a multiple of the 12 ranks (or placement kind map or redundant, or fewer "
          "ranks)");
}

TEST_CASE("layers of a trace make percentiles, and are looked for beside the study", "[sweep]") {
    const SweepFolder folder;
    std::filesystem::create_directory(folder.path("deep"));
    std::string layers;
    for (int layer = 1; layer <= 4; ++layer) {  // everybody sends 1, 2, 3, 4 MB to rank 0 of the other node
        std::string matrix;
        for (int from = 0; from < 8; ++from) matrix += (from < 4 ? "0" : std::to_string(layer) + "000000") + " 0 0 0 0 0 0 0\n";
        folder.write("deep/layer" + std::to_string(layer) + ".txt", matrix);
        layers += (layers.empty() ? "" : ", ") + ("layer" + std::to_string(layer) + ".txt");
    }
    folder.write("deep/m.yaml", "name: m\nrouting: {kind: matrix, file: nowhere.txt}\nsources: [test]\n");
    folder.write("deep/s.yaml",
                 "name: layers\ncluster: ../c.yaml\nworkload: m.yaml\nset: {nodes: 2}\nsweep:\n"
                 "  routing.file: [" +
                     layers +
                     "]\n  node.nics.bandwidth: [100 Gbit/s, 200 Gbit/s]\n"
                     "samples: routing.file\n");
    const ProcessResult result = run_tokenyard("sweep deep/s.yaml --results :memory:", folder.path());
    CHECK(result.err == "");
    REQUIRE(result.exit_code == 0);
    CHECK_THAT(result.out, Catch::Matchers::Contains("# percentiles over routing.file\n"));
    const nlohmann::json json =
        nlohmann::json::parse(run_tokenyard("sweep deep/s.yaml --results :memory: --json -", folder.path()).out);
    REQUIRE(json["groups"].size() == 2);
    for (const nlohmann::json& group : json["groups"]) {
        CHECK(group["done"] == 4);
        CHECK(!group["set"].contains("workload.routing.file"));
        const double p50 = group["dispatch_us"]["p50"], worst = group["dispatch_us"]["max"];
        CHECK(worst == Approx(2 * p50).epsilon(0.02));  // bytes, and a latency of some us: layer 4 against layer 2
    }
}

TEST_CASE("any number of workers gives the same bytes", "[sweep]") {
    const SweepFolder folder;
    const ProcessResult one = run_tokenyard("sweep s.yaml --results :memory: --jobs 1 --json - --csv one.csv", folder.path());
    const ProcessResult many = run_tokenyard("sweep s.yaml --results :memory: --jobs 5 --json - --csv many.csv", folder.path());
    REQUIRE(one.exit_code == 0);
    CHECK(one.out == many.out);
    CHECK(read_file(folder.path("one.csv")) == read_file(folder.path("many.csv")));
    const nlohmann::json json = nlohmann::json::parse(one.out);
    CHECK(json["schema"] == "tokenyard.study/1");
    CHECK(json["cases"].size() == 36);
    CHECK(json["cases"][4]["set"]["cluster.nodes"] == "1");
    CHECK(json["cases"][4]["seed"] == 2);
    CHECK(json["cases"][13]["status"] == "refused");
    REQUIRE(json["groups"].size() == 12);
    CHECK(json["groups"][0]["done"] == 3);
    std::vector<double> times;
    for (int seed = 0; seed < 3; ++seed) times.push_back(json["cases"][static_cast<std::size_t>(seed)]["both_us"]);
    std::sort(times.begin(), times.end());
    CHECK(json["groups"][0]["both_us"] == nlohmann::json{{"p50", times[1]}, {"max", times[2]}});
}

TEST_CASE("a stored case is not computed again, and another input makes another case", "[sweep]") {
    const SweepFolder folder;
    const std::string file = folder.path("s.sqlite");
    REQUIRE(run_tokenyard("sweep s.yaml --quiet", folder.path()).exit_code == 0);
    ask(file, "UPDATE cases SET both_us = -1 WHERE \"case\" <= 6");
    REQUIRE(run_tokenyard("sweep s.yaml --resume --quiet", folder.path()).exit_code == 0);
    CHECK(ask(file, "SELECT count(*) FROM cases WHERE both_us = -1") == "6");
    folder.write("c.yaml", small_cluster + "# another file\n");
    REQUIRE(run_tokenyard("sweep s.yaml --resume --quiet", folder.path()).exit_code == 0);
    CHECK(ask(file, "SELECT count(*) FROM cases") == "72");
    CHECK(ask(file, "SELECT count(*) FROM cases WHERE \"case\" IS NOT NULL AND both_us = -1") == "0");
}

TEST_CASE("sweep marks the front that --pareto asks for", "[sweep]") {
    const SweepFolder folder;
    const ProcessResult result =
        run_tokenyard("sweep s.yaml --results :memory: --pareto node.nics.bandwidth,both_us --json f.json", folder.path());
    REQUIRE(result.exit_code == 0);
    CHECK_THAT(result.out,
               Catch::Matchers::Contains("# front: no other has less node.nics.bandwidth and no worse both_us, or less "
                                         "both_us and no worse node.nics.bandwidth\n"));
    const nlohmann::json front = nlohmann::json::parse(read_file(folder.path("f.json")))["front"];
    CHECK(front["axes"][0] == nlohmann::json{{"name", "node.nics.bandwidth"}, {"better", "less"}});
    CHECK(front["points"][0]["x"] == 100);
}

TEST_CASE("a study says what its designs cost and draw", "[sweep]") {
    const SweepFolder folder;
    folder.write(
        "p.yaml",
        "name: p\ncluster: c.yaml\nworkload: w.yaml\nset:\n  ranks: 8\n  prices: {node: 1000 EUR, nic: 10 EUR, switch: 500 EUR}\n"
        "  power: {node: 2 kW, switch: 100 W}\nsweep:\n  nodes: [2, 4]\n  prices.nic: [10 EUR, 20 EUR]\n");
    const ProcessResult result = run_tokenyard("sweep p.yaml --pareto price,power_kW", folder.path());
    CHECK(result.err == "tokenyard: results are in p.sqlite\n");
    REQUIRE(result.exit_code == 0);
    const auto of = [&](const std::string& outputs, const std::string& nic) {
        return ask(folder.path("p.sqlite"),
                   "SELECT " + outputs + R"( FROM cases WHERE "cluster.nodes" = 4 AND "cluster.prices.nic" = ')" + nic + "'");
    };
    // 8 ranks are on 2 nodes of 4 GPUs and 4 NICs, whatever else the cluster has; one switch:
    // 2 x 1000 + 8 x 10 + 500 and 2 x 2 + 0.1
    CHECK(of("gpus || ' ' || nics || ' ' || switches", "10 EUR") == "8 8 1");
    CHECK(of("price || ' ' || currency", "10 EUR") == "2580.0 EUR");
    CHECK(of("price || ' ' || currency", "20 EUR") == "2660.0 EUR");
    CHECK(of("power_kW", "20 EUR") == "4.1");
    const std::string prices =
        "--set 'prices={node: 1 EUR, nic: 0.5 EUR, switch: 2 EUR}' --set 'power={node: 2 kW, switch: 1 MW}'";
    const ProcessResult shown = run_tokenyard("show c.yaml " + prices, folder.path());
    CHECK_THAT(shown.out, Catch::Matchers::Contains("\nprices: {node: 1 EUR, nic: 0.5 EUR, switch: 2 EUR}\n"
                                                    "power: {node: 2 kW, switch: 1000 kW}\n"));
    const ProcessResult one = run_tokenyard("predict c.yaml w.yaml --json - " + prices, folder.path());
    CHECK(nlohmann::json::parse(one.out)["hardware"] ==
          nlohmann::json::parse(R"({"gpus": 8, "nics": 8, "switches": 1, "price": 8.0, "currency": "EUR", "power_kW": 1004.0})"));
}

struct BadSweep {
    const char *name, *arguments, *message;
    int exit_code;
};
const BadSweep bad_sweeps[] = {
    {"no study", "sweep", "STUDY is required", 1},
    {"a study that is nowhere", "sweep none.yaml",
     "none.yaml:1:1: error: found no such file; expected a path or one of the presets break_even, cheapest, cost, ecmp_luck, "
     "ep_size_128, llama4_layer, llama4_layers, nic_speed, skew_64",
     2},
    {"no jobs", "sweep s.yaml --jobs 0", "--jobs: Value 0 not in range 1 to 4096", 1},
    {"results that are there", "sweep s.yaml --results old.sqlite",
     "--results: found 'old.sqlite', which is there already; expected --resume beside it, or another file", 1},
    {"a retry of nothing", "sweep s.yaml --retry", "--retry requires --resume", 1},
    {"an output twice", "sweep s.yaml --csv - --json -",
     "--json: found '-', which is another output or an input; expected a file of its own", 1},
    {"an output over an input", "sweep s.yaml --csv ./c.yaml",
     "--csv: found './c.yaml', which is another output or an input; expected a file of its own", 1},
    {"an output over the results", "sweep s.yaml --csv s.sqlite",
     "--csv: found 's.sqlite', which is another output or an input; expected a file of its own", 1},
    {"an output over the study", "sweep s.yaml --csv s.yaml",
     "--csv: found 's.yaml', which is another output or an input; expected a file of its own", 1},
    {"a page over an input", "sweep s.yaml --html w.yaml",
     "--html: found 'w.yaml', which is another output or an input; expected a file of its own", 1},
    {"a page on standard output twice", "sweep s.yaml --csv - --html -",
     "--html: found '-', which is another output or an input; expected a file of its own", 1},
    {"an order of texts", "sweep s.yaml --where 'algorithm < nccl'",
     "--where: found an order of algorithm at column 1; expected = or !=", 1},
    {"a condition without an end", "sweep s.yaml --where 'both_us <'",
     "--where: found the end at column 10; expected a number, a word or a text in quotes", 1},
    {"SQL behind a condition", "sweep s.yaml --where 'both_us < 3; DELETE FROM cases'",
     "--where: found ';' at column 12; expected a name, a sign such as <, a number, a text in quotes or a bracket", 1},
    {"the most of a text", "sweep s.yaml --maximize dispatch_held_by",
     "--maximize: found 'dispatch_held_by', which is a text; expected an output that is a number", 1},
    {"the most of a layer that is not simulated", "sweep s.yaml --maximize tokens_per_second_per_gpu",
     "--maximize: found 'tokens_per_second_per_gpu' in a study of the phases alone; expected overlap: none or two-batch in it",
     1},
    {"two goals", "sweep s.yaml --maximize both_us --minimize both_us", "--maximize excludes --minimize", 1},
    {"a front of one", "sweep s.yaml --pareto ranks", "--pareto: At least 2 required but received 1", 1},
    {"results in a file of another kind", "sweep s.yaml --resume --results c.yaml",
     "--results: found 'c.yaml', which is another output or an input; expected a file of its own", 1},
    {"too many cases", "sweep many.yaml", "many.yaml:1:1: error: found more than 1000000 cases; expected fewer", 2},
};

TEST_CASE("sweep refuses wrong commands and leaves everything as it was", "[sweep]") {
    for (const BadSweep& bad : bad_sweeps) DYNAMIC_SECTION(bad.name) {
            const SweepFolder folder;
            folder.write("old.sqlite", "what was here");
            folder.write(
                "many.yaml",
                "name: m\ncluster: c.yaml\nworkload: w.yaml\nsweep: {nodes: {from: 1, to: 2000, step: 1}}\nseeds: 1000\n");
            const ProcessResult result = run_tokenyard(bad.arguments, folder.path());
            CHECK(result.err == bad.message + (bad.exit_code == 1 ? help : "\n"));
            CHECK(result.out == "");
            CHECK(result.exit_code == bad.exit_code);
            CHECK(read_file(folder.path("c.yaml")) == small_cluster);
            CHECK(read_file(folder.path("old.sqlite")) == "what was here");
        }
}

#ifdef TOKENYARD_MPIRUN
TEST_CASE("MPI ranks give the same bytes as one process", "[sweep][full]") {
    const SweepFolder folder;
    const ProcessResult alone = run_tokenyard("sweep s.yaml --results :memory: --csv alone.csv --json -", folder.path());
    REQUIRE(alone.exit_code == 0);
    const std::string start =
        "OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 " TOKENYARD_MPIRUN " --oversubscribe -np ";
    const int ranks = GENERATE(1, 2, 4);
    const ProcessResult many = run_program(
        "/bin/sh", "-c '" + start + std::to_string(ranks) + " " TOKENYARD_PROGRAM " sweep s.yaml --csv many.csv --json -'",
        folder.path());
    CHECK(many.err == "tokenyard: results are in s.sqlite\n");
    CHECK(many.out == alone.out);
    CHECK(many.exit_code == 0);
    CHECK(read_file(folder.path("many.csv")) == read_file(folder.path("alone.csv")));
    CHECK(ask(folder.path("s.sqlite"), "SELECT count(*) FROM cases") == "36");
    // what the first rank refuses, ends all
    const ProcessResult again =
        run_program("/bin/sh", "-c '" + start + std::to_string(ranks) + " " TOKENYARD_PROGRAM " sweep s.yaml'", folder.path());
    CHECK_THAT(again.err, Catch::Matchers::Contains("--results: found 's.sqlite', which is there already"));
    CHECK(again.exit_code == 1);
}
#endif

}  // namespace tokenyard
