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

/// A map whose keys are known. Constructing it throws for anything that is not a map and for keys not in `keys`; these are left
/// to `refusals` where they are given, so that the rest is read too.
class StrictMap {
public:
    /// `what` names the map in messages: "node.nics".
    StrictMap(YamlPtr node, std::string what, std::span<const std::string_view> keys, Refusals* refusals = nullptr);
    StrictMap(YamlPtr node, std::string what, std::initializer_list<std::string_view> keys, Refusals* refusals = nullptr)
        : StrictMap(std::move(node), std::move(what), std::span(keys.begin(), keys.size()), refusals) {}

    /// The value of a key or nullptr; `~` counts as absent.
    YamlPtr optional(std::string_view key) const;
    /// The value of a key; throws, at the map, when it is absent: without a refusal where an unknown key was taken for it.
    YamlPtr required(std::string_view key) const;
    /// Throws, at the key, when it is present. `reason` completes "expected none, because ...".
    void refuse(std::string_view key, std::string_view reason) const;
    const Position& at() const { return node_->at; }
    const std::string& what() const { return what_; }

private:
    YamlPtr node_;
    std::string what_;
    std::vector<std::string> misspelt_;  // keys that unknown ones were taken for
};

/// Gives the value of a key to `take`, and what it refuses to `refusals`; gives whether there was nothing to refuse.
template <class Take>
bool read_if_there(const StrictMap& map, std::string_view key, Refusals& refusals, const Take& take) {
    const YamlPtr value = map.optional(key);
    return !value || refusals.attempt([&] { take(*value); });
}

/// The same of a key that must be there.
template <class Take>
bool read_required(const StrictMap& map, std::string_view key, Refusals& refusals, const Take& take) {
    return refusals.attempt([&] { take(*map.required(key)); });
}

/// The map's `kind`, without checking its other keys. Throws unless it is one of `kinds`.
std::string kind_of(const YamlNode& node, std::string_view what, std::span<const std::string_view> kinds);
inline std::string kind_of(const YamlNode& node, std::string_view what, std::initializer_list<std::string_view> kinds) {
    return kind_of(node, what, std::span(kinds.begin(), kinds.size()));
}

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

/// What the items of `sources` are, of any kind of file.
inline constexpr std::string_view sources_are = "texts that say where the numbers come from";

}  // namespace tokenyard
