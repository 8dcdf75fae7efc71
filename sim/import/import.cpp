// SPDX-License-Identifier: Apache-2.0
#include "import/import.hpp"

#include "import/cluster_draft.hpp"
#include "import/fabric_draft.hpp"
#include "import/hf_config.hpp"
#include "import/logs.hpp"
#include "import/read_files.hpp"
#include "input/input.hpp"
#include "input/source.hpp"
#include "input/values.hpp"
#include "input/workload_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace tokenyard {
namespace {

/// What a name is made of: letters, digits, `_`, `-`, `.`.
std::string name_from(const std::string& path) {
    std::string name = path == "-" ? "imported" : std::filesystem::path(path).stem().string();
    for (char& c : name)
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-')) c = '_';
    return name;
}

void draft_rest(const Reference& reference, const Machine& machine, Draft& draft) {
    const std::string as_in = "not told; as in ";
    const auto share = [](double part) { return fmt::format("{:g}", part); };
    draft.say("efficiency.scale_up", share(reference.cluster.efficiency.scale_up), as_in + reference.name);
    if (draft.has("node.nics.count"))
        draft.say("efficiency.scale_out", share(reference.network.efficiency.scale_out), as_in + reference.network_name);
    if (reference.is_same_gpu && !reference.cluster.libraries.empty()) {
        std::vector<std::string> names;
        for (const FileMention& library : reference.cluster.libraries) names.push_back(library.name);
        draft.say("libraries", fmt::format("[{}]", fmt::join(names, ", ")), as_in + reference.name);
    }
    std::string sources;
    for (const std::string& source :
         {fmt::format("{}, imported; what it does not tell is said beside each key.", machine.made_by),
          fmt::format(
              "The shipped cluster {} and the sources named there, where a key says so.",
              reference.name == reference.network_name ? reference.name : reference.name + ", " + reference.network_name)})
        sources += fmt::format("\n  - {}", yaml_quoted(source));
    if (reference.gpu && !reference.gpu->source.empty()) sources += fmt::format("\n  - {}", yaml_quoted(reference.gpu->source));
    draft.say("sources", sources);
}

/// The NICs of a node that the network's adapters are, by name where the node has those names. Ports whose speed the node does
/// not tell have the network's.
std::vector<std::string> nics_for(Machine& machine, const Hosts& hosts, const std::vector<std::string>& asked) {
    const std::optional<Bandwidth> rate = hosts.chosen.front()->rate;
    for (MachineNic& nic : machine.nics)
        if (!nic.speed && rate) nic.speed = rate;
    if (!asked.empty() || hosts.adapters.front().empty()) return asked;
    const bool has_all = std::ranges::all_of(hosts.adapters, [&](const std::string& adapter) {
        return std::ranges::find(machine.nics, adapter, &MachineNic::name) != machine.nics.end();
    });
    return has_all ? hosts.adapters : std::vector<std::string>();
}

/// Brings the network's adapters into the order of the node's NICs.
void match_adapters(const SwitchTree& network, const std::vector<std::string>& nics, Hosts& hosts, Draft& draft) {
    if (hosts.adapters.front().empty()) return;
    const std::string of_node = fmt::format("{}", fmt::join(nics, ", ")),
                      of_hosts = fmt::format("{}", fmt::join(hosts.adapters, ", "));
    if (nics.size() != hosts.adapters.size())
        throw InputError(network.at,
                         fmt::format("found adapters {} on the hosts, and NICs {} on the node; expected as many: choose them "
                                     "with --nics",
                                     of_hosts, of_node));
    std::vector<std::string> sorted = nics, adapters = hosts.adapters;
    std::ranges::sort(sorted);
    std::ranges::sort(adapters);
    if (sorted == adapters) hosts.adapters = nics;
    else draft.remark(fmt::format("NICs {} are the network's adapters {}, in this order: no names agree.", of_node, of_hosts));
}

Imported imported_workload(const ReadFiles& read, const ImportOptions& options) {
    Draft draft(options.given);
    draft_workload(read.model->source, read.shown.front(), draft);
    Imported imported{draft.yaml(read.model->source.start), {}, false};
    workload_from(parse_yaml(source_of("the workload that is written", imported.yaml)), std::nullopt);
    return imported;
}

void remark_machine(const Machine& machine, const std::vector<std::string>& shown, Draft& draft) {
    draft.remark(fmt::format("Written by `tokenyard import` from {}: {}.", fmt::join(shown, ", "), machine.made_by));
    const std::size_t gpus = machine.gpus.size();
    draft.remark(fmt::format("Found: {} GPU{}, links between them: {}.", gpus, gpus == 1 ? "" : "s",
                             machine.told_links ? "rates alone" : links_of(machine).text));
    if (machine.gpus.front().c2c)
        draft.remark(fmt::format("Each GPU's C2C link to its CPU has {}, which is not modelled.",
                                 as_gigabytes(*machine.gpus.front().c2c)));
    for (const std::string& note : machine.notes) draft.remark("Note: " + note + ".");
}

void draft_nodes(const Machine& machine, Draft& draft) {
    if (machine.nodes > 1) draft.say("nodes", std::to_string(machine.nodes));
    else draft.say("nodes", "1", "more of them need a fabric: --set nodes=4 --set fabric.kind=single-switch");
    const bool is_one_domain = machine.told_links && machine.told_links->domain > 0;
    if (machine.nodes < 2 || is_one_domain) return;
    if (machine.nodes_joined_by.empty()) draft.ask("fabric.kind", "kind of network that is known", "single-switch");
    else draft.say("fabric.kind", machine.nodes_joined_by);
}

/// Cables whose rate no file tells are as fast as the node's NICs, and the file that is written says so.
void fill_rates(SwitchTree& network, const Machine& machine, const std::vector<std::string>& nics, Draft& draft) {
    if (std::ranges::all_of(network.trunks, [](const SwitchTree::Trunk& trunk) { return trunk.rate.has_value(); })) return;
    const auto first = std::ranges::find(machine.nics, nics.front(), &MachineNic::name);
    Bandwidth rate;  // 0 where it is asked for
    if (first != machine.nics.end() && first->speed) rate = *first->speed;
    if (const std::optional<std::string> given = draft.given("node.nics.bandwidth"))
        rate = bandwidth_value(*parse_yaml(source_of("--set node.nics.bandwidth", *given)));
    for (SwitchTree::Trunk& trunk : network.trunks)
        if (!trunk.rate) trunk.rate = rate;
    draft.remark(
        fmt::format("Rates of cables between switches are not told: each is taken to be as fast as a NIC, {:.6g} Gbit/s.",
                    in_gigabytes_per_second(rate) * 8));
}

std::string described(const Machine& machine, const std::optional<Hosts>& hosts) {
    const std::size_t count = hosts ? hosts->chosen.size() : static_cast<std::size_t>(machine.nodes);
    const std::string nodes = hosts || count > 1 ? fmt::format("{} nodes", count) : "A node";
    return fmt::format("{} of {} GPU{}, as {} has it", nodes, machine.gpus.size(), machine.gpus.size() == 1 ? "" : "s",
                       machine.made_by);
}

}  // namespace

