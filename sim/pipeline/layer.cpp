// SPDX-License-Identifier: Apache-2.0
#include "pipeline/layer.hpp"

#include "analysis/bottlenecks.hpp"
#include "compute/compute_times.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace tokenyard {
namespace {

using Ranks = std::vector<StepId>;  // a step of each rank

/// What a micro-batch needs of every rank.
struct MicroBatch {
    Traffic traffic;
    std::vector<std::vector<ExpertLoad>> loads;
    std::vector<ComputeTimes> times;
};

/// The steps between which a micro-batch's dispatch and combine lie, in one layer.
struct Passage {
    Ranks dispatch_ready, dispatch_done, combine_ready, combine_done, finished;
    StepId dispatch_first = 0, dispatch_end = 0, combine_first = 0, combine_end = 0;  // ranges of the exchanges' steps
};

struct LayerSchedule {
    Schedule schedule;
    std::vector<std::vector<Passage>> passages;  // layer x micro-batch
};

/// Puts the steps of every rank on two lines: what it computes, and what it exchanges. Each line keeps its order.
class LayerPlanner {
public:
    LayerPlanner(const Case& one, const Fabric& fabric, const Algorithm& algorithm, const std::vector<MicroBatch>& batches)
        : one_(one), fabric_(fabric), algorithm_(algorithm), batches_(batches) {
        computing_ = exchanging_ = add_beginnings(fabric, one.workload.ranks, plan_.schedule);
    }

    LayerSchedule plan(int layers) {
        const Seconds between = std::get<TokenWorkload>(one_.workload.traffic).between_layers;
        for (int layer = 0; layer < layers; ++layer) {
            std::vector<Passage>& passages = plan_.passages.emplace_back(batches_.size());
            for (std::size_t batch = 0; batch < batches_.size(); ++batch) {
                if (layer > 0) {
                    finish(batch, plan_.passages[static_cast<std::size_t>(layer) - 1][batch]);
                    compute([&](std::size_t) { return between / static_cast<double>(batches_.size()); }, computing_);
                }
                begin(batch, passages[batch]);
            }
            for (std::size_t batch = 0; batch < batches_.size(); ++batch) run_experts(batch, passages[batch]);
        }
        for (std::size_t batch = 0; batch < batches_.size(); ++batch) finish(batch, plan_.passages.back()[batch]);
        return std::move(plan_);
    }

private:
    void begin(std::size_t batch, Passage& passage) {
        const std::vector<ComputeTimes>& times = batches_[batch].times;
        const Ranks packed = compute([&](std::size_t rank) { return times[rank].before(); }, computing_);
        passage.dispatch_ready = after_both(packed, exchanging_);
        passage.dispatch_first = next_step();
        passage.dispatch_done = exchanging_ = exchange(batches_[batch].traffic.dispatch, passage.dispatch_ready);
        passage.dispatch_end = next_step();
        compute([&](std::size_t rank) { return times[rank].shared; }, computing_);
    }

    void run_experts(std::size_t batch, Passage& passage) {
        const std::vector<ComputeTimes>& times = batches_[batch].times;
        const Ranks ready = compute([&](std::size_t rank) { return times[rank].behind(); }, passage.dispatch_done);
        passage.combine_ready = after_both(ready, exchanging_);
        passage.combine_first = next_step();
        passage.combine_done = exchanging_ = exchange(batches_[batch].traffic.combine, passage.combine_ready);
        passage.combine_end = next_step();
    }

    void finish(std::size_t batch, Passage& passage) {
        passage.finished = compute([&](std::size_t rank) { return batches_[batch].times[rank].finish; }, passage.combine_done);
    }

    /// Each rank computes for its time, when it has computed what came before and its step in `after` has ended.
    template <class TimeOf>
    Ranks compute(const TimeOf& time_of, const Ranks& after) {
        const Ranks before = computing_;
        for (std::size_t rank = 0; rank < computing_.size(); ++rank) {
            Step step;
            step.kind = StepKind::pause;
            step.source = step.destination = static_cast<int>(rank);
            step.delay = time_of(rank) / fabric_.gpus[rank].speed;
            step.delay_is = Delay::compute;
            computing_[rank] = plan_.schedule.add(step, {before[rank], after[rank]});
        }
        return computing_;
    }

    Ranks exchange(const Exchange& exchange, const Ranks& ready) {
        return append(algorithm_, exchange, fabric_, one_.costs, ready, plan_.schedule);
    }

    Ranks after_both(const Ranks& a, const Ranks& b) {
        Ranks both;
        for (std::size_t rank = 0; rank < a.size(); ++rank) {
            Step gate;
            gate.kind = StepKind::pause;
            gate.source = gate.destination = static_cast<int>(rank);
            both.push_back(plan_.schedule.add(gate, {a[rank], b[rank]}));
        }
        return both;
    }

    StepId next_step() const { return static_cast<StepId>(plan_.schedule.steps().size()); }

