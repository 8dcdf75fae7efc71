// SPDX-License-Identifier: Apache-2.0
#include "doctor/causes.hpp"
#include "doctor/changes.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

namespace tokenyard {
namespace {

const Node& first_node(const Situation& situation) { return situation.one->cluster.groups.front().node; }

std::string refusal_without_nvlink(const Situation& situation) {
    const Node& node = first_node(situation);
    if (!has_several_gpus(situation)) return "found one GPU a node; expected several";
    if (!node.scale_up || node.scale_up->kind == ScaleUpKind::pcie) return "found no NVLink; expected some";
    if (node.scale_up->domain > node.gpus) return "found a domain of several nodes; expected NVLink inside nodes";
    return node.uses_nics_inside ? "found node.inside: nics; expected NVLink to be used" : "";
}

std::string refusal_of_nics_inside(const Situation& situation) {
    if (!has_several_gpus(situation)) return "found one GPU a node; expected several";
    const Node& node = first_node(situation);
    if (!node.nics) return "found no NICs; expected some";
    if (node.uses_nics_inside) return "found node.inside: nics, so it is described; expected links";
    const auto& network = situation.one->cluster.network;
    return network && std::holds_alternative<RailOnly>(network->kind)
               ? "found separate rails; expected a fabric that joins all NICs"
               : "";
}

std::optional<SuspectedChange> inside_over_nics(const Situation& situation, const Case& one, const Choice&, const Choice&) {
    return change_of_nodes(situation, one, "inside",
                           [](const Node& node) { return node.nics ? std::optional<std::string>("nics") : std::nullopt; });
}

/// One direction of 16 lanes with 128b/130b, before packet headers: PCI Express Base Specification 4.0 and 5.0.
std::vector<Choice> pcie_rates(const Situation& situation) {
    if (first_node(situation).pcie) return {};
    return {{"over PCIe Gen5 x16", 0, 0, 63}, {"over PCIe Gen4 x16", 0, 0, 31.5}};
}

std::optional<SuspectedChange> inside_over_host(const Situation& situation, const Case& one, const Choice&, const Choice& rate) {
    std::optional<SuspectedChange> change =
        change_of_nodes(situation, one, "scale_up", [&](const Node& node) -> std::optional<std::string> {
            if (!node.scale_up) return {};
            const std::string shown = node.pcie ? rate_text(node.pcie->bandwidth) : fmt::format("{:g} GB/s", rate.value);
            std::string text =
                fmt::format("{{kind: pcie, bandwidth_per_gpu: {}, latency: {}", shown, time_text(node.scale_up->latency));
            if (node.pcie && node.pcie->switches > 1)
                text +=
                    fmt::format(", switches: {}, switch_uplink: {}", node.pcie->switches, rate_text(node.pcie->switch_uplink));
            return text + "}";
        });
    for (std::size_t group = 0; change && group < one.cluster.groups.size(); ++group)
        if (one.cluster.groups[group].node.pcie)
            change->of_case.overrides.push_back(
                {situation.has_groups ? fmt::format("groups.{}.node.pcie", group) : "node.pcie", "~"});
    return change;
}

std::vector<Choice> parts_of_nvlink(const Situation&) {
    return {{"at 3/4 of its rate", 0, 0, 0.75}, {"at half its rate", 0, 0, 0.5}, {"at a quarter of its rate", 0, 0, 0.25}};
}

std::optional<SuspectedChange> slower_nvlink(const Situation& situation, const Case& one, const Choice&, const Choice& part) {
    return change_of_nodes(situation, one, "scale_up.bandwidth_per_gpu", [&](const Node& node) -> std::optional<std::string> {
        if (!node.scale_up) return {};
        return rate_text(node.scale_up->bandwidth_per_gpu * part.value);
    });
}

std::string refusal_of_slow_nvlink(const Situation& situation) {
    if (const std::string refusal = refusal_without_nvlink(situation); !refusal.empty()) return refusal;
    return first_node(situation).scale_up->kind == ScaleUpKind::nvswitch ? "" : "found a mesh; expected GPUs on an NVSwitch";
}

/// The links of a place, at a part of their rate.
std::optional<SuspectedChange> slow_links(const Case& one, const Choice& place, const std::string& links, const Choice& part) {
    if (!node_at(one.cluster, place.node)) return {};
    return fault(one, fmt::format("{{kind: slow-link, link: \"{}{}\", factor: {:g}}}", place.shown, links, part.value));
}

std::optional<SuspectedChange> slow_nvlink(const Situation&, const Case& one, const Choice& place, const Choice& part) {
    return slow_links(one, place, "/nvlink/*", part);
}

/// Faults of NICs need a network: a row on one node may have none.
std::optional<SuspectedChange> slow_node(const Situation&, const Case& one, const Choice& place, const Choice& part) {
    if (!one.cluster.network) return {};
    return slow_links(one, place, "/nic*/*", part);
}

std::optional<SuspectedChange> slow_nic(const Situation&, const Case& one, const Choice& place, const Choice& part) {
    if (!one.cluster.network) return {};
    return slow_links(one, place, "/*", part);
}

std::optional<SuspectedChange> dead_nic(const Situation&, const Case& one, const Choice& place, const Choice&) {
    if (!one.cluster.network || !node_at(one.cluster, place.node)) return {};
    return fault(one, fmt::format("{{kind: nic-down, node: {}, nic: {}}}", place.node, place.index));
}

std::size_t nics_in_use_of(const Node& node) {
    return node.nics ? nics_in_use(*node.nics, [](int) { return false; }).size() : 0;
}

std::string refusal_of_fewer_nics(const Situation& situation) {
    if (const std::string refusal = refusal_without_network(situation); !refusal.empty()) return refusal;
    return nics_in_use_of(first_node(situation)) > 1 ? "" : "found one NIC a node in use; expected several";
}

/// Of how many neighbouring NICs one is used.
std::vector<Choice> shares_of_nics(const Situation& situation) {
    std::vector<Choice> degrees;
    const auto count = static_cast<int>(nics_in_use_of(first_node(situation)));
    for (int of = 2; of < count; of *= 2) degrees.push_back({fmt::format("one of {}", of), 0, 0, static_cast<double>(of)});
    degrees.push_back({"one a node", 0, 0, static_cast<double>(count)});
    return degrees;
}

std::optional<SuspectedChange> fewer_nics(const Situation& situation, const Case& one, const Choice&, const Choice& degree) {
    if (!one.cluster.network) return {};
    return change_of_nodes(situation, one, "nics.map", [&](const Node& node) -> std::optional<std::string> {
        const std::vector<int> used = nics_in_use(*node.nics, [](int) { return false; });
        const auto of = static_cast<std::size_t>(degree.value);
        std::vector<std::string> map;
        for (const std::vector<int>& own : node.nics->of_gpu) {
            std::set<int> kept;
            for (const int nic : own) {
                const auto at = static_cast<std::size_t>(std::ranges::find(used, nic) - used.begin());
                kept.insert(used[at - at % of]);
            }
            map.push_back(fmt::format("[{}]", fmt::join(kept, ", ")));
        }
        return fmt::format("[{}]", fmt::join(map, ", "));
    });
}

std::string refusal_of_far_nics(const Situation& situation) {
    if (const std::string refusal = refusal_without_network(situation); !refusal.empty()) return refusal;
    const Node& node = first_node(situation);
    return node.nics->pcie_switch.empty() ? "found no PCIe switches to tell NICs apart by; expected node.pcie with several" : "";
}

/// Each GPU has the NICs of the GPU half a node further.
std::optional<SuspectedChange> far_nics(const Situation& situation, const Case& one, const Choice&, const Choice&) {
    if (!one.cluster.network) return {};
    return change_of_nodes(situation, one, "nics.map", [&](const Node& node) -> std::optional<std::string> {
        std::vector<std::string> map;
        const std::size_t gpus = node.nics->of_gpu.size();
        for (std::size_t gpu = 0; gpu < gpus; ++gpu)
            map.push_back(fmt::format("[{}]", fmt::join(node.nics->of_gpu[(gpu + gpus / 2) % gpus], ", ")));
        return fmt::format("[{}]", fmt::join(map, ", "));
    });
}

std::vector<Choice> parts_of_nics(const Situation&) {
    return {{"at half their rate", 0, 0, 0.5}, {"at a quarter of their rate", 0, 0, 0.25}};
}

std::optional<SuspectedChange> slower_nics(const Situation& situation, const Case& one, const Choice&, const Choice& part) {
    if (!one.cluster.network) return {};
    return change_of_nodes(situation, one, "nics.bandwidth", [&](const Node& node) -> std::optional<std::string> {
        if (!node.nics) return {};
        return rate_text(node.nics->bandwidth * part.value);
    });
}

std::vector<Choice> loads(const Situation&) {
    std::vector<Choice> degrees;
    for (const double load : std::array{0.15, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9})
        degrees.push_back({fmt::format("{:g} of it", load), 0, 0, load});
    return degrees;
}

std::optional<SuspectedChange> loaded_nics(const Situation&, const Case& one, const Choice&, const Choice& load) {
    if (!one.cluster.network) return {};
    return one_more("background", one.cluster.background.size(),
                    fmt::format("{{link: \"node*/nic*/*\", load: {:g}}}", load.value));
}

/// The uplinks of a leaf, or -1 where the fabric has none that can be shared otherwise.
int uplinks_of(const Cluster& cluster) {
    if (!cluster.network) return -1;
    if (const auto* rails = std::get_if<RailOptimized>(&cluster.network->kind)) return rails->leaf_ports - rails->leaf_down_ports;
    if (const auto* tree = std::get_if<FatTree>(&cluster.network->kind)) return tree->leaf_ports - tree->leaf_down_ports;
    return -1;
}

std::string refusal_without_uplinks(const Situation& situation) {
    if (const std::string refusal = refusal_without_network(situation); !refusal.empty()) return refusal;
    return uplinks_of(situation.one->cluster) < 1
               ? "found a fabric without leaves that have uplinks; expected rails or a fat tree"
               : "";
}

std::vector<Choice> hash_seeds(const Situation&) {
    return {{"hash seed 1", 0, 0, 1}, {"hash seed 2", 0, 0, 2}, {"hash seed 3", 0, 0, 3}};
}

std::optional<SuspectedChange> hashed(const Situation&, const Case& one, const Choice&, const Choice& seed) {
    const int uplinks = uplinks_of(one.cluster);
    if (uplinks < 1) return {};
    SuspectedChange change = change_of("fabric.routing", "ecmp");
    const auto spines = std::visit(
        [](const auto& kind) {
            if constexpr (requires { kind.spines; }) return kind.spines;
            else return 0;
        },
        one.cluster.network->kind);
    change.of_case.overrides.push_back({"fabric.spines", fmt::format("{}", spines > 0 ? spines : uplinks)});
    change.of_case.overrides.push_back({"fabric.hash_seed", fmt::format("{:g}", seed.value)});
    return change;
}

std::vector<Choice> thinner(const Situation&) {
    return {{"half of the uplinks", 0, 0, 2}, {"a quarter of the uplinks", 0, 0, 4}, {"an eighth of the uplinks", 0, 0, 8}};
}

std::optional<SuspectedChange> oversubscribed(const Situation&, const Case& one, const Choice&, const Choice& times) {
    if (uplinks_of(one.cluster) < 1) return {};
    return std::visit(
        [&](const auto& kind) -> std::optional<SuspectedChange> {
            if constexpr (requires { kind.leaf_down_ports; }) {
                SuspectedChange change =
                    change_of("fabric.oversubscription", fmt::format("{:g}", kind.oversubscription * times.value));
                change.of_case.overrides.push_back({"fabric.leaf_down_ports", fmt::format("{}", kind.leaf_down_ports)});
                return change;
            } else {
                return {};
            }
        },
        one.cluster.network->kind);
}

constexpr std::array hardware_rows{
    Hypothesis{"nics-inside", "GPUs of a node reach each other over their NICs, NVLink and shared memory are not used",
               "NCCL_DEBUG=INFO: between GPUs of a node it must say `via P2P`, not `via NET/IB`; look for NCCL_P2P_DISABLE, "
               "NCCL_SHM_DISABLE and NCCL_P2P_LEVEL in the environment. DeepEP: allow_nvlink_for_low_latency_mode",
               refusal_of_nics_inside, nowhere, no_degrees, inside_over_nics},
    Hypothesis{
        "host-memory", "GPUs of a node reach each other over PCIe and host memory, NVLink is not used (P2P is off)",
        "NCCL_DEBUG=INFO: between GPUs of a node it must say `via P2P`, not `via SHM`; `nvidia-smi topo -p2p r` must say OK, "
        "`nvidia-smi nvlink --status` must list every link; look for NCCL_P2P_DISABLE",
        refusal_without_nvlink, nowhere, pcie_rates, inside_over_host},
    Hypothesis{
        "fewer-nics", "fewer NICs are in use than there are, so that GPUs share them",
        "NCCL_DEBUG=INFO: `NET/IB : Using` must list every NIC; look for NCCL_IB_HCA in the environment; `ibstat` must say "
        "Active for each; `nvidia-smi topo -m` says which are near",
        refusal_of_fewer_nics, nowhere, shares_of_nics, fewer_nics},
    Hypothesis{"nic-rate", "every NIC runs at a part of its rate (200 for 400 Gbit/s, or PCIe with half of its lanes)",
               "`ibstat`: Rate; `lspci -vv`: LnkSta must have the speed and width of LnkCap; `ib_write_bw` between two nodes",
               refusal_without_network, nowhere, parts_of_nics, slower_nics},
    Hypothesis{
        "slow-node", "all NICs of one node run at a part of their rate",
        "`ib_write_bw` between each two neighbouring nodes; `ibstat` and `lspci -vv` on the slow one; or give times of pairs "
        "(--pairs)",
        refusal_without_network, nodes_of, parts_of_rate, slow_node},
    Hypothesis{"slow-nic", "one NIC, or its cable, runs at a part of its rate",
               "`ib_write_bw -d NIC` for each NIC; `ibstat`: Rate; `perfquery -x` or `ethtool -S`: errors and waits that grow",
               refusal_without_network, nics_of, parts_of_rate, slow_nic},
    Hypothesis{"nic-down", "one NIC is down, and its GPUs use a neighbour's",
               "`ibstat`: State must be Active for each NIC; NCCL_DEBUG=INFO: `NET/IB : Using` must list every NIC",
               refusal_of_fewer_nics, nics_of, no_degrees, dead_nic},
    Hypothesis{"far-nics", "GPUs use NICs on the other side of their node",
               "`nvidia-smi topo -m`: PIX or PXB between a GPU and its NIC, not NODE or SYS; the order of NCCL_IB_HCA",
               refusal_of_far_nics, nowhere, no_degrees, far_nics},
    Hypothesis{"hash-collisions", "uplinks of switches are shared by a static hash (ECMP), and flows meet on some of them",
               "counters of the uplinks of a leaf while it runs: some full, others idle; more queue pairs a connection "
               "(NCCL_IB_QPS_PER_CONNECTION) or adaptive routing would change the time",
               refusal_without_uplinks, nowhere, hash_seeds, hashed},
    Hypothesis{"thin-uplinks", "leaves have fewer uplinks than described",
               "`ibnetdiscover` (or the switches' port lists): uplinks of each leaf that are up, and their rates",
               refusal_without_uplinks, nowhere, thinner, oversubscribed},
    Hypothesis{"other-traffic", "other traffic takes a part of the NICs' bandwidth",
               "`perfquery -x` or `ethtool -S`: bytes that go through the NICs while nothing of this job runs",
               refusal_without_network, nowhere, loads, loaded_nics},
    Hypothesis{"nvlink-rate", "NVLink runs at a part of its rate, because links are down",
               "`nvidia-smi nvlink --status` must list every link with its rate; `nvidia-smi nvlink -e` counts errors",
               refusal_without_nvlink, nowhere, parts_of_nvlink, slower_nvlink},
    Hypothesis{"slow-nvlink", "NVLink of one GPU runs at a part of its rate",
               "`nvidia-smi nvlink --status` on each node must list every link of each GPU; `nvidia-smi nvlink -e` counts errors",
               refusal_of_slow_nvlink, gpus_of, parts_of_rate, slow_nvlink},
};

}  // namespace

std::span<const Hypothesis> hardware_causes() { return hardware_rows; }

}  // namespace tokenyard
