// SPDX-License-Identifier: Apache-2.0
// The one way in which input is refused.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tokenyard {

/// A text that is read, as messages call it, and the folder that relative names in it start from.
struct TextName {
    std::string shown, directory;
};

/// A place in a text as people count it: lines and columns from 1.
struct Position {
    std::shared_ptr<const TextName> text;
    int line = 1, column = 1;
};

/// What the user wrote, in quotes and cut after some 60 bytes, for messages.
std::string in_quotes(std::string_view text);

/// What the user gave is wrong. what() is "file:line:column: error: found X; expected Y", always one line: control
/// characters out of names and values are spelt \n, \x00 and so on.
class InputError : public std::runtime_error {
public:
    InputError(const Position& position, const std::string& message);
};

}  // namespace tokenyard
