// SPDX-License-Identifier: Apache-2.0
#include "crew/worker.hpp"

#include "crew/message.hpp"
#include "testing/testing_point.hpp"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <exception>

namespace tokenyard {
namespace {

/// A process whose parent is killed must not go on computing for nobody.
void die_with(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(0);  // it was gone before
}

/// The result ends with a byte of its own, without which it is not whole.
constexpr char whole = '.';

[[noreturn]] void compute(std::size_t job, int result, pid_t worker, const Work& work) noexcept {
    die_with(worker);
    testing_point("crew.job", job + 1);
    std::string text;
    try {
        text = work(job);
    } catch (...) {
        std::terminate();  // work gives all it has to say as its result
    }
    text += whole;
    const bool is_sent = send_all(result, text.data(), text.size());
    testing_point("crew.job_done", job + 1);
    _exit(is_sent ? 0 : 1);
}

std::string how_it_ended(int status) {
    if (WIFSIGNALED(status))
        return "its process was ended by signal " + std::to_string(WTERMSIG(status)) + " (" + strsignal(WTERMSIG(status)) + ")";
    return "its process ended with exit code " + std::to_string(WEXITSTATUS(status));
}

JobResult have_computed(std::size_t job, const Work& work) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return {job, true, std::string("no socket for its process: ") + std::strerror(errno)};
    const pid_t worker = getpid(), child = fork();
    if (child < 0) {
        const int reason = errno;
        close(ends[0]);
        close(ends[1]);
        return {job, true, std::string("no process for it: ") + std::strerror(reason)};
    }
    if (child == 0) {
        close(ends[0]);
        compute(job, ends[1], worker, work);
    }
    close(ends[1]);
    JobResult result{job, false, receive_rest(ends[0])};
    close(ends[0]);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    const bool is_whole = !result.text.empty() && result.text.back() == whole;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && is_whole) result.text.pop_back();
    else result = {job, true, how_it_ended(status)};
    return result;
}

}  // namespace

void work_as_worker(int socket, pid_t employer, const Work& work) noexcept {
    die_with(employer);
    for (std::uint64_t job = 0; receive_all(socket, &job, sizeof job);) {
        testing_point("crew.worker", job + 1);
        const JobResult result = have_computed(job, work);
        const MessageHeader header{job, result.is_lost ? 1U : 0U, result.text.size()};
        if (!send_all(socket, &header, sizeof header) || !send_all(socket, result.text.data(), result.text.size())) break;
    }
    _exit(0);
}

}  // namespace tokenyard
