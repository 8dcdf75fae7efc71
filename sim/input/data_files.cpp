// SPDX-License-Identifier: Apache-2.0
#include "input/data_files.hpp"

#include "input/document.hpp"
#include "input/expert_counts.hpp"
#include "input/foreign.hpp"
#include "input/id_array.hpp"
#include "input/input.hpp"
#include "input/matrix_file.hpp"
#include "input/npy_file.hpp"
#include "input/routing_files.hpp"
#include "input/source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace tokenyard {
namespace {

constexpr std::size_t peeked = 1 << 16;         // bytes, by which a file is known
constexpr std::size_t largest_map = 64u << 20;  // bytes, as read_expert_slots takes
constexpr int most_experts_of_ids = 65535;      // of a model that is not told

enum class DataKind { none, matrix, trace, shares, map };

std::string start_of(const std::string& path) {
    std::string text(peeked, '\0');
    std::ifstream file(path, std::ios::binary);
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
    return text;
}

/// The first line with something in it but a comment, and what is behind it.
std::pair<std::string_view, std::string_view> first_line(std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        line = line.substr(0, line.find('#'));
        const std::size_t start = line.find_first_not_of(" \t\r");
        if (start != std::string_view::npos) return {line.substr(start, line.find_last_not_of(" \t\r") + 1 - start), text};
    }
    return {};
}

bool is_of_numbers(std::string_view line) {
    return !line.empty() && line.find_first_not_of("0123456789+-.eE \t\r,;") == std::string_view::npos &&
           line.find_first_of("0123456789") != std::string_view::npos && !line.starts_with("- ");
}

/// A square of numbers is a matrix; other lists of lists are maps, of which each layer has a row.
DataKind kind_of_lists(std::string_view text) {
    if (text.find('[', text.find('[') + 1) == std::string_view::npos) return DataKind::map;
    const std::size_t row = text.find('[', text.find('[') + 1), end = std::min(text.find(']', row), text.size());
    const auto columns = std::ranges::count(text.substr(row, end - row), ',') + 1, rows = std::ranges::count(text, '[') - 1;
    return rows == columns ? DataKind::matrix : DataKind::map;
}

DataKind kind_of_text(const std::string& path) {
    const std::string start = start_of(path);
    std::string_view text = start;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    const auto [line, rest] = first_line(text);
    if (line.starts_with("rank,experts")) return DataKind::trace;
    if (foreign_kind_of(text)) return DataKind::none;
    if (line.starts_with('{'))
        return text.find("\"physical_to_logical_map\"") != std::string_view::npos ||
                       text.find("\"layer_list\"") != std::string_view::npos
                   ? DataKind::map
                   : DataKind::none;
    if (line.starts_with('[')) {
        std::error_code failed;
        if (std::filesystem::file_size(path, failed) <= peeked) return kind_of_lists(text);
        // What is larger than what was looked through is told apart by the whole.
        return kind_of_lists(read_source(path, largest_map).text);
    }
    const std::string_view second = first_line(rest).first;
    if (is_of_numbers(line)) {
        const bool is_one = line.find_first_of(" \t,;") == std::string_view::npos;
        return is_one && !second.empty() ? DataKind::shares : DataKind::matrix;
    }
    // A row of names, and numbers beneath it: in YAML the first line has a colon, or is an item of a list.
    const bool may_be_header = line.find(':') == std::string_view::npos &&
                               line.find_first_of(" \t,;") != std::string_view::npos && !line.starts_with("- ");
    const std::size_t number = second.find_first_of(" \t,;");
    return may_be_header && number != std::string_view::npos && is_of_numbers(second.substr(number)) ? DataKind::matrix
                                                                                                     : DataKind::none;
}

YamlNode mention_of(const std::string& file) {
    YamlNode mention;
    mention.kind = YamlNode::Kind::scalar;
    mention.at.text = std::make_shared<const TextName>(TextName{file, "."});
    mention.text = file;
    mention.is_quoted = true;
    return mention;
}

/// A model that any ids of so many a token fit.
Model any_model(int experts_per_token) {
    Model model;
    model.experts = most_experts_of_ids;
    model.experts_per_token = experts_per_token;
    return model;
}

