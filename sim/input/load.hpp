// SPDX-License-Identifier: Apache-2.0
// A file, what it is based on, and what the command line overrides, as one document.
#pragma once

#include "input/document.hpp"
#include "input/source.hpp"
#include "model/case.hpp"

#include <string>
#include <vector>

namespace tokenyard {

struct LoadedDocument {
    YamlPtr root;                  // a map without the key `base`
    std::vector<InputFile> files;  // the file itself, then its bases
};

/// Reads `name` and every `base:` below it, which may be a list: a file is on top of what it is based on, and of two bases the
/// later one on top, but for what both are based on, which is below both. Throws InputError; a circle of bases is one.
LoadedDocument load_document(const std::string& name, PresetKind kind);

/// The file of that name, with or without .yaml, beside the text that mentions it, or else the preset; of parts the preset first.
/// What load_document takes. Throws InputError for neither.
std::string file_or_preset(const YamlNode& mention, PresetKind kind);

/// `over` on top of `base`: maps key by key, all else replaced, `~` removes; a map of another `kind` replaces whole.
YamlPtr merge(const YamlPtr& base, const YamlPtr& over);

/// Sets a path (keys and list indices joined by dots) to the YAML in the value, making maps where there are none.
/// Throws InputError, at the place "--set PATH", for a path through something that is neither map nor list, and for
/// an empty value (`~` removes).
YamlPtr with_override(const YamlPtr& root, const Override& one);

/// The file whose key a path names, and the path in it. A path may start with `cluster.`, `workload.` or `calibration.`;
/// without, its first key decides, and one that several or none have is an InputError at `at`.
struct QualifiedKey {
    PresetKind kind;
    std::string path;
};
QualifiedKey qualified_key(const std::string& path, const Position& at);

/// Overrides sorted by the file whose keys they name, at the place "--set PATH".
struct SortedOverrides {
    std::vector<Override> cluster, workload, calibration;  // paths without the prefix

    std::vector<Override>& of(PresetKind kind) {
        return kind == PresetKind::cluster ? cluster : kind == PresetKind::workload ? workload : calibration;
    }
};
SortedOverrides sort_overrides(const std::vector<Override>& overrides);

YamlPtr with_overrides(YamlPtr root, const std::vector<Override>& overrides);

}  // namespace tokenyard
