// SPDX-License-Identifier: Apache-2.0
// A network between nodes as a tool sees it: switches, cables, and where hosts are plugged in.
#pragma once

#include "input/error.hpp"
#include "model/units.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tokenyard {

struct SwitchTree {
    struct Trunk {
        std::size_t a = 0, b = 0;  // switches, a < b
        int cables = 0;
        std::optional<Bandwidth> rate;  // of a cable, each direction
    };
    struct Host {
        std::string name;
        std::map<std::string, std::size_t> switch_of;  // by adapter; "" where adapters are not told apart
        std::optional<Bandwidth> rate;                 // of a port, the slowest
    };
    Position at;
    std::string made_by;
    std::vector<std::string> switches;  // names, each once
    std::vector<Trunk> trunks;
    std::vector<Host> hosts;
    std::map<std::size_t, int> other_ports;  // by switch: ports to adapters of which no host is known
    std::vector<std::string> notes;
};

/// The level of each switch: 1 for those with hosts, one more for what only they lead to; 0 for what no host reaches.
std::vector<int> levels_of(const SwitchTree& tree);

}  // namespace tokenyard
