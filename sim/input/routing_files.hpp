// SPDX-License-Identifier: Apache-2.0
// Files beside the YAML: recorded routing, experts' shares, and S(i,k) in bytes.
#pragma once

#include "input/document.hpp"
#include "model/workload.hpp"

#include <string>

namespace tokenyard {

/// One number a line, a line an expert; `#` starts a comment. Throws at the line that is wrong.
SharesRouting shares_from_file(const YamlNode& file, const Model& model);

/// CSV `rank,experts,weights` with a line a token, as `--routing-out` writes it. `ranks` of 0: as many as it names.
TraceRouting trace_from_file(const YamlNode& file, const Model& model, int ranks);

/// A square matrix of bytes, row = source, separated by blanks or commas, as alltoallv_perf reads it; `#` starts a
/// comment. `ranks` of 0: as many as it has rows. Throws at the cell that is wrong.
MatrixWorkload matrix_from_file(const std::string& name, const Position& mention, int ranks);

}  // namespace tokenyard
