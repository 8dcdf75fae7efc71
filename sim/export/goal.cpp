// SPDX-License-Identifier: Apache-2.0
#include "export/export.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <numeric>
#include <vector>

namespace tokenyard {
namespace {

std::uint64_t in_picoseconds(Seconds time) { return static_cast<std::uint64_t>(std::llround(time.si * 1e12)); }

/// The ranks' parts of a schedule, written side by side in the schedule's order.
class GoalText {
public:
    GoalText(const Fabric& fabric, const Schedule& schedule)
        : fabric_(fabric), schedule_(schedule), ranks_(static_cast<std::size_t>(fabric.rank_count())) {
        for (const StepId id : in_order()) add(id);
    }

    std::string whole() const {
        std::string text = fmt::format(
            "// {} steps; times in ps\n"
            "// options that fit the cluster: -L {} -o 0 -g 0 -G {} -O 0 -S 1\n"
            "// not in LogGP: links that transfers share; {} steps with a rate of their own, {} through other ranks' GPUs\n"
            "num_ranks {}\n",
            schedule_.steps().size(), in_picoseconds(latency()), picoseconds_per_byte(), with_cap_, through_others_,
            ranks_.size());
        for (std::size_t rank = 0; rank < ranks_.size(); ++rank)
            fmt::format_to(std::back_inserter(text), "rank {} {{\n{}}}\n", rank, ranks_[rank]);
        return text;
    }

private:
    /// The schedule's order, but messages that a rank sends side by side begin with the next rank's: LogGP sends one after the
    /// other, and all ranks would send to rank 0 first.
    std::vector<StepId> in_order() const {
        const std::vector<Step>& steps = schedule_.steps();
        std::vector<StepId> order(steps.size());
        std::iota(order.begin(), order.end(), StepId{0});
        const auto distance = [&](StepId id) {
            return (steps[id].destination - steps[id].source + fabric_.rank_count()) % fabric_.rank_count();
        };
        for (auto first = order.begin(); first != order.end();) {
            const auto last = std::find_if(first, order.end(), [&](StepId id) {
                return steps[id].kind != StepKind::transfer || steps[id].source != steps[*first].source;
            });
            if (last == first) {
                ++first;
                continue;
            }
            std::stable_sort(first, last, [&](StepId a, StepId b) { return distance(a) < distance(b); });
            first = last;
        }
        return order;
    }

    void add(StepId id) {
        const Step& step = schedule_.steps()[id];
        with_cap_ += step.cap.si > 0 || step.resources[0] != no_link ? 1 : 0;
        through_others_ += step.via[0] >= 0 ? 1 : 0;
        if (step.kind == StepKind::transfer) add_transfer(id, step);
        else write_after_waits(id, step.source, fmt::format("s{}: calc {}", id, in_picoseconds(step.delay + copy_time(step))));
    }

    /// A message's own delay comes before its send.
    void add_transfer(StepId id, const Step& step) {
        const auto bytes = static_cast<std::uint64_t>(std::max(step.volume.si, 1.0));
        const std::string send = fmt::format("s{}: send {}b to {} tag {}", id, bytes, step.destination, id);
        if (step.delay.si > 0) {
            write_after_waits(id, step.source, fmt::format("d{}: calc {}", id, in_picoseconds(step.delay)));
            line(step.source, send);
            line(step.source, fmt::format("s{0} requires d{0}", id));
        } else write_after_waits(id, step.source, send);
        line(step.destination, fmt::format("r{}: recv {}b from {} tag {}", id, bytes, step.source, id));
    }

    void write_after_waits(StepId id, int rank, const std::string& operation) {
        line(rank, operation);
        const std::string label = operation.substr(0, operation.find(':'));
        for (const StepId waited : schedule_.waits_of(id)) line(rank, fmt::format("{} requires {}", label, end_at(waited, rank)));
    }

    /// The label that is done on `rank` when a step has ended: its own, or that of a message which says so.
    std::string end_at(StepId id, int rank) {
        const Step& step = schedule_.steps()[id];
        if (step.destination == rank) return fmt::format("{}{}", step.kind == StepKind::transfer ? 'r' : 's', id);
        if (step.source == rank) return fmt::format("s{}", id);  // with -S 1 a send is done when it has been received
        const auto [signal, is_new] = signals_.try_emplace({id, rank}, schedule_.steps().size() + signals_.size());
        if (is_new) {
            line(step.destination, fmt::format("t{}: send 1b to {} tag {}", signal->second, rank, signal->second));
            line(step.destination, fmt::format("t{} requires {}", signal->second, end_at(id, step.destination)));
            line(rank, fmt::format("u{}: recv 1b from {} tag {}", signal->second, step.destination, signal->second));
        }
        return fmt::format("u{}", signal->second);
    }

    void line(int rank, const std::string& text) { (ranks_[static_cast<std::size_t>(rank)] += text) += '\n'; }

    /// Of a copy in a GPU's memory that has it for itself.
    Seconds copy_time(const Step& step) const {
        const LinkId memory = fabric_.gpus[static_cast<std::size_t>(step.source)].memory;
        if (step.kind != StepKind::local || memory == no_link) return {};
        return step.volume * static_cast<double>(step.source_memory) / fabric_.links[memory].capacity;
    }

    /// Of the longest way that a transfer takes: LogGP has one latency for all.
    Seconds latency() const {
        Seconds longest;
        std::vector<LinkId> links;
        for (const Step& step : schedule_.steps())
            if (step.kind == StepKind::transfer) {
                links.clear();
                longest = std::max(longest, append_links(fabric_, step, links));
            }
        return longest;
    }

    /// Of the slowest port that transfers leave their rank by; at least 1.
    std::uint64_t picoseconds_per_byte() const {
        Bandwidth slowest;
        std::vector<LinkId> links;
        for (const Step& step : schedule_.steps())
            if (step.kind == StepKind::transfer) {
                links.clear();
                append_links(fabric_, step, links);
                const Bandwidth port = fabric_.links[links.front()].capacity;
                if (slowest.si == 0 || port < slowest) slowest = port;
            }
        return slowest.si > 0 ? std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(1e12 / slowest.si))) : 1;
    }

    const Fabric& fabric_;
    const Schedule& schedule_;
    std::vector<std::string> ranks_;
    std::map<std::pair<StepId, int>, std::size_t> signals_;  // tags
    std::size_t with_cap_ = 0, through_others_ = 0;
};

}  // namespace

std::string as_goal(const Fabric& fabric, const Schedule& schedule) { return GoalText(fabric, schedule).whole(); }

}  // namespace tokenyard
