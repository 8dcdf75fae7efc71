// SPDX-License-Identifier: Apache-2.0
// What the reader of calibrations refuses, with the whole message.
#include "input/input.hpp"
#include "support/files.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

const std::string small_calibration = R"(name: small
nccl: {launch: 5 us, per_peer: 0.7 us, nvlink_latency: 3 us, network_latency: 14 us, ll_latency: 0.6 us,
       chunk_overhead: 1 us, warp_rate: 3 GB/s, pxn: yes, copy_engines: no}
mpi: {overhead: 0.5 us, eager_limit: 12 KiB}
two_level: {launch: 15 us, sms: 24, sm_rate: 50 GB/s, chunk_tokens: 20, chunk_overhead: 2 us}
low_latency: {launch: 10 us, message_overhead: 0.02 us, arrival: 5 us, queue_pairs: 8}
balanced: {launch: 10 us}
compute: {launch: 3 us, gemm_efficiency: 0.6, tile_tokens: 128, memory_efficiency: 0.9}
sources: [none, this is a test]
)";

const std::vector<Change> bad_calibrations{
    {"an unknown cost", "per_peer:", "per_per:",
     "c.yaml:2:22: error: found unknown key 'per_per' in nccl; expected one of: version, compute_capability, launch, per_peer, "
     "nvlink_latency, network_latency, ll_latency, "
     "chunk_overhead, warp_rate, connection_rate, one_way_rate, cta_rate, ll_warp_rate, ll_connection_rate, receive_warp_rate, "
     "lone_work_efficiency, search_channels, min_ctas, max_ctas, min_channels, max_channels, "
     "channels_per_net_peer, queue_pairs, nics_per_gpu, merged_nics, net_chunk, pcie_chunk, nvlink_chunk, buffer, p2p_level, "
     "host_rate, "
     "network_chunk_time, network_efficiency, fan_in_efficiency, pxn, copy_engines, memory_operation, put_time; did you mean "
     "per_peer?"},
    {"a bare number", "eager_limit: 12 KiB", "eager_limit: 12",
     "c.yaml:4:38: error: found '12'; expected a size with its unit, such as 7168 B or 80 GB"},
    {"an odd number of SMs", "sms: 24", "sms: 23", "c.yaml:5:33: error: found '23'; expected a multiple of 2"},
    {"an efficiency above 1", "gemm_efficiency: 0.6", "gemm_efficiency: 1.6",
     "c.yaml:8:42: error: found '1.6'; expected a number of at least 0.001 and at most 1"},
    {"neither yes nor no", "pxn: yes", "pxn: maybe", "c.yaml:3:54: error: found 'maybe'; expected one of: no, yes"},
};

}  // namespace

TEST_CASE("read_one refuses bad calibrations", "[input]") {
    for (const Change& bad : bad_calibrations) DYNAMIC_SECTION(bad.name) {
            const TemporaryFolder folder;
            const std::string file = folder.write("c.yaml", with_change(small_calibration, bad));
            CHECK(refusal_of([&] { read_one(file, {}); }, folder) == bad.refusal);
        }
}

TEST_CASE("read_one reads a calibration, and rates may be left out", "[input]") {
    const TemporaryFolder folder;
    const std::string file = folder.write("c.yaml", small_calibration);
    const auto costs = std::get<CostFile>(read_one(file, {{"two_level.sm_rate", "~"}, {"mpi.overhead", "2 us"}})).costs;
    CHECK(costs.two_level.sm_rate.si == 0);
    CHECK(costs.nccl.connection_rate.si == 0);
    CHECK(costs.nccl.warp_rate == gigabytes_per_second(3));
    CHECK(costs.mpi.overhead == microseconds(2));
    CHECK(costs.mpi.eager_limit == bytes(12288));
    CHECK(costs.nccl.pxn);
}

}  // namespace tokenyard
