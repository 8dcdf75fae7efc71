// SPDX-License-Identifier: Apache-2.0
#include "cli/matrix_options.hpp"

#include "input/input.hpp"

namespace tokenyard {

CLI::Option* add_matrix_options(CLI::App& verb, std::string& matrix, std::string& scale) {
    CLI::Option* option = verb.add_option(
        "--matrix", matrix, "S(i,k) in bytes from a file, instead of a workload: as alltoallv_perf reads it, CSV, JSON, or .npy");
    verb.add_option("--matrix-scale", scale, "What the entries of --matrix are multiplied by, such as '1 MiB'")->needs(option);
    return option;
}

std::optional<Bytes> scale_asked_for(const std::string& scale) {
    return scale.empty() ? std::nullopt : std::optional(read_size("--matrix-scale", scale));
}

}  // namespace tokenyard
