// SPDX-License-Identifier: Apache-2.0
// YAML as a tree that remembers where everything stood. Stricter than YAML: no repeated keys, no tags, one document.
#pragma once

#include "input/error.hpp"
#include "input/source.hpp"

#include <memory>
#include <string>
#include <vector>

namespace tokenyard {

struct YamlNode;
using YamlPtr = std::shared_ptr<const YamlNode>;

/// One value of a document. Never changed once it is made, so aliases and bases may share it.
struct YamlEntry {
    std::string key;
    Position at;
    YamlPtr value;
};

struct YamlNode {
    enum class Kind { nothing, scalar, list, map };
    Kind kind = Kind::nothing;
    Position at;
    std::string text;                // scalar
    bool is_quoted = false;          // scalar
    std::vector<YamlPtr> items;      // list
    std::vector<YamlEntry> entries;  // map, in the order of the file
};

/// Throws InputError on anything that is not one well-formed document: syntax, repeated keys, tags, aliases of
/// anchors that are not complete, keys without a value (`~` says nothing), more than 64 levels with what aliases stand
/// for, aliases that stand for more than a million values and characters, more than 1,000 keys in a map. So whoever writes
/// the tree out comes to an end. An empty text gives a node of kind `nothing`. Lines count from that of `source.start`.
YamlPtr parse_yaml(const SourceText& source);

/// The value of a key, or nullptr. Pre: map is a map.
const YamlEntry* find(const YamlNode& map, std::string_view key);

/// "a map", "a list", "nothing", or the scalar in quotes (cut when it is long), for messages.
std::string describe(const YamlNode& node);

}  // namespace tokenyard
