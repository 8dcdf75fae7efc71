// SPDX-License-Identifier: Apache-2.0
// Many hands: jobs by number, each computed in a process of its own, so that one that dies costs nothing but itself. On the cores
// of this machine, and on those of every MPI rank.
#pragma once

#include <sys/types.h>
#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace tokenyard {

/// What a job gives, as bytes. Runs in a child process: what it changes is gone afterwards.
using Work = std::function<std::string(std::size_t job)>;

struct JobResult {
    std::size_t job = 0;
    bool is_lost = false;  // the process died of it
    std::string text;      // what the work gave; or how it was lost
};

/// The cores that this process may use.
int available_cores();

/// Whether mpirun, srun or their like have started this process as one of several, going by the environment.
bool is_one_of_ranks();

/// Workers on this machine. Each is a process that forks another one for every job; all die with the process that made them.
/// They are forked at once: whoever uses MPI makes its crew before, because a process that has joined MPI must not fork.
class Crew {
public:
    Crew(int workers, const Work& work);
    ~Crew();
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;

    int idle() const;
    int busy() const;
    /// Hands out a job. Pre: idle() > 0.
    void start(std::size_t job);
    /// What was finished. Waits so long for something (-1: until there is), unless nobody is busy.
    std::vector<JobResult> wait(int milliseconds);

private:
    struct Worker {
        pid_t process = -1;
        int socket = -1;
        bool is_busy = false;
        std::size_t job = 0;
    };
    JobResult receive(Worker& worker);
    void dismiss(Worker& worker);

    std::vector<Worker> workers_;  // those that died have no socket
};

/// The MPI ranks that this program was started as; one, where it was started alone.
class Ranks {
public:
    /// Joins the others. `capacity`: jobs that each rank does at once, the same everywhere. Throws std::runtime_error when this
    /// is one of many processes, and the program was built without MPI.
    explicit Ranks(int capacity);
    /// The first rank tells the others that all is done.
    ~Ranks();
    Ranks(const Ranks&) = delete;
    Ranks& operator=(const Ranks&) = delete;

    bool is_first() const { return rank_ == 0; }
    int count() const { return count_; }

    /// Whether all ranks say the same text. Called by all at once.
    bool agree(const std::string& text) const;

    /// For the first rank: room among the others, handing out, and taking what they have finished (at once, or never).
    int idle() const;
    void start(std::size_t job);
    std::vector<JobResult> collect();

    /// For the others: does what the first hands out, until it says that all is done.
    void serve(Crew& crew);

private:
    int rank_ = 0, count_ = 1, capacity_ = 0;
    std::vector<int> busy_;  // jobs at each rank
};

/// Has all jobs done, in any order. Throws std::runtime_error when no worker is left. Called by the first rank.
void run_jobs(const std::vector<std::size_t>& jobs, Crew& crew, Ranks& ranks, const std::function<void(const JobResult&)>& done);

}  // namespace tokenyard
