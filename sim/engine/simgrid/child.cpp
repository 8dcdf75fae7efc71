#include "engine/simgrid/child.hpp"

#include "engine/simgrid/settings.hpp"

#include <simgrid/s4u.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <unordered_set>

namespace tokenyard {
namespace {

namespace s4u = simgrid::s4u;

/// A rank's end of one lane. Routes belong to pairs of hosts in SimGrid, so each lane has hosts of its own.
std::string host_name(int rank, int lane) { return fmt::format("rank{}/lane{}", rank, lane); }

/// The fabric as a zone with an explicit route for each pair that the schedule uses.
class Platform {
public:
    explicit Platform(const Fabric& fabric)
        : fabric_(fabric), zone_(s4u::create_full_zone("fabric")), links_(fabric.links.size()) {}

    /// The latency of the way, and hosts at both of its ends.
    double add(const Transfer& transfer) {
        std::vector<LinkId> route;
        const Seconds latency = fabric_.append_route(transfer.source, transfer.destination, transfer.lane, 0, route);
        s4u::Host *from = host(transfer.source, transfer.lane), *to = host(transfer.destination, transfer.lane);
        if (!routed_.insert(from->get_name() + ">" + to->get_name()).second) return in_microseconds(latency);
        std::vector<s4u::LinkInRoute> links;
        for (const LinkId id : route) links.emplace_back(link(id));
        zone_->add_route(from->get_netpoint(), to->get_netpoint(), nullptr, nullptr, links, false);
        return in_microseconds(latency);
    }
    void seal() { zone_->seal(); }

private:
    s4u::Host* host(int rank, int lane) {
        s4u::Host* known = s4u::Host::by_name_or_null(host_name(rank, lane));
        return known ? known : zone_->create_host(host_name(rank, lane), 1.0)->seal();
    }
    const s4u::Link* link(LinkId id) {
        const double bytes_per_microsecond = fabric_.links[id].capacity.si * 1e-6;
        if (!links_[id])
            links_[id] = zone_->create_link(fmt::format("link{}", id), bytes_per_microsecond)->set_latency(0.0)->seal();
        return links_[id];
    }

    const Fabric& fabric_;
    s4u::NetZone* zone_;
    std::vector<const s4u::Link*> links_;
    std::unordered_set<std::string> routed_;
};

/// Starts each transfer after its latency and waits for all of them.
void exchange(const Schedule& schedule, const std::vector<double>& latency, std::span<double> ends) {
    std::vector<std::uint32_t> by_start(latency.size());
    std::iota(by_start.begin(), by_start.end(), 0u);
    std::stable_sort(by_start.begin(), by_start.end(), [&](std::uint32_t a, std::uint32_t b) { return latency[a] < latency[b]; });
    std::vector<s4u::CommPtr> comms(latency.size());
    for (const std::uint32_t i : by_start) {
        if (latency[i] > s4u::Engine::get_clock()) s4u::this_actor::sleep_until(latency[i]);
        const Transfer& transfer = schedule.transfers[i];
        comms[i] = s4u::Comm::sendto_async(s4u::Host::by_name(host_name(transfer.source, transfer.lane)),
                                           s4u::Host::by_name(host_name(transfer.destination, transfer.lane)),
                                           static_cast<std::uint64_t>(transfer.volume.si));
    }
    for (std::size_t i = 0; i < comms.size(); ++i) {
        comms[i]->wait();
        ends[i] = comms[i]->get_finish_time();
    }
}

void simulate_in_simgrid(const Fabric& fabric, const Schedule& schedule, SimgridResult& result, std::span<double> ends) {
    std::vector<std::string> arguments{"tokenyard", "--log=root.thres:critical"};
    for (const SimgridSetting& setting : simgrid_settings)
        arguments.push_back(fmt::format("--cfg={}:{}", setting.name, setting.value));
    std::vector<char*> raw;
    for (std::string& argument : arguments) raw.push_back(argument.data());
    int count = static_cast<int>(raw.size());
    s4u::Engine engine(&count, raw.data());
    Platform platform(fabric);
    std::vector<double> latency;
    for (const Transfer& transfer : schedule.transfers) latency.push_back(platform.add(transfer));
    platform.seal();
    const double each = 1.0 / static_cast<double>(std::max<std::size_t>(schedule.transfers.size(), 1));
    s4u::Activity::on_completion_cb([&](const s4u::Activity&) { result.done = result.done + each; });
    s4u::Actor::create("exchange", engine.get_all_hosts().front(), [&] { exchange(schedule, latency, ends); });
    engine.run();
    result.is_complete = true;
}

}  // namespace

void run_simgrid(const Fabric& fabric, const Schedule& schedule, SimgridResult& result, std::span<double> ends) noexcept {
    try {
        if (schedule.transfers.empty()) result.is_complete = true;
        else simulate_in_simgrid(fabric, schedule, result, ends);
    } catch (const std::exception& problem) {
        std::strncpy(result.error, problem.what(), sizeof result.error - 1);
    }
}

}  // namespace tokenyard
