// SPDX-License-Identifier: Apache-2.0
#include "cluster/links.hpp"

namespace tokenyard {
namespace {

/// A `*` takes as little as it can, and one character more whenever what follows it does not fit. Only the last one
/// needs that: what stands before it fits already.
bool fits(std::string_view pattern, std::string_view name) {
    constexpr std::size_t none = std::string_view::npos;
    std::size_t p = 0, n = 0, star = none, taken_to = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            taken_to = n;
        } else if (p < pattern.size() && pattern[p] == name[n]) {
            ++p;
            ++n;
        } else if (star != none && name[taken_to] != '/') {
            p = star + 1;
            n = ++taken_to;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == none;
}

}  // namespace

LinkId add_link(Fabric& fabric, std::string name, LinkKind kind, Bandwidth capacity, Seconds latency) {
    fabric.links.push_back({std::move(name), kind, capacity, latency});
    return static_cast<LinkId>(fabric.links.size() - 1);
}

std::vector<LinkId> links_named(const Fabric& fabric, std::string_view pattern) {
    std::vector<LinkId> links;
    for (std::size_t link = 0; link < fabric.links.size(); ++link)
        if (fits(pattern, fabric.links[link].name)) links.push_back(static_cast<LinkId>(link));
    return links;
}

}  // namespace tokenyard
