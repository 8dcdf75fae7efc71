// SPDX-License-Identifier: Apache-2.0
#include "collective/nccl/search.hpp"

#include "collective/nccl/layout.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <span>

namespace tokenyard {
namespace {

// GB/s, graph/search.cc:1051-1067
constexpr std::array older_inside{40.0, 30.0, 20.0, 18.0, 15.0, 12.0, 10.0, 9.0, 7.0, 6.0, 5.0, 4.0, 3.0};
constexpr std::array hopper_inside{60.0, 50.0, 40.0, 30.0, 24.0, 20.0, 15.0, 12.0, 11.0, 6.0, 3.0};
constexpr std::array blackwell_inside{90.0, 80.0, 70.0, 60.0, 50.0, 45.0, 40.0, 30.0, 24.0, 20.0, 19.0, 18.0};
constexpr std::array older_between{48.0, 30.0, 28.0, 24.0, 20.0, 18.0, 15.0, 12.0, 10.0, 9.0,
                                   7.0,  6.0,  5.0,  4.0,  3.0,  2.4,  1.2,  0.24, 0.12};
constexpr std::array hopper_between{48.0, 45.0, 42.0, 40.0, 30.0, 24.0, 22.0, 20.0, 17.5,
                                    15.0, 12.0, 6.0,  3.0,  2.4,  1.2,  0.24, 0.12};
constexpr std::array blackwell_between{96.0, 86.0, 80.0, 48.0, 45.1, 42.0, 40.0, 30.0, 24.0, 22.0,
                                       20.0, 17.5, 15.0, 12.0, 6.0,  3.0,  2.4,  1.2,  0.24, 0.12};

constexpr double given_up_below = 0.49;  // of the best speed: slower ones are not tried, graph/search.cc

std::span<const double> speeds(int compute_capability, bool is_between) {
    if (compute_capability >= 100) return is_between ? std::span<const double>(blackwell_between) : blackwell_inside;
    if (compute_capability >= 90) return is_between ? std::span<const double>(hopper_between) : hopper_inside;
    return is_between ? std::span<const double>(older_between) : older_inside;
}

double in_gigabytes(Bandwidth rate) { return rate / gigabytes_per_second(1); }

int rings_at(const NcclMachine& machine, double speed) {
    constexpr double most = nccl_max_channels / 2.0;
    double rings = most;
    if (machine.gpus > 1) {
        const double links = machine.nvlinks * in_gigabytes(nccl_nvlink_rate(machine.compute_capability));
        rings = machine.nvlinks > 0 ? std::floor(links / speed) : in_gigabytes(machine.pcie) >= speed ? 1 : 0;
    }
    if (machine.nodes > 1) rings = std::min(rings, machine.nics * std::floor(in_gigabytes(machine.nic) / speed));
    return static_cast<int>(std::min(rings, most));
}

}  // namespace

Bandwidth nccl_nvlink_rate(int compute_capability) {
    if (compute_capability >= 100) return gigabytes_per_second(40.1);
    return gigabytes_per_second(compute_capability >= 90 ? 20.6 : 20.0);
}

int nvlinks_of(Bandwidth line_rate, int compute_capability) {
    const Bandwidth of_one = gigabytes_per_second(compute_capability >= 100 ? 50 : 25);
    return std::max(1, static_cast<int>(std::lround(line_rate / of_one)));
}

Bandwidth nccl_pcie_rate(Bandwidth line_rate) {
    double rate = 12;  // of 16 GB/s
    while (rate < 96 && in_gigabytes(line_rate) > 16 * rate / 12 * std::sqrt(2)) rate *= 2;
    return gigabytes_per_second(rate);
}

int nccl_channels_found(const NcclMachine& machine) {
    if (machine.nodes == 1 && machine.gpus == 1) return 1;
    int found = 0;
    double speed = 0;
    for (const double tried : speeds(machine.compute_capability, machine.nodes > 1)) {
        if (found > 0 && tried <= given_up_below * speed) break;
        if (const int rings = rings_at(machine, tried); rings * tried > found * speed) {
            found = rings;
            speed = tried;
        }
    }
    if (found == 0) return 1;
    const bool is_slow = machine.compute_capability > 80 && speed < 50 && found > 4;
    int channels = speed >= 25 && !is_slow ? 2 * found : found;
    channels = std::min(2 * channels, nccl_max_channels);
    if (machine.compute_capability >= 90 && machine.nodes > 1 && speed > 45 && channels < 16) channels *= 2;
    return channels;
}

}  // namespace tokenyard
