// SPDX-License-Identifier: Apache-2.0
// tokenyard place: the real program.
#include "support/files.hpp"
#include "support/process.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace tokenyard {
namespace {

using Json = nlohmann::json;

struct PlacedFolder : TemporaryFolder {
    PlacedFolder() {
        write("cluster.yaml", small_cluster);
        write("workload.yaml", small_workload);
    }
    ProcessResult place(const std::string& arguments) const {
        return run_tokenyard("place cluster.yaml workload.yaml --set 'routing={kind: zipf, exponent: 1}' " + arguments, path());
    }
};

const std::string help = "\nRun with --help for more information.\n";

}  // namespace

TEST_CASE("place writes the same bytes for the same seed, and says what is saved", "[place]") {
    const PlacedFolder folder;
    const ProcessResult first =
        folder.place("--algorithm direct --evaluations 8 --redundant 8 --seed 3 --out a.json --json a_times.json");
    CHECK(first.err == "");
    REQUIRE(first.exit_code == 0);
    const ProcessResult again =
        folder.place("--algorithm direct --evaluations 8 --redundant 8 --seed 3 --out b.json --json b_times.json");
    CHECK(again.out == first.out);
    CHECK(read_file(folder.path("a.json")) == read_file(folder.path("b.json")));
    CHECK(read_file(folder.path("a_times.json")) == read_file(folder.path("b_times.json")));
    const Json json = Json::parse(read_file(folder.path("a_times.json")));
    CHECK(json["schema"] == "tokenyard.placement/1");
    CHECK(json["model"]["slots"] == 24);
    const Json rows = json["layers"][0]["placements"];
    CHECK(rows.front()["name"] == "given");
    CHECK(rows.back()["name"] == "searched");
    for (const Json& row : rows)
        CHECK(rows.back()["planned"]["completion_us"].get<double>() <=
              row["planned"]["completion_us"].get<double>() * (1 + 1e-12));
    CHECK(json["layers"][0]["physical_to_logical_map"] == Json::parse(read_file(folder.path("a.json")))[0]);
    CHECK(first.out.find("# searched saves ") != std::string::npos);
}

TEST_CASE("place judges a map that it wrote as it judged it before", "[place]") {
    const PlacedFolder folder;
    for (const std::string format : {"eplb", "sglang", "vllm-ascend"}) {
        INFO(format);
        const ProcessResult made = folder.place("--evaluations 8 --out map.json --json made.json --quiet --format " + format);
        REQUIRE(made.exit_code == 0);
        REQUIRE(folder.place("--evaluations 0 --map map.json --json judged.json --quiet").exit_code == 0);
        const Json searched = Json::parse(read_file(folder.path("made.json")))["layers"][0]["placements"].back();
        const Json given = Json::parse(read_file(folder.path("judged.json")))["layers"][0]["placements"].front();
        CHECK(given["planned"] == searched["planned"]);
        CHECK(given["next"] == searched["next"]);
    }
}

TEST_CASE("place gives what is there as long as predict does", "[place]") {
    const PlacedFolder folder;
    for (const std::string algorithm : {"direct", "two-level"}) {
        INFO(algorithm);
        REQUIRE(folder.place("--evaluations 0 --quiet --json placed.json --algorithm " + algorithm).exit_code == 0);
        const ProcessResult predicted = run_tokenyard(
            "predict cluster.yaml workload.yaml --set 'routing={kind: zipf, exponent: 1}' --engine fluid --json - --algorithm " +
                algorithm,
            folder.path());
        REQUIRE(predicted.exit_code == 0);
        const Json given = Json::parse(read_file(folder.path("placed.json")))["layers"][0]["placements"].front();
        CHECK(given["planned"]["completion_us"].get<double>() ==
              Approx(Json::parse(predicted.out)["both"]["completion_us"].get<double>()).epsilon(1e-12));
    }
}

TEST_CASE("place has a row for each layer, and says where there is no next window", "[place]") {
    const PlacedFolder folder;
    const std::string drawn = "predict cluster.yaml workload.yaml --quiet --set 'routing={kind: zipf, exponent: 1}' ";
    REQUIRE(run_tokenyard(drawn + "--seed 1 --routing-out one.csv", folder.path()).exit_code == 0);
    REQUIRE(run_tokenyard(drawn + "--seed 2 --routing-out two.csv", folder.path()).exit_code == 0);
    const ProcessResult both = folder.place("--layers one.csv two.csv --window 0%:100% --evaluations 2 --out map.json");
    CHECK(both.err == "");
    REQUIRE(both.exit_code == 0);
    CHECK(Json::parse(read_file(folder.path("map.json"))).size() == 2);
    CHECK(both.out.find("one.csv") != std::string::npos);
    CHECK(both.out.find("\nslowest  searched") != std::string::npos);
    CHECK(both.out.find("# there is no other window to score it on: ") != std::string::npos);
}

TEST_CASE("place refuses what it cannot place", "[place]") {
    const PlacedFolder folder;
    const auto check = [&](const std::string& arguments, int exit_code, const std::string& message) {
        INFO(arguments);
        const ProcessResult result = folder.place(arguments);
        CHECK(result.exit_code == exit_code);
        CHECK(result.err == message);
        CHECK(result.out == "");
    };
    check(
        "--redundant 3", 1,
        "--redundant: found 19 slots for 16 experts on 8 ranks; expected a multiple of the ranks, such as --redundant 0" + help);
    check("--redundant 128", 1, "--redundant: found 18 slots a rank; expected no more than the 16 experts" + help);
    check("--window 50%", 1, "--window: found '50%'; expected a part of each rank's tokens, such as 0%:50%" + help);
    check("--window 0%:50%", 1,
          "--window: found a routing that is drawn, whose next window is drawn too; expected routing kind trace" + help);
    check("--algorithm mpi-bruck", 1,
          "--algorithm mpi-bruck: found pairs that exchange unequal sizes; expected equal ones (MPI_Alltoall)" + help);
    check("--out workload.yaml", 1,
          "--out: found 'workload.yaml', which is another output or an input; expected a file of its own" + help);
    folder.write("two.json", "[[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],\n [0]]\n");
    check("--map two.json", 2, "two.json:2:2: error: found 1 slots; expected a multiple of the 8 ranks\n");
    folder.write("none.json", "{}\n");
    check("--map none.json", 2,
          "none.json:1:1: error: found a map; expected lists of experts by slot, or a map with physical_to_logical_map or "
          "layer_list\n");
}

}  // namespace tokenyard
