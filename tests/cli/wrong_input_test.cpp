// SPDX-License-Identifier: Apache-2.0
// What people write who know other tools, data sheets and models' own files, and the whole of what they are told.
#include "collective/plan.hpp"
#include "input/source.hpp"
#include "support/files.hpp"
#include "support/process.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tokenyard {
namespace {

const Change wrong_clusters[] = {
    {"Gbps, as data sheets have it", "bandwidth: 400 Gbit/s", "bandwidth: 400 Gbps",
     "c.yaml:7:31: error: found '400 Gbps'; expected a bandwidth in bit/s or B/s (after k, M, G, T, Ki, Mi, Gi or "
     "Ti), such as 400 Gbit/s or 50 GB/s; did you mean 400 Gbit/s?\n"},
    {"Gb/s", "bandwidth: 400 Gbit/s", "bandwidth: 400 Gb/s",
     "c.yaml:7:31: error: found '400 Gb/s'; expected a bandwidth in bit/s or B/s (after k, M, G, T, Ki, Mi, Gi or "
     "Ti), such as 400 Gbit/s or 50 GB/s; did you mean 400 Gbit/s?\n"},
    {"G alone", "bandwidth: 400 Gbit/s", "bandwidth: 400G",
     "c.yaml:7:31: error: found '400G'; expected a bandwidth in bit/s or B/s (after k, M, G, T, Ki, Mi, Gi or Ti), "
     "such as 400 Gbit/s or 50 GB/s; did you mean 400 Gbit/s?\n"},
    {"GBps", "bandwidth_per_gpu: 100 GB/s", "bandwidth_per_gpu: 100 GBps",
     "c.yaml:6:49: error: found '100 GBps'; expected a bandwidth in bit/s or B/s (after k, M, G, T, Ki, Mi, Gi or "
     "Ti), such as 400 Gbit/s or 50 GB/s; did you mean 100 GB/s?\n"},
    {"a bandwidth without a unit", "bandwidth: 400 Gbit/s", "bandwidth: 400",
     "c.yaml:7:31: error: found '400'; expected a bandwidth with its unit, such as 400 Gbit/s or 50 GB/s\n"},
    {"a bandwidth without its second", "memory_bandwidth: 3 TB/s", "memory_bandwidth: 3 TB",
     "c.yaml:5:55: error: found '3 TB'; expected a bandwidth in bit/s or B/s (after k, M, G, T, Ki, Mi, Gi or Ti), "
     "such as 400 Gbit/s or 50 GB/s; did you mean 3 TB/s?\n"},
    {"usec", "latency: 2 us", "latency: 2 usec",
     "c.yaml:7:52: error: found '2 usec'; expected a time in s, ms, us or ns, such as 1.5 us or 300 ns; did you "
     "mean 2 us?\n"},
    {"a latency without a unit", "latency: 2 us", "latency: 2",
     "c.yaml:7:52: error: found '2'; expected a time with its unit, such as 1.5 us or 300 ns\n"},
    {"a latency in a bandwidth's unit", "latency: 2 us", "latency: 2 GB/s",
     "c.yaml:7:52: error: found '2 GB/s'; expected a time in s, ms, us or ns, such as 1.5 us or 300 ns\n"},
    {"memory in gibi", "memory: 80 GB", "memory: 80 Gi",
     "c.yaml:5:30: error: found '80 Gi'; expected a size in B or bit (after k, M, G, T, Ki, Mi, Gi or Ti), such as "
     "7168 B or 80 GB; did you mean 80 GiB?\n"},
    {"nvlink for the switch of it", "kind: nvswitch", "kind: nvlink",
     "c.yaml:6:20: error: found 'nvlink'; expected one of: nvswitch, mesh, pcie; did you mean nvswitch?\n"},
    {"xgmi for a mesh", "kind: nvswitch", "kind: xgmi",
     "c.yaml:6:20: error: found 'xgmi'; expected one of: nvswitch, mesh, pcie; did you mean mesh?\n"},
    {"a switch's name misspelt", "kind: nvswitch", "kind: nvswtich",
     "c.yaml:6:20: error: found 'nvswtich'; expected one of: nvswitch, mesh, pcie; did you mean nvswitch?\n"},
    {"CUs for SMs", "memory_bandwidth: 3 TB/s", "memory_bandwidth: 3 TB/s, cus: 304",
     "c.yaml:5:63: error: found unknown key 'cus' in node.gpu; expected one of: model, chip, memory, "
     "memory_bandwidth, sms, flops; did you mean sms?\n"},
    {"GPUs of a node by another name", "gpus: 4", "gpus_per_node: 4",
     "c.yaml:4:3: error: found unknown key 'gpus_per_node' in node; expected one of: gpus, gpu, host, scale_up, "
     "pcie, nics, inside; did you mean gpus?\n"},
    {"a count in words", "gpus: 4", "gpus: four", "c.yaml:4:9: error: found 'four'; expected a whole number from 1 to 1024\n"},
    {"nodes by another name", "nodes: 2", "num_nodes: 2",
     "c.yaml:2:1: error: found unknown key 'num_nodes' in the cluster; expected one of: name, description, base, "
     "nodes, node, groups, fabric, efficiency, faults, background, prices, power, libraries, calibration, sources; "
     "did you mean nodes?\n"},
    {"no nodes", "nodes: 2", "nodes: 0", "c.yaml:2:8: error: found '0'; expected a whole number from 1 to 65536\n"},
    {"network for fabric", "fabric: {kind: single-switch}", "network: {kind: single-switch}",
     "c.yaml:8:1: error: found unknown key 'network' in the cluster; expected one of: name, description, base, "
     "nodes, node, groups, fabric, efficiency, faults, background, prices, power, libraries, calibration, sources; "
     "did you mean fabric?\n"},
    {"an underscore in a kind", "kind: single-switch", "kind: single_switch",
     "c.yaml:8:16: error: found 'single_switch'; expected one of: single-switch, rail-optimized, rail-only, "
     "fat-tree, graph; did you mean single-switch?\n"},
    {"a clos", "kind: single-switch", "kind: clos",
     "c.yaml:8:16: error: found 'clos'; expected one of: single-switch, rail-optimized, rail-only, fat-tree, graph; "
     "did you mean fat-tree?\n"},
    {"a fabric's kind alone", "fabric: {kind: single-switch}", "fabric: single-switch",
     "c.yaml:8:9: error: found 'single-switch'; expected fabric as a map with the key kind\n"},
    {"a ratio with a colon", "kind: single-switch", "kind: rail-optimized, leaf_ports: 32, oversubscription: 2:1",
     "c.yaml:8:66: error: found '2:1'; expected a number of at least 0.001 and at most 1000; did you mean 2?\n"},
    {"a rail fabric without its ports", "kind: single-switch", "kind: rail-optimized",
     "c.yaml:8:9: error: found no 'leaf_ports' in fabric; expected it\n"
     "c.yaml:8:9: error: found no 'oversubscription' in fabric; expected it\n"},
    {"three NICs for four GPUs", "count: 4", "count: 3",
     "c.yaml:7:17: error: found '3'; expected a multiple or a divisor of the node's 4 GPUs, or an explicit map\n"},
    {"a chip that is not shipped", "model: test,", "model: test, chip: h100,",
     "c.yaml:5:28: error: found 'h100'; expected a file beside this one, or the name of a preset of a chip; did you "
     "mean h100_sxm?\n"},
    {"a NIC by its family's name", "nics: {count: 4,", "nics: {count: 4, model: connectx-7,",
     "c.yaml:7:27: error: found 'connectx-7'; expected a file beside this one, or the name of a preset of a nic; "
     "did you mean cx7?\n"},
    {"a NIC to come", "nics: {count: 4,", "nics: {count: 4, model: cx9,",
     "c.yaml:7:27: error: found 'cx9'; expected a file beside this one, or the name of a preset of a nic; did you "
     "mean cx6, cx7 or cx8?\n"},
    {"a host that is not shipped", "gpus: 4", "gpus: 4\n  host: intell",
     "c.yaml:5:9: error: found 'intell'; expected a file beside this one, or the name of a preset of a host; did "
     "you mean intel?\n"},
    {"a calibration that is not there", "sources: [test]", "calibration: nowhere",
     "c.yaml:9:14: error: found 'nowhere'; expected a file beside this one, or the name of a preset of a "
     "calibration\n"},
    {"a tab", "  gpus: 4", "\tgpus: 4", "c.yaml:4:1: error: found a tab in the indentation; expected spaces\n"},
    {"a key without its space", "nodes: 2", "nodes:2",
     "c.yaml:3:5: error: found broken YAML (illegal map value); expected key: value\n"},
    {"a repeated key", "nodes: 2", "nodes: 2\nnodes: 4", "c.yaml:3:1: error: found key 'nodes' again; expected it once\n"},
    {"a thousand with a comma", "nodes: 2", "nodes: 1,024",
     "c.yaml:2:8: error: found '1,024'; expected a whole number from 1 to 65536; did you mean 1024?\n"},
};

const Change wrong_workloads[] = {
    {"experts by the name in a model's own file", "experts: 16,", "num_experts: 16,",
     "w.yaml:4:9: error: found unknown key 'num_experts' in model; expected one of: experts, experts_per_token, "
     "hidden, moe_layers, expert_groups, groups_per_token, expert; did you mean experts?\n"},
    {"top-k by another name", "experts_per_token: 2", "top_k: 2",
     "w.yaml:4:22: error: found unknown key 'top_k' in model; expected one of: experts, experts_per_token, hidden, "
     "moe_layers, expert_groups, groups_per_token, expert; did you mean experts_per_token?\n"},
    {"fp8 without its format", "dispatch: {dtype: bf16}", "dispatch: {dtype: fp8}",
     "w.yaml:6:19: error: found 'fp8'; expected one of: fp32, bf16, fp16, fp8_e4m3, fp8_e5m2, int8, fp4_e2m1; did "
     "you mean fp8_e4m3?\n"},
    {"bfloat16 written out", "combine: {dtype: bf16}", "combine: {dtype: bfloat16}",
     "w.yaml:7:18: error: found 'bfloat16'; expected one of: fp32, bf16, fp16, fp8_e4m3, fp8_e5m2, int8, fp4_e2m1; "
     "did you mean bf16?\n"},
    {"a distribution misspelt", "kind: uniform", "kind: zpif",
     "w.yaml:8:17: error: found 'zpif'; expected one of: uniform, zipf, lognormal, dirichlet, hot, shares, skew, "
     "trace, matrix; did you mean zipf?\n"},
    {"an even routing", "kind: uniform", "kind: balanced",
     "w.yaml:8:17: error: found 'balanced'; expected one of: uniform, zipf, lognormal, dirichlet, hot, shares, "
     "skew, trace, matrix; did you mean uniform?\n"},
    {"tokens by another name", "tokens_per_rank: 8", "tokens: 8",
     "w.yaml:5:9: error: found unknown key 'tokens' in batch; expected one of: tokens_per_rank; did you mean "
     "tokens_per_rank?\n"},
    {"more experts a token than there are", "experts_per_token: 2", "experts_per_token: 32",
     "w.yaml:4:41: error: found '32'; expected at most the model's 16 experts\n"},
    {"experts that do not divide", "experts: 16,", "experts: 15,",
     "w.yaml:4:18: error: found '15'; expected a multiple of the 8 ranks (or placement kind map or redundant, or "
     "fewer ranks)\n"},
    {"more ranks than GPUs", "ranks: 8", "ranks: 16", "w.yaml:2:8: error: found '16'; expected at most the cluster's 8 GPUs\n"},
    {"ranks by another name", "ranks: 8", "ep_size: 8",
     "w.yaml:2:1: error: found unknown key 'ep_size' in the workload; expected one of: name, description, base, "
     "ranks, seed, model, batch, dispatch, combine, placement, routing, between_layers, memory, libraries, algorithm, sources; "
     "did you "
     "mean ranks?\n"},
    {"no batch", "batch: {tokens_per_rank: 8}\n", "", "w.yaml:1:1: error: found no 'batch' in the workload; expected it\n"},
    {"metadata without a unit", "dispatch: {dtype: bf16}", "dispatch: {dtype: bf16, metadata: 16}",
     "w.yaml:6:35: error: found '16'; expected a size with its unit, such as 7168 B or 80 GB\n"},
    {"no exponent of a zipf", "kind: uniform", "kind: zipf", "w.yaml:8:10: error: found no 'exponent' in routing; expected it\n"},
    {"a library that is not shipped", "seed: 1", "libraries: [deepep_v3]",
     "w.yaml:3:13: error: found 'deepep_v3'; expected a file beside this one, or the name of a preset of a library; "
     "did you mean deepep_v1 or deepep_v2?\n"},
};

struct WrongCommand {
    const char *name, *arguments;
    int exit_code;
    const char* refusal;
};

const WrongCommand wrong_commands[] = {
    {"a verb misspelt", "prdict c.yaml w.yaml", 1,
     "unknown verb 'prdict'; did you mean predict?\n"
     "Run with --help for more information.\n"},
    {"a verb of another tool", "run c.yaml w.yaml", 1,
     "unknown verb 'run'; did you mean predict?\n"
     "Run with --help for more information.\n"},
    {"an option misspelt", "predict c.yaml w.yaml --algoritm direct", 1,
     "unknown option '--algoritm' of predict; did you mean --algorithm?\n"
     "Run with --help for more information.\n"},
    {"an option with its value", "predict c.yaml w.yaml --jsn=o.json", 1,
     "unknown option '--jsn' of predict; did you mean --json?\n"
     "Run with --help for more information.\n"},
    {"an underscore in an algorithm", "predict c.yaml w.yaml --algorithm two_level", 1,
     "--algorithm: found 'two_level'; expected one of: {algorithms}, all; or several with commas between; did you mean "
     "two-level?\n"
     "Run with --help for more information.\n"},
    {"a library for an algorithm", "predict c.yaml w.yaml --algorithm deepep", 1,
     "--algorithm: found 'deepep'; expected one of: {algorithms}, all; or several with commas between; did you mean two-level, "
     "sent-once or "
     "low-latency?\n"
     "Run with --help for more information.\n"},
    {"an engine in capitals", "predict c.yaml w.yaml --engine SimGrid", 1,
     "--engine: found 'SimGrid'; expected one of: auto, simgrid, fluid; did you mean simgrid?\n"
     "Run with --help for more information.\n"},
    {"a key of no file", "predict c.yaml w.yaml --set noeds=4", 2,
     "--set noeds:1:1: error: found 'noeds', which no cluster, workload or calibration has; expected one of their "
     "keys; did you mean nodes?\n"},
    {"a key that two kinds of file have", "predict c.yaml w.yaml --set name=other", 2,
     "--set name:1:1: error: found 'name', which clusters, workloads and calibrations have; expected cluster.name, "
     "workload.name or calibration.name\n"},
    {"a unit in --set", "predict c.yaml w.yaml --set node.nics.bandwidth=800Gbps", 2,
     "--set node.nics.bandwidth:1:1: error: found '800Gbps'; expected a bandwidth in bit/s or B/s (after k, M, G, "
     "T, Ki, Mi, Gi or Ti), such as 400 Gbit/s or 50 GB/s; did you mean 800 Gbit/s?\n"},
    {"a preset that is misspelt", "check dgx_h100x4", 2,
     "dgx_h100x4:1:1: error: found no such file; expected a path or one of the presets {clusters}; did you mean "
     "dgx_h100_x4?\n"},
    {"two presets the wrong way round", "predict deepseek_v3_decode dgx_h100_x4", 2,
     "deepseek_v3_decode:1:1: error: found the name of a workload; expected a cluster\n"
     "dgx_h100_x4:1:1: error: found the name of a cluster; expected a workload\n"},
    {"a library on the command line", "predict c.yaml w.yaml --library nccl_2_3", 2,
     "nccl_2_3:1:1: error: found no such file; expected a path or one of the presets {libraries}; did you mean "
     "nccl_2_30?\n"},
    {"a study that is not there", "sweep costs", 2,
     "costs:1:1: error: found no such file; expected a path or one of the presets {studies}; did you mean cost?\n"},
    {"a kind of preset", "list nic", 1,
     "KIND: found 'nic'; expected one of: clusters, workloads, studies, chips, nics, hosts, libraries, algorithms, "
     "records; did you mean nics?\n"
     "Run with --help for more information.\n"},
    {"help of a verb that is not there", "help prdict", 1,
     "unknown verb 'prdict'; did you mean predict?\n"
     "Run with --help for more information.\n"},
};

/// A list of names where a refusal has it: what is shipped grows.
std::string spelt_out(std::string refusal) {
    const auto names_of = [](PresetKind kind) {
        std::vector<std::string> names;
        for (const Preset& preset : presets(kind)) names.push_back(preset.name);
        return fmt::format("{}", fmt::join(names, ", "));
    };
    std::vector<std::string_view> of_algorithms;
    for (const Algorithm& algorithm : algorithms()) of_algorithms.push_back(algorithm.name);
    const std::pair<std::string, std::string> lists[] = {{"{clusters}", names_of(PresetKind::cluster)},
                                                         {"{libraries}", names_of(PresetKind::library)},
                                                         {"{studies}", names_of(PresetKind::study)},
                                                         {"{algorithms}", fmt::format("{}", fmt::join(of_algorithms, ", "))}};
    for (const auto& [from, to] : lists)
        if (const std::size_t at = refusal.find(from); at != std::string::npos) refusal.replace(at, from.size(), to);
    return refusal;
}

void expect_refused(const std::string& cluster, const std::string& workload, const char* refusal) {
    const TemporaryFolder folder;
    folder.write("c.yaml", cluster);
    folder.write("w.yaml", workload);
    const ProcessResult result = run_tokenyard("check c.yaml w.yaml", folder.path());
    CHECK(result.err == refusal);
    CHECK(result.out.empty());
    CHECK(result.exit_code == 2);
}

}  // namespace

TEST_CASE("a cluster as others write it is refused with what it should say", "[cli]") {
    for (const Change& wrong : wrong_clusters) DYNAMIC_SECTION(wrong.name) {
            expect_refused(with_change(small_cluster, wrong), small_workload, wrong.refusal);
        }
}

TEST_CASE("a workload as others write it is refused with what it should say", "[cli]") {
    for (const Change& wrong : wrong_workloads) DYNAMIC_SECTION(wrong.name) {
            expect_refused(small_cluster, with_change(small_workload, wrong), wrong.refusal);
        }
}

TEST_CASE("a command line as others write it is refused with what it should say", "[cli]") {
    for (const WrongCommand& wrong : wrong_commands) DYNAMIC_SECTION(wrong.name) {
            const TemporaryFolder folder;
            folder.write("c.yaml", small_cluster);
            folder.write("w.yaml", small_workload);
            const ProcessResult result = run_tokenyard(wrong.arguments, folder.path());
            CHECK(result.err == spelt_out(wrong.refusal));
            CHECK(result.out.empty());
            CHECK(result.exit_code == wrong.exit_code);
        }
}

}  // namespace tokenyard
