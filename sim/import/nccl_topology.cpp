// SPDX-License-Identifier: Apache-2.0
#include "import/nccl_topology.hpp"

#include "import/xml_text.hpp"

#include <fmt/format.h>
#include <pugixml.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>

namespace tokenyard {
namespace {

constexpr std::size_t most_devices = 256;  // GPUs, or NICs; a rack in one system image has 72 of the one
constexpr int deepest = 32;                // of elements in each other; PCIe trees have some 8

template <class Number>
std::optional<Number> number_in(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
    return value;
}

/// Network interfaces that are made by software, by how Linux names them.
bool is_virtual_name(std::string_view name) {
    return std::ranges::any_of(
        std::array{"veth", "br-", "docker", "virbr", "tun", "tap", "cni", "flannel", "cali", "lo", "vxlan"},
        [&](std::string_view start) { return name.starts_with(start); });
}

/// Walks the elements of a file.
class Walk {
public:
    explicit Walk(const SourceText& source) : source_(source) {
        machine_.at = source.start;
        machine_.tells_links = false;
        machine_.tells_switches = false;
        has_gpu_elements_ = source.text.find("<gpu") != std::string::npos;
    }

    Machine finish(const pugi::xml_node& system) {
        for (const pugi::xml_node& cpu : system.children())
            if (is_element(cpu, "cpu")) read_cpu(cpu);
            else ignore(cpu);
        if (machine_.gpus.empty()) refuse_without_gpus(system);
        if (!has_gpu_elements_) number_by_order();
        check_indices(system);
        std::ranges::sort(machine_.gpus, {}, &MachineGpu::index);
        machine_.nics.clear();
        for (auto& [order, nic] : nics_) machine_.nics.push_back(std::move(nic));
        find_nic_distances(machine_);
        machine_.made_by = machine_.tells_links || has_gpu_elements_ ? "NCCL's topology dump" : "a file for NCCL_TOPO_FILE";
        if (!has_gpu_elements_)
            machine_.notes.push_back(
                "this is a file for NCCL_TOPO_FILE: it has the PCIe tree, but neither NVLink nor the speed of NICs");
        else if (is_rate_unknown_)
            machine_.notes.push_back("the file names GPUs and NICs, but tells neither NVLink nor the speed of NICs");
        return std::move(machine_);
    }

private:
    [[noreturn]] void fail(const pugi::xml_node& node, const std::string& message) const {
        throw InputError(place_of(source_, node), message);
    }

    static bool is_element(const pugi::xml_node& node, std::string_view name) {
        return node.type() == pugi::node_element && name == node.name();
    }

    void ignore(const pugi::xml_node& node) {
        if (node.type() == pugi::node_element && ignored_.insert(node.name()).second)
            machine_.notes.push_back(fmt::format("elements <{}> are not read", node.name()));
    }

    const char* required(const pugi::xml_node& node, const char* key) const {
        const pugi::xml_attribute found = node.attribute(key);
        if (!found) fail(node, fmt::format("found <{}> without {}; expected it", node.name(), key));
        return found.value();
    }

    long count_of(const pugi::xml_node& node, const char* key, long most) const {
        const std::string_view text = required(node, key);
        const std::optional<long> value = number_in<long>(text);
        if (!value || *value < 0 || *value > most)
            fail(node, fmt::format("found {}={}; expected a whole number from 0 to {}", key, in_quotes(text), most));
        return *value;
    }

    /// "10de:2330" of a <pci>.
    static std::string device_of(const pugi::xml_node& pci) {
        std::string device;
        for (const char* key : {"vendor", "device"}) {
            std::string_view part = pci.attribute(key).value();
            if (part.starts_with("0x")) part.remove_prefix(2);
            if (part.empty()) return {};
            device += (device.empty() ? "" : ":") + std::string(part);
        }
        return device;
    }

