// SPDX-License-Identifier: Apache-2.0
#include "collective/nccl/batches.hpp"

#include "collective/nccl/integers.hpp"
#include "collective/nccl/rounds.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tokenyard {
namespace {

constexpr int warps_split_evenly_up_to = 4;            // device/sendrecv.h:105
constexpr int shared_steps = 16;                       // NCCL_SHARED_STEPS, transport/net.cc:628
constexpr int kernel_args = 4096 - 32;                 // bytes without the header, include/device.h:445-458, enqueue.cc:1461
constexpr int work_fifo = (1 << 20) / 2;               // bytes a kernel may fill, init.cc:347, enqueue.cc:1463
constexpr int batch_descriptor = 16;                   // bytes, ncclDevWorkBatch, include/device.h:365
constexpr int work_descriptor = 48;                    // bytes, ncclDevWorkP2p, include/device.h:234
constexpr int rounds_of_epoch = nccl_works_per_batch;  // enqueue.cc:138

/// What the kernels' arguments have room for: enqueue.cc:275-283 and 1094.
class KernelBudget {
public:
    explicit KernelBudget(int most_new_batches) : most_new_batches_(most_new_batches) {}

    bool has_room_for_a_round() const {
        const int batches = (batches_ + most_new_batches_) * batch_descriptor, works = (works_ + 1) * work_descriptor;
        return batches + works <= kernel_args || (batches <= kernel_args && works <= work_fifo);
    }
    void open_kernel() { batches_ = works_ = 0; }
    void add_batch() { ++batches_; }
    void add_work() { ++works_; }

private:
    int most_new_batches_ = 0, batches_ = 0, works_ = 0;
};

/// What a version of NCCL lets into a batch.
struct BatchHabits {
    std::size_t most_works = nccl_works_per_batch;
    bool ends_with_epochs = true;
    int warps = nccl_warps;
};

BatchHabits habits_of(NcclVersion version) {
    BatchHabits habits;
    habits.ends_with_epochs = version >= NcclVersion::v2_28;
    if (version == NcclVersion::rccl) {  // RCCL_P2P_BATCH_ENABLE=0 by default; 256 threads in wavefronts of 64
        habits.most_works = 1;
        habits.warps = 256 / 64;
    }
    return habits;
}

/// A message of this rank, seen from one end.
struct Half {
    int peer = 0;
    Bytes size;
    NcclMessage message;
};

std::optional<NcclPart> part_of(const std::optional<Half>& half, int index) {
    if (!half || index >= half->message.channels) return std::nullopt;
    NcclPart part;
    part.peer = half->peer;
    part.index = index;
    part.stretch = part_of_message(half->size, half->message.channels, index);
    part.message = half->message;
    part.steps = steps_of_part(part.stretch.size, part.message.chunk);
    return part;
}

bool is_network(const std::optional<NcclPart>& part) { return part && part->message.transport == NcclTransport::network; }

void set_ports(const NcclCommunicator& communicator, int rank, int channel, NcclWork& work) {
    if (is_network(work.send)) work.send->port = sending_port(communicator, rank, work.send->peer, channel);
    if (is_network(work.receive)) work.receive->port = receiving_port(communicator, rank, channel);
}

void append(const NcclWork& work, int kernel, const BatchHabits& habits, std::vector<NcclBatch>& batches, KernelBudget& budget) {
    const auto fits = [&](const NcclBatch& last) {
        return last.kernel == kernel && last.works.size() < habits.most_works && last.works.back().round != work.round &&
               (!habits.ends_with_epochs || last.works.back().round / rounds_of_epoch == work.round / rounds_of_epoch);
    };
    if (batches.empty() || !fits(batches.back())) {
        batches.push_back({kernel, {}});
        batches.back().works.reserve(nccl_works_per_batch);
        budget.add_batch();
    }
    batches.back().works.push_back(work);
}

void set_warps(NcclBatch& batch, int warps_of_all) {
    const NcclWarps warps = warps_of_work(static_cast<int>(batch.works.size()), warps_of_all);
    for (NcclWork& work : batch.works) {
        const bool is_copy = work.send && work.send->message.transport == NcclTransport::self;
        const bool is_shared = work.send && work.receive && !is_copy;
        const bool sends_only = is_copy || !work.receive;
        work.send_warps = is_shared ? warps.send : sends_only ? warps.send + warps.receive : 0;
        work.receive_warps = is_shared ? warps.receive : sends_only ? 0 : warps.send + warps.receive;
    }
}

/// A proxy serves the parts of a batch that are its own from a pool of 16 slots a channel and direction, each at most 8.
void set_windows(NcclBatch& batch, std::optional<NcclPart> NcclWork::*half) {
    for (NcclWork& work : batch.works) {
        if (!(work.*half) || (work.*half)->message.transport == NcclTransport::self) continue;
        const auto shares_pool = [&](const NcclWork& other) {
            return is_network(other.*half) && (other.*half)->port.proxy_rank == (work.*half)->port.proxy_rank;
        };
        const auto parts = std::count_if(batch.works.begin(), batch.works.end(), shares_pool);
        (work.*half)->window = is_network(work.*half) ? std::min(nccl_steps, shared_steps / static_cast<int>(parts)) : nccl_steps;
    }
}

}  // namespace

