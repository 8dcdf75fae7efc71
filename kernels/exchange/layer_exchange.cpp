// SPDX-License-Identifier: Apache-2.0
#include "exchange/layer_exchange.hpp"

#include "exchange/experts.hpp"
#include "exchange/layer_memory.hpp"
#include "moe/combine.hpp"
#include "moe/permute.hpp"
#include "record/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>
#include <utility>

namespace tokenyard::gpu {
namespace {

constexpr int turns_of_a_sample = 10;

struct Step {
    const char* name;
    bool is_aligned;  // all ranks begin it together
    std::function<void(cudaStream_t)> run;
};

std::vector<Step> steps_of(Session& session, LayerMemory& m, const LayerWorkload& workload, float scale) {
    Transport& network = *session.transport;
    const auto bf16 = [](const Buffer& buffer) { return static_cast<Bf16*>(buffer.get()); };
    const auto fp8 = [&m](const Buffer& buffer) { return Fp8Rows::packed(buffer.get(), m.hidden); };
    const Layout& layout = m.layout.layout();
    return {
        {"route", false,
         [&](cudaStream_t on) {
             route(m.table, workload.seed, session.rank(), m.tokens_here, m.ids.get(), m.weights.get(), on);
         }},
        {"layout", false, [&](cudaStream_t on) { lay_out(m.layout, m.ids.get(), m.tokens_here, 0, on); }},
        {"counts", true, [&](cudaStream_t on) { network.all_to_all({m.counts_message()}, on); }},
        {"permute", false,
         [&, bf16, fp8](cudaStream_t on) {
             if (!workload.is_fp8) permute(m.tokens.get(), layout.row_of_copy, m.tokens_here, m.k, m.hidden, bf16(m.packed), on);
             else permute_to_fp8(m.tokens.get(), layout.row_of_copy, m.tokens_here, m.k, m.hidden, fp8(m.packed), on);
         }},
        {"dispatch", true, [&](cudaStream_t on) { network.all_to_all({m.dispatch_message()}, on); }},
        {"arrivals", false,
         [&](cudaStream_t on) {
             lay_out_arrivals(m.copies.get(), session.ranks(), m.local_experts, m.rows, m.first_row_of_expert.get(),
                              m.row_of_arrival.get(), m.scratch.get(), on);
         }},
        {"unpermute", false,
         [&, bf16, fp8](cudaStream_t on) {
             if (!workload.is_fp8) unpermute(bf16(m.arrived), m.row_of_arrival.get(), m.rows, m.hidden, m.ordered.get(), on);
             else
                 unpermute_fp8(fp8(m.arrived), m.row_of_arrival.get(), m.rows, m.hidden,
                               Fp8Rows::apart(m.ordered_codes.get(), m.ordered_scales.get(), m.hidden), on);
         }},
        {"experts", false,
         [&, scale](cudaStream_t on) {
             if (workload.is_fp8)
                 scale_rows_fp8(m.ordered_codes.get(), m.ordered_scales.get(), m.rows, m.hidden, scale, m.ordered.get(), on);
             else if (scale != 1) scale_rows(m.ordered.get(), m.rows, m.hidden, scale, on);  // the identity leaves all as it is
         }},
        {"restore", false,
         [&, bf16](cudaStream_t on) {
             restore_arrival_order(m.ordered.get(), m.row_of_arrival.get(), m.rows, m.hidden, bf16(m.returning), on);
         }},
        {"return", true, [&](cudaStream_t on) { network.all_to_all({m.return_message()}, on); }},
        {"combine", false,
         [&, bf16](cudaStream_t on) {
             combine(bf16(m.returned), layout.row_of_copy, m.weights.get(), m.tokens_here, m.k, m.hidden, m.combined.get(), on);
         }},
    };
}

struct Turn {
    std::vector<double> step_us;
    std::vector<std::vector<double>> arrivals_us;  // by step; empty where a step has none
};

/// With a gate, every device begins when its host has handed over all steps; or, where a transport keeps the host until its
/// exchange is done, all of each step between exchanges.
Turn run_once(Session& session, const std::vector<Step>& steps, Gate* gate) {
    std::deque<Event> starts(steps.size()), ends(steps.size());
    Turn turn;
    {
        const bool is_asynchronous = session.transport->is_asynchronous();
        const ClosedGate for_all(is_asynchronous ? gate : nullptr, session.stream.get());
        for (std::size_t step = 0; step < steps.size(); ++step) {
            session.group.begin(steps[step].name);
            if (steps[step].is_aligned) session.transport->align(session.stream.get());
            const ClosedGate for_one(is_asynchronous || steps[step].is_aligned ? nullptr : gate, session.stream.get());
            starts[step].record(session.stream);
            steps[step].run(session.stream.get());
            ends[step].record(session.stream);
            turn.arrivals_us.push_back(steps[step].is_aligned ? session.transport->arrivals_us() : std::vector<double>());
        }
    }
    session.transport->wait(session.stream.get());
    for (std::size_t step = 0; step < steps.size(); ++step)
        turn.step_us.push_back(microseconds_between(starts[step], ends[step]));
    return turn;
}

/// The mean of some turns.
Turn sample(Session& session, const std::vector<Step>& steps, int turns) {
    Turn mean;
    mean.step_us.assign(steps.size(), 0);
    for (int turn = 0; turn < turns; ++turn) {
        const Turn one = run_once(session, steps, &session.gate);
        for (std::size_t step = 0; step < steps.size(); ++step) mean.step_us[step] += one.step_us[step] / turns;
        mean.arrivals_us = one.arrivals_us;
    }
    return mean;
}

/// Until the devices have worked for so long by the slowest rank's times, on all ranks alike.
void warm_up(Session& session, const std::vector<Step>& steps, const MeasureOptions& options) {
    for (int turn = 0; turn < options.warm_ups; ++turn) run_once(session, steps, &session.gate);
    if (!session.transport->is_asynchronous() || std::exchange(session.is_warm, true)) return;
    for (double worked_us = 0; worked_us < 1e6 * options.warm_up_s;) {
        const Turn turn = run_once(session, steps, &session.gate);
        const double own_us = std::accumulate(turn.step_us.begin(), turn.step_us.end(), 1.0);
        double slowest_us = 0;
        for (const std::vector<double>& one : session.gather({own_us})) slowest_us = std::max(slowest_us, one[0]);
        worked_us += slowest_us;
    }
}

/// Elements of combined[t] that are not token x scale x sum of weights.
/// Tolerated: bf16 rounds the sum by 2^-8 of it at most, a scale that is no power of two as much again; fp8 rounds an element by
/// 2^-4 of it, or by half of the smallest step, 2^-10, times its block's scale, which is at most 1 / 448 because elements are
/// below 1.
std::size_t wrong_elements(const LayerMemory& memory, const LayerWorkload& workload, float scale) {
    const std::vector<Bf16> tokens = memory.tokens.to_host(), combined = memory.combined.to_host();
    const std::vector<float> weights = memory.weights.to_host();
    const auto hidden = static_cast<std::size_t>(memory.hidden), k = static_cast<std::size_t>(memory.k);
    std::size_t wrong = 0;
    for (std::size_t token = 0; token < static_cast<std::size_t>(memory.tokens_here); ++token) {
        double factor = 0;
        for (std::size_t copy = 0; copy < k; ++copy)
            factor += static_cast<double>(weights[token * k + copy]) * static_cast<double>(scale);
        for (std::size_t i = token * hidden; i < (token + 1) * hidden; ++i) {
            const double element = static_cast<double>(as_float(tokens[i])), expected = factor * element;
            double tolerated = std::ldexp(std::abs(expected), -7);
            if (workload.is_fp8) tolerated += std::abs(factor) * (std::ldexp(std::abs(element), -4) + std::ldexp(1.0 / 448, -10));
            const double error = std::abs(static_cast<double>(as_float(combined[i])) - expected);
            wrong += !(error <= tolerated);
        }
    }
    return wrong;
}

std::size_t wrong_copies(const LayerWorkload& workload, const std::vector<std::vector<std::size_t>>& copies) {
    std::size_t wrong = 0;
    for (std::size_t row = 0; row < workload.copies.size(); ++row)
        for (std::size_t column = 0; column < copies.size(); ++column)
            wrong += workload.copies[row][column] != copies[row][column];
    return wrong;
}

ByteMatrix times(std::size_t bytes, const std::vector<std::vector<std::size_t>>& copies) {
    ByteMatrix matrix = copies;
    for (std::vector<std::size_t>& row : matrix)
        for (std::size_t& cell : row) cell *= bytes;
    return matrix;
}

}  // namespace

LayerResult measure_layer(Session& session, const LayerWorkload& workload, float expert_scale, const MeasureOptions& options) {
    LayerMemory memory(session, workload);
    LayerResult result;
    result.copies = memory.copies_by_rank;
    const ByteMatrix there = times(workload.dispatch_bytes(), result.copies),
                     back = transposed(times(workload.combine_bytes(), result.copies));
    if (const std::string refusal = session.transport->refusal(there); !refusal.empty()) throw std::invalid_argument(refusal);
    const std::vector<Step> steps = steps_of(session, memory, workload, expert_scale);
    std::size_t wrong = 0;
    const auto check = [&] {
        memory.poison(session.stream.get());
        run_once(session, steps, nullptr);  // what runs first loads kernels and connects ranks, which may wait for the device
        wrong += wrong_elements(memory, workload, expert_scale);
    };
    check();
    warm_up(session, steps, options);
    session.gate.has_held();
    result.turns_per_sample = session.transport->is_asynchronous() ? turns_of_a_sample : 1;
    std::vector<std::vector<double>> samples(steps.size());
    Turn last;
    std::vector<double> sums;
    for (const Moment begin = Clock::now(); result.stopped_by.empty();) {
        for (int turn = 0; turn < options.iterations; ++turn) {
            last = sample(session, steps, result.turns_per_sample);
            for (std::size_t step = 0; step < steps.size(); ++step) samples[step].push_back(last.step_us[step]);
            sums.push_back(std::accumulate(last.step_us.begin(), last.step_us.end(), 0.0));
        }
        result.stopped_by = agreed_reason_to_stop(session, options, sums, seconds_since(begin));
    }
    const std::size_t late = session.sum(!session.gate.has_held());
    result.is_held_back = session.transport->is_asynchronous() && late == 0;
    check();
    for (std::size_t step = 0; step < steps.size(); ++step) {
        LayerPhase phase{steps[step].name, times_of(session.gather(samples[step])), {}, {}};
        if (phase.name == "dispatch") phase.matrix = there;
        if (phase.name == "return") phase.matrix = back;
        if (!last.arrivals_us[step].empty()) phase.arrivals_us = session.gather(last.arrivals_us[step]);
        result.phases.push_back(phase);
    }
    result.wrong_elements = session.sum(wrong);
    result.wrong_counts = session.sum(memory.wrong_counts) + wrong_copies(workload, result.copies);
    return result;
}

}  // namespace tokenyard::gpu
