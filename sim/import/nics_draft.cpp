// SPDX-License-Identifier: Apache-2.0
#include "import/cluster_draft.hpp"
#include "import/nearest_nics.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace tokenyard {
namespace {

using Chosen = std::vector<std::size_t>;  // NICs of the machine

std::string names_of(const Machine& machine, const Chosen& chosen) {
    std::vector<std::string> names;
    for (const std::size_t nic : chosen) names.push_back(machine.nics[nic].name);
    return fmt::format("{}", fmt::join(names, ", "));
}

int nearest_gpu_of(const Machine& machine, std::size_t nic) {
    int least = distance::other_numa;
    for (const std::vector<int>& row : machine.nic_distance) least = std::min(least, row[nic]);
    return least;
}

/// Leaves out those that a test does not hold for, and says so; keeps all where it would leave none.
template <class Test>
void keep_only(const Machine& machine, Chosen& chosen, const Test& test, const std::string& why, Draft& draft) {
    Chosen kept, left;
    for (const std::size_t nic : chosen) (test(nic) ? kept : left).push_back(nic);
    if (kept.empty() || left.empty()) return;
    draft.remark(fmt::format("Left out, {}: {}.", why, names_of(machine, left)));
    chosen = kept;
}

Chosen by_name(const Machine& machine, const std::vector<std::string>& names) {
    Chosen chosen;
    for (const std::string& name : names) {
        const auto found = std::ranges::find(machine.nics, name, &MachineNic::name);
        if (found == machine.nics.end()) {
            std::vector<std::string> all;
            for (const MachineNic& nic : machine.nics) all.push_back(nic.name);
            throw InputError(
                machine.at, fmt::format("found no NIC {}; expected --nics out of: {}", in_quotes(name),
                                        all.empty() ? "none, because no NIC is shown" : fmt::format("{}", fmt::join(all, ", "))));
        }
        chosen.push_back(static_cast<std::size_t>(found - machine.nics.begin()));
    }
    std::ranges::sort(chosen);
    chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
    return chosen;
}

Chosen by_kind(const Machine& machine, Draft& draft) {
    Chosen chosen;
    for (std::size_t nic = 0; nic < machine.nics.size(); ++nic)
        if (machine.nics[nic].is_rdma) chosen.push_back(nic);
    if (chosen.size() < machine.nics.size()) {
        Chosen others;
        for (std::size_t nic = 0; nic < machine.nics.size(); ++nic)
            if (!machine.nics[nic].is_rdma) others.push_back(nic);
        draft.remark(
            fmt::format("Left out, without remote access to memory (RDMA) or made by software: {}.", names_of(machine, others)));
    }
    if (chosen.empty()) return chosen;
    Bandwidth fastest;
    for (const std::size_t nic : chosen)
        if (machine.nics[nic].speed && machine.nics[nic].speed->si > fastest.si) fastest = *machine.nics[nic].speed;
    keep_only(
        machine, chosen, [&](std::size_t nic) { return !machine.nics[nic].speed || machine.nics[nic].speed->si >= fastest.si; },
        "slower than others", draft);
    keep_only(
        machine, chosen, [&](std::size_t nic) { return nearest_gpu_of(machine, nic) < distance::host_bridge; },
        "on no PCIe switch with a GPU, as others are", draft);
    keep_only(
        machine, chosen, [&](std::size_t nic) { return nearest_gpu_of(machine, nic) < distance::other_numa; },
        "on no NUMA node with a GPU, as others are", draft);
    return chosen;
}

std::string_view name_of_distance(int far) {
    return far <= distance::one_bridge    ? "PIX"
           : far < distance::host_bridge  ? "PXB"
           : far == distance::host_bridge ? "PHB"
           : far == distance::same_numa   ? "NODE"
                                          : "SYS";
}

void draft_rate(const Machine& machine, const Chosen& chosen, Draft& draft) {
    const MachineNic& first = machine.nics[chosen.front()];
    const KnownNic* known = nic_of_device(first.device);
    const bool is_alike = std::ranges::all_of(chosen, [&](std::size_t nic) { return machine.nics[nic].device == first.device; });
    if (known && is_alike)
        draft.say("node.nics.model", std::string(known->part), fmt::format("{}, PCI device {}", known->model, first.device));
    else draft.say("node.nics.model", "nominal", "not told; --set node.nics.model=PART says another one");
    if (first.speed)
        draft.say("node.nics.bandwidth", fmt::format("{:.6g} Gbit/s", in_gigabytes_per_second(*first.speed) * 8),
                  "each direction, of a port");
    else
        draft.ask("node.nics.bandwidth", fmt::format("speed of the NICs {}", names_of(machine, chosen)),
                  "'400 Gbit/s' (node.nics=~ leaves them out)");
    for (const std::size_t nic : chosen)
        if (first.speed && machine.nics[nic].speed && machine.nics[nic].speed->si != first.speed->si)
            throw InputError(machine.at,
                             fmt::format("found NICs of several speeds; expected alike ones, chosen with --nics out of: {}",
                                         names_of(machine, chosen)));
}

/// NICs that the file does not show, where the command line speaks of them.
void draft_hidden_nics(const Reference& reference, Draft& draft) {
    const std::optional<std::string> count = draft.given("node.nics.count");
    if (!count && !draft.given("node.nics.bandwidth")) return;
    draft.ask("node.nics.count", "NIC in it", "8");
    draft.ask("node.nics.bandwidth", "speed of its NICs", "'400 Gbit/s'");
    draft.say("node.nics.count", count.value_or(""));
    draft.say("node.nics.model", "nominal", "not told; --set node.nics.model=PART says another one");
    draft.say("node.nics.latency", fmt::format("{:.12g} us", in_microseconds(reference.nics().latency)),
              "not told; as in " + reference.network_name);
}

/// Says how near NICs are, and which have no nearest one.
void remark_distances(const Machine& machine, const Chosen& chosen, const std::vector<std::vector<int>>& far,
                      const std::vector<std::vector<int>>& of_gpu, Draft& draft) {
    if (machine.told_links) return;  // a file with rates of a GPU alone
    bool is_guess = false;
    for (std::size_t gpu = 0; gpu < far.size(); ++gpu) {
        const int nearest = *std::ranges::min_element(far[gpu]);
        std::vector<std::string> names;
        for (std::size_t nic = 0; nic < chosen.size(); ++nic)
            if (far[gpu][nic] == nearest) names.push_back(machine.nics[chosen[nic]].name);
        draft.remark(fmt::format("GPU {}: nearest {} ({}).", gpu, fmt::join(names, ", "), name_of_distance(nearest)));
        is_guess |= nearest >= distance::host_bridge && names.size() > of_gpu[gpu].size();
    }
    if (is_guess)
        draft.remark(
            machine.tells_switches
                ? "Some GPUs have no nearest NIC among these: those are spread in order."
                : "No PCIe switch is shown, as in virtual machines, so that a NUMA node's GPUs have no nearest NIC: they are "
                  "spread in order.");
}

/// The PCIe switch of each NIC, where GPUs reach each other by such switches.
void draft_pcie_switches(const Machine& machine, const Reference& reference, const Chosen& chosen, Draft& draft) {
    const Links links = links_of(machine);
    const SwitchBlocks blocks = switch_blocks(machine);
    const bool has_tree =
        machine.gpus.size() > 1 && (is_pcie_only(links, reference, draft) || links.shape == Links::Shape::islands);
    if (!has_tree || blocks.count < 2) return;
    std::vector<int> of_nic;
    for (const std::size_t nic : chosen) {
        const std::vector<int>& bridges = machine.nics[nic].bridges;
        const auto found =
            std::ranges::find_if(bridges, [&](int bridge) { return blocks.of_bridge[static_cast<std::size_t>(bridge)] >= 0; });
        if (found == bridges.end()) return;
        of_nic.push_back(blocks.of_bridge[static_cast<std::size_t>(*found)]);
    }
    draft.say("node.nics.pcie_switch", fmt::format("[{}]", fmt::join(of_nic, ", ")));
}

}  // namespace

