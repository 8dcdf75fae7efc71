// SPDX-License-Identifier: Apache-2.0
// The real program on studies that ask for something: the best, some rows, some columns; and cases that do not fit into memory.
#include "support/files.hpp"
#include "support/process.hpp"
#include "support/sweeps.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <sstream>

namespace tokenyard {

TEST_CASE("an output that is not there is refused before anything is computed, with those that are", "[sweep]") {
    const SweepFolder folder;
    for (const std::string option :
         {"--minimize cost", "--maximize cost", "--sort cost", "--columns both_us,cost", "--pareto ranks,cost"}) {
        INFO(option);
        const ProcessResult result = run_tokenyard("sweep s.yaml " + option, folder.path());
        CHECK(result.exit_code == 1);
        CHECK(result.err.starts_with(option.substr(0, option.find(' ')) +
                                     ": found 'cost'; expected one of the outputs: ranks, nodes, gpus, nics, switches, price, "));
        CHECK(access(folder.path("s.sqlite").c_str(), F_OK) != 0);
    }
}

TEST_CASE("a study whose goal or limits are wrong is refused at their place", "[sweep]") {
    const SweepFolder folder;
    const std::string study = read_file(folder.path("s.yaml"));
    folder.write("g.yaml", study + "goal: {minimize: algorithm}\n");
    CHECK(run_tokenyard("sweep g.yaml", folder.path())
              .err.starts_with("g.yaml:9:18: error: found 'algorithm'; expected one of the outputs: "));
    folder.write("l.yaml", study + "limits: [both_us < 300, nodes > x]\n");
    CHECK(run_tokenyard("sweep l.yaml", folder.path()).err ==
          "l.yaml:9:25: error: found 'x' for nodes at column 1; expected a number\n");
    folder.write("n.yaml", study + "goal: {minimize: both_us, maximize: both_us}\n");
    CHECK(run_tokenyard("sweep n.yaml", folder.path()).err ==
          "n.yaml:9:8: error: found 'minimize' in goal; expected none, because there is maximize\n");
}

TEST_CASE("sweep answers what it is asked for in its first line", "[sweep]") {
    const SweepFolder folder;
    const auto first_line = [&](const std::string& options) {
        const ProcessResult result = run_tokenyard("sweep s.yaml --results :memory: " + options, folder.path());
        CHECK(result.err == "");
        REQUIRE(result.exit_code == 0);
        return result.out.substr(0, result.out.find('\n'));
    };
    // 36 cases are 12 designs with 3 seeds; 4 of them have 3 nodes, and 12 ranks for 16 experts
    CHECK_THAT(first_line("--minimize both_us"),
               Catch::Matchers::StartsWith("# Best of 8 designs by the least both_us: node.nics.bandwidth ") &&
                   Catch::Matchers::EndsWith("; 4 not done"));
    CHECK_THAT(
        first_line("--minimize both_us --where 'nodes = 2 and algorithm = nccl'"),
        Catch::Matchers::StartsWith("# Best of the 2 of 8 designs with nodes = 2 and algorithm = nccl by the least both_us: "
                                    "node.nics.bandwidth 400 Gbit/s, nodes 2, algorithm nccl: both_us "));
    CHECK_THAT(first_line("--minimize both_us --where 'both_us < 0.001'"),
               Catch::Matchers::StartsWith("# None of 8 designs has both_us < 0.001; nearest comes node.nics.bandwidth "));
    CHECK(first_line("--minimize price") == "# No designs has price; 4 not done");
}

TEST_CASE("sweep shows the rows and the outputs that it is asked for, in their order", "[sweep]") {
    const SweepFolder folder;
    const ProcessResult result = run_tokenyard(
        "sweep s.yaml --results :memory: --where 'nodes < 3 and algorithm = direct' --sort both_us --columns nodes,both_us",
        folder.path());
    REQUIRE(result.exit_code == 0);
    std::vector<double> times;
    std::istringstream lines(result.out.substr(result.out.find("\n#node.nics.bandwidth") + 1));
    std::string line;
    std::getline(lines, line);
    CHECK_THAT(line, Catch::Matchers::Contains("both_us"));
    while (std::getline(lines, line))
        if (line[0] != '#') {
            CHECK_THAT(line, Catch::Matchers::Contains("direct"));
            times.push_back(std::stod(line.substr(line.find_last_of(' '))));
        }
    REQUIRE(times.size() == 4);
    CHECK(std::ranges::is_sorted(times));
}

TEST_CASE("cases that do not fit into memory are marked, and are neither best nor in a front", "[sweep]") {
    // An expert of 3 x 7,168 x 2^20 elements of 2 B is 45.1 GB; of 16 on 8 ranks each has 2.
    const SweepFolder folder;
    folder.write(
        "m.yaml",
        "name: m\ncluster: c.yaml\nworkload: w.yaml\nset:\n  nodes: 2\n  model.expert: {hidden: 1048576, dtype: bf16}\n"
        "  model.hidden: 7168\nsweep:\n  node.gpu.memory: [80 GB, 100 GB]\n  node.nics.bandwidth: [100 Gbit/s, 50 Gbit/s]\n"
        "goal: {minimize: both_us}\n");
    const ProcessResult result =
        run_tokenyard("sweep m.yaml --results :memory: --pareto node.nics.bandwidth,both_us --json m.json", folder.path());
    CHECK(result.err == "");
    REQUIRE(result.exit_code == 0);
    CHECK_THAT(result.out, Catch::Matchers::StartsWith(
                               "# Best of 2 cases by the least both_us: node.gpu.memory 100 GB, node.nics.bandwidth 100 "
                               "Gbit/s: both_us "));
    CHECK_THAT(result.out, Catch::Matchers::Contains("; 2 cases left out, as they do not fit into memory\n"));
    CHECK_THAT(result.out, Catch::Matchers::Contains("; 2 left out, which do not fit into memory\n"));
    CHECK_THAT(result.out,
               Catch::Matchers::Contains("# !!! memory  2 of 4 cases do not fit; the fullest has 90.2 GB for 80.0 GB a GPU\n"));
    const nlohmann::json json = nlohmann::json::parse(read_file(folder.path("m.json")));
    CHECK(json["cases"][0]["fits"] == 0);
    CHECK(json["cases"][2]["fits"] == 1);
    CHECK(json["groups"][0]["do_not_fit"] == 1);
    for (const auto& point : json["front"]["points"]) CHECK(point["group"].get<int>() >= 2);
}

TEST_CASE("values of a study are called by their labels", "[sweep]") {
    const SweepFolder folder;
    folder.write("v.yaml",
                 "name: v\ncluster: c.yaml\nworkload: w.yaml\nsweep:\n  routing:\n    - {label: even, value: {kind: uniform}}\n"
                 "    - {kind: zipf, exponent: 1}\n");
    const ProcessResult list = run_tokenyard("sweep v.yaml --list", folder.path());
    CHECK_THAT(list.out,
               Catch::Matchers::Contains("   1  even\n") && Catch::Matchers::Contains("   2  {kind: zipf, exponent: 1}\n"));
    const ProcessResult result = run_tokenyard("sweep v.yaml --results :memory: --where \"routing = 'even'\"", folder.path());
    CHECK_THAT(result.out, Catch::Matchers::Contains("\neven "));
    CHECK(result.out.find("\n{kind: zipf") == std::string::npos);
    folder.write("t.yaml",
                 "name: t\ncluster: c.yaml\nworkload: w.yaml\nsweep:\n  nodes: [{label: a, value: 1}, {label: a, value: 2}]\n");
    CHECK(run_tokenyard("sweep t.yaml --list", folder.path()).err ==
          "t.yaml:5:33: error: found a map; expected each label once\n");
}

}  // namespace tokenyard
