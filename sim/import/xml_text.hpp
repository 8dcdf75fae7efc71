// SPDX-License-Identifier: Apache-2.0
// XML whose elements know their place.
#pragma once

#include "input/source.hpp"

#include <pugixml.hpp>

#include <cstddef>

namespace tokenyard {

Position place_in(const SourceText& source, std::ptrdiff_t offset);
inline Position place_of(const SourceText& source, const pugi::xml_node& node) { return place_in(source, node.offset_debug()); }

/// Throws InputError for what is no XML, and for another outermost element than <root>. `what`: completes "expected ...".
void read_xml(const SourceText& source, const char* root, const char* what, pugi::xml_document& document);

}  // namespace tokenyard
