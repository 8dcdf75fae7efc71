// SPDX-License-Identifier: Apache-2.0
// Formats that others read: they may grow, what stands here stays.
#include "report/report.hpp"
#include "input/input.hpp"
#include "pipeline/predict.hpp"
#include "support/clusters.hpp"
#include "support/files.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

namespace tokenyard {
namespace {

std::string shown(const Cluster& cluster) { return as_yaml(cluster); }
std::string shown(const Workload& workload) { return as_yaml(workload); }
std::string shown(const CostFile& file) { return as_yaml(file.costs); }

}  // namespace

TEST_CASE("as_matrix writes a row a source, and --matrix reads it back", "[report]") {
    const TemporaryFolder folder;
    const VolumeMatrix volumes = volumes_from({{0, 16, 4294967296}, {1, 2, 3}, {5, 0, 0}});
    CHECK(as_matrix(volumes) == "0 16 4294967296\n1 2 3\n5 0 0\n");
    const Case one =
        read_matrix_case(TOKENYARD_SOURCE "/topologies/dgx_h100_x4.yaml", folder.write("s.txt", as_matrix(volumes)), {});
    CHECK(std::get<MatrixWorkload>(one.workload.traffic).volumes == volumes);
    CHECK(one.workload.ranks == 3);
}

TEST_CASE("as_trace writes routing that kind trace reads back", "[report]") {
    const TemporaryFolder folder;
    const Case original =
        read_case(TOKENYARD_SOURCE "/topologies/l40s_pcie_x8.yaml", TOKENYARD_SOURCE "/workloads/mixtral_8x7b.yaml",
                  {{"batch.tokens_per_rank", "[3, 0, 5, 1, 0, 0, 2, 40]"}});
    const Traffic traffic = make_traffic(original, fabric_of(original.cluster));
    const std::string trace = folder.write("trace.csv", as_trace(routing_of(original)));
    const Case again =
        read_case(TOKENYARD_SOURCE "/topologies/l40s_pcie_x8.yaml", TOKENYARD_SOURCE "/workloads/mixtral_8x7b.yaml",
                  {{"batch", "~"}, {"routing", "{kind: trace, file: " + trace + "}"}});
    const Traffic read_back = make_traffic(again, fabric_of(again.cluster));
    CHECK(routing_of(again) == routing_of(original));
    CHECK(read_back.dispatch.volumes == traffic.dispatch.volumes);
}

TEST_CASE("as_yaml of every preset reads back as the same YAML", "[report]") {
    const TemporaryFolder folder;
    for (const char* kind : {"topologies", "workloads", "validation/calibrated"})
        for (const auto& entry : std::filesystem::directory_iterator(std::string(TOKENYARD_SOURCE "/") + kind)) {
            if (entry.path().extension() != ".yaml") continue;
            DYNAMIC_SECTION(entry.path().filename().string()) {
                const auto again = [](const auto& value) { return shown(value); };
                const std::string once = std::visit(again, read_one(entry.path().string(), {}));
                CHECK(std::visit(again, read_one(folder.write("again.yaml", once), {})) == once);
            }
        }
}

TEST_CASE("as_yaml shows every key of a cluster that says all, and reads back", "[report]") {
    const TemporaryFolder folder;
    const std::string all = R"(name: "all"
nodes: 4
node:
  gpus: 4
  gpu: {model: "test", memory: 80 GB, memory_bandwidth: 3000 GB/s, sms: 132, flops: {bf16: 989 TFLOP/s, fp8: 1979 TFLOP/s}}
  scale_up: {kind: nvswitch, bandwidth_per_gpu: 100 GB/s, latency: 1 us, domain: 4, planes: 4}
  pcie: {bandwidth: 64 GB/s, latency: 0.5 us, switches: 2, switch_uplink: 32 GB/s}
  nics: {count: 2, bandwidth: 50 GB/s, latency: 2 us, map: [[0], [0], [1], [1]], pcie_switch: [1, 0]}
fabric: {kind: fat-tree, levels: 3, leaf_ports: 4, leaf_down_ports: 2, oversubscription: 1, pod_leaves: 2, pod_oversubscription: 2, routing: ecmp, spines: 2, hop_latency: 0.3 us}
efficiency: {scale_up: 0.8, scale_out: 0.97, pcie: 0.9}
faults:
  - {kind: nic-down, node: 1, nic: 0}
  - {kind: slow-link, link: "node*/nic1/out", factor: 0.5}
  - {kind: nvswitch-down, node: 0, planes: 1}
  - {kind: slow-gpu, node: 0, gpu: 2, factor: 0.8}
  - {kind: late-rank, rank: 5, delay: 50 us}
background:
  - {from: node0/gpu1, to: node3/gpu1, bandwidth: 10 GB/s}
  - {link: "pod*/leaf0/*/up", load: 0.3}
sources:
  - "none"
)";
    const Cluster cluster = std::get<Cluster>(read_one(folder.write("all.yaml", all), {}, fabric_of));
    CHECK(as_yaml(cluster) == all);
}

