// SPDX-License-Identifier: Apache-2.0
// Hugging Face's configurations of models become workloads.
#include "import/import.hpp"
#include "input/input.hpp"
#include "support/files.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

Imported import_of(const std::string& text, const std::vector<Override>& given = {}) {
    const TemporaryFolder folder;
    ImportOptions options;
    options.given = given;
    return import_files({folder.write("config.json", text)}, options);
}

std::string refusal(const std::string& text) {
    const TemporaryFolder folder;
    return refusal_of([&] { import_files({folder.write("config.json", text)}, {}); }, folder);
}

/// The model of the workload that is written, or of a shipped one.
struct ModelAndTypes {
    Model model;
    std::string dispatch, combine;
    int scale_block = 0;
};
ModelAndTypes model_in(const std::string& file) {
    const auto workload = std::get<TokenWorkload>(std::get<Workload>(read_one(file, {})).traffic);
    return {workload.model, workload.dispatch.dtype.name, workload.combine.dtype.name, workload.dispatch.scale_block};
}
ModelAndTypes model_of(const std::string& text) {
    const TemporaryFolder folder;
    return model_in(folder.write("w.yaml", import_of(text).yaml));
}

const std::string deepseek_v3 = R"({"architectures": ["DeepseekV3ForCausalLM"], "first_k_dense_replace": 3,
 "hidden_size": 7168, "intermediate_size": 18432, "model_type": "deepseek_v3", "moe_intermediate_size": 2048,
 "moe_layer_freq": 1, "n_group": 8, "n_routed_experts": 256, "n_shared_experts": 1, "num_experts_per_tok": 8,
 "num_hidden_layers": 61, "num_nextn_predict_layers": 1, "q_lora_rank": null,
 "quantization_config": {"fmt": "e4m3", "quant_method": "fp8", "weight_block_size": [128, 128]},
 "topk_group": 4, "topk_method": "noaux_tc", "torch_dtype": "bfloat16"}
)";
const std::string mixtral = R"({"architectures": ["MixtralForCausalLM"], "hidden_size": 4096, "intermediate_size": 14336,
 "model_type": "mixtral", "num_experts_per_tok": 2, "num_hidden_layers": 32, "num_local_experts": 8, "torch_dtype": "bfloat16"}
)";
const std::string qwen3 = R"({"architectures": ["Qwen3MoeForCausalLM"], "decoder_sparse_step": 1, "hidden_size": 4096,
 "intermediate_size": 12288, "mlp_only_layers": [], "model_type": "qwen3_moe", "moe_intermediate_size": 1536, "num_experts": 128,
 "num_experts_per_tok": 8, "num_hidden_layers": 94, "torch_dtype": "bfloat16"}
)";
const std::string qwen2 = R"({"architectures": ["Qwen2MoeForCausalLM"], "decoder_sparse_step": 2, "hidden_size": 2048,
 "mlp_only_layers": [1, 2], "moe_intermediate_size": 1408, "num_experts": 60, "num_experts_per_tok": 4, "num_hidden_layers": 24,
 "shared_expert_intermediate_size": 5632, "torch_dtype": "bfloat16"}
)";
const std::string glm = R"({"architectures": ["Glm4MoeForCausalLM"], "first_k_dense_replace": 3, "hidden_size": 5120,
 "moe_intermediate_size": 1536, "n_group": 1, "n_routed_experts": 160, "n_shared_experts": 1, "num_experts_per_tok": 8,
 "num_hidden_layers": 92, "topk_group": 1, "torch_dtype": "bfloat16"}
)";
const std::string llama4 = R"({"architectures": ["Llama4ForConditionalGeneration"], "model_type": "llama4",
 "text_config": {"hidden_size": 5120, "interleave_moe_layer_step": 2, "intermediate_size": 8192, "intermediate_size_mlp": 16384,
 "num_experts_per_tok": 1, "num_hidden_layers": 48, "num_local_experts": 128, "torch_dtype": "bfloat16"}}
)";
const std::string gpt_oss = R"({"architectures": ["GptOssForCausalLM"], "experts_per_token": 4, "hidden_size": 2880,
 "intermediate_size": 2880, "model_type": "gpt_oss", "num_hidden_layers": 36, "num_local_experts": 128,
 "quantization_config": {"quant_method": "mxfp4"}}
)";
const std::string kimi_k2 = R"({"architectures": ["DeepseekV3ForCausalLM"], "first_k_dense_replace": 1, "hidden_size": 7168,
 "model_type": "kimi_k2", "moe_intermediate_size": 2048, "moe_layer_freq": 1, "n_group": 1, "n_routed_experts": 384,
 "n_shared_experts": 1, "num_experts_per_tok": 8, "num_hidden_layers": 61, "quantization_config": {"quant_method": "fp8",
 "weight_block_size": [128, 128]}, "topk_group": 1, "topk_method": "noaux_tc", "torch_dtype": "bfloat16"}
)";

struct Known {
    const char* preset;
    const std::string* config;
};
const Known known[] = {{"deepseek_v3_prefill", &deepseek_v3}, {"mixtral_8x7b", &mixtral}, {"qwen3_235b_a22b", &qwen3},
                       {"llama4_maverick", &llama4},          {"gpt_oss_120b", &gpt_oss}, {"kimi_k2", &kimi_k2}};

}  // namespace

