// SPDX-License-Identifier: Apache-2.0
#include "input/values.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace tokenyard {
namespace {

/// The whole of `text` as a finite number in plain decimal notation.
std::optional<double> as_number(std::string_view text) {
    const std::size_t digit = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    if (digit >= text.size() || !(text[digit] == '.' || (text[digit] >= '0' && text[digit] <= '9'))) return {};  // no inf, no nan
    if (text[0] == '+') text.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return {};
    return value + 0.0;  // -0 is 0
}

std::optional<double> plain_number(const YamlNode& node) {
    if (node.kind != YamlNode::Kind::scalar || node.is_quoted) return {};
    return as_number(node.text);
}

template <class Integer>
std::optional<Integer> as_integer(const YamlNode& node) {
    const std::string_view text = node.text;
    if (node.kind != YamlNode::Kind::scalar || node.is_quoted || (text.size() > 1 && text[0] == '0')) return {};
    Integer value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return {};
    return value;
}

[[noreturn]] void refuse_number(const YamlNode& node, const std::string& expected) {
    if (node.is_quoted) throw InputError(node.at, fmt::format("found the text {}; expected {}", in_quotes(node.text), expected));
    refuse(node, expected);
}

struct Dimension {
    std::string_view name;      // "a bandwidth"
    std::string_view examples;  // "400 Gbit/s or 50 GB/s"
    double smallest, largest;   // SI; beyond them somebody slipped
};

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
    if (!factor) refuse(node, fmt::format("{} in a unit that is known, such as {}", dimension.name, dimension.examples));
    const double value = *number * *factor;
    if (value < 0 || (value == 0 && !zero_allowed))
        refuse(node, fmt::format("{} {}", dimension.name, zero_allowed ? "of at least 0" : "above 0"));
    if (value > 0 && !(value >= dimension.smallest && value <= dimension.largest))
        refuse(node, fmt::format("{} within reason, such as {}", dimension.name, dimension.examples));
    return value;
}

}  // namespace

StrictMap::StrictMap(YamlPtr node, std::string what, std::span<const std::string_view> keys)
    : node_(std::move(node)), what_(std::move(what)) {
    if (node_->kind != YamlNode::Kind::map)
        tokenyard::refuse(*node_, fmt::format("{} as a map with the keys {}", what_, fmt::join(keys, ", ")));
    for (const YamlEntry& entry : node_->entries)
        if (std::find(keys.begin(), keys.end(), entry.key) == keys.end())
            throw InputError(entry.at, fmt::format("found unknown key {} in {}; expected one of: {}", in_quotes(entry.key), what_,
                                                   fmt::join(keys, ", ")));
}

YamlPtr StrictMap::optional(std::string_view key) const {
    const YamlEntry* entry = find(*node_, key);
    return entry && entry->value->kind != YamlNode::Kind::nothing ? entry->value : nullptr;
}

YamlPtr StrictMap::required(std::string_view key) const {
    if (YamlPtr value = optional(key)) return value;
    throw InputError(node_->at, fmt::format("found no '{}' in {}; expected it", key, what_));
}

void StrictMap::refuse(std::string_view key, std::string_view reason) const {
    const YamlEntry* entry = find(*node_, key);
    if (entry && entry->value->kind != YamlNode::Kind::nothing)
        throw InputError(entry->at, fmt::format("found '{}' in {}; expected none, because {}", key, what_, reason));
}

std::string kind_of(const YamlNode& node, std::string_view what, std::initializer_list<std::string_view> kinds) {
    if (node.kind != YamlNode::Kind::map) refuse(node, fmt::format("{} as a map with the key kind", what));
    const YamlEntry* entry = find(node, "kind");
    if (!entry)
        throw InputError(node.at, fmt::format("found no 'kind' in {}; expected one of: {}", what, fmt::join(kinds, ", ")));
    return std::string(*(kinds.begin() + word_value(*entry->value, kinds)));
}

