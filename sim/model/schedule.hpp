// What an algorithm decides: the transfers of one phase.
#pragma once

#include "model/units.hpp"

#include <cstdint>
#include <vector>

namespace tokenyard {

/// Bytes from a rank to another one over one lane of their route.
struct Transfer {
    int source = 0, destination = 0;
    int lane = 0;
    Bytes volume;  // above 0
};

/// Transfers that may all start at time 0.
struct Schedule {
    std::vector<Transfer> transfers;
};

}  // namespace tokenyard
