// SPDX-License-Identifier: Apache-2.0
#include "import/infragraph.hpp"

#include "import/known_devices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <set>

namespace tokenyard {
namespace {

constexpr long most_xpus = 1024;
constexpr std::size_t most_cards = 1024;

bool says(const std::string& text, std::initializer_list<std::string_view> words) {
    return std::ranges::any_of(words, [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

bool is_between_gpus(const std::string& text) {
    return says(text,
                {"nvlink", "nvlsw", "nvswitch", "nv-sw", "nv_sw", "nvl", "xgmi", "infinity fabric link", "ualink", "scale-up"});
}

std::string shown(const std::pair<std::string, long>& part) { return fmt::format("{}.{}", part.first, part.second); }

/// The node's parts by name, and what each hangs on.
struct Inside {
    std::map<std::string, std::string> kind;                 // of a part
    std::map<std::string, std::vector<std::string>> beside;  // by PCIe and the like
};

class Graph {
public:
    Graph(const InfraFile& file, const Position& at) : file_(file) {
        node_.at = at;
        node_.made_by = "InfraGraph's description";
        node_.tells_switches = node_.tells_links = false;
    }

    SystemParts read() {
        find_device();
        find_host();
        take_inside();
        take_cards();
        add_gpus();
        add_scale_up();
        add_nics();
        SystemParts parts;
        parts.network = network();
        node_.nodes = static_cast<int>(std::max(1L, host_ ? host_->count : 1));
        parts.node = std::move(node_);
        return parts;
    }

private:
    static const InfraComponent* component_in(const InfraDevice& device, const std::string& name) {
        const auto found = device.components.find(name);
        return found == device.components.end() ? nullptr : &found->second;
    }

    static std::string xpu_of(const InfraDevice& device) {
        for (const auto& [name, component] : device.components)
            if (component.kind == "xpu") return name;
        return {};
    }

    void find_device() {
        for (const auto& [name, device] : file_.devices) {
            if (xpu_of(device).empty()) continue;
            if (device_)
                throw InputError(device.at,
                                 fmt::format("found a second device with GPUs, {}; expected one kind of node", in_quotes(name)));
            device_ = &device;
            device_name_ = name;
            xpu_ = xpu_of(device);
        }
        if (!device_)
            throw InputError(node_.at,
                             "found no component of type xpu; expected a device with GPUs: give its file beside this one");
    }

    /// The instance that is made of the device; one that no list has is known by the parts that its connections name.
    void find_host() {
        for (const auto& [name, instance] : file_.instances)
            if (instance.device == device_name_) {
                host_name_ = name;
                host_ = &instance;
                return;
            }
        for (const InfraEdge& edge : file_.edges)
            for (const PartPath* path : {&edge.a, &edge.b})
                if (path->size() > 1 && !file_.instances.contains((*path)[0].first) && component_in(*device_, (*path)[1].first))
                    host_name_ = (*path)[0].first;
    }

    const InfraLink* link_named(const InfraEdge& edge) const {
        for (const auto* links : {&device_->links, &file_.links})
            if (const auto found = links->find(edge.link); found != links->end()) return &found->second;
        return nullptr;
    }

    std::string text_of(const InfraEdge& edge) const {
        const InfraLink* link = link_named(edge);
        std::string text = link ? link->text : edge.link;
        for (const PartPath* path : {&edge.a, &edge.b})
            if (const InfraComponent* component = component_in(*device_, path->back().first);
                component && component->kind != "xpu")
                text += " " + component->text;
        return text;
    }

    void join(const std::string& a, const std::string& b) {
        inside_.beside[a].push_back(b);
        inside_.beside[b].push_back(a);
    }

    void take_inside() {
        for (const InfraEdge& edge : device_->edges) {
            const auto &a = edge.a.back(), &b = edge.b.back();
            for (const auto* part : {&a, &b}) {
                const InfraComponent* component = component_in(*device_, part->first);
                inside_.kind[shown(*part)] = component ? component->kind : "";
                if (part->first == xpu_) gpus_ = std::max(gpus_, part->second + 1);
                if (component && is_card(part->first, *component)) cards_.insert({part->first, part->second});
            }
            if (is_between_gpus(text_of(edge)) && (a.first == xpu_ || b.first == xpu_)) scale_up_.push_back(&edge);
            else join(shown(a), shown(b));
        }
        gpus_ = std::max(gpus_, component_in(*device_, xpu_)->count);
        for (const auto& [name, component] : device_->components)
            if (is_card(name, component))
                for (long card = 0; card < std::min(component.count, most_xpus); ++card) cards_.insert({name, card});
        if (gpus_ < 1 || gpus_ > most_xpus)
            throw InputError(device_->at,
                             fmt::format("found {} GPUs; expected 1 to {}: as 'count', or in connections", gpus_, most_xpus));
    }

    bool is_card(const std::string& name, const InfraComponent& component) const {
        if (component.kind == "nic") return true;
        return component.kind == "device" && file_.devices.contains(name);
    }

    /// Cards that are instances of their own, on a part of the host that is no port.
    void take_cards() {
        for (const InfraEdge& edge : file_.edges)
            for (const auto& [own, other] : {std::pair{&edge.a, &edge.b}, std::pair{&edge.b, &edge.a}}) {
                if ((*own)[0].first != host_name_ || own->size() < 2 || (*own)[0].second != 0 || (*other)[0].first == host_name_)
                    continue;
                const InfraComponent* component = component_in(*device_, (*own)[1].first);
                if (!component || is_card((*own)[1].first, *component) || component->kind == "port") continue;
                cards_.insert((*other)[0]);
                inside_cards_.insert((*other)[0].first);
                join(shown((*own)[1]), shown((*other)[0]));
            }
    }

    void add_gpus() {
        const InfraComponent& xpu = *component_in(*device_, xpu_);
        const KnownGpu* known = nullptr;
        std::string word;
        for (const char c : xpu.text + " ") {
            if (std::isalnum(static_cast<unsigned char>(c))) word += c;
            else {
                if (!known) known = gpu_of_chip(word);
                if (!known) known = gpu_of_chip(word + "_sxm");
                word.clear();
            }
        }
        node_.gpu_told_by = fmt::format("component {}", xpu_);
        for (long gpu = 0; gpu < gpus_; ++gpu) {
            node_.gpus.emplace_back().index = static_cast<int>(gpu);
            node_.gpus.back().bus = shown({xpu_, gpu});
            node_.gpus.back().device = known ? known->device : "";
        }
    }

    void add_scale_up() {
        if (scale_up_.empty()) {
            node_.tells_links = gpus_ > 1;  // then there is PCIe alone
            return;
        }
        double rate = 0;
        bool is_direct = true, is_told = true;
        const std::string first = shown({xpu_, 0});
        for (const InfraEdge* edge : scale_up_) {
            const InfraLink* link = link_named(*edge);
            is_direct &= edge->a.back().first == xpu_ && edge->b.back().first == xpu_;
            if (!link || !link->rate) is_told = false;
            else if (shown(edge->a.back()) == first || shown(edge->b.back()) == first)
                rate += in_gigabytes_per_second(*link->rate);
        }
        if (is_told && rate > 0)
            node_.told_links =
                ToldLinks{is_direct ? "mesh" : "nvswitch", gigabytes_per_second(rate), "links between GPUs", {}, 0};
        else node_.notes.push_back("the file has links between GPUs, but not their rate");
    }

    int distance_to(const std::string& gpu, const std::string& nic) const {
        std::map<std::string, std::string> from{{gpu, ""}};
        for (std::deque<std::string> open{gpu}; !open.empty() && !from.contains(nic); open.pop_front())
            if (const auto beside = inside_.beside.find(open.front()); beside != inside_.beside.end())
                for (const std::string& next : beside->second)
                    if (from.emplace(next, open.front()).second) open.push_back(next);
        if (!from.contains(nic)) return distance::same_numa;
        int between = 0, cpus = 0;
        for (std::string part = from.at(nic); part != gpu; part = from.at(part)) {
            ++between;
            const auto kind = inside_.kind.find(part);
            cpus += kind != inside_.kind.end() && kind->second == "cpu";
        }
        if (cpus > 0) return cpus == 1 ? distance::host_bridge : distance::other_numa;
        return std::max(between, distance::one_bridge);
    }

    void add_nics() {
        if (cards_.size() > most_cards)
            throw InputError(device_->at, fmt::format("found more than {} NICs; expected fewer", most_cards));
        std::map<std::string, std::optional<Bandwidth>> rates;
        for (const InfraEdge& edge : file_.edges)
            for (const PartPath* path : {&edge.a, &edge.b})
                if ((*path)[0].first == host_name_ && path->size() > 1) {
                    const InfraLink* link = link_named(edge);
                    if (link && link->rate) rates[shown((*path)[1])] = link->rate;
                }
        for (const auto& card : cards_)
            node_.nics.push_back({.name = shown(card), .device = {}, .speed = rates[shown(card)], .bridges = {}});
        for (const MachineGpu& gpu : node_.gpus) {
            node_.nic_distance.emplace_back();
            for (const MachineNic& nic : node_.nics) {
                node_.nic_distance.back().push_back(distance_to(gpu.bus, nic.name));
                node_.tells_switches |= node_.nic_distance.back().back() < distance::host_bridge;
            }
        }
    }

    std::size_t switch_of(const InfraEdge& edge, const std::pair<std::string, long>& part, SwitchTree& tree) {
        if (!file_.instances.contains(part.first))
            throw InputError(edge.at, fmt::format("found {}, which no instance describes; expected one", in_quotes(part.first)));
        const auto [known, is_new] = switches_.emplace(shown(part), tree.switches.size());
        if (is_new) tree.switches.push_back(shown(part));
        return known->second;
    }

    std::optional<SwitchTree> network() {
        SwitchTree tree;
        tree.at = node_.at;
        tree.made_by = node_.made_by;
        std::map<long, SwitchTree::Host> hosts;
        std::map<std::tuple<std::size_t, std::size_t, double>, int> trunks;
        for (const InfraEdge& edge : file_.edges) {
            if (inside_cards_.contains(edge.a[0].first) || inside_cards_.contains(edge.b[0].first)) continue;
            const bool is_host = edge.a[0].first == host_name_, other_is_host = edge.b[0].first == host_name_;
            const InfraLink* link = link_named(edge);
            const std::optional<Bandwidth> rate = link ? link->rate : std::nullopt;
            if (is_host && other_is_host)
                throw InputError(edge.at, "found a connection between two nodes; expected a switch at one end of it");
            if (!is_host && !other_is_host) {
                const auto [a, b] = std::minmax({switch_of(edge, edge.a[0], tree), switch_of(edge, edge.b[0], tree)});
                if (a != b) ++trunks[{a, b, rate ? in_gigabytes_per_second(*rate) : 0}];
                continue;
            }
            const PartPath &own = is_host ? edge.a : edge.b, &other = is_host ? edge.b : edge.a;
            SwitchTree::Host& host = hosts[own[0].second];
            host.name = shown(own[0]);
            host.switch_of[own.size() > 1 ? shown(own[1]) : "nic"] = switch_of(edge, other[0], tree);
            if (rate) host.rate = rate;
        }
        for (auto& [number, host] : hosts) tree.hosts.push_back(std::move(host));
        for (const auto& [ends, cables] : trunks) {
            const auto& [a, b, rate] = ends;
            tree.trunks.push_back({a, b, cables, rate > 0 ? std::optional(gigabytes_per_second(rate)) : std::nullopt});
        }
        if (tree.hosts.empty()) return {};
        return tree;
    }

    const InfraFile& file_;
    const InfraDevice* device_ = nullptr;
    const InfraInstance* host_ = nullptr;
    std::string device_name_, xpu_, host_name_;
    long gpus_ = 0;
    Inside inside_;
    std::vector<const InfraEdge*> scale_up_;
    std::set<std::pair<std::string, long>> cards_;
    std::set<std::string> inside_cards_;  // instances
    std::map<std::string, std::size_t> switches_;
    Machine node_;
};

}  // namespace

SystemParts system_from_infragraph(const InfraFile& file, const Position& at) { return Graph(file, at).read(); }

}  // namespace tokenyard
