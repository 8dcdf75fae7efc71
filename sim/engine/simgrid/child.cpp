// SPDX-License-Identifier: Apache-2.0
#include "engine/simgrid/child.hpp"

#include "engine/routes.hpp"
#include "engine/simgrid/settings.hpp"
#include "engine/waiting.hpp"

#include <simgrid/s4u.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

namespace tokenyard {
namespace {

namespace s4u = simgrid::s4u;

/// A rank's end of some routes. Routes belong to pairs of hosts in SimGrid, so a pair of ranks with several routes has
/// several pairs of hosts.
std::string host_name(int rank, std::size_t variant) { return fmt::format("rank{}/{}", rank, variant); }

/// The fabric as a zone with an explicit route for every different way of a step.
class Platform {
public:
    struct Ends {
        s4u::Host *from = nullptr, *to = nullptr;
    };

    Platform(const Fabric& fabric, const Schedule& schedule)
        : fabric_(fabric), schedule_(schedule), zone_(s4u::create_full_zone("fabric")), links_(link_count(fabric, schedule)) {
        host(0, 0);  // where actors live
    }

    /// The hosts between which this step flows. A cap is a link of the step's own, because SimGrid 3.32 does not heed
    /// Comm::set_rate between hosts.
    Ends add(const Step& step, std::span<const LinkId> route) {
        std::vector<std::vector<LinkId>>& known = routes_[{step.source, step.destination}];
        std::vector<LinkId> wanted(route.begin(), route.end());
        if (step.cap.si > 0) {
            wanted.push_back(static_cast<LinkId>(links_.size()));
            links_.push_back(make_link(wanted.back(), step.cap));
        }
        const auto found = std::find(known.begin(), known.end(), wanted);
        const auto variant = static_cast<std::size_t>(found - known.begin());
        // Both ends of a local step are one rank, and SimGrid wants two hosts.
        const bool is_local = step.source == step.destination;
        const Ends ends{host(step.source, variant),
                        is_local ? host(fabric_.rank_count() + step.source, variant) : host(step.destination, variant)};
        if (found != known.end()) return ends;
        std::vector<s4u::LinkInRoute> links;
        for (const LinkId id : wanted) links.emplace_back(link(id));
        zone_->add_route(ends.from->get_netpoint(), ends.to->get_netpoint(), nullptr, nullptr, links, false);
        known.push_back(std::move(wanted));
        return ends;
    }
    void seal() { zone_->seal(); }

private:
    s4u::Host* host(int rank, std::size_t variant) {
        s4u::Host* known = s4u::Host::by_name_or_null(host_name(rank, variant));
        return known ? known : zone_->create_host(host_name(rank, variant), 1.0)->seal();
    }
    const s4u::Link* link(LinkId id) {
        if (!links_[id]) links_[id] = make_link(id, link_of(fabric_, schedule_, id).capacity);
        return links_[id];
    }
    const s4u::Link* make_link(LinkId id, Bandwidth capacity) {
        const double bytes_per_microsecond = capacity.si * 1e-6;
        return zone_->create_link(fmt::format("link{}", id), bytes_per_microsecond)->set_latency(0.0)->seal();
    }

    const Fabric& fabric_;
    const Schedule& schedule_;
    s4u::NetZone* zone_;
    std::vector<const s4u::Link*> links_;  // by id; those of caps at the end
    std::map<std::pair<int, int>, std::vector<std::vector<LinkId>>> routes_;
};

/// All steps of a schedule, each an actor: it waits for those before it, sleeps, flows, and tells those behind it.
class Exchange {
public:
    Exchange(const Fabric& fabric, const Schedule& schedule, SimgridResult& result, std::span<double> ends)
        : schedule_(schedule), routes_(resolve_routes(fabric, schedule)), waiting_(schedule), result_(result), end_of_(ends) {
        Platform platform(fabric, schedule);
        const auto count = static_cast<StepId>(schedule.steps().size());
        for (StepId step = 0; step < count; ++step) {
            const bool is_limited = !routes_.of(step).empty() || schedule.steps()[step].cap.si > 0;
            const bool flows = schedule.steps()[step].volume.si > 0 && is_limited;
            hosts_.push_back(flows ? platform.add(schedule.steps()[step], routes_.of(step)) : Platform::Ends{});
            gates_.push_back(waiting_.open(step) > 0 ? s4u::Semaphore::create(0) : nullptr);
        }
        platform.seal();
        s4u::Host* home = s4u::Engine::get_instance()->get_all_hosts().front();
        for (StepId step = 0; step < count; ++step) s4u::Actor::create("step", home, [this, step] { run(step); });
    }

private:
    void run(StepId id) {
        const Step& step = schedule_.steps()[id];
        for (std::uint32_t left = waiting_.open(id); left > 0; --left) gates_[id]->acquire();
        const double pause = in_microseconds(step.delay + routes_.latency[id]);
        if (pause > 0) s4u::this_actor::sleep_for(pause);
        if (hosts_[id].from) {
            const s4u::CommPtr comm = s4u::Comm::sendto_init(hosts_[id].from, hosts_[id].to);
            comm->set_payload_size(static_cast<std::uint64_t>(step.volume.si));
            comm->wait();
        }
        end_of_[id] = s4u::Engine::get_clock();
        result_.done = result_.done + 1.0 / static_cast<double>(end_of_.size());
        for (const StepId waiter : waiting_.waiters_of(id)) gates_[waiter]->release();
    }

    const Schedule& schedule_;
    Routes routes_;
    Waiting waiting_;
    SimgridResult& result_;
    std::span<double> end_of_;
    std::vector<Platform::Ends> hosts_;
    std::vector<s4u::SemaphorePtr> gates_;
};

void simulate_in_simgrid(const Fabric& fabric, const Schedule& schedule, SimgridResult& result, std::span<double> ends) {
    std::vector<std::string> arguments{"tokenyard", "--log=root.thres:critical"};
    for (const SimgridSetting& setting : simgrid_settings)
        arguments.push_back(fmt::format("--cfg={}:{}", setting.name, setting.value));
    std::vector<char*> raw;
    for (std::string& argument : arguments) raw.push_back(argument.data());
    int count = static_cast<int>(raw.size());
    s4u::Engine engine(&count, raw.data());
    const Exchange exchange(fabric, schedule, result, ends);
    engine.run();
    result.is_complete = true;
}

}  // namespace

void run_simgrid(const Fabric& fabric, const Schedule& schedule, SimgridResult& result, std::span<double> ends) noexcept {
    try {
        if (schedule.steps().empty()) result.is_complete = true;
        else simulate_in_simgrid(fabric, schedule, result, ends);
    } catch (const std::exception& problem) {
        std::strncpy(result.error, problem.what(), sizeof result.error - 1);
    }
}

}  // namespace tokenyard
