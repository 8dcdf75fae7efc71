// SPDX-License-Identifier: Apache-2.0
#include "cli/forked_ranks.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace tokenyard::gpu {
namespace {

constexpr double farewell_s =
    6;  // for ranks to notice by themselves that one is gone, which takes them up to 4 s (net/group.cpp)
constexpr int poll_ms = 100;

struct Child {
    pid_t process = -1;
    int messages = -1;  // what it has to say at its end; -1 when it has ended
    Outcome outcome = {0, {}};
    bool was_ended_here = false;
};

void write_all(int descriptor, const std::string& text) {
    for (std::size_t at = 0; at < text.size();) {
        const ssize_t written = write(descriptor, text.data() + at, text.size() - at);
        if (written <= 0) return;  // the parent is gone: nobody reads this
        at += static_cast<std::size_t>(written);
    }
}

[[noreturn]] void end_child(int messages, const Outcome& outcome) {
    std::fflush(nullptr);
    write_all(messages, outcome.message);
    _exit(outcome.exit_code);
}

Child fork_one(int rank, const std::function<int(int, const LastWords&)>& work) {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error(std::string("cannot make a pipe: ") + std::strerror(errno));
    std::fflush(nullptr);  // or both would write what waits
    const pid_t parent = getpid(), process = fork();
    if (process < 0) throw std::runtime_error(std::string("cannot start a rank: ") + std::strerror(errno));
    if (process > 0) {
        close(ends[1]);
        return {process, ends[0]};
    }
    close(ends[0]);
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // no ranks without their parent
    if (getppid() != parent) _exit(3);
    setenv("CUDA_MODULE_LOADING", "EAGER", 0);  // loading a kernel waits for the device, where a rank on the same GPU may spin
    const int messages = ends[1];
    const LastWords last_words = [messages](const std::string& why) {
        end_child(messages, {3, "tokenyard-gpu: error: " + why + "\n"});
    };
    end_child(messages, outcome_of([&] { return work(rank, last_words); }));
}

/// Reads what has come; at the end of it waits for the process and keeps what it ended with.
void read_from(Child& child, int rank) {
    char piece[4096];
    const ssize_t count = read(child.messages, piece, sizeof piece);
    if (count > 0) child.outcome.message.append(piece, static_cast<std::size_t>(count));
    if (count > 0 || (count < 0 && errno == EINTR)) return;
    close(child.messages);
    child.messages = -1;
    int status = 0;
    while (waitpid(child.process, &status, 0) < 0 && errno == EINTR) continue;
    child.outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 3;
    if (!WIFEXITED(status) && !child.was_ended_here)
        child.outcome.message += "tokenyard-gpu: error: rank " + std::to_string(rank) + " was ended by signal " +
                                 std::to_string(WTERMSIG(status)) + "\n";
}

/// Writes messages, each once.
class Messages {
public:
    void say(const std::string& message) {
        if (message.empty() || std::find(said_.begin(), said_.end(), message) != said_.end()) return;
        said_.push_back(message);
        std::fputs(message.c_str(), stderr);
    }

private:
    std::vector<std::string> said_;
};

int exit_code_of(const std::vector<Outcome>& outcomes) {
    int code = 0;
    for (const Outcome& outcome : outcomes)
        if (outcome.exit_code == 3 || code == 0) code = outcome.exit_code;
    return code;
}

}  // namespace

int fork_ranks(int ranks, const std::function<int(int, const LastWords&)>& work, const std::function<void()>& forked) {
    std::vector<Child> children;
    for (int rank = 0; rank < ranks; ++rank) children.push_back(fork_one(rank, work));
    forked();
    Messages messages;
    Moment end = Moment::max();
    for (int running = ranks; running > 0;) {
        std::vector<pollfd> watched;
        for (const Child& child : children) watched.push_back({child.messages, POLLIN, 0});  // poll passes over -1
        poll(watched.data(), watched.size(), poll_ms);
        for (std::size_t rank = 0; rank < children.size(); ++rank) {
            Child& child = children[rank];
            if (child.messages < 0 || watched[rank].revents == 0) continue;
            read_from(child, static_cast<int>(rank));
            if (child.messages >= 0) continue;
            --running;
            messages.say(child.outcome.message);
            const bool is_bad = child.outcome.exit_code != 0 && child.outcome.exit_code != 4;  // 4 ends all by itself
            if (is_bad && end == Moment::max()) end = seconds_from_now(farewell_s);
        }
        if (Clock::now() < end) continue;
        for (Child& child : children)
            if (child.messages >= 0 && !std::exchange(child.was_ended_here, true)) kill(child.process, SIGKILL);
    }
    std::vector<Outcome> outcomes;
    for (const Child& child : children) outcomes.push_back(child.outcome);
    return exit_code_of(outcomes);
}

int combined(const std::vector<Outcome>& outcomes) {
    Messages messages;
    for (const Outcome& outcome : outcomes) messages.say(outcome.message);
    return exit_code_of(outcomes);
}

void share_a_gpu(int rank) {
    const std::string host = "tokenyard-rank-" + std::to_string(rank);
    const std::pair<const char*, const char*> settings[] = {
        {"NCCL_HOSTID", host.c_str()},     {"NCCL_NET", "Socket"},
        {"NCCL_NET_PLUGIN", "none"},       {"NCCL_SOCKET_IFNAME", "lo"},
        {"NCCL_SOCKET_FAMILY", "AF_INET"}, {"NCCL_IB_DISABLE", "1"},
        {"NCCL_CUMEM_ENABLE", "0"},        {"NCCL_CUMEM_HOST_ENABLE", "0"},
        {"NCCL_NVLS_ENABLE", "0"},         {"NCCL_RAS_ENABLE", "0"},
        {"NCCL_MNNVL_ENABLE", "0"},        {"NCCL_P2P_DISABLE", "1"},
        {"NCCL_SHM_DISABLE", "1"},         {"NCCL_MAX_NCHANNELS", "2"},
    };
    for (const auto& [name, value] : settings) setenv(name, value, 0);
}

}  // namespace tokenyard::gpu
