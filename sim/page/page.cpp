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

}  // namespace

std::string as_page(std::string_view data) {
    std::string page;
    std::string_view rest = assets::html();
    const auto fill = [&](std::string_view place, std::string_view text) {
        const std::size_t at = rest.find(place);
        assert(at != std::string_view::npos && "page.html lost one of its places");
        page += rest.substr(0, at);
        page += text;
        rest.remove_prefix(at + place.size());
    };
    fill("/* page.css */", assets::css());
    fill("/* data */", without_tags(data));
    fill("/* echarts.min.js */", assets::charts());
    fill("/* page.js */", assets::js());
    return page + std::string(rest);
}

}  // namespace tokenyard
