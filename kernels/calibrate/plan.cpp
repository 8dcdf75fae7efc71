// SPDX-License-Identifier: Apache-2.0
#include "calibrate/plan.hpp"

#include <cmath>

namespace tokenyard::gpu {
namespace {

using Words = std::vector<std::string>;

constexpr double most_noise = 0.02;  // unless a second has passed

/// An exchange as the command line has it, with what every one of a plan shares.
ChildRun exchange_run(const Machine& machine, const Words& what, ChildRun run = {}) {
    run.arguments.insert(run.arguments.begin(),
                         {"exchange", "--json", "-", "--transport", machine.transport, "--timeout",
                          std::to_string(machine.timeout_s), "--iterations", machine.is_quick ? "5" : "20"});
    if (!machine.is_quick) run.arguments.insert(run.arguments.end(), {"--noise", std::to_string(std::lround(100 * most_noise))});
    run.arguments.insert(run.arguments.end(), what.begin(), what.end());
    return run;
}

std::vector<BenchOptions> kernel_runs(bool is_quick) {
    BenchOptions base;
    base.sampling = is_quick ? Sampling{2, 0, 1} : Sampling{30, most_noise, 1};
    base.tokens = is_quick ? std::vector<int>{8} : std::vector<int>{128, 512, 2048, 4096, 16384};
    if (is_quick) {
        base.copy_MB = 1;
        base.shape = {8, 64, 2, 16, 2};
    }
    std::vector<BenchOptions> runs{base};
    const auto add = [&](BenchShape shape) {
        BenchOptions one = base;
        one.shape = shape;
        one.tokens = {is_quick ? 8 : 4096};
        runs.push_back(one);
    };
    for (const int hidden : is_quick ? std::vector<int>{32} : std::vector<int>{2048, 4096}) {
        BenchShape shape = base.shape;
        shape.hidden = hidden;
        add(shape);
    }
    for (const int k : is_quick ? std::vector<int>{1} : std::vector<int>{1, 2, 4}) {
        BenchShape shape = base.shape;
        shape.experts_per_token = k;
        add(shape);
    }
    return runs;
}

/// What NCCL may use on both counts: channels of collectives, from which those of sends follow, and of sends themselves.
ChildRun with_channels(int channels) {
    const std::string text = std::to_string(channels);
    return {{},
            {{"NCCL_MIN_NCHANNELS", text},
             {"NCCL_MAX_NCHANNELS", text},
             {"NCCL_MIN_P2P_NCHANNELS", text},
             {"NCCL_MAX_P2P_NCHANNELS", text}}};
}

void plan_self(const Machine& machine, const std::string& sizes, CalibrationPlan& plan) {
    const Words self{"--pattern", "self", "--sizes", sizes};
    plan.exchanges.push_back(exchange_run(machine, self));
    if (!machine.has_nccl) {
        plan.not_measured.push_back({"rate against channels", "this program is built without NCCL"});
        return;
    }
    for (const int channels : {1, 2, 4, 8, 16, 32})
        plan.exchanges.push_back(exchange_run(machine, self, with_channels(channels)));
    Words registered = self;
    registered.push_back("--registered");
    plan.exchanges.push_back(exchange_run(machine, registered));
}

void plan_patterns(const Machine& machine, const Words& ranks, const std::string& sizes, CalibrationPlan& plan) {
    for (const char* pattern : {"uniform", "skewed", "fan-out", "fan-in", "pair"}) {
        Words words{"--pattern", pattern, "--sizes", sizes};
        words.insert(words.end(), ranks.begin(), ranks.end());
        plan.exchanges.push_back(exchange_run(machine, words));
    }
}

}  // namespace

CalibrationPlan plan_calibration(const Machine& machine) {
    const std::string sizes = machine.is_quick ? "1K,64K" : "256,4K,64K,512K,1M,4M,16M,64M,256M";
    const std::string loopback_sizes = machine.is_quick ? "1K" : "1K,64K,1M,4M";
    CalibrationPlan plan{kernel_runs(machine.is_quick), {}, {}};
    plan_self(machine, sizes, plan);
    if (machine.gpus > 1) {
        plan_patterns(machine, {}, sizes, plan);
        if (machine.has_nccl)
            for (const int channels : {1, 2, 4, 8, 16, 32})
                plan.exchanges.push_back(exchange_run(machine, {"--pattern", "pair", "--sizes", sizes}, with_channels(channels)));
    } else {
        plan.not_measured.push_back({"pairs over NVLink or PCIe", "there is one GPU here"});
    }
    plan.not_measured.push_back(
        {"pairs on the same rail, on other rails", "this is one node: start calibrate with mpirun or srun on several"});
    const std::string tokens = machine.is_quick ? "16" : "1024";
    const Words layer = machine.is_quick ? Words{"--tokens", tokens, "--hidden", "128", "--experts", "16", "--topk", "2"}
                                         : Words{"--tokens", tokens};
    plan.exchanges.push_back(exchange_run(machine, layer));
    for (const int ranks : machine.loopback_ranks) {
        const Words forked{"--ranks", std::to_string(ranks)};
        plan_patterns(machine, forked, loopback_sizes, plan);
        Words layer_there = layer;
        layer_there.insert(layer_there.end(), forked.begin(), forked.end());
        plan.exchanges.push_back(exchange_run(machine, layer_there));
    }
    return plan;
}

}  // namespace tokenyard::gpu
