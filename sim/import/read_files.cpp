// SPDX-License-Identifier: Apache-2.0
#include "import/read_files.hpp"

#include "import/hwloc.hpp"
#include "import/ibnetdiscover.hpp"
#include "import/infragraph.hpp"
#include "import/logs.hpp"
#include "import/nccl_topology.hpp"
#include "import/nvidia_smi.hpp"
#include "import/simai_topology.hpp"
#include "import/slurm_topology.hpp"
#include "import/system_files.hpp"
#include "import/topograph.hpp"
#include "input/foreign.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace tokenyard {
namespace {

constexpr std::size_t largest_file = 256u << 20;  // bytes; ibnetdiscover prints some 1 MB for 1,000 hosts

/// A file of bytes that are no text.
SourceText read_bytes(const std::string& name) {
    SourceText source = source_of(name, {});
    source.path = name;
    std::error_code failed;
    if (!std::filesystem::is_regular_file(name, failed))
        throw InputError(source.start, "found no such file; expected a Chakra trace");
    if (const auto size = std::filesystem::file_size(name, failed); failed || size > largest_file)
        throw InputError(source.start, fmt::format("found {} bytes; expected at most {}", size, largest_file));
    std::ifstream file(name, std::ios::binary);
    source.text.assign(std::istreambuf_iterator<char>(file), {});
    return source;
}

ForeignFile read_foreign(const std::string& name, const std::string& asked_kind) {
    if (asked_kind == "chakra" || (asked_kind.empty() && name.ends_with(".et"))) return {read_bytes(name), "chakra"};
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
    if (first.told_links || second.told_links)
        throw InputError(second.at, "found a system file of a simulator beside another node; expected one of both");
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

Machine machine_of(const ForeignFile& file) {
    if (file.kind == "aiconfigurator") return machine_from_aiconfigurator(file.source);
    if (file.kind == "astra-sim-network") return machine_from_astra_sim(file.source);
    if (file.kind == "hwloc") return machine_from_hwloc(file.source);
    return file.kind == "nccl-topology" ? machine_from_nccl(file.source) : machine_from_nvidia_smi(file.source);
}

bool is_network(std::string_view kind) {
    return kind == "ibnetdiscover" || kind == "slurm-topology" || kind == "topograph" || kind == "netq";
}

SwitchTree network_of(const ForeignFile& file) {
    if (file.kind == "ibnetdiscover") return tree_from_ibnetdiscover(file.source);
    if (file.kind == "topograph") return tree_from_topograph(file.source);
    return file.kind == "netq" ? tree_from_netq(file.source) : tree_from_slurm(file.source);
}

void add_network(SwitchTree network, ReadFiles& read) {
    if (read.network) throw InputError(network.at, "found a second network; expected one");
    read.network = std::move(network);
}

void add_node(Machine node, ReadFiles& read) {
    read.machine = read.machine ? joined(std::move(*read.machine), std::move(node)) : std::move(node);
}

void add_system(SystemParts system, ReadFiles& read) {
    add_node(std::move(system.node), read);
    if (system.network) add_network(std::move(*system.network), read);
}

/// Throws InputError unless the file stands alone.
void expect_alone(const ForeignFile& file, const std::vector<std::string>& files, const char* what) {
    if (files.size() > 1)
        throw InputError(file.source.start, fmt::format("found {} beside other files; expected it alone", what));
}

}  // namespace

ReadFiles read_files(const std::vector<std::string>& files, const ImportOptions& options) {
    ReadFiles read;
    std::optional<InfraFile> described;
    Position described_at;
    for (const std::string& name : files) {
        const ForeignFile file = read_foreign(name, options.kind);
        read.shown.push_back(file_name(name));
        if (is_log(file.kind)) {
            expect_alone(file, files, "a log of measured times");
            read.log = file;
            return read;
        }
        if (file.kind == "hf-config") {
            expect_alone(file, files, "a model's configuration");
            read.model = file;
            return read;
        }
        if (file.kind == "chakra") {
            read.traces.push_back(trace_from_chakra(file.source));
        } else if (file.kind == "kineto" || file.kind == "execution-trace") {
            read.calls.push_back(trace_from_torch(file.source, files.size()));
        } else if (file.kind == "infragraph") {
            if (!described) described_at = file.source.start;
            if (!described) described.emplace();
            add_infragraph(file.source, *described);
        } else if (file.kind == "simai-topology") {
            add_system(system_from_simai(file.source), read);
        } else if (is_network(file.kind)) {
            add_network(network_of(file), read);
        } else {
            add_node(machine_of(file), read);
        }
    }
    if (described) add_system(system_from_infragraph(*described, described_at), read);
    if (!read.traces.empty()) {
        if (read.traces.size() != files.size())
            throw InputError(source_of(files.front(), {}).start,
                             "found traces of Chakra beside other files; expected traces alone");
        return read;
    }
    if (!read.calls.empty()) {
        if (read.calls.size() != files.size())
            throw InputError(source_of(files.front(), {}).start,
                             "found traces of PyTorch beside other files; expected traces alone, one a rank");
        return read;
    }
    if (!read.machine)
        throw InputError(read.network->at,
                         "found a network without its nodes; expected a file of one of them beside it: NCCL's topology "
                         "dump, or what `nvidia-smi topo -m` prints");
    return read;
}

std::vector<std::string> importable_kinds() {
    std::vector<std::string> names;
    for (const ForeignKind& kind : foreign_kinds())
        if (kind.is_imported) names.emplace_back(kind.name);
    return names;
}

}  // namespace tokenyard
