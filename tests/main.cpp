// SPDX-License-Identifier: Apache-2.0
// Catch2's main, compiled once. The test programs lie deeper than the real one, so presets are named to them.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include <cstdlib>

int main(int argc, char** argv) {
    setenv("TOKENYARD_PRESETS", TOKENYARD_SOURCE, 1);
    return Catch::Session().run(argc, argv);
}
