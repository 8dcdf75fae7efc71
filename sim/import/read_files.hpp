// SPDX-License-Identifier: Apache-2.0
// Files of other programs, each read by its kind, before a file is written of them.
#pragma once

#include "import/chakra.hpp"
#include "import/import.hpp"
#include "import/machine.hpp"
#include "import/switch_tree.hpp"
#include "import/torch_trace.hpp"
#include "input/source.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tokenyard {

struct ForeignFile {
    SourceText source;
    std::string_view kind;
};

/// What the files are of, before it is written.
struct ReadFiles {
    std::optional<Machine> machine;
    std::optional<SwitchTree> network;
    std::optional<ForeignFile> log;    // of a benchmark
    std::optional<ForeignFile> model;  // a model's configuration
    std::vector<ChakraTrace> traces;   // of Chakra
    std::vector<TorchTrace> calls;     // of PyTorch
    std::vector<std::string> shown;    // names of files
};

/// Throws InputError for a kind that is not read, for files that do not belong together, and for a network without a node.
ReadFiles read_files(const std::vector<std::string>& files, const ImportOptions& options);

}  // namespace tokenyard
