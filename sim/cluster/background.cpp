// SPDX-License-Identifier: Apache-2.0
#include "cluster/background.hpp"

#include "cluster/links.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tokenyard {
namespace {

class Taken {
public:
    explicit Taken(const Fabric& fabric) : fabric_(fabric), taken_(fabric.links.size()) {}

    void operator()(const BackgroundLoad& load) {
        const std::vector<LinkId> links = links_named(fabric_, load.link);
        if (links.empty())
            throw MisfitError(MisfitError::List::background, index_, "link",
                              "the name of a link as `tokenyard show` prints them");
        for (const LinkId link : links) take(link, fabric_.links[link].capacity * load.load, "load");
    }
    void operator()(const BackgroundFlow& flow) {
        const int source = rank_at(flow.from), destination = rank_at(flow.to);
        const int lanes = fabric_.lane_count(source, destination);
        std::vector<LinkId> links;
        for (int lane = 0; lane < lanes; ++lane) fabric_.append_route(source, destination, lane, 0, links);
        for (const LinkId link : links) take(link, flow.bandwidth / lanes, "bandwidth");
    }
    void start_entry(std::size_t index) { index_ = index; }
    Bandwidth of(std::size_t link) const { return taken_[link]; }

private:
    int rank_at(const BackgroundFlow::Place& place) const {
        const auto found = std::find_if(fabric_.gpus.begin(), fabric_.gpus.end(),
                                        [&](const Fabric::Gpu& gpu) { return gpu.node == place.node && gpu.index == place.gpu; });
        return static_cast<int>(found - fabric_.gpus.begin());
    }
    void take(LinkId link, Bandwidth amount, const char* key) {
        const Bandwidth capacity = fabric_.links[link].capacity, left = capacity - taken_[link];
        taken_[link] += amount;
        constexpr double least_left = 1e-9;  // of the capacity: three loads of a third leave nothing but rounding
        if (left - amount <= capacity * least_left)
            throw MisfitError(MisfitError::List::background, index_, key,
                              fmt::format("less than what is left of {}, {:.6g} of {:.6g} GB/s", fabric_.links[link].name,
                                          in_gigabytes_per_second(left), in_gigabytes_per_second(capacity)));
    }

    const Fabric& fabric_;
    std::vector<Bandwidth> taken_;
    std::size_t index_ = 0;
};

}  // namespace

void apply_background(const Cluster& cluster, Fabric& fabric) {
    if (cluster.background.empty()) return;
    Taken taken(fabric);
    for (std::size_t index = 0; index < cluster.background.size(); ++index) {
        taken.start_entry(index);
        std::visit(taken, cluster.background[index]);
    }
    for (std::size_t link = 0; link < fabric.links.size(); ++link)
        fabric.links[link].capacity = fabric.links[link].capacity - taken.of(link);
}

}  // namespace tokenyard
