// SPDX-License-Identifier: Apache-2.0
// Causes that are drawn, simulated and blurred: how often the doctor names the right one first.
#include "input/record_reader.hpp"
#include "input/source.hpp"
#include "pipeline/doctor.hpp"
#include "pipeline/row_predictions.hpp"
#include "support/skip.hpp"

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <map>
#include <random>
#include <tuple>

namespace tokenyard {
namespace {

/// All-to-alls of nccl-tests on 1, 2 and 4 nodes.
const char* const nccl_record = R"(
name: drawn
description: all-to-alls
sources: [made up]
hardware: 4 DGX H100
counted: size is what a rank sends in all
compared: completion
along: size
predict: {cluster: dgx_h100_x4, exchange: {kind: uniform, size: of-rank}, algorithm: nccl}
columns: {nodes: nodes}
rows:
  - {ranks: 8, nodes: 1, size: 1 MiB, time: 1 us, use: judged}
  - {ranks: 8, nodes: 1, size: 64 MiB, time: 1 us, use: judged}
  - {ranks: 8, nodes: 1, size: 1024 MiB, time: 1 us, use: judged}
  - {ranks: 16, nodes: 2, size: 64 KiB, time: 1 us, use: judged}
  - {ranks: 16, nodes: 2, size: 1 MiB, time: 1 us, use: judged}
  - {ranks: 16, nodes: 2, size: 16 MiB, time: 1 us, use: judged}
  - {ranks: 16, nodes: 2, size: 256 MiB, time: 1 us, use: judged}
  - {ranks: 32, nodes: 4, size: 64 KiB, time: 1 us, use: judged}
  - {ranks: 32, nodes: 4, size: 4 MiB, time: 1 us, use: judged}
  - {ranks: 32, nodes: 4, size: 256 MiB, time: 1 us, use: judged}
)";

/// DeepEP's normal kernels on 2 and 4 nodes.
const char* const deepep_record = R"(
name: drawn
description: normal kernels
sources: [made up]
hardware: 4 DGX H100
counted: a phase
compared: completion
along: tokens
predict: {cluster: dgx_h100_x4, exchange: {kind: moe, workload: deepseek_v3_prefill}, algorithm: two-level}
columns: {nodes: nodes, tokens: batch.tokens_per_rank}
rows:
  - {ranks: 16, nodes: 2, tokens: 128, phase: dispatch, time: 1 us, use: judged}
  - {ranks: 16, nodes: 2, tokens: 1024, phase: dispatch, time: 1 us, use: judged}
  - {ranks: 16, nodes: 2, tokens: 1024, phase: combine, time: 1 us, use: judged}
  - {ranks: 32, nodes: 4, tokens: 128, phase: dispatch, time: 1 us, use: judged}
  - {ranks: 32, nodes: 4, tokens: 1024, phase: dispatch, time: 1 us, use: judged}
  - {ranks: 32, nodes: 4, tokens: 1024, phase: combine, time: 1 us, use: judged}
  - {ranks: 8, nodes: 1, tokens: 1024, phase: dispatch, time: 1 us, use: judged}
  - {ranks: 8, nodes: 1, tokens: 1024, phase: combine, time: 1 us, use: judged}
)";

/// Asks the doctor again and again about the same rows: what it simulates is simulated once.
class Practice {
public:
    explicit Practice(const char* record) {
        std::vector<std::string_view> names;
        for (const Algorithm& algorithm : algorithms()) names.push_back(algorithm.name);
        question_.rows = read_record_text(source_of("drawn", record), "drawn", names, fabric_of, {}).rows;
        for (const Preset& library : presets(PresetKind::library)) question_.libraries.push_back(library.name);
        situation_ = situation_of(question_);
        options_.engine = EngineKind::fluid;
        Hypothesis none = hypotheses().front();
        none.change = [](const Situation&, const Case&, const Choice&, const Choice&) {
            return std::optional<SuspectedChange>();
        };
        described_ = times_with(question_, situation_, none, {}, {}, options_).predicted;
        std::vector<const RecordRow*> rows;
        for (const RecordRow& row : question_.rows) rows.push_back(&row);
        for (const RowVerdict& verdict : predict_rows(rows, options_)) link_bounds_.push_back(verdict.link_bound);
        for (const Hypothesis& cause : hypotheses())
            if (cause.refusal(situation_).empty()) causes_.push_back(cause);
    }

