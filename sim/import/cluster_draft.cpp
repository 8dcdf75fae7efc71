// SPDX-License-Identifier: Apache-2.0
#include "import/cluster_draft.hpp"

#include "input/input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace tokenyard {
namespace {

constexpr const char* of_nvlink = "dgx_h100_x4";
constexpr const char* of_pcie = "l40s_pcie_x8";
constexpr const char* of_xgmi = "mi355x_x8";

std::string as_microseconds(Seconds time) { return fmt::format("{:.12g} us", in_microseconds(time)); }

std::string as_in(const std::string& cluster) { return "not told; as in " + cluster; }

void draft_gpu_model(const Machine& machine, const Reference& reference, Draft& draft) {
    const MachineGpu& gpu = machine.gpus.front();
    const KnownGpu* known = reference.gpu;
    const std::string device = gpu.device.empty()            ? ""
                               : machine.gpu_told_by.empty() ? "PCI device " + gpu.device
                                                             : machine.gpu_told_by;
    if (known) {
        draft.say("node.gpu.model", yaml_quoted(known->model), device.empty() ? "as the chip says" : device);
        if (!known->chip.empty()) draft.say("node.gpu.chip", std::string(known->chip), device);
        const std::string comment = "not told; " + std::string(known->source);
        if (!known->memory.empty()) {
            draft.say("node.gpu.memory", std::string(known->memory), comment);
            draft.say("node.gpu.memory_bandwidth", std::string(known->memory_bandwidth), comment);
        }
        return;
    }
    if (draft.given("node.gpu.chip")) {  // of no known cluster, but the chip may say all else
        draft.say("node.gpu.model", *draft.given("node.gpu.chip"), "as the chip is called");
        return;
    }
    const std::string what = device.empty() ? "GPU model" : fmt::format("GPU that is known (it has {})", device);
    if (draft.given("node.gpu.memory")) draft.ask("node.gpu.model", what, "NAME");
    else
        draft.ask(
            "node.gpu.chip", what,
            fmt::format("CHIP (one of {}; or node.gpu.model, node.gpu.memory and node.gpu.memory_bandwidth)", known_chips()));
    if (draft.given("node.gpu.memory")) draft.ask("node.gpu.memory_bandwidth", "memory bandwidth", "'3.35 TB/s'");
}

/// False where the first thing that is asked for is which GPU it is: what else is asked for depends on it.
bool knows_gpu(const Reference& reference, const Draft& draft) {
    return reference.gpu || draft.given("node.gpu.chip") || draft.given("node.gpu.memory");
}

void draft_host(const Machine& machine, const Reference& reference, Draft& draft) {
    constexpr std::string_view one_machine = "_server";  // a host that was measured as it stands says nothing of another one
    std::string of_reference = reference.is_same_gpu && reference.node().host ? reference.node().host->name : std::string();
    if (of_reference.ends_with(one_machine)) of_reference.clear();
    const bool agrees = machine.cpu.empty() || of_reference.empty() || of_reference.starts_with(machine.cpu) ||
                        (machine.cpu == "intel" && of_reference.starts_with("xeon")) ||
                        (machine.cpu == "arm" && of_reference == "grace");
    if (!of_reference.empty() && agrees)
        draft.say("node.host", of_reference, machine.cpu.empty() ? as_in(reference.name) : "CPU vendor; as in " + reference.name);
    else if (machine.cpu == "intel" || machine.cpu == "amd") draft.say("node.host", machine.cpu, "CPU vendor");
}

constexpr double lanes_of_card = 16, payload_of_pcie = 128.0 / 130;

/// What the file says of a GPU's link, as far as the card goes.
std::optional<Bandwidth> usable_rate(const MachineGpu& gpu, const KnownGpu* known) {
    if (!gpu.pcie || !known || known->fastest_pcie == 0) return gpu.pcie;
    return Bandwidth{std::min(gpu.pcie->si, gigabits_per_second(known->fastest_pcie * lanes_of_card * payload_of_pcie).si)};
}

/// The slower of what the file says and what the card has.
std::pair<std::string, std::string> pcie_rate(const MachineGpu& gpu, const KnownGpu* known) {
    if (known && known->fastest_pcie > 0) {
        const Bandwidth most = gigabits_per_second(known->fastest_pcie * lanes_of_card * payload_of_pcie);
        if (!gpu.pcie) return {as_gigabytes(most), fmt::format("not told; {:g} GT/s x16 of the card", known->fastest_pcie)};
        if (gpu.pcie->si > most.si * 1.001)
            return {as_gigabytes(most), fmt::format("{:g} GT/s x16, which is all that the card has; the file says {}, {}",
                                                    known->fastest_pcie, gpu.pcie_name, as_gigabytes(*gpu.pcie))};
    }
    if (!gpu.pcie) return {};
    return {as_gigabytes(*gpu.pcie), gpu.pcie_name};
}

/// A link of the GPU to its host, where the node needs one. `below`: "node.pcie" or "node.scale_up".
void draft_pcie(const Machine& machine, const Reference& reference, const std::string& below, Draft& draft) {
    const bool is_tree = below == "node.scale_up";
    const std::string bandwidth = below + (is_tree ? ".bandwidth_per_gpu" : ".bandwidth");
    const auto [rate, comment] = pcie_rate(machine.gpus.front(), reference.gpu);
    if (rate.empty() && knows_gpu(reference, draft)) draft.ask(bandwidth, "rate of the GPUs' PCIe links", "'63 GB/s'");
    if (!rate.empty()) draft.say(bandwidth, rate, "each direction, " + comment);
    const Seconds latency = [] {
        const std::variant<Cluster, Workload, CostFile> one = read_one(of_pcie, {});
        return std::get<Cluster>(one).groups.front().node.scale_up->latency;
    }();
    draft.say(below + ".latency", as_microseconds(is_tree ? latency : latency * 0.5),
              fmt::format("not told; {} {}", is_tree ? "as in" : "a GPU's half of that in", of_pcie));
    const SwitchBlocks blocks = switch_blocks(machine);
    if (blocks.count < 2) return;
    draft.say(below + ".switches", std::to_string(blocks.count));
    const std::string own = draft.given(bandwidth).value_or(rate);
    const std::optional<Bandwidth> of_gpu = usable_rate(machine.gpus.front(), reference.gpu);
    const bool is_told = blocks.uplink && (!of_gpu || blocks.uplink->si >= of_gpu->si);
    draft.say(below + ".switch_uplink", is_told ? as_gigabytes(*blocks.uplink) : own,
              is_told ? "each direction" : "not told (a link that idles is shown slower); as the GPU's own");
}

}  // namespace

