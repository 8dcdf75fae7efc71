// What one SM copies in the two-level kernels of each kind: those for one node and for several, and of each direction. A
// calibration may leave all but one rate out, and then it is that of the kernel most alike.
#pragma once

#include "model/costs.hpp"

namespace tokenyard {

/// Dispatch on one node.
inline Bandwidth sm_rate(const TwoLevelCosts& costs) { return costs.sm_rate; }

/// Combine on one node; else as dispatch.
inline Bandwidth combine_sm_rate(const TwoLevelCosts& costs) { return costs.combine_sm_rate.value_or(sm_rate(costs)); }

/// Dispatch on several nodes; else as on one.
inline Bandwidth forward_sm_rate(const TwoLevelCosts& costs) { return costs.forward_sm_rate.value_or(sm_rate(costs)); }

/// Combine on several nodes; else as dispatch there if that has a rate of its own, else as combine on one.
inline Bandwidth combine_forward_sm_rate(const TwoLevelCosts& costs) {
    return costs.combine_forward_sm_rate.value_or(costs.forward_sm_rate.value_or(combine_sm_rate(costs)));
}

}  // namespace tokenyard
