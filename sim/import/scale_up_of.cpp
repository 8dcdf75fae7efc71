// SPDX-License-Identifier: Apache-2.0
#include "import/scale_up_of.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <numeric>

namespace tokenyard {
namespace {

constexpr int most_links_of_gpu = 18;  // NVLink 4 and 5; more than that to all others together cannot be direct

using Counts = std::vector<std::vector<int>>;

/// Links of each GPU to each other one.
Counts direct_links(const Machine& machine) {
    Counts counts(machine.gpus.size(), std::vector<int>(machine.gpus.size()));
    for (std::size_t a = 0; a < machine.gpus.size(); ++a)
        for (std::size_t b = 0; b < machine.gpus.size(); ++b)
            if (const auto found = machine.gpus[a].links.find(machine.gpus[b].bus); found != machine.gpus[a].links.end())
                counts[a][b] = found->second;
    return counts;
}

/// The size of the equal blocks of neighbours in which every two have as many links, and no other two have any; 0: none are so.
int block_of(const Counts& direct) {
    const std::size_t gpus = direct.size();
    std::size_t block = 1;
    while (block < gpus && direct[0][block] > 0) ++block;
    if (block < 2 || gpus % block != 0) return 0;
    for (std::size_t a = 0; a < gpus; ++a)
        for (std::size_t b = 0; b < gpus; ++b)
            if (a != b && direct[a][b] != (a / block == b / block ? direct[0][1] : 0)) return 0;
    return static_cast<int>(block);
}

int links_in_all(const MachineGpu& gpu) {
    return std::accumulate(gpu.links.begin(), gpu.links.end(), 0, [](int sum, const auto& one) { return sum + one.second; });
}

std::vector<int> counts_of(const MachineGpu& gpu) {
    std::vector<int> counts;
    for (const auto& [target, count] : gpu.links) counts.push_back(count);
    std::ranges::sort(counts, std::greater<>());
    return counts;
}

std::string uneven_text(const Counts& direct) {
    std::vector<std::string> pairs;
    for (std::size_t a = 0; a < direct.size(); ++a)
        for (std::size_t b = a + 1; b < direct.size(); ++b)
            if (direct[a][b] > 0) pairs.push_back(fmt::format("{}-{}: {}", a, b, direct[a][b]));
    constexpr std::size_t most = 40;
    const std::size_t all = pairs.size();
    if (all > most) pairs.resize(most);
    return fmt::format("links between GPUs {}{}", fmt::join(pairs, ", "), all > most ? ", ..." : "");
}

Links over_switches(const Machine& machine) {
    Links links{Links::Shape::nvswitch, links_in_all(machine.gpus[0]), static_cast<int>(machine.gpus.size())};
    const std::vector<int> counts = counts_of(machine.gpus[0]);
    bool is_even = counts.size() > 1 && counts.front() == counts.back();
    for (const MachineGpu& gpu : machine.gpus) {
        is_even &= counts_of(gpu) == counts;
        links.of_gpu = std::min(links.of_gpu, links_in_all(gpu));
    }
    if (is_even) links.switches = static_cast<int>(counts.size());
    links.text = fmt::format("{} links of each GPU to {} switch{}{}", links.of_gpu, counts.size(), counts.size() == 1 ? "" : "es",
                             counts.size() == 1 ? "" : fmt::format(" ({})", fmt::join(counts, ", ")));
    return links;
}

}  // namespace

Links links_of(const Machine& machine) {
    if (!machine.tells_links) return {Links::Shape::untold, 0, 0, 0, "not told"};
    const Counts direct = direct_links(machine);
    const int gpus = static_cast<int>(machine.gpus.size());
    bool has_direct = false, all_on_switches = true, has_any = false;
    for (std::size_t gpu = 0; gpu < machine.gpus.size(); ++gpu) {
        const int to_gpus = std::accumulate(direct[gpu].begin(), direct[gpu].end(), 0), all = links_in_all(machine.gpus[gpu]);
        has_direct |= to_gpus > 0;
        has_any |= all > 0;
        all_on_switches &= all > to_gpus;
    }
    if (!has_any) return {Links::Shape::none, 0, 0, 0, "none"};
    if (!has_direct && all_on_switches) return over_switches(machine);
    Links links;
    const auto fewest = std::ranges::min_element(machine.gpus, {}, links_in_all);
    links.of_gpu = links_in_all(*fewest);
    links.domain = has_direct && std::ranges::none_of(machine.gpus,
                                                      [](const MachineGpu& gpu) {
                                                          return std::ranges::any_of(gpu.is_gpu,
                                                                                     [](const auto& one) { return !one.second; });
                                                      })
                       ? block_of(direct)
                       : 0;
    const int of_pair = links.domain > 0 ? direct[0][1] : 0;
    if (links.domain == gpus && of_pair * (gpus - 1) > most_links_of_gpu) {
        // `topo -m` shows the links that lead to a switch as links to every GPU behind it.
        return {Links::Shape::nvswitch, of_pair, gpus, 0,
                fmt::format("{} links of each GPU to every other one, over switches", of_pair)};
    }
    if (links.domain > 0) {
        links.shape = links.domain == gpus ? Links::Shape::mesh : Links::Shape::islands;
        links.of_gpu = of_pair * (links.domain - 1);
        links.text = links.domain == gpus ? fmt::format("{} link{} between every two GPUs", of_pair, of_pair == 1 ? "" : "s")
                                          : fmt::format("{} link{} between every two of {} neighbours, none else", of_pair,
                                                        of_pair == 1 ? "" : "s", links.domain);
        return links;
    }
    links.shape = Links::Shape::uneven;
    links.text = uneven_text(direct);
    return links;
}

}  // namespace tokenyard
