// SPDX-License-Identifier: Apache-2.0
#include "bench/bench.hpp"

#include "bench/fill.hpp"

#include <algorithm>
#include <cmath>

namespace tokenyard::gpu {
namespace {

constexpr int least_sets = 2, most_sets = 256;
constexpr double l2_multiple = 3;  // of what the sets take together: what a turn left in L2 is gone when its set comes again

BenchRow bench_copy(const BenchOptions& options, const Stream& stream) {
    const auto bytes = static_cast<std::size_t>(options.copy_MB) * 1000000;
    DeviceArray<Bf16> from(bytes / sizeof(Bf16)), to(bytes / sizeof(Bf16));
    fill_random(from.get(), from.size(), 1, stream.get());
    BenchRow row{"copy", "2 n: n bytes read and written by cudaMemcpyAsync, device to device", options.shape, {}, 0, 0, 0, 1};
    row.bytes = 2 * static_cast<double>(bytes);
    row.set_bytes = row.bytes;
    row.timing = measure(stream, options.samples, [&](int) {
        TOKENYARD_CUDA(cudaMemcpyAsync(to.get(), from.get(), bytes, cudaMemcpyDeviceToDevice, stream.get()));
    });
    row.copy_GBps = row.GBps();
    return row;
}

BenchRow bench_launch(const BenchOptions& options, const Stream& stream) {
    BenchRow row{"launch", "an empty kernel, one after another in a stream", options.shape, {}, 0, 0, 0, 1};
    row.timing = measure(stream, options.samples, [&](int) { launch_nothing(stream.get()); });
    return row;
}

BenchRow bench_one(const Benchmark& one, const BenchShape& shape, const BenchOptions& options, const DeviceDescription& device,
                   double copy_GBps, const Stream& stream) {
    const double set_bytes = std::max(one.set_bytes(shape), 1.0);
    const double wanted = std::ceil(l2_multiple * static_cast<double>(device.l2_bytes) / set_bytes);
    const int sets = static_cast<int>(std::clamp<double>(wanted, least_sets, most_sets));
    const Workbench bench = one.make(shape, sets, stream);
    bench.launch(0, stream.get());
    stream.wait();
    if (!bench.is_right())
        throw std::runtime_error("the result of " + one.kernel + " for " + std::to_string(shape.tokens) +
                                 " tokens is wrong, so it is not timed");
    const Timing timing = measure(stream, options.samples, [&](int turn) { bench.launch(turn % sets, stream.get()); });
    return {one.kernel, one.formula, shape, timing, bench.bytes, copy_GBps, set_bytes, sets};
}

}  // namespace

std::vector<BenchRow> run_bench(const BenchOptions& options, const DeviceDescription& device) {
    const Stream stream;
    std::vector<BenchRow> rows{bench_copy(options, stream), bench_launch(options, stream)};
    const double copy_GBps = rows.front().GBps();
    std::vector<Benchmark> benchmarks = choice_benchmarks();
    for (Benchmark& one : row_benchmarks()) benchmarks.push_back(std::move(one));
    for (const int tokens : options.tokens)
        for (const Benchmark& one : benchmarks) {
            if (one.kernel.find(options.kernel) == std::string::npos) continue;
            BenchShape shape = options.shape;
            shape.tokens = tokens;
            rows.push_back(bench_one(one, shape, options, device, copy_GBps, stream));
        }
    return rows;
}

}  // namespace tokenyard::gpu
