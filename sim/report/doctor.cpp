// SPDX-License-Identifier: Apache-2.0
// What explains measured times, as text and JSON.
#include "model/diagnosis.hpp"
#include "report/input_lines.hpp"
#include "report/report.hpp"
#include "report/text_table.hpp"
#include "report/version.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace tokenyard {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t most_checked = 3;  // causes with what to look at, beside those of the first group

std::string percent_text(double part) { return fmt::format("{:.1f}", 100 * part); }

std::string named_cause(const Finding& finding) {
    std::string text = finding.meaning;
    for (const std::string* more : {&finding.where, &finding.how_much})
        if (!more->empty()) text += ", " + *more;
    return fmt::format("{} ({})", text, finding.name);
}

std::vector<const Finding*> first_group(const Diagnosis& diagnosis) {
    std::vector<const Finding*> group;
    for (const Finding& finding : diagnosis.findings)
        if (finding.group == 0) group.push_back(&finding);
    return group;
}

std::string answer_of(const Diagnosis& diagnosis) {
    const Misfit& before = diagnosis.as_described;
    if (diagnosis.verdict == DiagnosisVerdict::nothing_to_explain)
        return fmt::format("# The model already explains these times: it is within {} % of them in the median, {} % at worst.\n",
                           percent_text(before.median), percent_text(before.worst));
    const std::string measured = fmt::format("measured times are {:.2f} times those predicted", before.typical_slowdown);
    const std::vector<const Finding*> best = first_group(diagnosis);
    if (best.empty())
        return fmt::format("# Nothing that is known explains these times: {}, and no cause changes any.\n", measured);
    const Misfit& after = best.front()->misfit;
    if (diagnosis.verdict == DiagnosisVerdict::unexplained)
        return fmt::format(
            "# Nothing that is known explains these times: {}, and with the best cause ({}) they are off by {} % in the median, "
            "{} % "
            "at worst.\n",
            measured, best.front()->name, percent_text(after.median), percent_text(after.worst));
    std::string text = fmt::format("# In the median {}. {} explain{} them within {} % in the median, {} % at worst", measured,
                                   best.size() == 1 ? "One cause" : fmt::format("{} causes", best.size()),
                                   best.size() == 1 ? "s" : "", percent_text(after.median), percent_text(after.worst));
    if (best.size() > 1) text += ", and cannot be told apart by these figures";
    text += ":\n";
    for (const Finding* finding : best) text += fmt::format("#   {}\n", named_cause(*finding));
    const auto next = std::ranges::find_if(diagnosis.findings, [](const Finding& each) { return each.group > 0; });
    if (next != diagnosis.findings.end() && next->score < before.mean)
        text +=
            fmt::format("# Next best, within {} % in the median: {}\n", percent_text(next->misfit.median), named_cause(*next));
    return text;
}

std::string causes_table(const Diagnosis& diagnosis) {
    TextTable table;
    for (const char* title : {"cause", "where", "how much"}) table.add_column(title, "", false);
    table.add_column("median error", "(%)", true);
    table.add_column("worst error", "(%)", true);
    table.add_column("score", "(%)", true);
    table.add_column("searched", "", true);
    table.add_column("group", "", true);
    const auto or_dash = [](const std::string& text) { return text.empty() ? "-" : text; };
    const auto add = [&](const std::string& name, const std::string& where, const std::string& how_much, const Misfit& misfit,
                         double score, int searched, const std::string& group) {
        table.add_row({name, or_dash(where), or_dash(how_much), percent_text(misfit.median), percent_text(misfit.worst),
                       percent_text(score), fmt::format("{}", searched), group});
    };
    bool is_described = false;
    for (const Finding& finding : diagnosis.findings) {
        if (!is_described && finding.group > 0 && finding.score > diagnosis.as_described.mean) {
            add("as described", "", "", diagnosis.as_described, diagnosis.as_described.mean, 0, "-");
            is_described = true;
        }
        add(finding.name, finding.where, finding.how_much, finding.misfit, finding.score, finding.searched,
            fmt::format("{}", finding.group + 1));
    }
    if (!is_described) add("as described", "", "", diagnosis.as_described, diagnosis.as_described.mean, 0, "-");
    return table.text();
}

std::string command_of(const SuspectedChange& change) {
    std::string text;
    for (const std::string& library : change.of_case.libraries) text += fmt::format(" --library {}", library);
    if (!change.algorithm.empty()) text += fmt::format(" --algorithm {}", change.algorithm);
    for (const Override& one : change.of_case.overrides) text += fmt::format(" --set '{}={}'", one.path, one.value);
    return text.substr(std::min<std::size_t>(text.size(), 1));
}

std::string checks(const Diagnosis& diagnosis) {
    std::string text;
    std::size_t shown = 0;
    if (diagnosis.verdict == DiagnosisVerdict::nothing_to_explain) return text;
    for (const Finding& finding : diagnosis.findings) {
        if (finding.group > 0 && (shown >= most_checked || finding.score >= diagnosis.as_described.mean)) break;
        text += fmt::format("# {}: {}\n#   in the model: {}\n#   on the machine: {}\n", finding.name, finding.meaning,
                            one_line(command_of(finding.change)), finding.check);
        ++shown;
    }
    return text;
}

