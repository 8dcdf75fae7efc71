// The one way in which input is refused.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

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

/// What the user gave is wrong. what() is "file:line:column: error: found X; expected Y".
class InputError : public std::runtime_error {
public:
    InputError(const Position& position, const std::string& message);
};

}  // namespace tokenyard
