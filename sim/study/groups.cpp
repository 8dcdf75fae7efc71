// SPDX-License-Identifier: Apache-2.0
#include "study/study.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

namespace tokenyard {
namespace {

/// What cases of one group share: everything but the number, the seed and the keys of sample axes.
StudyCase shared_inputs(const Study& study, StudyCase one) {
    std::set<std::string> samples;
    for (const StudyAxis& axis : study.axes)
        if (axis.is_sample) samples.insert(axis.keys.begin(), axis.keys.end());
    std::erase_if(one.overrides, [&](const Override& each) { return samples.contains(each.path); });
    return one;
}

std::string key_of(const StudyCase& one) {
    std::string key;
    const auto add = [&](const std::string& text) { key += std::to_string(text.size()) + ":" + text; };
    for (const StudyFile* file : {&one.cluster, &one.workload, &one.calibration}) add(file->name);
    add(one.algorithm);
    for (const Override& each : one.overrides) {
        add(each.path);
        add(each.value);
    }
    return key;
}

double number_in(const CaseOutcome& outcome, std::size_t place) {
    const double* number = std::get_if<double>(&outcome.outputs[place]);
    return number ? *number : 0;
}

std::optional<Spread> spread_of(const std::vector<const CaseOutcome*>& done, const char* output) {
    const std::size_t place = *find_output(output);
    std::vector<double> values;
    for (const CaseOutcome* outcome : done)
        if (const double* value = std::get_if<double>(&outcome->outputs[place])) values.push_back(*value);
    if (values.empty()) return {};
    constexpr std::size_t enough_for_p95 = 20, enough_for_p99 = 100;
    Spread spread{percentile(values, 0.5), {}, {}, percentile(values, 1)};
    if (values.size() >= enough_for_p95) spread.p95 = percentile(values, 0.95);
    if (values.size() >= enough_for_p99) spread.p99 = percentile(values, 0.99);
    return spread;
}

std::string most_frequent(const std::vector<const CaseOutcome*>& done, const char* output) {
    const std::size_t place = *find_output(output);
    std::map<std::string, int> counts;
    for (const CaseOutcome* outcome : done)
        if (const std::string* text = std::get_if<std::string>(&outcome->outputs[place])) ++counts[*text];
    const auto most = std::max_element(counts.begin(), counts.end(), [](auto& a, auto& b) { return a.second < b.second; });
    return most == counts.end() ? "" : most->first;
}

std::size_t misfits_of(const std::vector<const CaseOutcome*>& done) {
    const std::size_t place = *find_output("fits");
    const auto is_misfit = [&](const CaseOutcome* outcome) { return outcome->outputs[place] == Cell(std::int64_t{0}); };
    return static_cast<std::size_t>(std::count_if(done.begin(), done.end(), is_misfit));
}

/// The case at the 50th percentile of the time that ranks: it exists, whereas a mixture of medians does not. Pre: one is done.
std::size_t median_row(const std::vector<StudyRow>& rows, const StudyGroup& group) {
    const std::size_t time = *find_output(group.layer ? "layer_us" : "both_us");
    std::vector<std::size_t> done;
    for (const std::size_t row : group.rows)
        if (rows[row].outcome.status == CaseStatus::done) done.push_back(row);
    std::stable_sort(done.begin(), done.end(), [&](std::size_t a, std::size_t b) {
        return number_in(rows[a].outcome, time) < number_in(rows[b].outcome, time);
    });
    return done[(done.size() + 1) / 2 - 1];
}

void summarise(const std::vector<StudyRow>& rows, StudyGroup& group) {
    std::vector<const CaseOutcome*> done;
    for (const std::size_t place : group.rows) {
        const CaseOutcome& outcome = rows[place].outcome;
        group.refused += outcome.status == CaseStatus::refused;
        group.failed += outcome.status == CaseStatus::failed;
        if (outcome.status == CaseStatus::done) done.push_back(&outcome);
    }
    group.done = done.size();
    group.misfits = misfits_of(done);
    group.dispatch = spread_of(done, "dispatch_us");
    group.combine = spread_of(done, "combine_us");
    group.both = spread_of(done, "both_us");
    group.layer = spread_of(done, "layer_us");
    group.held_by = most_frequent(done, "dispatch_held_by");
    if (done.empty()) return;
    group.median_row = median_row(rows, group);
    group.median = rows[*group.median_row].outcome.outputs;
}

}  // namespace

double percentile(std::vector<double> values, double part) {
    std::sort(values.begin(), values.end());
    const double rank = std::ceil(part * static_cast<double>(values.size()) - 1e-9);  // 0.95 x 20 is a hair above 19
    return values[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

std::vector<StudyGroup> groups_of(const Study& study, const std::vector<StudyRow>& rows) {
    std::map<std::string, std::size_t> place_of;
    std::vector<StudyGroup> groups;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        StudyCase shared = shared_inputs(study, rows[row].inputs);
        const auto [known, is_new] = place_of.try_emplace(key_of(shared), groups.size());
        if (is_new) groups.emplace_back().inputs = std::move(shared);
        groups[known->second].rows.push_back(row);
    }
    for (StudyGroup& group : groups) summarise(rows, group);
    return groups;
}

}  // namespace tokenyard
