// SPDX-License-Identifier: Apache-2.0
// What DeepSeek-V3's experts take of a GPU, by hand. An expert has three matrices of 7,168 x 2,048 elements, one byte each in
// FP8: 44,040,192 B; in 58 layers 2,554,331,136 B. There are 256 of them, and one more that every rank has.
#include "compute/memory.hpp"
#include "workload/place_experts.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

constexpr double expert_bytes = 2554331136;

TokenWorkload deepseek_v3(int ranks) {
    TokenWorkload workload;
    workload.model = {256, 8, 7168, 58, 8, 4, ExpertModel{2048, 3, 1, {"fp8_e4m3", 8}, {"fp8_e4m3", 8}}};
    workload.tokens_per_rank.assign(static_cast<std::size_t>(ranks), 128);
    return workload;
}

MemoryUse on(const TokenWorkload& workload, double gigabytes, const BufferUse& buffers = {Bytes{}, "none"}) {
    const std::vector<Bytes> capacities(workload.tokens_per_rank.size(), bytes(gigabytes * 1e9));
    return memory_use(workload, slots_of_ranks(workload), capacities, buffers);
}

}  // namespace

TEST_CASE("experts of DeepSeek-V3 do not fit into 8 H100", "[memory]") {
    // 256 / 8 = 32 experts: 81.739 GB; the shared one 2.554 GB; 84.293 GB of 80 GB
    const MemoryUse use = on(deepseek_v3(8), 80);
    CHECK(use.slots == 32);
    CHECK(use.experts == bytes(32 * expert_bytes));
    CHECK(use.shared == bytes(expert_bytes));
    CHECK(use.total == bytes(84292927488));
    CHECK_FALSE(use.fits());
}

TEST_CASE("experts of DeepSeek-V3 on 2 H100 are four times too large", "[memory]") {
    // 128 experts: 326.954 GB; with the shared one 329.509 GB
    const MemoryUse use = on(deepseek_v3(2), 80);
    CHECK(use.experts == bytes(326954385408));
    CHECK(use.total == bytes(329508716544));
    CHECK_FALSE(use.fits());
}

TEST_CASE("experts of DeepSeek-V3 do not fit into 8 L40S, and with room to spare into the 72 GPUs of a GB200 NVL72", "[memory]") {
    CHECK(on(deepseek_v3(8), 48).total == bytes(84292927488));
    CHECK_FALSE(on(deepseek_v3(8), 48).fits());
    // 256 + 32 experts in 72 x 4 slots: 4 x 2.554 + 2.554 = 12.772 GB of 186 GB
    TokenWorkload redundant = deepseek_v3(72);
    redundant.placement = RedundantPlacement{32};
    const MemoryUse use = on(redundant, 186);
    CHECK(use.slots == 4);
    CHECK(use.total == bytes(12771655680));
    CHECK(use.fits());
}

TEST_CASE("buffers and what a workload declares are added, and what nobody gives is named", "[memory]") {
    // 64 ranks: 4 experts and the shared one are 12.772 GB; buffers 2 GB; other 20 GB
    TokenWorkload workload = deepseek_v3(64);
    workload.other_memory = bytes(20e9);
    MemoryUse use = on(workload, 80, {bytes(2e9), "some"});
    CHECK(use.total == bytes(34771655680));
    CHECK(use.not_counted == std::vector<std::string>{"scales of the weights"});
    workload.other_memory.reset();
    use = on(workload, 80, {{}, "not modelled of this library"});
    CHECK(use.total == bytes(12771655680));
    CHECK(use.not_counted == std::vector<std::string>{"buffers (not modelled of this library)",
                                                      "attention, KV cache and activations (memory.other says how much)",
                                                      "scales of the weights"});
}

TEST_CASE("the fullest GPU is the one that has least room for what it holds", "[memory]") {
    // 5 experts on 2 ranks: 3 and 2 of them (contiguous: expert * 2 / 5). 3 x 100 B of 1,000 B against 2 x 100 B of 250 B.
    TokenWorkload workload;
    workload.model = {5, 1, 10, 1, 1, 1, ExpertModel{5, 2, 0, {"fp8_e4m3", 8}, {"fp8_e4m3", 8}}};
    workload.tokens_per_rank = {1, 1};
    const MemoryUse use = memory_use(workload, slots_of_ranks(workload), {bytes(1000), bytes(250)}, {Bytes{}, "none"});
    CHECK(use.rank == 1);
    CHECK(use.slots == 2);
    CHECK(use.total == bytes(200));
    CHECK(use.capacity == bytes(250));
}

TEST_CASE("weights of half a byte are counted as such", "[memory]") {
    // gpt-oss-120b: 3 x 2,880 x 2,880 x 0.5 B x 36 layers = 447,897,600 B
    Model model{128, 4, 2880, 36, 1, 1, ExpertModel{2880, 3, 0, {"bf16", 16}, {"fp4_e2m1", 4}}};
    CHECK(expert_weights(model) == bytes(447897600));
}

TEST_CASE("a model that does not say how large its experts are says what is missing", "[memory]") {
    TokenWorkload workload = deepseek_v3(8);
    workload.model.expert.reset();
    const MemoryUse use = on(workload, 80);
    CHECK_FALSE(use.is_known());
    CHECK(use.unknown == "found no model.expert, which says how large an expert is (hidden) and in which dtype; expected it");
}

}  // namespace tokenyard
