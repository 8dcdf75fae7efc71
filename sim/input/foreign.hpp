// SPDX-License-Identifier: Apache-2.0
// Files of other programs, told apart by what is in them.
#pragma once

#include "input/error.hpp"

#include <span>
#include <string>
#include <string_view>

namespace tokenyard {

struct ForeignKind {
    std::string_view name;    // as `import --as` takes it; of what is not read, a name all the same
    std::string_view what;    // "an NCCL topology"
    std::string_view advice;  // completes a sentence that starts with "this is ...; "
    bool is_imported = false;
    bool (*matches)(std::string_view text);
};

/// All that are known, in the order in which they are tried.
std::span<const ForeignKind> foreign_kinds();

/// The kind of a text, which may have colour codes of a terminal in it; nullptr for none that is known. A text is looked through
/// up to its first megabyte.
const ForeignKind* foreign_kind_of(std::string_view text);

/// Throws InputError, at `file`, for a text of a foreign kind.
void refuse_foreign(std::string_view text, const Position& file);

/// Without the escape sequences by which terminals colour text.
std::string without_colours(std::string_view text);

}  // namespace tokenyard
