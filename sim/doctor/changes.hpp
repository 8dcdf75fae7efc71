// SPDX-License-Identifier: Apache-2.0
// How causes are written as keys of a cluster and of costs.
#pragma once

#include "doctor/doctor.hpp"

#include <fmt/format.h>

#include <functional>

namespace tokenyard {

/// `node.KEY` of every kind of node, as `value` has it for each; nothing where that says so of some.
inline std::optional<SuspectedChange> change_of_nodes(const Situation& situation, const Case& one, const std::string& key,
                                                      const std::function<std::optional<std::string>(const Node&)>& value) {
    SuspectedChange change;
    for (std::size_t group = 0; group < one.cluster.groups.size(); ++group) {
        const std::optional<std::string> text = value(one.cluster.groups[group].node);
        if (!text) return {};
        const std::string above = situation.has_groups ? fmt::format("groups.{}.node", group) : "node";
        change.of_case.overrides.push_back({above + "." + key, *text});
    }
    return change;
}

inline SuspectedChange change_of(std::string key, std::string value) {
    SuspectedChange change;
    change.of_case.overrides.push_back({std::move(key), std::move(value)});
    return change;
}

/// One more item of `faults` or `background`.
inline SuspectedChange one_more(const char* list, std::size_t there_are, const std::string& item) {
    return there_are == 0 ? change_of(list, "[" + item + "]") : change_of(fmt::format("{}.{}", list, there_are), item);
}

inline SuspectedChange fault(const Case& one, const std::string& item) {
    return one_more("faults", one.cluster.faults.size(), item);
}

inline std::string rate_text(Bandwidth rate) { return fmt::format("{:.6g} GB/s", in_gigabytes_per_second(rate)); }
inline std::string time_text(Seconds time) { return fmt::format("{:.6g} us", in_microseconds(time)); }

/// The nodes of a cluster one by one; nullptr behind the last.
const Node* node_at(const Cluster& cluster, int node);

/// What the ranks are on: nodes, their NICs in use, their GPUs. Only the first of each where the exchange is the same for all.
std::vector<Choice> nodes_of(const Situation& situation);
std::vector<Choice> nics_of(const Situation& situation);
std::vector<Choice> gpus_of(const Situation& situation);
std::vector<Choice> nowhere(const Situation&);

std::vector<Choice> no_degrees(const Situation&);
/// 0.9 to 0.1 of a rate.
std::vector<Choice> parts_of_rate(const Situation&);

/// Whether something that two GPUs of one node could share is used by the exchange.
bool has_several_gpus(const Situation& situation);
/// Why no traffic crosses a network; empty when some does.
std::string refusal_without_network(const Situation& situation);

}  // namespace tokenyard
