// SPDX-License-Identifier: Apache-2.0
// The door for files of other programs: what tools and benchmarks print becomes this program's YAML.
#pragma once

#include "input/error.hpp"
#include "model/case.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tokenyard {

struct ImportOptions {
    std::string kind;               // of all files, by its name; empty: by what is in them
    std::vector<std::string> nics;  // names of those that are the network of the cluster; empty: by what the files tell
    std::vector<Override> given;    // keys of the YAML that is written
};

struct Imported {
    std::string yaml;                // checked: reading it again gives no error
    std::vector<std::string> notes;  // what the user should know
};

/// Reads the files, one of which may be `-`, and writes a cluster of them. Throws InputError for what is wrong in a file, for a
/// kind that is not read, and, at the first file, for what no file tells and `given` has not: it names the option.
Imported import_files(const std::vector<std::string>& files, const ImportOptions& options);

/// Names of the kinds that are read.
std::vector<std::string> importable_kinds();

}  // namespace tokenyard
