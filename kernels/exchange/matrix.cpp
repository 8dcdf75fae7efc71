// SPDX-License-Identifier: Apache-2.0
#include "exchange/matrix.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace tokenyard::gpu {
namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 50;
constexpr std::string_view blanks_and_commas = " \t\r,";
constexpr std::pair<Pattern, const char*> pattern_names[] = {{Pattern::uniform, "uniform"}, {Pattern::skewed, "skewed"},
                                                             {Pattern::fan_out, "fan-out"}, {Pattern::fan_in, "fan-in"},
                                                             {Pattern::pair, "pair"},       {Pattern::self, "self"}};

struct Line {
    std::string_view text;
    std::size_t number;
};

std::vector<Line> lines_of(std::string_view text) {
    std::vector<Line> lines;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, std::min(end, text.find('#')));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.find_first_not_of(blanks_and_commas) != std::string_view::npos) lines.push_back({line, number});
    }
    return lines;
}

[[noreturn]] void refuse(const std::string& name, std::size_t line, std::size_t column, const std::string& why) {
    throw std::invalid_argument(name + ":" + std::to_string(line) + ":" + std::to_string(column) + ": error: " + why);
}

std::vector<std::size_t> row_from(const Line& line, const std::string& name) {
    std::vector<std::size_t> row;
    for (std::size_t start = line.text.find_first_not_of(blanks_and_commas); start != std::string_view::npos;) {
        const std::size_t end = std::min(line.text.find_first_of(blanks_and_commas, start), line.text.size());
        const std::string_view field = line.text.substr(start, end - start);
        std::size_t bytes = 0;
        const auto [stop, error] = std::from_chars(field.data(), field.data() + field.size(), bytes);
        if (error != std::errc{} || stop != field.data() + field.size() || bytes > most_bytes)
            refuse(name, line.number, start + 1,
                   "found '" + std::string(field) + "'; expected a whole number of bytes of at least 0");
        row.push_back(bytes);
        start = line.text.find_first_not_of(blanks_and_commas, end);
    }
    return row;
}

}  // namespace

ByteMatrix matrix_from_text(const std::string& text, const std::string& name) {
    const std::vector<Line> lines = lines_of(text);
    if (lines.empty()) refuse(name, 1, 1, "found no numbers; expected a square matrix of bytes");
    ByteMatrix matrix;
    for (const Line& line : lines) {
        matrix.push_back(row_from(line, name));
        if (matrix.back().size() != lines.size())
            refuse(name, line.number, 1,
                   "found " + std::to_string(matrix.back().size()) + " numbers in this row; expected " +
                       std::to_string(lines.size()) + ", because there are " + std::to_string(lines.size()) + " rows");
    }
    return matrix;
}

ByteMatrix matrix_of(const PatternShape& shape, int ranks, std::size_t bytes) {
    const auto count = static_cast<std::size_t>(ranks), from = static_cast<std::size_t>(shape.from);
    ByteMatrix matrix(count, std::vector<std::size_t>(count));
    for (std::size_t source = 0; source < count; ++source)
        for (std::size_t destination = 0; destination < count; ++destination) {
            std::size_t& cell = matrix[source][destination];
            switch (shape.pattern) {
                case Pattern::uniform: cell = bytes; break;
                case Pattern::skewed: cell = bytes * 2 * (destination + 1) / (count + 1); break;
                case Pattern::fan_out: cell = source == from && destination != from ? bytes : 0; break;
                case Pattern::fan_in: cell = destination == from && source != from ? bytes : 0; break;
                case Pattern::pair: cell = source == from && destination == static_cast<std::size_t>(shape.to) ? bytes : 0; break;
                case Pattern::self: cell = source == destination ? bytes : 0; break;
            }
        }
    return matrix;
}

std::string name_of(Pattern pattern) {
    return std::find_if(std::begin(pattern_names), std::end(pattern_names), [&](const auto& one) { return one.first == pattern; })
        ->second;
}

Pattern pattern_named(const std::string& name) {
    for (const auto& [pattern, known] : pattern_names)
        if (name == known) return pattern;
    throw std::invalid_argument("found '" + name + "'; expected uniform, skewed, fan-out, fan-in, pair or self");
}

std::size_t largest_load(const ByteMatrix& matrix) {
    std::size_t most = 0;
    for (const ByteMatrix& one : {matrix, transposed(matrix)})
        for (const std::vector<std::size_t>& row : one)
            most = std::max(most, std::accumulate(row.begin(), row.end(), std::size_t{0}));
    return most;
}

ByteMatrix transposed(const ByteMatrix& matrix) {
    ByteMatrix turned(matrix.size(), std::vector<std::size_t>(matrix.size()));
    for (std::size_t row = 0; row < matrix.size(); ++row)
        for (std::size_t column = 0; column < matrix.size(); ++column) turned[column][row] = matrix[row][column];
    return turned;
}

}  // namespace tokenyard::gpu
