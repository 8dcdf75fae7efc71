// SPDX-License-Identifier: Apache-2.0
#include "input/matrix_file.hpp"

#include "input/foreign.hpp"
#include "input/npy_file.hpp"
#include "input/source.hpp"
#include "input/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>

namespace tokenyard {
namespace {

constexpr std::size_t most_matrix_ranks = 65536;
constexpr std::size_t largest_matrix = std::size_t{4} << 30;  // bytes; 16,384 ranks' matrix is about 2 GB of text
constexpr double most_bytes_of_entry = 1L << 50;

/// Whether the cells from `first` on are 0, 1, 2, ...: what pandas calls columns without names.
bool are_positions(const std::vector<TableCell>& cells, std::size_t first) {
    for (std::size_t cell = first; cell < cells.size(); ++cell)
        if (number_in(cells[cell].text) != static_cast<double>(cell - first)) return false;
    return true;
}

/// Names of columns, of as many as there are rows beneath, with or without one above the names of rows. Empty for none.
std::vector<TableCell> header_of(const Table& table) {
    if (table.is_json || table.rows.size() < 2) return {};
    std::vector<TableCell> cells = cells_of(table, table.rows.front());
    const std::size_t beneath = table.rows.size() - 1;
    const bool has_corner = cells.size() == beneath + 1 && !number_in(cells.front().text);
    if (!has_corner && (cells.size() != beneath || cells.front().text.empty())) return {};
    const auto names = cells.begin() + (has_corner ? 1 : 0);
    const bool are_names =
        std::none_of(names, cells.end(), [](const TableCell& cell) { return number_in(cell.text).has_value(); });
    if (!are_names && !are_positions(cells, has_corner ? 1 : 0)) return {};
    return {names, cells.end()};
}

/// Checks that every row has as many numbers as there are rows, before there is room for them all. Gives whether each has a name
/// in front of them.
bool rows_have_names(const Table& table, const Position& file) {
    const std::size_t size = table.rows.size();
    bool have_names = count_cells(table, table.rows.front()) == size + 1;
    for (const Row& row : table.rows) {
        const std::size_t cells = count_cells(table, row) - (have_names ? 1 : 0);
        if (cells != size)
            throw InputError(
                {file.text, row.line, row.column},
                fmt::format("found {} numbers in this row; expected {}, because there are {} rows", cells, size, size));
    }
    return have_names;
}

/// Throws for the name of a row that is the name of another column: then the rows are in another order.
void check_row_name(const std::vector<TableCell>& columns, std::size_t row, const TableCell& name, const Position& file) {
    const auto column = std::ranges::find(columns, name.text, &TableCell::text);
    if (column != columns.end() && column != columns.begin() + static_cast<std::ptrdiff_t>(row) && columns[row].text != name.text)
        throw InputError({file.text, name.line, name.column},
                         fmt::format("found row {} here; expected {}, as the columns are in that order", in_quotes(name.text),
                                     in_quotes(columns[row].text)));
}

/// Entries as they are, and the greatest of them.
struct Entries {
    VolumeMatrix volumes;
    double greatest = 0;
    bool has_parts = false;  // entries that are no whole numbers

