// SPDX-License-Identifier: Apache-2.0
// What is broken in a cluster, and what other jobs take of it.
#pragma once

#include "model/units.hpp"

#include <cstddef>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace tokenyard {

/// The NIC carries nothing; its GPUs go on with others.
struct NicDown {
    int node = 0, nic = 0;
};

/// Links that have `factor` of their capacity: a name, in which `*` stands for any run of characters but '/'.
struct SlowLink {
    std::string link;
    double factor = 1;
};

/// So many NVSwitch planes are lost in every domain that the node has a part in.
struct NvswitchDown {
    int node = 0;
    int planes = 0;
};

/// A GPU that computes, and reads and writes its memory, at `factor` of its rate.
struct SlowGpu {
    int node = 0, gpu = 0;
    double factor = 1;
};

/// A rank that begins so much later than the others.
struct LateRank {
    int rank = 0;
    Seconds delay;
};

using Fault = std::variant<NicDown, SlowLink, NvswitchDown, SlowGpu, LateRank>;

/// Constant traffic from a GPU to another one, evenly over the lanes of their route.
struct BackgroundFlow {
    struct Place {
        int node = 0, gpu = 0;
        bool operator==(const Place&) const = default;
    };
    Place from, to;
    Bandwidth bandwidth;  // payload
};

/// The part of their capacity that is taken from links, named as in SlowLink.
struct BackgroundLoad {
    std::string link;
    double load = 0;
};

using Background = std::variant<BackgroundFlow, BackgroundLoad>;

/// An entry of a cluster's faults or background that does not fit its links, which only the built fabric shows. what()
/// is "faults[2].link: expected X".
class MisfitError : public std::runtime_error {
public:
    enum class List { faults, background };
    /// `key` names the entry's value that is wrong.
    MisfitError(List misfit_list, std::size_t misfit_index, std::string misfit_key, std::string expected_instead);

    List list;
    std::size_t index;
    std::string key, expected;
};

}  // namespace tokenyard
