// SPDX-License-Identifier: Apache-2.0
#include "import/nvidia_smi.hpp"

#include "import/lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace tokenyard {
namespace {

constexpr std::size_t most_columns = 512;  // GPUs and NICs

/// The number behind a prefix: 12 of "GPU12".
std::optional<int> numbered(std::string_view word, std::string_view prefix) {
    if (!word.starts_with(prefix)) return {};
    int value = 0;
    const char* end = word.data() + word.size();
    const auto [parsed, error] = std::from_chars(word.data() + prefix.size(), end, value);
    return error == std::errc{} && parsed == end && value >= 0 ? std::optional(value) : std::nullopt;
}

struct Cell {
    int links = 0;  // NVLinks
    int far = 0;    // distance by PCIe
    bool is_self = false;
    bool operator==(const Cell&) const = default;
};

std::optional<Cell> cell_of(std::string_view word) {
    if (word == "X") return Cell{0, 0, true};
    if (const std::optional<int> links = numbered(word, "NV"); links && *links > 0) return Cell{*links, 0};
    for (const auto& [name, far] :
         {std::pair{"PIX", distance::one_bridge}, std::pair{"PXB", distance::bridges}, std::pair{"PHB", distance::host_bridge},
          std::pair{"NODE", distance::same_numa}, std::pair{"SYS", distance::other_numa}, std::pair{"SOC", distance::other_numa}})
        if (word == name) return Cell{0, far};
    return {};
}

struct Matrix {
    int line = 0;  // of its header
    std::vector<std::string> names;
    std::vector<std::vector<Cell>> cells;
    std::vector<std::string> numa;
};

bool is_header(const std::vector<Word>& words) { return words.size() > 1 && words[0].text == "GPU0" && words[1].text != "X"; }

/// What stands behind the cells of a row: CPUs, then the NUMA node. The first may be empty where tabs tell the columns apart.
std::string numa_in(std::string_view rest) {
    if (rest.find('\t') == std::string_view::npos) {
        const std::vector<Word> words = words_of(rest);
        return words.size() > 1 ? std::string(words[1].text) : "";
    }
    std::vector<std::string_view> columns;
    for (std::size_t start = 0; start <= rest.size();) {
        const std::size_t end = std::min(rest.find('\t', start), rest.size());
        columns.push_back(rest.substr(start, end - start));
        start = end + 1;
    }
    constexpr std::size_t numa_column = 2;  // behind an empty one in front of the first tab, and the CPUs
    return columns.size() > numa_column ? std::string(columns[numa_column]) : "";
}

Matrix read_header(const std::vector<TextLine>& lines, std::size_t& next, const Position& file) {
    for (; next < lines.size(); ++next) {
        const std::vector<Word> words = words_of(lines[next].text);
        if (!is_header(words)) continue;
        Matrix matrix;
        matrix.line = lines[next].number;
        for (const Word& word : words) {
            if (word.text == "CPU" || word.text == "NUMA") break;
            matrix.names.emplace_back(word.text);
        }
        if (matrix.names.size() > most_columns)
            throw InputError({file.text, matrix.line, 1},
                             fmt::format("found {} GPUs and NICs; expected at most {}", matrix.names.size(), most_columns));
        ++next;
        return matrix;
    }
    throw InputError(file, "found no header with GPU0; expected the matrix that `nvidia-smi topo -m` prints");
}

void read_row(const TextLine& line, const Position& file, Matrix& matrix) {
    const std::vector<Word> words = words_of(line.text);
    const std::size_t row = matrix.cells.size();
    const auto fail = [&](int column, const std::string& message) {
        throw InputError({file.text, line.number, column}, message);
    };
    if (words[0].text != matrix.names[row])
        fail(words[0].column, fmt::format("found the row {}; expected {}", in_quotes(words[0].text), matrix.names[row]));
    if (words.size() <= matrix.names.size())
        fail(1,
             fmt::format("found {} cells in the row {}; expected {}", words.size() - 1, matrix.names[row], matrix.names.size()));
    std::vector<Cell>& cells = matrix.cells.emplace_back();
    for (std::size_t column = 0; column < matrix.names.size(); ++column) {
        const Word& word = words[column + 1];
        const std::optional<Cell> cell = cell_of(word.text);
        if (!cell)
            fail(word.column,
                 fmt::format("found {}; expected X, NV and a number, PIX, PXB, PHB, NODE or SYS", in_quotes(word.text)));
        if (cell->is_self != (column == row))
            fail(word.column, fmt::format("found {} between {} and {}; expected X between a device and itself only",
                                          in_quotes(word.text), matrix.names[row], matrix.names[column]));
        if (column < row && !(matrix.cells[column][row] == *cell))
            fail(word.column, fmt::format("found {}, which differs from the other way round; expected a symmetric matrix",
                                          in_quotes(word.text)));
        cells.push_back(*cell);
    }
    const Word& last = words[matrix.names.size()];
    matrix.numa.push_back(numa_in(line.text.substr(static_cast<std::size_t>(last.column) - 1 + last.text.size())));
}

/// "NIC0: mlx5_0" below the matrix renames its columns.
void take_legend(const std::vector<TextLine>& lines, std::size_t next, Matrix& matrix, bool& has_legend, bool& explains_nvlink) {
    for (; next < lines.size(); ++next) {
        const std::vector<Word> words = words_of(lines[next].text);
        if (words.size() == 1 && words[0].text == "Legend:") has_legend = true;
        if (words.size() > 1 && words[0].text == "NV#") explains_nvlink = true;
        if (words.size() != 2 || !words[0].text.ends_with(':')) continue;
        const auto found = std::ranges::find(matrix.names, words[0].text.substr(0, words[0].text.size() - 1));
        if (found != matrix.names.end()) *found = words[1].text;
    }
}

/// Devices that only bridges are between hang on one PCIe switch.
std::vector<int> switches_of(const Matrix& matrix, int& count) {
    std::vector<int> of_device(matrix.names.size(), -1);
    for (std::size_t first = 0; first < of_device.size(); ++first) {
        if (of_device[first] >= 0) continue;
        std::vector<std::size_t> open{first};
        std::vector<std::size_t> members;
        std::vector<bool> is_seen(of_device.size());
        is_seen[first] = true;
        while (!open.empty()) {
            const std::size_t device = open.back();
            open.pop_back();
            members.push_back(device);
            for (std::size_t other = 0; other < of_device.size(); ++other) {
                const int far = matrix.cells[device][other].far;
                if (is_seen[other] || far == 0 || far > distance::bridges) continue;
                is_seen[other] = true;
                open.push_back(other);
            }
        }
        if (members.size() < 2) continue;
        for (const std::size_t member : members) of_device[member] = count;
        ++count;
    }
    return of_device;
}

Machine machine_of(const Matrix& matrix, const Position& file, std::size_t gpus) {
    Machine machine;
    machine.at = {file.text, matrix.line, 1};
    machine.made_by = "`nvidia-smi topo -m`";
    int switches = 0;
    const std::vector<int> switch_of = switches_of(matrix, switches);
    machine.bridges.resize(static_cast<std::size_t>(switches));
    machine.tells_switches = switches > 0;
    const auto bridges_of = [&](std::size_t device) {
        return switch_of[device] < 0 ? std::vector<int>() : std::vector<int>{switch_of[device]};
    };
    for (std::size_t device = gpus; device < matrix.names.size(); ++device) {
        MachineNic nic;
        nic.name = matrix.names[device];
        nic.bridges = bridges_of(device);
        machine.nics.push_back(std::move(nic));
    }
    for (std::size_t row = 0; row < gpus; ++row) {
        MachineGpu gpu;
        gpu.index = static_cast<int>(row);
        gpu.bus = matrix.names[row];
        gpu.numa = numbered(matrix.numa[row], "").value_or(-1);
        gpu.bridges = bridges_of(row);
        for (std::size_t column = 0; column < gpus; ++column)
            if (const int links = matrix.cells[row][column].links) {
                gpu.links[matrix.names[column]] = links;
                gpu.is_gpu[matrix.names[column]] = true;
            }
        machine.gpus.push_back(std::move(gpu));
        std::vector<int>& far = machine.nic_distance.emplace_back();
        for (std::size_t column = gpus; column < matrix.names.size(); ++column) far.push_back(matrix.cells[row][column].far);
    }
    return machine;
}

}  // namespace

