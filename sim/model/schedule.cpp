// SPDX-License-Identifier: Apache-2.0
#include "model/schedule.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

namespace tokenyard {

std::string_view name_of(Delay delay) {
    switch (delay) {
        case Delay::none: return "latency";
        case Delay::launch: return "launch";
        case Delay::message: return "message";
        case Delay::handshake: return "handshake";
        case Delay::compute: return "compute";
        case Delay::late: return "late rank";
    }
    return "delay";
}

StepId Schedule::add(const Step& step, std::span<const StepId> waits_for) {
    assert((step.kind == StepKind::pause) == (step.volume.si == 0));
    assert((step.source == step.destination) == (step.kind != StepKind::transfer));
    assert(step.kind == StepKind::transfer ? step.volume >= step.delivered + step.relayed
                                           : (step.delivered + step.relayed).si == 0);
    const auto id = static_cast<StepId>(steps_.size());
    assert(std::all_of(waits_for.begin(), waits_for.end(), [id](StepId earlier) { return earlier < id; }));
    steps_.push_back(step);
    steps_.back().volume = bytes(std::round(in_bytes(step.volume) * step.wire_per_byte));
    steps_.back().cap = step.cap * step.wire_per_byte;
    waits_.insert(waits_.end(), waits_for.begin(), waits_for.end());
    first_wait_.push_back(static_cast<std::uint32_t>(waits_.size()));
    return id;
}

void Schedule::reserve(std::size_t steps, std::size_t waits) {
    steps_.reserve(steps_.size() + steps);
    first_wait_.reserve(first_wait_.size() + steps);
    waits_.reserve(waits_.size() + waits);
}

LinkId Schedule::add_resource(const Fabric& fabric, Link resource) {
    resources_.push_back(std::move(resource));
    return static_cast<LinkId>(fabric.links.size() + resources_.size() - 1);
}

std::size_t transfer_count(const Schedule& schedule) {
    return static_cast<std::size_t>(std::count_if(schedule.steps().begin(), schedule.steps().end(),
                                                  [](const Step& step) { return step.source != step.destination; }));
}

Way::Way(const Step& step) {
    ranks_[0] = step.source;
    for (const int rank : step.via)
        if (rank >= 0) pass(rank);
    pass(step.destination);
}

namespace {

void append_memory(const Fabric& fabric, int rank, int times, std::vector<LinkId>& links) {
    const LinkId memory = fabric.gpus[static_cast<std::size_t>(rank)].memory;
    if (memory != no_link) links.insert(links.end(), static_cast<std::size_t>(times), memory);
}

}  // namespace

Seconds append_links(const Fabric& fabric, const Step& step, std::vector<LinkId>& links) {
    const Way way(step);
    Seconds latency;
    for (std::size_t i = 0; i + 1 < way.size(); ++i) {
        const int lanes = fabric.lane_count(way[i], way[i + 1]);
        latency += fabric.append_route(way[i], way[i + 1], step.lane % lanes, step.flow, links);
    }
    append_memory(fabric, step.source, step.kind == StepKind::local ? 1 : step.source_memory, links);
    append_memory(fabric, step.destination, step.destination_memory, links);
    for (const LinkId resource : step.resources)
        if (resource != no_link) links.push_back(resource);
    return step.continues ? Seconds{} : latency;
}

}  // namespace tokenyard
