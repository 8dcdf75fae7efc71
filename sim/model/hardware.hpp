// SPDX-License-Identifier: Apache-2.0
// What a prediction's ranks need to exist, what it costs and what it draws.
#pragma once

#include "model/units.hpp"

#include <optional>
#include <string>

namespace tokenyard {

/// An amount in a currency by its three letters: USD.
struct Price {
    double amount = 0;
    std::string currency;
};

/// The nodes that ranks are on with their NICs, and every switch of the network between nodes.
struct Hardware {
    int gpus = 0, nics = 0, switches = 0;
    std::optional<Price> price;  // where the cluster gives prices
    std::optional<Power> power;  // where it gives power
};

}  // namespace tokenyard
