// SPDX-License-Identifier: Apache-2.0
#include "import/collectivex.hpp"

#include "input/document.hpp"
#include "input/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tokenyard {
namespace {

constexpr long most_bytes_of_case = 1L << 53, most_tokens_of_case = 1 << 24, most_ranks_of_case = 1 << 14;
constexpr std::size_t most_rows_of_case = 10000;

const YamlNode* value_in(const YamlNode& map, std::string_view key) {
    if (map.kind != YamlNode::Kind::map) refuse(map, "a JSON object");
    const YamlEntry* entry = find(map, key);
    return entry && entry->value->kind != YamlNode::Kind::nothing ? entry->value.get() : nullptr;
}

const YamlNode& needed(const YamlNode& map, std::string_view key) {
    if (const YamlNode* value = value_in(map, key)) return *value;
    throw InputError(map.at, fmt::format("found no '{}'; expected it, as CollectiveX writes it since 2026-07", key));
}

std::string text_in(const YamlNode& map, std::string_view key) { return name_value(needed(map, key), key); }

struct KnownBackend {
    std::string_view name, mode, algorithm, library;
};
// Which kernels an adapter of CollectiveX calls: its README and bench/ep_*.py.
constexpr std::array known_backends{
    KnownBackend{"deepep-v2", "normal", "sent-once", "deepep_v2"},
    KnownBackend{"deepep-v2", "low-latency", "low-latency", "deepep_v1"},
    KnownBackend{"uccl-ep", "normal", "two-level", "uccl_ep"},
    KnownBackend{"uccl-ep", "low-latency", "low-latency", "uccl_ep_low_latency"},
    KnownBackend{"nccl-ep", "normal", "sent-once", "nccl_ep"},
    KnownBackend{"flashinfer-ep", "normal", "sent-once", "flashinfer"},
    KnownBackend{"mori", "normal", "sent-once", "mori"},
};

// Its machines: configs/platform_config.json.
constexpr std::array known_machines{
    std::pair{"h100", "dgx_h100_x4"}, std::pair{"h200", "hgx_h200_x4"},  std::pair{"b200", "dgx_b200_x4"},
    std::pair{"b300", "dgx_b300_x4"}, std::pair{"gb200", "gb200_nvl72"}, std::pair{"gb300", "gb300_nvl72"},
    std::pair{"mi300x", "mi300x_x8"}, std::pair{"mi325x", "mi325x_x8"},  std::pair{"mi355x", "mi355x_x8"},
};

void take_backend(const YamlNode& of_case, LibraryTimes& times) {
    const std::string backend = text_in(of_case, "backend"), mode = text_in(of_case, "mode");
    times.told_by = fmt::format("backend {}, mode {}", backend, mode);
    const auto known =
        std::ranges::find_if(known_backends, [&](const KnownBackend& one) { return one.name == backend && one.mode == mode; });
    if (known == known_backends.end()) return;
    times.algorithm = known->algorithm;
    times.library = known->library;
}

void take_machine(const YamlNode& root, const YamlNode& factors, LibraryTimes& times) {
    const std::string sku = text_in(factors, "sku");
    const std::string_view product = std::string_view(sku).substr(0, sku.find('-'));
    times.cluster_told_by = "sku " + sku;
    for (const auto& [name, cluster] : known_machines)
        if (product == name) times.cluster = cluster;
    const YamlNode* topology = value_in(root, "topology");
    const YamlNode* device = topology ? value_in(*topology, "device_product") : nullptr;
    times.gpu = device ? name_value(*device, "device_product") : sku;
}

void take_workload(const YamlNode& of_case, LibraryTimes& times) {
    constexpr long most_experts = 1 << 16, most_hidden = 1 << 20;
    const long hidden = count_value(needed(of_case, "hidden"), 1, most_hidden),
               experts = count_value(needed(of_case, "experts"), 1, most_experts),
               picks = count_value(needed(of_case, "topk"), 1, experts);
    times.ranks = static_cast<int>(count_value(needed(of_case, "ep"), 2, most_ranks_of_case));
    times.workload = "deepseek_v4_pro_collectivex";
    times.set = {"calls.eager=yes", fmt::format("model.hidden={}", hidden), fmt::format("model.experts={}", experts),
                 fmt::format("model.experts_per_token={}", picks)};
    times.set_told_by = "hidden, experts, topk; calls are timed with the host's work";
    const std::string routing = text_in(of_case, "routing");
    if (routing != "uniform")
        throw InputError(needed(of_case, "routing").at, fmt::format("found {}; expected uniform", in_quotes(routing)));
}

/// The median of a component; nothing where it was not measured.
std::optional<double> median_of(const YamlNode& row, std::string_view component) {
    const YamlNode* one = value_in(needed(row, "components"), component);
    const YamlNode* percentiles = one ? value_in(*one, "percentiles_us") : nullptr;
    constexpr double longest_us = 1e12;
    if (!percentiles) return {};
    return number_value(needed(*percentiles, "p50"), 0, longest_us, true);
}

/// Elements that share an FP32 scale, from the bytes of both: a byte an element.
int scale_block_of(const YamlNode& row) {
    const YamlNode& bytes = needed(needed(row, "byte_provenance"), "dispatch");
    const double values = number_value(needed(bytes, "activation_data_bytes"), 0, most_bytes_of_case),
                 scales = number_value(needed(bytes, "scale_bytes"), 0, most_bytes_of_case);
    constexpr double of_scale = 4;
    return scales > 0 && values > 0 ? static_cast<int>(values * of_scale / scales + 0.5) : 0;
}

void read_row(const YamlNode& row, bool is_fp8, long room, LibraryTimes& times, int& wrong) {
    const YamlNode* correctness = value_in(row, "correctness");
    const YamlNode* passed = correctness ? value_in(*correctness, "passed") : nullptr;
    if (passed && passed->text != "true") {
        ++wrong;
        return;
    }
    CallTime one;
    one.tokens = count_value(needed(row, "tokens_per_rank"), 1, most_tokens_of_case);
    one.dtype = is_fp8 ? "fp8_e4m3" : "bf16";
    one.scales = is_fp8 ? scale_block_of(row) : 0;
    one.room = room;
    for (const auto& [phase, component] : {std::pair{RowPhase::dispatch, "dispatch"}, std::pair{RowPhase::combine, "combine"}}) {
        const std::optional<double> median = median_of(row, component);
        if (!median) continue;
        one.phase = phase;
        one.time_us = *median;
        times.rows.push_back(one);
    }
}

/// The most tokens of the case's ladder: what NCCL-EP's group is made for.
long room_of(const YamlNode& rows, const YamlNode& of_case) {
    if (text_in(of_case, "backend") != "nccl-ep") return 0;
    long room = 0;
    for (const YamlPtr& row : rows.items)
        room = std::max(room, count_value(needed(*row, "tokens_per_rank"), 1, most_tokens_of_case));
    return room;
}

}  // namespace

