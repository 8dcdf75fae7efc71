// SPDX-License-Identifier: Apache-2.0
#include "import/xml_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace tokenyard {

Position place_in(const SourceText& source, std::ptrdiff_t offset) {
    Position at = source.start;
    const std::size_t end = std::min(source.text.size(), static_cast<std::size_t>(std::max<std::ptrdiff_t>(offset, 0)));
    for (std::size_t i = 0; i < end; ++i) {
        ++at.column;
        if (source.text[i] == '\n') at = {at.text, at.line + 1, 1};
    }
    return at;
}

void read_xml(const SourceText& source, const char* root, const char* what, pugi::xml_document& document) {
    const pugi::xml_parse_result result =
        document.load_buffer(source.text.data(), source.text.size(), pugi::parse_default, pugi::encoding_utf8);
    if (!result)
        throw InputError(place_in(source, result.offset),
                         fmt::format("found no XML ({}); expected {}", result.description(), what));
    const pugi::xml_node outermost = document.document_element();
    if (std::string_view(outermost.name()) != root)
        throw InputError(place_of(source, outermost), fmt::format("found <{}>; expected {}", outermost.name(), what));
}

}  // namespace tokenyard
