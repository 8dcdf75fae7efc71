// SPDX-License-Identifier: Apache-2.0
// Exchanges that tokenyard-gpu has measured, as a record: kernels/README.md has the format.
#pragma once

#include "input/input.hpp"
#include "model/record.hpp"

#include <string>
#include <vector>

namespace tokenyard {

/// Whether a file is read by read_measured: JSON lines, by its name.
bool is_measured_file(const std::string& file);

/// A row for each line that is an exchange; other lines (kernels, phases of a layer, what was not measured) are passed over.
/// `cluster`: what it ran on, ranks in order. What single GPUs do with each other (pair, fan-in, fan-out) is there to be fitted
/// to; all-to-alls and layers are judged, so no fit sees what it is judged on. What the simulator does not model is odd, for the
/// reason beside it: sockets, several ranks on one GPU, variables that set NCCL going another way. NCCL_MIN_NCHANNELS and
/// NCCL_MAX_NCHANNELS, where they are equal, are taken as nccl.search_channels.
/// Throws InputError: for a line that is not as tokenyard-gpu writes it, for wrong bytes, for ranks that are on other nodes than
/// the cluster's, and for a file without exchanges.
Record read_measured(const std::string& file, const std::string& cluster, const std::vector<Override>& overrides,
                     const ClusterCheck& check, const SoftwareChoice& software);

}  // namespace tokenyard
