// SPDX-License-Identifier: Apache-2.0
#include "import/hf_config.hpp"

#include "input/values.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace tokenyard {
namespace {

/// Which layers have experts.
enum class MoeLayers {
    all,
    behind_dense,  // first_k_dense_replace, then every moe_layer_freq-th
    sparse_step,   // every decoder_sparse_step-th, but mlp_only_layers
    interleaved,   // every interleave_moe_layer_step-th, or the list moe_layers
};

/// Where the experts that every token meets are told.
enum class Shared { none, counted, by_size, one };

struct Architecture {
    std::string_view name;
    std::string_view experts, hidden;  // keys: how many experts are routed to; elements between an expert's matrices
    MoeLayers layers;
    Shared shared;
    bool has_groups = false;
    std::string_view inner = {};  // the key of the map that has the language model; empty: the file's own
};

constexpr std::string_view routed = "n_routed_experts", local = "num_local_experts", plain = "num_experts",
                           moe_size = "moe_intermediate_size", size = "intermediate_size", text = "text_config";

/// Source: transformers (github.com/huggingface/transformers), src/transformers/models/*/configuration_*.py and modeling_*.py;
/// Kimi's own modeling files (huggingface.co/moonshotai).
constexpr std::array architectures{
    Architecture{"MixtralForCausalLM", local, size, MoeLayers::all, Shared::none},
    Architecture{"PhimoeForCausalLM", local, size, MoeLayers::all, Shared::none},
    Architecture{"MiniMaxM2ForCausalLM", local, size, MoeLayers::all, Shared::none},
    Architecture{"OlmoeForCausalLM", plain, size, MoeLayers::all, Shared::none},
    Architecture{"GptOssForCausalLM", local, size, MoeLayers::all, Shared::none},
    Architecture{"DeepseekV2ForCausalLM", routed, moe_size, MoeLayers::behind_dense, Shared::counted, true},
    Architecture{"DeepseekV3ForCausalLM", routed, moe_size, MoeLayers::behind_dense, Shared::counted, true},
    Architecture{"DeepseekV32ForCausalLM", routed, moe_size, MoeLayers::behind_dense, Shared::counted, true},
    Architecture{"Glm4MoeForCausalLM", routed, moe_size, MoeLayers::behind_dense, Shared::counted, true},
    Architecture{"Glm4vMoeForConditionalGeneration", routed, moe_size, MoeLayers::behind_dense, Shared::counted, true, text},
    Architecture{"KimiVLForConditionalGeneration", routed, moe_size, MoeLayers::behind_dense, Shared::counted, true, text},
    Architecture{"KimiK25ForConditionalGeneration", routed, moe_size, MoeLayers::behind_dense, Shared::counted, true, text},
    Architecture{"Qwen2MoeForCausalLM", plain, moe_size, MoeLayers::sparse_step, Shared::by_size},
    Architecture{"Qwen3MoeForCausalLM", plain, moe_size, MoeLayers::sparse_step, Shared::none},
    Architecture{"Qwen3NextForCausalLM", plain, moe_size, MoeLayers::sparse_step, Shared::by_size},
    Architecture{"Qwen3VLMoeForConditionalGeneration", plain, moe_size, MoeLayers::sparse_step, Shared::none, false, text},
    Architecture{"Llama4ForCausalLM", local, size, MoeLayers::interleaved, Shared::one},
    Architecture{"Llama4ForConditionalGeneration", local, size, MoeLayers::interleaved, Shared::one, false, text},
};

constexpr long most = 1 << 20;  // of whatever is counted; the workload's reader has limits of its own

/// A value that is there and is not null.
const YamlNode* value_at(const YamlNode& map, std::string_view key) {
    const YamlEntry* entry = find(map, key);
    return entry && entry->value->kind != YamlNode::Kind::nothing ? entry->value.get() : nullptr;
}

const YamlNode& required(const YamlNode& map, std::string_view key) {
    const YamlNode* value = value_at(map, key);
    if (!value) throw InputError(map.at, fmt::format("found no '{}'; expected it, as the model has experts", key));
    return *value;
}

long count_at(const YamlNode& map, std::string_view key, long smallest = 1) {
    return count_value(required(map, key), smallest, most);
}

long count_or(const YamlNode& map, std::string_view key, long otherwise, long smallest = 1) {
    const YamlNode* value = value_at(map, key);
    return value ? count_value(*value, smallest, most) : otherwise;
}

const Architecture& architecture_of(const YamlNode& root) {
    const YamlNode& names = required(root, "architectures");
    const std::vector<std::string> found = texts_value(names, "names of classes");
    const auto known = std::ranges::find(architectures, found.front(), &Architecture::name);
    if (known != architectures.end()) return *known;
    std::vector<std::string_view> all;
    for (const Architecture& one : architectures) all.push_back(one.name);
    throw InputError(names.items.front()->at,
                     fmt::format("found the architecture {}; expected one that is known to have experts: {}",
                                 in_quotes(found.front()), fmt::join(all, ", ")));
}

struct Counted {
    long count = 0;
    std::string comment;
};

/// `of_layers`: a list of layers by their numbers from 0, of which the file has `layers`.
long count_listed(const YamlNode& of_layers, long layers, const auto& is_counted) {
    if (of_layers.kind != YamlNode::Kind::list) refuse(of_layers, "a list of layers");
    std::vector<bool> is_seen(static_cast<std::size_t>(layers));
    long counted = 0;
    for (const YamlPtr& item : of_layers.items) {
        const long layer = count_value(*item, 0, layers - 1);
        if (is_seen[static_cast<std::size_t>(layer)]) refuse(*item, "each layer once");
        is_seen[static_cast<std::size_t>(layer)] = true;
        counted += is_counted(layer);
    }
    return counted;
}

Counted moe_layers_of(const Architecture& architecture, const YamlNode& model) {
    const YamlNode& of_layers = required(model, "num_hidden_layers");
    const long layers = count_value(of_layers, 1, most);
    Counted moe{layers, "all layers"};
    const auto of_all = [&](const std::string& rule) { return fmt::format("of {} layers, {}", layers, rule); };
    if (architecture.layers == MoeLayers::behind_dense) {
        const long dense = count_at(model, "first_k_dense_replace", 0), step = count_or(model, "moe_layer_freq", 1);
        const auto up_to = [&](long layer) { return (layer + step - 1) / step; };  // multiples of the step below a layer
        moe.count = dense >= layers ? 0 : up_to(layers) - up_to(dense);
        moe.comment =
            of_all(fmt::format("those behind {} dense ones{}", dense, step > 1 ? fmt::format(", every {}th", step) : ""));
    }
    if (architecture.layers == MoeLayers::sparse_step) {
        const long step = count_or(model, "decoder_sparse_step", 1);
        moe.count = layers / step;
        if (step > 1) moe.comment = of_all(fmt::format("every {}th", step));
        if (const YamlNode* dense = value_at(model, "mlp_only_layers");
            dense && dense->kind == YamlNode::Kind::list && !dense->items.empty()) {
            const long left_out = count_listed(*dense, layers, [&](long layer) { return (layer + 1) % step == 0; });
            moe.count -= left_out;
            moe.comment = of_all(fmt::format("every {}th but {} in mlp_only_layers", step, left_out));
        }
    }
    if (architecture.layers == MoeLayers::interleaved) {
        const YamlNode* listed = value_at(model, "moe_layers");
        const long step = count_or(model, "interleave_moe_layer_step", 1);
        moe.count = listed ? count_listed(*listed, layers, [](long) { return true; }) : layers / step;
        if (listed) moe.comment = of_all("those in moe_layers");
        else if (step > 1) moe.comment = of_all(fmt::format("every {}th", step));
    }
    if (moe.count < 1) refuse(of_layers, "more layers, because none of these has experts");
    return moe;
}

/// Experts that every token meets, each as large as a routed one.
Counted shared_of(const Architecture& architecture, const YamlNode& model, long expert_hidden) {
    if (architecture.shared == Shared::one) return {1, "one in each layer of this architecture"};
    if (architecture.shared == Shared::counted) return {count_or(model, "n_shared_experts", 0, 0), ""};
    if (architecture.shared == Shared::none) return {};
    const long elements = count_or(model, "shared_expert_intermediate_size", 0, 0);
    const long count = (elements + expert_hidden - 1) / expert_hidden;
    return {count, elements == 0 || elements == expert_hidden
                       ? ""
                       : fmt::format("one of {} elements counts as {} of {}", elements, count, expert_hidden)};
}

/// In what the matrices are multiplied and stored.
struct Types {
    std::string computed = "bf16", stored = "bf16", comment;
    long scale_block = 0;  // elements that share a scale, of a model in FP8
};

Types types_of(const YamlNode& root, const YamlNode& model) {
    Types types;
    const YamlNode* dtype = nullptr;
    for (const YamlNode* map : {&model, &root})
        for (const std::string_view key : {"dtype", "torch_dtype"})
            if (!dtype) dtype = value_at(*map, key);
    if (dtype && dtype->text == "float16") types.computed = types.stored = "fp16";
    else if (!dtype) types.comment = "not told; as most models";
    else if (dtype->text != "bfloat16") types.comment = "the file says " + dtype->text + ", which experts do not run in";
    const YamlNode* quantization = value_at(root, "quantization_config");
    if (!quantization) quantization = value_at(model, "quantization_config");
    if (!quantization || quantization->kind != YamlNode::Kind::map) return types;
    const YamlNode* method = value_at(*quantization, "quant_method");
    const std::string name = method ? method->text : "";
    if (name == "fp8") {
        types = {"fp8_e4m3", "fp8_e4m3", "quant_method fp8", 128};
        if (const YamlNode* block = value_at(*quantization, "weight_block_size");
            block && block->kind == YamlNode::Kind::list && block->items.size() == 2)
            types.scale_block = count_value(*block->items[1], 1, most);
    } else if (name == "mxfp4") {
        types.stored = "fp4_e2m1";
        types.comment = "quant_method mxfp4 is of the weights";
    } else {
        types.comment = fmt::format("quant_method {} is not known here, so as without", in_quotes(name));
    }
    return types;
}

/// Groups, where a token is kept to some of them.
void say_groups(const Architecture& architecture, const YamlNode& model, Draft& draft) {
    if (!architecture.has_groups) return;
    const long groups = count_or(model, "n_group", 1), of_token = count_or(model, "topk_group", 1);
    const YamlNode* method = value_at(model, "topk_method");
    if (groups == 1 || groups == of_token || (method && method->text == "greedy")) return;
    draft.say("model.expert_groups", fmt::format("{}", groups), "n_group");
    draft.say("model.groups_per_token", fmt::format("{}", of_token), "topk_group");
}

void say_model(const Architecture& architecture, const YamlNode& root, const YamlNode& model, Draft& draft) {
    const auto say = [&](const std::string& path, long count, const std::string& comment) {
        draft.say("model." + path, fmt::format("{}", count), comment);
    };
    // gpt-oss once wrote it by the other name.
    const std::string k = value_at(model, "num_experts_per_tok") ? "num_experts_per_tok" : "experts_per_token";
    if (!value_at(model, k)) required(model, "num_experts_per_tok");
    say("experts", count_at(model, architecture.experts), std::string(architecture.experts));
    say("experts_per_token", count_at(model, k), k);
    say("hidden", count_at(model, "hidden_size"), "hidden_size");
    const Counted layers = moe_layers_of(architecture, model);
    say("moe_layers", layers.count, layers.comment);
    say_groups(architecture, model, draft);
    const long hidden = count_at(model, architecture.hidden);
    say("expert.hidden", hidden, std::string(architecture.hidden));
    if (const Counted shared = shared_of(architecture, model, hidden); shared.count > 0)
        say("expert.shared", shared.count, shared.comment);
    const Types types = types_of(root, model);
    draft.say("model.expert.dtype", types.computed, types.comment);
    if (types.stored != types.computed) draft.say("model.expert.weight_dtype", types.stored);
    draft.say("batch.tokens_per_rank", "4096", "not told; as a prefill has, and --set batch.tokens_per_rank=128 a decode");
    const bool is_fp8 = types.scale_block > 0;
    draft.say("dispatch.dtype", is_fp8 ? "fp8_e4m3" : types.computed,
              is_fp8 ? "not told; as libraries send where experts run in it" : "not told; as the experts run");
    if (is_fp8) draft.say("dispatch.scale_block", fmt::format("{}", types.scale_block), "weight_block_size");
    draft.say("combine.dtype", types.computed == "fp16" ? "fp16" : "bf16", "not told; as libraries send results");
}

}  // namespace

