// SPDX-License-Identifier: Apache-2.0
#include "report/report.hpp"

#include "report/version.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace tokenyard {
namespace {

using Json = nlohmann::ordered_json;

constexpr double visible = 0.005;  // us; less would print as 0.00

double change_of(const TimeChange& time) { return in_microseconds(time.after - time.before); }

/// Of a time that was 0: 0 if it still is, else nothing.
std::string percent(const TimeChange& time) {
    if (time.before.si == 0) return time.after.si == 0 ? "0.00" : "-";
    return fmt::format("{:.2f}", 100 * (time.after / time.before - 1));
}

std::string row(std::string_view lead, const TimeChange& time, std::size_t width) {
    return fmt::format("{}{:<{}} {:>12.2f} {:>12.2f} {:>12.2f} {:>9}\n", lead, time.name, width, in_microseconds(time.before),
                       in_microseconds(time.after), change_of(time), percent(time));
}

std::string heading(std::string_view lead, std::string_view what, std::size_t width) {
    return fmt::format("{0}{1:<{2}} {3:>12} {4:>12} {5:>12} {5:>9}\n{0}{6:<{2}} {7:>12} {7:>12} {7:>12} {8:>9}\n", lead, what,
                       width, "before", "after", "change", "", "(us)", "(%)");
}

/// A value may be long, and hold anything.
std::string shown(std::string text) {
    constexpr std::size_t longest = 80;
    if (text.empty()) return "(nothing)";
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    if (text.size() <= longest) return text;
    std::size_t cut = longest;  // not inside a character
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
    return text.substr(0, cut) + "...";
}

std::string phase_rows(const PhaseChange& phase) {
    constexpr std::size_t most_resources = 6, width = 30;
    std::string text = heading("# ", phase.name + ", held by", width + 2);
    const auto is_visible = [](const TimeChange& time) { return in_microseconds(std::max(time.before, time.after)) >= visible; };
    for (const TimeChange& kind : phase.kinds)
        if (is_visible(kind)) text += row("#   ", kind, width);
    std::string resources;
    std::size_t rows = 0;
    for (const TimeChange& resource : phase.resources)
        if (std::abs(change_of(resource)) >= visible && ++rows <= most_resources) resources += row("#   ", resource, width);
    if (rows > 0) text += heading("# ", phase.name + ", most changed", width + 2) + resources;
    if (rows > most_resources) text += fmt::format("#   and {} more\n", rows - most_resources);
    return text;
}

Json times_as_json(const std::vector<TimeChange>& times, const char* name) {
    Json json = Json::array();
    for (const TimeChange& time : times)
        json.push_back({{name, time.name},
                        {"before_us", in_microseconds(time.before)},
                        {"after_us", in_microseconds(time.after)},
                        {"change_us", change_of(time)},
                        {"change_percent", time.before.si > 0 ? Json(100 * (time.after / time.before - 1)) : Json(nullptr)}});
    return json;
}

}  // namespace

std::string as_text(const PredictionDifference& difference) {
    std::string text =
        fmt::format("# tokenyard {}  before {}  after {}\n", version, shown(difference.before), shown(difference.after));
    text += difference.inputs.empty() ? "# no input differs\n" : "# inputs that differ\n";
    for (const InputChange& input : difference.inputs)
        text += fmt::format("#   {}: {} -> {}\n", shown(input.name), shown(input.before), shown(input.after));
    constexpr std::size_t width = 16;
    text += heading("#", "completion", width - 1);
    for (const TimeChange& time : difference.times) text += row("", time, width);
    text += heading("# ", "lower bound", width - 2);
    for (const TimeChange& bound : difference.bounds) text += row("# ", bound, width - 2);
    for (const PhaseChange& phase : difference.phases) text += phase_rows(phase);
    return text;
}

std::string as_json(const PredictionDifference& difference) {
    Json json{{"schema", "tokenyard.difference/1"},
              {"tool", {{"name", "tokenyard"}, {"version", version}}},
              {"before", difference.before},
              {"after", difference.after},
              {"inputs", Json::array()}};
    const auto text_or_null = [](const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); };
    for (const InputChange& input : difference.inputs)
        json["inputs"].push_back(
            {{"key", input.name}, {"before", text_or_null(input.before)}, {"after", text_or_null(input.after)}});
    json["completion"] = times_as_json(difference.times, "what");
    json["lower_bound"] = times_as_json(difference.bounds, "what");
    json["phases"] = Json::array();
    for (const PhaseChange& phase : difference.phases)
        json["phases"].push_back({{"name", phase.name},
                                  {"held_by_kind", times_as_json(phase.kinds, "kind")},
                                  {"held_by", times_as_json(phase.resources, "resource")}});
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tokenyard
