// SPDX-License-Identifier: Apache-2.0
// Errors become exit codes here, and nothing else happens.
#include "cli/checks.hpp"
#include "cli/run.hpp"
#include "input/error.hpp"

#include <cstdio>
#include <exception>

int main(int argc, char** argv) {
    try {
        return tokenyard::run(argc, argv);
    } catch (const tokenyard::InputError& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    } catch (const tokenyard::CheckFailed& error) {
        std::fprintf(stderr, "tokenyard: %s\n", error.what());
        return 4;
    } catch (const std::bad_alloc&) {
        std::fprintf(stderr, "tokenyard: error: out of memory\n");
        return 3;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "tokenyard: error: %s\n", error.what());
        return 3;
    }
}
