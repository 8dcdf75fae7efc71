// SPDX-License-Identifier: Apache-2.0
#include "input/input.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

const Change bad_workloads[] = {
    {"experts 0", "experts: 16", "experts: 0", "w.yaml:4:18: error: found '0'; expected a whole number from 1 to 65535"},
    {"more experts than 16 bits name", "experts: 16", "experts: 65536",
     "w.yaml:4:18: error: found '65536'; expected a whole number from 1 to 65535"},
    {"top-k above the experts", "experts_per_token: 2", "experts_per_token: 17",
     "w.yaml:4:41: error: found '17'; expected at most the model's 16 experts"},
    {"top-k 0", "experts_per_token: 2", "experts_per_token: 0",
     "w.yaml:4:41: error: found '0'; expected a whole number from 1 to 65535"},
    {"top-k beyond the groups", "experts_per_token: 2, hidden: 1024, moe_layers: 1",
     "experts_per_token: 5, hidden: 1024, moe_layers: 1, expert_groups: 4, groups_per_token: 1",
     "w.yaml:4:41: error: found '5'; expected at most the 4 experts in 1 groups"},
    {"groups that do not divide", "moe_layers: 1", "moe_layers: 1, expert_groups: 3, groups_per_token: 1",
     "w.yaml:4:88: error: found '3'; expected a divisor of the model's 16 experts"},
    {"expert_groups alone", "moe_layers: 1", "moe_layers: 1, expert_groups: 4",
     "w.yaml:4:8: error: found no 'groups_per_token' in model; expected it"},
    {"groups_per_token alone", "moe_layers: 1", "moe_layers: 1, groups_per_token: 2",
     "w.yaml:4:8: error: found no 'expert_groups' in model; expected it"},
    {"more groups a token than groups", "moe_layers: 1", "moe_layers: 1, expert_groups: 4, groups_per_token: 5",
     "w.yaml:4:109: error: found '5'; expected a whole number from 1 to 4"},
    {"hidden with a unit", "hidden: 1024", "hidden: 1024 B",
     "w.yaml:4:52: error: found '1024 B'; expected a whole number from 1 to 1048576"},
    {"hidden beyond reason", "hidden: 1024", "hidden: 2000000",
     "w.yaml:4:52: error: found '2000000'; expected a whole number from 1 to 1048576"},
    {"no hidden", ", hidden: 1024", "", "w.yaml:4:8: error: found no 'hidden' in model; expected it"},
    {"a token list of the wrong length", "tokens_per_rank: 8", "tokens_per_rank: [1, 2, 3]",
     "w.yaml:5:26: error: found 3 token counts; expected one for each of the 8 ranks"},
    {"negative tokens", "tokens_per_rank: 8", "tokens_per_rank: -1",
     "w.yaml:5:26: error: found '-1'; expected a whole number from 0 to 16777216"},
    {"a negative token count in a list", "tokens_per_rank: 8", "tokens_per_rank: [1, 2, 3, 4, 5, 6, 7, -8]",
     "w.yaml:5:48: error: found '-8'; expected a whole number from 0 to 16777216"},
    {"no token counts", "tokens_per_rank: 8", "tokens_per_rank: []",
     "w.yaml:5:26: error: found an empty list; expected token counts"},
    {"an unknown key of a batch", "tokens_per_rank: 8", "tokens: 8",
     "w.yaml:5:9: error: found unknown key 'tokens' in batch; expected one of: tokens_per_rank; did you mean tokens_per_rank?"},
    {"no batch", "batch: {tokens_per_rank: 8}\n", "", "w.yaml:1:1: error: found no 'batch' in the workload; expected it"},
    {"more token copies than memory holds", "experts_per_token: 2, hidden: 1024, moe_layers: 1}\nbatch: {tokens_per_rank: 8}",
     "experts_per_token: 16, hidden: 1024, moe_layers: 1}\nbatch: {tokens_per_rank: 16777216}",
     "w.yaml:5:26: error: found 134217728 tokens with 16 copies each; expected at most 536870912 copies in all"},
    {"more ranks than the cluster has GPUs", "ranks: 8", "ranks: 9",
     "w.yaml:2:8: error: found '9'; expected at most the cluster's 8 GPUs"},
    {"ranks 0", "ranks: 8", "ranks: 0", "w.yaml:2:8: error: found '0'; expected a whole number from 1 to 65536"},
    {"experts that do not divide over the ranks", "ranks: 8", "ranks: 3",
     "w.yaml:4:18: error: found '16'; expected a multiple of the 3 ranks (or placement kind map or redundant, or fewer ranks)"},
    {"an unknown kind of placement", "", "placement: {kind: random}\n",
     "w.yaml:10:19: error: found 'random'; expected one of: contiguous, round-robin, map, redundant"},
    {"a key of another placement", "", "placement: {kind: contiguous, extra: 8}\n",
     "w.yaml:10:31: error: found unknown key 'extra' in placement; expected one of: kind"},
    {"a placement map that is too short", "", "placement: {kind: map, ranks: [0, 1, 2]}\n",
     "w.yaml:10:31: error: found 3 entries; expected one for each of the 16 experts"},
    {"a placement on a rank out of range", "",
     "placement: {kind: map, ranks: [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 8]}\n",
     "w.yaml:10:77: error: found '8'; expected a whole number from 0 to 7"},
    {"a placement twice on a rank", "",
     "placement: {kind: map, ranks: [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, [7, 0, 7]]}\n",
     "w.yaml:10:84: error: found '7'; expected each rank once for an expert"},
    {"an expert on no rank", "", "placement: {kind: map, ranks: [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, []]}\n",
     "w.yaml:10:77: error: found an empty list; expected at least one rank for each expert"},
    {"redundant slots that do not divide", "", "placement: {kind: redundant, extra: 3}\n",
     "w.yaml:10:37: error: found 19 experts' slots for 8 ranks; expected a multiple of the ranks"},
    {"more slots on a rank than experts", "", "placement: {kind: redundant, extra: 120}\n",
     "w.yaml:10:37: error: found '120'; expected no more slots on a rank than there are experts"},
    {"memory without other", "", "memory: {}\n", "w.yaml:10:9: error: found no 'other' in memory; expected it"},
    {"memory of another kind", "", "memory: {kv_cache: 20 GB}\n",
     "w.yaml:10:10: error: found unknown key 'kv_cache' in memory; expected one of: other"},
    {"memory without a unit", "", "memory: {other: 20}\n",
     "w.yaml:10:17: error: found '20'; expected a size with its unit, such as 7168 B or 80 GB"},
    {"redundant without extra", "", "placement: {kind: redundant}\n",
     "w.yaml:10:12: error: found no 'extra' in placement; expected it"},
    {"an unknown dtype", "dispatch: {dtype: bf16}", "dispatch: {dtype: fp7}",
     "w.yaml:6:19: error: found 'fp7'; expected one of: fp32, bf16, fp16, fp8_e4m3, fp8_e5m2, int8, fp4_e2m1"},
    {"no dtype", "dispatch: {dtype: bf16}", "dispatch: {}", "w.yaml:6:11: error: found no 'dtype' in dispatch; expected it"},
    {"a scale_dtype without a block", "dispatch: {dtype: bf16}", "dispatch: {dtype: bf16, scale_dtype: fp32}",
     "w.yaml:6:25: error: found 'scale_dtype' in dispatch; expected none, because there is no scale_block"},
    {"an unknown scale_dtype", "dispatch: {dtype: bf16}", "dispatch: {dtype: fp8_e4m3, scale_block: 128, scale_dtype: int8}",
     "w.yaml:6:60: error: found 'int8'; expected one of: fp32, bf16, fp16, fp8_e4m3, ue8m0"},
    {"a scale_block of 0", "dispatch: {dtype: bf16}", "dispatch: {dtype: fp8_e4m3, scale_block: 0}",
     "w.yaml:6:42: error: found '0'; expected a whole number from 1 to 1048576"},
    {"a fraction of a byte of metadata", "combine: {dtype: bf16}", "combine: {dtype: bf16, metadata: 1.5 B}",
     "w.yaml:7:34: error: found '1.5 B'; expected a whole number of bytes"},
    {"metadata without a unit", "combine: {dtype: bf16}", "combine: {dtype: bf16, metadata: 16}",
     "w.yaml:7:34: error: found '16'; expected a size with its unit, such as 7168 B or 80 GB"},
    {"a negative seed", "seed: 1", "seed: -1",
     "w.yaml:3:7: error: found '-1'; expected a whole number from 0 to 18446744073709551615"},
    {"a seed of 2^64", "seed: 1", "seed: 18446744073709551616",
     "w.yaml:3:7: error: found '18446744073709551616'; expected a whole number from 0 to 18446744073709551615"},
    {"a seed that may be octal", "seed: 1", "seed: 007",
     "w.yaml:3:7: error: found '007'; expected a whole number from 0 to 18446744073709551615"},
    {"a seed in quotes", "seed: 1", "seed: \"1\"",
     "w.yaml:3:7: error: found the text '1'; expected a whole number from 0 to 18446744073709551615"},
    {"a seed without a value", "seed: 1",
     "seed:", "w.yaml:3:1: error: found nothing after 'seed'; expected a value, or ~ for none"},
    {"a key of a cluster", "", "nodes: 2\n",
     "w.yaml:10:1: error: found unknown key 'nodes' in the workload; expected one of: name, description, base, ranks, seed, "
     "model, batch, dispatch, combine, placement, routing, between_layers, memory, libraries, algorithm, sources"},
    {"no routing", "routing: {kind: uniform}\n", "", "w.yaml:1:1: error: found no 'routing' in the workload; expected it"},
};

}  // namespace

TEST_CASE("read_case refuses a bad workload", "[input]") {
    for (const Change& change : bad_workloads) DYNAMIC_SECTION(change.name) {
            const TemporaryFolder folder;
            folder.write("c.yaml", small_cluster);
            folder.write("w.yaml", with_change(small_workload, change));
            CHECK(refusal_of([&] { read_case(folder.path("c.yaml"), folder.path("w.yaml"), {}); }, folder) == change.refusal);
        }
}

}  // namespace tokenyard
