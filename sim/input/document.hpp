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
/// anchors that are not complete, more than 64 levels. An empty text gives a node of kind `nothing`.
YamlPtr parse_yaml(const SourceText& source);

/// The value of a key, or nullptr. Pre: map is a map.
const YamlEntry* find(const YamlNode& map, std::string_view key);

/// "a map", "a list", "nothing", or the scalar in quotes, for messages.
std::string describe(const YamlNode& node);

/// `over` on top of `base`: maps key by key, all else replaced, `~` removes; a map of another `kind` replaces whole.
YamlPtr merge(const YamlPtr& base, const YamlPtr& over);

/// Sets `path` (keys and list indices joined by dots) to the YAML in `value`, making maps where there are none.
/// Throws InputError, at the place "--set PATH", for a path through something that is neither map nor list.
YamlPtr with_override(const YamlPtr& root, const std::string& path, const std::string& value);

}  // namespace tokenyard
