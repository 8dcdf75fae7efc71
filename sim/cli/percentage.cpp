// SPDX-License-Identifier: Apache-2.0
#include "cli/percentage.hpp"

#include <fmt/format.h>

#include <charconv>

namespace tokenyard {

std::optional<double> as_percentage(std::string text, double least, double most) {
    if (!text.ends_with('%')) return {};
    text.pop_back();
    while (text.ends_with(' ')) text.pop_back();
    double percent = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
    if (error != std::errc{} || end != text.data() + text.size() || !(percent >= least && percent <= most)) return {};
    return percent / 100;
}

std::string wrong_percentage(const std::string& text, double most) {
    return as_percentage(text, 0, most) ? "" : fmt::format("found '{}'; expected from 0% to {}%", text, most);
}

}  // namespace tokenyard