TEST_CASE("as_yaml shows every key of a calibration that says all, and reads back", "[report]") {
    const TemporaryFolder folder;
    const std::string all = R"(name: "all"
nccl:
  version: 2.29
  compute_capability: 100
  launch: 5 us
  per_peer: 0.7 us
  nvlink_latency: 3 us
  network_latency: 14 us
  ll_latency: 0.6 us
  chunk_overhead: 1 us
  warp_rate: 3 GB/s
  connection_rate: 20 GB/s
  one_way_rate: 30 GB/s
  cta_rate: 25 GB/s
  ll_warp_rate: 0.5 GB/s
  ll_connection_rate: 2 GB/s
  receive_warp_rate: 4 GB/s
  lone_work_efficiency: 0.8
  search_channels: 12
  min_ctas: 2
  max_ctas: 32
  min_channels: 3
  max_channels: 48
  channels_per_net_peer: 4
  queue_pairs: 2
  nics_per_gpu: 1
  merged_nics: yes
  net_chunk: 262144 B
  pcie_chunk: 65536 B
  nvlink_chunk: 1048576 B
  buffer: 8388608 B
  p2p_level: sys
  host_rate: 18 GB/s
  network_chunk_time: 12 us
  network_efficiency: 0.9
  fan_in_efficiency: 0.95
  pxn: no
  copy_engines: yes
  memory_operation: 1.5 us
  put_time: 1.2 us
mpi:
  overhead: 0.5 us
  eager_limit: 12288 B
  linear_order: rotated
  block: 16
  gets: 4
  rendezvous_eager: 2048 B
two_level:
  launch: 15 us
  sms: 24
  sm_rate: 50 GB/s
  chunk_tokens: 20
  buffers: rings
  chunk_overhead: 2 us
  combine_launch: 17 us
  combine_sm_rate: 40 GB/s
  forward_sm_rate: 30 GB/s
  combine_forward_sm_rate: 25 GB/s
  nvlink_efficiency: 0.85
  network_launch: 144 us
  combine_network_launch: 94 us
low_latency:
  launch: 10 us
  message_overhead: 0.02 us
  arrival: 5 us
  buffers: slots
  queue_pairs: 8
  network_latency: 4 us
  copy_rate: 300 GB/s
  combine_launch: 11 us
  combine_copy_rate: 200 GB/s
sent_once:
  launch: 10 us
  finish: 9 us
  buffers: planes
  sms: 20
  reckoned_nvlink: 0.95
  workers: 15
  chunk_tokens: 64
  combine_chunk_tokens: 4
  token_time: 5 us
  round_size: 4096 B
  worker_rate: 50 GB/s
  sm_rate: 27 GB/s
  nvlink_efficiency: 0.8
  copies_out: yes
  stages: yes
  pulls: yes
  adds: no
  memory_efficiency: 0.9
  capacity: 512
  room_token: 0.02 us
  padded_token: 0.9 us
  token_header: 4 B
  choice_header: 12 B
  expert_header: 1 B
  combine_token_header: 2 B
  combine_choice_header: 3 B
  alignment: 32
  crosses_nodes: yes
  network_workers: 8
  network_chunk_tokens: 7
  combine_network_chunk_tokens: 9
  network_latency: 4 us
  network_trips: 3
  combine_network_trips: 5
  network_launch: 12 us
  combine_network_launch: 13 us
  network_stages: yes
  network_sum_rate: 21 GB/s
  combine_network_choice_header: 8 B
  combine_launch: 8 us
  combine_finish: 7 us
  combine_token_time: 6 us
  combine_worker_rate: 40 GB/s
  combine_sm_rate: 28 GB/s
  combine_nvlink_efficiency: 0.7
balanced:
  launch: 10 us
calls:
  eager: yes
  speed: 0.5
  before: 16 us
  quantise: 34 us
  quantise_beside: 15 us
  beside: 36 us
  combine_before: 14 us
  combine_beside: 20 us
compute:
  launch: 3 us
  gemm_efficiency: 0.6
  tile_tokens: 128
  memory_efficiency: 0.9
sources:
  - "none"
)";
    CHECK(as_yaml(std::get<CostFile>(read_one(folder.write("all.yaml", all), {})).costs) == all);
}

TEST_CASE("write_output leaves the old file until the new one is whole", "[report]") {
    const TemporaryFolder folder;
    const std::string file = folder.write("out.json", "old");
    write_output(file, "new");
    CHECK(read_file(file) == "new");
    CHECK_THROWS_WITH(write_output(folder.path("none/out.json"), "x"),
                      Catch::Matchers::Contains("none/out.json': No such file or directory"));
    CHECK_THROWS_WITH(write_output(folder.path(), "x"), Catch::Matchers::Contains("Is a directory"));
    std::size_t files = 0;
    for (const auto& unused : std::filesystem::directory_iterator(folder.path())) files += unused.exists();
    CHECK(files == 1);
}

TEST_CASE("links_as_csv quotes a name that holds a comma", "[report]") {
    Prediction prediction;
    prediction.phases.emplace_back();
    prediction.phases[0].name = "dispatch";
    prediction.phases[0].links = {{"row 1, \"left\"/spine", "trunk", gigabytes_per_second(50), bytes(10), 0.5, {}, {}, {}}};
    const std::string csv = links_as_csv(prediction);
    CHECK(csv.substr(csv.find('\n') + 1) == "dispatch,\"row 1, \"\"left\"\"/spine\",trunk,50,10,0.500000,0.0000,0.0000,0.0000\n");
}

}  // namespace tokenyard
