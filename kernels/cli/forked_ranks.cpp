// SPDX-License-Identifier: Apache-2.0
#include "cli/forked_ranks.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace tokenyard::gpu {
namespace {

struct Child {
    pid_t process = -1;
    int messages = -1;  // what it has to say at its end
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

std::string read_all(int descriptor) {
    std::string text;
    char piece[4096];
    for (ssize_t count = 0; (count = read(descriptor, piece, sizeof piece)) > 0 || (count < 0 && errno == EINTR);)
        if (count > 0) text.append(piece, static_cast<std::size_t>(count));
    close(descriptor);
    return text;
}

}  // namespace

std::vector<Outcome> fork_ranks(int ranks, const std::function<int(int, const LastWords&)>& work) {
    std::vector<Child> children;
    for (int rank = 0; rank < ranks; ++rank) children.push_back(fork_one(rank, work));
    std::vector<Outcome> outcomes;
    for (int rank = 0; rank < ranks; ++rank) {
        const Child& child = children[static_cast<std::size_t>(rank)];
        Outcome outcome{3, read_all(child.messages)};
        int status = 0;
        while (waitpid(child.process, &status, 0) < 0 && errno == EINTR) continue;
        if (WIFEXITED(status)) outcome.exit_code = WEXITSTATUS(status);
        else
            outcome.message += "tokenyard-gpu: error: rank " + std::to_string(rank) + " was ended by signal " +
                               std::to_string(WTERMSIG(status)) + "\n";
        outcomes.push_back(outcome);
    }
    return outcomes;
}

int combined(const std::vector<Outcome>& outcomes) {
    std::vector<std::string> said;
    int code = 0;
    for (const Outcome& outcome : outcomes) {
        if (outcome.exit_code == 3 || code == 0) code = outcome.exit_code;
        if (outcome.message.empty() || std::find(said.begin(), said.end(), outcome.message) != said.end()) continue;
        said.push_back(outcome.message);
        std::fputs(outcome.message.c_str(), stderr);
    }
    return code;
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
