// Errors become exit codes here, and nothing else happens.
#include "cli/run.hpp"
#include "cuda/error.hpp"

#include <cstdio>
#include <exception>

int main(int argc, char** argv) {
    try {
        return tokenyard::gpu::run({argv + 1, argv + argc});
    } catch (const tokenyard::gpu::UsageError& error) {
        std::fprintf(stderr, "%s\nRun with --help for more information.\n", error.what());
        return 1;
    } catch (const tokenyard::gpu::InputError& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    } catch (const tokenyard::gpu::NoDevice& error) {
        std::fprintf(stderr, "tokenyard-gpu: no GPU here, skipped: %s\n", error.what());
        return 77;  // what ctest and automake take for skipped
    } catch (const std::exception& error) {
        std::fprintf(stderr, "tokenyard-gpu: error: %s\n", error.what());
        return 3;
    }
}
