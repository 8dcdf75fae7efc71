// SPDX-License-Identifier: Apache-2.0
#include "input/measured_reader.hpp"

#include "input/case_files.hpp"
#include "input/source.hpp"
#include "input/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <memory>
#include <string_view>

namespace tokenyard {
namespace {

constexpr std::size_t largest_measurements = std::size_t{1} << 30;  // bytes; each sample is in it
constexpr const char* name_of_exchange = "the exchange";

const YamlNode& required_in(const YamlNode& map, std::string_view key) {
    const YamlEntry* entry = find(map, key);
    if (!entry) throw InputError(map.at, fmt::format("found no '{}' in {}; expected it", key, name_of_exchange));
    return *entry->value;
}

std::string optional_text(const YamlNode& map, std::string_view key) {
    const YamlEntry* entry = find(map, key);
    return entry && entry->value->kind == YamlNode::Kind::scalar ? entry->value->text : "";
}

double positive_number(const YamlNode& node) {
    double value = 0;
    const char* last = node.text.data() + node.text.size();
    const auto [end, error] = std::from_chars(node.text.data(), last, value);
    if (node.kind != YamlNode::Kind::scalar || error != std::errc{} || end != last || !std::isfinite(value) || value <= 0)
        refuse(node, "a number above 0");
    return value;
}

/// Lines that are not empty, each with its place in the file.
std::vector<YamlPtr> json_lines_of(const SourceText& source) {
    std::vector<YamlPtr> lines;
    std::string_view rest = source.text;
    for (int number = 1; !rest.empty(); ++number) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        if (line.find_first_not_of(" \r\t") == std::string_view::npos) continue;
        SourceText alone{source.start, source.path, std::string(line)};
        alone.start.line = number;
        lines.push_back(parse_yaml(alone));
        if (lines.back()->kind != YamlNode::Kind::map) refuse(*lines.back(), "a JSON object");
    }
    return lines;
}

std::vector<int> integers_from(const YamlNode& node) {
    std::vector<int> values;
    if (node.kind != YamlNode::Kind::list) refuse(node, "a list of whole numbers");
    constexpr long most = 1 << 24;
    for (const YamlPtr& item : node.items) values.push_back(static_cast<int>(count_value(*item, 0, most)));
    return values;
}

VolumeMatrix exchanged_bytes(const YamlNode& node, int ranks) {
    if (node.kind != YamlNode::Kind::list || std::ssize(node.items) != ranks) refuse(node, fmt::format("{} rows", ranks));
    RankMatrix<std::uint32_t> pairs(ranks, ranks);
    for (int source = 0; source < ranks; ++source) {
        const YamlNode& row = *node.items[static_cast<std::size_t>(source)];
        if (row.kind != YamlNode::Kind::list || std::ssize(row.items) != ranks) refuse(row, fmt::format("{} numbers", ranks));
        for (int destination = 0; destination < ranks; ++destination) {
            constexpr long most = UINT32_MAX;
            const YamlNode& bytes = *row.items[static_cast<std::size_t>(destination)];
            pairs.own_row(source)[static_cast<std::size_t>(destination)] =
                static_cast<std::uint32_t>(count_value(bytes, 0, most));
        }
    }
    return {std::move(pairs), Bytes{1}};
}

/// Variables of NCCL that change nothing about what is predicted.
bool is_harmless(std::string_view variable) {
    constexpr std::array<std::string_view, 5> harmless{"NCCL_DEBUG", "NCCL_DEBUG_FILE", "NCCL_DEBUG_SUBSYS", "NCCL_HOSTID",
                                                       "NCCL_SOCKET_IFNAME"};
    return !variable.starts_with("NCCL_") || std::ranges::find(harmless, variable) != harmless.end();
}

struct Environment {
    std::string channels;  // of NCCL_MIN_NCHANNELS and NCCL_MAX_NCHANNELS, where they are the same
    std::string odd;       // the first other variable that counts
};

Environment environment_of(const YamlNode& line) {
    Environment environment;
    const YamlEntry* set = find(line, "environment");
    if (!set || set->value->kind != YamlNode::Kind::map) return environment;
    const std::string least = optional_text(*set->value, "NCCL_MIN_NCHANNELS"),
                      most = optional_text(*set->value, "NCCL_MAX_NCHANNELS");
    const bool has_channels = !least.empty() && least == most;
    if (has_channels) environment.channels = least;
    for (const YamlEntry& variable : set->value->entries) {
        const bool is_of_channels = variable.key == "NCCL_MIN_NCHANNELS" || variable.key == "NCCL_MAX_NCHANNELS";
        if (is_harmless(variable.key) || (is_of_channels && has_channels) || !environment.odd.empty()) continue;
        environment.odd = fmt::format("{}={} was set", variable.key, variable.value->text);
    }
    return environment;
}

/// Why the row says nothing about the simulator; empty when it does.
std::string oddity_of(const YamlNode& line, const Environment& environment, const VolumeMatrix& volumes) {
    const std::string transport = optional_text(line, "transport");
    if (optional_text(line, "shares_gpus") == "true") return "several ranks on one GPU exchange over the loopback interface";
    if (transport == "sockets") return "TCP through host memory is not modelled";
    if (transport == "mpi") return "which algorithm MPI chose is not recorded; predicted as mpi-linear";
    if (volumes.rows() < 2) return "one rank has nobody to exchange with";
    if (transport != "nccl-alltoall" && optional_text(line, "registered_buffers") == "true")
        return "registered buffers are not modelled";
    return environment.odd;
}

std::string algorithm_of(const YamlNode& line) {
    const YamlNode& transport = required_in(line, "transport");
    return std::array{"nccl", "nccl", "mpi-linear",
                      "direct"}[static_cast<std::size_t>(word_value(transport, {"nccl", "nccl-alltoall", "mpi", "sockets"}))];
}

/// The node of each GPU of a cluster.
std::vector<int> nodes_of_gpus(const Cluster& cluster) {
    std::vector<int> nodes;
    int node = 0;
    for (const NodeGroup& group : cluster.groups)
        for (int each = 0; each < group.count; ++each, ++node)
            nodes.insert(nodes.end(), static_cast<std::size_t>(group.node.gpus), node);
    return nodes;
}

/// Ranks that were on one node are on one node of the cluster, and others are not.
void expect_same_nodes(const YamlNode& line, const Cluster& cluster, int ranks) {
    const YamlNode& node = required_in(line, "node_of_rank");
    const std::vector<int> measured = integers_from(node), modelled = nodes_of_gpus(cluster);
    if (std::ssize(measured) != ranks) refuse(node, fmt::format("{} numbers", ranks));
    const auto place = [](bool is_one) { return is_one ? "one node" : "two nodes"; };
    for (std::size_t rank = 1; rank < measured.size(); ++rank) {
        const bool were_one = measured[rank] == measured[rank - 1], are_one = modelled[rank] == modelled[rank - 1];
        if (were_one != are_one)
            throw InputError(node.at, fmt::format("found ranks {} and {} on {}; expected {}, as on the cluster", rank - 1, rank,
                                                  place(were_one), place(are_one)));
    }
}

void expect_right_bytes(const YamlNode& line) {
    for (const char* key : {"wrong_bytes", "wrong_elements", "wrong_counts"})
        if (const YamlEntry* wrong = find(line, key); wrong && wrong->value->text != "0" && wrong->value->text != "null")
            refuse(*wrong->value, "0, as an exchange that went wrong says nothing");
}

std::string label_of_exchange(const YamlNode& line, int ranks, const Environment& environment) {
    std::string label = fmt::format("ranks {}, ", ranks);
    if (const std::string pattern = optional_text(line, "pattern"); !pattern.empty()) label += pattern;
    else label += optional_text(line, "phase");
    if (const std::string size = optional_text(line, "message_bytes"); !size.empty() && size != "null")
        label += fmt::format(", message {} B", size);
    if (!environment.channels.empty()) label += fmt::format(", {} channels", environment.channels);
    return label + ", " + optional_text(line, "transport");
}

RowUse use_of_exchange(const YamlNode& line) {
    constexpr std::array<std::string_view, 3> parts{"pair", "fan-in", "fan-out"};
    return std::ranges::find(parts, optional_text(line, "pattern")) != parts.end() ? RowUse::fit : RowUse::judged;
}

RecordRow row_of_exchange(const YamlNode& line, const InputFile& file, const std::string& cluster,
                          std::vector<Override> overrides, const std::shared_ptr<CaseFiles>& files,
                          const SoftwareChoice& software) {
    constexpr long most_ranks = 1 << 14;
    const int ranks = static_cast<int>(count_value(required_in(line, "ranks"), 1, most_ranks));
    const Environment environment = environment_of(line);
    if (!environment.channels.empty()) overrides.push_back({"nccl.search_channels", environment.channels});
    VolumeMatrix volumes = exchanged_bytes(required_in(line, "matrix_bytes"), ranks);
    expect_right_bytes(line);
    RecordRow row;
    row.line = line.at.line;
    row.column = line.at.column;
    row.algorithm = algorithm_of(line);
    row.measured = microseconds(positive_number(required_in(line, "median_us")));
    row.fastest = microseconds(positive_number(required_in(line, "p5_us")));
    row.slowest = microseconds(positive_number(required_in(line, "p95_us")));
    row.why = oddity_of(line, environment, volumes);
    row.use = row.why.empty() ? use_of_exchange(line) : RowUse::odd;
    row.label = label_of_exchange(line, ranks, environment);
    row.read_again = [=, at = line.at, volumes = std::move(volumes)](const CaseChange& change) {
        std::vector<Override> all = overrides;
        all.insert(all.end(), change.overrides.begin(), change.overrides.end());
        SoftwareChoice chosen = software;
        chosen.libraries.insert(chosen.libraries.begin(), change.libraries.begin(), change.libraries.end());
        return read_volumes_case(*files, cluster, file, volumes, at, all, chosen);
    };
    row.one = row.read_again({});
    if (row.use != RowUse::odd) expect_same_nodes(line, row.one.cluster, ranks);
    return row;
}

}  // namespace

