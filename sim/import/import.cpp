// SPDX-License-Identifier: Apache-2.0
#include "import/import.hpp"

#include "import/cluster_draft.hpp"
#include "import/nccl_topology.hpp"
#include "import/nvidia_smi.hpp"
#include "input/foreign.hpp"
#include "input/input.hpp"
#include "input/source.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace tokenyard {
namespace {

constexpr std::size_t largest_file = 256u << 20;  // bytes; ibnetdiscover prints some 1 MB for 1,000 hosts

struct ForeignFile {
    SourceText source;
    std::string_view kind;
};

ForeignFile read_foreign(const std::string& name, const std::string& asked_kind) {
    ForeignFile file{read_printed_source(name, largest_file), {}};
    const ForeignKind* kind = foreign_kind_of(file.source.text);
    if (!asked_kind.empty()) file.kind = std::ranges::find(foreign_kinds(), asked_kind, &ForeignKind::name)->name;
    else if (!kind)
        throw InputError(file.source.start,
                         fmt::format("found no file of a kind that is known; expected one of: {} (--as KIND says which)",
                                     fmt::join(importable_kinds(), ", ")));
    else if (!kind->is_imported) throw InputError(file.source.start, fmt::format("found {}; {}", kind->what, kind->advice));
    else file.kind = kind->name;
    return file;
}

bool has_rdma(const Machine& machine) {
    return std::ranges::any_of(machine.nics, [](const MachineNic& nic) { return nic.is_rdma; });
}

/// Two descriptions of one machine: what the first does not tell is from the second.
Machine joined(Machine first, Machine second) {
    if (first.gpus.front().device.empty() && !second.gpus.front().device.empty()) std::swap(first, second);
    if (first.gpus.size() != second.gpus.size())
        throw InputError(second.at, fmt::format("found {} GPUs, and {} in the other file; expected two files of one machine",
                                                second.gpus.size(), first.gpus.size()));
    if (!has_rdma(first) && has_rdma(second)) {
        first.nics = second.nics;
        first.nic_distance = second.nic_distance;
        first.bridges = second.bridges;
        for (std::size_t gpu = 0; gpu < first.gpus.size(); ++gpu) first.gpus[gpu].bridges = second.gpus[gpu].bridges;
        first.tells_switches = second.tells_switches;
    }
    if (!first.tells_links && second.tells_links) {
        for (std::size_t gpu = 0; gpu < first.gpus.size(); ++gpu) {
            first.gpus[gpu].bus = second.gpus[gpu].bus;
            first.gpus[gpu].links = second.gpus[gpu].links;
            first.gpus[gpu].is_gpu = second.gpus[gpu].is_gpu;
        }
        first.tells_links = true;
    }
    first.made_by += " and " + second.made_by;
    return first;
}

std::string file_name(const std::string& path) {
    return path == "-" ? "standard input" : std::filesystem::path(path).filename().string();
}

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

}  // namespace

std::vector<std::string> importable_kinds() {
    std::vector<std::string> names;
    for (const ForeignKind& kind : foreign_kinds())
        if (kind.is_imported) names.emplace_back(kind.name);
    return names;
}

Imported import_files(const std::vector<std::string>& files, const ImportOptions& options) {
    std::vector<std::string> shown;
    std::optional<Machine> machine;
    for (const std::string& name : files) {
        const ForeignFile file = read_foreign(name, options.kind);
        Machine one = file.kind == "nccl-topology" ? machine_from_nccl(file.source) : machine_from_nvidia_smi(file.source);
        machine = machine ? joined(std::move(*machine), std::move(one)) : std::move(one);
        shown.push_back(file_name(name));
    }
    Draft draft(options.given);
    const Reference reference = reference_of(*machine, draft);
    draft.remark(fmt::format("Written by `tokenyard import` from {}: {}.", fmt::join(shown, ", "), machine->made_by));
    const Links links = links_of(*machine);
    draft.remark(fmt::format("Found: {} GPU{}, links between them: {}.", machine->gpus.size(),
                             machine->gpus.size() == 1 ? "" : "s", links.text));
    if (machine->gpus.front().c2c)
        draft.remark(fmt::format("Each GPU's C2C link to its CPU has {}, which is not modelled.",
                                 as_gigabytes(*machine->gpus.front().c2c)));
    for (const std::string& note : machine->notes) draft.remark("Note: " + note + ".");
    draft.say("name", yaml_quoted(name_from(files.front())));
    draft.say("description", yaml_quoted(fmt::format("A node of {} GPU{}, as {} has it", machine->gpus.size(),
                                                     machine->gpus.size() == 1 ? "" : "s", machine->made_by)));
    draft.say("nodes", "1", "more of them need a fabric: --set nodes=4 --set fabric.kind=single-switch");
    draft_gpus(*machine, reference, draft);
    draft_nics(*machine, reference, options.nics, draft);
    draft_rest(reference, *machine, draft);
    Imported imported{draft.yaml(machine->at), machine->notes};
    read_cluster_text(source_of("the cluster that is written", imported.yaml));
    return imported;
}

}  // namespace tokenyard
