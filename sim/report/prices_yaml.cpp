// SPDX-License-Identifier: Apache-2.0
#include "report/prices_yaml.hpp"

#include <fmt/format.h>

namespace tokenyard {
namespace {

template <class Parts, class AsText>
std::string parts_yaml(const char* key, const Parts& parts, const AsText& as_text) {
    if (!parts) return "";
    return fmt::format("{}: {{node: {}{}, switch: {}}}\n", key, as_text(parts->node),
                       parts->nic ? ", nic: " + as_text(*parts->nic) : "", as_text(parts->network_switch));
}

}  // namespace

std::string prices_yaml(const Cluster& cluster) {
    return parts_yaml("prices", cluster.prices,
                      [](const Price& price) { return fmt::format("{:.12g} {}", price.amount, price.currency); }) +
           parts_yaml("power", cluster.power, [](Power power) { return fmt::format("{:.12g} kW", in_kilowatts(power)); });
}

}  // namespace tokenyard
