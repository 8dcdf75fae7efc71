// SPDX-License-Identifier: Apache-2.0
#include "input/quantity.hpp"

#include "input/nearest.hpp"
#include "input/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>

namespace tokenyard {

std::optional<double> as_number(std::string_view text) {
    const std::size_t digit = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    if (digit >= text.size() || !(text[digit] == '.' || (text[digit] >= '0' && text[digit] <= '9'))) return {};  // no inf, no nan
    if (text[0] == '+') text.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return {};
    return value + 0.0;  // -0 is 0
}

namespace {

struct Dimension {
    std::string_view name;                    // "a bandwidth"
    std::string_view examples;                // "400 Gbit/s or 50 GB/s"
    double smallest, largest;                 // SI; beyond them somebody slipped
    std::string_view units;                   // those that are known, in words
    std::span<const std::string_view> usual;  // those of them that somebody may mean
};

constexpr std::string_view usual_rates[]{"bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s", "B/s",   "kB/s",
                                         "MB/s",  "GB/s",   "TB/s",   "KiB/s",  "MiB/s",  "GiB/s", "TiB/s"};
constexpr std::string_view usual_sizes[]{"B", "kB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB"};
constexpr std::string_view usual_times[]{"s", "ms", "us", "ns"};
constexpr std::string_view usual_flops[]{"FLOP/s", "GFLOP/s", "TFLOP/s", "PFLOP/s"};
constexpr std::string_view usual_powers[]{"W", "kW", "MW"};
constexpr std::string_view usual_currencies[]{"USD", "EUR", "CNY", "JPY"};

/// Factor of a unit such as "Gbit" or "KiB" to bytes.
std::optional<double> bytes_in(std::string_view unit) {
    struct Prefix {
        std::string_view text;
        double factor;
    };
    constexpr Prefix prefixes[] = {{"", 1},           {"k", 1e3},           {"M", 1e6},
                                   {"G", 1e9},        {"T", 1e12},          {"Ki", 1024.0},
                                   {"Mi", 1048576.0}, {"Gi", 1073741824.0}, {"Ti", 1099511627776.0}};
    for (const Prefix& prefix : prefixes) {
        if (!unit.starts_with(prefix.text)) continue;
        const std::string_view rest = unit.substr(prefix.text.size());
        if (rest == "B") return prefix.factor;
        if (rest == "bit") return prefix.factor / 8;
    }
    return {};
}

std::optional<double> bytes_per_second_in(std::string_view unit) {
    if (!unit.ends_with("/s")) return {};
    return bytes_in(unit.substr(0, unit.size() - 2));
}

std::optional<double> flops_per_second_in(std::string_view unit) {
    if (unit == "FLOP/s") return 1.0;
    if (unit == "GFLOP/s") return 1e9;
    if (unit == "TFLOP/s") return 1e12;
    if (unit == "PFLOP/s") return 1e15;
    return {};
}

std::optional<double> watts_in(std::string_view unit) {
    if (unit == "W") return 1.0;
    if (unit == "kW") return 1e3;
    if (unit == "MW") return 1e6;
    return {};
}

constexpr std::size_t currency_letters = 3;  // ISO 4217

std::optional<double> one_of_a_currency(std::string_view unit) {
    const auto is_capital = [](char letter) { return letter >= 'A' && letter <= 'Z'; };
    return unit.size() == currency_letters && std::ranges::all_of(unit, is_capital) ? std::optional(1.0) : std::nullopt;
}

std::optional<double> seconds_in(std::string_view unit) {
    if (unit == "s") return 1.0;
    if (unit == "ms") return 1e-3;
    if (unit == "us") return 1e-6;
    if (unit == "ns") return 1e-9;
    return {};
}

/// "450 GB/s" in SI units. `factor_of` knows the units of the dimension.
double quantity(const YamlNode& node, const Dimension& dimension, std::optional<double> (*factor_of)(std::string_view),
                bool zero_allowed) {
    if (node.kind != YamlNode::Kind::scalar) refuse(node, fmt::format("{} such as {}", dimension.name, dimension.examples));
    const std::string_view text = node.text;
    const std::size_t number_end = std::min(text.find_first_not_of("0123456789+-.eE"), text.size());
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::optional<double> number = as_number(text.substr(0, std::min(number_end, space)));
    if (!number) refuse(node, fmt::format("{} such as {}", dimension.name, dimension.examples));
    const std::size_t unit_start = std::min(text.find_first_not_of(' ', std::min(number_end, space)), text.size());
    const std::string_view unit = text.substr(unit_start);
    if (unit.empty()) refuse(node, fmt::format("{} with its unit, such as {}", dimension.name, dimension.examples));
    const std::optional<double> factor = factor_of(unit);
    if (!factor) {
        std::vector<std::string> meant = nearest(unit, dimension.usual);
        for (std::string& text_meant : meant)
            text_meant = fmt::format("{} {}", text.substr(0, std::min(number_end, space)), text_meant);
        refuse(node,
               fmt::format("{} in {}, such as {}{}", dimension.name, dimension.units, dimension.examples, did_you_mean(meant)));
    }
    const double value = *number * *factor;
    if (value < 0 || (value == 0 && !zero_allowed))
        refuse(node, fmt::format("{} {}", dimension.name, zero_allowed ? "of at least 0" : "above 0"));
    if (value > 0 && !(value >= dimension.smallest && value <= dimension.largest))
        refuse(node, fmt::format("{} within reason, such as {}", dimension.name, dimension.examples));
    return value;
}

}  // namespace

Bandwidth bandwidth_value(const YamlNode& node) {
    return {quantity(
        node, {"a bandwidth", "400 Gbit/s or 50 GB/s", 1, 1e18, "bit/s or B/s (after k, M, G, T, Ki, Mi, Gi or Ti)", usual_rates},
        bytes_per_second_in, false)};
}

FlopRate flop_rate_value(const YamlNode& node) {
    return flops_per_second(quantity(
        node,
        {"a rate of operations", "989 TFLOP/s or 1.979 PFLOP/s", 1, 1e21, "FLOP/s, GFLOP/s, TFLOP/s or PFLOP/s", usual_flops},
        flops_per_second_in, false));
}

Seconds time_value(const YamlNode& node) {
    return {quantity(node, {"a time", "1.5 us or 300 ns", 1e-15, 1e3, "s, ms, us or ns", usual_times}, seconds_in, true)};
}

Price price_value(const YamlNode& node) {
    const double amount =
        quantity(node, {"a price", "280000 USD or 1800 EUR", 1e-3, 1e12, "a currency of three capital letters", usual_currencies},
                 one_of_a_currency, true);
    return {amount, node.text.substr(node.text.size() - currency_letters)};
}

Power power_value(const YamlNode& node) {
    return watts(quantity(node, {"a power", "10.2 kW or 25 W", 1e-3, 1e9, "W, kW or MW", usual_powers}, watts_in, true));
}

Bytes size_value(const YamlNode& node, bool zero_allowed) {
    return {quantity(node,
                     {"a size", "7168 B or 80 GB", 1.0 / 8, 1e18, "B or bit (after k, M, G, T, Ki, Mi, Gi or Ti)", usual_sizes},
                     bytes_in, zero_allowed)};
}

}  // namespace tokenyard
