// SPDX-License-Identifier: Apache-2.0
#include "calibrate/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace tokenyard::gpu {
namespace {

constexpr const char* this_program = "/proc/self/exe";

struct Pipe {
    Pipe() {
        if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error(std::string("cannot make a pipe: ") + std::strerror(errno));
    }
    int ends[2];
};

[[noreturn]] void become(const ChildRun& run, const Pipe& out, const Pipe& err) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (const auto& [name, value] : run.environment) setenv(name.c_str(), value.c_str(), 1);
    dup2(out.ends[1], STDOUT_FILENO);
    dup2(err.ends[1], STDERR_FILENO);
    std::vector<char*> arguments{const_cast<char*>("tokenyard-gpu")};
    for (const std::string& argument : run.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    execv(this_program, arguments.data());
    _exit(127);
}

/// Reads both until both are at their ends.
void drain(const Pipe& out, const Pipe& err, ChildResult& result) {
    pollfd ends[2] = {{out.ends[0], POLLIN, 0}, {err.ends[0], POLLIN, 0}};
    std::string* const texts[2] = {&result.out, &result.err};
    for (int open = 2; open > 0;) {
        if (poll(ends, 2, -1) < 0) continue;
        for (int i = 0; i < 2; ++i) {
            if (ends[i].fd < 0 || ends[i].revents == 0) continue;
            char piece[65536];
            const ssize_t count = read(ends[i].fd, piece, sizeof piece);
            if (count > 0) texts[i]->append(piece, static_cast<std::size_t>(count));
            if (count > 0 || (count < 0 && errno == EINTR)) continue;
            close(ends[i].fd);
            ends[i].fd = -1;
            --open;
        }
    }
}

}  // namespace

ChildResult run_child(const ChildRun& run) {
    const Pipe out, err;
    const pid_t process = fork();
    if (process < 0) throw std::runtime_error(std::string("cannot start a process: ") + std::strerror(errno));
    if (process == 0) become(run, out, err);
    close(out.ends[1]);
    close(err.ends[1]);
    ChildResult result;
    drain(out, err, result);
    int status = 0;
    while (waitpid(process, &status, 0) < 0 && errno == EINTR) continue;
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result;
}

}  // namespace tokenyard::gpu