    const Case& one_;
    const Fabric& fabric_;
    const Algorithm& algorithm_;
    const std::vector<MicroBatch>& batches_;
    LayerSchedule plan_;
    Ranks computing_, exchanging_;  // the last step on each line of each rank
};

double row_sum(const RankMatrix<std::uint32_t>& counts, int row) {
    double sum = 0;
    for (const std::uint32_t count : counts.row(row)) sum += count;
    return sum;
}

RankTokens tokens_of(const MicroBatch& batch, int rank) {
    const TokenMatrix& counts = batch.traffic.dispatch.tokens->counts;
    RankTokens tokens;
    tokens.copies_sent = row_sum(counts.copies, rank);
    tokens.tokens = tokens.copies_sent / batch.traffic.dispatch.tokens->experts_per_token;
    tokens.ranks_sent = row_sum(counts.unique_per_rank, rank);
    tokens.islands_sent = row_sum(counts.unique_per_island, rank);
    for (int source = 0; source < counts.copies.rows(); ++source) {
        tokens.copies_received += counts.copies.at(source, rank);
        tokens.unique_received += counts.unique_per_rank.at(source, rank);
    }
    for (const ExpertLoad& load : batch.loads[static_cast<std::size_t>(rank)]) tokens.of_expert.push_back(load.copies);
    return tokens;
}

std::vector<MicroBatch> make_batches(const Case& one, const Fabric& fabric, const Traffic& traffic, const Algorithm& algorithm,
                                     int count) {
    const auto& workload = std::get<TokenWorkload>(one.workload.traffic);
    const Tokens tokens(workload, one.workload.seed);
    const ExpertMap experts = place_experts(workload, tokens);
    const LayerShape shape{workload.model, message_of(workload.dispatch, workload.model.hidden),
                           message_of(workload.combine, workload.model.hidden),
                           granularity_of(algorithm, fabric, one.workload.ranks), algorithm.packing};
    std::vector<MicroBatch> batches;
    for (int i = 0; i < count; ++i) {
        MicroBatch& batch = batches.emplace_back();
        batch.traffic = count == 1 ? traffic : route(one, fabric, tokens, experts, {i, count});
        batch.loads = make_expert_loads(tokens, experts, {i, count});
        for (int rank = 0; rank < one.workload.ranks; ++rank) {
            const GpuModel& gpu = fabric.gpu_model(rank);
            const double share = count == 1 ? 1 : 1 - 1.0 * algorithm.sms(one.costs, fabric) / gpu.sms;
            batch.times.push_back(compute_times(shape, tokens_of(batch, rank), gpu, one.costs.compute, share));
        }
    }
    return batches;
}

/// The rank whose bytes were the last to come to `rank`; -1 when none came.
int last_sender(int rank, StepId first, StepId end, const Schedule& schedule, const Timeline& timeline) {
    int sender = -1;
    Seconds latest;
    for (StepId id = first; id < end; ++id) {
        const Step& step = schedule.steps()[id];
        if (step.kind != StepKind::transfer || step.destination != rank || timeline.end[id] <= latest) continue;
        latest = timeline.end[id];
        sender = step.source;
    }
    return sender;
}

LayerRank report_rank(int rank, const std::vector<MicroBatch>& batches, const std::vector<Passage>& passages,
                      const LayerSchedule& plan, const Timeline& timeline, double speed) {
    const auto index = static_cast<std::size_t>(rank);
    const auto end_of = [&](const Ranks& steps) { return timeline.end[steps[index]]; };
    LayerRank report;
    for (std::size_t i = 0; i < batches.size(); ++i) {
        const Passage& passage = passages[i];
        report.computing += batches[i].times[index].sum() / speed;
        report.experts += batches[i].times[index].experts / speed;
        report.dispatch += end_of(passage.dispatch_done) - end_of(passage.dispatch_ready);
        report.combine += end_of(passage.combine_done) - end_of(passage.combine_ready);
        report.end = std::max(report.end, end_of(passage.finished));
        for (const ExpertLoad& load : batches[i].loads[index]) report.copies_received += load.copies;
    }
    for (std::size_t expert = 0; expert < batches.front().loads[index].size(); ++expert) {
        std::uint32_t copies = 0;
        for (const MicroBatch& batch : batches) copies += batch.loads[index][expert].copies;
        if (report.hottest_expert >= 0 && copies <= report.hottest_copies) continue;
        report.hottest_expert = batches.front().loads[index][expert].expert;
        report.hottest_copies = copies;
    }
    report.dispatch_from =
        last_sender(rank, passages.back().dispatch_first, passages.back().dispatch_end, plan.schedule, timeline);
    report.combine_from = last_sender(rank, passages.back().combine_first, passages.back().combine_end, plan.schedule, timeline);
    return report;
}

Seconds end_of_layer(const std::vector<Passage>& passages, const Timeline& timeline) {
    Seconds end;
    for (const Passage& passage : passages)
        for (const StepId step : passage.finished) end = std::max(end, timeline.end[step]);
    return end;
}

std::vector<std::pair<std::string, Seconds>> mean_parts(const std::vector<MicroBatch>& batches, const Fabric& fabric) {
    using Part = Seconds ComputeTimes::*;
    const std::vector<std::pair<std::string, Part>> members{
        {"gate", &ComputeTimes::gate},     {"pack", &ComputeTimes::pack},       {"shared", &ComputeTimes::shared},
        {"unpack", &ComputeTimes::unpack}, {"experts", &ComputeTimes::experts}, {"repack", &ComputeTimes::repack},
        {"finish", &ComputeTimes::finish}};
    std::vector<std::pair<std::string, Seconds>> parts;
    for (const auto& [name, member] : members) {
        Seconds sum;
        for (const MicroBatch& batch : batches)
            for (std::size_t rank = 0; rank < batch.times.size(); ++rank)
                sum += batch.times[rank].*member / fabric.gpus[rank].speed;
        parts.emplace_back(name, sum / static_cast<double>(batches.front().times.size()));
    }
    return parts;
}

}  // namespace

