// SPDX-License-Identifier: Apache-2.0
#include "input/model_reader.hpp"

#include "input/values.hpp"

#include <fmt/format.h>

#include <cmath>

namespace tokenyard {
namespace {

constexpr long most_hidden = 1 << 20;
constexpr long most_layers = 100000;

DataType data_type_from(const YamlNode& node, std::initializer_list<std::string_view> names) {
    const int index = word_value(node, names);
    const std::string name(*(names.begin() + index));
    const int bits = name == "fp32" ? 32 : name == "bf16" || name == "fp16" ? 16 : name == "fp4_e2m1" ? 4 : 8;
    return {name, bits};
}

ExpertModel expert_from(const YamlPtr& yaml) {
    Refusals refusals;
    const StrictMap map(yaml, "model.expert", {"hidden", "matrices", "shared", "dtype", "weight_dtype"}, &refusals);
    const auto dtype_of = [&](const YamlNode& node) { return data_type_from(node, {"bf16", "fp16", "fp8_e4m3", "fp4_e2m1"}); };
    ExpertModel expert;
    read_required(map, "hidden", refusals,
                  [&](const YamlNode& hidden) { expert.hidden = static_cast<int>(count_value(hidden, 1, most_hidden)); });
    read_if_there(map, "matrices", refusals,
                  [&](const YamlNode& matrices) { expert.matrices = static_cast<int>(count_value(matrices, 2, 3)); });
    read_if_there(map, "shared", refusals,
                  [&](const YamlNode& shared) { expert.shared = static_cast<int>(count_value(shared, 0, most_experts)); });
    read_required(map, "dtype", refusals, [&](const YamlNode& dtype) { expert.dtype = expert.weight_dtype = dtype_of(dtype); });
    read_if_there(map, "weight_dtype", refusals, [&](const YamlNode& weights) { expert.weight_dtype = dtype_of(weights); });
    refusals.expect_none();
    return expert;
}

/// How a router limits a token to some groups of experts. Pre: the model's other numbers are read.
void read_groups_of_experts(const StrictMap& map, Model& model) {
    const YamlPtr groups = map.optional("expert_groups"), per_token = map.optional("groups_per_token");
    if (!groups && !per_token) return;
    if (!groups || !per_token) map.required(groups ? "groups_per_token" : "expert_groups");
    model.expert_groups = static_cast<int>(count_value(*groups, 1, most_experts));
    if (model.experts % model.expert_groups != 0)
        refuse(*groups, fmt::format("a divisor of the model's {} experts", model.experts));
    model.groups_per_token = static_cast<int>(count_value(*per_token, 1, model.expert_groups));
    const int reachable = model.experts / model.expert_groups * model.groups_per_token;
    if (model.experts_per_token > reachable)
        refuse(*map.required("experts_per_token"),
               fmt::format("at most the {} experts in {} groups", reachable, model.groups_per_token));
}

}  // namespace

Model model_from(const YamlPtr& yaml) {
    Refusals refusals;
    const StrictMap map(yaml, "model",
                        {"experts", "experts_per_token", "hidden", "moe_layers", "expert_groups", "groups_per_token", "expert"},
                        &refusals);
    Model model;
    const auto read = [&](std::string_view key, long most, int& number) {
        return read_required(map, key, refusals,
                             [&](const YamlNode& value) { number = static_cast<int>(count_value(value, 1, most)); });
    };
    const bool has_experts = read("experts", most_experts, model.experts);
    const bool has_k = read("experts_per_token", most_experts, model.experts_per_token);
    read("hidden", most_hidden, model.hidden);
    read("moe_layers", most_layers, model.moe_layers);
    if (const YamlPtr expert = map.optional("expert")) refusals.attempt([&] { model.expert = expert_from(expert); });
    if (has_experts && has_k)
        refusals.attempt([&] {
            if (model.experts_per_token > model.experts)
                refuse(*map.required("experts_per_token"), fmt::format("at most the model's {} experts", model.experts));
            read_groups_of_experts(map, model);
        });
    refusals.expect_none();
    return model;
}

Encoding encoding_from(const YamlPtr& yaml, const std::string& what) {
    Refusals refusals;
    const StrictMap map(yaml, what, {"dtype", "scale_block", "scale_dtype", "metadata"}, &refusals);
    Encoding encoding;
    read_required(map, "dtype", refusals, [&](const YamlNode& dtype) {
        encoding.dtype = data_type_from(dtype, {"fp32", "bf16", "fp16", "fp8_e4m3", "fp8_e5m2", "int8", "fp4_e2m1"});
    });
    if (map.optional("scale_block")) {
        read_if_there(map, "scale_block", refusals, [&](const YamlNode& block) {
            encoding.scale_block = static_cast<int>(count_value(block, 1, most_hidden));
        });
        encoding.scale_dtype = {"fp32", 32};
        read_if_there(map, "scale_dtype", refusals, [&](const YamlNode& dtype) {
            encoding.scale_dtype = data_type_from(dtype, {"fp32", "bf16", "fp16", "fp8_e4m3", "ue8m0"});
        });
    } else {
        refusals.attempt([&] { map.refuse("scale_dtype", "there is no scale_block"); });
    }
    read_if_there(map, "metadata", refusals, [&](const YamlNode& metadata) {
        encoding.metadata = size_value(metadata, true);
        if (in_bytes(encoding.metadata) != std::floor(in_bytes(encoding.metadata))) refuse(metadata, "a whole number of bytes");
    });
    refusals.expect_none();
    return encoding;
}

}  // namespace tokenyard
