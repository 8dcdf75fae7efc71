// SPDX-License-Identifier: Apache-2.0
#include "input/input.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>

namespace tokenyard {
namespace {

struct BadOverride {
    const char *name, *path, *value, *refusal;
};
const BadOverride bad_overrides[] = {
    {"an ambiguous key", "name", "x",
     "--set name:1:1: error: found 'name', which clusters, workloads and calibrations have; expected cluster.name, workload.name "
     "or calibration.name"},
    {"an unknown first key", "gpu", "1",
     "--set gpu:1:1: error: found 'gpu', which no cluster, workload or calibration has; expected one of their keys"},
    {"a prefix without a key", "cluster", "1",
     "--set cluster:1:1: error: found 'cluster', which no cluster, workload or calibration has; expected one of their keys"},
    {"an empty step", "node..gpus", "1",
     "--set node..gpus:1:1: error: found 'node..gpus'; expected keys joined by dots, such as node.nics.bandwidth"},
    {"a path that ends in a dot", "node.", "1",
     "--set node.:1:1: error: found 'node.'; expected keys joined by dots, such as node.nics.bandwidth"},
    {"a path through a scalar", "nodes.x", "1", "--set nodes.x:1:1: error: found '2' before 'x'; expected a map or a list there"},
    {"an index out of range", "cluster.sources.5", "x",
     "--set sources.5:1:1: error: found '5' in a list of 1; expected an index below that"},
    {"an index that is no number", "cluster.sources.first", "x",
     "--set sources.first:1:1: error: found 'first' in a list of 1; expected an index below that"},
    {"a negative index", "cluster.sources.-1", "x",
     "--set sources.-1:1:1: error: found '-1' in a list of 1; expected an index below that"},
    {"broken YAML", "node.gpus", "[",
     "--set node.gpus:1:1: error: found broken YAML (end of sequence flow not found); expected key: value"},
    {"no value", "seed", "", "--set seed:1:1: error: found no value; expected one, or ~ for none"},
    {"blanks for a value", "seed", " ", "--set seed:1:1: error: found no value; expected one, or ~ for none"},
    {"a wrong unit", "node.nics.bandwidth", "800 Gb/s",
     "--set node.nics.bandwidth:1:1: error: found '800 Gb/s'; expected a bandwidth in bit/s or B/s (after k, M, G, T, Ki, Mi, Gi "
     "or Ti), such as 400 Gbit/s or 50 GB/s; did you mean 800 Gbit/s?"},
    {"no unit", "node.nics.bandwidth", "800",
     "--set node.nics.bandwidth:1:1: error: found '800'; expected a bandwidth with its unit, such as 400 Gbit/s or 50 GB/s"},
    {"a second place in the value", "routing", "{kind: zipf, exponent: x}",
     "--set routing:1:24: error: found 'x'; expected a number of at least 0 and at most 10"},
    {"a value in quotes", "node.gpus", "\"4\"",
     "--set node.gpus:1:1: error: found the text '4'; expected a whole number from 1 to 1024"},
    {"an unknown inner key", "node.nics.speed", "1",
     "--set node.nics.speed:1:1: error: found unknown key 'speed' in node.nics; expected one of: count, model, bandwidth, "
     "latency, map, "
     "pcie_switch"},
    {"an unknown inner key that is removed", "node.nics.speed", "~",
     "--set node.nics.speed:1:1: error: found unknown key 'speed' in node.nics; expected one of: count, model, bandwidth, "
     "latency, map, "
     "pcie_switch"},
    {"a required key that is removed", "node", "~", "c.yaml:1:1: error: found no 'node' in the cluster; expected it"},
    {"a base", "cluster.base", "only",
     "--set cluster.base:1:1: error: found 'base'; expected another key, because only a file can be based on one"},
    {"a base of either", "base", "only",
     "--set base:1:1: error: found 'base'; expected another key, because only a file can be based on one"},
    {"a tag in the value", "seed", "!!int 1", "--set seed:1:1: error: found tag 'tag:yaml.org,2002:int'; expected a plain value"},
    {"two documents in the value", "seed", "1\n---\n2", "--set seed:3:1: error: found a second document; expected one in a file"},
};

std::string refusal_of_file(const TemporaryFolder& folder, const std::string& name) {
    return refusal_of([&] { read_one(folder.path(name), {}); }, folder);
}

}  // namespace

TEST_CASE("read_case refuses a bad override", "[input]") {
    const TemporaryFolder folder;
    folder.write("c.yaml", small_cluster);
    folder.write("w.yaml", small_workload);
    for (const BadOverride& bad : bad_overrides) DYNAMIC_SECTION(bad.name) {
            const auto read = [&] { read_case(folder.path("c.yaml"), folder.path("w.yaml"), {{bad.path, bad.value}}); };
            CHECK(refusal_of(read, folder) == bad.refusal);
        }
}

TEST_CASE("read_case refuses an override of very many steps", "[input]") {
    const TemporaryFolder folder;
    folder.write("c.yaml", small_cluster);
    std::string path = "node";
    for (int i = 0; i < 30000; ++i) path += ".a";
    CHECK(refusal_of(
              [&] {
                  read_one(folder.path("c.yaml"), {{path, "1"}});
              },
              folder) == "--set " + path + ":1:1: error: found 30001 keys; expected at most 64");
}

TEST_CASE("read_one refuses overrides of what it does not read", "[input]") {
    const TemporaryFolder folder;
    folder.write("c.yaml", small_cluster);
    folder.write("w.yaml", small_workload);
    CHECK(refusal_of(
              [&] {
                  read_one(folder.path("c.yaml"), {{"seed", "2"}});
              },
              folder) == "--set seed:1:1: error: found a key of a workload; expected none, because none is read");
    CHECK(refusal_of(
              [&] {
                  read_one(folder.path("w.yaml"), {{"nodes", "2"}});
              },
              folder) == "--set nodes:1:1: error: found a key of a cluster; expected none, because none is read");
}

TEST_CASE("read_one names the presets when there is no such file", "[input]") {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder.path("topologies"));
    folder.write("topologies/only.yaml", small_cluster);
    setenv("TOKENYARD_PRESETS", folder.path().c_str(), 1);
    const std::string refusal = refusal_of_file(folder, "nothing.yaml");
    setenv("TOKENYARD_PRESETS", TOKENYARD_SOURCE, 1);  // as main.cpp does
    CHECK(refusal == "nothing.yaml:1:1: error: found no such file; expected a path or one of the presets only");
}