std::string pairs_text(const Diagnosis& diagnosis) {
    if (!diagnosis.has_pairs) return {};
    if (diagnosis.slow_places.empty()) return "# pairs: none takes 1.25 times as long as others like it\n";
    std::string text;
    constexpr std::size_t most_places = 10;
    for (std::size_t each = 0; each < std::min(diagnosis.slow_places.size(), most_places); ++each)
        text += fmt::format("# pairs: {}: {:.2f} times as long as others like it\n", diagnosis.slow_places[each].what,
                            diagnosis.slow_places[each].factor);
    if (diagnosis.slow_places.size() > most_places)
        text += fmt::format("# pairs: and {} more\n", diagnosis.slow_places.size() - most_places);
    return text;
}

std::string joined_names(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

const char* name_of(DiagnosisVerdict verdict) {
    switch (verdict) {
        case DiagnosisVerdict::nothing_to_explain: return "nothing-to-explain";
        case DiagnosisVerdict::explained: return "explained";
        case DiagnosisVerdict::unexplained: return "unexplained";
    }
    return "";
}

Json misfit_as_json(const Misfit& misfit) {
    return {{"mean_abs_log", misfit.mean},
            {"median_error", misfit.median},
            {"worst_error", misfit.worst},
            {"measured_over_predicted", misfit.typical_slowdown}};
}

Json finding_as_json(const Finding& finding) {
    Json json{{"cause", finding.name},
              {"meaning", finding.meaning},
              {"check", finding.check},
              {"group", finding.group + 1},
              {"searched", finding.searched},
              {"score", finding.score},
              {"misfit", misfit_as_json(finding.misfit)}};
    if (!finding.where.empty()) json["where"] = finding.where;
    if (!finding.how_much.empty()) json["how_much"] = finding.how_much;
    json["libraries"] = finding.change.of_case.libraries;
    if (!finding.change.algorithm.empty()) json["algorithm"] = finding.change.algorithm;
    json["overrides"] = Json::object();
    for (const Override& one : finding.change.of_case.overrides) json["overrides"][one.path] = one.value;
    json["predicted_us"] = Json::array();
    for (const Seconds time : finding.predicted) json["predicted_us"].push_back(in_microseconds(time));
    return json;
}

}  // namespace

std::string as_text(const Diagnosis& diagnosis) {
    std::string text = answer_of(diagnosis);
    text += fmt::format("# tokenyard {}  doctor  cluster {} ({} ranks)  algorithm {}  measured {}, {} rows\n", version,
                        diagnosis.cluster, diagnosis.ranks, diagnosis.algorithm, one_line(diagnosis.measured_by),
                        diagnosis.rows.size());
    text += input_lines(diagnosis.inputs);
    text += fmt::format("# costs  {}\n# engine {}\n", diagnosis.costs, diagnosis.engine);
    text +=
        "# error: |predicted / measured - 1|; score: mean of |ln(predicted / measured)|, rows where latency decides counting a "
        "fifth, and a\n"
        "#   part for each parameter that was searched, that is chosen by these figures; group: causes that these figures cannot "
        "tell apart\n";
    text += causes_table(diagnosis);
    text += pairs_text(diagnosis) + checks(diagnosis);
    if (diagnosis.is_place_unknown)
        text +=
            "# all ranks do the same in these exchanges: which node, NIC or GPU it is, they cannot tell; times of pairs "
            "(--pairs) can\n";
    if (!diagnosis.without_effect.empty())
        text += fmt::format("# change none of these times: {}\n", joined_names(diagnosis.without_effect));
    for (const Diagnosis::NotTried& each : diagnosis.not_tried)
        text += fmt::format("# not tried: {}: {}\n", each.name, one_line(each.reason));
    if (diagnosis.left_out > 0) text += fmt::format("# {} rows are left out: odd, or refused\n", diagnosis.left_out);
    return text;
}

std::string as_json(const Diagnosis& diagnosis) {
    Json json{{"schema", "tokenyard.diagnosis/1"},
              {"tool", {{"name", "tokenyard"}, {"version", version}}},
              {"cluster", diagnosis.cluster},
              {"ranks", diagnosis.ranks},
              {"algorithm", diagnosis.algorithm},
              {"costs", diagnosis.costs},
              {"engine", diagnosis.engine},
              {"measured", diagnosis.measured_by},
              {"verdict", name_of(diagnosis.verdict)},
              {"as_described", misfit_as_json(diagnosis.as_described)}};
    json["rows"] = Json::array();
    for (std::size_t row = 0; row < diagnosis.rows.size(); ++row)
        json["rows"].push_back({{"row", diagnosis.rows[row]},
                                {"measured_us", in_microseconds(diagnosis.measured[row])},
                                {"predicted_us", in_microseconds(diagnosis.predicted[row])}});
    json["rows_left_out"] = diagnosis.left_out;
    json["causes"] = Json::array();
    for (const Finding& finding : diagnosis.findings) json["causes"].push_back(finding_as_json(finding));
    json["without_effect"] = diagnosis.without_effect;
    json["not_tried"] = Json::array();
    for (const Diagnosis::NotTried& each : diagnosis.not_tried)
        json["not_tried"].push_back({{"cause", each.name}, {"reason", each.reason}});
    json["is_place_unknown"] = diagnosis.is_place_unknown;
    if (diagnosis.has_pairs) {
        json["slow_places"] = Json::array();
        for (const SlowPlace& place : diagnosis.slow_places)
            json["slow_places"].push_back({{"what", place.what}, {"times_as_long", place.factor}});
    }
    return json.dump(2) + "\n";
}

}  // namespace tokenyard