std::string as_gigabytes(Bandwidth rate) { return fmt::format("{:.4g} GB/s", in_gigabytes_per_second(rate)); }

SwitchBlocks switch_blocks(const Machine& machine) {
    SwitchBlocks blocks;
    blocks.of_bridge.assign(machine.bridges.size(), -1);
    std::vector<int> users(machine.bridges.size());
    const auto use = [&](const std::vector<int>& bridges) {
        for (const int bridge : bridges) ++users[static_cast<std::size_t>(bridge)];
    };
    for (const MachineGpu& gpu : machine.gpus) use(gpu.bridges);
    for (const MachineNic& nic : machine.nics) use(nic.bridges);
    std::vector<int> of_gpu;  // the innermost switch that something else hangs on too
    for (const MachineGpu& gpu : machine.gpus) {
        const auto shared = std::find_if(gpu.bridges.rbegin(), gpu.bridges.rend(),
                                         [&](int bridge) { return users[static_cast<std::size_t>(bridge)] > 1; });
        if (shared == gpu.bridges.rend()) return blocks;
        of_gpu.push_back(*shared);
    }
    std::size_t block = 1;
    while (block < of_gpu.size() && of_gpu[block] == of_gpu[0]) ++block;
    if (of_gpu.size() % block != 0) return blocks;
    std::set<int> seen;
    for (std::size_t first = 0; first < of_gpu.size(); first += block) {
        if (!seen.insert(of_gpu[first]).second) return blocks;
        for (std::size_t gpu = first; gpu < first + block; ++gpu)
            if (of_gpu[gpu] != of_gpu[first]) return blocks;
    }
    for (std::size_t first = 0; first < of_gpu.size(); first += block)
        blocks.of_bridge[static_cast<std::size_t>(of_gpu[first])] = blocks.count++;
    blocks.uplink = machine.bridges[static_cast<std::size_t>(of_gpu[0])].uplink;
    return blocks;
}