TEST_CASE("read_one refuses a folder", "[input]") {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder.path("inner"));
    CHECK(refusal_of_file(folder, "inner") == "inner:1:1: error: found a directory 'inner'; expected a file");
}

TEST_CASE("read_one refuses what is no text", "[input]") {
    const TemporaryFolder folder;
    folder.write("nul", std::string_view("name: \0\1\2", 9));
    CHECK(refusal_of_file(folder, "nul") == "nul:1:7: error: found byte 0x00; expected UTF-8 text");
    folder.write("latin", "name: x\nmodel: M\xfcnchen\n");
    CHECK(refusal_of_file(folder, "latin") == "latin:2:9: error: found byte 0xfc; expected UTF-8 text");
    folder.write("cut", "name: \xe2\x82");
    CHECK(refusal_of_file(folder, "cut") == "cut:1:7: error: found byte 0xe2; expected UTF-8 text");
    folder.write("overlong", "name: \xe0\x80\xaf");
    CHECK(refusal_of_file(folder, "overlong") == "overlong:1:7: error: found byte 0xe0; expected UTF-8 text");
    folder.write("surrogate", "name: \xed\xa0\x80");
    CHECK(refusal_of_file(folder, "surrogate") == "surrogate:1:7: error: found byte 0xed; expected UTF-8 text");
}

TEST_CASE("read_one does not read a file that is far too large", "[input]") {
    const TemporaryFolder folder;
    std::filesystem::resize_file(folder.write("large.yaml", ""), 100'000'000);
    CHECK(refusal_of_file(folder, "large.yaml") ==
          "large.yaml:1:1: error: found 100000000 bytes in 'large.yaml'; expected at most 4194304");
    CHECK(refusal_of([] { read_one("/dev/zero", {}); }, folder) == "/dev/zero:1:1: error: found byte 0x00; expected UTF-8 text");
}

