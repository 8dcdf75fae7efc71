// SPDX-License-Identifier: Apache-2.0
#include "report/explanation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tokenyard {
namespace {

using Json = nlohmann::ordered_json;

Seconds both(const WhatIf& what_if) { return what_if.dispatch + what_if.combine; }

double percent(Seconds now, Seconds before) { return before.si > 0 ? 100 * (now / before - 1) : 0; }

std::string name_of(const WhatIf& what_if) {
    return what_if.times_faster == 1 ? what_if.what : fmt::format("{}, {} x faster", what_if.what, what_if.times_faster);
}

/// Per cent below which a change is none: it would print as 0.00, or be within the engine's accuracy.
double least_change(const Sensitivity& all) { return std::max(0.005, 100 * all.accuracy); }

bool changes_nothing(const WhatIf& what_if, const Sensitivity& all) {
    const double least = least_change(all);
    return std::abs(percent(both(what_if), all.dispatch + all.combine)) < least &&
           (!what_if.layer || std::abs(percent(*what_if.layer, *all.layer)) < least);
}

std::string row(const WhatIf& what_if, const Sensitivity& all) {
    const Seconds before = all.dispatch + all.combine;
    std::string text =
        fmt::format("{:<31} {:>12.2f} {:>12.2f} {:>12.2f} {:>12.2f} {:>8.2f}", name_of(what_if),
                    in_microseconds(what_if.dispatch), in_microseconds(what_if.combine), in_microseconds(both(what_if)),
                    in_microseconds(both(what_if) - before), percent(both(what_if), before));
    if (all.layer)
        text += what_if.layer ? fmt::format(" {:>12.2f} {:>12.2f} {:>8.2f}", in_microseconds(*what_if.layer),
                                            in_microseconds(*what_if.layer - *all.layer), percent(*what_if.layer, *all.layer))
                              : fmt::format(" {:>12} {:>12} {:>8}", "-", "-", "-");
    return text + "\n";
}

Json change_as_json(Seconds now, Seconds before) {
    return {{"completion_us", in_microseconds(now)},
            {"change_us", in_microseconds(now - before)},
            {"change_percent", percent(now, before)}};
}

}  // namespace

std::string sensitivity_as_text(const Sensitivity& sensitivity) {
    std::string text = fmt::format("# what if: each row is simulated anew ({})\n", sensitivity.engine);
    const auto heading = [&](const auto&... names) { return fmt::format("#{:<30} {:>12} {:>12} {:>12} {:>12} {:>8}", names...); };
    text += heading("what if", "dispatch", "combine", "both", "change", "change");
    text += sensitivity.layer ? fmt::format(" {:>12} {:>12} {:>8}\n", "layer", "change", "change") : "\n";
    text += heading("", "(us)", "(us)", "(us)", "(us)", "(%)");
    text += sensitivity.layer ? fmt::format(" {:>12} {:>12} {:>8}\n", "(us)", "(us)", "(%)") : "\n";
    std::string unchanged;
    for (const WhatIf& what_if : sensitivity.what_ifs) {
        if (changes_nothing(what_if, sensitivity)) unchanged += (unchanged.empty() ? "" : "; ") + name_of(what_if);
        else text += row(what_if, sensitivity);
    }
    text += row({"as it is", 1, sensitivity.dispatch, sensitivity.combine, sensitivity.layer}, sensitivity);
    if (!unchanged.empty()) text += fmt::format("# change less than {:.4g} %: {}\n", least_change(sensitivity), unchanged);
    for (const Sensitivity::NotTried& each : sensitivity.not_tried) text += fmt::format("# {}: {}\n", each.what, each.reason);
    return text;
}

Json sensitivity_as_json(const Sensitivity& sensitivity) {
    const Seconds before = sensitivity.dispatch + sensitivity.combine;
    Json json{{"engine", sensitivity.engine},
              {"accuracy", sensitivity.accuracy},
              {"dispatch_us", in_microseconds(sensitivity.dispatch)},
              {"combine_us", in_microseconds(sensitivity.combine)}};
    if (sensitivity.layer) json["layer_us"] = in_microseconds(*sensitivity.layer);
    json["what_if"] = Json::array();
    for (const WhatIf& what_if : sensitivity.what_ifs) {
        Json& each = json["what_if"].emplace_back();
        each["what"] = what_if.what;
        each["times_faster"] = what_if.times_faster == 1 ? Json(nullptr) : Json(what_if.times_faster);
        each["dispatch"] = change_as_json(what_if.dispatch, sensitivity.dispatch);
        each["combine"] = change_as_json(what_if.combine, sensitivity.combine);
        each["both"] = change_as_json(both(what_if), before);
        if (what_if.layer) each["layer"] = change_as_json(*what_if.layer, *sensitivity.layer);
    }
    json["not_tried"] = Json::array();
    for (const Sensitivity::NotTried& each : sensitivity.not_tried)
        json["not_tried"].push_back({{"what", each.what}, {"reason", each.reason}});
    return json;
}

}  // namespace tokenyard
