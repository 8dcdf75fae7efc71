// SPDX-License-Identifier: Apache-2.0
// Each stage of a prediction alone, by Google Benchmark: routing, matrix, fabric, schedule, engine, analysis.
//   cmake --preset release -DTOKENYARD_BENCHMARKS=ON && cmake --build --preset release --target stages
//   TOKENYARD_PRESETS=. build/benchmarks/stages --benchmark_filter='/(64|256)/' --benchmark_out=stages.json
// Names are stage/algorithm/skew/GPUs. All sizes take some minutes, and gigabytes: choose by --benchmark_filter.
#include "analysis/analyse.hpp"
#include "input/input.hpp"
#include "pipeline/predict.hpp"
#include "workload/tokens.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tokenyard {
namespace {

struct Setting {
    std::string algorithm, skew;
    int gpus = 0;
    Accuracy accuracy;
    EngineKind engine = EngineKind::fluid;
};

/// DeepSeek-V3 prefill on nodes of 8 H100; with an expert a rank beyond 256.
Case case_of(const Setting& setting) {
    std::vector<Override> overrides{{"nodes", std::to_string(setting.gpus / 8)},
                                    {"model.experts", std::to_string(std::max(setting.gpus, 256))}};
    if (setting.skew == "log-normal") overrides.push_back({"routing", "{kind: lognormal, sigma: 1}"});
    return read_case("dgx_h100_x16", "deepseek_v3_prefill", overrides);
}

/// What the stages need of each other, each made when it is first asked for and kept for the benchmarks of the same setting.
class Stages {
public:
    explicit Stages(const Setting& setting) : setting_(setting), case_(case_of(setting)), fabric_(fabric_of(case_.cluster)) {}

    const Setting& setting() const { return setting_; }
    const Case& read() const { return case_; }
    const Fabric& fabric() const { return fabric_; }
    const Traffic& traffic() {
        if (!traffic_) traffic_ = std::make_unique<Traffic>(make_traffic(case_, fabric_));
        return *traffic_;
    }
    Schedule planned() { return plan_phase(case_, fabric_, traffic(), *find_algorithm(setting_.algorithm), Direction::dispatch); }
    const Schedule& schedule() {
        if (!schedule_) schedule_ = std::make_unique<Schedule>(planned());
        return *schedule_;
    }
    Timeline simulated() { return simulate(fabric_, {schedule()}, setting_.engine, {}, setting_.accuracy).front(); }
    const Timeline& timeline() {
        if (!timeline_) timeline_ = std::make_unique<Timeline>(simulated());
        return *timeline_;
    }

private:
    Setting setting_;
    Case case_;
    Fabric fabric_;
    std::unique_ptr<Traffic> traffic_;
    std::unique_ptr<Schedule> schedule_;
    std::unique_ptr<Timeline> timeline_;
};

void draw_tokens(Stages& stages) {
    const auto& workload = std::get<TokenWorkload>(stages.read().workload.traffic);
    benchmark::DoNotOptimize(copies_of_each_expert(Tokens(workload, stages.read().workload.seed)));
}
void count_tokens(Stages& stages) { benchmark::DoNotOptimize(make_traffic(stages.read(), stages.fabric())); }
void build_links(Stages& stages) { benchmark::DoNotOptimize(fabric_of(stages.read().cluster)); }
void plan_steps(Stages& stages) { benchmark::DoNotOptimize(stages.planned()); }
void run_engine(Stages& stages) { benchmark::DoNotOptimize(stages.simulated()); }
void analyse_timeline(Stages& stages) {
    benchmark::DoNotOptimize(
        analyse("dispatch", stages.fabric(), stages.traffic().dispatch.volumes, stages.schedule(), stages.timeline()));
}

struct Stage {
    const char* name;
    void (*run)(Stages&);
    void (*prepare)(Stages&);  // what it needs, outside of its time
};
constexpr Stage stages_in_order[] = {
    {"routing", draw_tokens, [](Stages&) {}},                                   // every token's experts
    {"routing+matrix", count_tokens, [](Stages&) {}},                           // the same, and S(i,k)
    {"fabric", build_links, [](Stages&) {}},                                    // links and routes
    {"schedule", plan_steps, [](Stages& stages) { stages.traffic(); }},         // one phase
    {"engine", run_engine, [](Stages& stages) { stages.schedule(); }},          // one phase
    {"analysis", analyse_timeline, [](Stages& stages) { stages.timeline(); }},  // one phase
};

/// Only the last setting is kept: a large one fills gigabytes.
Stages& stages_of(const Setting& setting) {
    static std::unique_ptr<Stages> kept;
    const auto is_same = [&](const Setting& other) {
        return other.algorithm == setting.algorithm && other.skew == setting.skew && other.gpus == setting.gpus &&
               other.engine == setting.engine;
    };
    if (!kept || !is_same(kept->setting())) {
        kept.reset();
        kept = std::make_unique<Stages>(setting);
    }
    return *kept;
}

void add(const Setting& setting, const Stage& stage) {
    const std::string engine = setting.engine == EngineKind::simgrid ? "-simgrid" : "";
    const std::string name =
        std::string(stage.name) + engine + "/" + setting.algorithm + "/" + setting.skew + "/" + std::to_string(setting.gpus);
    auto* const added = benchmark::RegisterBenchmark(name.c_str(), [setting, stage](benchmark::State& state) {
        Stages& stages = stages_of(setting);
        stage.prepare(stages);
        for (auto _ : state) stage.run(stages);
        if (stage.run != draw_tokens && stage.run != count_tokens && stage.run != build_links)
            state.counters["transfers"] = static_cast<double>(transfer_count(stages.schedule()));
    });
    added->Unit(benchmark::kMillisecond)->UseRealTime();
    if (setting.gpus >= 1024 || setting.engine == EngineKind::simgrid) added->Iterations(1);
}

void add_all() {
    for (const char* const skew : {"uniform", "log-normal"}) {
        for (const int gpus : {64, 256, 1024, 4096})
            for (const Stage& stage : stages_in_order) add({"direct", skew, gpus, {gpus > 1024 ? 1e-2 : 1e-3}}, stage);
        for (const int gpus : {64, 256, 1024, 4096, 16384})
            for (const Stage& stage : stages_in_order) add({"two-level", skew, gpus, {gpus > 4096 ? 1e-2 : 1e-3}}, stage);
        for (const int gpus : {16, 32, 64}) add({"direct", skew, gpus, exact, EngineKind::simgrid}, stages_in_order[4]);
    }
}

}  // namespace
}  // namespace tokenyard

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    tokenyard::add_all();
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
