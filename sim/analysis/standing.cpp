// SPDX-License-Identifier: Apache-2.0
#include "analysis/standing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <tuple>
#include <utility>

namespace tokenyard {
namespace {

// Distances in half steps.
constexpr int one_step = 2, half_step = 1, unlike = 99;
constexpr int most_times_ranks = 4;
constexpr std::size_t least_rows = 20;
constexpr double part_held = 0.9;
constexpr double far_off = 0.3;
/// A foreign interval is from two thirds to one and a half at least. Rows of the record, the remotest ones too, were predicted
/// with parts that were fitted to something of their machine, which a foreign case lacks: NCCL on L40S was nine times too fast
/// until its host was fitted.
constexpr double least_foreign = 1.5;

bool have_other_ranks(const Setting& a, const Setting& b) {
    return std::max(a.ranks, b.ranks) > most_times_ranks * std::min(a.ranks, b.ranks);
}

int distance(const Setting& a, const Setting& b) {
    int steps = 0;
    if (a.algorithm != b.algorithm) steps += 2;
    else if (a.library != b.library) steps += 1;
    if (a.chip != b.chip) steps += a.chip_family == b.chip_family ? 1 : 2;
    steps += a.calibration != b.calibration;
    if (a.reach != b.reach) steps += 1;
    else steps += a.nic != b.nic;
    steps += a.condition != b.condition;
    steps += have_other_ranks(a, b);
    return steps * one_step + (a.is_bandwidth_bound != b.is_bandwidth_bound ? half_step : 0);
}

StandingLevel level_of(int half_steps) {
    if (half_steps < one_step) return StandingLevel::measured;
    return half_steps < 2 * one_step ? StandingLevel::neighbour : StandingLevel::foreign;
}

/// Errors of rows, each with what it counts.
class WeightedErrors {
public:
    void add(const std::string& record, const std::vector<double>& errors) {
        std::vector<double>& all = of_record_[record];
        all.insert(all.end(), errors.begin(), errors.end());
    }

    /// Below it is that part of the errors. Pre: not empty.
    double quantile(double part) const {
        return quantile(part, [](double error) { return error; });
    }
    double quantile_of_size(double part) const {
        return quantile(part, [](double error) { return std::abs(error); });
    }

    std::size_t rows() const {
        std::size_t rows = 0;
        for (const auto& [record, errors] : of_record_) rows += errors.size();
        return rows;
    }

    std::vector<std::string> records() const {
        std::vector<std::string> names;
        for (const auto& [record, errors] : of_record_) names.push_back(record);
        return names;
    }

    /// Of |predicted / measured - 1|.
    double median() const {
        std::vector<double> all;
        for (const auto& [record, errors] : of_record_)
            for (const double error : errors) all.push_back(std::abs(std::exp(-error) - 1));
        const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
        std::nth_element(all.begin(), middle, all.end());
        return *middle;
    }

    bool empty() const { return of_record_.empty(); }

private:
    template <class Of>
    double quantile(double part, const Of& of) const {
        std::vector<std::pair<double, double>> weighed;
        double sum = 0;
        for (const auto& [record, errors] : of_record_)
            for (const double error : errors) {
                weighed.emplace_back(of(error), 1 / std::sqrt(static_cast<double>(errors.size())));
                sum += weighed.back().second;
            }
        std::sort(weighed.begin(), weighed.end());
        double below = 0;
        for (const auto& [error, weight] : weighed) {
            below += weight;
            if (below >= part * sum) return error;
        }
        return weighed.back().first;
    }