    /// A cause that changes times by a tenth at least, and the times, of which each is off by some 5 %.
    std::pair<std::string, std::vector<Seconds>> draw(std::mt19937& random) {
        constexpr double least_effect = 0.1, noise = 0.05, off_the_grid = 0.1;
        std::normal_distribution<double> scatter(0, noise);
        std::uniform_real_distribution<double> shift(-off_the_grid, off_the_grid);
        while (true) {
            const Hypothesis& cause = causes_[random() % causes_.size()];
            Choice place = any_of(cause.places(situation_), random), degree = any_of(cause.degrees(situation_), random);
            if (cause.name.starts_with("slow-n")) degree.value = std::min(0.95, degree.value * std::exp(shift(random)));
            ChangedTimes changed = times_with(question_, situation_, cause, place, degree, options_);
            if (!changed.refusal.empty()) continue;
            double effect = 0;
            for (std::size_t row = 0; row < described_.size(); ++row)
                effect += std::abs(std::log(changed.predicted[row] / described_[row])) / static_cast<double>(described_.size());
            if (effect < least_effect) continue;
            for (Seconds& time : changed.predicted) time = time * std::exp(scatter(random));
            return {std::string(cause.name), changed.predicted};
        }
    }

    Diagnosis ask(const std::vector<Seconds>& measured) {
        Diagnosis diagnosis;
        diagnosis.measured = measured;
        diagnosis.predicted = described_;
        for (std::size_t row = 0; row < measured.size(); ++row)
            diagnosis.weights.push_back(link_bounds_[row].si >= 0.5 * measured[row].si ? 1 : weight_of_latency);
        search(
            situation_, hypotheses(),
            [&](const Hypothesis& cause, const Choice& place, const Choice& degree) {
                const auto [known, is_new] = simulated_.try_emplace({std::string(cause.name), place.shown, degree.shown});
                if (is_new) known->second = times_with(question_, situation_, cause, place, degree, options_);
                return known->second;
            },
            {}, diagnosis);
        return diagnosis;
    }

private:
    static Choice any_of(const std::vector<Choice>& choices, std::mt19937& random) {
        return choices.empty() ? Choice() : choices[random() % choices.size()];
    }

    DoctorQuestion question_;
    Situation situation_;
    PredictOptions options_;
    std::vector<Hypothesis> causes_;
    std::vector<Seconds> described_, link_bounds_;
    std::map<std::tuple<std::string, std::string, std::string>, ChangedTimes> simulated_;
};

struct Tally {
    int right = 0;
    int alone = 0;     // right, and nothing else in its group
    int in_group = 0;  // causes of first groups, in all
};

/// Of so many draws, how many the doctor names in its first group; what went wrong is printed.
Tally tally_of(const char* record, int draws, std::uint32_t seed) {
    Practice practice(record);
    std::mt19937 random(seed);
    Tally tally;
    for (int each = 0; each < draws; ++each) {
        const auto [cause, measured] = practice.draw(random);
        const Diagnosis diagnosis = practice.ask(measured);
        bool is_first = false;
        int first = 0;
        std::string named;
        for (const Finding& finding : diagnosis.findings) {
            if (finding.group == 0) is_first |= finding.name == cause;
            first += finding.group == 0;
            if (finding.group < 3)
                named += fmt::format(" {}:{} {} {:.3f},", finding.group + 1, finding.name, finding.how_much, finding.score);
        }
        tally.right += is_first;
        tally.alone += is_first && first == 1;
        tally.in_group += first;
        if (!is_first) WARN(fmt::format("{} was taken for{}", cause, named));
    }
    return tally;
}

}  // namespace

TEST_CASE("the doctor names the right one first of 30 causes that are drawn and blurred by 5 %", "[doctor][full]") {
#ifdef __SANITIZE_ADDRESS__
    return skip("its simulations take minutes under the sanitizers, which other tests of the doctor run under");
#endif
    const Tally nccl = tally_of(nccl_record, 20, 1), deepep = tally_of(deepep_record, 10, 2);
    for (const auto& [name, draws, tally] : {std::tuple{"NCCL", 20, nccl}, std::tuple{"DeepEP", 10, deepep}})
        WARN(fmt::format("{}: right {} of {}, {} of them alone; {:.1f} causes in a first group", name, tally.right, draws,
                         tally.alone, static_cast<double>(tally.in_group) / draws));
    CHECK(nccl.right + deepep.right >= 24);
}

}  // namespace tokenyard
