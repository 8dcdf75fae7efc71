// SPDX-License-Identifier: Apache-2.0
#include "cli/trace.hpp"

#include <charconv>
#include <cstdlib>

namespace tokenyard::gpu {

// std::to_chars finds the digits, but chooses between the notations by length; here the exponent decides.
void append_shortest(std::string& text, float value) {
    char scientific[32];
    char* const end = std::to_chars(scientific, scientific + sizeof scientific, value, std::chars_format::scientific).ptr;
    const std::string all(scientific, end);  // d.ddde-05
    const std::size_t mark = all.find('e');
    const int exponent = std::atoi(all.c_str() + mark + 1);
    if (exponent < -4 || exponent >= 16) {
        text += all;
        return;
    }
    std::string digits = all.substr(0, 1);
    if (mark > 1) digits.append(all, 2, mark - 2);
    if (exponent < 0) {
        text += "0.";
        text.append(static_cast<std::size_t>(-exponent - 1), '0');
        text += digits;
        return;
    }
    const auto whole = static_cast<std::size_t>(exponent) + 1;  // digits before the point
    text.append(digits, 0, whole);
    if (digits.size() <= whole) {
        text.append(whole - digits.size(), '0');
    } else {
        text += '.';
        text.append(digits, whole);
    }
}

void append_trace(std::string& text, int rank, const oracle::Choices& choices, int experts_per_token) {
    const auto k = static_cast<std::size_t>(experts_per_token);
    for (std::size_t first = 0; first < choices.expert_ids.size(); first += k) {
        text += std::to_string(rank);
        for (std::size_t copy = first; copy < first + k; ++copy) {
            text += copy == first ? ',' : ' ';
            text += std::to_string(choices.expert_ids[copy]);
        }
        for (std::size_t copy = first; copy < first + k; ++copy) {
            text += copy == first ? ',' : ' ';
            append_shortest(text, choices.weights[copy]);
        }
        text += '\n';
    }
}

}  // namespace tokenyard::gpu
