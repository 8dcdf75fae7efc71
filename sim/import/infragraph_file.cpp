// SPDX-License-Identifier: Apache-2.0
#include "import/infragraph_file.hpp"

#include "input/document.hpp"
#include "input/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace tokenyard {
namespace {

constexpr std::size_t most_edges = 1000000;
constexpr long most_parts = 1 << 20;

const YamlNode* item_of(const YamlNode& map, std::string_view key) {
    if (map.kind != YamlNode::Kind::map) refuse(map, "a map");
    const YamlEntry* entry = find(map, key);
    return entry && entry->value->kind != YamlNode::Kind::nothing ? entry->value.get() : nullptr;
}

std::vector<YamlPtr> items_of(const YamlNode& map, std::string_view key) {
    const YamlNode* list = item_of(map, key);
    if (!list) return {};
    if (list->kind != YamlNode::Kind::list) refuse(*list, "a list");
    return list->items;
}

std::string name_of_item(const YamlNode& map, std::string_view key) {
    const YamlNode* name = item_of(map, key);
    if (!name) throw InputError(map.at, fmt::format("found no '{}'; expected it", key));
    return name_value(*name, key);
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

std::string description_of(const YamlNode& map) {
    const YamlNode* text = item_of(map, "description");
    return text && text->kind == YamlNode::Kind::scalar ? text->text : std::string();
}

long count_of_item(const YamlNode& map) {
    const YamlNode* count = item_of(map, "count");
    return count ? count_value(*count, 1, most_parts) : 0;
}

InfraLink link_from(const YamlNode& node) {
    InfraLink link;
    link.text = lower(name_of_item(node, "name") + " " + description_of(node));
    const YamlNode* physical = item_of(node, "physical");
    const YamlNode* bandwidth = item_of(physical ? *physical : node, "bandwidth");
    if (!bandwidth) return link;
    const YamlNode* choice = item_of(*bandwidth, "choice");
    constexpr double most_rate = 1e6;  // GB/s
    for (const auto& [key, of_byte] : {std::pair{"gigabits_per_second", 1.0 / 8}, std::pair{"giga_bits_per_second", 1.0 / 8},
                                       std::pair{"gigabytes_per_second", 1.0}, std::pair{"giga_bytes_per_second", 1.0}})
        if (const YamlNode* rate = item_of(*bandwidth, key); rate && (!choice || choice->text == key))
            link.rate = gigabytes_per_second(number_value(*rate, 0, most_rate, true) * of_byte);
    return link;
}

InfraComponent component_from(const YamlNode& node) {
    InfraComponent component;
    component.description = description_of(node);
    component.text = lower(name_of_item(node, "name") + " " + component.description);
    const YamlNode* kind = item_of(node, "choice");
    if (!kind) kind = item_of(node, "type");
    component.kind = kind ? name_value(*kind, "type") : "";
    if (const YamlNode* custom = item_of(node, "custom"); custom && component.kind == "custom")
        if (const YamlNode* type = item_of(*custom, "type")) component.kind = name_value(*type, "type");
    component.count = count_of_item(node);
    return component;
}

std::optional<long> as_index(std::string_view text) {
    long value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 0 || value > most_parts) return {};
    return value;
}

/// "host.0.nic.1.eth.switch.0.port.3": names with numbers, a link, and names with numbers.
InfraEdge edge_of_connection(const YamlNode& node) {
    const std::string text = name_value(node, "a connection");
    std::vector<std::string> words{""};
    for (const char c : text)
        if (c == '.') words.emplace_back();
        else words.back() += c;
    InfraEdge edge;
    edge.at = node.at;
    std::size_t next = 0;
    const auto take_pairs = [&](PartPath& path) {
        for (; next + 1 < words.size() && as_index(words[next + 1]); next += 2)
            path.emplace_back(words[next], *as_index(words[next + 1]));
    };
    take_pairs(edge.a);
    if (next < words.size()) edge.link = words[next++];
    take_pairs(edge.b);
    if (edge.a.empty() || edge.b.empty() || edge.link.empty() || next != words.size())
        refuse(node, "parts with their numbers, a link, and parts with their numbers, such as xpu.0.pcie.nic.0");
    return edge;
}

/// "xpu", "xpu[3]", "xpu[0:4]", "xpu[0:8:2]"; all of `count` where it has no brackets or no ends.
std::vector<std::pair<std::string, long>> slice(const YamlNode& node, long count) {
    const std::string text = name_value(node, "an endpoint");
    const std::size_t open = text.find('[');
    std::array<long, 3> bounds{0, count, 1};
    if (open != std::string::npos) {
        std::string_view inside = std::string_view(text).substr(open + 1);
        if (!inside.ends_with(']')) refuse(node, "a slice such as xpu[0:4]");
        inside.remove_suffix(1);
        std::size_t part = 0;
        for (std::string_view rest = inside;; ++part) {
            const std::string_view word = rest.substr(0, rest.find(':'));
            const std::optional<long> value = as_index(word);
            if (part >= bounds.size() || (!word.empty() && !value)) refuse(node, "a slice such as xpu[0:4]");
            if (value) bounds[part] = *value;
            if (word.size() == rest.size()) break;
            rest.remove_prefix(word.size() + 1);
        }
        if (part == 0) bounds[1] = bounds[0] + 1;
    }
    if (bounds[2] < 1 || bounds[1] <= bounds[0]) refuse(node, "a slice with parts in it, of a component with a count");
    std::vector<std::pair<std::string, long>> parts;
    for (long at = bounds[0]; at < bounds[1]; at += bounds[2]) parts.emplace_back(text.substr(0, open), at);
    return parts;
}

/// InfraCounts of components and instances, for slices without ends.
struct InfraCounts {
    const InfraFile* file;
    const InfraDevice* device;  // nullptr between instances

