// SPDX-License-Identifier: Apache-2.0
#include "engine/simulate.hpp"

#include "engine/fluid/fluid.hpp"
#include "engine/simgrid/completion_times.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <future>
#include <numeric>

namespace tokenyard {
namespace {

constexpr double worth_waiting = 0.5;  // seconds that an engine may take before a quicker one is chosen

/// SimGrid's time for one schedule of unequal transfers all at once, from `benchmarks/predict.sh` (SimGrid 3.32, Xeon at
/// 2.5 GHz, 2026-11): 992 transfers 0.2 s, 4,032 transfers 2.4 s, 9,120 transfers 18 s.
double estimated_simgrid_seconds(std::size_t transfers) { return 3 * std::pow(static_cast<double>(transfers) / 4032, 2); }

/// The same for the fluid engine, exact, and transfers that are nearly alike, which is its worst case: 4,032 transfers 0.4 s.
double estimated_exact_seconds(std::size_t transfers) { return 0.4 * std::pow(static_cast<double>(transfers) / 4032, 2); }

std::vector<Timeline> run_all_fluid(const Fabric& fabric, const std::vector<Schedule>& schedules, Accuracy accuracy,
                                    const Progress& progress, std::size_t course_bins) {
    std::vector<std::atomic<double>> done(schedules.size());
    std::vector<std::future<Timeline>> runs;
    for (std::size_t i = 0; i < schedules.size(); ++i)
        runs.push_back(std::async(std::launch::async, [&, i] {
            return run_fluid(
                fabric, schedules[i], accuracy.makespan, [&done, i](double part) { done[i] = part; }, course_bins);
        }));
    std::vector<Timeline> timelines;
    for (std::future<Timeline>& run : runs) {
        while (run.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready)
            if (progress) progress(std::accumulate(done.begin(), done.end(), 0.0) / static_cast<double>(done.size()));
        timelines.push_back(run.get());
    }
    return timelines;
}

std::vector<Timeline> run_all_simgrid(const Fabric& fabric, const std::vector<Schedule>& schedules, const Progress& progress,
                                      std::size_t course_bins) {
    const std::vector<std::vector<Seconds>> ends = simgrid_completion_times(fabric, schedules, progress);
    std::vector<Timeline> timelines;
    for (std::size_t i = 0; i < schedules.size(); ++i)
        timelines.push_back(replay(fabric, schedules[i], ends[i], {}, course_bins));
    return timelines;
}

}  // namespace

EngineDescription describe_engine(EngineKind kind, Accuracy accuracy) {
    if (kind == EngineKind::simgrid) return describe_simgrid();
    const std::string how =
        accuracy.makespan == 0
            ? "event by event"
            : fmt::format(
                  "completion within {:.4g} %, the end of every transfer within {:.4g} % of it, as in all cases compared "
                  "with exact runs",
                  100 * accuracy.makespan, 100 * accuracy.end());
    return {"fluid", "4", "max-min fair sharing, " + how + "; latency apart, before each transfer flows"};
}

EngineChoice choose_engine(std::optional<EngineKind> wanted, std::optional<Accuracy> accuracy,
                           const std::vector<Schedule>& schedules) {
    std::size_t most = 0;
    for (const Schedule& schedule : schedules) most = std::max(most, transfer_count(schedule));
    const double exactly = estimated_exact_seconds(most), in_simgrid = estimated_simgrid_seconds(most);
    EngineChoice choice{EngineKind::fluid, accuracy.value_or(exactly <= worth_waiting ? exact : usual_accuracy), "asked for"};
    if (wanted) choice.kind = *wanted;
    else if (accuracy) choice.reason = "an accuracy is asked for";
    else if (in_simgrid <= worth_waiting) choice = {EngineKind::simgrid, exact, fmt::format("{} transfers are few", most)};
    else choice.reason = fmt::format("{} transfers would take SimGrid about {:.2g} s", most, in_simgrid);
    if (choice.kind == EngineKind::fluid && !accuracy && choice.accuracy.makespan > 0)
        choice.reason += fmt::format(", and about {:.2g} s to be exact", exactly);
    return choice;
}

std::vector<Timeline> simulate(const Fabric& fabric, const std::vector<Schedule>& schedules, EngineKind kind,
                               const Progress& progress, Accuracy accuracy, std::size_t course_bins) {
    return kind == EngineKind::simgrid ? run_all_simgrid(fabric, schedules, progress, course_bins)
                                       : run_all_fluid(fabric, schedules, accuracy, progress, course_bins);
}

}  // namespace tokenyard
