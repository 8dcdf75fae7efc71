// SPDX-License-Identifier: Apache-2.0
// The ranks of a run, before and beside the network that is measured: they exchange small pieces of host memory, wait for each
// other, and learn within the timeout when one of them is dead or late, and which.
#pragma once

#include "net/frames.hpp"
#include "net/hub.hpp"
#include "net/place.hpp"
#include "net/socket.hpp"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace tokenyard::gpu {

/// The run is over for everybody: which rank is at fault and why.
struct GroupError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Called when a rank hangs in a call that nothing can interrupt although the run has failed: says why, and ends the process.
using LastWords = std::function<void(const std::string& why)>;

class Group {
public:
    /// Meets the others at place.address:place.port, where rank 0 serves `listener` (and nobody else has one).
    Group(const Place& place, Socket listener, double timeout_s, LastWords last_words);
    ~Group();  // says bye; where leave() was not called, all is well
    Group(const Group&) = delete;
    Group& operator=(const Group&) = delete;

    int rank() const { return rank_; }
    int ranks() const { return ranks_; }
    double timeout_s() const { return timeout_s_; }
    /// Who said which ranks there are.
    const std::string& launcher() const { return launcher_; }
    /// This rank's address as the others can reach it.
    const std::string& own_address() const { return own_address_; }

    /// What every rank gave, in the order of ranks. All ranks call it in the same order. Throws GroupError.
    std::vector<std::string> gather(const std::string& blob);
    void wait_for_all() { gather({}); }

    /// Says what this rank does from now on. Steps are counted: who has begun fewer is behind.
    void begin(const std::string& step);
    /// Throws GroupError when the run has failed. Cheap: for loops that wait.
    void check() const;
    bool has_failed() const { return has_failed_; }
    /// Something has not ended in time, or a peer's connection broke: asks the hub whose fault that is. Always throws: GroupError
    /// with the hub's answer, or std::runtime_error with `otherwise` where it has none within 2 s.
    [[noreturn]] void give_up(const std::string& otherwise, bool is_timeout);
    /// This rank stops because of an error of its own: the others are told. Does nothing after a failure.
    void leave(const std::string& why);

    /// While one of these lives, this rank is inside of a call that nothing can interrupt, such as MPI's: when that takes longer
    /// than the timeout, the hub is asked whose fault it is, everybody is told, and the last words follow.
    class Guard {
    public:
        explicit Guard(Group& group) : group_(group) { group_.guarded_until_ = seconds_from_now(group.timeout_s()); }
        ~Guard() { group_.guarded_until_ = Moment::max(); }
        Guard(const Guard&) = delete;
        Guard& operator=(const Guard&) = delete;

    private:
        Group& group_;
    };

    /// To wait with: until the timeout, and no longer than the group stands.
    Patience patience() const;

private:
    void listen();
    void take(const Frame& frame);
    void fail(const std::string& why);
    void send(const Frame& frame);
    void beat();
    void say_stuck();

    int rank_, ranks_;
    double timeout_s_;
    std::string launcher_;
    LastWords last_words_;
    std::unique_ptr<Hub> hub_;
    Socket socket_;
    std::string own_address_;
    mutable std::mutex mutex_;  // of what follows
    std::condition_variable news_;
    std::optional<std::string> gathered_;
    std::string failure_, step_ = "the start";
    std::uint64_t steps_ = 0;
    bool has_left_ = false;
    std::mutex sending_;
    std::atomic<bool> has_failed_ = false, is_done_ = false;
    std::atomic<Moment> guarded_until_ = Moment::max();
    Moment failed_at_{};
    std::thread thread_;
};

}  // namespace tokenyard::gpu