Imported import_files(const std::vector<std::string>& files, const ImportOptions& options) {
    ReadFiles read = read_files(files, options);
    if (read.log) {
        Imported record;
        record.is_record = true;
        record.yaml =
            record_of_log(read.log->source, read.log->kind, read.shown.front(), name_from(files.front()), options, record.notes);
        return record;
    }
    if (const bool are_calls = !read.calls.empty(); are_calls || !read.traces.empty()) {
        if (!options.given.empty())
            throw InputError(source_of("--set " + options.given.front().path, {}).start,
                             fmt::format("found a key for traces of {}; expected none, because they become a {}",
                                         are_calls ? "PyTorch" : "Chakra", are_calls ? "matrix" : "list"));
        if (!are_calls) return {chakra_listing(read.traces, read.shown), {}, false};
        TorchMatrix matrix = matrix_of_traces(read.calls, read.shown, options.collective);
        return {std::move(matrix.text), std::move(matrix.notes), false};
    }
    if (read.model) return imported_workload(read, options);
    Machine& machine = *read.machine;
    Draft draft(options.given);
    const Reference reference = reference_of(machine, draft);
    if (read.network && read.network->made_by != machine.made_by) machine.made_by += " with " + read.network->made_by;
    remark_machine(machine, read.shown, draft);
    draft.offer(machine.instead);
    std::optional<Hosts> hosts;
    if (read.network) hosts = hosts_of(*read.network, draft);
    draft.say("name", yaml_quoted(name_from(files.front())));
    draft.say("description", yaml_quoted(described(machine, hosts)));
    if (!hosts) draft_nodes(machine, draft);
    draft_gpus(machine, reference, draft);
    const std::vector<std::string> nics =
        draft_nics(machine, reference, hosts ? nics_for(machine, *hosts, options.nics) : options.nics, draft);
    Imported imported{{}, machine.notes, false};
    if (hosts) {
        if (nics.empty()) throw InputError(machine.at, "found no NIC of the node; expected some, because the network joins them");
        match_adapters(*read.network, nics, *hosts, draft);
        if (!hosts->adapters.front().empty()) fill_rates(*read.network, machine, nics, draft);
        const Cluster hops = std::get<Cluster>(read_one("dgx_h100_x4", {}));
        draft_fabric(*read.network, *hosts, nics.size(), fmt::format("{:g} us", in_microseconds(hops.network->hop_latency)),
                     draft);
        imported.notes.insert(imported.notes.end(), read.network->notes.begin(), read.network->notes.end());
    }
    draft_rest(reference, machine, draft);
    imported.yaml = draft.yaml(machine.at);
    read_cluster_text(source_of("the cluster that is written", imported.yaml));
    return imported;
}

}  // namespace tokenyard
