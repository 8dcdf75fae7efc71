// SPDX-License-Identifier: Apache-2.0
#include "report/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace tokenyard {
namespace {

/// Characters, not bytes.
std::size_t width_of(const std::string& text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

void TextTable::add_column(std::string title, std::string unit, bool is_number) {
    columns_.push_back({std::move(title), std::move(unit), is_number});
}

void TextTable::add_row(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

std::string TextTable::text() const {
    std::vector<std::size_t> widths;
    for (std::size_t place = 0; place < columns_.size(); ++place) {
        std::size_t width =
            std::max(width_of(columns_[place].title) + (place == 0), width_of(columns_[place].unit) + (place == 0));
        for (const std::vector<std::string>& row : rows_) width = std::max(width, width_of(row[place]));
        widths.push_back(width);
    }
    std::string text;
    const auto add_line = [&](const std::vector<std::string>& cells) {
        std::string line;
        for (std::size_t place = 0; place < cells.size(); ++place) {
            const std::string blanks(widths[place] - width_of(cells[place]), ' ');
            line += (place > 0 ? "  " : "") + (columns_[place].is_number ? blanks + cells[place] : cells[place] + blanks);
        }
        text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    };
    std::vector<std::string> titles, units;
    for (const Column& column : columns_) {
        titles.push_back((titles.empty() ? "#" : "") + column.title);
        units.push_back((units.empty() ? "#" : "") + column.unit);
    }
    add_line(titles);
    if (std::ranges::any_of(columns_, [](const Column& column) { return !column.unit.empty(); })) add_line(units);
    for (const std::vector<std::string>& row : rows_) add_line(row);
    return text;
}

}  // namespace tokenyard
