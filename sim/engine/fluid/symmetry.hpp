// SPDX-License-Identifier: Apache-2.0
// Equal steps on equal links are one step: a uniform exchange has a handful of different ones, whatever its size.
#pragma once

#include "engine/fluid/problem.hpp"

#include <optional>
#include <vector>

namespace tokenyard {

/// A problem with one step and one link for each class of equal ones, and which class everything is in.
struct Folding {
    Problem problem;
    std::vector<StepId> class_of_step;
    std::vector<LinkId> class_of_link;
};

/// The coarsest equitable partition: steps of a class have the same bytes, delay and cap, cross links of the same classes in the
/// same order and wait for steps of the same classes; links of a class have the same capacity and are crossed by as many steps of
/// each class. Max-min fair sharing, which has one solution, then gives all steps of a class the same rate at any time: the
/// folded problem, where a class crosses a link as often as all its steps cross that one link together, is exactly the same one.
/// Nothing where that would not make it much smaller; finding that out costs one or two looks at each step.
std::optional<Folding> fold(const Problem& problem);

}  // namespace tokenyard
