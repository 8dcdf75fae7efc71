// SPDX-License-Identifier: Apache-2.0
#include "input/judged_rows.hpp"

#include "input/source.hpp"
#include "input/text_table.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace tokenyard {
namespace {

constexpr std::size_t largest_judged_table = 16 << 20;  // bytes
constexpr std::size_t most_judged_rows = 1 << 18;
constexpr int most_of_a_count = 1 << 20;

constexpr std::array<std::string_view, 15> columns_of_table{"record",      "algorithm", "library", "calibration", "chip",
                                                            "chip_family", "nic",       "reach",   "condition",   "phase",
                                                            "regime",      "ranks",     "nodes",   "measured_us", "predicted_us"};

Position at(const SourceText& source, const TableCell& cell) { return {source.start.text, cell.line, cell.column}; }

[[noreturn]] void refuse(const SourceText& source, const TableCell& cell, const std::string& expected) {
    throw InputError(at(source, cell), fmt::format("found '{}'; expected {}", cell.text, expected));
}

double positive(const SourceText& source, const TableCell& cell, double most) {
    const std::optional<double> value = number_in(cell.text);
    if (!value || !(*value > 0) || *value > most) refuse(source, cell, "a number above 0");
    return *value;
}

int count(const SourceText& source, const TableCell& cell) {
    const double value = positive(source, cell, most_of_a_count);
    if (value != std::floor(value)) refuse(source, cell, "a whole number");
    return static_cast<int>(value);
}

bool is_second(const SourceText& source, const TableCell& cell, std::string_view first, std::string_view second) {
    if (cell.text != first && cell.text != second) refuse(source, cell, fmt::format("{} or {}", first, second));
    return cell.text == second;
}

JudgedRow row_from(const SourceText& source, const std::vector<TableCell>& cells) {
    constexpr double most_us = 1e12;
    std::size_t next = 0;
    const auto text = [&] { return std::string(cells[next++].text); };
    JudgedRow row;
    row.record = text();
    Setting& setting = row.setting;
    for (std::string* field : {&setting.algorithm, &setting.library, &setting.calibration, &setting.chip, &setting.chip_family,
                               &setting.nic, &setting.reach, &setting.condition})
        *field = text();
    setting.is_combine = is_second(source, cells[next++], "dispatch", "combine");
    setting.is_bandwidth_bound = is_second(source, cells[next++], "latency", "bandwidth");
    setting.ranks = count(source, cells[next++]);
    setting.nodes = count(source, cells[next++]);
    row.measured = microseconds(positive(source, cells[next++], most_us));
    row.predicted = microseconds(positive(source, cells[next++], most_us));
    return row;
}

std::vector<JudgedRow> rows_of(const SourceText& source) {
    const Table table = table_of(source, most_judged_rows);
    std::vector<JudgedRow> rows;
    for (const Row& row : table.rows) {
        const std::vector<TableCell> cells = cells_of(table, row);
        if (cells.size() != columns_of_table.size())
            throw InputError({source.start.text, row.line, row.column},
                             fmt::format("found {} cells; expected {}", cells.size(), fmt::join(columns_of_table, ",")));
        if (&row == &table.rows.front()) {
            for (std::size_t i = 0; i < columns_of_table.size(); ++i)
                if (cells[i].text != columns_of_table[i])
                    refuse(source, cells[i], fmt::format("the column {}", columns_of_table[i]));
            continue;
        }
        rows.push_back(row_from(source, cells));
    }
    return rows;
}

}  // namespace

std::vector<JudgedRow> read_judged_rows(const std::string& file) { return rows_of(read_source(file, largest_judged_table)); }

std::vector<JudgedRow> shipped_judged_rows() {
    const std::string file = shipped_file("validation/judged_rows.csv");
    return file.empty() ? std::vector<JudgedRow>() : read_judged_rows(file);
}

}  // namespace tokenyard
