// SPDX-License-Identifier: Apache-2.0
#include "import/hwloc.hpp"

#include "import/xml_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace tokenyard {
namespace {

constexpr std::size_t most_pci_devices = 256;  // GPUs, or NICs
constexpr int most_depth = 64;

bool is_object(const pugi::xml_node& node, std::string_view type) {
    return node.type() == pugi::node_element && std::string_view(node.name()) == "object" &&
           node.attribute("type").value() == type;
}

/// "0302" and "10de:2901" of "0302 [10de:2901] [10de:1999] a1".
struct PciType {
    std::string_view kind, vendor;
    std::string device;
};

PciType pci_type_of(const pugi::xml_node& node) {
    const std::string_view text = node.attribute("pci_type").value();
    PciType type;
    type.kind = text.substr(0, text.find(' '));
    const std::size_t open = text.find('['), close = text.find(']');
    if (open != std::string_view::npos && close != std::string_view::npos && close > open)
        type.device = text.substr(open + 1, close - open - 1);
    type.vendor = text.substr(open == std::string_view::npos ? text.size() : open + 1, 4);
    return type;
}

bool is_gpu(const PciType& type) {
    if (type.kind == "0302" || type.kind == "1200") return true;
    return (type.kind == "0300" || type.kind == "0380") && (type.vendor == "10de" || type.vendor == "1002");
}

class HwlocWalk {
public:
    explicit HwlocWalk(const SourceText& source) : source_(source) {
        machine_.at = source.start;
        machine_.made_by = "hwloc's topology (lstopo)";
        machine_.tells_links = machine_.tells_switches = false;
    }

    Machine finish(const pugi::xml_node& topology) {
        for (const pugi::xml_node& child : topology.children()) read(child, {}, -1, 1);
        if (machine_.gpus.empty())
            throw InputError(
                place_of(source_, topology),
                "found hwloc's topology, not NCCL's, and no GPU in it; expected GPUs: run lstopo where they are shown, "
                "or dump NCCL's topology there with NCCL_TOPO_DUMP_FILE");
        std::ranges::sort(machine_.gpus, {}, &MachineGpu::bus);
        int index = 0;
        for (MachineGpu& gpu : machine_.gpus) gpu.index = index++;
        find_nic_distances(machine_);
        machine_.instead = "NCCL's topology dump in place of hwloc's (NCCL_TOPO_DUMP_FILE)";
        machine_.notes.push_back(
            "this is hwloc's topology, not NCCL's: it tells neither NVLink nor the speed of NICs, which a dump with "
            "NCCL_TOPO_DUMP_FILE does");
        return std::move(machine_);
    }

private:
    void read(const pugi::xml_node& node, const std::vector<int>& above, int numa, int depth) {
        if (depth > most_depth)
            throw InputError(place_of(source_, node),
                             fmt::format("found more than {} objects in each other; expected fewer", most_depth));
        if (node.type() != pugi::node_element || std::string_view(node.name()) != "object") return;
        if (is_object(node, "NUMANode")) numa = node.attribute("os_index").as_int(-1);
        else
            for (const pugi::xml_node& child : node.children())
                if (is_object(child, "NUMANode")) numa = child.attribute("os_index").as_int(-1);
        if (is_object(node, "Package") || is_object(node, "Socket") || is_object(node, "Machine")) read_vendor(node);
        std::vector<int> bridges = above;
        if (is_object(node, "Bridge") && is_switch(node)) {
            bridges.push_back(static_cast<int>(machine_.bridges.size()));
            machine_.bridges.push_back({link_of(node)});
            machine_.tells_switches = true;
        }
        if (is_object(node, "PCIDev")) read_device(node, bridges, numa);
        for (const pugi::xml_node& child : node.children()) read(child, bridges, numa, depth + 1);
    }

