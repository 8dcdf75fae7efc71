// SPDX-License-Identifier: Apache-2.0
#include "input/routing_files.hpp"

#include "input/expert_counts.hpp"
#include "input/id_array.hpp"
#include "input/text_lines.hpp"
#include "input/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace tokenyard {
namespace {

constexpr int most_ranks = 65536;
constexpr std::size_t largest_file = std::size_t{4} << 30;  // bytes; a million tokens have some 60 MB

struct Field {
    std::string_view text;
    int column = 0;
};

std::vector<Field> fields_of(std::string_view line, std::string_view separators) {
    std::vector<Field> fields;
    for (std::size_t start = line.find_first_not_of(separators); start != std::string_view::npos;) {
        const std::size_t end = std::min(line.find_first_of(separators, start), line.size());
        fields.push_back({line.substr(start, end - start), static_cast<int>(start) + 1});
        start = line.find_first_not_of(separators, end);
    }
    return fields;
}

constexpr std::string_view blanks = " \t\r";
constexpr std::string_view blanks_and_commas = " \t\r,";

template <class Number>
Number parse(const Field& field, const Position& file, int line, Number smallest, Number largest, std::string_view expected) {
    Number value{};
    const auto [end, error] = std::from_chars(field.text.data(), field.text.data() + field.text.size(), value);
    if (error != std::errc{} || end != field.text.data() + field.text.size() || !(value >= smallest && value <= largest))
        throw InputError({file.text, line, field.column}, fmt::format("found {}; expected {}", in_quotes(field.text), expected));
    return value;
}

/// The comma-separated columns of a trace line.
std::vector<Field> columns_of(const Line& line, const Position& file, bool has_weights) {
    std::vector<Field> columns;
    for (std::size_t start = 0; start <= line.text.size();) {
        const std::size_t end = std::min(line.text.find(',', start), line.text.size());
        columns.push_back({line.text.substr(start, end - start), static_cast<int>(start) + 1});
        start = end + 1;
    }
    if (columns.size() != (has_weights ? 3 : 2))
        throw InputError({file.text, line.number, 1},
                         fmt::format("found {} columns; expected rank,experts{}", columns.size(), has_weights ? ",weights" : ""));
    return columns;
}

struct TraceLine {
    int rank = 0;
    std::vector<std::uint16_t> experts;
    std::vector<float> weights;
};

/// Whether all ids of a token without weights are -1. Throws for some of them.
bool is_masked(const std::vector<Field>& experts, const Position& file, const Line& line, int column) {
    const auto masked = std::ranges::count(experts, std::string_view("-1"), &Field::text);
    if (masked != 0 && masked != std::ssize(experts))
        throw InputError({file.text, line.number, column},
                         fmt::format("found {} of {} ids masked by -1; expected none or all", masked, experts.size()));
    return masked > 0;
}

/// A token without experts is masked.
TraceLine trace_line_from(const Line& line, const Position& file, const Model& model, int ranks, bool has_weights) {
    const std::vector<Field> columns = columns_of(line, file, has_weights);
    const auto shifted = [](Field field, int by) { return Field{field.text, field.column + by - 1}; };
    const std::vector<Field> rank = fields_of(columns[0].text, blanks);
    const int last = (ranks > 0 ? ranks : most_ranks) - 1;
    if (rank.size() != 1)
        throw InputError({file.text, line.number, 1},
                         fmt::format("found {}; expected a rank from 0 to {}", in_quotes(columns[0].text), last));
    TraceLine token;
    token.rank = parse<int>(rank[0], file, line.number, 0, last, fmt::format("a rank from 0 to {}", last));
    const std::vector<Field> experts = fields_of(columns[1].text, blanks);
    if (!has_weights && is_masked(experts, file, line, columns[1].column)) return token;
    for (const Field& field : experts) {
        const Field at = shifted(field, columns[1].column);
        const int expert =
            parse<int>(at, file, line.number, 0, model.experts - 1, fmt::format("an expert from 0 to {}", model.experts - 1));
        if (std::find(token.experts.begin(), token.experts.end(), expert) != token.experts.end())
            throw InputError({file.text, line.number, at.column},
                             fmt::format("found expert {} again; expected each once for a token", expert));
        token.experts.push_back(static_cast<std::uint16_t>(expert));
    }
    if (!has_weights) token.weights.assign(token.experts.size(), 1.0F / static_cast<float>(model.experts_per_token));
    else
        for (const Field& field : fields_of(columns[2].text, blanks))
            token.weights.push_back(parse<float>(shifted(field, columns[2].column), file, line.number, 0,
                                                 std::numeric_limits<float>::max(), "a finite weight of at least 0"));
    const auto k = static_cast<std::size_t>(model.experts_per_token);
    if (token.experts.size() != k || token.weights.size() != k)
        throw InputError({file.text, line.number, columns[1].column},
                         has_weights ? fmt::format("found {} experts and {} weights; expected {} of each", token.experts.size(),
                                                   token.weights.size(), k)
                                     : fmt::format("found {} experts; expected {}", token.experts.size(), k));
    return token;
}

Routing routing_from_lines(const std::vector<TraceLine>& tokens, const Model& model, int ranks) {
    if (ranks == 0)
        for (const TraceLine& token : tokens) ranks = std::max(ranks, token.rank + 1);
    Routing routing{
        model.experts, model.experts_per_token, std::vector<std::uint32_t>(static_cast<std::size_t>(ranks) + 1), {}, {}};
    std::vector<std::uint32_t> order(tokens.size());
    for (const TraceLine& token : tokens) ++routing.first_token[static_cast<std::size_t>(token.rank) + 1];
    for (std::size_t rank = 1; rank < routing.first_token.size(); ++rank)
        routing.first_token[rank] += routing.first_token[rank - 1];
    std::vector<std::uint32_t> next = routing.first_token;
    for (std::uint32_t line = 0; line < tokens.size(); ++line) order[next[static_cast<std::size_t>(tokens[line].rank)]++] = line;
    for (const std::uint32_t line : order) {
        routing.expert_ids.insert(routing.expert_ids.end(), tokens[line].experts.begin(), tokens[line].experts.end());
        routing.weights.insert(routing.weights.end(), tokens[line].weights.begin(), tokens[line].weights.end());
    }
    return routing;
}

void check_shares(const std::vector<double>& shares, const Model& model, const Position& file) {
    if (shares.size() != static_cast<std::size_t>(model.experts))
        throw InputError(file,
                         fmt::format("found {} shares; expected one for each of the {} experts", shares.size(), model.experts));
    const auto positive = std::ranges::count_if(shares, [](double share) { return share > 0; });
    if (positive < model.experts_per_token)
        throw InputError(file, fmt::format("found {} shares above 0; expected at least the {} experts of a token", positive,
                                           model.experts_per_token));
}

}  // namespace

