// SPDX-License-Identifier: Apache-2.0
#include "model/parts.hpp"

namespace tokenyard {

std::string in_words(const CostOrigins& origins) {
    if (origins.chip.empty()) return (origins.calibration.empty() ? "--set" : "calibration " + origins.calibration) + " alone";
    std::string words = "chip " + origins.chip + ", nic " + origins.nic + ", host " + origins.host + "; libraries ";
    for (std::size_t i = 0; i < origins.libraries.size(); ++i) words += (i > 0 ? ", " : "") + origins.libraries[i];
    return origins.calibration.empty() ? words : words + "; calibration " + origins.calibration;
}

}  // namespace tokenyard
