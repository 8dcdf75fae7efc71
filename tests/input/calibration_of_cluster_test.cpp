// SPDX-License-Identifier: Apache-2.0
// Files on top of several bases, and the calibration that a cluster names.
#include "input/input.hpp"
#include "model/costs.hpp"
#include "support/clusters.hpp"
#include "support/files.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace tokenyard {
namespace {

/// A root with two files on it that change different keys, one key both; and one on top of both.
class Diamond {
public:
    Diamond() {
        folder.write("c.yaml", small_cluster);
        folder.write("w.yaml", small_workload);
        folder.write("root.yaml", "base: nominal\nname: root\nnccl: {launch: 1 us, per_peer: 1 us, ll_latency: 1 us}\n");
        folder.write("left.yaml", "base: root\nname: left\nnccl: {launch: 2 us, per_peer: 2 us}\n");
        folder.write("right.yaml", "base: root.yaml\nname: right\nnccl: {launch: 3 us}\nmpi: {overhead: 3 us}\n");
        folder.write("top.yaml", "base: [left, right.yaml]\nname: top\nsources: [two]\n");
    }
    Case read(const std::vector<Override>& overrides, const std::string& calibration = {}) const {
        return read_case(folder.path("c.yaml"), folder.path("w.yaml"), overrides, {}, calibration);
    }
    void name_in_cluster(const std::string& calibration) const {
        folder.write("c.yaml", std::string(small_cluster) + "calibration: " + calibration + "\n");
    }

    TemporaryFolder folder;
};

double microseconds(Seconds time) { return time.si * 1e6; }

TEST_CASE("of two bases the later one is on top, and what both are based on is below both", "[input]") {
    const Diamond diamond;
    const Case one = diamond.read({}, diamond.folder.path("top.yaml"));
    CHECK(one.costs.name == "top");
    CHECK(microseconds(one.costs.nccl.launch) == Approx(3));      // right after left
    CHECK(microseconds(one.costs.nccl.per_peer) == Approx(2));    // left, although right is based on root
    CHECK(microseconds(one.costs.nccl.ll_latency) == Approx(1));  // root
    CHECK(microseconds(one.costs.mpi.overhead) == Approx(3));
    CHECK(one.costs.sources.front() == "two");
    std::vector<std::string> names;
    for (const InputFile& file : one.inputs.calibration) names.push_back(std::filesystem::path(file.path).filename().string());
    CHECK(names == std::vector<std::string>{"top.yaml", "left.yaml", "root.yaml", "nominal.yaml", "right.yaml"});
}

TEST_CASE("a cluster's calibration holds unless another is asked for", "[input]") {
    const Diamond diamond;
    CHECK(diamond.read({}).origins.calibration.empty());
    diamond.name_in_cluster("left");
    CHECK(diamond.read({}).costs.name == "left");  // beside the cluster, not beside the user
    CHECK(diamond.read({}, "nominal").costs.name == "nominal");
    CHECK(diamond.read({{"calibration", "nominal"}}).costs.name == "nominal");
    CHECK(diamond.read({{"calibration", "~"}}).origins.calibration.empty());
    CHECK(diamond.read({{"calibration", "./right.yaml", diamond.folder.path()}}).costs.name == "right");
    CHECK(microseconds(diamond.read({{"calibration.nccl.launch", "7 us"}}).costs.nccl.launch) == Approx(7));
    const Cluster cluster = std::get<Cluster>(read_one(diamond.folder.path("c.yaml"), {}));
    REQUIRE(cluster.calibration);
    CHECK(cluster.calibration->name == "left");
    CHECK(cluster.calibration->file == diamond.folder.path("left.yaml"));
}

TEST_CASE("a cluster's calibration must be there", "[input]") {
    const Diamond diamond;
    diamond.name_in_cluster("middle");
    const auto line = std::to_string(std::ranges::count(small_cluster, '\n') + 1);
    const std::string expected =
        "c.yaml:" + line +
        ":14: error: found 'middle'; expected a file beside this one, or the name of a preset of a calibration";
    CHECK(refusal_of([&] { diamond.read({}); }, diamond.folder) == expected);
    CHECK(refusal_of([&] { diamond.read({}, "nominal"); }, diamond.folder) == expected);
    diamond.name_in_cluster("[left]");
    CHECK(refusal_of([&] { diamond.read({}); }, diamond.folder) ==
          "c.yaml:" + line + ":14: error: found a list; expected a calibration as a text");
    CHECK(refusal_of(
              [&] {
                  diamond.read({{"calibration", "middle"}});
              },
              diamond.folder) ==
          "--set calibration:1:1: error: found 'middle'; expected a file beside this one, or the name of a preset of a "
          "calibration");
}

}  // namespace
}  // namespace tokenyard
