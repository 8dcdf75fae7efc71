// SPDX-License-Identifier: Apache-2.0
#include "input/values.hpp"

#include "input/nearest.hpp"
#include "input/quantity.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace tokenyard {
namespace {

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

/// A plain number that the text stands for: 2 of "2:1", 1024 of "1,024".
std::vector<std::string> numbers_meant(const YamlNode& node) {
    if (node.kind != YamlNode::Kind::scalar) return {};
    const std::size_t colon = node.text.find(':');
    if (colon != std::string::npos) {
        const auto above = as_number(std::string_view(node.text).substr(0, colon));
        const auto below = as_number(std::string_view(node.text).substr(colon + 1));
        if (above && below && *below > 0) return {fmt::format("{}", *above / *below)};
    }
    std::string digits = node.text;
    std::erase_if(digits, [](char letter) { return letter == ',' || letter == '_' || letter == '\''; });
    if (digits.size() < node.text.size() && as_number(digits)) return {digits};
    return {};
}

[[noreturn]] void refuse_number(const YamlNode& node, const std::string& expected) {
    if (node.is_quoted) throw InputError(node.at, fmt::format("found the text {}; expected {}", in_quotes(node.text), expected));
    refuse(node, expected + did_you_mean(numbers_meant(node)));
}

}  // namespace

StrictMap::StrictMap(YamlPtr node, std::string what, std::span<const std::string_view> keys, Refusals* refusals)
    : node_(std::move(node)), what_(std::move(what)) {
    if (node_->kind != YamlNode::Kind::map)
        tokenyard::refuse(*node_, fmt::format("{} as a map with the keys {}", what_, fmt::join(keys, ", ")));
    const auto is_known = [&](const YamlEntry& entry) { return std::ranges::find(keys, entry.key) != keys.end(); };
    if (std::ranges::all_of(node_->entries, is_known)) return;
    std::vector<std::string_view> absent(keys.begin(), keys.end());
    std::erase_if(absent, [&](std::string_view key) { return find(*node_, key) != nullptr; });
    std::vector<Refusal> unknown;
    for (const YamlEntry& entry : node_->entries) {
        if (is_known(entry)) continue;
        const std::vector<std::string> meant = nearest(entry.key, absent);
        misspelt_.insert(misspelt_.end(), meant.begin(), meant.end());
        unknown.push_back({entry.at, fmt::format("found unknown key {} in {}; expected one of: {}{}", in_quotes(entry.key), what_,
                                                 fmt::join(keys, ", "), did_you_mean(meant))});
    }
    if (!refusals) throw InputError(std::move(unknown));
    refusals->add(unknown);
}

YamlPtr StrictMap::optional(std::string_view key) const {
    const YamlEntry* entry = find(*node_, key);
    return entry && entry->value->kind != YamlNode::Kind::nothing ? entry->value : nullptr;
}

YamlPtr StrictMap::required(std::string_view key) const {
    if (YamlPtr value = optional(key)) return value;
    if (std::ranges::find(misspelt_, key) != misspelt_.end()) throw InputError(std::vector<Refusal>());
    throw InputError(node_->at, fmt::format("found no '{}' in {}; expected it", key, what_));
}

void StrictMap::refuse(std::string_view key, std::string_view reason) const {
    const YamlEntry* entry = find(*node_, key);
    if (entry && entry->value->kind != YamlNode::Kind::nothing)
        throw InputError(entry->at, fmt::format("found '{}' in {}; expected none, because {}", key, what_, reason));
}

std::string kind_of(const YamlNode& node, std::string_view what, std::span<const std::string_view> kinds) {
    if (node.kind != YamlNode::Kind::map) refuse(node, fmt::format("{} as a map with the key kind", what));
    const YamlEntry* entry = find(node, "kind");
    if (!entry)
        throw InputError(node.at, fmt::format("found no 'kind' in {}; expected one of: {}", what, fmt::join(kinds, ", ")));
    return std::string(kinds[static_cast<std::size_t>(word_value(*entry->value, kinds))]);
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
        refuse(node, fmt::format("one of: {}{}", fmt::join(words, ", "), did_you_mean(node.text, words)));
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
