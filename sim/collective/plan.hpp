// The door to the algorithms: volumes between ranks become transfers. To add one: a file and a row in plan.cpp.
#pragma once

#include "model/fabric.hpp"
#include "model/routing.hpp"
#include "model/schedule.hpp"

#include <span>
#include <string_view>

namespace tokenyard {

/// One way to carry out an all-to-all.
struct Algorithm {
    std::string_view name, summary;
    Schedule (*plan)(const VolumeMatrix& volumes, const Fabric& fabric);
};

/// All of them, in the order in which they are listed.
std::span<const Algorithm> algorithms();

/// The one of that name, or nullptr.
const Algorithm* find_algorithm(std::string_view name);

}  // namespace tokenyard
