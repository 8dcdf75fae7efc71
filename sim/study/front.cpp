// SPDX-License-Identifier: Apache-2.0
#include "study/answer.hpp"
#include "study/study.hpp"

#include <algorithm>
#include <charconv>
#include <map>

namespace tokenyard {
namespace {

/// Where the numbers of an axis come from, or why there are none.
struct AxisSource {
    FrontAxis axis;
    std::optional<std::size_t> output;
    std::string key;  // with its file
    std::string refusal;
};

AxisSource source_named(const Study& study, const std::string& name) {
    if (const std::optional<std::size_t> place = find_output(name))
        return {{name, study_outputs()[*place].is_more_better}, place, {}, {}};
    for (const std::string& key : keys_of(study))
        if (key == name || short_key(key) == name) return {{name, false}, {}, key, {}};
    const std::string expected = wrong_output(study, name);  // of a name that is none: all that there are
    return {{name, false}, {}, {}, expected + ", or a key that the study sets"};
}

std::optional<double> number_in(const Cell& cell) {
    if (const auto* number = std::get_if<double>(&cell)) return *number;
    if (const auto* count = std::get_if<std::int64_t>(&cell)) return static_cast<double>(*count);
    return {};
}

/// The number at the start of a value, whose unit must be that of the values before it.
std::optional<double> number_in(const std::string& value, std::optional<std::string>& unit) {
    double number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{}) return {};
    const std::string rest(end, value.data() + value.size());
    if (unit.value_or(rest) != rest) return {};
    unit = rest;
    return number;
}

/// The axis' number of each group that is done and fits into memory.
std::map<std::size_t, double> numbers_of(AxisSource& source, const std::vector<StudyGroup>& groups) {
    std::map<std::size_t, double> numbers;
    std::optional<std::string> unit;
    for (std::size_t place = 0; place < groups.size(); ++place) {
        const StudyGroup& group = groups[place];
        if (group.done == 0 || group.misfits > 0) continue;
        std::optional<double> number;
        std::string found = "none";
        if (source.output) number = number_in(group.median[*source.output]);
        else
            for (const Override& each : group.inputs.overrides)
                if (each.path == source.key) {
                    number = number_in(each.value, unit);
                    found = "'" + each.value + "'";
                }
        if (!number) {
            source.refusal = "found " + found + " as " + source.axis.name + "; expected numbers, all in one unit";
            return {};
        }
        numbers[place] = *number;
    }
    return numbers;
}

}  // namespace

Front pareto_front(const Study& study, const std::vector<StudyGroup>& groups, const std::string& x, const std::string& y) {
    AxisSource across = source_named(study, x), up = source_named(study, y);
    Front front{{across.axis, up.axis}, {}, {}, across.refusal.empty() ? up.refusal : across.refusal};
    if (!front.refusal.empty()) return front;
    const std::map<std::size_t, double> xs = numbers_of(across, groups), ys = numbers_of(up, groups);
    front.refusal = across.refusal.empty() ? up.refusal : across.refusal;
    if (!front.refusal.empty()) return front;
    const auto cost = [&](std::size_t group) {  // less is better in both
        return std::pair{across.axis.is_more_better ? -xs.at(group) : xs.at(group),
                         up.axis.is_more_better ? -ys.at(group) : ys.at(group)};
    };
    std::vector<std::size_t> order;
    for (const auto& [group, number] : xs) order.push_back(group);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return cost(a) < cost(b); });
    for (const std::size_t group : order) {
        // Sorted by x: whoever comes later must be better in y, or equal in both.
        const bool is_first = front.groups.empty();
        if (is_first || cost(group).second < cost(front.groups.back()).second || cost(group) == cost(front.groups.back())) {
            front.groups.push_back(group);
            front.points.push_back({xs.at(group), ys.at(group)});
        }
    }
    return front;
}

}  // namespace tokenyard
