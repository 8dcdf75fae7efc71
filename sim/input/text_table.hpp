// SPDX-License-Identifier: Apache-2.0
// Rows of cells out of a text: lines with a separator, or a JSON array of arrays.
#pragma once

#include "input/source.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace tokenyard {

/// The cells of one row, which in JSON may be on several lines.
struct Row {
    std::string_view text;
    int line = 1, column = 1;  // where the text starts
};

/// Empty text: an empty cell.
struct TableCell {
    std::string_view text;
    int line = 1, column = 1;
};

struct Table {
    std::vector<Row> rows;
    char separator = ' ';  // ' ': blanks
    bool is_json = false;
};

/// Rows of a JSON array of arrays, or lines that are not empty, without comments; no more than one above `most_rows` of an array.
/// They are views of the text. Throws InputError for JSON that is something else.
Table table_of(const SourceText& source, std::size_t most_rows);

/// One behind the last separator of a line is none, as spreadsheets write it.
std::size_t count_cells(const Table& table, const Row& row);
std::vector<TableCell> cells_of(const Table& table, const Row& row);

/// A number that is the whole text; nothing for another text, or what no double can be.
std::optional<double> number_in(std::string_view text);

}  // namespace tokenyard
