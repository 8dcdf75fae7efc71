// SPDX-License-Identifier: Apache-2.0
// InfraGraph's description of devices and what joins them, as edges between numbered parts.
#pragma once

#include "input/source.hpp"
#include "model/units.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tokenyard {

/// "nic 3", or "host 0" and "nic 3": from the outermost to the innermost.
using PartPath = std::vector<std::pair<std::string, long>>;

struct InfraLink {
    std::optional<Bandwidth> rate;  // nothing where it is not told, or told in transfers
    std::string text;               // name and description in lower case
};
struct InfraEdge {
    PartPath a, b;
    std::string link;
    Position at;
};
struct InfraComponent {
    std::string kind;  // xpu, nic, cpu, switch, port, device, ... ; of a custom one its own type
    std::string text;  // as above
    std::string description;
    long count = 0;  // 0: not told
};
struct InfraDevice {
    Position at;
    std::map<std::string, InfraComponent> components;
    std::map<std::string, InfraLink> links;
    std::vector<InfraEdge> edges;
};
struct InfraInstance {
    std::string device;
    long count = 0;  // 0: not told
    Position at;
};

/// Several files make one: devices may stand apart from what is made of them.
struct InfraFile {
    std::map<std::string, InfraDevice> devices;
    std::map<std::string, InfraInstance> instances;
    std::map<std::string, InfraLink> links;
    std::vector<InfraEdge> edges;
};

/// Adds a file: `connections` of names and numbers with dots between, or `edges` with slices and a scheme (one2one, many2many,
/// ring). Throws InputError for what is missing or repeated, for an edge that is none, and for a million edges.
/// Source: Keysight/infragraph 95608dc, docs/src/examples and schema/.
void add_infragraph(const SourceText& source, InfraFile& file);

}  // namespace tokenyard
