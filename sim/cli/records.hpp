// SPDX-License-Identifier: Apache-2.0
// The measurements that validate and fit are given: records as YAML, and what tokenyard-gpu has measured.
#pragma once

#include "model/record.hpp"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace tokenyard {

struct RecordArguments {
    std::vector<std::string> files, overrides;
    std::string cluster;
    SoftwareChoice software;  // beside each record's own; a calibration in its place
};

/// Adds RECORD, `--cluster` and `--set`; gives the first.
CLI::Option* add_record_options(CLI::App& verb, RecordArguments& arguments);

/// Throws InputError, and CLI::ValidationError for measured files without a cluster or a cluster without them.
std::vector<Record> read_records(const RecordArguments& arguments);

}  // namespace tokenyard
