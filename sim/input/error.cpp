// SPDX-License-Identifier: Apache-2.0
#include "input/error.hpp"

#include <fmt/format.h>

namespace tokenyard {
namespace {

std::string on_one_line(std::string_view text) {
    std::string line;
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        if (character == '\n') line += "\\n";
        else if (character == '\t') line += "\\t";
        else if (byte < 0x20 || byte == 0x7F) line += fmt::format("\\x{:02x}", byte);
        else line += character;
    }
    return line;
}

}  // namespace

std::string in_quotes(std::string_view text) {
    constexpr std::size_t longest = 60;
    if (text.size() <= longest) return fmt::format("'{}'", text);
    std::size_t end = longest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not inside a UTF-8 character
    return fmt::format("'{}...'", text.substr(0, end));
}

InputError::InputError(const Position& position, const std::string& message)
    : std::runtime_error(
          on_one_line(fmt::format("{}:{}:{}: error: {}", position.text->shown, position.line, position.column, message))) {}

}  // namespace tokenyard
