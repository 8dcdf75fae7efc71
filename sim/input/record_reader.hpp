// SPDX-License-Identifier: Apache-2.0
// Measured times from YAML: validation/reference/README.md has the format.
#pragma once

#include "input/input.hpp"
#include "input/source.hpp"
#include "model/record.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tokenyard {

/// What stands in place of a record's own cluster (unless it is empty), and overrides behind the record's.
struct OtherCluster {
    std::string cluster = {};
    std::vector<Override> overrides = {};
};

/// Throws InputError for whatever is wrong in the file, and for a row whose cluster, workload or overrides are. Files that it
/// names stand beside it, or are presets. `algorithms`: the names that there are. `software`: libraries before those of
/// the file, and a calibration in place of its own.
Record read_record(const std::string& file, const std::vector<std::string_view>& algorithms, const ClusterCheck& check,
                   const SoftwareChoice& software, const OtherCluster& other = {});

/// The same of a text; `file` is what the record is called.
Record read_record_text(const SourceText& source, const std::string& file, const std::vector<std::string_view>& algorithms,
                        const ClusterCheck& check, const SoftwareChoice& software, const OtherCluster& other = {});

/// The records that are shipped, by name. Throws InputError when there are none.
std::vector<std::string> shipped_records();

}  // namespace tokenyard
