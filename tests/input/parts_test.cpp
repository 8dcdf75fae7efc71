// SPDX-License-Identifier: Apache-2.0
// Costs composed of parts: which file goes before which, and what is refused.
#include "input/chip_facts.hpp"
#include "input/input.hpp"
#include "report/report.hpp"
#include "support/clusters.hpp"
#include "support/files.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

#include <fmt/format.h>

#include <string>
#include <variant>
#include <vector>

namespace tokenyard {
namespace {

/// A cluster whose parts stand beside it, each with a cost of its own and one that the next goes before.
class Parts {
public:
    Parts() {
        folder.write("chip.yaml", "name: chip\nbase: nominal\nnccl: {warp_rate: 1 GB/s, launch: 1 us}\nsources: [none]\n");
        folder.write("nic.yaml",
                     "name: nic\nbase: nominal\nnccl: {network_latency: 2 us, launch: 2 us, per_peer: 2 us}\nsources: [none]\n");
        folder.write(
            "host.yaml",
            "name: host\nbase: nominal\nnccl: {chunk_overhead: 3 us, per_peer: 3 us, ll_latency: 3 us}\nsources: [none]\n");
        folder.write("library.yaml",
                     "name: library\nbase: nccl\nnccl: {ll_latency: 4 us, nvlink_latency: 4 us}\nsources: [none]\n");
        folder.write("w.yaml", small_workload);
        cluster("libraries: [library.yaml]\n");
    }
    void cluster(const std::string& more) const {
        std::string text(small_cluster);
        const auto put = [&](const std::string& behind, const std::string& what) {
            const std::size_t at = text.find(behind);
            REQUIRE(at != std::string::npos);
            text.insert(at + behind.size(), what);
        };
        put("gpu: {", "chip: chip.yaml, ");
        put("nics: {", "model: nic.yaml, ");
        put("node:\n", "  host: host.yaml\n");
        folder.write("c.yaml", text + more);
    }
    Case read(const SoftwareChoice& software = {}, const std::vector<Override>& overrides = {}) const {
        return read_case(folder.path("c.yaml"), folder.path("w.yaml"), overrides, {}, software);
    }
    TemporaryFolder folder;
};

std::string origin(const Case& one, const char* name) {
    return one.origins.of_costs[static_cast<std::size_t>(find_cost(name) - cost_keys().data())];
}

TEST_CASE("a library goes before the host, the host before the NIC, the NIC before the chip", "[input]") {
    const Parts parts;
    const Case one = parts.read();
    const NcclCosts& nccl = one.costs.nccl;
    CHECK(nccl.warp_rate == gigabytes_per_second(1));
    CHECK(origin(one, "nccl.warp_rate") == "chip chip");
    CHECK(in_microseconds(nccl.network_latency) == Approx(2));
    CHECK(origin(one, "nccl.network_latency") == "nic nic");
    CHECK(in_microseconds(nccl.launch) == Approx(5));  // of the library's base, which goes before all below the library
    CHECK(origin(one, "nccl.launch") == "library library (nccl)");
    CHECK(in_microseconds(nccl.chunk_overhead) == Approx(3));
    CHECK(in_microseconds(nccl.ll_latency) == Approx(4));
    CHECK(origin(one, "nccl.connection_rate") == "chip chip (nominal)");
    CHECK(origin(one, "nccl.receive_warp_rate").empty());  // nobody gives it: no limit
    CHECK(nccl.receive_warp_rate.si == 0);
    CHECK(one.origins.libraries == std::vector<std::string>{"library", "open_mpi", "deepep", "fast", "deep_gemm"});
    CHECK(in_words(one.origins) == "chip chip, nic nic, host host; libraries library, open_mpi, deepep, fast, deep_gemm");
}

TEST_CASE("a calibration goes before every part, and the command line before it", "[input]") {
    const Parts parts;
    const std::string mine =
        parts.folder.write("mine.yaml", "name: mine\nnccl: {ll_latency: 7 us, warp_rate: 7 GB/s}\nsources: [none]\n");
    const Case one = parts.read(mine, {{"nccl.ll_latency", "8 us"}});
    CHECK(in_microseconds(one.costs.nccl.ll_latency) == Approx(8));
    CHECK(origin(one, "nccl.ll_latency") == "--set nccl.ll_latency");
    CHECK(one.costs.nccl.warp_rate == gigabytes_per_second(7));
    CHECK(origin(one, "nccl.warp_rate") == "calibration mine");
    CHECK(in_microseconds(one.costs.nccl.nvlink_latency) == Approx(4));
    CHECK(one.origins.calibration == "mine");
}

TEST_CASE("a group of costs is of the last library that is named and gives it", "[input]") {
    const Parts parts;
    const auto version = [](const Case& one) { return one.costs.nccl.version; };
    CHECK(version(parts.read()) == nccl_2_28);
    const Case asked = parts.read(SoftwareChoice("", {"nccl_2_29", "deepep_v1"}));
    CHECK(version(asked) == nccl_2_29);
    CHECK(origin(asked, "nccl.nvlink_latency") == "library nccl_2_29");  // and nothing of the library that it takes the place of
    CHECK(origin(asked, "two_level.launch") == "library deepep_v1");
    CHECK(origin(asked, "mpi.eager_limit") == "library open_mpi");
    parts.folder.write("w.yaml", std::string(small_workload) + "libraries: nccl_2_29\n");
    CHECK(version(parts.read()) == nccl_2_29);
    CHECK(version(parts.read(SoftwareChoice("", {"nccl"}))) == nccl_2_28);
}

TEST_CASE("a library may say otherwise on a chip, or on what that is based on", "[input]") {
    const Parts parts;
    parts.folder.write(
        "library.yaml",
        "name: library\nbase: nccl\nnccl: {launch: 4 us}\non:\n"
        "  - {chip: [old, chip], nccl: {launch: 5 us}}\n  - {chip: chip, host: other, nccl: {launch: 6 us}}\nsources: [none]\n");
    CHECK(in_microseconds(parts.read().costs.nccl.launch) == Approx(5));
    parts.folder.write("next.yaml", "name: next\nbase: chip.yaml\nsources: [none]\n");
    CHECK(in_microseconds(parts.read({}, {{"node.gpu.chip", "next.yaml", parts.folder.path()}}).costs.nccl.launch) == Approx(5));
    CHECK(in_microseconds(parts.read({}, {{"node.gpu.chip", "nominal"}}).costs.nccl.launch) == Approx(4));
}

TEST_CASE("a chip says what its GPU has, and what the cluster writes goes before it", "[input]") {
    const Parts parts;
    const std::string chip = "name: chip\nbase: nominal\nsources: [none]\n";
    parts.folder.write("chip.yaml",
                       chip + "gpu: {memory: 90 GB, memory_bandwidth: 4 TB/s, sms: 100, flops: {bf16: 9 TFLOP/s}}\n");
    const GpuModel both = parts.read().cluster.groups.front().node.gpu;
    CHECK(in_bytes(both.memory) == 80e9);
    CHECK(both.memory_bandwidth == gigabytes_per_second(3000));
    CHECK(both.sms == 100);
    CHECK(both.flops.size() == 1);
    const Case bare = parts.read({}, {{"node.gpu.memory", "~"}, {"node.gpu.memory_bandwidth", "~"}});
    CHECK(in_bytes(bare.cluster.groups.front().node.gpu.memory) == 90e9);
    CHECK(bare.cluster.groups.front().node.gpu.memory_bandwidth == gigabytes_per_second(4000));
    parts.folder.write("chip.yaml", chip + "gpu: {model: other}\n");
    CHECK_THROWS_WITH(parts.read(), Catch::EndsWith("chip.yaml:4:7: error: found unknown key 'model' in gpu; expected one of: "
                                                    "memory, memory_bandwidth, sms, flops"));
    parts.folder.write("chip.yaml", chip);
    CHECK_THROWS_WITH(parts.read({}, {{"node.gpu.memory", "~"}}), Catch::EndsWith("found no 'memory' in node.gpu; expected it"));
}

TEST_CASE("shipped chips say of their GPUs what shipped clusters do", "[input]") {
    const std::vector<Override> bare{{"node.gpu.memory", "~"}, {"node.gpu.memory_bandwidth", "~"}, {"node.gpu.flops", "~"}};
    for (const PresetSummary& preset : list_presets(FileKind::cluster)) {
        INFO(preset.name);
        CHECK(as_yaml(std::get<Cluster>(read_one(preset.name, bare, {}))) ==
              as_yaml(std::get<Cluster>(read_one(preset.name, {}, {}))));
    }
}

TEST_CASE("a calibration may name its parts, or stand alone", "[input]") {
    const Parts parts;
    parts.folder.write("mine.yaml", "name: mine\nparts: {chip: a100_sxm, libraries: [nccl_2_28]}\nsources: [none]\n");
    const Case named = parts.read(parts.folder.path("mine.yaml"));
    CHECK(named.origins.chip == "a100_sxm");
    CHECK(named.origins.nic == "nic");
    CHECK(named.origins.libraries.front() == "nccl_2_28");
    const Case lost = parts.read(SoftwareChoice(parts.folder.path("mine.yaml"), {"nccl_2_29"}));
    CHECK(lost.origins.libraries.front() == "nccl_2_28");
    CHECK(lost.origins.notes ==
          std::vector<std::string>{"--library changes nothing, because calibration mine says which libraries there are"});
    CHECK_THROWS_WITH(
        parts.read({}, {{"parts", "none"}, {"nccl.launch", "1 us"}}),
        Catch::EndsWith("found no nccl.per_peer in --set alone; expected it, as parts have it that are based on nominal"));
    const std::string whole = parts.folder.write("whole.yaml", R"(name: whole
nccl: {launch: 5 us, per_peer: 0.7 us, nvlink_latency: 3 us, network_latency: 14 us, ll_latency: 0.6 us, chunk_overhead: 1 us,
       pxn: yes, copy_engines: no}
mpi: {overhead: 0.5 us, eager_limit: 12 KiB}
two_level: {launch: 15 us, sms: 24, chunk_tokens: 20, chunk_overhead: 2 us}
low_latency: {launch: 10 us, message_overhead: 0.02 us, arrival: 5 us, queue_pairs: 8}
balanced: {launch: 10 us}
compute: {launch: 3 us, gemm_efficiency: 0.6, tile_tokens: 128, memory_efficiency: 0.9}
sources: [none]
)");
    const Case alone = parts.read(whole);
    CHECK(in_words(alone.origins) == "calibration whole alone");
    CHECK(alone.costs.nccl.warp_rate.si == 0);                          // the chip's is not taken
    CHECK(origin(alone, "sent_once.launch") == "chip chip (nominal)");  // a group that came later than such calibrations
    const Case changed = parts.read(whole, {{"sent_once.sms", "14"}, {"calls.eager", "yes"}});
    CHECK(in_words(changed.origins) == "calibration whole alone");
    CHECK(origin(changed, "sent_once.launch") == "chip chip (nominal)");
    CHECK(changed.costs.sent_once.sms == 14);
    CHECK(origin(changed, "calls.before") == "");
    CHECK(changed.costs.calls.eager == 1);
}

TEST_CASE("a calibration that was replaced still holds, and says what by", "[input]") {
    const Parts parts;
    const Case one = parts.read("nccl_a100");
    CHECK(in_microseconds(one.costs.nccl.launch) == Approx(8.344));
    CHECK(one.origins.notes ==
          std::vector<std::string>{
              "calibration nccl_a100 is replaced by chip a100_sxm, NIC cx6 and host amd, with library nccl_2_28"});
    CHECK(parts.read().origins.notes.empty());
}

TEST_CASE("every shipped part and calibration can be read", "[input]") {
    const auto kind = GENERATE(FileKind::chip, FileKind::nic, FileKind::host, FileKind::library, FileKind::calibration);
    for (const PresetSummary& preset : list_presets(kind)) {
        INFO(preset.name);
        CHECK(!preset.description.empty());
        CHECK_NOTHROW(read_one(preset.name, {}));
    }
    CHECK(!list_presets(kind).empty());
}

struct BadPart {
    const char *name, *file, *text, *refusal;
};
const BadPart bad_parts[] = {
    {"an unknown key of a chip", "chip.yaml", "name: chip\nspeed: 1\nsources: [none]\n",
     "chip.yaml:2:1: error: found unknown key 'speed' in the chip; expected one of: name, description, base, sources, gpu, nccl, "
     "mpi, two_level, low_latency, sent_once, balanced, calls, compute"},
    {"a wrong unit in a NIC", "nic.yaml", "name: nic\nbase: nominal\nnccl: {launch: 1 GB/s}\nsources: [none]\n",
     "nic.yaml:3:16: error: found '1 GB/s'; expected a time in s, ms, us or ns, such as 1.5 us or 300 ns"},
    {"a base that is not there", "host.yaml", "name: host\nbase: sparc\nsources: [none]\n",
     "host.yaml:2:7: error: found 'sparc'; expected a file beside this one, or the name of a preset"},
    {"a needed cost taken away", "library.yaml", "name: library\nbase: nccl\nnccl: {pxn: ~}\nsources: [none]\n",
     "costs:1:1: error: found no nccl.pxn in chip chip, nic nic, host host; libraries library, open_mpi, deepep, fast, "
     "deep_gemm; "
     "expected it, as parts have it that are based on nominal"},
    {"a library of nothing", "library.yaml", "name: library\nsources: [none]\n",
     "library.yaml:1:1: error: found a map; expected a library that gives some group of costs, such as nccl"},
    {"a wrong cost where it does not hold", "library.yaml",
     "name: library\nbase: nccl\non: [{chip: other, nccl: {lunch: 1 us}}]\nsources: [none]\n",
     "library.yaml:3:27: error: found unknown key 'lunch' in nccl; expected one of: version, compute_capability, launch, "
     "per_peer, nvlink_latency, network_latency, ll_latency, "
     "chunk_overhead, warp_rate, connection_rate, one_way_rate, cta_rate, ll_warp_rate, ll_connection_rate, receive_warp_rate, "
     "lone_work_efficiency, search_channels, min_ctas, max_ctas, min_channels, max_channels, "
     "channels_per_net_peer, queue_pairs, nics_per_gpu, merged_nics, net_chunk, pcie_chunk, nvlink_chunk, buffer, p2p_level, "
     "host_rate, "
     "network_chunk_time, network_efficiency, fan_in_efficiency, pxn, copy_engines, memory_operation, put_time; did you mean "
     "launch?"},
    {"an exception that holds everywhere", "library.yaml",
     "name: library\nbase: nccl\non: [{nccl: {launch: 1 us}}]\nsources: [none]\n",
     "library.yaml:3:6: error: found a map; expected chip, nic or host, which say where it holds"},
};

TEST_CASE("read_case refuses a bad part", "[input]") {
    for (const BadPart& bad : bad_parts) DYNAMIC_SECTION(bad.name) {
            const Parts parts;
            parts.folder.write(bad.file, bad.text);
            CHECK(refusal_of([&] { parts.read(); }, parts.folder) == bad.refusal);
        }
}

TEST_CASE("read_case refuses a part that is not there, and nodes of two chips", "[input]") {
    const Parts parts;
    parts.cluster("libraries: [mpich]\n");
    const std::string refusal = refusal_of([&] { parts.read(); }, parts.folder);
    CHECK(refusal.ends_with("found 'mpich'; expected a file beside this one, or the name of a preset of a library"));
    const std::string node =
        "{gpus: 1, gpu: {model: x, memory: 80 GB, memory_bandwidth: 3 TB/s, chip: %}, nics: {count: 1, "
        "bandwidth: 50 GB/s, latency: 1 us}}";
    const auto of_chip = [&](const char* chip) {
        std::string text = node;
        return text.replace(text.find('%'), 1, chip);
    };
    const std::string mixed = parts.folder.write(
        "mixed.yaml", fmt::format("name: mixed\ngroups:\n  - count: 1\n    node: {}\n  - count: 1\n    node: {}\nfabric: {{kind: "
                                  "single-switch, hop_latency: 1 us}}\nsources: [none]\n",
                                  of_chip("h100_sxm"), of_chip("a100_sxm")));
    const std::string matrix = parts.folder.write("m.txt", "0 2\n2 0\n");
    CHECK(refusal_of([&] { read_matrix_case(mixed, matrix, {}); }, parts.folder) ==
          "mixed:1:1: error: found nodes of chip h100_sxm and chip a100_sxm; expected one, or a calibration whose parts name it");
}

}  // namespace
TEST_CASE("a GPU is known by what it is called, where that is one chip", "[input]") {
    CHECK(chip_called("H100 SXM5 80GB") == "h100_sxm");
    CHECK(chip_called("NVIDIA H200") == "h200_sxm");
    CHECK(chip_called("H20") == "h20");
    CHECK(chip_called("GB200 186GB") == "gb200");
    CHECK(chip_called("NVIDIA RTX PRO 6000 Blackwell") == "rtx_pro_6000");
    CHECK(chip_called("AMD Instinct MI300X") == "mi300x");
    CHECK(chip_called("H100 PCIe") == "");
    CHECK(chip_called("H100 NVL") == "");
    CHECK(chip_called("test") == "");
}

}  // namespace tokenyard
