// SPDX-License-Identifier: Apache-2.0
#include "bench/bench.hpp"

#include "bench/fill.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace tokenyard::gpu {
namespace {

constexpr int least_sets = 2, most_sets = 256;
constexpr double l2_multiple = 3;  // of what the sets take together: what a turn left in L2 is gone when its set comes again

/// What all rates are compared with.
class Copy {
public:
    Copy(const BenchOptions& options, const Stream& stream)
        : options_(options),
          stream_(stream),
          elements_(static_cast<std::size_t>(options.copy_MB) * 1000000 / sizeof(Bf16)),
          from_(elements_),
          to_(elements_) {
        fill_random(from_.get(), elements_, 1, stream.get());
    }

    /// A GPU that was idle takes some time to come to its clocks.
    void warm_up() {
        constexpr auto enough = std::chrono::milliseconds(500);
        for (const auto start = std::chrono::steady_clock::now(); std::chrono::steady_clock::now() < start + enough;) {
            launch();
            stream_.wait();
        }
    }

    BenchRow measured(const std::string& name) {
        BenchRow row{name, "2 n: n bytes read and written by cudaMemcpyAsync, device to device", options_.shape, {}, 0, 0, 0, 1};
        row.bytes = 2 * static_cast<double>(elements_ * sizeof(Bf16));
        row.set_bytes = row.bytes;
        row.timing = measure(stream_, options_.sampling, [&](int) { launch(); });
        return row;
    }

private:
    void launch() {
        TOKENYARD_CUDA(
            cudaMemcpyAsync(to_.get(), from_.get(), elements_ * sizeof(Bf16), cudaMemcpyDeviceToDevice, stream_.get()));
    }

    const BenchOptions& options_;
    const Stream& stream_;
    std::size_t elements_;
    DeviceArray<Bf16> from_, to_;
};

BenchRow bench_launch(const BenchOptions& options, const Stream& stream) {
    BenchRow row{"launch", "an empty kernel, one after another in a stream", options.shape, {}, 0, 0, 0, 1};
    row.timing = measure(stream, options.sampling, [&](int) { launch_nothing(stream.get()); });
    return row;
}

BenchRow bench_one(const Benchmark& one, const BenchShape& shape, const BenchOptions& options, const DeviceDescription& device,
                   const Stream& stream) {
    const double set_bytes = std::max(one.set_bytes(shape), 1.0);
    const double wanted = std::ceil(l2_multiple * static_cast<double>(device.l2_bytes) / set_bytes);
    const int sets = static_cast<int>(std::clamp<double>(wanted, least_sets, most_sets));
    const Workbench bench = one.make(shape, sets, stream);
    bench.launch(0, stream.get());
    stream.wait();
    if (!bench.is_right())
        throw std::runtime_error("the result of " + one.kernel + " for " + std::to_string(shape.tokens) +
                                 " tokens is wrong, so it is not timed");
    const Timing timing = measure(stream, options.sampling, [&](int turn) { bench.launch(turn % sets, stream.get()); });
    return {one.kernel, one.formula, shape, timing, bench.bytes, 0, set_bytes, sets};
}

}  // namespace

std::vector<BenchRow> run_bench(const BenchOptions& options, const DeviceDescription& device) {
    const Stream stream;
    Copy copy(options, stream);
    copy.warm_up();
    std::vector<BenchRow> rows{copy.measured("copy"), bench_launch(options, stream)};
    std::vector<Benchmark> benchmarks = choice_benchmarks();
    for (Benchmark& one : row_benchmarks()) benchmarks.push_back(std::move(one));
    for (const int tokens : options.tokens)
        for (const Benchmark& one : benchmarks) {
            if (one.kernel.find(options.kernel) == std::string::npos) continue;
            BenchShape shape = options.shape;
            shape.tokens = tokens;
            rows.push_back(bench_one(one, shape, options, device, stream));
        }
    rows.push_back(copy.measured("copy_last"));
    const double copy_GBps = std::max(rows.front().GBps(), rows.back().GBps());
    for (BenchRow& row : rows) row.copy_GBps = copy_GBps;
    return rows;
}

}  // namespace tokenyard::gpu
