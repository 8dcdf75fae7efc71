// SPDX-License-Identifier: Apache-2.0
// What a prediction comes to, in words.
#pragma once

#include "model/prediction.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tokenyard {

struct Verdict {
    std::string headline;  // how long, held by what, how near to what the algorithm can do: a sentence
    std::string lever;     // what would help: a sentence; empty where nothing is exchanged
};

Verdict verdict_of(const Prediction& prediction);

/// The shares of a phase by what people call them, both directions of links together, largest first: "NICs", "launches".
struct HolderShare {
    std::string name;
    double share = 0;
};
std::string name_of_holder(std::string_view kind);
std::vector<HolderShare> holders_of(const std::vector<BottleneckKind>& kinds);

}  // namespace tokenyard