Reference reference_of(const Machine& machine, const Draft& draft) {
    for (const MachineGpu& gpu : machine.gpus)
        if (gpu.device != machine.gpus.front().device)
            throw InputError(machine.at,
                             fmt::format("found GPUs of PCI devices {} and {}; expected GPUs that are alike, because a node of a "
                                         "cluster file has one kind",
                                         machine.gpus.front().device, gpu.device));
    Reference reference;
    const std::optional<std::string> chip = draft.given("node.gpu.chip");
    reference.gpu = chip ? gpu_of_chip(*chip) : gpu_of_device(machine.gpus.front().device);
    const bool is_amd = machine.gpus.front().device.starts_with("1002:");
    const Links::Shape shape = links_of(machine).shape;
    const bool is_shipped = reference.gpu && (!reference.gpu->chip.empty() || shape == Links::Shape::untold);
    reference.name = is_shipped ? reference.gpu->cluster : is_amd ? of_xgmi : shape != Links::Shape::none ? of_nvlink : of_pcie;
    reference.cluster = std::get<Cluster>(read_one(reference.name, {}));
    reference.is_same_gpu = reference.gpu && !reference.gpu->chip.empty();
    reference.network_name = reference.node().nics ? reference.name : of_nvlink;
    reference.network = std::get<Cluster>(read_one(reference.network_name, {}));
    return reference;
}

bool is_pcie_only(const Links& links, const Reference& reference, const Draft& draft) {
    if (const std::optional<std::string> kind = draft.given("node.scale_up.kind")) return *kind == "pcie";
    return links.shape == Links::Shape::none ||
           (links.shape == Links::Shape::untold && reference.gpu && reference.node().scale_up &&
            reference.node().scale_up->kind == ScaleUpKind::pcie);
}

