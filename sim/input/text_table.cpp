// SPDX-License-Identifier: Apache-2.0
#include "input/text_table.hpp"

#include "input/text_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tokenyard {
namespace {

constexpr std::string_view cell_blanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
    const std::size_t start = text.find_first_not_of(cell_blanks);
    return start == std::string_view::npos ? text.substr(0, 0)
                                           : text.substr(start, text.find_last_not_of(cell_blanks) + 1 - start);
}

/// Where `text` starts, which is a part of `row`.
TableCell cell_at(const Row& row, std::string_view text) {
    const std::string_view before = row.text.substr(0, static_cast<std::size_t>(text.data() - row.text.data()));
    const auto lines = std::ranges::count(before, '\n');
    const std::size_t start = lines == 0 ? 0 : before.rfind('\n') + 1;
    return {text, row.line + static_cast<int>(lines), static_cast<int>(before.size() - start) + (lines == 0 ? row.column : 1)};
}

/// Of a row that blanks separate, or a separator with or without cell_blanks around it. One behind the last cell is passed over,
/// as spreadsheets write it; in quotes it is none.
template <class Take>
void for_each_cell(const Table& table, const Row& row, const Take& take) {
    const std::string_view text = row.text;
    if (table.separator == ' ') {
        for (std::size_t start = text.find_first_not_of(cell_blanks); start != std::string_view::npos;) {
            const std::size_t end = std::min(text.find_first_of(cell_blanks, start), text.size());
            take(text.substr(start, end - start));
            start = text.find_first_not_of(cell_blanks, end);
        }
        return;
    }
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t inside = text.find_first_not_of(cell_blanks, start);
        const bool is_quoted = !table.is_json && inside != std::string_view::npos && text[inside] == '"';
        const std::size_t closed = is_quoted ? text.find('"', inside + 1) : std::string_view::npos;
        const std::size_t end = std::min(text.find(table.separator, is_quoted ? closed : start), text.size());
        const std::string_view cell = trimmed(text.substr(start, end - start));
        const bool is_behind_last = end == text.size() && cell.empty() && start > 0 && !table.is_json;
        if (!is_behind_last) take(cell.empty() ? text.substr(std::min(start, text.size()), 0) : cell);
        start = end + 1;
    }
}

/// Goes through JSON that is an array of arrays of something without brackets.
class JsonRows {
public:
    JsonRows(const SourceText& source, std::size_t most_rows) : text_(source.text), file_(source.start), most_rows_(most_rows) {}

    std::vector<Row> rows() {
        std::vector<Row> rows;
        expect('[', "'[', which starts an array of rows");
        for (char next = ','; next == ',' && rows.size() <= most_rows_;) {
            expect('[', "'[', which starts a row");
            const std::size_t end = text_.find_first_of("[]", at_);
            if (end == std::string_view::npos) refuse("']', which ends a row", text_.size());
            if (text_[end] == '[') refuse("a number, or ']', which ends the row", end);
            rows.push_back({text_.substr(at_, end - at_), line_, column_});
            go_to(end + 1);
            skip_blanks();
            if (at_ == text_.size() || (text_[at_] != ',' && text_[at_] != ']')) refuse("',' or ']'", at_);
            next = text_[at_];
            go_to(at_ + 1);
        }
        skip_blanks();
        if (rows.size() <= most_rows_ && at_ != text_.size()) refuse("nothing behind the array", at_);
        return rows;
    }

private:
    void skip_blanks() { go_to(std::min(text_.find_first_not_of(cell_blanks, at_), text_.size())); }
    void go_to(std::size_t next) {
        for (; at_ < next; ++at_) {
            if (text_[at_] == '\n') ++line_, column_ = 1;
            else ++column_;
        }
    }
    void expect(char bracket, std::string_view expected) {
        skip_blanks();
        if (at_ == text_.size() || text_[at_] != bracket) refuse(expected, at_);
        go_to(at_ + 1);
    }
    [[noreturn]] void refuse(std::string_view expected, std::size_t at) {
        go_to(at);
        throw InputError(
            {file_.text, line_, column_},
            fmt::format("found {}; expected {}", at < text_.size() ? in_quotes(text_.substr(at, 1)) : "the end", expected));
    }

    std::string_view text_;
    Position file_;
    std::size_t most_rows_;
    std::size_t at_ = 0;
    int line_ = 1, column_ = 1;
};

}  // namespace

std::size_t count_cells(const Table& table, const Row& row) {
    std::size_t cells = 0;
    for_each_cell(table, row, [&](std::string_view) { ++cells; });
    return cells;
}

std::vector<TableCell> cells_of(const Table& table, const Row& row) {
    std::vector<std::string_view> texts;
    for_each_cell(table, row, [&](std::string_view text) { texts.push_back(text); });
    // Of a row on one line the place is known without looking at what is in front of each cell.
    const bool is_on_one_line = row.text.find('\n') == std::string_view::npos;
    std::vector<TableCell> cells;
    cells.reserve(texts.size());
    for (const std::string_view text : texts)
        cells.push_back(is_on_one_line ? TableCell{text, row.line, row.column + static_cast<int>(text.data() - row.text.data())}
                                       : cell_at(row, text));
    return cells;
}

std::optional<double> number_in(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

Table table_of(const SourceText& source, std::size_t most_rows) {
    Table table;
    const std::size_t first = source.text.find_first_not_of(cell_blanks);
    if (first != std::string::npos && source.text[first] == '{')
        throw InputError(source.start, "found a map; expected a JSON array of arrays, one for each rank that sends");
    if (first != std::string::npos && source.text[first] == '[') {
        table.rows = JsonRows(source, most_rows).rows();
        table.separator = ',';
        table.is_json = true;
        return table;
    }
    for (const Line& line : lines_of(source)) table.rows.push_back({line.text, line.number, 1});
    const auto has = [&](char character) {
        return std::ranges::any_of(table.rows,
                                   [&](const Row& row) { return row.text.find(character) != std::string_view::npos; });
    };
    const auto all_start_with_tab = [&] { return !table.rows.empty() && table.rows.front().text.starts_with('\t'); };
    // Tabs are cell_blanks, but for a first cell without a name, which is seen as one that is empty.
    table.separator = has(';') ? ';' : has(',') ? ',' : all_start_with_tab() ? '\t' : ' ';
    return table;
}

}  // namespace tokenyard
