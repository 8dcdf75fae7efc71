// SPDX-License-Identifier: Apache-2.0
// The script for a machine with a GPU, rehearsed over the emulated program, and killed.
#include "support/files.hpp"
#include "support/process.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace tokenyard {
namespace {

/// gpu_day.sh PART out ... in a folder; `program` in place of the one that it would build.
ProcessResult gpu_day(const TemporaryFolder& folder, const std::string& arguments, const std::string& program,
                      const std::string& variables = "") {
    return run_program(
        "/usr/bin/env",
        variables + " TOKENYARD_GPU_PROGRAM='" + program + "' '" TOKENYARD_SOURCE "/kernels/gpu_day.sh' " + arguments,
        folder.path());
}

std::vector<std::string> files_in(const std::string& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
}

bool archive_has(const TemporaryFolder& folder, const std::string& archive, const std::string& file) {
    return run_program("tar", "-xzOf out/" + archive + " " + file, folder.path()).exit_code == 0;
}

/// A program that does nothing, but for one verb, in which it says so and stays.
std::string program_that_stays(const TemporaryFolder& folder, const std::string& verb) {
    folder.write("program", "#!/bin/sh\necho \"$1\"\n[ \"$1\" != " + verb + " ] || { touch '" + folder.path("is_there") +
                                "'; exec sleep 30; }\n");
    std::filesystem::permissions(folder.path("program"), std::filesystem::perms::owner_all);
    return folder.path("program");
}

}  // namespace

TEST_CASE("gpu_day.sh runs to its end over the emulated program, and leaves four files", "[kernels][full]") {
    const TemporaryFolder folder;
    const ProcessResult rates = gpu_day(folder, "rates out --quick", TOKENYARD_GPU_PROGRAM),
                        ranks = gpu_day(folder, "ranks out --quick", TOKENYARD_GPU_PROGRAM);
    INFO(rates.out << ranks.out << rates.err << ranks.err);
    CHECK(rates.exit_code == 0);
    CHECK(ranks.exit_code == 0);
    CHECK(files_in(folder.path("out")) == std::vector<std::string>{"ranks.tar.gz", "ranks.txt", "rates.tar.gz", "rates.txt"});
    CHECK(read_file(folder.path("out/rates.txt")) == rates.out);
    for (const char* file : {"rates/selftest.log", "rates/bench.jsonl"}) CHECK(archive_has(folder, "rates.tar.gz", file));
    for (const char* file : {"ranks/exchange_1_fp8.jsonl", "ranks/exchange_4_layer.jsonl", "ranks/calibration.jsonl",
                             "ranks/exchange_8_uniform.jsonl"})
        CHECK(archive_has(folder, "ranks.tar.gz", file));
}

TEST_CASE("gpu_day.sh that is killed has lost nothing but the step under way", "[kernels]") {
    const TemporaryFolder folder;
    const std::string program = program_that_stays(folder, "bench");
    folder.write("run.sh", "setsid env TOKENYARD_GPU_PROGRAM='" + program +
                               "' '" TOKENYARD_SOURCE
                               "/kernels/gpu_day.sh' rates out >said & run=$!\n"
                               "while [ ! -e is_there ]; do sleep 0.05; done\nkill -9 -- -$run\n");
    run_program("/bin/sh", "run.sh 2>/dev/null", folder.path());
    CHECK(archive_has(folder, "rates.tar.gz", "rates/selftest.log"));
    CHECK(!archive_has(folder, "rates.tar.gz", "rates/pytorch.log"));
    CHECK_THAT(read_file(folder.path("out/rates.txt")), Catch::Contains("ok      selftest ("));
}

TEST_CASE("gpu_day.sh names the steps that it has no time for", "[kernels]") {
    const TemporaryFolder folder;
    const ProcessResult result = gpu_day(folder, "ranks out", program_that_stays(folder, "exchange"), "TOKENYARD_GPU_DEADLINE=5");
    INFO(result.out);
    CHECK(result.exit_code == 1);
    CHECK_THAT(result.out, Catch::Contains("FAILED  exchange_1 (") && Catch::Contains("exit 124)") &&
                               Catch::Contains("late    calibrate: no time is left\n") &&
                               Catch::EndsWith("failed: exchange_1\n"));
    CHECK(archive_has(folder, "ranks.tar.gz", "ranks/exchange_1.log"));
}

TEST_CASE("gpu_day.sh says how it is called", "[kernels]") {
    const TemporaryFolder folder;
    for (const char* arguments : {"", "out", "everything out", "rates out --slow"}) DYNAMIC_SECTION(arguments) {
            const ProcessResult result = gpu_day(folder, arguments, "none");
            CHECK(result.err == "usage: gpu_day.sh rates|ranks OUTDIR [--quick]\n");
            CHECK(result.exit_code == 1);
        }
}

}  // namespace tokenyard
