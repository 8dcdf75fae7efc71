// SPDX-License-Identifier: Apache-2.0
// Workers: what they are given, they give back; what kills one costs its job.
#include "crew/crew.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <map>
#include <numeric>
#include <stdexcept>

namespace tokenyard {
namespace {

std::map<std::size_t, JobResult> results_of(std::size_t jobs, int workers, const Work& work) {
    std::vector<std::size_t> numbers(jobs);
    std::iota(numbers.begin(), numbers.end(), std::size_t{0});
    Crew crew(workers, work);
    Ranks ranks(workers);
    std::map<std::size_t, JobResult> results;
    run_jobs(numbers, crew, ranks, [&](const JobResult& result) {
        CHECK(results.emplace(result.job, result).second);  // once
    });
    return results;
}

}  // namespace

TEST_CASE("every job is done once, by any number of workers", "[crew]") {
    const int workers = GENERATE(1, 2, 7);
    const auto results = results_of(40, workers, [](std::size_t job) { return "job " + std::to_string(job); });
    REQUIRE(results.size() == 40);
    for (const auto& [job, result] : results) {
        CHECK(result.text == "job " + std::to_string(job));
        CHECK(!result.is_lost);
    }
}

TEST_CASE("results may be empty, or larger than any pipe", "[crew]") {
    const auto results = results_of(2, 2, [](std::size_t job) { return std::string(job * 5'000'000, 'x'); });
    CHECK(results.at(0).text == "");
    CHECK(results.at(1).text == std::string(5'000'000, 'x'));
}

TEST_CASE("a job that crashes costs itself, and its worker goes on", "[crew]") {
    const auto results = results_of(12, 2, [](std::size_t job) {
        std::signal(SIGSEGV, SIG_DFL);  // the test's own handler would report the crash as the test's
        if (job == 3) raise(SIGSEGV);
        if (job == 5) _exit(0);  // well, but without a result
        if (job == 7) _exit(9);
        if (job == 8) raise(SIGKILL);
        return std::string("fine");
    });
    REQUIRE(results.size() == 12);
    CHECK(results.at(3).text == "its process was ended by signal 11 (Segmentation fault)");
    CHECK(results.at(5).text == "its process ended with exit code 0");
    CHECK(results.at(7).text == "its process ended with exit code 9");
    CHECK(results.at(8).text == "its process was ended by signal 9 (Killed)");
    for (const auto& [job, result] : results) {
        const bool should_be_lost = job == 3 || job == 5 || job == 7 || job == 8;
        CHECK(result.is_lost == should_be_lost);
        if (!should_be_lost) CHECK(result.text == "fine");
    }
}

TEST_CASE("a worker that is killed costs its job; without any left the run fails", "[crew]") {
    const auto kill_the_worker_at = [](std::size_t fatal) {
        return [fatal](std::size_t job) {
            if (job == fatal) {
                kill(getppid(), SIGKILL);  // the worker, and with it the job's process
                pause();
            }
            return std::string("fine");
        };
    };
    const auto results = results_of(6, 2, kill_the_worker_at(1));
    REQUIRE(results.size() == 6);
    CHECK(results.at(1).is_lost);
    CHECK(results.at(1).text == "its worker was killed");
    CHECK(results.at(5).text == "fine");
    CHECK_THROWS_WITH(results_of(6, 1, kill_the_worker_at(1)), "every worker was killed");
}

}  // namespace tokenyard
