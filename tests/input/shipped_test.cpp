// SPDX-License-Identifier: Apache-2.0
// What is said of all shipped files, and how studies and records are told from others.
#include "input/shipped.hpp"

#include "input/document.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace tokenyard {

TEST_CASE("every shipped cluster, workload, calibration and part says where its numbers come from", "[input]") {
    for (const PresetKind kind : {PresetKind::cluster, PresetKind::workload, PresetKind::calibration, PresetKind::chip,
                                  PresetKind::nic, PresetKind::host, PresetKind::library}) {
        const std::vector<Preset> shipped = presets(kind);
        CHECK(!shipped.empty());
        for (const Preset& preset : shipped) {
            INFO(preset.path);
            const YamlPtr root = parse_yaml(read_source(preset.path, 4 << 20));
            const YamlEntry* sources = find(*root, "sources");
            REQUIRE(sources);
            CHECK(sources->value->kind == YamlNode::Kind::list);
            CHECK(!sources->value->items.empty());
        }
    }
}

TEST_CASE("a cluster and a workload of one's own may leave their sources out", "[input]") {
    const TemporaryFolder folder;
    const Change without{"", "sources: [test]\n", "", ""};
    for (const std::string& file : {folder.write("c.yaml", with_change(small_cluster, without)),
                                    folder.write("w.yaml", with_change(small_workload, without))})
        CHECK(refusal_of([&] { read_one(file, {}); }, folder) == accepted);
}

TEST_CASE("list_shipped names studies and records with a line of what they are", "[input]") {
    const auto described = [](PresetKind kind, const std::string& name) -> std::string {
        for (const PresetSummary& each : list_shipped(kind))
            if (each.name == name) return each.description;
        return "none of that name";
    };
    CHECK(described(PresetKind::study, "cost").starts_with("Faster NICs, or a fabric with fewer switches?"));
    CHECK(described(PresetKind::record, "nccl_h100_node") == "ncclAlltoAll on 2, 4 and 8 H100 of one node");
}

TEST_CASE("study_or_record tells studies and records by their keys, or as presets by name", "[input]") {
    const TemporaryFolder folder;
    CHECK(study_or_record("cost") == PresetKind::study);
    CHECK(study_or_record("nccl_h100_node") == PresetKind::record);
    CHECK(study_or_record(folder.write("s.yaml", "cluster: a\nworkload: b\n")) == PresetKind::study);
    CHECK(study_or_record(folder.write("r.yaml", "predict: {}\nrows: []\n")) == PresetKind::record);
    for (const std::string& other : {std::string("dgx_h100_x4"), std::string("nothing"), std::string("-"),
                                     folder.write("c.yaml", small_cluster), folder.write("broken.yaml", "a: [")})
        CHECK(!study_or_record(other));
}

}  // namespace tokenyard
