// SPDX-License-Identifier: Apache-2.0
#include "study/answer.hpp"

#include "study/condition.hpp"
#include "study/study.hpp"

#include <algorithm>
#include <limits>

namespace tokenyard {
namespace {

constexpr std::string_view input_names[] = {"algorithm", "cluster", "workload", "calibration"};

/// The key of a study that is called so, with its file; empty for none.
std::string key_named(const Study& study, const std::string& name) {
    for (const std::string& key : keys_of(study))
        if (key == name || short_key(key) == name) return key;
    return {};
}

std::string output_names() {
    std::string names;
    for (const StudyOutput& output : study_outputs()) names += (names.empty() ? "" : ", ") + output.name;
    return names;
}

/// Every value that a key has in a study.
std::vector<std::string> values_of(const Study& study, const std::string& key) {
    std::vector<std::string> values;
    for (const Override& each : study.fixed)
        if (each.path == key) values.push_back(each.value);
    for (const StudyAxis& axis : study.axes)
        for (std::size_t place = 0; place < axis.keys.size(); ++place)
            if (axis.keys[place] == key)
                for (const auto& row : axis.rows) values.push_back(row[place]);
    return values;
}

bool is_equality(const Condition& comparison) {
    return comparison.sign == Condition::Sign::equal || comparison.sign == Condition::Sign::different;
}

/// Names are looked up before anything is computed: one that is not there would hold in no case, and nobody would know why.
std::string wrong_comparison(const Study& study, const Condition& comparison) {
    const std::string value = "found '" + comparison.text + "'";
    if (std::ranges::find(input_names, comparison.name) != std::end(input_names))
        return is_equality(comparison) ? "" : "found an order of " + comparison.name + "; expected = or !=";
    if (const std::optional<std::size_t> place = find_output(comparison.name)) {
        const StudyOutput& output = study_outputs()[*place];
        if (output.is_text) return is_equality(comparison) ? "" : "found an order of " + comparison.name + "; expected = or !=";
        if (output.needs_layer && study.overlap.empty())
            return "found '" + comparison.name + "' in a study of the phases alone; expected overlap: none or two-batch in it";
        return comparison.measure && comparison.measure->unit.empty() ? ""
                                                                      : value + " for " + comparison.name + "; expected a number";
    }
    const std::string key = key_named(study, comparison.name);
    if (key.empty())
        return "found '" + comparison.name +
               "'; expected a key that the study sets, algorithm, cluster, workload, calibration, or an output: " +
               output_names();
    if (is_equality(comparison)) return "";
    for (const std::string& each : values_of(study, key)) {
        const std::optional<Measure> measure = measure_in(each);
        if (!measure) return "found an order of " + comparison.name + ", which is '" + each + "' in a case; expected = or !=";
        if (!comparison.measure || comparison.measure->unit != measure->unit)
            return value + " for " + comparison.name + "; expected a number" +
                   (measure->unit.empty() ? std::string() : " of " + measure->unit) + ", as in its value " + each;
    }
    return "";
}

Condition read(const Study& study, const std::string& limits) {
    if (limits.empty()) return {};  // all of nothing
    return read_condition(limits, [&](const Condition& comparison) { return wrong_comparison(study, comparison); }).condition;
}

Cell value_of(const Study& study, const StudyGroup& group, const std::string& name) {
    if (const std::optional<std::size_t> output = find_output(name))
        return *output < group.median.size() ? group.median[*output] : Cell();
    const StudyCase& one = group.inputs;
    if (name == "algorithm") return one.algorithm;
    if (name == "cluster") return one.cluster.name;
    if (name == "workload") return one.workload.name;
    if (name == "calibration") return one.calibration.name;
    const std::string key = key_named(study, name);
    for (const Override& each : one.overrides)
        if (each.path == key) return each.label.empty() ? each.value : each.label;
    return {};
}

std::optional<double> number_of(const StudyGroup& group, const std::string& output) {
    const std::size_t place = *find_output(output);
    if (place >= group.median.size()) return {};
    if (const auto* real = std::get_if<double>(&group.median[place])) return *real;
    if (const auto* whole = std::get_if<std::int64_t>(&group.median[place])) return static_cast<double>(*whole);
    return {};
}

}  // namespace

std::string wrong_output(const Study& study, const std::string& name) {
    const std::optional<std::size_t> place = find_output(name);
    if (!place) return "found '" + name + "'; expected one of the outputs: " + output_names();
    if (study_outputs()[*place].is_text) return "found '" + name + "', which is a text; expected an output that is a number";
    if (study_outputs()[*place].needs_layer && study.overlap.empty())
        return "found '" + name + "' in a study of the phases alone; expected overlap: none or two-batch in it";
    return "";
}

std::string wrong_limits(const Study& study, const std::string& limits) {
    if (limits.empty()) return "";
    return read_condition(limits, [&](const Condition& comparison) { return wrong_comparison(study, comparison); }).refusal;
}

StudyAnswer answer_of(const Study& study, const std::vector<StudyGroup>& groups, const StudyGoal& goal,
                      const std::string& limits) {
    const Condition condition = read(study, limits);
    StudyAnswer answer{goal, limits, {}, {}, 0, 0, 0, 0};
    const auto is_better = [&](std::size_t a, std::size_t b) {
        const double x = *number_of(groups[a], goal.output), y = *number_of(groups[b], goal.output);
        if (x != y) return goal.is_more ? x > y : x < y;
        return number_of(groups[a], "both_us").value_or(0) < number_of(groups[b], "both_us").value_or(0);
    };
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t place = 0; place < groups.size(); ++place) {
        const StudyGroup& group = groups[place];
        answer.not_done += group.done == 0;
        answer.misfits += group.misfits > 0;
        if (group.done == 0 || group.misfits > 0 || !number_of(group, goal.output)) continue;
        ++answer.candidates;
        const double away = shortfall(condition, [&](const std::string& name) { return value_of(study, group, name); });
        if (away == 0) {
            ++answer.kept;
            if (!answer.best || is_better(place, *answer.best)) answer.best = place;
        } else if (!answer.nearest || away < least || (away == least && is_better(place, *answer.nearest))) {
            least = away;
            answer.nearest = place;
        }
    }
    if (answer.best) answer.nearest.reset();
    return answer;
}

std::vector<std::size_t> groups_within(const Study& study, const std::vector<StudyGroup>& groups, const std::string& limits) {
    const Condition condition = read(study, limits);
    std::vector<std::size_t> within;
    for (std::size_t place = 0; place < groups.size(); ++place)
        if (shortfall(condition, [&](const std::string& name) { return value_of(study, groups[place], name); }) == 0)
            within.push_back(place);
    return within;
}

std::vector<std::size_t> sorted_by(const std::string& output, const std::vector<StudyGroup>& groups,
                                   std::vector<std::size_t> order) {
    const bool is_more = study_outputs()[*find_output(output)].is_more_better;
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
        const std::optional<double> x = number_of(groups[a], output), y = number_of(groups[b], output);
        if (!x || !y) return x.has_value() && !y;
        return is_more ? *x > *y : *x < *y;
    });
    return order;
}

}  // namespace tokenyard