namespace {

/// What the file does not say of NVLink, as in the shipped cluster of the same GPU.
void draft_untold_links(const Reference& reference, Draft& draft) {
    const std::string comment = "NVLink is not told; as in " + reference.name;
    if (!reference.gpu) {
        if (!knows_gpu(reference, draft)) return;  // which will say it
        draft.ask("node.scale_up.kind", "NVLink", "nvswitch (or mesh, or pcie for none)");
        draft.ask("node.scale_up.bandwidth_per_gpu", "bandwidth of NVLink", "'450 GB/s'");
    } else {
        draft.say("node.scale_up.kind", reference.node().scale_up->kind == ScaleUpKind::mesh ? "mesh" : "nvswitch", comment);
        draft.say("node.scale_up.bandwidth_per_gpu", as_gigabytes(reference.node().scale_up->bandwidth_per_gpu), comment);
        if (reference.node().scale_up->planes > 1)
            draft.say("node.scale_up.planes", std::to_string(reference.node().scale_up->planes), comment);
    }
}

void draft_links(const Machine& machine, const Links& links, const Reference& reference, Draft& draft) {
    const std::optional<Bandwidth> rate = link_rate(machine.gpus.front(), reference.gpu);
    if (links.shape == Links::Shape::uneven && !draft.given("node.scale_up.kind"))
        throw InputError(
            machine.at,
            fmt::format("found {}, which a cluster file cannot say; expected --set node.scale_up.kind=mesh (as if each "
                        "GPU had an even share of its links to every other one), nvswitch, or pcie to leave them out",
                        links.text));
    draft.say("node.scale_up.kind", links.shape == Links::Shape::nvswitch ? "nvswitch" : "mesh", links.text);
    if (!rate && knows_gpu(reference, draft))
        draft.ask("node.scale_up.bandwidth_per_gpu", "rate of the links between GPUs", "'450 GB/s'");
    if (rate)
        draft.say("node.scale_up.bandwidth_per_gpu", as_gigabytes(*rate * links.of_gpu),
                  fmt::format("each direction, {} links of {}", links.of_gpu, as_gigabytes(*rate)));
    const std::optional<ScaleUp>& known = reference.node().scale_up;
    const bool is_switched =
        draft.given("node.scale_up.kind").value_or(links.shape == Links::Shape::nvswitch ? "nvswitch" : "mesh") == "nvswitch";
    if (links.switches > 1 && is_switched) {
        draft.say("node.scale_up.planes", std::to_string(links.switches), "switches, with as many links to each");
    } else if (machine.made_by.find("nvidia-smi") != std::string::npos && is_switched && reference.is_same_gpu && known &&
               known->planes > 1 && rate && std::abs((*rate * links.of_gpu).si / known->bandwidth_per_gpu.si - 1) < 1e-6) {
        draft.say("node.scale_up.planes", std::to_string(known->planes), as_in(reference.name));
    }
    if (links.shape == Links::Shape::islands)
        draft.say("node.scale_up.domain", std::to_string(links.domain), "neighbours that NVLink joins");
}

void draft_told_links(const ToldLinks& links, const Reference& reference, Draft& draft) {
    const std::optional<ScaleUp>& known = reference.node().scale_up;
    if (!links.kind.empty()) draft.say("node.scale_up.kind", links.kind, links.told_by);
    else if (reference.gpu && known)
        draft.say("node.scale_up.kind",
                  known->kind == ScaleUpKind::pcie   ? "pcie"
                  : known->kind == ScaleUpKind::mesh ? "mesh"
                                                     : "nvswitch",
                  as_in(reference.name));
    else draft.ask("node.scale_up.kind", "kind of links between GPUs", "nvswitch (or mesh, or pcie)");
    draft.say("node.scale_up.bandwidth_per_gpu", as_gigabytes(links.of_gpu), "each direction, " + links.told_by);
    const Seconds latency = links.latency.value_or(known ? known->latency : microseconds(1));
    draft.say("node.scale_up.latency", as_microseconds(latency),
              links.latency ? links.told_by : as_in(known ? reference.name : of_nvlink));
    if (links.domain > 0) draft.say("node.scale_up.domain", std::to_string(links.domain), links.told_by);
}

}  // namespace

void draft_gpus(const Machine& machine, const Reference& reference, Draft& draft) {
    draft.say("node.gpus", std::to_string(machine.gpus.size()));
    draft_host(machine, reference, draft);
    draft_gpu_model(machine, reference, draft);
    if (machine.told_links) {
        draft_told_links(*machine.told_links, reference, draft);
        return;
    }
    if (machine.gpus.size() == 1) return;
    const Links links = links_of(machine);
    if (is_pcie_only(links, reference, draft)) {
        draft.say("node.scale_up.kind", "pcie",
                  links.shape == Links::Shape::untold ? "NVLink is not told; as in " + reference.name : "no links but PCIe");
        draft_pcie(machine, reference, "node.scale_up", draft);
        return;
    }
    if (links.shape == Links::Shape::untold) draft_untold_links(reference, draft);
    else draft_links(machine, links, reference, draft);
    const std::string latency = reference.node().scale_up ? reference.name : of_nvlink;
    draft.say("node.scale_up.latency",
              as_microseconds(reference.node().scale_up ? reference.node().scale_up->latency : microseconds(1)), as_in(latency));
    if (links.shape == Links::Shape::islands) draft_pcie(machine, reference, "node.pcie", draft);
}

}  // namespace tokenyard
