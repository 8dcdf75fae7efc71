// SPDX-License-Identifier: Apache-2.0
#include "input/faults_reader.hpp"

#include "input/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <tuple>

namespace tokenyard {
namespace {

/// Nodes by number, as faults name them.
struct NumberedNode {
    const Node* node;
    int first_of_domain;  // the first node of the scale-up domain that this one has a part in, or itself
};

std::vector<NumberedNode> number(const std::vector<NodeGroup>& groups) {
    std::vector<NumberedNode> nodes;
    for (const NodeGroup& group : groups) {
        const int first = static_cast<int>(nodes.size());
        const int domain_nodes = group.node.scale_up ? std::max(group.node.scale_up->domain / group.node.gpus, 1) : 1;
        for (int in_group = 0; in_group < group.count; ++in_group)
            nodes.push_back({&group.node, first + in_group / domain_nodes * domain_nodes});
    }
    return nodes;
}

/// Reads entry by entry and remembers what it has read, because a fault that repeats is a slip.
class FaultsReader {
public:
    FaultsReader(const std::vector<NodeGroup>& groups, bool needs_network)
        : nodes_(number(groups)), needs_network_(needs_network) {
        for (const NumberedNode& numbered : nodes_) ranks_ += numbered.node->gpus;
    }

    Fault read(const YamlPtr& item) {
        const std::string kind = kind_of(*item, "a fault", {"nic-down", "slow-link", "nvswitch-down", "slow-gpu", "late-rank"});
        if (kind == "nic-down") return nic_down(item);
        if (kind == "slow-link") return slow_link(item);
        if (kind == "nvswitch-down") return nvswitch_down(item);
        if (kind == "slow-gpu") return slow_gpu(item);
        return late_rank(item);
    }

private:
    int node_of(const StrictMap& map) const {
        return static_cast<int>(count_value(*map.required("node"), 0, static_cast<long>(nodes_.size()) - 1));
    }
    const Node& node(int index) const { return *nodes_[static_cast<std::size_t>(index)].node; }

    void expect_new(const YamlNode& item, const char* kind, int a, int b, const std::string& name) {
        if (!seen_.emplace(kind, a, b, name).second)
            throw InputError(item.at, fmt::format("found this {} again; expected each fault once", kind));
    }

    Fault nic_down(const YamlPtr& item) {
        const StrictMap map(item, "a fault", {"kind", "node", "nic"});
        NicDown fault;
        fault.node = node_of(map);
        if (!node(fault.node).nics) refuse(*map.required("node"), "a node with NICs");
        const Nics& nics = *node(fault.node).nics;
        fault.nic = static_cast<int>(count_value(*map.required("nic"), 0, nics.count - 1));
        expect_new(*item, "nic-down", fault.node, fault.nic, "");
        const auto is_down = [&](int nic) { return seen_.contains({"nic-down", fault.node, nic, ""}); };
        if (needs_network_ && nics_in_use(nics, is_down).empty())
            throw InputError(item->at,
                             fmt::format("found the last NIC of node {} down; expected one that stays up, because GPUs of "
                                         "different nodes must reach each other",
                                         fault.node));
        return fault;
    }

    Fault slow_link(const YamlPtr& item) {
        const StrictMap map(item, "a fault", {"kind", "link", "factor"});
        SlowLink fault{name_value(*map.required("link"), "link"), part_value(*map.required("factor"))};
        expect_new(*item, "slow-link", 0, 0, fault.link);
        return fault;
    }

    Fault nvswitch_down(const YamlPtr& item) {
        const StrictMap map(item, "a fault", {"kind", "node", "planes"});
        NvswitchDown fault;
        fault.node = node_of(map);
        const std::optional<ScaleUp>& scale_up = node(fault.node).scale_up;
        if (!scale_up || scale_up->kind != ScaleUpKind::nvswitch)
            refuse(*map.required("node"), "a node whose scale_up.kind is nvswitch");
        if (scale_up->planes == 1)
            refuse(*map.required("node"), "a node with more scale_up.planes than 1, because one must remain");
        fault.planes = static_cast<int>(count_value(*map.required("planes"), 1, scale_up->planes - 1));
        expect_new(*item, "nvswitch-down", nodes_[static_cast<std::size_t>(fault.node)].first_of_domain, 0, "");
        return fault;
    }