void draft_workload(const SourceText& source, const std::string& shown, Draft& draft) {
    const YamlPtr root = parse_yaml(source);
    if (root->kind != YamlNode::Kind::map) refuse(*root, "a map with architectures and the sizes of the model");
    const Architecture& architecture = architecture_of(*root);
    const YamlNode& model = architecture.inner.empty() ? *root : required(*root, architecture.inner);
    if (model.kind != YamlNode::Kind::map) refuse(model, "a map with the sizes of the model");
    draft.remark(
        fmt::format("Written by `tokenyard import` from {}: a Hugging Face configuration of {}.", shown, architecture.name));
    std::string name = "imported";
    if (const YamlNode* type = value_at(*root, "model_type")) name = name_value(*type, "model_type");
    draft.say("name", yaml_quoted(name));
    draft.say("description", yaml_quoted(fmt::format("One MoE layer of {}, as {} has it", architecture.name, shown)));
    say_model(architecture, *root, model, draft);
    draft.say("placement", "{kind: contiguous}", "not told");
    draft.say("routing", "{kind: uniform}", "not told; real text is uneven: `predict --routing FILE` takes recorded ids");
    draft.say("sources", fmt::format("\n  - {}", yaml_quoted(fmt::format("{}, a Hugging Face configuration of {}: model; what it "
                                                                         "does not tell is said beside each key.",
                                                                         shown, architecture.name))));
}

}  // namespace tokenyard