std::vector<std::string> draft_nics(const Machine& machine, const Reference& reference, const std::vector<std::string>& names,
                                    Draft& draft) {
    const Chosen chosen = names.empty() ? by_kind(machine, draft) : by_name(machine, names);
    if (chosen.empty()) {
        if (!machine.nics.empty())
            draft.remark("No NIC with remote access to memory (RDMA) is shown, as in containers: the machine may have some.");
        draft_hidden_nics(reference, draft);
        return {};
    }
    std::vector<std::vector<int>> far;
    for (const std::vector<int>& row : machine.nic_distance) {
        far.emplace_back();
        for (const std::size_t nic : chosen) far.back().push_back(row[nic]);
    }
    const std::vector<std::vector<int>> of_gpu = nics_by_distance(far);
    remark_distances(machine, chosen, far, of_gpu, draft);
    draft.say("node.nics.count", std::to_string(chosen.size()), names_of(machine, chosen));
    draft_rate(machine, chosen, draft);
    draft.say("node.nics.latency", fmt::format("{:.12g} us", in_microseconds(reference.nics().latency)),
              "not told; as in " + reference.network_name);
    std::vector<std::string> lists;
    for (const std::vector<int>& nics : of_gpu)
        lists.push_back(nics.size() == 1 ? std::to_string(nics[0]) : fmt::format("[{}]", fmt::join(nics, ", ")));
    draft.say("node.nics.map", fmt::format("[{}]", fmt::join(lists, ", ")));
    draft_pcie_switches(machine, reference, chosen, draft);
    std::vector<std::string> taken;
    for (const std::size_t nic : chosen) taken.push_back(machine.nics[nic].name);
    return taken;
}

}  // namespace tokenyard