    Fault slow_gpu(const YamlPtr& item) {
        const StrictMap map(item, "a fault", {"kind", "node", "gpu", "factor"});
        SlowGpu fault;
        fault.node = node_of(map);
        fault.gpu = static_cast<int>(count_value(*map.required("gpu"), 0, node(fault.node).gpus - 1));
        fault.factor = part_value(*map.required("factor"));
        expect_new(*item, "slow-gpu", fault.node, fault.gpu, "");
        return fault;
    }

    Fault late_rank(const YamlPtr& item) {
        const StrictMap map(item, "a fault", {"kind", "rank", "delay"});
        LateRank fault{static_cast<int>(count_value(*map.required("rank"), 0, ranks_ - 1)), time_value(*map.required("delay"))};
        expect_new(*item, "late-rank", fault.rank, 0, "");
        return fault;
    }

    std::vector<NumberedNode> nodes_;
    bool needs_network_;
    long ranks_ = 0;
    std::set<std::tuple<std::string, int, int, std::string>> seen_;  // kind, numbers, name
};

/// "node3/gpu1" as the GPU of that name.
BackgroundFlow::Place place_from(const YamlNode& yaml, const std::vector<NumberedNode>& nodes) {
    const std::string_view text = yaml.text;
    BackgroundFlow::Place place;
    const auto read_after = [&](std::string_view word, std::size_t from, int& number) -> std::size_t {
        if (from == std::string_view::npos || text.substr(from, word.size()) != word) return std::string_view::npos;
        const char* const start = text.data() + from + word.size();
        const auto [end, error] = std::from_chars(start, text.data() + text.size(), number);
        const bool is_plain = error == std::errc{} && *start != '-' && (*start != '0' || end == start + 1);
        return is_plain ? static_cast<std::size_t>(end - text.data()) : std::string_view::npos;
    };
    const std::size_t end = read_after("/gpu", read_after("node", 0, place.node), place.gpu);
    if (yaml.kind != YamlNode::Kind::scalar || end != text.size() || static_cast<std::size_t>(place.node) >= nodes.size() ||
        place.gpu >= nodes[static_cast<std::size_t>(place.node)].node->gpus)
        refuse(yaml, "the name of one of the cluster's GPUs, such as node0/gpu0");
    return place;
}

}  // namespace

std::vector<Fault> faults_from(const YamlPtr& list, const std::vector<NodeGroup>& groups, bool needs_network) {
    FaultsReader reader(groups, needs_network);
    std::vector<Fault> faults;
    for (const YamlPtr& item : list_value(*list, "maps with kind")) faults.push_back(reader.read(item));
    return faults;
}

std::vector<Background> background_from(const YamlPtr& list, const std::vector<NodeGroup>& groups) {
    const std::vector<NumberedNode> nodes = number(groups);
    std::vector<Background> background;
    for (const YamlPtr& item : list_value(*list, "maps with from, to and bandwidth, or with link and load")) {
        if (item->kind == YamlNode::Kind::map && find(*item, "link")) {
            const StrictMap map(item, "background", {"link", "load"});
            background.push_back(BackgroundLoad{name_value(*map.required("link"), "link"), part_value(*map.required("load"))});
            continue;
        }
        const StrictMap map(item, "background", {"from", "to", "bandwidth"});
        const BackgroundFlow flow{place_from(*map.required("from"), nodes), place_from(*map.required("to"), nodes),
                                  bandwidth_value(*map.required("bandwidth"))};
        if (flow.from == flow.to) refuse(*map.required("to"), "another GPU than the one it comes from");
        background.push_back(flow);
    }
    return background;
}

void refuse_misfit(const YamlNode& root, const MisfitError& misfit) {
    const YamlEntry* list = find(root, misfit.list == MisfitError::List::faults ? "faults" : "background");
    refuse(*find(*list->value->items[misfit.index], misfit.key)->value, misfit.expected);
}

}  // namespace tokenyard
