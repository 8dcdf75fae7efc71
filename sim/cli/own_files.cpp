// SPDX-License-Identifier: Apache-2.0
#include "cli/own_files.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <filesystem>
#include <set>

namespace tokenyard {
namespace {

/// The same text for every spelling of a file; empty for what is none, or is a device or a pipe.
std::string one_spelling(const std::string& file) {
    std::error_code failed;
    const std::filesystem::file_status status = std::filesystem::status(file, failed);
    if (file.empty() || (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))) return {};
    return file == "-" ? file : std::filesystem::weakly_canonical(file, failed).string();
}

}  // namespace

void expect_own_files(const std::vector<std::pair<std::string, std::string>>& outputs, const std::vector<std::string>& inputs) {
    std::set<std::string> seen;
    for (const std::string& input : inputs)
        if (input != "-") seen.insert(one_spelling(input));
    for (const auto& [option, file] : outputs)
        if (const std::string name = one_spelling(file); !name.empty() && !seen.insert(name).second)
            throw CLI::ValidationError(
                option, fmt::format("found '{}', which is another output or an input; expected a file of its own", file));
}

}  // namespace tokenyard