std::string refusal_of_layer(const Case& one, const Fabric& fabric, const Algorithm& algorithm, LayerOverlap overlap) {
    const auto* workload = std::get_if<TokenWorkload>(&one.workload.traffic);
    if (!workload) return "found S(i,k) without tokens; expected a workload with a model";
    for (int rank = 0; rank < one.workload.ranks; ++rank)
        if (std::string reason = refusal_of_compute(workload->model, fabric.gpu_model(rank)); !reason.empty()) return reason;
    const int kept = algorithm.sms(one.costs, fabric);
    for (int rank = 0; rank < one.workload.ranks && overlap == LayerOverlap::two_batch; ++rank) {
        const GpuModel& gpu = fabric.gpu_model(rank);
        if (gpu.sms == 0) return fmt::format("found {} without 'sms'; expected how many there are to share", gpu.model);
        if (kept >= gpu.sms)
            return fmt::format("found {} SMs that {} keeps; expected fewer than the {} of {}", kept, algorithm.name, gpu.sms,
                               gpu.model);
    }
    return {};
}

Layer predict_layer(const Case& one, const Fabric& fabric, const Traffic& traffic, const PredictOptions& options) {
    const bool is_overlapped = options.layer == LayerOverlap::two_batch;
    const std::vector<MicroBatch> batches = make_batches(one, fabric, traffic, *options.algorithm, is_overlapped ? 2 : 1);
    const LayerSchedule plan = LayerPlanner(one, fabric, *options.algorithm, batches).plan(is_overlapped ? 3 : 1);
    const EngineChoice choice = choose_engine(options.engine, options.accuracy, {plan.schedule});
    const Timeline timeline = simulate(fabric, {plan.schedule}, choice.kind, options.progress, choice.accuracy).front();
    const auto& workload = std::get<TokenWorkload>(one.workload.traffic);
    const double ranks = one.workload.ranks;
    const std::vector<Passage>& counted = plan.passages[is_overlapped ? 1 : 0];

    Layer layer;
    layer.overlap = is_overlapped ? "two-batch" : "none";
    layer.micro_batches = static_cast<int>(batches.size());
    layer.between_layers = workload.between_layers;
    layer.completion = end_of_layer(counted, timeline);
    // What lies between two layers is in the way from the end of one to the end of the next.
    if (is_overlapped) layer.completion = layer.completion - end_of_layer(plan.passages.front(), timeline) - layer.between_layers;
    for (int rank = 0; rank < one.workload.ranks; ++rank) {
        const double speed = fabric.gpus[static_cast<std::size_t>(rank)].speed;
        layer.ranks.push_back(report_rank(rank, batches, counted, plan, timeline, speed));
        layer.computing += layer.ranks.back().computing / ranks;
        layer.communicating += (layer.ranks.back().dispatch + layer.ranks.back().combine) / ranks;
        // In a row of layers all ranks take as long for one; alone, those that end early wait for the others.
        const Seconds end = is_overlapped ? layer.completion : layer.ranks.back().end;
        const Seconds late = is_overlapped ? Seconds{} : fabric.gpus[static_cast<std::size_t>(rank)].late;
        layer.exposed += std::max(end - late - layer.ranks.back().computing, Seconds{}) / ranks;
        layer.waiting += (layer.completion - end) / ranks;
    }
    layer.hidden = std::max(layer.communicating - layer.exposed, Seconds{});
    layer.all_layers = (layer.completion + layer.between_layers) * workload.model.moe_layers;
    const double tokens = std::accumulate(workload.tokens_per_rank.begin(), workload.tokens_per_rank.end(), 0.0);
    layer.tokens_per_second = layer.all_layers.si > 0 ? tokens / layer.all_layers.si : 0;
    layer.parts = mean_parts(batches, fabric);
    layer.bottlenecks = find_bottlenecks(fabric, plan.schedule, timeline);
    layer.bottleneck_kinds = by_kind(layer.bottlenecks);
    return layer;
}

}  // namespace tokenyard
