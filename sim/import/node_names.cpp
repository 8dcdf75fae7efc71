// SPDX-License-Identifier: Apache-2.0
#include "import/node_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tokenyard {
namespace {

/// Adds "n[001-003,7]" as n001, n002, n003, n7; false where brackets or numbers are wrong. Brackets come once in a name.
bool add_range(std::string_view item, std::vector<std::string>& names) {
    const std::size_t open = item.find('['), close = item.find(']');
    if (open == std::string_view::npos && close == std::string_view::npos) {
        names.emplace_back(item);
        return !item.empty() && names.size() <= most_node_names;
    }
    if (open == std::string_view::npos || close == std::string_view::npos || close < open ||
        item.find('[', open + 1) != std::string_view::npos)
        return false;
    const std::string_view before = item.substr(0, open), behind = item.substr(close + 1);
    std::string_view list = item.substr(open + 1, close - open - 1);
    while (!list.empty()) {
        const std::string_view range = list.substr(0, list.find(','));
        list.remove_prefix(std::min(range.size() + 1, list.size()));
        const std::string_view first = range.substr(0, range.find('-'));
        const std::string_view last = range.find('-') == std::string_view::npos ? first : range.substr(first.size() + 1);
        long from = 0, to = 0;
        const auto is_number = [](std::string_view text, long& value) {
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
            return error == std::errc{} && end == text.data() + text.size() && value >= 0;
        };
        if (!is_number(first, from) || !is_number(last, to) || to < from || to - from >= static_cast<long>(most_node_names))
            return false;
        for (long number = from; number <= to; ++number)
            names.push_back(fmt::format("{}{:0{}}{}", before, number, first.size(), behind));
        if (names.size() > most_node_names) return false;
    }
    return true;
}

}  // namespace

bool add_node_names(std::string_view text, std::vector<std::string>& names) {
    std::size_t start = 0;
    int depth = 0;
    for (std::size_t at = 0; at <= text.size(); ++at) {
        if (at < text.size() && text[at] == '[') ++depth;
        if (at < text.size() && text[at] == ']') --depth;
        if (at < text.size() && (text[at] != ',' || depth > 0)) continue;
        if (!add_range(text.substr(start, at - start), names)) return false;
        start = at + 1;
    }
    return true;
}

}  // namespace tokenyard