SharesRouting shares_from_file(const YamlNode& file, const Model& model) {
    if (is_expert_counts(file)) {
        ExpertCounts counts = read_expert_counts(file);
        const Position at{std::make_shared<const TextName>(TextName{counts.path, "."})};
        check_shares(counts.counts, model, at);
        return {{file.text, counts.sha256, counts.path}, std::move(counts.counts)};
    }
    const SourceText source = read_mentioned_source(name_value(file, "file"), file.at, largest_file);
    SharesRouting shares{{file.text, sha256(source.text), source.path}, {}};
    for (const Line& line : lines_of(source)) {
        const std::vector<Field> fields = fields_of(line.text, blanks_and_commas);
        if (fields.size() != 1)
            throw InputError({source.start.text, line.number, 1},
                             fmt::format("found {} numbers; expected one share a line", fields.size()));
        shares.shares.push_back(parse<double>(fields[0], source.start, line.number, 0, 1e18, "a finite share of at least 0"));
    }
    check_shares(shares.shares, model, source.start);
    return shares;
}

TraceRouting trace_from_file(const YamlNode& file, const Model& model, int ranks) {
    const SourceText source = read_mentioned_source(name_value(file, "file"), file.at, largest_file);
    const std::vector<Line> lines = lines_of(source);
    const std::string_view header = lines.empty() ? "" : lines[0].text.substr(0, lines[0].text.find_last_not_of(blanks) + 1);
    if (header != "rank,experts,weights" && header != "rank,experts")
        throw InputError({source.start.text, lines.empty() ? 1 : lines[0].number, 1},
                         fmt::format("found {}; expected the header rank,experts,weights",
                                     lines.empty() ? "nothing" : in_quotes(lines[0].text)));
    std::vector<TraceLine> tokens;
    for (std::size_t line = 1; line < lines.size(); ++line) {
        TraceLine token = trace_line_from(lines[line], source.start, model, ranks, header != "rank,experts");
        if (!token.experts.empty()) tokens.push_back(std::move(token));
    }
    if (tokens.empty()) throw InputError(source.start, "found no tokens; expected a line for each");
    return {{file.text, sha256(source.text), source.path}, routing_from_lines(tokens, model, ranks)};
}

TraceRouting trace_from_array(const YamlNode& file, const Model& model, int ranks, const std::vector<int>& tokens_per_rank) {
    RoutedIds ids = read_routed_ids(file, model);
    std::vector<std::size_t> of_rank(tokens_per_rank.begin(), tokens_per_rank.end());
    const std::size_t tokens = ids.is_masked.size();
    if (of_rank.empty()) {
        const auto count = static_cast<std::size_t>(std::max(ranks, 1));
        for (std::size_t rank = 0; rank < count; ++rank) of_rank.push_back((rank + 1) * tokens / count - rank * tokens / count);
    }
    if (const std::size_t all = std::accumulate(of_rank.begin(), of_rank.end(), std::size_t{0}); all != tokens)
        throw InputError(
            file.at, fmt::format("found {} tokens in {}; expected the {} of the batch, or no batch, which spreads them evenly",
                                 tokens, in_quotes(file.text), all));
    Routing routing{model.experts, model.experts_per_token, {0}, std::move(ids.expert_ids), {}};
    std::size_t token = 0;
    for (const std::size_t count : of_rank) {
        const auto first = ids.is_masked.begin() + static_cast<std::ptrdiff_t>(token);
        const auto kept = std::count(first, first + static_cast<std::ptrdiff_t>(count), false);
        routing.first_token.push_back(routing.first_token.back() + static_cast<std::uint32_t>(kept));
        token += count;
    }
    if (routing.token_count() == 0) throw InputError(file.at, "found only masked tokens; expected some that are not");
    routing.weights.assign(routing.expert_ids.size(), 1.0F / static_cast<float>(model.experts_per_token));
    return {{file.text, ids.sha256, ids.path}, std::move(routing)};
}

}  // namespace tokenyard
