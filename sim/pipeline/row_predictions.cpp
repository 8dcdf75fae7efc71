// SPDX-License-Identifier: Apache-2.0
#include "pipeline/row_predictions.hpp"

#include "pipeline/ladder.hpp"
#include "pipeline/setting.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <thread>

namespace tokenyard {
namespace {

/// The shortest time in which the fabric alone could carry the bytes, however quick the software and however well it fills links.
/// The algorithm's own links, such as what its SMs copy, come after those of the fabric.
Seconds bound_of_links(const Exchange& exchange, const Fabric& fabric, const Costs& costs, const Algorithm& algorithm) {
    const Schedule schedule = plan(algorithm, exchange, fabric, without_overheads(costs));
    std::vector<Bytes> carried(link_count(fabric, schedule));
    std::vector<LinkId> links;
    for (const Step& step : schedule.steps()) {
        links.clear();
        append_links(fabric, step, links);
        for (const LinkId link : links) carried[link] += step.volume;
    }
    Seconds longest;
    for (LinkId link = 0; link < fabric.links.size(); ++link)
        longest = std::max(longest, carried[link] / fabric.links[link].capacity);
    return longest;
}

RowVerdict predict_row(const RecordRow& row, PredictOptions options) {
    RowVerdict verdict;
    verdict.measured = row.measured;
    verdict.use = row.use;
    options.algorithm = find_algorithm(row.algorithm);
    options.progress = {};
    const Fabric fabric = fabric_of(row.one.cluster);
    const Traffic traffic = make_traffic(row.one, fabric);
    verdict.refusal = refusal(*options.algorithm, traffic, fabric, row.one.costs);
    if (!verdict.refusal.empty()) return verdict;
    const Prediction prediction = predict(row.one, fabric, traffic, options);
    const bool has[]{row.phase != RowPhase::combine, row.phase != RowPhase::dispatch};
    Seconds longest;
    for (std::size_t each = 0; each < std::size(has); ++each) {
        if (!has[each]) continue;
        const Phase& phase = prediction.phases[each];
        verdict.predicted += phase.completion;
        verdict.link_bound +=
            bound_of_links(each == 0 ? traffic.dispatch : traffic.combine, fabric, row.one.costs, *options.algorithm);
        if (phase.completion < longest) continue;  // of both, what holds the longer one
        longest = phase.completion;
        verdict.setting = setting_of(row.one, fabric, *options.algorithm, phase);
        if (!phase.bottleneck_kinds.empty()) verdict.bottleneck = phase.bottleneck_kinds.front().kind;
    }
    return verdict;
}

}  // namespace

std::vector<RowVerdict> predict_rows(const std::vector<const RecordRow*>& rows, const PredictOptions& options) {
    std::vector<RowVerdict> verdicts(rows.size());
    std::atomic<std::size_t> next = 0, done = 0;
    std::mutex reporting;
    const auto work = [&] {
        for (std::size_t row = next++; row < rows.size(); row = next++) {
            verdicts[row] = predict_row(*rows[row], options);
            const std::size_t so_far = ++done;
            if (!options.progress) continue;
            const std::lock_guard lock(reporting);
            options.progress(static_cast<double>(so_far) / static_cast<double>(rows.size()));
        }
    };
    std::vector<std::future<void>> workers;
    for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i)
        workers.push_back(std::async(std::launch::async, work));
    for (std::future<void>& worker : workers) worker.get();
    return verdicts;
}

}  // namespace tokenyard
