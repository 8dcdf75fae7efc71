#include "collective/plan.hpp"

#include "collective/direct.hpp"

#include <algorithm>
#include <array>

namespace tokenyard {
namespace {

constexpr std::array table{
    Algorithm{"direct", "every rank sends to every other at once: the ideal exchange", plan_direct},
};

}  // namespace

std::span<const Algorithm> algorithms() { return table; }

const Algorithm* find_algorithm(std::string_view name) {
    const auto found =
        std::find_if(table.begin(), table.end(), [name](const Algorithm& algorithm) { return algorithm.name == name; });
    return found == table.end() ? nullptr : &*found;
}

}  // namespace tokenyard
