// SPDX-License-Identifier: Apache-2.0
#include "page/page.hpp"

#include "page/assets.hpp"

#include <cassert>

namespace tokenyard {
namespace {

/// In JSON a `<` can only stand in a string, where it may be written so; then neither </script> nor <!-- can occur.
std::string without_tags(std::string_view json) {
    std::string text;
    text.reserve(json.size());
    for (const char character : json) {
        if (character == '<') text += "\\u003c";
        else text += character;
    }
    return text;
}

std::string as_page(const assets::Page& kind, std::string_view data) {
    std::string page;
    std::string_view rest = kind.html;
    const auto fill = [&](std::string_view place, std::string_view text) {
        const std::size_t at = rest.find(place);
        assert(at != std::string_view::npos && "page lost one of its places");
        page += rest.substr(0, at);
        page += text;
        rest.remove_prefix(at + place.size());
    };
    fill("/* style */", kind.style);
    fill("/* data */", without_tags(data));
    fill("/* charts */", assets::charts());
    fill("/* scripts */", kind.scripts);
    return page + std::string(rest);
}

}  // namespace

std::string as_prediction_page(std::string_view data) { return as_page(assets::prediction(), data); }
std::string as_study_page(std::string_view data) { return as_page(assets::study(), data); }

}  // namespace tokenyard
