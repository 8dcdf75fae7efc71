// SPDX-License-Identifier: Apache-2.0
#include "input/input.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

const Change bad_quantities[] = {
    {"a rate of operations without a unit", "memory_bandwidth: 3 TB/s", "memory_bandwidth: 3 TB/s, flops: {bf16: 989}",
     "c.yaml:5:77: error: found '989'; expected a rate of operations with its unit, such as 989 TFLOP/s or 1.979 PFLOP/s"},
    {"a rate of operations in a unit of bandwidth", "memory_bandwidth: 3 TB/s",
     "memory_bandwidth: 3 TB/s, flops: {bf16: 989 TB/s}",
     "c.yaml:5:77: error: found '989 TB/s'; expected a rate of operations in FLOP/s, GFLOP/s, TFLOP/s or PFLOP/s, such as 989 "
     "TFLOP/s or 1.979 PFLOP/s"},
    {"a rate of 0 operations", "memory_bandwidth: 3 TB/s", "memory_bandwidth: 3 TB/s, flops: {bf16: 0 FLOP/s}",
     "c.yaml:5:77: error: found '0 FLOP/s'; expected a rate of operations above 0"},
    {"a bandwidth without a unit", "bandwidth_per_gpu: 100 GB/s", "bandwidth_per_gpu: 100",
     "c.yaml:6:49: error: found '100'; expected a bandwidth with its unit, such as 400 Gbit/s or 50 GB/s"},
    {"a bandwidth in a unit of size", "bandwidth_per_gpu: 100 GB/s", "bandwidth_per_gpu: 100 GB",
     "c.yaml:6:49: error: found '100 GB'; expected a bandwidth in bit/s or B/s (after k, M, G, T, Ki, Mi, Gi or Ti), such as 400 "
     "Gbit/s or 50 GB/s; did you mean 100 GB/s?"},
    {"a bandwidth in a unit of time", "bandwidth_per_gpu: 100 GB/s", "bandwidth_per_gpu: 100 us",
     "c.yaml:6:49: error: found '100 us'; expected a bandwidth in bit/s or B/s (after k, M, G, T, Ki, Mi, Gi or Ti), such as 400 "
     "Gbit/s or 50 GB/s"},
    {"Gb/s, which could be bits or bytes", "bandwidth_per_gpu: 100 GB/s", "bandwidth_per_gpu: 100 Gb/s",
     "c.yaml:6:49: error: found '100 Gb/s'; expected a bandwidth in bit/s or B/s (after k, M, G, T, Ki, Mi, Gi or Ti), such as "
     "400 Gbit/s or 50 GB/s; did you mean 100 Gbit/s?"},
    {"gbit/s with a small g", "bandwidth_per_gpu: 100 GB/s", "bandwidth_per_gpu: 100 gbit/s",
     "c.yaml:6:49: error: found '100 gbit/s'; expected a bandwidth in bit/s or B/s (after k, M, G, T, Ki, Mi, Gi or Ti), such as "
     "400 Gbit/s or 50 GB/s; did you mean 100 Gbit/s?"},
    {"GBps", "bandwidth_per_gpu: 100 GB/s", "bandwidth_per_gpu: 100 GBps",
     "c.yaml:6:49: error: found '100 GBps'; expected a bandwidth in bit/s or B/s (after k, M, G, T, Ki, Mi, Gi or Ti), such as "
     "400 Gbit/s or 50 GB/s; did you mean 100 GB/s?"},
    {"a negative bandwidth", "bandwidth_per_gpu: 100 GB/s", "bandwidth_per_gpu: -1 GB/s",
     "c.yaml:6:49: error: found '-1 GB/s'; expected a bandwidth above 0"},
    {"a bandwidth of 0", "bandwidth_per_gpu: 100 GB/s", "bandwidth_per_gpu: 0 GB/s",
     "c.yaml:6:49: error: found '0 GB/s'; expected a bandwidth above 0"},
    {"a NaN with a unit", "bandwidth_per_gpu: 100 GB/s", "bandwidth_per_gpu: nan GB/s",
     "c.yaml:6:49: error: found 'nan GB/s'; expected a bandwidth such as 400 Gbit/s or 50 GB/s"},
    {"a YAML NaN", "bandwidth_per_gpu: 100 GB/s", "bandwidth_per_gpu: .nan",
     "c.yaml:6:49: error: found '.nan'; expected a bandwidth such as 400 Gbit/s or 50 GB/s"},
    {"a YAML infinity", "bandwidth_per_gpu: 100 GB/s", "bandwidth_per_gpu: .inf",
     "c.yaml:6:49: error: found '.inf'; expected a bandwidth such as 400 Gbit/s or 50 GB/s"},
    {"an infinity with a unit", "bandwidth_per_gpu: 100 GB/s", "bandwidth_per_gpu: inf GB/s",
     "c.yaml:6:49: error: found 'inf GB/s'; expected a bandwidth such as 400 Gbit/s or 50 GB/s"},
    {"a bandwidth beyond a double", "bandwidth_per_gpu: 100 GB/s", "bandwidth_per_gpu: 1e400 GB/s",
     "c.yaml:6:49: error: found '1e400 GB/s'; expected a bandwidth such as 400 Gbit/s or 50 GB/s"},
    {"a bandwidth beyond reason", "bandwidth_per_gpu: 100 GB/s", "bandwidth_per_gpu: 1e30 GB/s",
     "c.yaml:6:49: error: found '1e30 GB/s'; expected a bandwidth within reason, such as 400 Gbit/s or 50 GB/s"},
    {"a bandwidth next to nothing", "bandwidth_per_gpu: 100 GB/s", "bandwidth_per_gpu: 1e-300 B/s",
     "c.yaml:6:49: error: found '1e-300 B/s'; expected a bandwidth within reason, such as 400 Gbit/s or 50 GB/s"},
    {"a hexadecimal number", "bandwidth_per_gpu: 100 GB/s", "bandwidth_per_gpu: 0x10 GB/s",
     "c.yaml:6:49: error: found '0x10 GB/s'; expected a bandwidth in bit/s or B/s (after k, M, G, T, Ki, Mi, Gi or Ti), such as "
     "400 Gbit/s or 50 GB/s"},
    {"two signs", "bandwidth_per_gpu: 100 GB/s", "bandwidth_per_gpu: +-5 GB/s",
     "c.yaml:6:49: error: found '+-5 GB/s'; expected a bandwidth such as 400 Gbit/s or 50 GB/s"},
    {"something after the unit", "bandwidth_per_gpu: 100 GB/s", "bandwidth_per_gpu: 100 GB/s each",
     "c.yaml:6:49: error: found '100 GB/s each'; expected a bandwidth in bit/s or B/s (after k, M, G, T, Ki, Mi, Gi or Ti), such "
     "as 400 Gbit/s or 50 GB/s"},
    {"a space inside the number", "bandwidth_per_gpu: 100 GB/s", "bandwidth_per_gpu: 1 000 GB/s",
     "c.yaml:6:49: error: found '1 000 GB/s'; expected a bandwidth in bit/s or B/s (after k, M, G, T, Ki, Mi, Gi or Ti), such as "
     "400 Gbit/s or 50 GB/s"},
    {"a list for a bandwidth", "bandwidth_per_gpu: 100 GB/s", "bandwidth_per_gpu: [100 GB/s]",
     "c.yaml:6:49: error: found a list; expected a bandwidth such as 400 Gbit/s or 50 GB/s"},
    {"a map for a bandwidth", "bandwidth_per_gpu: 100 GB/s", "bandwidth_per_gpu: {value: 100 GB/s}",
     "c.yaml:6:49: error: found a map; expected a bandwidth such as 400 Gbit/s or 50 GB/s"},
    {"an empty text for a bandwidth", "bandwidth_per_gpu: 100 GB/s", "bandwidth_per_gpu: \"\"",
     "c.yaml:6:49: error: found ''; expected a bandwidth such as 400 Gbit/s or 50 GB/s"},
    {"a truth value for a bandwidth", "bandwidth_per_gpu: 100 GB/s", "bandwidth_per_gpu: true",
     "c.yaml:6:49: error: found 'true'; expected a bandwidth such as 400 Gbit/s or 50 GB/s"},
    {"a digit of another script", "bandwidth_per_gpu: 100 GB/s", "bandwidth_per_gpu: ١ GB/s",
     "c.yaml:6:49: error: found '١ GB/s'; expected a bandwidth such as 400 Gbit/s or 50 GB/s"},
    {"~ for a bandwidth that is required", "bandwidth_per_gpu: 100 GB/s", "bandwidth_per_gpu: ~",
     "c.yaml:6:13: error: found no 'bandwidth_per_gpu' in node.scale_up; expected it"},
    {"a negative latency", "latency: 1 us}", "latency: -1 us}",
     "c.yaml:6:68: error: found '-1 us'; expected a time of at least 0"},
    {"a latency in a unit of size", "latency: 1 us}", "latency: 1 B}",
     "c.yaml:6:68: error: found '1 B'; expected a time in s, ms, us or ns, such as 1.5 us or 300 ns"},
    {"a memory in a unit of bandwidth", "80 GB,", "80 GB/s,",
     "c.yaml:5:30: error: found '80 GB/s'; expected a size in B or bit (after k, M, G, T, Ki, Mi, Gi or Ti), such as 7168 B or "
     "80 GB"},
    {"a memory of 0", "80 GB,", "0 GB,", "c.yaml:5:30: error: found '0 GB'; expected a size above 0"},
};

