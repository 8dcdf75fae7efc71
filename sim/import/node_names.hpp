// SPDX-License-Identifier: Apache-2.0
// Names of nodes as cluster managers shorten them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tokenyard {

inline constexpr std::size_t most_node_names = 65536;

/// Adds "a[01-03,7],b" as a01, a02, a03, a7, b. Brackets come once in a name. False where brackets or numbers are wrong, for a
/// name without a character, and for more names than are allowed.
bool add_node_names(std::string_view text, std::vector<std::string>& names);

}  // namespace tokenyard
