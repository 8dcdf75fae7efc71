// SPDX-License-Identifier: Apache-2.0
#include "input/slots_reader.hpp"

#include "input/values.hpp"

#include <fmt/format.h>

namespace tokenyard {
namespace {

constexpr std::string_view sglang_key = "physical_to_logical_map";

/// Experts of one list of slots.
void append_slots(const YamlNode& list, int experts, ExpertSlots& slots) {
    for (const YamlPtr& item : list_value(list, "an expert for each slot"))
        slots.push_back(static_cast<int>(count_value(*item, 0, experts - 1)));
}

/// Throws unless these slots can be those of a layer.
void check_layer(const ExpertSlots& slots, const std::vector<ExpertSlots>& before, int experts, int ranks, const Position& at) {
    if (slots.size() % static_cast<std::size_t>(ranks) != 0)
        throw InputError(at, fmt::format("found {} slots; expected a multiple of the {} ranks", slots.size(), ranks));
    if (!before.empty() && before.front().size() != slots.size())
        throw InputError(at,
                         fmt::format("found {} slots; expected {}, as the first layer has", slots.size(), before.front().size()));
    std::vector<bool> is_held(static_cast<std::size_t>(experts));
    for (const int expert : slots) is_held[static_cast<std::size_t>(expert)] = true;
    for (int expert = 0; expert < experts; ++expert)
        if (!is_held[static_cast<std::size_t>(expert)])
            throw InputError(
                at, fmt::format("found no slot for expert {}; expected one for each of the {} experts", expert, experts));
}

std::vector<ExpertSlots> layers_of_lists(const YamlNode& lists, int experts, int ranks) {
    std::vector<ExpertSlots> layers;
    for (const YamlPtr& list : list_value(lists, "a list of slots for each layer")) {
        ExpertSlots slots;
        append_slots(*list, experts, slots);
        check_layer(slots, layers, experts, ranks, list->at);
        layers.push_back(std::move(slots));
    }
    return layers;
}

/// Slots of a layer, device by device. What is not needed is not looked at: its writers add keys of their own.
ExpertSlots slots_of_devices(const YamlNode& layer, int experts, int ranks) {
    const auto required = [](const YamlNode& node, std::string_view key) -> const YamlNode& {
        if (node.kind != YamlNode::Kind::map) refuse(node, fmt::format("a map with {}", key));
        const YamlEntry* entry = find(node, key);
        if (!entry) throw InputError(node.at, fmt::format("found no '{}'; expected it", key));
        return *entry->value;
    };
    const YamlNode& devices = required(layer, "device_list");
    if (list_value(devices, "a device for each rank").size() != static_cast<std::size_t>(ranks))
        throw InputError(devices.at,
                         fmt::format("found {} devices; expected one for each of the {} ranks", devices.items.size(), ranks));
    ExpertSlots slots;
    std::size_t of_first = 0;
    for (std::size_t rank = 0; rank < devices.items.size(); ++rank) {
        const YamlNode& device = *devices.items[rank];
        if (const YamlEntry* id = device.kind == YamlNode::Kind::map ? find(device, "device_id") : nullptr)
            if (count_value(*id->value, 0, ranks - 1) != static_cast<long>(rank))
                refuse(*id->value, fmt::format("{}, as devices stand in their order", rank));
        const YamlNode& held = required(device, "device_expert");
        const std::size_t before = slots.size();
        append_slots(held, experts, slots);
        if (rank == 0) of_first = slots.size();
        if (slots.size() - before != of_first)
            throw InputError(
                held.at, fmt::format("found {} experts; expected {}, as the first device has", slots.size() - before, of_first));
    }
    return slots;
}

}  // namespace

std::vector<ExpertSlots> slots_from(const YamlNode& root, int experts, int ranks) {
    if (root.kind == YamlNode::Kind::list && !root.items.empty()) {
        if (root.items.front()->kind == YamlNode::Kind::list) return layers_of_lists(root, experts, ranks);
        ExpertSlots slots;
        append_slots(root, experts, slots);
        check_layer(slots, {}, experts, ranks, root.at);
        return {slots};
    }
    if (root.kind == YamlNode::Kind::map) {
        if (const YamlEntry* map = find(root, sglang_key)) return layers_of_lists(*map->value, experts, ranks);
        if (const YamlEntry* list = find(root, "layer_list")) {
            std::vector<ExpertSlots> layers;
            for (const YamlPtr& layer : list_value(*list->value, "a map for each layer")) {
                ExpertSlots slots = slots_of_devices(*layer, experts, ranks);
                check_layer(slots, layers, experts, ranks, layer->at);
                layers.push_back(std::move(slots));
            }
            return layers;
        }
    }
    refuse(root, "lists of experts by slot, or a map with physical_to_logical_map or layer_list");
}

}  // namespace tokenyard