NcclWarps warps_of_work(int works, int warps_of_all) {
    assert(works >= 1 && works <= nccl_works_per_batch);
    const int warps = warps_of_all / works;
    if (warps <= warps_split_evenly_up_to) return {warps / 2, warps / 2};
    return {(warps - 1) / 2 + 1, (warps - 1) / 2};
}

int peers_in_flight(const NcclCommunicator& communicator, int channels) {
    return communicator.channels / channels * nccl_works_per_batch;
}

NcclRankSchedule schedule_rank(const NcclCommunicator& communicator, const VolumeMatrix& volumes, int rank,
                               const NcclCalls& calls) {
    assert(volumes.rows() == communicator.rank_count() && volumes.columns() == communicator.rank_count());
    NcclRankSchedule schedule;
    schedule.rank = rank;
    schedule.channels.resize(static_cast<std::size_t>(communicator.channels));
    KernelBudget budget(communicator.channels_per_peer);
    const BatchHabits habits = habits_of(communicator.layout.settings.version);
    const auto message = [&](int source, int destination, int peer) -> std::optional<Half> {
        const Bytes size = volumes.at(source, destination);
        if (calls.skips_empty && size == Bytes{}) return std::nullopt;
        return Half{peer, size, describe_message(communicator, source, destination, size)};
    };

    for (int round = 0; round < communicator.rank_count(); ++round) {
        const auto [to, from] = peers_in_round(communicator, rank, round);
        if (to == rank && calls.self_in_place) continue;
        const std::optional<Half> sent = message(rank, to, to), received = message(from, rank, from);
        if (!sent && !received) continue;
        if (schedule.kernels == 0 || !budget.has_room_for_a_round()) {
            ++schedule.kernels;
            budget.open_kernel();
        }
        budget.add_work();
        const int parts = std::max(sent ? sent->message.channels : 0, received ? received->message.channels : 0);
        for (int part = 0; part < parts; ++part) {
            const int channel = channel_of_part(communicator, round, part);
            NcclWork work{round, part_of(sent, part), part_of(received, part)};
            set_ports(communicator, rank, channel, work);
            append(work, schedule.kernels - 1, habits, schedule.channels[static_cast<std::size_t>(channel)], budget);
        }
    }
    for (std::vector<NcclBatch>& batches : schedule.channels)
        for (NcclBatch& batch : batches) {
            set_warps(batch, habits.warps);
            set_windows(batch, &NcclWork::send);
            set_windows(batch, &NcclWork::receive);
        }
    return schedule;
}

}  // namespace tokenyard
