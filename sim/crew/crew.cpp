// SPDX-License-Identifier: Apache-2.0
#include "crew/crew.hpp"

#include "crew/message.hpp"
#include "crew/worker.hpp"

#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace tokenyard {

int available_cores() {
    cpu_set_t cores;
    return sched_getaffinity(0, sizeof cores, &cores) == 0 ? std::max(CPU_COUNT(&cores), 1) : 1;
}

bool is_one_of_ranks() {
    // Open MPI's mpirun, those of MPICH and its kin, and Slurm's srun with PMIx or PMI.
    for (const char* variable : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK", "PMI_RANK", "MPI_LOCALNRANKS"})
        if (std::getenv(variable)) return true;
    return false;
}

Crew::Crew(int workers, const Work& work) {
    std::fflush(nullptr);  // what is buffered belongs to this process alone
    const pid_t employer = getpid();
    for (int each = 0; each < workers; ++each) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
            throw std::runtime_error(std::string("cannot make a socket for a worker: ") + std::strerror(errno));
        const pid_t process = fork();
        if (process < 0) throw std::runtime_error(std::string("cannot start a worker: ") + std::strerror(errno));
        if (process == 0) {
            close(ends[0]);
            for (const Worker& earlier : workers_) close(earlier.socket);  // they shall see when the employer lets go
            work_as_worker(ends[1], employer, work);
        }
        close(ends[1]);
        workers_.push_back({process, ends[0], false, 0});
    }
}

Crew::~Crew() {
    for (Worker& worker : workers_) {
        if (worker.is_busy) kill(worker.process, SIGKILL);  // its job's process dies with it
        dismiss(worker);
    }
}

void Crew::dismiss(Worker& worker) {
    if (worker.socket < 0) return;
    close(worker.socket);
    worker.socket = -1;
    worker.is_busy = false;
    while (waitpid(worker.process, nullptr, 0) < 0 && errno == EINTR) continue;
}

int Crew::idle() const {
    return static_cast<int>(
        std::ranges::count_if(workers_, [](const Worker& worker) { return worker.socket >= 0 && !worker.is_busy; }));
}

int Crew::busy() const { return static_cast<int>(std::ranges::count_if(workers_, &Worker::is_busy)); }

void Crew::start(std::size_t job) {
    const auto worker = std::ranges::find_if(workers_, [](const Worker& each) { return each.socket >= 0 && !each.is_busy; });
    const std::uint64_t number = job;
    worker->is_busy = true;
    worker->job = job;
    send_all(worker->socket, &number, sizeof number);  // a worker that is gone is seen when it should answer
}

JobResult Crew::receive(Worker& worker) {
    MessageHeader header;
    JobResult result{worker.job, false, {}};
    bool is_whole = receive_all(worker.socket, &header, sizeof header);
    if (is_whole) {
        result.text.resize(header.size);
        is_whole = receive_all(worker.socket, result.text.data(), header.size);
    }
    if (!is_whole) {
        dismiss(worker);
        return {result.job, true, "its worker was killed"};
    }
    result.is_lost = header.is_lost != 0;
    worker.is_busy = false;
    return result;
}

std::vector<JobResult> Crew::wait(int milliseconds) {
    std::vector<pollfd> sockets;
    std::vector<Worker*> waited_for;
    for (Worker& worker : workers_)
        if (worker.is_busy) {
            sockets.push_back({worker.socket, POLLIN, 0});
            waited_for.push_back(&worker);
        }
    std::vector<JobResult> results;
    if (sockets.empty() || poll(sockets.data(), sockets.size(), milliseconds) <= 0) return results;
    for (std::size_t place = 0; place < sockets.size(); ++place)
        if (sockets[place].revents != 0) results.push_back(receive(*waited_for[place]));
    return results;
}

void run_jobs(const std::vector<std::size_t>& jobs, Crew& crew, Ranks& ranks, const std::function<void(const JobResult&)>& done) {
    constexpr int until_the_next_look = 1;  // millisecond; MPI does not tell when something has come
    std::size_t next = 0, finished = 0;
    const auto take = [&](const std::vector<JobResult>& results) {
        for (const JobResult& result : results) done(result);
        finished += results.size();
    };
    while (finished < jobs.size()) {
        for (; next < jobs.size() && crew.idle() > 0; ++next) crew.start(jobs[next]);
        for (; next < jobs.size() && ranks.idle() > 0; ++next) ranks.start(jobs[next]);
        if (ranks.count() == 1 && crew.busy() == 0) throw std::runtime_error("every worker was killed");
        if (ranks.count() > 1 && crew.busy() == 0) usleep(1000 * until_the_next_look);
        take(crew.wait(ranks.count() == 1 ? -1 : until_the_next_look));
        take(ranks.collect());
    }
}

}  // namespace tokenyard
