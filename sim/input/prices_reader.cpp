// SPDX-License-Identifier: Apache-2.0
#include "input/prices_reader.hpp"

#include "input/values.hpp"

#include <fmt/format.h>

namespace tokenyard {

Prices prices_from(const YamlPtr& node) {
    const StrictMap map(node, "prices", {"node", "nic", "switch"});
    Prices prices;
    prices.node = price_value(*map.required("node"));
    const auto in_same_currency = [&](const YamlPtr& value) {
        const Price price = price_value(*value);
        if (price.currency != prices.node.currency)
            refuse(*value, fmt::format("a price in {} as that of a node", prices.node.currency));
        return price;
    };
    prices.network_switch = in_same_currency(map.required("switch"));
    if (const YamlPtr nic = map.optional("nic")) prices.nic = in_same_currency(nic);
    return prices;
}

Powers powers_from(const YamlPtr& node) {
    Refusals refusals;
    const StrictMap map(node, "power", {"node", "nic", "switch"}, &refusals);
    Powers powers;
    refusals.attempt([&] { powers.node = power_value(*map.required("node")); });
    refusals.attempt([&] { powers.network_switch = power_value(*map.required("switch")); });
    if (const YamlPtr nic = map.optional("nic")) refusals.attempt([&] { powers.nic = power_value(*nic); });
    refusals.expect_none();
    return powers;
}

}  // namespace tokenyard
