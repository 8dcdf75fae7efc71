// SPDX-License-Identifier: Apache-2.0
#include "cli/seed.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

namespace tokenyard {

std::string wrong_seed(const std::string& text) {
    std::uint64_t seed = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
    if (!text.empty() && error == std::errc{} && end == text.data() + text.size() && (text == "0" || text[0] != '0')) return {};
    return fmt::format("found '{}'; expected a whole number from 0 to 18446744073709551615", text);
}

}  // namespace tokenyard
