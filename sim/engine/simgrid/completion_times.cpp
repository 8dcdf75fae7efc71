// SPDX-License-Identifier: Apache-2.0
#include "engine/simgrid/completion_times.hpp"

#include "engine/simgrid/child.hpp"
#include "engine/simgrid/settings.hpp"
#include "testing/testing_point.hpp"

#include <simgrid/forward.h>
#include <simgrid/version.h>

#include <fmt/format.h>

#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace tokenyard {
namespace {

/// Memory that a child writes and its parent reads.
struct SharedPage {
    explicit SharedPage(std::size_t steps) : size(sizeof(SimgridResult) + steps * sizeof(double)) {
        memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            throw std::system_error(errno, std::generic_category(), "cannot share memory with SimGrid's process");
    }
    ~SharedPage() { munmap(memory, size); }
    SharedPage(const SharedPage&) = delete;
    SharedPage& operator=(const SharedPage&) = delete;
    SimgridResult& result() const { return *static_cast<SimgridResult*>(memory); }
    std::span<double> ends() const {
        return {reinterpret_cast<double*>(&result() + 1), (size - sizeof(SimgridResult)) / sizeof(double)};
    }

    std::size_t size;
    void* memory = nullptr;
};

/// A simulation that runs on its own. Its process ends with this object, whatever happens.
class Child {
public:
    Child(const Fabric& fabric, const Schedule& schedule) : page_(schedule.steps().size()) {
        int ends[2];
        if (pipe(ends) != 0) throw std::system_error(errno, std::generic_category(), "cannot make a pipe for SimGrid's process");
        const pid_t parent = getpid();
        process_ = fork();
        if (process_ < 0) {
            close(ends[0]);
            close(ends[1]);
            throw std::system_error(errno, std::generic_category(), "cannot start SimGrid's process");
        }
        if (process_ == 0) {
            close(ends[0]);
            prctl(PR_SET_PDEATHSIG, SIGKILL);  // never outlive the parent
            if (getppid() != parent) _exit(1);
            testing_point("engine.simgrid");
            run_simgrid(fabric, schedule, page_.result(), page_.ends());
            _exit(0);  // no clean-up of what belongs to the parent
        }
        close(ends[1]);
        end_of_life_ = ends[0];
    }
    ~Child() {
        if (process_ > 0) {
            kill(process_, SIGKILL);
            waitpid(process_, nullptr, 0);
        }
        close(end_of_life_);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// Waits a while; true when the process has ended.
    bool has_ended(int wait_ms) const {
        pollfd pipe{end_of_life_, POLLIN, 0};  // the pipe closes when the process ends
        return poll(&pipe, 1, wait_ms) > 0;
    }
    double progress() const { return page_.result().done; }

    std::vector<Seconds> collect() {
        int status = 0;
        while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
        }
        process_ = -1;
        if (WIFSIGNALED(status))
            throw std::runtime_error(
                fmt::format("SimGrid's process was ended by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status))));
        if (page_.result().error[0] != 0) throw std::runtime_error(fmt::format("SimGrid failed: {}", page_.result().error));
        if (!page_.result().is_complete)
            throw std::runtime_error(fmt::format("SimGrid's process ended early with exit code {}", WEXITSTATUS(status)));
        std::vector<Seconds> ends;
        for (const double microseconds_of_end : page_.ends()) ends.push_back(microseconds(microseconds_of_end));
        return ends;
    }

private:
    SharedPage page_;
    pid_t process_ = -1;
    int end_of_life_ = -1;
};

}  // namespace

std::vector<std::vector<Seconds>> simgrid_completion_times(const Fabric& fabric, const std::vector<Schedule>& schedules,
                                                           const Progress& progress) {
    std::vector<std::unique_ptr<Child>> children;
    for (const Schedule& schedule : schedules) children.push_back(std::make_unique<Child>(fabric, schedule));
    constexpr int look_again_ms = 100;
    std::vector<std::vector<Seconds>> ends;
    for (const std::unique_ptr<Child>& child : children) {
        while (!child->has_ended(look_again_ms)) {
            if (!progress) continue;
            double done = 0;
            for (const std::unique_ptr<Child>& each : children) done += each->progress();
            progress(done / static_cast<double>(children.size()));
        }
        ends.push_back(child->collect());
    }
    return ends;
}

EngineDescription describe_simgrid() {
    EngineDescription description{"simgrid", fmt::format("{}.{}", SIMGRID_VERSION_MAJOR, SIMGRID_VERSION_MINOR), ""};
    for (const SimgridSetting& setting : simgrid_settings)
        if (setting.decides_results)
            description.settings += fmt::format("{}{}:{}", description.settings.empty() ? "" : " ", setting.name, setting.value);
    description.settings += "; latency apart, before each transfer flows";
    return description;
}

}  // namespace tokenyard