    /// GT/s and lanes make bytes, by 128 of 130 bits (8 of 10 up to 5 GT/s); nothing where the link is not told.
    std::pair<std::optional<Bandwidth>, std::string> link_of(const pugi::xml_node& pci) const {
        const std::string_view speed = pci.attribute("link_speed").value(), lanes = pci.attribute("link_width").value();
        if (speed.empty() || lanes.empty() || lanes == "0") return {};
        const std::optional<double> rate = number_in<double>(speed.substr(0, speed.find(' ')));
        const std::optional<int> width = number_in<int>(lanes);
        if (speed.find("nknown") != std::string_view::npos) return {};  // what Linux writes of a link that is down
        constexpr double most_rate = 1000;
        constexpr int most_lanes = 64;
        if (!rate || !(*rate > 0 && *rate < most_rate))
            fail(pci, fmt::format("found link_speed={}; expected GT/s, such as '32.0 GT/s PCIe'", in_quotes(speed)));
        if (!width || *width < 1 || *width > most_lanes)
            fail(pci, fmt::format("found link_width={}; expected lanes from 0 to {}", in_quotes(lanes), most_lanes));
        constexpr double last_of_8b10b = 5;
        const double payload = *rate <= last_of_8b10b ? 8.0 / 10 : 128.0 / 130;
        return {gigabits_per_second(*rate * *width * payload), fmt::format("{:g} GT/s x{}", *rate, *width)};
    }

    void read_cpu(const pugi::xml_node& cpu) {
        const std::string_view vendor = cpu.attribute("vendor").value(), arch = cpu.attribute("arch").value();
        machine_.cpu = vendor == "GenuineIntel"   ? "intel"
                       : vendor == "AuthenticAMD" ? "amd"
                       : arch == "arm64"          ? "arm"
                                                  : machine_.cpu;
        const std::optional<int> numa = number_in<int>(cpu.attribute("numaid").value());
        numa_ = numa.value_or(-1);
        for (const pugi::xml_node& child : cpu.children())
            if (is_element(child, "pci")) read_pci(child, {}, 1);
            else if (is_element(child, "nic")) read_nic(child, {}, {});
            else ignore(child);
    }

    void read_pci(const pugi::xml_node& pci, const std::vector<int>& above, int depth) {
        if (depth > deepest) fail(pci, fmt::format("found more than {} elements in each other; expected fewer", deepest));
        const std::string_view kind = pci.attribute("class").value();
        // A GPU that NCCL was not run on has a class and nothing in it: 0x0302 (3D), 0x0300 and 0x0380 (display), 0x1200
        // (accelerator).
        const bool has_gpu = pci.child("gpu"), has_nic = pci.child("nic");
        const bool is_bridge = kind.starts_with("0x0604") || pci.child("pci");
        std::vector<int> bridges = above;
        if (is_bridge) {
            bridges.push_back(static_cast<int>(machine_.bridges.size()));
            machine_.bridges.push_back({link_of(pci).first});
            if (!kind.starts_with("0x0600")) machine_.tells_switches = true;
            else bridges = above;                                 // a host bridge is no switch
        } else if (!has_gpu && !has_nic && !has_gpu_elements_) {  // a dump has what NCCL uses, which is in its elements
            read_bare(pci, bridges, kind);
        }
        for (const pugi::xml_node& child : pci.children())
            if (is_element(child, "pci")) read_pci(child, bridges, depth + 1);
            else if (is_element(child, "gpu")) read_gpu(child, pci, bridges);
            else if (is_element(child, "nic")) read_nic(child, pci, bridges);
            else ignore(child);
    }

    /// A device of a file for NCCL_TOPO_FILE: known by its class.
    void read_bare(const pugi::xml_node& pci, const std::vector<int>& bridges, std::string_view kind) {
        const auto is_of = [&](std::string_view start) { return kind.starts_with(start); };
        if (is_of("0x0302") || is_of("0x0300") || is_of("0x0380") || is_of("0x1200")) {
            add_gpu(pci, bridges);
        } else if (is_of("0x0207") || is_of("0x0200")) {
            MachineNic nic;
            nic.name = fmt::format("nic{}", nics_.size());
            add_nic(pci, bridges, std::move(nic), static_cast<long>(nics_.size()));
        } else if (kind.empty()) {
            ++unnamed_;
        }
    }

    MachineGpu& add_gpu(const pugi::xml_node& pci, const std::vector<int>& bridges) {
        if (machine_.gpus.size() == most_devices) fail(pci, fmt::format("found more than {} GPUs; expected fewer", most_devices));
        MachineGpu gpu;
        gpu.device = device_of(pci);
        gpu.bus = required(pci, "busid");
        gpu.numa = numa_;
        std::tie(gpu.pcie, gpu.pcie_name) = link_of(pci);
        gpu.bridges = bridges;
        machine_.gpus.push_back(std::move(gpu));
        return machine_.gpus.back();
    }

