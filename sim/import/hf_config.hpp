// SPDX-License-Identifier: Apache-2.0
// Hugging Face's config.json of a Mixture-of-Experts model, as a workload.
#pragma once

#include "import/draft.hpp"
#include "input/source.hpp"

#include <string>

namespace tokenyard {

/// Says the keys of a workload: the model as the file has it, and what a model does not tell (batch, what is sent, routing) with
/// a comment. `shown` is the file's name. Throws InputError for an architecture that is not known, at its name, and for a key
/// that is missing or out of range.
void draft_workload(const SourceText& source, const std::string& shown, Draft& draft);

}  // namespace tokenyard