const Change bad_counts[] = {
    {"a count of 0", "nodes: 2", "nodes: 0", "c.yaml:2:8: error: found '0'; expected a whole number from 1 to 65536"},
    {"a negative count", "nodes: 2", "nodes: -2", "c.yaml:2:8: error: found '-2'; expected a whole number from 1 to 65536"},
    {"a count with a sign", "nodes: 2", "nodes: +2", "c.yaml:2:8: error: found '+2'; expected a whole number from 1 to 65536"},
    {"a count as 1e3", "nodes: 2", "nodes: 1e3", "c.yaml:2:8: error: found '1e3'; expected a whole number from 1 to 65536"},
    {"a count with a fraction", "nodes: 2", "nodes: 2.0",
     "c.yaml:2:8: error: found '2.0'; expected a whole number from 1 to 65536"},
    {"a hexadecimal count", "nodes: 2", "nodes: 0x2", "c.yaml:2:8: error: found '0x2'; expected a whole number from 1 to 65536"},
    {"a count with a leading 0", "nodes: 2", "nodes: 02",
     "c.yaml:2:8: error: found '02'; expected a whole number from 1 to 65536"},
    {"a count in quotes", "nodes: 2", "nodes: \"2\"",
     "c.yaml:2:8: error: found the text '2'; expected a whole number from 1 to 65536"},
    {"a count with trailing junk", "nodes: 2", "nodes: 2 nodes",
     "c.yaml:2:8: error: found '2 nodes'; expected a whole number from 1 to 65536"},
    {"a count beyond 64 bits", "nodes: 2", "nodes: 99999999999999999999",
     "c.yaml:2:8: error: found '99999999999999999999'; expected a whole number from 1 to 65536"},
    {"a list for a count", "nodes: 2", "nodes: [2]", "c.yaml:2:8: error: found a list; expected a whole number from 1 to 65536"},
    {"a count with an underscore", "nodes: 2", "nodes: 1_000",
     "c.yaml:2:8: error: found '1_000'; expected a whole number from 1 to 65536; did you mean 1000?"},
};

}  // namespace

TEST_CASE("read_one refuses a bad quantity", "[input]") {
    for (const Change& change : bad_quantities) DYNAMIC_SECTION(change.name) {
            const TemporaryFolder folder;
            folder.write("c.yaml", with_change(small_cluster, change));
            CHECK(refusal_of([&] { read_one(folder.path("c.yaml"), {}); }, folder) == change.refusal);
        }
}

TEST_CASE("read_one refuses a bad count", "[input]") {
    for (const Change& change : bad_counts) DYNAMIC_SECTION(change.name) {
            const TemporaryFolder folder;
            folder.write("c.yaml", with_change(small_cluster, change));
            CHECK(refusal_of([&] { read_one(folder.path("c.yaml"), {}); }, folder) == change.refusal);
        }
}

}  // namespace tokenyard