std::string checked_array(const std::string& file, const std::optional<Model>& model) {
    const YamlNode mention = mention_of(file);
    const ArrayMention array = array_mention(mention);
    NpyStream stream(array.file, array.file, mention.at);
    const NpyHeader header = read_npy_header(stream, mention.at);
    const bool is_square = header.shape.size() == 2 && header.shape[0] == header.shape[1];
    if (is_square || header.type.find('f') != std::string::npos)
        return fmt::format("matrix of {} ranks", matrix_from_file(file, mention.at, 0).volumes.rows());
    const bool has_layers = header.shape.size() == 3;
    const long layers = has_layers ? header.shape[1] : 1, k = header.shape.empty() ? 0 : header.shape.back();
    const Model checked = model.value_or(any_model(static_cast<int>(std::min<long>(k, most_experts_of_ids))));
    const long first = array.layer.value_or(0), behind = array.layer || layers < 1 ? first + 1 : layers;
    std::size_t masked = 0, tokens = 0;
    for (long layer = first; layer < behind; ++layer) {
        const RoutedIds ids = read_routed_ids(mention_of(fmt::format("{}#{}", array.file, layer)), checked);
        tokens = ids.is_masked.size();
        masked = static_cast<std::size_t>(std::ranges::count(ids.is_masked, true));
    }
    const std::string of_layers = has_layers ? fmt::format(" of {} layer{}", behind - first, behind - first == 1 ? "" : "s") : "";
    return fmt::format("expert ids{}, {} tokens x top-{}, {} masked", of_layers, tokens, k, masked);
}

std::string checked_counts(const YamlNode& mention, const std::optional<Model>& model) {
    const ExpertCounts counts = read_expert_counts(mention, true);
    if (model && array_mention(mention).layer) shares_from_file(mention, *model);
    return fmt::format("counts of {} experts, {} layer{}, {} pass{}", counts.experts, counts.layers,
                       counts.layers == 1 ? "" : "s", counts.passes, counts.passes == 1 ? "" : "es");
}

/// How many ids the first token has that is not masked; the second column of the CSV.
int experts_of_first_token(const std::string& file) {
    const std::string start = start_of(file);
    const std::string_view line = first_line(first_line(start).second).first;
    const std::string_view behind = line.substr(std::min(line.find(','), line.size()));
    const std::string_view experts = behind.substr(0, behind.find(',', 1));
    int count = 0;
    bool is_inside = false;
    for (const char letter : experts) {
        const bool is_digit = letter >= '0' && letter <= '9';
        count += is_digit && !is_inside;
        is_inside = is_digit;
    }
    return std::max(count, 1);
}

/// The greatest expert that a map names; -1 for none.
int greatest_in(const YamlNode& node) {
    int greatest = -1;
    if (node.kind == YamlNode::Kind::scalar) std::from_chars(node.text.data(), node.text.data() + node.text.size(), greatest);
    for (const YamlPtr& item : node.items) greatest = std::max(greatest, greatest_in(*item));
    for (const YamlEntry& entry : node.entries)
        for (const std::string_view key : {"physical_to_logical_map", "layer_list", "device_list", "device_expert"})
            if (entry.key == key) greatest = std::max(greatest, greatest_in(*entry.value));
    return greatest;
}

/// Ranks of a map of devices; 1 for a map that does not tell them.
int ranks_in(const YamlNode& root) {
    const YamlEntry* layers = root.kind == YamlNode::Kind::map ? find(root, "layer_list") : nullptr;
    if (!layers || layers->value->items.empty() || layers->value->items[0]->kind != YamlNode::Kind::map) return 1;
    const YamlEntry* devices = find(*layers->value->items[0], "device_list");
    return devices ? std::max(1, static_cast<int>(devices->value->items.size())) : 1;
}

std::string checked_map(const std::string& file, const std::optional<Model>& model) {
    const std::string path = array_mention(mention_of(file)).file;
    const YamlPtr root = parse_yaml(read_source(path, largest_map));
    const int experts = model ? model->experts : std::clamp(greatest_in(*root), 0, most_experts_of_ids - 1) + 1;
    const std::vector<ExpertSlots> layers = read_expert_slots(file, experts, ranks_in(*root));
    return fmt::format("map of {} experts, {} layer{} of {} slots", experts, layers.size(), layers.size() == 1 ? "" : "s",
                       layers.front().size());
}

}  // namespace

std::optional<std::string> checked_data_file(const std::string& file, const std::optional<Model>& model) {
    const YamlNode mention = mention_of(file);
    const std::string path = array_mention(mention).file;
    std::error_code failed;
    if (!std::filesystem::is_regular_file(path, failed)) return {};
    if (is_npy_file(path)) return checked_array(file, model);
    if (is_expert_counts(mention)) return checked_counts(mention, model);
    switch (kind_of_text(path)) {
        case DataKind::matrix: return fmt::format("matrix of {} ranks", matrix_from_file(file, mention.at, 0).volumes.rows());
        case DataKind::map: return checked_map(file, model);
        case DataKind::trace: {
            const Model checked = model.value_or(any_model(experts_of_first_token(path)));
            const TraceRouting trace = trace_from_file(mention, checked, 0);
            return fmt::format("recorded routing, {} tokens x top-{} on {} ranks", trace.routing.token_count(),
                               checked.experts_per_token, trace.routing.rank_count());
        }
        case DataKind::shares:
            return model ? fmt::format("shares of {} experts", shares_from_file(mention, *model).shares.size())
                         : "shares of experts, if it is one number for each; give a workload beside it";
        case DataKind::none: break;
    }
    return {};
}

}  // namespace tokenyard