    void read_gpu(const pugi::xml_node& node, const pugi::xml_node& pci, const std::vector<int>& bridges) {
        MachineGpu& gpu = add_gpu(pci, bridges);
        gpu.index = static_cast<int>(count_of(node, "dev", 4095));
        if (node.attribute("sm")) gpu.sm = static_cast<int>(count_of(node, "sm", 9999));
        else is_rate_unknown_ = true;
        gpu.gcn = node.attribute("gcn").value();
        for (const pugi::xml_node& child : node.children()) {
            if (is_element(child, "nvlink") || is_element(child, "xgmi")) {
                constexpr long most_links = 64;
                const std::string target = required(child, "target");
                const std::string_view kind = child.attribute("tclass").value();
                gpu.links[target] += static_cast<int>(count_of(child, "count", most_links));
                gpu.is_gpu[target] = !kind.starts_with("0x0680");
            } else if (is_element(child, "c2c")) {
                constexpr long most_bandwidth = 10'000'000, most_count = 64;  // MB/s
                gpu.c2c = gigabytes_per_second(static_cast<double>(count_of(child, "bw", most_bandwidth)) / 1000) *
                          static_cast<double>(count_of(child, "count", most_count));
            } else {
                ignore(child);
            }
        }
        machine_.tells_links |= gpu.sm > 0 || !gpu.links.empty();
    }

    void read_nic(const pugi::xml_node& node, const pugi::xml_node& pci, const std::vector<int>& bridges) {
        for (const pugi::xml_node& net : node.children()) {
            if (!is_element(net, "net")) {
                ignore(net);
                continue;
            }
            MachineNic nic;
            nic.name = required(net, "name");
            constexpr long most_speed = 100'000'000;  // Mbit/s
            if (net.attribute("speed"))
                nic.speed = gigabits_per_second(static_cast<double>(count_of(net, "speed", most_speed)) / 1000);
            nic.is_virtual = !pci || is_virtual_name(nic.name);
            // Interfaces of sockets are named by Linux (eth0, eno1, wlP9s9), devices of RDMA by their driver; gdr says that a GPU
            // can be reached.
            const bool has_gdr = net.attribute("gdr").as_int() != 0;
            const bool is_interface = std::ranges::any_of(std::array{"eth", "en", "wl", "ib", "bond", "ww"},
                                                          [&](std::string_view start) { return nic.name.starts_with(start); });
            nic.is_rdma = !nic.is_virtual && (has_gdr || !is_interface);
            add_nic(pci, bridges, std::move(nic),
                    net.attribute("dev") ? count_of(net, "dev", 4095) : static_cast<long>(nics_.size()));
        }
    }

    void add_nic(const pugi::xml_node& pci, const std::vector<int>& bridges, MachineNic nic, long order) {
        if (nics_.size() == most_devices) fail(pci, fmt::format("found more than {} NICs; expected fewer", most_devices));
        nic.device = pci ? device_of(pci) : "";
        nic.numa = numa_;
        nic.bridges = bridges;
        const bool is_listed = std::ranges::any_of(nics_, [&](const auto& known) {
            return known.first.first == order && known.second.name == nic.name;  // one interface under each <cpu>
        });
        if (!is_listed) nics_.emplace(std::pair{order, nics_.size()}, std::move(nic));
    }

    [[noreturn]] void refuse_without_gpus(const pugi::xml_node& system) const {
        if (unnamed_ > 0)
            fail(system,
                 fmt::format("found no GPU and {} PCIe devices without a class; expected GPUs: dump the machine's own topology "
                             "with NCCL_TOPO_DUMP_FILE instead",
                             unnamed_));
        fail(system, "found no GPU; expected at least one, as NCCL_TOPO_DUMP_FILE writes them");
    }

    void number_by_order() {
        int index = 0;
        for (MachineGpu& gpu : machine_.gpus) gpu.index = index++;
    }

    void check_indices(const pugi::xml_node& system) const {
        std::set<int> indices;
        for (const MachineGpu& gpu : machine_.gpus)
            if (!indices.insert(gpu.index).second)
                fail(system, fmt::format("found two GPUs with dev {}; expected one", gpu.index));
    }

    const SourceText& source_;
    Machine machine_;
    std::map<std::pair<long, std::size_t>, MachineNic> nics_;  // by NCCL's number of them
    std::set<std::string> ignored_;
    int numa_ = -1;
    long unnamed_ = 0;
    bool has_gpu_elements_ = false, is_rate_unknown_ = false;
};

}  // namespace

Machine machine_from_nccl(const SourceText& source) {
    pugi::xml_document document;
    read_xml(source, "system", "NCCL's <system>", document);
    return Walk(source).finish(document.document_element());
}

}  // namespace tokenyard
