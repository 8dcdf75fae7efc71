// SPDX-License-Identifier: Apache-2.0
// What an algorithm decides: which bytes move when, what is done beside that, and what waits for what.
#pragma once

#include "model/fabric.hpp"
#include "model/units.hpp"

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

namespace tokenyard {

enum class StepKind : std::uint8_t {
    transfer,  // bytes go from a rank to another one
    local,     // traffic in the memory of one GPU: copies, packing
    pause      // only time passes: launches, computation; or nothing at all, where many wait for many
};

/// What a step's delay is spent on.
enum class Delay : std::uint8_t { none, launch, message, handshake, compute, late };

/// "launch", "message", "handshake", "compute", "late rank": what tables call it.
std::string_view name_of(Delay delay);

using StepId = std::uint32_t;

/// One step of a schedule. It begins when all it waits for has ended; after its delay and the latency of its way it flows.
struct Step {
    StepKind kind = StepKind::transfer;
    Delay delay_is = Delay::none;
    std::uint8_t source_memory = 0, destination_memory = 0;  // times that its bytes cross the memory of either GPU
    int source = 0, destination = 0;                         // ranks; the same for local and pause
    std::array<int, 2> via{-1, -1};                          // ranks that it crosses in between, in order; -1: none
    int lane = 0;                                            // of its scale-out crossing
    std::uint32_t flow = 0;                                  // label that a switch hashes, such as a queue pair's number
    /// How busy links are with a byte of it: Schedule::add multiplies by it, and rounds. Memories and the schedule's own
    /// resources count the same bytes, as no engine weighs the links of one step apart.
    float wire_per_byte = 1;
    Bytes delivered, relayed;  // what it carries for its destination, and for that one to pass on, alone or summed
    Bytes volume;              // what the links carry for that, in whole bytes; 0 for a pause
    Bandwidth cap;             // what its copying threads can move; 0: no such limit
    Seconds delay;
    bool continues = false;                                               // the next bytes of what it waits for: no latency again
    std::array<LinkId, 4> resources{no_link, no_link, no_link, no_link};  // of the schedule's own, beside its route
};

/// Steps, earlier ones first: a step waits for earlier ones only, so that no circle can be drawn.
class Schedule {
public:
    /// Pre: the steps waited for are there.
    StepId add(const Step& step, std::span<const StepId> waits_for);
    StepId add(const Step& step, std::initializer_list<StepId> waits_for = {}) {
        return add(step, std::span(waits_for.begin(), waits_for.size()));
    }

    /// Makes room for so many steps and waits more, so that what is there need not move while they are added.
    void reserve(std::size_t steps, std::size_t waits);

    /// A limit of the algorithm's own (copying threads, a proxy); its id is good for Step::resources.
    /// Pre: `fabric` is the one that this is planned for.
    LinkId add_resource(const Fabric& fabric, Link resource);

    const std::vector<Step>& steps() const { return steps_; }
    std::span<const StepId> waits_of(StepId step) const {
        return std::span(waits_).subspan(first_wait_[step], first_wait_[step + 1] - first_wait_[step]);
    }
    const std::vector<Link>& resources() const { return resources_; }

    /// Bytes of the exchange that never leave their rank.
    Bytes kept;

private:
    std::vector<Step> steps_;
    std::vector<std::uint32_t> first_wait_{0};  // of each step in waits_, and the total at the end
    std::vector<StepId> waits_;
    std::vector<Link> resources_;
};

/// Links that a schedule can use: the fabric's, then the schedule's own.
inline std::size_t link_count(const Fabric& fabric, const Schedule& schedule) {
    return fabric.links.size() + schedule.resources().size();
}
inline const Link& link_of(const Fabric& fabric, const Schedule& schedule, LinkId link) {
    return link < fabric.links.size() ? fabric.links[link] : schedule.resources()[link - fabric.links.size()];
}

/// Steps that move bytes between GPUs.
std::size_t transfer_count(const Schedule& schedule);

/// The ranks of a step's way, from its source to its destination: two to four of them, or one for local and pause.
class Way {
public:
    explicit Way(const Step& step);
    const int* begin() const { return ranks_.data(); }
    const int* end() const { return begin() + count_; }
    std::size_t size() const { return count_; }
    int operator[](std::size_t i) const { return ranks_[i]; }

private:
    void pass(int rank) {
        if (rank != ranks_[count_ - 1]) ranks_[count_++] = rank;
    }

    std::array<int, 4> ranks_{};
    std::size_t count_ = 1;
};

/// Appends the links that a step's bytes cross, and gives the latency before it flows. A transfer's route goes through the
/// ranks it crosses; then come the memories of both ends, as often as its bytes cross them, and the schedule's own
/// resources. Local steps cross their GPU's memory; pauses nothing.
Seconds append_links(const Fabric& fabric, const Step& step, std::vector<LinkId>& links);

}  // namespace tokenyard