bool is_measured_file(const std::string& file) { return file.ends_with(".jsonl"); }

Record read_measured(const std::string& file, const std::string& cluster, const std::vector<Override>& overrides,
                     const ClusterCheck& check, const SoftwareChoice& software) {
    const auto files = std::make_shared<CaseFiles>(check);
    const SourceText source = read_source(file, largest_measurements);
    Record record;
    record.file = {file, sha256(source.text), source.path};
    record.name = file;
    record.description = "measured by tokenyard-gpu";
    record.counted = "the slowest rank's time, median over turns";
    record.compared = "completion of the same matrix by the same transport";
    record.along = "message";
    for (const YamlPtr& line : json_lines_of(source)) {
        if (!optional_text(*line, "schema").empty()) {
            record.hardware = optional_text(*line, "gpu");
            record.software = fmt::format("driver {}, CUDA {}; {}", optional_text(*line, "driver"),
                                          optional_text(*line, "cuda_runtime"), optional_text(*line, "built"));
            record.sources = {optional_text(*line, "date") + " " + optional_text(*line, "command")};
        }
        if (optional_text(*line, "record") == "exchange")
            record.rows.push_back(row_of_exchange(*line, record.file, cluster, overrides, files, software));
    }
    if (record.rows.empty())
        throw InputError(
            source.start,
            "found no line with \"record\": \"exchange\"; expected some, as tokenyard-gpu exchange and calibrate write them");
    return record;
}

}  // namespace tokenyard