LibraryTimes times_from_collectivex(const SourceText& source) {
    const YamlPtr root = parse_yaml(source);
    const YamlNode& factors = needed(needed(*root, "identity"), "case_factors");
    const YamlNode& of_case = needed(factors, "case");
    if (const YamlNode* suite = value_in(of_case, "suite"); suite && suite->text == "kv-transfer")
        throw InputError(suite->at, "found times of transfers of a KV cache; expected those of dispatch and combine");
    LibraryTimes times;
    times.at = source.start;
    times.name = "collectivex";
    times.made_by = "CollectiveX";
    take_backend(of_case, times);
    take_machine(*root, factors, times);
    take_workload(of_case, times);
    times.software = times.told_by;
    if (const YamlNode* implementation = value_in(*root, "implementation"))
        if (const YamlNode* version = value_in(*implementation, "library_version"))
            times.software += ", version " + version->text;
    times.counted =
        "median over calls of the slowest rank's time between two events around a call of the library: its GPU idle at the "
        "first, "
        "all of the host's work inside";
    const std::string precision = text_in(of_case, "precision");
    if (precision != "bf16" && precision != "fp8")
        throw InputError(needed(of_case, "precision").at, fmt::format("found {}; expected bf16 or fp8", in_quotes(precision)));
    const YamlNode& rows = needed(needed(*root, "measurement"), "rows");
    if (rows.kind != YamlNode::Kind::list) refuse(rows, "a list");
    if (rows.items.size() > most_rows_of_case)
        throw InputError(rows.at, fmt::format("found {} rows; expected at most {}", rows.items.size(), most_rows_of_case));
    int wrong = 0;
    const long room = room_of(rows, of_case);
    for (const YamlPtr& row : rows.items) read_row(*row, precision == "fp8", room, times, wrong);
    if (wrong > 0) times.notes.push_back(fmt::format("{} rows with wrong results are left out", wrong));
    if (times.rows.empty())
        throw InputError(rows.at, "found no times of dispatch or combine with right results; expected a case that succeeded");
    return times;
}

}  // namespace tokenyard
