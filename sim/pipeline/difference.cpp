// SPDX-License-Identifier: Apache-2.0
#include "pipeline/difference.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace tokenyard {
namespace {

std::vector<InputChange> input_changes(const std::vector<NamedText>& before, const std::vector<NamedText>& after) {
    std::map<std::string, std::string> of_after;
    for (const NamedText& input : after) of_after[input.name] = input.text;
    std::vector<InputChange> changes;
    for (const NamedText& input : before) {
        const auto found = of_after.find(input.name);
        const std::string now = found == of_after.end() ? "" : found->second;
        if (found == of_after.end() || now != input.text) changes.push_back({input.name, input.text, now});
        if (found != of_after.end()) of_after.erase(found);
    }
    for (const NamedText& input : after)
        if (of_after.contains(input.name)) changes.push_back({input.name, "", input.text});
    return changes;
}

/// The largest change first; what changes alike by name.
std::vector<TimeChange> holder_changes(const std::vector<SavedHolder>& before, Seconds completion_before,
                                       const std::vector<SavedHolder>& after, Seconds completion_after) {
    std::map<std::string, TimeChange> by_name;
    for (const SavedHolder& holder : before) by_name[holder.name].before += completion_before * holder.share;
    for (const SavedHolder& holder : after) by_name[holder.name].after += completion_after * holder.share;
    std::vector<TimeChange> changes;
    for (const auto& [name, times] : by_name) changes.push_back({name, times.before, times.after});
    std::stable_sort(changes.begin(), changes.end(), [](const TimeChange& a, const TimeChange& b) {
        return std::abs((a.after - a.before).si) > std::abs((b.after - b.before).si);
    });
    return changes;
}

}  // namespace

PredictionDifference difference_of(const SavedPrediction& before, const SavedPrediction& after) {
    PredictionDifference difference;
    difference.before = before.file;
    difference.after = after.file;
    difference.inputs = input_changes(before.inputs, after.inputs);
    for (const SavedPhase& phase : before.phases) {
        const auto same = std::find_if(after.phases.begin(), after.phases.end(),
                                       [&](const SavedPhase& other) { return other.name == phase.name; });
        if (same == after.phases.end()) continue;
        difference.times.push_back({phase.name, phase.completion, same->completion});
        difference.bounds.push_back({phase.name, phase.lower_bound, same->lower_bound});
        difference.phases.push_back({phase.name, holder_changes(phase.kinds, phase.completion, same->kinds, same->completion),
                                     holder_changes(phase.resources, phase.completion, same->resources, same->completion)});
    }
    difference.times.push_back({"both", before.both, after.both});
    if (before.layer && after.layer) difference.times.push_back({"layer", *before.layer, *after.layer});
    return difference;
}

std::vector<TimeChange> longer_by(const PredictionDifference& difference, double part) {
    std::vector<TimeChange> longer;
    for (const TimeChange& time : difference.times)
        if (time.after > time.before * (1 + part)) longer.push_back(time);
    return longer;
}

}  // namespace tokenyard
