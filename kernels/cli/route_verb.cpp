// SPDX-License-Identifier: Apache-2.0
#include "cli/files.hpp"
#include "cli/run.hpp"
#include "cli/trace.hpp"
#include "cli/verbs.hpp"
#include "moe/route.hpp"

#include <memory>

namespace tokenyard::gpu {
namespace {

struct Options {
    RouterShape shape{256, 8, 1, 1};
    int ranks = 1, tokens = 4096;
    std::uint64_t seed = 1;
    std::string popularity, out = "-";
    bool is_cpu = false;
};

RouterTable table_for(const Options& options) {
    try {
        check(options.shape);
    } catch (const std::invalid_argument& error) {
        throw UsageError(error.what());
    }
    if (options.popularity.empty()) return make_router_table(options.shape, uniform_weights(options.shape.experts));
    try {
        return make_router_table(options.shape, weights_from_text(read_file(options.popularity), options.popularity));
    } catch (const std::invalid_argument& error) {
        const std::string reason = error.what();
        const bool has_place = reason.rfind(options.popularity + ":", 0) == 0;
        throw InputError(has_place ? reason : options.popularity + ":1: error: " + reason);
    }
}

oracle::Choices route_on_device(const DeviceRouterTable& table, const Options& options, int rank) {
    const auto copies = static_cast<std::size_t>(options.tokens) * static_cast<std::size_t>(options.shape.experts_per_token);
    DeviceArray<std::int32_t> ids(copies);
    DeviceArray<float> weights(copies);
    const Stream stream;
    route(table, options.seed, rank, options.tokens, ids.get(), weights.get(), stream.get());
    stream.wait();
    return {ids.to_host(), weights.to_host()};
}

int run_route(const Options& options) {
    const RouterTable table = table_for(options);
    if (!options.is_cpu) need_device();
    const auto on_device = options.is_cpu ? nullptr : std::make_unique<DeviceRouterTable>(table);
    std::string text = trace_header;
    for (int rank = 0; rank < options.ranks; ++rank) {
        const oracle::Choices choices = on_device ? route_on_device(*on_device, options, rank)
                                                  : oracle::route(table.shape, table.weights, options.seed, rank, options.tokens);
        append_trace(text, rank, choices, options.shape.experts_per_token);
    }
    write_output(options.out, text);
    return 0;
}

}  // namespace

Verb route_verb() {
    const auto options = std::make_shared<Options>();
    Verb verb{"route", "the routing that the device draws, as `tokenyard predict --routing-out` writes it", {}, {}};
    verb.options = {
        whole_number("--experts", "256 unless given", 1, 65535, options->shape.experts),
        whole_number("--topk", "experts a token, 8 unless given", 1, most_experts_per_token, options->shape.experts_per_token),
        whole_number("--groups", "of experts, 1 unless given", 1, 65535, options->shape.expert_groups),
        whole_number("--groups-per-token", "1 unless given", 1, 65535, options->shape.groups_per_token),
        whole_number("--ranks", "1 unless given", 1, 65536, options->ranks),
        whole_number("--tokens", "of each rank, 4096 unless given", 0, 1 << 24, options->tokens),
        seed("1 unless given", options->seed),
        text("--popularity", "FILE",
             "whole numbers, one an expert, as `tokenyard predict --popularity-out` writes them; alike "
             "unless given",
             options->popularity),
        text("--out", "FILE", "- unless given", options->out),
        flag("--cpu", "draw on the CPU, by the plain version that the device is tested against", options->is_cpu)};
    verb.run = [options] { return run_route(*options); };
    return verb;
}

}  // namespace tokenyard::gpu