    void see(double entry) {
        greatest = std::max(greatest, entry);
        has_parts |= entry != std::round(entry);
    }
};

/// Bytes of an entry. Throws for what cannot be some.
double bytes_of(std::optional<double> entry, double scale, std::string_view shown, const Position& at) {
    if (!entry || !(*entry >= 0 && *entry * scale <= most_bytes_of_entry))
        throw InputError(at, fmt::format("found {}; expected {}", shown.empty() ? "an empty cell" : in_quotes(shown),
                                         scale == 1 ? "a number of bytes from 0 to 2^50"
                                                    : "a number of at least 0, and at most 2^50 bytes with the scale"));
    return std::round(*entry * scale);
}

void check_rows(std::size_t rows, int ranks, const Position& at) {
    if (ranks > 0 && rows != static_cast<std::size_t>(ranks))
        throw InputError(at, fmt::format("found {} rows; expected one for each of the {} ranks", rows, ranks));
    if (rows > most_matrix_ranks)
        throw InputError(at, fmt::format("found {} rows; expected at most {}", rows, most_matrix_ranks));
}

Entries entries_of_text(const SourceText& source, int ranks, double scale) {
    Table table = table_of(source, most_matrix_ranks);
    const std::vector<TableCell> columns = header_of(table);
    if (!columns.empty()) table.rows.erase(table.rows.begin());
    if (table.rows.empty()) throw InputError(source.start, "found no numbers; expected a square matrix of bytes");
    check_rows(table.rows.size(), ranks, source.start);
    const bool is_named = rows_have_names(table, source.start);
    const int size = static_cast<int>(table.rows.size());
    Entries entries{VolumeMatrix(size, size)};
    for (int row = 0; row < size; ++row) {
        const std::vector<TableCell> cells = cells_of(table, table.rows[static_cast<std::size_t>(row)]);
        if (is_named && columns.empty() && number_in(cells.front().text))
            throw InputError(
                {source.start.text, cells.front().line, cells.front().column},
                fmt::format("found {} numbers in this row; expected {}, because there are {} rows", cells.size(), size, size));
        if (is_named && !columns.empty()) check_row_name(columns, static_cast<std::size_t>(row), cells.front(), source.start);
        for (int column = 0; column < size; ++column) {
            const TableCell& cell = cells[static_cast<std::size_t>(column) + (is_named ? 1 : 0)];
            const std::optional<double> entry = number_in(cell.text);
            entries.volumes.at(row, column) =
                bytes(bytes_of(entry, scale, cell.text, {source.start.text, cell.line, cell.column}));
            entries.see(*entry);
        }
    }
    return entries;
}

using ReadValue = double (*)(const char* bytes);

template <class Number>
double value_at(const char* bytes) {
    Number value;
    std::memcpy(&value, bytes, sizeof value);  // little-endian, as every machine that this runs on
    return static_cast<double>(value);
}

struct NumberType {
    std::string_view name;
    std::size_t width;
    ReadValue read;
};
constexpr std::array number_types{
    NumberType{"'<f8'", 8, value_at<double>},       NumberType{"'<f4'", 4, value_at<float>},
    NumberType{"'<i8'", 8, value_at<std::int64_t>}, NumberType{"'<u8'", 8, value_at<std::uint64_t>},
    NumberType{"'<i4'", 4, value_at<std::int32_t>}, NumberType{"'<u4'", 4, value_at<std::uint32_t>},
    NumberType{"'<i2'", 2, value_at<std::int16_t>}, NumberType{"'<u2'", 2, value_at<std::uint16_t>},
    NumberType{"'|i1'", 1, value_at<std::int8_t>},  NumberType{"'|u1'", 1, value_at<std::uint8_t>},
};

/// A row at a time, or a column where the file is in Fortran's order. `file_size`: of all of it, in bytes.
Entries entries_of_array(NpyStream& stream, std::uintmax_t file_size, const Position& file, int ranks, double scale) {
    const NpyHeader header = read_npy_header(stream, file);
    const auto type = std::ranges::find(number_types, header.type, &NumberType::name);
    if (type == number_types.end())
        throw InputError(file, fmt::format("found an array of {}; expected little-endian integers, float32 or float64",
                                           header.type.empty() ? "no type" : header.type));
    if (header.shape.size() != 2 || header.shape[0] != header.shape[1] || header.shape[0] < 1)
        throw InputError(file, fmt::format("found the shape {}; expected a square matrix of bytes, ranks x ranks",
                                           in_quotes(header.shape_text)));
    const auto size = static_cast<std::size_t>(header.shape[0]);
    check_rows(size, ranks, file);
    const std::string cut_off = fmt::format("found a file that is cut off; expected {} values", size * size);
    if (file_size < size * size * type->width) throw InputError(file, cut_off);  // before there is room for them all
    std::vector<char> line(size * type->width);
    Entries entries{VolumeMatrix(static_cast<int>(size), static_cast<int>(size))};
    for (std::size_t outer = 0; outer < size; ++outer) {
        if (stream.take(line.data(), line.size()) != line.size()) throw InputError(file, cut_off);
        for (std::size_t inner = 0; inner < size; ++inner) {
            const double value = type->read(line.data() + inner * type->width);
            const std::size_t row = header.is_fortran_ordered ? inner : outer, column = header.is_fortran_ordered ? outer : inner;
            const bool is_good = value >= 0 && value * scale <= most_bytes_of_entry;
            const std::string shown = is_good ? "" : fmt::format("{} at [{}, {}]", value, row, column);
            entries.volumes.at(static_cast<int>(row), static_cast<int>(column)) = bytes(bytes_of(value, scale, shown, file));
            entries.see(value);
        }
    }
    char more = 0;
    if (stream.take(&more, 1) != 0) throw InputError(file, "found more bytes than the header's shape has; expected none");
    return entries;
}

}  // namespace

MatrixWorkload matrix_from_file(const std::string& name, const Position& mention, int ranks, std::optional<Bytes> scale) {
    const std::string path = path_of_mention(name, mention);
    const double factor = scale ? in_bytes(*scale) : 1;
    InputFile file{name, {}, path};
    Entries entries;
    Position at{std::make_shared<const TextName>(TextName{path, "."})};
    if (is_npy_file(path)) {
        NpyStream stream(path, name, mention);
        std::error_code failed;
        entries = entries_of_array(stream, std::filesystem::file_size(path, failed), at, ranks, factor);
        file.sha256 = stream.sha256();
    } else {
        const SourceText source = read_mentioned_source(name, mention, largest_matrix);
        refuse_foreign(source.text, source.start);
        entries = entries_of_text(source, ranks, factor);
        file = {name, sha256(source.text), source.path};
        at = source.start;
    }
    if (!scale && entries.greatest > 0 && entries.greatest <= 1)
        throw InputError(at,
                         "found entries from 0 to 1 alone, which are ratios; expected bytes, or what they are ratios of, as "
                         "--matrix-scale '1 MiB'");
    constexpr double most_ratio = 16;  // nobody sends so few bytes, with parts of one
    if (!scale && entries.has_parts && entries.greatest <= most_ratio)
        throw InputError(
            at, fmt::format("found entries of at most {:g} with fractions of a byte, which are ratios; expected bytes, or "
                            "what they are ratios of, as --matrix-scale '1 MiB'",
                            entries.greatest));
    return {std::move(file), std::move(entries.volumes)};
}

}  // namespace tokenyard
