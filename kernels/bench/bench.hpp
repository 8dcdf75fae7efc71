// SPDX-License-Identifier: Apache-2.0
// How fast the kernels move bytes, beside what a plain copy on the same device moves.
#pragma once

#include "bench/measure.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tokenyard::gpu {

struct BenchShape {
    int tokens = 4096, hidden = 7168, experts_per_token = 8, experts = 256, ranks = 32;
};

/// A kernel with inputs on the device: `sets` of them, each with outputs of its own.
struct Workbench {
    double bytes = 0;  // that one turn reads and writes, as the formula counts them
    std::function<void(int set, cudaStream_t stream)> launch;
    std::function<bool()> is_right;  // checks what launch(0) has left, after the device is done
};

struct Benchmark {
    std::string kernel, formula;  // T tokens, k = experts a token, H hidden, E experts, C copies = T k, U tokens once a rank
    std::function<double(const BenchShape&)> set_bytes;  // about what one set takes
    std::function<Workbench(const BenchShape&, int sets, const Stream&)> make;
};

std::vector<Benchmark> choice_benchmarks();  // route, gate_topk, layout
std::vector<Benchmark> row_benchmarks();     // permute, unpermute, combine

/// A row of the table and of the JSON lines.
struct BenchRow {
    std::string kernel, formula;
    BenchShape shape;
    Timing timing;
    double bytes = 0, copy_GBps = 0;  // 0 bytes: nothing is moved
    double set_bytes = 0;
    int sets = 1;

    bool has_shape() const { return kernel.rfind("copy", 0) != 0 && kernel != "launch"; }
    double GBps() const { return bytes / timing.median_us * 1e-3; }
};

struct BenchOptions {
    std::string kernel;  // part of a name; all unless given
    std::vector<int> tokens{128, 4096};
    BenchShape shape;
    Sampling sampling{50, 0, 1};
    int copy_MB = 1000;  // of a copy, read and written
};

/// After half a second of copies: the copy, the empty launch, every kernel at every number of tokens, and the copy again, because
/// clocks may have changed; rates are compared with the faster one of the two. Throws std::runtime_error where a result is wrong.
std::vector<BenchRow> run_bench(const BenchOptions& options, const DeviceDescription& device);

std::string as_table(const std::vector<BenchRow>& rows, const DeviceDescription& device);

/// A line a row, to stand behind a context (record/json.hpp).
std::string as_json_lines(const std::vector<BenchRow>& rows);

}  // namespace tokenyard::gpu
