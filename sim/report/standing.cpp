// SPDX-License-Identifier: Apache-2.0
#include "report/standing.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tokenyard {
namespace {

std::string interval(const PhaseStanding& one) {
    return fmt::format("{} {:.2f} to {:.2f} us", one.phase, in_microseconds(one.standing.low),
                       in_microseconds(one.standing.high));
}

/// "36 rows of cx_h100_deepep_v2 and 2 more records".
std::string rows_of(const Standing& standing) {
    if (standing.rows == 0) return "no rows";
    const std::size_t others = standing.records.size() - 1;
    return fmt::format("{} rows of {}{}", standing.rows, standing.records.front(),
                       others == 0   ? ""
                       : others == 1 ? " and " + standing.records.back()
                                     : fmt::format(" and {} more records", others));
}

bool have_same(const Standing& a, const Standing& b) {
    return a.level == b.level && a.records == b.records && a.rows == b.rows && a.why == b.why;
}

std::string as_line(const Standing& standing, const std::string& intervals) {
    const std::string basis = fmt::format("{}, median error {:.1f} %", rows_of(standing), standing.median_error * 100);
    constexpr double far = 0.3;
    switch (standing.level) {
        case StandingLevel::measured:
            return fmt::format("# {}: {}; nine of ten times in {} ({})\n",
                               standing.median_error < far ? "measured" : "MEASURED, AND PREDICTIONS ARE OFF BY FAR",
                               standing.why, intervals, basis);
        case StandingLevel::neighbour:
            return fmt::format("# not measured, but its neighbour: {}; nine of ten times in {} ({})\n", standing.why, intervals,
                               basis);
        case StandingLevel::foreign: break;
    }
    if (standing.rows == 0) return fmt::format("# FOREIGN: {}\n", standing.why);
    return fmt::format("# FOREIGN: NOTHING LIKE IT WAS MEASURED: {}; it may be off by far: nine of ten times in {} ({})\n",
                       standing.why, intervals, basis);
}

}  // namespace

std::vector<PhaseStanding> standings_of(const std::vector<Phase>& phases) {
    std::vector<PhaseStanding> standings;
    for (const Phase& phase : phases)
        if (phase.standing) standings.push_back({phase.name, *phase.standing});
    return standings;
}

std::string as_text(const std::vector<PhaseStanding>& standings) {
    std::string text;
    for (std::size_t first = 0; first < standings.size();) {
        std::string intervals = interval(standings[first]);
        std::size_t next = first + 1;
        for (; next < standings.size() && have_same(standings[first].standing, standings[next].standing); ++next)
            intervals += ", " + interval(standings[next]);
        text += as_line(standings[first].standing, intervals);
        first = next;
    }
    return text;
}

nlohmann::ordered_json standing_as_json(const std::optional<Standing>& standing) {
    if (!standing) return nullptr;
    return {{"level", name_of(standing->level)},
            {"records", standing->records},
            {"rows", standing->rows},
            {"median_error", standing->median_error},
            {"interval_us", {in_microseconds(standing->low), in_microseconds(standing->high)}},
            {"why", standing->why}};
}

}  // namespace tokenyard
