// SPDX-License-Identifier: Apache-2.0
// The real program on studies, killed: what was stored stays, what was not is computed, and nobody goes on for nobody. Where it
// is killed is said by name: sim/testing/testing_point.hpp.
#include "support/files.hpp"
#include "support/process.hpp"
#include "support/sweeps.hpp"

#include <catch2/catch.hpp>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cctype>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace tokenyard {
namespace {

/// What the whole study gives when nothing is killed.
std::string whole_csv(const SweepFolder& folder) {
    const ProcessResult whole = run_tokenyard("sweep s.yaml --results :memory: --csv -", folder.path());
    REQUIRE(whole.exit_code == 0);
    return whole.out;
}

std::vector<pid_t> children_of(pid_t process) {
    const std::string path = "/proc/" + std::to_string(process) + "/task/" + std::to_string(process) + "/children";
    std::vector<pid_t> children;
    if (FILE* file = fopen(path.c_str(), "r")) {
        for (int child = 0; fscanf(file, "%d", &child) == 1;) children.push_back(child);
        fclose(file);
    }
    return children;
}

/// Gone, or a zombie that nobody has waited for yet.
bool is_gone(pid_t process) {
    char letter = 'Z';
    if (FILE* file = fopen(("/proc/" + std::to_string(process) + "/stat").c_str(), "r")) {
        if (fscanf(file, "%*d (%*[^)]) %c", &letter) != 1) letter = 'Z';
        fclose(file);
    }
    return letter == 'Z';
}

/// Looks until it is so. False after a minute: this is for what must come, however slow the machine is.
bool comes_true(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

/// Starts a sweep whose cases wait where they should begin to compute; its output is lost.
pid_t start_waiting_sweep(const std::string& folder) {
    const pid_t process = fork();
    if (process != 0) return process;
    setenv("TOKENYARD_WAIT_AT", "crew.job", 1);
    if (chdir(folder.c_str()) != 0 || !freopen("/dev/null", "w", stdout) || !freopen("err.txt", "w", stderr)) _exit(99);
    execl(TOKENYARD_PROGRAM, TOKENYARD_PROGRAM, "sweep", "s.yaml", "--jobs", "2", static_cast<char*>(nullptr));
    _exit(99);
}

}  // namespace

struct KillInStore {
    const char *point, *rows;
};
const KillInStore kills_in_store[] = {
    {"store.open", "0"},          {"store.begin", "0"},   {"store.begun", "0"},           {"store.row:1", "0"},
    {"store.row_written:1", "1"}, {"store.row:20", "19"}, {"store.row_written:20", "20"}, {"store.row_written:36", "36"}};

TEST_CASE("a sweep that is killed keeps the rows that it has written, and ends with the same ones", "[sweep][full]") {
    const std::string whole = whole_csv(SweepFolder());
    for (const KillInStore& kill : kills_in_store) {
        INFO("at " << kill.point);
        const SweepFolder folder;
        const std::string file = folder.path("s.sqlite");
        CHECK(run_tokenyard_killed_at(kill.point, "sweep s.yaml --jobs 1 --quiet", folder.path()).exit_code == killed);
        CHECK(ask(file, "PRAGMA integrity_check") == "ok");
        CHECK(ask(file, "SELECT count(*) FROM cases") == kill.rows);
        const ProcessResult rest = run_tokenyard("sweep s.yaml --resume --csv -", folder.path());
        CHECK(rest.err == "tokenyard: results are in s.sqlite\n");
        CHECK(rest.out == whole);
        CHECK(ask(file, "SELECT count(*) FROM cases") == "36");
    }
}

TEST_CASE("a sweep that is killed again and again ends with the same rows", "[sweep]") {
    const SweepFolder folder;
    const std::string whole = whole_csv(folder);
    for (const char* point : {"store.begin", "store.row:1", "store.begun", "store.row:12", "store.open", "store.row_written:25"})
        CHECK(run_tokenyard_killed_at(point, "sweep s.yaml --resume --jobs 2 --quiet", folder.path()).exit_code == killed);
    const ProcessResult rest = run_tokenyard("sweep s.yaml --resume --csv -", folder.path());
    CHECK(rest.err == "tokenyard: results are in s.sqlite\n");
    CHECK(rest.out == whole);
}

TEST_CASE("a sweep that is killed takes its workers with it", "[sweep]") {
    const SweepFolder folder;
    const pid_t process = start_waiting_sweep(folder.path());
    std::vector<pid_t> others;
    REQUIRE(comes_true([&] {
        others = children_of(process);
        if (others.size() != 2) return false;
        for (const pid_t worker : {others[0], others[1]})
            for (const pid_t job : children_of(worker)) others.push_back(job);
        return others.size() == 4;
    }));
    kill(process, SIGKILL);
    int status = 0;
    REQUIRE(waitpid(process, &status, 0) == process);
    for (const pid_t each : others) CHECK(comes_true([&] { return is_gone(each); }));
}

TEST_CASE("a sweep that is interrupted says how to go on", "[sweep]") {
    const int signal = GENERATE(SIGINT, SIGTERM);
    const SweepFolder folder;
    const pid_t process = start_waiting_sweep(folder.path());
    REQUIRE(comes_true([&] { return children_of(process).size() == 2; }));
    REQUIRE(comes_true([&] {  // its handler stands before it hands out the first job
        for (const pid_t worker : children_of(process))
            if (!children_of(worker).empty()) return true;
        return false;
    }));
    kill(process, signal);
    int status = 0;
    REQUIRE(waitpid(process, &status, 0) == process);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == signal);
    CHECK_THAT(
        read_file(folder.path("err.txt")),
        Catch::Matchers::Contains("\ntokenyard: interrupted; s.sqlite has every case that was done, and the same command with "
                                  "--resume goes on from there\n"));
}

