// SPDX-License-Identifier: Apache-2.0
#include "compute/memory.hpp"

namespace tokenyard {

Bytes expert_weights(const Model& model) {
    const ExpertModel& expert = *model.expert;
    const double elements = 1.0 * expert.matrices * model.hidden * expert.hidden;
    return bytes(elements * expert.weight_dtype.bits / 8 * model.moe_layers);
}

MemoryUse memory_use(const TokenWorkload& workload, const std::vector<int>& slots, const std::vector<Bytes>& capacities,
                     const BufferUse& buffers) {
    MemoryUse use;
    if (!workload.model.expert) {
        use.unknown = "found no model.expert, which says how large an expert is (hidden) and in which dtype; expected it";
        return use;
    }
    const Bytes each = expert_weights(workload.model);
    use.buffers = buffers;
    use.other = workload.other_memory;
    use.shared = each * workload.model.expert->shared;
    double fullest = -1;
    for (std::size_t rank = 0; rank < slots.size(); ++rank) {
        const Bytes total = each * slots[rank] + use.shared + buffers.volume.value_or(Bytes{}) + use.other.value_or(Bytes{});
        if (total / capacities[rank] <= fullest) continue;
        fullest = total / capacities[rank];
        use.rank = static_cast<int>(rank);
        use.slots = slots[rank];
        use.experts = each * slots[rank];
        use.total = total;
        use.capacity = capacities[rank];
    }
    if (!buffers.volume) use.not_counted.push_back("buffers (" + buffers.how + ")");
    if (!use.other) use.not_counted.emplace_back("attention, KV cache and activations (memory.other says how much)");
    if (workload.model.expert->weight_dtype.bits < 16) use.not_counted.emplace_back("scales of the weights");
    return use;
}

}  // namespace tokenyard
