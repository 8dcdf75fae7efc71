// SPDX-License-Identifier: Apache-2.0
#include "cli/files.hpp"
#include "cli/ranks.hpp"
#include "cli/run.hpp"
#include "cli/verbs.hpp"
#include "exchange/report.hpp"
#include "record/json.hpp"

#include <memory>
#include <optional>

namespace tokenyard::gpu {
namespace {

struct Options {
    RanksOptions ranks;
    MeasureOptions measure;
    std::string workload, matrix, pattern, popularity, dispatch = "bf16", json;
    std::vector<std::size_t> sizes{std::size_t{1} << 20};
    int from = 0, to = 1, tokens = 4096, expert_scale = 1;
    RouterShape router{256, 8, 1, 1};
    int hidden = 7168;
    bool wants_ranks = false;
    std::vector<std::string> shape_options;  // that were given: they describe a layer, as a workload does
    std::size_t first_size = 0, last_size = 0;
    int factor = 2;
    std::vector<std::string> list_options, sweep_options;  // of sizes, that were given
};

/// An option that tells that it was given: some have no meaning beside others.
Option remembered(Option option, std::vector<std::string>& given) {
    option.set = [set = option.set, name = option.name, &given](const std::string& text) {
        given.push_back(name);
        set(text);
    };
    return option;
}

/// Runs a reader of input, whose std::invalid_argument is the input's fault.
template <class Read>
auto as_input(const Read& read) {
    try {
        return read();
    } catch (const std::invalid_argument& error) {
        throw InputError(error.what());
    }
}

void check(const Options& options) {
    std::string given;
    for (const auto& [name, value] :
         {std::pair{"--workload", &options.workload}, {"--matrix", &options.matrix}, {"--pattern", &options.pattern}})
        if (!value->empty()) given += (given.empty() ? "" : " and ") + std::string(name);
    if (given.find(" and ") != std::string::npos)
        throw UsageError("found " + given + "; expected one of --workload, --matrix and --pattern");
    if (!given.empty() && !options.shape_options.empty())
        throw UsageError("found " + options.shape_options.front() + " beside " + given + ", which says it; expected one of them");
    if (options.dispatch != "bf16" && options.dispatch != "fp8")
        throw UsageError("--dispatch: found '" + options.dispatch + "'; expected bf16 or fp8");
}

/// Sizes, and what is timed as a graph: of matrices only.
void check_matrices(const Options& options) {
    if (options.measure.wants_graph) {
        if (options.matrix.empty() && options.pattern.empty())
            throw UsageError("--graph: found a layer, whose phases are timed apart; expected --matrix or --pattern");
        if (!is_work_of_streams(options.ranks.transport))
            throw UsageError("--graph: found a transport whose exchanges are the host's work; expected nccl or nccl-alltoall");
    }
    if (options.sweep_options.empty()) return;
    const std::string given = options.sweep_options.front();
    if (options.pattern.empty())
        throw UsageError(given + ": found no --pattern; expected one, because layers and files have sizes of their own");
    if (!options.list_options.empty()) throw UsageError("found " + given + " beside --sizes; expected one of them");
    if (options.first_size == 0) throw UsageError(given + ": found no -b; expected the first size");
    if (options.last_size > 0 && options.last_size < options.first_size)
        throw UsageError("-e: found " + std::to_string(options.last_size) + "; expected at least the " +
                         std::to_string(options.first_size) + " of -b");
}

/// Bytes of a message. A sweep counts as nccl-tests does: what a rank sends or receives, of which each rank's part is whole 16
/// bytes; a pair or a rank alone has one message.
std::vector<std::size_t> message_sizes(const Options& options, Pattern pattern, int ranks) {
    if (options.first_size == 0) return options.sizes;
    const bool is_single = pattern == Pattern::pair || pattern == Pattern::self;
    std::vector<std::size_t> messages;
    for (std::size_t size = options.first_size; size <= std::max(options.first_size, options.last_size);
         size *= static_cast<std::size_t>(options.factor))
        messages.push_back(is_single ? size : size / static_cast<std::size_t>(ranks) / 16 * 16);
    return messages;
}

PatternShape pattern_of(const Options& options) {
    try {
        return {pattern_named(options.pattern), options.from, options.to};
    } catch (const std::invalid_argument& error) {
        throw UsageError(std::string("--pattern: ") + error.what());
    }
}

/// What every rank works on; made before the ranks meet, once their number is known.
struct Work {
    std::vector<NamedMatrix> matrices;
    LayerWorkload layer;
};

Work matrices_for(const Options& options, int ranks) {
    Work work;
    if (!options.matrix.empty()) {
        work.matrices.push_back(
            {options.matrix, as_input([&] { return matrix_from_text(read_file(options.matrix), options.matrix); }), 0});
        if (const std::size_t rows = work.matrices[0].matrix.size(); rows != static_cast<std::size_t>(ranks))
            throw InputError(options.matrix + ":1:1: error: found " + std::to_string(rows) +
                             " rows; expected one for each of the " + std::to_string(ranks) + " ranks");
        return work;
    }
    const PatternShape pattern = pattern_of(options);
    const bool has_center = pattern.pattern == Pattern::fan_out || pattern.pattern == Pattern::fan_in;
    if (has_center && pattern.from >= ranks)
        throw UsageError("--from: found rank " + std::to_string(pattern.from) + "; expected a rank from 0 to " +
                         std::to_string(ranks - 1));
    if (std::max(pattern.from, pattern.to) >= ranks && pattern.pattern == Pattern::pair)
        throw UsageError("--from, --to: found ranks " + std::to_string(pattern.from) + " and " + std::to_string(pattern.to) +
                         "; expected ranks from 0 to " + std::to_string(ranks - 1));
    for (const std::size_t size : message_sizes(options, pattern.pattern, ranks))
        work.matrices.push_back({options.pattern, matrix_of(pattern, ranks, size), size});
    return work;
}

Work layer_for(const Options& options, int ranks) {
    Work work;
    LayerWorkload& layer = work.layer;
    if (!options.workload.empty()) {
        layer = as_input([&] { return workload_from_text(read_file(options.workload), options.workload); });
        if (layer.ranks() != ranks)
            throw InputError(options.workload + ":1: error: found tokens of " + std::to_string(layer.ranks()) +
                             " ranks; expected " + std::to_string(ranks));
        return work;
    }
    layer.router = options.router;
    layer.hidden = options.hidden;
    layer.is_fp8 = options.dispatch == "fp8";
    layer.seed = options.measure.seed;
    layer.tokens_per_rank.assign(static_cast<std::size_t>(ranks), options.tokens);
    if (layer.router.experts % ranks != 0)
        throw UsageError("--experts: found " + std::to_string(layer.router.experts) + "; expected a multiple of the " +
                         std::to_string(ranks) + " ranks");
    layer.popularity = options.popularity.empty()
                           ? uniform_weights(layer.router.experts)
                           : as_input([&] { return weights_from_text(read_file(options.popularity), options.popularity); });
    try {
        make_router_table(layer.router, layer.popularity);
    } catch (const std::invalid_argument& error) {
        throw UsageError(error.what());
    }
    return work;
}

/// What a rank found; rank 0 keeps the texts.
struct Found {
    std::string table, records;
    bool is_right = true;
};

Found exchange(Session& session, const Options& options, const Work& work) {
    Found found{heading(session), {}, true};
    const TransportOptions& transport = options.ranks.transport;
    if (!work.matrices.empty()) found.table += matrix_heading();
    for (const NamedMatrix& named : work.matrices) {
        const MatrixResult result = as_input([&] { return measure_matrix(session, named.matrix, options.measure); });
        found.table += as_row(named, result);
        if (options.wants_ranks) found.table += rank_table("exchange", result.times, result.arrivals_us);
        if (session.rank() == 0) found.records += as_record(session, transport, named, result);
        found.is_right &= result.wrong_bytes == 0;
    }
    if (!work.matrices.empty()) return found;
    const auto scale = static_cast<float>(options.expert_scale);
    const LayerResult result = as_input([&] { return measure_layer(session, work.layer, scale, options.measure); });
    found.table += as_table(work.layer, result);
    for (const LayerPhase& phase : result.phases)
        if (options.wants_ranks) found.table += rank_table(phase.name, phase.times, phase.arrivals_us);
    if (session.rank() == 0) found.records = as_records(session, transport, work.layer, scale, result);
    found.is_right = result.wrong_elements == 0 && result.wrong_counts == 0;
    return found;
}

int run_exchange(const Options& options, const std::string& command) {
    check(options);
    check_matrices(options);
    Work work;
    const auto prepare = [&](int ranks) {
        work = options.matrix.empty() && options.pattern.empty() ? layer_for(options, ranks) : matrices_for(options, ranks);
    };
    return run_ranks(options.ranks, prepare, [&](Group& group, int device, const DeviceDescription& description) {
        Session session(group, options.ranks.transport, device, description.name);
        const Found found = exchange(session, options, work);
        if (group.rank() == 0) {
            if (!options.json.empty())
                write_output(options.json,
                             context_line("tokenyard.exchange/1", description, command, {{"built", quoted(built_with())}}) +
                                 found.records);
            if (options.json != "-") write_output("-", found.table);
        }
        return found.is_right ? 0 : 4;
    });
}

std::vector<Option> layer_options(Options& options) {
    std::vector<Option> layer{
        whole_number("--experts", "256 unless given", 1, 65535, options.router.experts),
        whole_number("--topk", "experts a token, 8 unless given", 1, most_experts_per_token, options.router.experts_per_token),
        whole_number("--groups", "of experts, 1 unless given", 1, 65535, options.router.expert_groups),
        whole_number("--groups-per-token", "1 unless given", 1, 65535, options.router.groups_per_token),
        whole_number("--hidden", "elements of a token, 7168 unless given", 1, 1 << 20, options.hidden),
        whole_number("--tokens", "of each rank, 4096 unless given", 0, 1 << 24, options.tokens),
        text("--dispatch", "TYPE", "bf16 or fp8 on the way to the experts; bf16 unless given", options.dispatch),
        text("--popularity", "FILE", "of the experts, as `tokenyard predict --popularity-out` writes it; alike unless given",
             options.popularity)};
    for (Option& option : layer) option = remembered(option, options.shape_options);
    return layer;
}

}  // namespace

Verb exchange_verb(const std::string& command) {
    const auto options = std::make_shared<Options>();
    Verb verb{
        "exchange", "the all-to-all of a layer or of a matrix between ranks, every byte checked, phases timed apart", {}, {}};
    verb.options = {
        text("--workload", "FILE", "a layer, as `tokenyard predict --workload-out` writes it; else the options below say one",
             options->workload),
        text("--matrix", "FILE", "S(i,k) in bytes, as alltoallv_perf and `tokenyard predict --matrix` read it", options->matrix),
        text("--pattern", "NAME", "a matrix: uniform, skewed, fan-out, fan-in, pair or self", options->pattern),
        remembered(byte_sizes("--sizes",
                              "bytes of a message of the pattern, separated by commas, K, M and G for 2^10 and so on; 1M unless "
                              "given",
                              options->sizes),
                   options->list_options),
        remembered(
            byte_size("-b",
                      "instead of --sizes, the first size of a sweep, as nccl-tests counts it: what a rank sends or receives "
                      "of a pattern, and a message is that divided by the ranks; of pair and self the message",
                      options->first_size),
            options->sweep_options),
        remembered(byte_size("-e", "the last size of a sweep, that of -b unless given", options->last_size),
                   options->sweep_options),
        remembered(whole_number("-f", "what a sweep multiplies sizes by, 2 unless given", 2, 1 << 20, options->factor),
                   options->sweep_options),
        whole_number("--from", "the rank that a pattern begins at, 0 unless given", 0, 65535, options->from),
        whole_number("--to", "the rank that a pair ends at, 1 unless given", 0, 65535, options->to)};
    for (Option& option : layer_options(*options)) verb.options.push_back(option);
    const std::vector<Option> others{
        seed("of the routing and the bytes, 1 unless given", options->measure.seed),
        whole_number("--expert-scale", "what experts multiply by, 1 unless given", 1, 1024, options->expert_scale),
        text("--transport", "NAME", "auto, nccl, nccl-alltoall, mpi or sockets; auto is nccl where it is built in",
             options->ranks.transport.name),
        flag("--registered", "buffers that are registered with NCCL", options->ranks.transport.is_registered),
        whole_number(
            "--ranks",
            "processes to start here, several a GPU where there are more of them; else a launcher's ranks, else a thread a GPU",
            1, 1024, options->ranks.forked),
        whole_number("--timeout", "seconds until a rank that is late or silent ends the run, 60 unless given", 1, 86400,
                     options->ranks.timeout_s),
        whole_number("--iterations", "that are timed, 20 unless given", 1, 1000000, options->measure.iterations),
        percent(
            "--noise",
            "more are timed, so many at once, until the interquartile range of times is at most this part of their median; of "
            "a layer, of the sum of its phases",
            options->measure.most_noise),
        seconds("--most-time", "of a size's times, where they stay noisier; 1 unless given", options->measure.most_s),
        flag("--graph", "a matrix's timed exchanges as a CUDA graph, which is launched once a sample; over NCCL",
             options->measure.wants_graph),
        whole_number("--warm-ups", "3 unless given", 0, 1000000, options->measure.warm_ups),
        flag("--per-rank", "also each rank's times, and when each pair's bytes came where the transport says",
             options->wants_ranks),
        text("--json", "FILE", "also write JSON lines, the first of them the context; - is standard output, without the table",
             options->json)};
    verb.options.insert(verb.options.end(), others.begin(), others.end());
    verb.run = [options, command] { return run_exchange(*options, command); };
    return verb;
}

}  // namespace tokenyard::gpu
