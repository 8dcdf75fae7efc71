// SPDX-License-Identifier: Apache-2.0
// What one MoE layer exchanges, as the GPU side knows it: from a flat file that the simulator writes, or from options.
#pragma once

#include "exchange/matrix.hpp"
#include "moe/router_table.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tokenyard::gpu {

struct LayerWorkload {
    std::string name = "options";
    RouterShape router{256, 8, 1, 1};
    int hidden = 7168;
    bool is_fp8 = false;  // dispatch in fp8 with a scale for 128 elements; combine is always bf16
    std::uint64_t seed = 1;
    int ranks_per_node = 0;                        // of the cluster that was simulated; 0 where none was
    std::vector<int> tokens_per_rank;              // one a rank
    std::vector<std::uint32_t> popularity;         // one an expert
    std::vector<std::vector<std::size_t>> copies;  // S(i,k) that the simulator counted; empty where it did not

    int ranks() const { return static_cast<int>(tokens_per_rank.size()); }
    /// Of a token copy on its way to an expert, and back.
    std::size_t dispatch_bytes() const;
    std::size_t combine_bytes() const { return 2 * static_cast<std::size_t>(hidden); }
};

/// The file of `tokenyard predict --workload-out`: a key and its values a line, `#` starts a comment. `name` is for messages.
/// Throws std::invalid_argument, "name:line: error: found X; expected Y".
LayerWorkload workload_from_text(const std::string& text, const std::string& name);

}  // namespace tokenyard::gpu
