// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sensitivity.hpp"

#include "pipeline/completion.hpp"
#include "pipeline/layer.hpp"
#include "pipeline/variations.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>
#include <utility>

namespace tokenyard {
namespace {

/// Beyond it a simulation alone fills gigabytes.
constexpr int most_ranks_side_by_side = 2048;

WhatIf simulated(const Question& question, const PredictOptions& options, Accuracy accuracy, bool with_layer) {
    const auto time_of = [&](const Exchange& exchange) {
        const Schedule schedule = plan(*options.algorithm, exchange, question.fabric, question.one.costs);
        return completions_of(question.fabric, {schedule}, EngineKind::fluid, accuracy).front();
    };
    WhatIf what_if;
    what_if.dispatch = time_of(question.traffic.dispatch);
    what_if.combine = time_of(question.traffic.combine);
    if (with_layer && options.layer)
        what_if.layer = predict_layer(question.one, question.fabric, question.traffic, options).completion;
    return what_if;
}

/// A change as it was simulated, or why it was not.
struct Trial {
    WhatIf what_if;
    std::string refusal;
};

Trial tried(const Variation& variation, Question question, const PredictOptions& options, Accuracy accuracy) {
    std::string reason = variation.apply(question);
    if (reason.empty()) reason = refusal(*options.algorithm, question.traffic, question.fabric, question.one.costs);
    if (!reason.empty()) return {{}, reason};
    Trial trial{simulated(question, options, accuracy, variation.reaches_layer), {}};
    trial.what_if.what = variation.what;
    trial.what_if.times_faster = variation.times_faster;
    return trial;
}

/// Calls work(i) for each of `count` on so many threads, one of them the caller's, which reports how far all are.
template <class Work>
void side_by_side(std::size_t count, unsigned threads, const Progress& progress, const Work& work) {
    std::atomic<std::size_t> next = 0, done = 0;
    const auto go_on = [&](bool reports) {
        for (std::size_t i = next++; i < count; i = next++) {
            work(i);
            ++done;
            if (reports && progress) progress(static_cast<double>(done) / static_cast<double>(count));
        }
    };
    std::vector<std::future<void>> others;  // wait at their end, and hand on what was thrown
    for (unsigned i = 1; i < threads; ++i) others.push_back(std::async(std::launch::async, [&] { go_on(false); }));
    go_on(true);
    for (std::future<void>& other : others) other.get();
}

Seconds gain(const WhatIf& what_if, const WhatIf& as_it_is) {
    if (what_if.layer) return *as_it_is.layer - *what_if.layer;
    return as_it_is.dispatch + as_it_is.combine - what_if.dispatch - what_if.combine;
}

/// Copying threads, proxies, launches.
bool has_software(const PredictOptions& options) { return !options.algorithm->costs.empty(); }

}  // namespace

Sensitivity measure_sensitivity(const Case& one, const Fabric& fabric, const Traffic& traffic, const PredictOptions& options,
                                const EngineChoice& engine) {
    PredictOptions same = options;  // the layer's accuracy is chosen for its own, longer schedule
    same.engine = EngineKind::fluid;
    same.progress = {};
    const Accuracy accuracy = engine.kind == EngineKind::fluid ? engine.accuracy : exact;
    std::vector<Variation> variations =
        variations_of(fabric, *options.algorithm, has_software(options), options.layer.has_value());
    variations.push_back({"", 1, true, [](Question&) { return std::string(); }});  // as it is
    std::vector<Trial> trials(variations.size());
    const unsigned cores = std::max(std::thread::hardware_concurrency(), 1u);
    side_by_side(variations.size(), one.workload.ranks > most_ranks_side_by_side ? 1 : cores, options.progress,
                 [&](std::size_t i) {
                     trials[i] = tried(variations[i], {one, fabric, traffic}, same, accuracy);
                 });

    const WhatIf as_it_is = trials.back().what_if;
    const EngineDescription described = describe_engine(EngineKind::fluid, accuracy);
    Sensitivity result{described.name + " " + described.version + ", " + described.settings,
                       accuracy.makespan,
                       as_it_is.dispatch,
                       as_it_is.combine,
                       as_it_is.layer,
                       {},
                       {}};
    for (std::size_t i = 0; i + 1 < trials.size(); ++i) {
        if (trials[i].refusal.empty()) result.what_ifs.push_back(trials[i].what_if);
        else result.not_tried.push_back({variations[i].what, trials[i].refusal});
    }
    std::stable_sort(result.what_ifs.begin(), result.what_ifs.end(),
                     [&](const WhatIf& a, const WhatIf& b) { return gain(a, as_it_is) > gain(b, as_it_is); });
    return result;
}

}  // namespace tokenyard