    static long of_component(const InfraDevice* in, const std::string& name) {
        if (!in) return 0;
        const auto found = in->components.find(name.substr(0, name.find('[')));
        return found == in->components.end() ? 0 : found->second.count;
    }

    std::vector<PartPath> of_endpoint(const YamlNode& node) const {
        std::vector<PartPath> paths;
        const YamlNode* component = item_of(node, "component");
        if (!component) throw InputError(node.at, "found no 'component'; expected it");
        const YamlNode* instance = item_of(node, device ? "device" : "instance");
        if (!instance) {
            for (const auto& part : slice(*component, of_component(device, component->text))) paths.push_back({part});
            return paths;
        }
        const std::string name = name_value(*instance, "instance").substr(0, instance->text.find('['));
        long count = 0;
        const InfraDevice* inside = nullptr;
        if (const auto known = file->instances.find(name); !device && known != file->instances.end()) {
            count = known->second.count;
            if (const auto of = file->devices.find(known->second.device); of != file->devices.end()) inside = &of->second;
        } else if (device) {
            count = of_component(device, name);
            if (const auto of = file->devices.find(name); of != file->devices.end()) inside = &of->second;
        }
        for (const auto& outer : slice(*instance, count))
            for (const auto& part : slice(*component, of_component(inside, component->text))) paths.push_back({outer, part});
        return paths;
    }
};

void add_edges(const YamlNode& node, const InfraCounts& counts, std::vector<InfraEdge>& edges) {
    const YamlNode *first = item_of(node, "ep1"), *second = item_of(node, "ep2"), *scheme = item_of(node, "scheme");
    if (!first || !second) throw InputError(node.at, "found no 'ep1' or no 'ep2'; expected both");
    const std::vector<PartPath> from = counts.of_endpoint(*first), to = counts.of_endpoint(*second);
    const std::string link = name_of_item(node, "link"), how = scheme ? name_value(*scheme, "scheme") : "one2one";
    const auto add = [&](const PartPath& a, const PartPath& b) {
        if (edges.size() >= most_edges)
            throw InputError(node.at, fmt::format("found more than {} edges; expected fewer", most_edges));
        if (a != b) edges.push_back({a, b, link, node.at});
    };
    if (how == "many2many") {
        for (const PartPath& a : from)
            for (const PartPath& b : to) add(a, b);
    } else if (how == "ring") {
        for (std::size_t at = 0; at < from.size(); ++at) add(from[at], from[(at + 1) % from.size()]);
    } else if (how == "one2one") {
        if (from.size() != to.size())
            throw InputError(node.at, fmt::format("found {} and {} ends of one2one; expected as many", from.size(), to.size()));
        for (std::size_t at = 0; at < from.size(); ++at) add(from[at], to[at]);
    } else {
        refuse(*scheme, "one of: one2one, many2many, ring");
    }
}

template <class Map, class Value>
void insert_new(Map& map, const YamlNode& node, const std::string& name, Value value) {
    if (!map.emplace(name, std::move(value)).second)
        throw InputError(node.at, fmt::format("found {} again; expected each name once", in_quotes(name)));
}

}  // namespace

void add_infragraph(const SourceText& source, InfraFile& file) {
    const YamlPtr document = parse_yaml(source);
    const YamlNode* wrapped = item_of(*document, "infrastructure");
    const YamlNode& root = wrapped ? *wrapped : *document;
    for (const char* key : {"devices", "device"})
        for (const YamlPtr& node : items_of(root, key)) {
            InfraDevice device;
            device.at = node->at;
            for (const YamlPtr& component : items_of(*node, "components"))
                insert_new(device.components, *component, name_of_item(*component, "name"), component_from(*component));
            for (const YamlPtr& link : items_of(*node, "links"))
                insert_new(device.links, *link, name_of_item(*link, "name"), link_from(*link));
            insert_new(file.devices, *node, name_of_item(*node, "name"), std::move(device));
        }
    for (const YamlPtr& node : items_of(root, "instances"))
        insert_new(file.instances, *node, name_of_item(*node, "name"),
                   InfraInstance{name_of_item(*node, "device"), count_of_item(*node), node->at});
    for (const YamlPtr& link : items_of(root, "links"))
        insert_new(file.links, *link, name_of_item(*link, "name"), link_from(*link));
    for (const char* key : {"devices", "device"})
        for (const YamlPtr& node : items_of(root, key)) {
            InfraDevice& device = file.devices.at(name_of_item(*node, "name"));
            for (const YamlPtr& one : items_of(*node, "connections")) device.edges.push_back(edge_of_connection(*one));
            for (const YamlPtr& one : items_of(*node, "edges")) add_edges(*one, {&file, &device}, device.edges);
        }
    for (const YamlPtr& one : items_of(root, "connections")) file.edges.push_back(edge_of_connection(*one));
    for (const YamlPtr& one : items_of(root, "edges")) add_edges(*one, {&file, nullptr}, file.edges);
}

}  // namespace tokenyard
