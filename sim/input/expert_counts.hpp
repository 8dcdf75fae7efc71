// SPDX-License-Identifier: Apache-2.0
// How often each expert was chosen, as SGLang's expert distribution recorder saves it with torch.save (mode stat).
#pragma once

#include "input/document.hpp"

#include <string>
#include <vector>

namespace tokenyard {

/// Whether the file that is mentioned, without "#3" at its end, is a zip file, as PyTorch's are. False for what cannot be opened.
bool is_expert_counts(const YamlNode& mention);

/// `logical_count` of the file: passes x layers x experts, or layers x experts.
struct ExpertCounts {
    long passes = 1, layers = 1, experts = 1;
    int layer = 0;               // that is mentioned
    std::vector<double> counts;  // of that layer's experts, all passes together
    std::string sha256, path;
};

/// Reads the layer that is mentioned, as "counts.pt#3"; `of_any_layer` takes the first where none is. Throws InputError for
/// another file, for several layers of which none is mentioned, and for a count that is none.
ExpertCounts read_expert_counts(const YamlNode& mention, bool of_any_layer = false);

}  // namespace tokenyard
