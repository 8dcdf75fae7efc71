// SPDX-License-Identifier: Apache-2.0
// Files beside the YAML: recorded routing and experts' shares.
#pragma once

#include "input/document.hpp"
#include "model/workload.hpp"

#include <string>
#include <vector>

namespace tokenyard {

/// One number a line, a line an expert, where `#` starts a comment; or a layer of SGLang's counts (input/expert_counts.hpp).
/// Throws at the line that is wrong.
SharesRouting shares_from_file(const YamlNode& file, const Model& model);

/// CSV `rank,experts,weights` with a line a token, as `--routing-out` writes it, or `rank,experts`, where all experts weigh alike
/// and a token whose ids all are -1 is masked and goes nowhere. `ranks` of 0: as many as it names.
TraceRouting trace_from_file(const YamlNode& file, const Model& model, int ranks);

/// A NumPy file of ids (input/id_array.hpp), whose tokens belong to the ranks in order: so many to each as `tokens_per_rank`
/// says, or as even as can be over `ranks` where it is empty (0: one rank). Masked tokens go nowhere, and are counted in none of
/// both. Experts weigh alike.
TraceRouting trace_from_array(const YamlNode& file, const Model& model, int ranks, const std::vector<int>& tokens_per_rank);

}  // namespace tokenyard
