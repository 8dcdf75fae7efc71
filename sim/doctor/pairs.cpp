// SPDX-License-Identifier: Apache-2.0
#include "doctor/doctor.hpp"
#include "doctor/median.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tokenyard {
namespace {

constexpr double stands_out = 0.22;  // ln: 1.25 times the others
constexpr int sweeps = 20;           // of the polish; it settles in fewer

/// ln(time) of pairs that are alike, taken apart: what all have in common, what is a row's, what is a column's, and the rest.
class Polish {
public:
    Polish(const RankMatrix<double>& times, const std::vector<int>& node_of, bool is_inside)
        : rest_(times.rows(), times.rows()),
          count_(times.rows()),
          node_of_(node_of),
          is_inside_(is_inside),
          sending(static_cast<std::size_t>(count_)),
          receiving(static_cast<std::size_t>(count_)) {
        for (int from = 0; from < count_; ++from)
            for (int to = 0; to < count_; ++to)
                if (is_meant(from, to)) rest_.at(from, to) = std::log(times.at(from, to));
        take_out_common();
        for (int sweep = 0; sweep < sweeps; ++sweep)
            for (const bool is_row : {true, false})
                for (int place = 0; place < count_; ++place) take_out(place, is_row);
        for (std::vector<double>* effects : {&sending, &receiving}) {  // what all rows have is none of theirs
            const double common = median_of(*effects);
            for (double& effect : *effects) effect -= common;
        }
    }

    bool is_meant(int from, int to) const {
        const bool is_one = node_of_[static_cast<std::size_t>(from)] == node_of_[static_cast<std::size_t>(to)];
        return from != to && is_one == is_inside_;
    }
    double rest(int from, int to) const { return is_meant(from, to) ? rest_.at(from, to) : 0; }

private:
    void take_out_common() {
        std::vector<double> all;
        for (int from = 0; from < count_; ++from)
            for (int to = 0; to < count_; ++to)
                if (is_meant(from, to)) all.push_back(rest_.at(from, to));
        const double common = median_of(std::move(all));
        for (int from = 0; from < count_; ++from)
            for (int to = 0; to < count_; ++to)
                if (is_meant(from, to)) rest_.at(from, to) -= common;
    }

    void take_out(int place, bool is_row) {
        std::vector<double> line;
        for (int other = 0; other < count_; ++other)
            if (is_row ? is_meant(place, other) : is_meant(other, place))
                line.push_back(is_row ? rest_.at(place, other) : rest_.at(other, place));
        constexpr std::size_t fewest = 3;  // of two, either can be the odd one
        if (line.size() < fewest) return;
        const double shift = median_of(std::move(line));
        (is_row ? sending : receiving)[static_cast<std::size_t>(place)] += shift;
        for (int other = 0; other < count_; ++other)
            if (is_row ? is_meant(place, other) : is_meant(other, place))
                (is_row ? rest_.at(place, other) : rest_.at(other, place)) -= shift;
    }

    RankMatrix<double> rest_;
    int count_;
    const std::vector<int>& node_of_;
    bool is_inside_;

public:
    std::vector<double> sending, receiving;  // ln, of each place
};

void add_places(const Polish& polish, std::string_view place, std::string_view links, std::vector<SlowPlace>& slow) {
    for (std::size_t each = 0; each < polish.sending.size(); ++each) {
        const double out = polish.sending[each], in = polish.receiving[each];
        if (out < stands_out && in < stands_out) continue;
        const char* direction = out < stands_out ? "receiving" : in < stands_out ? "sending" : "both directions";
        slow.push_back({fmt::format("{}{}{}, {}", place, each, links, direction), std::exp(std::max(out, in))});
    }
}

void add_pairs(const Polish& polish, int count, std::string_view place, std::vector<SlowPlace>& slow) {
    for (int from = 0; from < count; ++from)
        for (int to = 0; to < count; ++to)
            if (const double rest = polish.rest(from, to); rest >= stands_out)
                slow.push_back({fmt::format("{}{} to {}{}", place, from, place, to), std::exp(rest)});
}

}  // namespace

std::vector<SlowPlace> slow_places(const RankMatrix<double>& times, const std::vector<int>& node_of, std::string_view place) {
    std::vector<SlowPlace> slow;
    for (const bool is_inside : {false, true}) {
        const Polish polish(times, node_of, is_inside);
        add_places(polish, place, is_inside ? " inside its node" : "", slow);
        add_pairs(polish, times.rows(), place, slow);
    }
    std::ranges::stable_sort(slow, std::ranges::greater(), &SlowPlace::factor);
    return slow;
}

}  // namespace tokenyard
