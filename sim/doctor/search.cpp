// SPDX-License-Identifier: Apache-2.0
#include "doctor/doctor.hpp"

#include <algorithm>

namespace tokenyard {
namespace {

/// One cause, being tried.
struct Trial {
    const Hypothesis* cause;
    std::vector<Choice> places, degrees;  // at least one of each, which is empty where there is nothing to choose
    int searched = 0;

    std::size_t simulations() const { return places.size() > 1 ? places.size() + degrees.size() : degrees.size(); }
};

Trial trial_of(const Hypothesis& cause, const Situation& situation) {
    Trial trial{&cause, cause.places(situation), cause.degrees(situation)};
    trial.searched = (trial.places.size() > 1) + (trial.degrees.size() > 1);
    if (trial.places.empty()) trial.places.emplace_back();
    if (trial.degrees.empty()) trial.degrees.emplace_back();
    return trial;
}

class Search {
public:
    Search(const SimulateCause& simulate, const CountOfCauses& progress, Diagnosis& diagnosis)
        : simulate_(simulate), progress_(progress), diagnosis_(diagnosis) {}

    void run(const std::vector<Trial>& trials) {
        for (const Trial& trial : trials) planned_ += trial.simulations();
        for (const Trial& trial : trials) run(trial);
    }

private:
    struct Best {
        ChangedTimes times;
        std::size_t at = 0;
        double mean = 0;
        bool is_there = false;
        std::string refusal;
    };

    void run(const Trial& trial) {
        std::size_t place = 0;
        if (trial.places.size() > 1) {
            const Best best = best_of(trial.places.size(), [&](std::size_t at) {
                return simulate_(*trial.cause, trial.places[at], trial.degrees[trial.degrees.size() / 2]);
            });
            place = best.at;
        }
        Best best = best_of(trial.degrees.size(),
                            [&](std::size_t at) { return simulate_(*trial.cause, trial.places[place], trial.degrees[at]); });
        const Hypothesis& cause = *trial.cause;
        if (!best.is_there) {
            diagnosis_.not_tried.push_back({std::string(cause.name), best.refusal});
            return;
        }
        Finding finding;
        finding.name = cause.name;
        finding.meaning = cause.meaning;
        finding.check = cause.check;
        finding.where = trial.places[place].shown;
        finding.how_much = trial.degrees[best.at].shown;
        finding.change = std::move(best.times.of_largest);
        finding.searched = trial.searched;
        finding.predicted = std::move(best.times.predicted);
        diagnosis_.findings.push_back(std::move(finding));
    }

    template <class Simulate>
    Best best_of(std::size_t count, const Simulate& simulate) {
        Best best;
        for (std::size_t at = 0; at < count; ++at) {
            ChangedTimes times = simulate(at);
            ++done_;
            if (progress_) progress_(done_, planned_);
            if (!times.refusal.empty()) {
                best.refusal = times.refusal;
                continue;
            }
            const double mean = misfit_of(times.predicted, diagnosis_.measured, diagnosis_.weights).mean;
            if (best.is_there && mean >= best.mean) continue;
            best = {std::move(times), at, mean, true, {}};
        }
        return best;
    }

    const SimulateCause& simulate_;
    const CountOfCauses& progress_;
    Diagnosis& diagnosis_;
    std::size_t planned_ = 0, done_ = 0;
};

}  // namespace

void search(const Situation& situation, const std::vector<Hypothesis>& causes, const SimulateCause& simulate,
            const CountOfCauses& progress, Diagnosis& diagnosis) {
    std::vector<Trial> trials;
    for (const Hypothesis& cause : causes) {
        const std::string refusal = cause.refusal(situation);
        if (refusal.empty()) trials.push_back(trial_of(cause, situation));
        else diagnosis.not_tried.push_back({std::string(cause.name), refusal});
    }
    Search(simulate, progress, diagnosis).run(trials);
    diagnosis.is_place_unknown = situation.is_even;
    conclude(diagnosis);
}

}  // namespace tokenyard
