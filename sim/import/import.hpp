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
    std::string test = {};          // of a log that has several, or no name; empty: the first all-to-all
    int ranks = 0;                  // of a log that does not tell them
    int collective = 0;             // which all-to-all of PyTorch's traces, from 1; 0: the one that moves most
};

struct Imported {
    std::string yaml;                // or, of traces, a table or a matrix
    std::vector<std::string> notes;  // what the user should know
    bool is_record = false;          // measured times, else a cluster, which was read back without an error
};

/// Reads the files, one of which may be `-`, and writes a cluster of them, or a record of one log. Throws InputError for what is
/// wrong in a file, for a kind that is not read, and, at the first file, for what no file tells and `given` has not: it names the
/// option.
Imported import_files(const std::vector<std::string>& files, const ImportOptions& options);

/// Names of the kinds that are read.
std::vector<std::string> importable_kinds();

}  // namespace tokenyard
