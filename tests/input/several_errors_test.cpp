// SPDX-License-Identifier: Apache-2.0
// All that is wrong is said at once, and nothing that is not.
#include "input/input.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace tokenyard {
namespace {

std::string refusal_of_cluster(const std::string& text) {
    const TemporaryFolder folder;
    const std::string file = folder.write("c.yaml", text);
    return refusal_of([&] { read_one(file, {}); }, folder);
}

}  // namespace

TEST_CASE("a cluster is refused for all that is wrong in it, by place", "[input]") {
    CHECK(refusal_of_cluster(R"(name: mine
nodes: none
node:
  gpus: 8
  gpu: {model: H20, memory: 96GB, memory_bandwidth: 4 TBps, cus: 78}
  scale_up: {kind: nvlink, bandwidth_per_gpu: 450 GB/s}
  nics: {count: 8, bandwidth: 400 Gbps, latency: 2 usec}
fabric: {kind: fat-tree, levels: 2, leaf_ports: 64, oversubscription: 2:1}
)") == "c.yaml:2:8: error: found 'none'; expected a whole number from 1 to 65536\n"
       "c.yaml:5:53: error: found '4 TBps'; expected a bandwidth in bit/s or B/s (after k, M, G, T, Ki, Mi, Gi or Ti), such as "
       "400 Gbit/s or 50 GB/s; did you mean 4 TB/s?\n"
       "c.yaml:5:61: error: found unknown key 'cus' in node.gpu; expected one of: model, chip, memory, memory_bandwidth, sms, "
       "flops\n"
       "c.yaml:6:13: error: found no 'latency' in node.scale_up; expected it\n"
       "c.yaml:6:20: error: found 'nvlink'; expected one of: nvswitch, mesh, pcie; did you mean nvswitch?\n"
       "c.yaml:7:31: error: found '400 Gbps'; expected a bandwidth in bit/s or B/s (after k, M, G, T, Ki, Mi, Gi or Ti), such as "
       "400 Gbit/s or 50 GB/s; did you mean 400 Gbit/s?\n"
       "c.yaml:7:50: error: found '2 usec'; expected a time in s, ms, us or ns, such as 1.5 us or 300 ns; did you mean 2 us?\n"
       "c.yaml:8:71: error: found '2:1'; expected a number of at least 0.001 and at most 1000; did you mean 2?");
}

TEST_CASE("what cannot be judged without something that was refused is left alone", "[input]") {
    // 3 NICs, a domain of 5, a map of one entry and a fault of node 9 fit no 4 GPUs: but who knows how many GPUs there are
    CHECK(refusal_of_cluster(R"(name: mine
nodes: 2
node:
  gpus: four
  gpu: {model: test, memory: 80 GB, memory_bandwidth: 3 TB/s}
  scale_up: {kind: nvswitch, bandwidth_per_gpu: 100 GB/s, latency: 1 us, domain: 5}
  nics: {count: 3, bandwidth: 400 Gbit/s, latency: 2 us, map: [0]}
fabric: {kind: fat-tree, levels: 2, leaf_ports: 2, oversubscription: 1}
faults: [{kind: nic-down, node: 9, nic: 0}]
)") == "c.yaml:4:9: error: found 'four'; expected a whole number from 1 to 1024");
}

TEST_CASE("a misspelt key is not missing too", "[input]") {
    CHECK(refusal_of_cluster(with_change(small_cluster, {"", "  gpus: 4", "  gpsu: 4", ""})) ==
          "c.yaml:4:3: error: found unknown key 'gpsu' in node; expected one of: gpus, gpu, host, scale_up, pcie, nics, inside; "
          "did you "
          "mean gpus?");
}

TEST_CASE("repeated keys and keys without a value are said together", "[input]") {
    CHECK(refusal_of_cluster("name: a\nname: b\nnodes:\nsources: [a]\nsources: [b]\n") ==
          "c.yaml:2:1: error: found key 'name' again; expected it once\n"
          "c.yaml:3:1: error: found nothing after 'nodes'; expected a value, or ~ for none\n"
          "c.yaml:5:1: error: found key 'sources' again; expected it once");
}

TEST_CASE("a cluster and a workload that are both wrong are both refused", "[input]") {
    const TemporaryFolder folder;
    const std::string cluster = folder.write("c.yaml", with_change(small_cluster, {"", "latency: 1 us", "latency: 1 usec", ""}));
    const std::string workload = folder.write("w.yaml", with_change(small_workload, {"", "kind: uniform", "kind: even", ""}));
    CHECK(refusal_of([&] { read_case(cluster, workload, {}); }, folder) ==
          "c.yaml:6:68: error: found '1 usec'; expected a time in s, ms, us or ns, such as 1.5 us or 300 ns; did you mean 1 us?\n"
          "w.yaml:8:17: error: found 'even'; expected one of: uniform, zipf, lognormal, dirichlet, hot, shares, skew, trace, "
          "matrix; "
          "did you mean uniform?");
}

TEST_CASE("of more than 20 errors the first 20 are said, and how many more there are", "[input]") {
    std::string text = small_cluster;
    for (int key = 0; key < 23; ++key) text += "zzz" + std::to_string(key) + ": 1\n";
    const std::string refusal = refusal_of_cluster(text);
    CHECK(std::ranges::count(refusal, '\n') == 20);
    CHECK(refusal.ends_with("\nand 3 more"));
    CHECK(refusal.starts_with("c.yaml:10:1: error: found unknown key 'zzz0' in the cluster; "));
}

TEST_CASE("an error of several lines is one line where a line is all there is", "[input]") {
    const Position at{std::make_shared<const TextName>(TextName{"a.yaml", "."}), 2, 1};
    const Position before{at.text, 1, 5};
    const InputError several({{at, "found b; expected c"}, {before, "found a; expected c"}, {at, "found b; expected c"}});
    CHECK(std::string(several.what()) == "a.yaml:1:5: error: found a; expected c\na.yaml:2:1: error: found b; expected c");
    CHECK(several.on_one_line() == "a.yaml:1:5: error: found a; expected c (and 1 more)");
    CHECK(InputError(at, "found b; expected c").on_one_line() == "a.yaml:2:1: error: found b; expected c");
}

}  // namespace tokenyard