    std::map<std::string, std::vector<double>> of_record_;
};

std::string whose(const Setting& setting) {
    return setting.library.empty() ? "algorithm " + setting.algorithm
                                   : fmt::format("{} ({})", setting.library, setting.algorithm);
}

std::string where(const Setting& setting) {
    if (setting.reach == "network") return fmt::format("on {} over {}", setting.chip, setting.nic);
    return fmt::format("on {} over {}", setting.chip, setting.reach);
}

/// What is other here than where it was measured.
std::string differences(const Setting& here, const Setting& there) {
    std::vector<std::string> all;
    const auto add = [&](bool differs, const std::string& text) {
        if (differs) all.push_back(text);
    };
    const auto named = [](const std::string& name) { return name.empty() ? std::string("none") : name; };
    if (here.algorithm != there.algorithm) add(true, whose(here));
    else add(here.library != there.library, "library " + named(here.library));
    add(here.chip != there.chip, "chip " + here.chip);
    if (here.reach != there.reach) add(true, here.reach == "network" ? "between nodes" : "over " + here.reach);
    else add(here.nic != there.nic, "NIC " + here.nic);
    add(here.calibration != there.calibration,
        here.calibration == "--set" ? "costs by --set" : "calibration " + here.calibration);
    add(here.condition != there.condition, here.condition.empty() ? "no " + there.condition : here.condition);
    add(have_other_ranks(here, there), fmt::format("{} ranks, not {}", here.ranks, there.ranks));
    add(here.is_bandwidth_bound != there.is_bandwidth_bound, here.is_bandwidth_bound ? "bandwidth decides" : "latency decides");
    return fmt::format("{}", fmt::join(all, ", "));
}

std::string reason(const Setting& here, const Setting& there, StandingLevel level) {
    const std::string other = differences(here, there);
    if (level == StandingLevel::measured)
        return fmt::format("{} {} was measured{}", whose(there), where(there), other.empty() ? "" : "; here " + other);
    return fmt::format("{} {} {}; here it is {}", whose(there), where(there),
                       level == StandingLevel::neighbour ? "was measured" : "is the nearest that was measured", other);
}

}  // namespace

TrackRecord::TrackRecord(std::span<const JudgedRow> rows) {
    const auto order = [](const JudgedRow* a, const JudgedRow* b) {
        const auto key = [](const JudgedRow& row) {
            const Setting& s = row.setting;
            return std::tie(row.record, s.algorithm, s.library, s.calibration, s.chip, s.nic, s.reach, s.condition, s.ranks,
                            s.nodes, s.is_bandwidth_bound, s.is_combine);
        };
        return key(*a) < key(*b);
    };
    std::vector<const JudgedRow*> sorted;
    for (const JudgedRow& row : rows) sorted.push_back(&row);
    std::sort(sorted.begin(), sorted.end(), order);
    for (const JudgedRow* row : sorted) {
        if (groups_.empty() || groups_.back().record != row->record || !(groups_.back().setting == row->setting))
            groups_.push_back({row->record, row->setting, {}, unlike});
        groups_.back().errors.push_back(std::log(row->measured / row->predicted));
    }
    for (Group& group : groups_)
        for (const Group& other : groups_)
            if (other.record != group.record)
                group.remoteness = std::min(group.remoteness, distance(group.setting, other.setting));
}

Standing TrackRecord::standing_of(const Setting& setting, Seconds predicted) const {
    Standing standing;
    if (groups_.empty()) {
        standing.why = "nothing was measured";
        return standing;
    }
    std::multimap<int, const Group*> by_distance;
    for (const Group& group : groups_) by_distance.emplace(distance(setting, group.setting), &group);
    const int nearest = by_distance.begin()->first;
    WeightedErrors near;
    for (auto next = by_distance.begin(); next != by_distance.end();) {
        const auto end = by_distance.upper_bound(next->first);
        for (; next != end; ++next) near.add(next->second->record, next->second->errors);
        if (near.rows() >= least_rows) break;
    }
    standing.level = level_of(nearest);
    double low = near.quantile((1 - part_held) / 2), high = near.quantile((1 + part_held) / 2);
    if (standing.level != StandingLevel::measured) {
        WeightedErrors as_far;
        for (const Group& group : groups_)
            if (level_of(group.remoteness) >= standing.level) as_far.add(group.record, group.errors);
        high = near.quantile_of_size(part_held);
        if (!as_far.empty()) high = std::max(high, as_far.quantile_of_size(part_held));
        if (standing.level == StandingLevel::foreign) high = std::max(high, std::log(least_foreign));
        low = -high;
    }
    standing.records = near.records();
    standing.rows = near.rows();
    standing.median_error = near.median();
    standing.low = predicted * std::exp(low);
    standing.high = predicted * std::exp(high);
    standing.why = reason(setting, by_distance.begin()->second->setting, standing.level);
    return standing;
}

Coverage coverage_of(std::span<const JudgedRow> rows, const std::string& left_out) {
    const auto key = [&](const JudgedRow& row) { return left_out == "chip" ? row.setting.chip : row.record; };
    std::set<std::string> keys;
    for (const JudgedRow& row : rows) keys.insert(left_out == "nothing" ? "" : key(row));
    Coverage coverage;
    coverage.left_out = left_out;
    for (const std::string& out : keys) {
        const auto is_out = [&](const JudgedRow& row) { return left_out == "nothing" || key(row) == out; };
        std::vector<JudgedRow> rest;
        for (const JudgedRow& row : rows)
            if (left_out == "nothing" || !is_out(row)) rest.push_back(row);
        const TrackRecord known(rest);
        for (const JudgedRow& row : rows) {
            if (!is_out(row)) continue;
            const Standing standing = known.standing_of(row.setting, row.predicted);
            Coverage::Level& level = standing.level == StandingLevel::measured    ? coverage.measured
                                     : standing.level == StandingLevel::neighbour ? coverage.neighbour
                                                                                  : coverage.foreign;
            const bool is_held = row.measured >= standing.low && row.measured <= standing.high;
            const bool is_far_off = std::abs(row.predicted / row.measured - 1) > far_off;
            level.rows += 1;
            level.covered += is_held;
            level.far_off += is_far_off;
            level.far_off_covered += is_far_off && is_held;
        }
    }
    return coverage;
}

}  // namespace tokenyard
