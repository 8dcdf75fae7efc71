// SPDX-License-Identifier: Apache-2.0
#include "exchange/layer_memory.hpp"

#include "bench/fill.hpp"
#include "moe/permute.hpp"

#include <numeric>

namespace tokenyard::gpu {
namespace {

constexpr int poison_byte = 0xA5;

std::size_t product(int a, int b) { return static_cast<std::size_t>(a) * static_cast<std::size_t>(b); }

Placement placement_of(const LayerWorkload& workload) {
    return contiguous_placement(workload.router.experts, workload.ranks(), std::max(workload.ranks_per_node, 1));
}

}  // namespace

LayerMemory::LayerMemory(Session& session, const LayerWorkload& workload)
    : tokens_here(workload.tokens_per_rank[static_cast<std::size_t>(session.rank())]),
      k(workload.router.experts_per_token),
      hidden(workload.hidden),
      local_experts(workload.router.experts / workload.ranks()),
      table(make_router_table(workload.router, workload.popularity)),
      layout(placement_of(workload), tokens_here, k),
      ids(product(tokens_here, k)),
      weights(product(tokens_here, k)),
      tokens(product(tokens_here, hidden)),
      copies(product(workload.ranks(), local_experts)),
      first_row_of_expert(static_cast<std::size_t>(local_experts) + 1),
      scratch(2 * product(workload.ranks(), local_experts)),
      is_fp8_(workload.is_fp8),
      dispatch_bytes_(workload.dispatch_bytes()),
      rank_(session.rank()),
      first_expert_of_rank_(placement_of(workload).first_expert_of_rank) {
    const cudaStream_t stream = session.stream.get();
    session.group.begin("the counts");
    fill_random(tokens.get(), tokens.size(), static_cast<std::uint32_t>(1 + rank_), stream);
    route(table, workload.seed, rank_, tokens_here, ids.get(), weights.get(), stream);
    lay_out(layout, ids.get(), tokens_here, 0, stream);
    session.group.wait_for_all();  // see Transport::allocate
    session.transport->all_to_all({counts_message()}, stream);
    session.transport->wait(stream);
    learn_counts(session);
    make_buffers(session);
    session.group.wait_for_all();
}

Message LayerMemory::counts_message() const {
    Blocks blocks;
    const auto bytes = static_cast<std::size_t>(local_experts) * sizeof(std::int32_t);
    blocks.send_bytes.assign(first_expert_of_rank_.size() - 1, bytes);
    blocks.receive_bytes = blocks.send_bytes;
    blocks.send_offsets = blocks.receive_offsets = offsets_of(blocks.send_bytes, 1).of_rank;
    return {layout.layout().copies_to_expert, const_cast<std::int32_t*>(copies.get()), blocks};
}

void LayerMemory::learn_counts(Session& session) {
    const auto ranks = static_cast<std::size_t>(session.ranks()), own = static_cast<std::size_t>(rank_);
    const std::vector<std::int32_t> to_ranks = read_device(layout.layout().copies_to_rank, ranks), arriving = copies.to_host();
    for (const std::vector<double>& row : session.gather({to_ranks.begin(), to_ranks.end()}))
        copies_by_rank.emplace_back(row.begin(), row.end());
    for (std::size_t source = 0; source < ranks; ++source) {
        const auto first = arriving.begin() + static_cast<std::ptrdiff_t>(source) * local_experts;
        const auto from_source = static_cast<std::size_t>(std::accumulate(first, first + local_experts, 0L));
        wrong_counts += from_source != copies_by_rank[source][own];
        rows += static_cast<int>(from_source);
    }
}

void LayerMemory::make_buffers(Session& session) {
    const std::size_t sent = product(tokens_here, k), got = static_cast<std::size_t>(rows),
                      width = static_cast<std::size_t>(hidden);
    const auto buffer = [&](std::size_t bytes) { return session.transport->allocate(bytes); };
    packed = buffer(sent * dispatch_bytes_);
    arrived = buffer(got * dispatch_bytes_);
    returning = buffer(got * width * sizeof(Bf16));
    returned = buffer(sent * width * sizeof(Bf16));
    row_of_arrival = DeviceArray<std::int32_t>(got);
    ordered = DeviceArray<Bf16>(got * width);
    combined = DeviceArray<Bf16>(product(tokens_here, hidden));
    if (!is_fp8_) return;
    ordered_codes = DeviceArray<Fp8>(got * width);
    ordered_scales = DeviceArray<float>(got * static_cast<std::size_t>(scales_for(hidden)));
}

void LayerMemory::poison(cudaStream_t stream) {
    const std::size_t sent = product(tokens_here, k), got = static_cast<std::size_t>(rows),
                      width = static_cast<std::size_t>(hidden);
    const auto fill = [&](void* start, std::size_t bytes) {
        if (bytes > 0) TOKENYARD_CUDA(cudaMemsetAsync(start, poison_byte, bytes, stream));
    };
    fill(packed.get(), sent * dispatch_bytes_);
    fill(arrived.get(), got * dispatch_bytes_);
    fill(returning.get(), got * width * sizeof(Bf16));
    fill(returned.get(), sent * width * sizeof(Bf16));
    fill(ordered.get(), got * width * sizeof(Bf16));
    fill(combined.get(), combined.size() * sizeof(Bf16));
    fill(copies.get(), copies.size() * sizeof(std::int32_t));
}

/// Rows are packed without gaps, by rank on the way out and by source on the way in.
Blocks LayerMemory::blocks_of(std::size_t row_bytes) const {
    Blocks blocks;
    const auto own = static_cast<std::size_t>(rank_);
    for (std::size_t rank = 0; rank < copies_by_rank.size(); ++rank) {
        blocks.send_bytes.push_back(copies_by_rank[own][rank] * row_bytes);
        blocks.receive_bytes.push_back(copies_by_rank[rank][own] * row_bytes);
    }
    blocks.send_offsets = offsets_of(blocks.send_bytes, 1).of_rank;
    blocks.receive_offsets = offsets_of(blocks.receive_bytes, 1).of_rank;
    return blocks;
}

Message LayerMemory::dispatch_message() const { return {packed.get(), arrived.get(), blocks_of(dispatch_bytes_)}; }

Message LayerMemory::return_message() const {
    Blocks there = blocks_of(static_cast<std::size_t>(hidden) * sizeof(Bf16));
    return {returning.get(), returned.get(), {there.receive_bytes, there.receive_offsets, there.send_bytes, there.send_offsets}};
}

}  // namespace tokenyard::gpu
