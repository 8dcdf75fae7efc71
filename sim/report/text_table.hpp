// SPDX-License-Identifier: Apache-2.0
// Columns as wide as what stands in them.
#pragma once

#include <string>
#include <vector>

namespace tokenyard {

class TextTable {
public:
    /// `unit` stands below the title; numbers stand at the right.
    void add_column(std::string title, std::string unit, bool is_number);
    /// Pre: a text for each column.
    void add_row(std::vector<std::string> row);
    /// A `#` line of titles, one of units where there are any, and the rows.
    std::string text() const;

private:
    struct Column {
        std::string title, unit;
        bool is_number = false;
    };
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace tokenyard