TEST_CASE("a case whose process is killed is a row that says so, and is computed again when asked", "[sweep][full]") {
    const std::string point = GENERATE("crew.job:2", "crew.job_done:2");
    const SweepFolder folder;
    const std::string whole = whole_csv(folder), file = folder.path("s.sqlite");
    CHECK(run_tokenyard_killed_at(point, "sweep s.yaml --quiet", folder.path()).exit_code == 0);
    CHECK(ask(file, "SELECT status || ': ' || error FROM cases WHERE \"case\" = 2") ==
          "failed: its process was ended by signal 9 (Killed)");
    CHECK(ask(file, "SELECT count(*) FROM cases WHERE status = 'done'") == "23");
    CHECK(run_tokenyard("sweep s.yaml --resume --quiet", folder.path()).exit_code == 0);
    CHECK(ask(file, "SELECT status FROM cases WHERE \"case\" = 2") == "failed");  // not computed again unless asked
    CHECK(run_tokenyard("sweep s.yaml --resume --retry --csv -", folder.path()).out == whole);
}

TEST_CASE("a worker that is killed costs its case, and the others go on", "[sweep]") {
    const SweepFolder folder;
    const std::string whole = whole_csv(folder), file = folder.path("s.sqlite");
    CHECK(run_tokenyard_killed_at("crew.worker:2", "sweep s.yaml --jobs 2 --quiet", folder.path()).exit_code == 0);
    CHECK(ask(file, "SELECT status || ': ' || error FROM cases WHERE \"case\" = 2") == "failed: its worker was killed");
    CHECK(ask(file, "SELECT count(*) FROM cases WHERE status = 'done'") == "23");
    const ProcessResult last =
        run_tokenyard_killed_at("crew.worker:2", "sweep s.yaml --results last.sqlite --jobs 1 --quiet", folder.path());
    CHECK(last.err == "tokenyard: error: every worker was killed\n");
    CHECK(last.exit_code == 3);
    CHECK(run_tokenyard("sweep s.yaml --resume --retry --csv -", folder.path()).out == whole);
}

}  // namespace tokenyard