void refuse(const YamlNode& node, const std::string& expected) {
    throw InputError(node.at, fmt::format("found {}; expected {}", describe(node), expected));
}

std::string text_value(const YamlNode& node, std::string_view what) {
    if (node.kind != YamlNode::Kind::scalar || node.text.empty()) refuse(node, fmt::format("{} as a text", what));
    return node.text;
}

std::string name_value(const YamlNode& node, std::string_view what) {
    std::string text = text_value(node, what);
    const auto is_control = [](unsigned char byte) { return byte < 0x20 || byte == 0x7F; };
    if (std::any_of(text.begin(), text.end(), is_control)) refuse(node, fmt::format("{} on one line", what));
    return text;
}

int word_value(const YamlNode& node, std::span<const std::string_view> words) {
    const auto found = std::find(words.begin(), words.end(), node.text);
    if (node.kind != YamlNode::Kind::scalar || found == words.end())
        refuse(node, fmt::format("one of: {}", fmt::join(words, ", ")));
    return static_cast<int>(found - words.begin());
}

long count_value(const YamlNode& node, long smallest, long largest) {
    const std::optional<long> value = as_integer<long>(node);
    if (!value || *value < smallest || *value > largest)
        refuse_number(node, fmt::format("a whole number from {} to {}", smallest, largest));
    return *value;
}

std::uint64_t seed_value(const YamlNode& node) {
    const auto value = as_integer<std::uint64_t>(node);
    if (!value) refuse_number(node, "a whole number from 0 to 18446744073709551615");
    return *value;
}

double number_value(const YamlNode& node, double smallest, double largest, bool above) {
    const std::optional<double> value = plain_number(node);
    if (!value || *value > largest || (above ? *value <= smallest : *value < smallest))
        refuse_number(node, fmt::format("a number {} {} and at most {}", above ? "above" : "of at least", smallest, largest));
    return *value;
}

double part_value(const YamlNode& node) {
    const std::optional<double> value = plain_number(node);
    if (!value || *value < 0.001 || *value > 0.999) refuse_number(node, "a number from 0.001 to 0.999");
    return *value;
}

Bandwidth bandwidth_value(const YamlNode& node) {
    return {quantity(node, {"a bandwidth", "400 Gbit/s or 50 GB/s", 1, 1e18}, bytes_per_second_in, false)};
}

FlopRate flop_rate_value(const YamlNode& node) {
    return flops_per_second(
        quantity(node, {"a rate of operations", "989 TFLOP/s or 1.979 PFLOP/s", 1, 1e21}, flops_per_second_in, false));
}

Seconds time_value(const YamlNode& node) {
    return {quantity(node, {"a time", "1.5 us or 300 ns", 1e-15, 1e3}, seconds_in, true)};
}

Price price_value(const YamlNode& node) {
    const double amount = quantity(node, {"a price", "280000 USD or 1800 EUR", 1e-3, 1e12}, one_of_a_currency, true);
    return {amount, node.text.substr(node.text.size() - currency_letters)};
}

Power power_value(const YamlNode& node) {
    return watts(quantity(node, {"a power", "10.2 kW or 25 W", 1e-3, 1e9}, watts_in, true));
}

Bytes size_value(const YamlNode& node, bool zero_allowed) {
    return {quantity(node, {"a size", "7168 B or 80 GB", 1.0 / 8, 1e18}, bytes_in, zero_allowed)};
}

const std::vector<YamlPtr>& list_value(const YamlNode& node, std::string_view what) {
    if (node.kind != YamlNode::Kind::list || node.items.empty()) {
        if (node.kind == YamlNode::Kind::list) throw InputError(node.at, fmt::format("found an empty list; expected {}", what));
        refuse(node, fmt::format("a list of {}", what));
    }
    return node.items;
}

std::vector<std::string> texts_value(const YamlNode& node, std::string_view what) {
    std::vector<std::string> texts;
    for (const YamlPtr& item : list_value(node, what)) texts.push_back(text_value(*item, "each item"));
    return texts;
}

}  // namespace tokenyard
