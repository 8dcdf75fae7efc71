// SPDX-License-Identifier: Apache-2.0
// What the parts of a cluster cost and draw, from YAML.
#pragma once

#include "input/document.hpp"
#include "model/cluster.hpp"

namespace tokenyard {

Prices prices_from(const YamlPtr& node);
Powers powers_from(const YamlPtr& node);

}  // namespace tokenyard