    void read_vendor(const pugi::xml_node& node) {
        for (const pugi::xml_node& info : node.children("info")) {
            const std::string_view name = info.attribute("name").value(), value = info.attribute("value").value();
            if (name == "CPUVendor" && value == "GenuineIntel") machine_.cpu = "intel";
            if (name == "CPUVendor" && value == "AuthenticAMD") machine_.cpu = "amd";
            if (name == "Architecture" && value == "aarch64") machine_.cpu = "arm";
        }
    }

    /// Between PCI buses, with several devices below that are not one device's functions.
    static bool is_switch(const pugi::xml_node& bridge) {
        if (std::string_view(bridge.attribute("bridge_type").value()) != "1-1") return false;
        std::string_view first;
        for (const pugi::xml_node& child : bridge.children()) {
            if (!is_object(child, "Bridge") && !is_object(child, "PCIDev")) continue;
            const std::string_view bus = child.attribute("pci_busid").value();
            const std::string_view slot = bus.substr(0, bus.rfind('.'));
            if (!first.empty() && slot != first) return true;
            first = slot;
        }
        return false;
    }

    /// GB/s, 0 where it is not known.
    std::optional<Bandwidth> link_of(const pugi::xml_node& node) const {
        const std::string_view text = node.attribute("pci_link_speed").value();
        if (text.empty()) return {};
        double rate = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
        constexpr double most_rate = 10000;
        if (error != std::errc{} || end != text.data() + text.size() || !(rate >= 0 && rate <= most_rate))
            throw InputError(place_of(source_, node), fmt::format("found pci_link_speed={}; expected GB/s", in_quotes(text)));
        if (rate == 0) return {};
        return gigabytes_per_second(rate);
    }

    void read_device(const pugi::xml_node& node, const std::vector<int>& bridges, int numa) {
        const PciType type = pci_type_of(node);
        const std::string_view bus = node.attribute("pci_busid").value();
        if (is_gpu(type)) {
            check_room(node, machine_.gpus.size(), "GPUs");
            MachineGpu& gpu = machine_.gpus.emplace_back();
            gpu.bus = bus;
            gpu.device = type.device;
            gpu.numa = numa;
            gpu.bridges = bridges;
            gpu.pcie = link_of(node);
            if (gpu.pcie) gpu.pcie_name = "of its PCIe link";
            return;
        }
        MachineNic nic;
        for (const pugi::xml_node& child : node.children()) {
            if (!is_object(child, "OSDev")) continue;
            constexpr unsigned network = 16, open_fabrics = 32;  // of version 3
            const std::string_view kind = child.attribute("osdev_type").value();
            const unsigned kinds = child.attribute("osdev_types").as_uint();
            const bool has_rdma = kind == "3" || (kinds & open_fabrics) != 0;
            if (!has_rdma && kind != "2" && (kinds & network) == 0) continue;
            if (!nic.name.empty() && !has_rdma) continue;  // the name of the RDMA device goes before that of the interface
            nic.name = child.attribute("name").value();
            nic.is_rdma = has_rdma;
        }
        const bool is_network = type.kind == "0207" || type.device.starts_with("1d0f:efa");
        if (nic.name.empty() && !is_network) return;
        if (nic.name.empty()) nic.name = bus;
        check_room(node, machine_.nics.size(), "NICs");
        nic.device = type.device;
        nic.numa = numa;
        nic.bridges = bridges;
        machine_.nics.push_back(std::move(nic));
    }

    void check_room(const pugi::xml_node& node, std::size_t count, const char* what) const {
        if (count >= most_pci_devices)
            throw InputError(place_of(source_, node),
                             fmt::format("found more than {} {}; expected fewer", most_pci_devices, what));
    }

    const SourceText& source_;
    Machine machine_;
};

}  // namespace

Machine machine_from_hwloc(const SourceText& source) {
    pugi::xml_document document;
    read_xml(source, "topology", "hwloc's <topology>", document);
    return HwlocWalk(source).finish(document.document_element());
}

}  // namespace tokenyard
