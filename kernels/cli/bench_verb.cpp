// SPDX-License-Identifier: Apache-2.0
#include "bench/bench.hpp"
#include "cli/files.hpp"
#include "cli/run.hpp"
#include "cli/verbs.hpp"
#include "moe/gate_topk.hpp"
#include "record/json.hpp"

#include <memory>

namespace tokenyard::gpu {
namespace {

struct Options {
    BenchOptions bench;
    std::string json;
};

int run_and_write(const Options& options, const std::string& command) {
    const BenchShape& shape = options.bench.shape;
    try {
        check(GateShape{{shape.experts, shape.experts_per_token, 1, 1}, Scores::softmax, true, 1});
    } catch (const std::invalid_argument& error) {
        throw UsageError(error.what());
    }
    const DeviceDescription device = need_device();
    const std::vector<BenchRow> rows = run_bench(options.bench, device);
    if (!options.json.empty())
        write_output(options.json, context_line("tokenyard.kernels/1", device, command) + as_json_lines(rows));
    if (options.json != "-") write_output("-", as_table(rows, device));
    return 0;
}

}  // namespace

Verb bench_verb(const std::string& command) {
    const auto options = std::make_shared<Options>();
    BenchOptions& bench = options->bench;
    Verb verb{"bench", "how fast the kernels are, beside a copy on the same device", {}, {}};
    verb.options = {
        text("--kernel", "NAME", "only kernels whose name has this in it; copy and launch are always measured", bench.kernel),
        whole_numbers("--tokens", "of a rank, separated by commas; 128,4096 unless given", 1, 1 << 20, bench.tokens),
        whole_number("--hidden", "elements of a token, 7168 unless given", 1, 1 << 20, bench.shape.hidden),
        whole_number("--topk", "experts a token, 8 unless given", 1, most_experts_per_token, bench.shape.experts_per_token),
        whole_number("--experts", "256 unless given", 1, 65535, bench.shape.experts),
        whole_number("--ranks", "that the experts are spread over, 32 unless given", 1, 4096, bench.shape.ranks),
        whole_number("--samples", "of each time, 50 unless given", 1, 100000, bench.sampling.least),
        percent("--noise", "samples go on, in batches, until their interquartile range is at most this part of the median",
                bench.sampling.most_noise),
        seconds("--most-time", "of a time's samples, where they stay noisier; 1 unless given", bench.sampling.most_s),
        whole_number("--copy-MB", "what the copy copies, 1000 unless given", 1, 100000, bench.copy_MB),
        text("--json", "FILE", "also write JSON lines, the first of them the context; - is standard output, without the table",
             options->json)};
    verb.run = [options, command] { return run_and_write(*options, command); };
    return verb;
}

}  // namespace tokenyard::gpu
