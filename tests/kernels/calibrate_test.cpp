// SPDX-License-Identifier: Apache-2.0
// A calibration of an emulated GPU: what is in the file, and that there is none when it fails.
#include "support/files.hpp"
#include "support/process.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <set>
#include <sstream>

namespace tokenyard {

TEST_CASE("calibrate writes its context, what it measured and what it could not", "[kernels][full]") {
    const TemporaryFolder folder;
    const ProcessResult result =
        run_program(TOKENYARD_GPU_PROGRAM, "calibrate --quick --loopback-ranks 2 --out c.jsonl", folder.path());
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
    CHECK(result.out.empty());
    std::istringstream stream(read_file(folder.path("c.jsonl")));
    std::vector<nlohmann::json> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(nlohmann::json::parse(line));
    CHECK(lines.at(0)["schema"] == "tokenyard.calibration/1");
    std::set<std::string> kernels, patterns, not_measured;
    for (const nlohmann::json& line : lines) {
        if (!line.contains("record")) continue;
        if (line["record"] == "kernel") kernels.insert(line["kernel"].get<std::string>());
        if (line["record"] == "not-measured") not_measured.insert(line["what"].get<std::string>());
        if (line["record"] != "exchange") continue;
        CHECK(line["matrix_bytes"].size() == line["ranks"].get<std::size_t>());  // all that a simulation of it takes
        CHECK(line["node_of_rank"].size() == line["ranks"].get<std::size_t>());
        if (line["phase"] == "matrix") patterns.insert(line["pattern"].get<std::string>());
    }
    CHECK(kernels.count("copy") + kernels.count("launch") + kernels.count("permute") + kernels.count("combine") == 4);
    CHECK(patterns == std::set<std::string>{"fan-in", "fan-out", "pair", "self", "skewed", "uniform"});
    CHECK(not_measured ==
          std::set<std::string>{"pairs over NVLink or PCIe", "pairs on the same rail, on other rails", "rate against channels"});
}

TEST_CASE("a calibration that is interrupted leaves the file as it was", "[kernels]") {
    const TemporaryFolder folder;
    folder.write("c.jsonl", "before");
    const ProcessResult result =
        run_program("timeout", std::string("-s KILL 0.3 '") + TOKENYARD_GPU_PROGRAM + "' calibrate --out c.jsonl", folder.path());
    CHECK(result.exit_code != 0);
    CHECK(read_file(folder.path("c.jsonl")) == "before");
    CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

}  // namespace tokenyard