TEST_CASE("read_matrix_case stops reading where a file is no text", "[input]") {
    const TemporaryFolder folder;
    folder.write("c.yaml", small_cluster);
    std::filesystem::resize_file(folder.write("holes", ""), 4'000'000'000);
    CHECK(refusal_of([&] { read_matrix_case(folder.path("c.yaml"), folder.path("holes"), {}); }, folder) ==
          "holes:1:1: error: found byte 0x00; expected UTF-8 text");
    CHECK(refusal_of([&] { read_matrix_case(folder.path("c.yaml"), folder.path("nothing"), {}); }, folder) ==
          "nothing:1:1: error: found 'nothing', which cannot be opened (No such file or directory); expected a file that can");
}

TEST_CASE("read_one refuses a base that is not there", "[input]") {
    const TemporaryFolder folder;
    folder.write("c.yaml", "name: x\nbase: nothing\n");
    CHECK(refusal_of_file(folder, "c.yaml") ==
          "c.yaml:2:7: error: found 'nothing'; expected a file beside this one, or the name of a preset");
    folder.write("c.yaml", "base: {c: yaml}\n");
    CHECK(refusal_of_file(folder, "c.yaml") == "c.yaml:1:7: error: found a map; expected base as a text");
    folder.write("c.yaml", "base: [d.yaml, [e.yaml]]\n");
    folder.write("d.yaml", "name: d\n");
    CHECK(refusal_of_file(folder, "c.yaml") == "c.yaml:1:16: error: found a list; expected base as a text");
    folder.write("c.yaml", "base: []\n");
    CHECK(refusal_of_file(folder, "c.yaml") ==
          "c.yaml:1:7: error: found an empty list; expected files beside this one, or names of presets");
}

TEST_CASE("read_one refuses a circle of bases", "[input]") {
    const TemporaryFolder folder;
    folder.write("c.yaml", "base: c.yaml\n");
    CHECK(refusal_of_file(folder, "c.yaml") ==
          "c.yaml:1:7: error: found base 'c.yaml', which is based on this file; expected no circle");
    folder.write("c.yaml", "base: d.yaml\n");
    folder.write("d.yaml", "name: x\nbase: ./c.yaml\n");
    CHECK(refusal_of_file(folder, "c.yaml") ==
          "d.yaml:2:7: error: found base './c.yaml', which is based on this file; expected no circle");
    folder.write("c.yaml", "base: [e.yaml, d.yaml]\n");
    folder.write("e.yaml", "name: x\n");
    CHECK(refusal_of_file(folder, "c.yaml") ==
          "d.yaml:2:7: error: found base './c.yaml', which is based on this file; expected no circle");
}

TEST_CASE("read_one names a base's own place, from where the user stands", "[input]") {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder.path("inner"));
    folder.write("inner/base.yaml", with_change(small_cluster, {"", "gpus: 4", "gpus: x", ""}));
    folder.write("inner/c.yaml", "base: base.yaml\n");
    CHECK(refusal_of_file(folder, "inner/c.yaml") ==
          "inner/base.yaml:4:9: error: found 'x'; expected a whole number from 1 to 1024");
}

TEST_CASE("read_one refuses to remove a key that there is not", "[input]") {
    const TemporaryFolder folder;
    folder.write("base.yaml", small_cluster);
    folder.write("c.yaml", "base: base.yaml\nnode: {nic: ~}\n");
    CHECK(refusal_of_file(folder, "c.yaml") ==
          "c.yaml:2:8: error: found unknown key 'nic' in node; expected one of: gpus, gpu, host, scale_up, pcie, nics, inside");
}

TEST_CASE("read_one finds a workload's base among the presets", "[input]") {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder.path("topologies"));
    std::filesystem::create_directory(folder.path("workloads"));
    folder.write("topologies/only.yaml", small_cluster);
    folder.write("workloads/small.yaml", small_workload);
    folder.write("w.yaml", "base: small\nseed: 2\n");
    setenv("TOKENYARD_PRESETS", folder.path().c_str(), 1);
    const std::string refusal = refusal_of_file(folder, "w.yaml");
    setenv("TOKENYARD_PRESETS", TOKENYARD_SOURCE, 1);  // as main.cpp does
    CHECK(refusal == accepted);
}

}  // namespace tokenyard
