// SPDX-License-Identifier: Apache-2.0
// Typed, checked values out of a document. Every refusal names its place, what was found, and what was expected.
#pragma once

#include "input/document.hpp"
#include "model/hardware.hpp"
#include "model/units.hpp"

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tokenyard {

/// A map whose keys are known. Constructing it throws for anything that is not a map and for a key not in `keys`.
class StrictMap {
public:
    /// `what` names the map in messages: "node.nics".
    StrictMap(YamlPtr node, std::string what, std::span<const std::string_view> keys);
    StrictMap(YamlPtr node, std::string what, std::initializer_list<std::string_view> keys)
        : StrictMap(std::move(node), std::move(what), std::span(keys.begin(), keys.size())) {}

    /// The value of a key or nullptr; `~` counts as absent.
    YamlPtr optional(std::string_view key) const;
    /// The value of a key; throws, at the map, when it is absent.
    YamlPtr required(std::string_view key) const;
    /// Throws, at the key, when it is present. `reason` completes "expected none, because ...".
    void refuse(std::string_view key, std::string_view reason) const;
    const Position& at() const { return node_->at; }
    const std::string& what() const { return what_; }

private:
    YamlPtr node_;
    std::string what_;
};

/// The map's `kind`, without checking its other keys. Throws unless it is one of `kinds`.
std::string kind_of(const YamlNode& node, std::string_view what, std::initializer_list<std::string_view> kinds);

/// [[noreturn]] "found <node>; expected <expected>" at the node.
[[noreturn]] void refuse(const YamlNode& node, const std::string& expected);

/// Any text but an empty one; a block of lines too.
std::string text_value(const YamlNode& node, std::string_view what);
/// A text that names something: one line, no control characters.
std::string name_value(const YamlNode& node, std::string_view what);
/// One of `words`, as its index.
int word_value(const YamlNode& node, std::span<const std::string_view> words);
inline int word_value(const YamlNode& node, std::initializer_list<std::string_view> words) {
    return word_value(node, std::span(words.begin(), words.size()));
}
/// Numbers are plain decimals: in quotes they are texts, and a leading 0 is octal elsewhere.
long count_value(const YamlNode& node, long smallest, long largest);
std::uint64_t seed_value(const YamlNode& node);
/// A number with smallest < or <= value <= largest; `above` excludes the smallest itself.
double number_value(const YamlNode& node, double smallest, double largest, bool above = false);
/// A number above 0 and below 1.
double part_value(const YamlNode& node);
/// A part of 1, of which 0.001 is the least that somebody means.
inline double efficiency_value(const YamlNode& node) { return number_value(node, 0.001, 1); }
Bandwidth bandwidth_value(const YamlNode& node);
Seconds time_value(const YamlNode& node);  // 0 allowed
FlopRate flop_rate_value(const YamlNode& node);
Price price_value(const YamlNode& node);  // 0 allowed
Power power_value(const YamlNode& node);  // 0 allowed
Bytes size_value(const YamlNode& node, bool zero_allowed = false);

/// The items of a list; throws when it is none, or is empty.
const std::vector<YamlPtr>& list_value(const YamlNode& node, std::string_view what);
std::vector<std::string> texts_value(const YamlNode& node, std::string_view what);

}  // namespace tokenyard
