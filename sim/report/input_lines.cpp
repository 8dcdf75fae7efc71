// SPDX-License-Identifier: Apache-2.0
#include "report/input_lines.hpp"

#include <fmt/format.h>

#include <vector>

namespace tokenyard {

std::string one_line(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    return text;
}

std::string input_lines(const InputRecord& inputs) {
    std::string line = "# inputs";
    for (const std::vector<InputFile>* files : {&inputs.cluster, &inputs.workload, &inputs.calibration})
        for (const InputFile& file : *files)
            line += fmt::format("  {} (sha256 {})", one_line(file.name), file.sha256.substr(0, 12));
    line += "\n";
    for (const std::string& library : inputs.libraries) line += fmt::format("# --library {}\n", one_line(library));
    for (const Override& one : inputs.overrides) line += fmt::format("# --set {}={}\n", one_line(one.path), one_line(one.value));
    return line;
}

}  // namespace tokenyard
