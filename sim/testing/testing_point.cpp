// SPDX-License-Identifier: Apache-2.0
#include "testing/testing_point.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>

namespace tokenyard {
namespace {

bool is_named(const char* variable, std::string_view point, std::size_t number) {
    const char* named = std::getenv(variable);
    return named && (named == point || named == std::string(point) + ":" + std::to_string(number));
}

}  // namespace

void testing_point(std::string_view point, std::size_t number) {
    if (is_named("TOKENYARD_KILL_AT", point, number)) std::raise(SIGKILL);
    while (is_named("TOKENYARD_WAIT_AT", point, number)) pause();
}

}  // namespace tokenyard
