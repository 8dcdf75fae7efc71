// SPDX-License-Identifier: Apache-2.0
#include "report/study_answer.hpp"

#include "report/study_inputs.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tokenyard {
namespace {

/// An output of a group's case at p50, with its name.
std::string named_value(const StudyResults& results, const StudyGroup& group, const std::string& output) {
    const std::size_t place = place_of(results, output);
    const std::optional<double> number = place < group.median.size() ? number_in(group.median[place]) : std::nullopt;
    return number ? fmt::format("{} {}", output, short_number(*number)) : fmt::format("no {}", output);
}

/// " (measured)", for the phase that is known least.
std::string standing_of(const StudyResults& results, const StudyGroup& group) {
    std::string worst;
    for (const char* output : {"dispatch_standing", "combine_standing"}) {
        const std::size_t place = place_of(results, output);
        const auto* level = place < group.median.size() ? std::get_if<std::string>(&group.median[place]) : nullptr;
        if (!level) return "";
        if (worst.empty() || *level == "foreign" || (*level == "neighbour" && worst == "measured")) worst = *level;
    }
    if (worst == "measured") return " (such cases were measured)";
    return worst == "neighbour" ? " (not measured, but its neighbours were)" : " (FOREIGN: nothing like it was measured)";
}

/// Which one, what the goal is there, what everybody asks for next, and how well it is known.
std::string group_described(const StudyResults& results, const StudyGroup& group) {
    std::string text =
        fmt::format("{}: {}", described(results.study, group.inputs), named_value(results, group, results.answer->goal.output));
    for (const char* other : {"both_us", "layer_us", "price"}) {
        const std::size_t place = place_of(results, other);
        if (other == results.answer->goal.output || place >= group.median.size() || !number_in(group.median[place])) continue;
        text += ", " + named_value(results, group, other);
    }
    return text + standing_of(results, group);
}

std::string left_out(const StudyAnswer& answer, const std::string& cases) {
    std::string text;
    if (answer.misfits > 0)
        text += fmt::format("; {} {} left out, as {} not fit into memory", answer.misfits, cases,
                            answer.misfits == 1 ? "it does" : "they do");
    if (answer.not_done > 0) text += fmt::format("; {} not done", answer.not_done);
    return text;
}

}  // namespace

std::string answer_line(const StudyResults& results) {
    if (!results.answer) return "";
    const StudyAnswer& answer = *results.answer;
    const std::string cases = has_samples(results.study) ? "designs" : "cases", rest = left_out(answer, cases);
    const std::string way = fmt::format("the {} {}", answer.goal.is_more ? "most" : "least", answer.goal.output);
    if (answer.candidates == 0) return fmt::format("# No {} has {}{}\n", cases, answer.goal.output, rest);
    if (answer.best) {
        const std::string of = answer.limits.empty()
                                   ? fmt::format("{} {}", answer.candidates, cases)
                                   : fmt::format("the {} of {} {} with {}", answer.kept, answer.candidates, cases, answer.limits);
        return fmt::format("# Best of {} by {}: {}{}\n", of, way, group_described(results, results.groups[*answer.best]), rest);
    }
    return fmt::format("# None of {} {} has {}; nearest comes {}{}\n", answer.candidates, cases, answer.limits,
                       group_described(results, results.groups[*answer.nearest]), rest);
}

std::string memory_line(const StudyResults& results) {
    const std::size_t total = place_of(results, "memory_GB"), capacity = place_of(results, "memory_capacity_GB");
    std::size_t known = 0, misfits = 0;
    double held_most = 0, of = 0;
    for (const StudyGroup& group : results.groups) misfits += group.misfits;
    for (const StudyRow& row : results.rows) {
        const std::vector<Cell>& outputs = row.outcome.outputs;
        if (std::max(total, capacity) >= outputs.size()) continue;
        const std::optional<double> held = number_in(outputs[total]), has = number_in(outputs[capacity]);
        if (!held || !has) continue;
        ++known;
        if (of == 0 || *held / *has > held_most / of) held_most = *held, of = *has;
    }
    if (known == 0) return "# memory  not known: no case that is done says how large its experts are\n";
    if (misfits == 0)
        return fmt::format("# memory  every case fits, as far as it is counted; the fullest GPU holds {:.1f} of {:.1f} GB\n",
                           held_most, of);
    return fmt::format("# !!! memory  {} of {} cases do not fit; the fullest has {:.1f} GB for {:.1f} GB a GPU\n", misfits, known,
                       held_most, of);
}

}  // namespace tokenyard
