#include "input/error.hpp"

#include <fmt/format.h>

namespace tokenyard {

InputError::InputError(const Position& position, const std::string& message)
    : std::runtime_error(fmt::format("{}:{}:{}: error: {}", position.text->shown, position.line, position.column, message)) {}

}  // namespace tokenyard