Machine machine_from_nvidia_smi(const SourceText& source) {
    const std::vector<TextLine> lines = text_lines(source.text);
    std::size_t next = 0;
    Matrix matrix = read_header(lines, next, source.start);
    std::size_t gpus = 0;
    while (gpus < matrix.names.size() && numbered(matrix.names[gpus], "GPU") == static_cast<int>(gpus)) ++gpus;
    for (std::size_t column = gpus; column < matrix.names.size(); ++column)
        if (numbered(matrix.names[column], "GPU"))
            throw InputError({source.start.text, matrix.line, 1},
                             fmt::format("found {} as column {}; expected GPUs in order, and NICs behind them",
                                         matrix.names[column], column + 1));
    while (next < lines.size() && matrix.cells.size() < matrix.names.size()) {
        const std::vector<Word> words = words_of(lines[next].text);
        if (words.empty()) break;
        read_row(lines[next], source.start, matrix);
        ++next;
    }
    if (matrix.cells.size() != matrix.names.size())
        throw InputError({source.start.text, matrix.line, 1}, fmt::format("found {} rows below {} columns; expected as many",
                                                                          matrix.cells.size(), matrix.names.size()));
    bool has_legend = false, explains_nvlink = false;
    take_legend(lines, next, matrix, has_legend, explains_nvlink);
    Machine machine = machine_of(matrix, source.start, gpus);
    const bool has_links = std::ranges::any_of(machine.gpus, [](const MachineGpu& gpu) { return !gpu.links.empty(); });
    machine.tells_links = has_links || explains_nvlink;
    if (!machine.tells_links)
        machine.notes.push_back(has_legend
                                    ? "this is `nvidia-smi topo -mp`, which shows PCIe paths only: NODE or SYS between GPUs does "
                                      "not mean that there is no NVLink"
                                    : "no NVLink and no legend are shown, so that it may be `nvidia-smi topo -mp`, which "
                                      "leaves NVLink out");
    if (machine.nics.empty()) machine.notes.push_back("no NIC is shown, as in containers: the machine may have some");
    return machine;
}

}  // namespace tokenyard