TEST_CASE("import makes the shipped workload's model of a model's configuration", "[import][hf]") {
    for (const Known& one : known) DYNAMIC_SECTION(one.preset) {
            const ModelAndTypes ours = model_of(*one.config), shipped = model_in(one.preset);
            CHECK(ours.model.experts == shipped.model.experts);
            CHECK(ours.model.experts_per_token == shipped.model.experts_per_token);
            CHECK(ours.model.hidden == shipped.model.hidden);
            CHECK(ours.model.moe_layers == shipped.model.moe_layers);
            CHECK(ours.model.expert_groups == shipped.model.expert_groups);
            CHECK(ours.model.groups_per_token == shipped.model.groups_per_token);
            CHECK(ours.model.expert->hidden == shipped.model.expert->hidden);
            CHECK(ours.model.expert->shared == shipped.model.expert->shared);
            CHECK(ours.model.expert->dtype.name == shipped.model.expert->dtype.name);
            CHECK(ours.model.expert->weight_dtype.name == shipped.model.expert->weight_dtype.name);
            CHECK(ours.dispatch == shipped.dispatch);
            CHECK(ours.combine == shipped.combine);
            CHECK(ours.scale_block == shipped.scale_block);
        }
}

TEST_CASE("import counts the layers that have experts, and shared experts by their size", "[import][hf]") {
    // Of layers 0 to 23 every second one (1, 3, ..., 23) has experts, but layer 1; layer 2 has none anyway. 5632 / 1408 = 4.
    const Model model = model_of(qwen2).model;
    CHECK(model.moe_layers == 11);
    CHECK(model.expert->shared == 4);
    CHECK(model_of(glm).model.moe_layers == 89);
    // Layers 3 to 60 that are multiples of 4: 4, 8, ..., 60.
    CHECK(model_of(with_change(deepseek_v3, {"", "\"moe_layer_freq\": 1", "\"moe_layer_freq\": 4", ""})).model.moe_layers == 15);
    CHECK(model_of(with_change(llama4, {"", "\"interleave_moe_layer_step\": 2", "\"moe_layers\": [1, 3, 5]", ""}))
              .model.moe_layers == 3);
}

TEST_CASE("import says beside each key of a workload what a configuration does not tell", "[import][hf]") {
    const std::string yaml = import_of(mixtral, {{"workload.batch.tokens_per_rank", "64"}, {"ranks", "8"}}).yaml;
    CHECK(
        yaml ==
        "# Written by `tokenyard import` from config.json: a Hugging Face configuration of MixtralForCausalLM.\n"
        "name: \"mixtral\"\n"
        "description: \"One MoE layer of MixtralForCausalLM, as config.json has it\"\n"
        "model:\n"
        "  experts: 8  # num_local_experts\n"
        "  experts_per_token: 2  # num_experts_per_tok\n"
        "  hidden: 4096  # hidden_size\n"
        "  moe_layers: 32  # all layers\n"
        "  expert:\n"
        "    hidden: 14336  # intermediate_size\n"
        "    dtype: bf16\n"
        "batch:\n"
        "  tokens_per_rank: 64  # given by --set\n"
        "dispatch:\n"
        "  dtype: bf16  # not told; as the experts run\n"
        "combine:\n"
        "  dtype: bf16  # not told; as libraries send results\n"
        "placement: {kind: contiguous}  # not told\n"
        "routing: {kind: uniform}  # not told; real text is uneven: `predict --routing FILE` takes recorded ids\n"
        "sources:\n"
        "  - \"config.json, a Hugging Face configuration of MixtralForCausalLM: model; what it does not tell is said beside each "
        "key.\"\n"
        "ranks: 8  # given by --set\n");
}

TEST_CASE("import refuses a configuration of which no workload can be made", "[import][hf]") {
    const std::string unknown = refusal(with_change(mixtral, {"", "MixtralForCausalLM", "LlamaForCausalLM", ""}));
    CHECK(
        unknown.starts_with("config.json:1:20: error: found the architecture 'LlamaForCausalLM'; expected one that is known to "
                            "have experts: MixtralForCausalLM, "));
    CHECK(refusal(with_change(mixtral, {"", "\"num_local_experts\"", "\"experts\"", ""})) ==
          "config.json:1:1: error: found no 'num_local_experts'; expected it, as the model has experts");
    CHECK(refusal(with_change(mixtral, {"", "\"num_hidden_layers\": 32", "\"num_hidden_layers\": -1", ""})) ==
          "config.json:2:74: error: found '-1'; expected a whole number from 1 to 1048576");
    CHECK(refusal(with_change(deepseek_v3, {"", "\"first_k_dense_replace\": 3", "\"first_k_dense_replace\": 61", ""})) ==
          "config.json:4:23: error: found '61'; expected more layers, because none of these has experts");
    CHECK(refusal(with_change(qwen2, {"", "[1, 2]", "[1, 1]", ""})) ==
          "config.json:2:25: error: found '1'; expected each layer once");
    CHECK(refusal(with_change(mixtral, {"", "\"num_experts_per_tok\": 2", "\"num_experts_per_tok\": 9", ""}))
              .ends_with("error: found '9'; expected at most the model's 8 experts"));
    CHECK(refusal("{\"architectures\": [], \"hidden_size\": 1}\n") ==
          "config.json:1:19: error: found an empty list; expected names of classes");
}

}  // namespace tokenyard
