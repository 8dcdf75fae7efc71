// SPDX-License-Identifier: Apache-2.0
#include "engine/fluid/recorder.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace tokenyard {

Recorder::Recorder(const Fabric& fabric, const Schedule& schedule, std::size_t bins, double expected)
    : bins_(bins + bins % 2),
      links_(link_count(fabric, schedule)),
      ranks_(fabric.gpus.size()),
      width_(expected / static_cast<double>(bins_)),
      inside_((links_ + 2 * ranks_) * bins_),
      rise_(inside_.size()) {
    std::vector<LinkId> links;
    first_row_.push_back(0);
    for (const Step& step : schedule.steps()) {
        links.clear();
        append_links(fabric, step, links);
        rows_.insert(rows_.end(), links.begin(), links.end());
        const Way way(step);
        for (std::size_t leg = 0; leg + 1 < way.size(); ++leg) {
            rows_.push_back(static_cast<std::uint32_t>(links_ + static_cast<std::size_t>(way[leg])));
            rows_.push_back(static_cast<std::uint32_t>(links_ + ranks_ + static_cast<std::size_t>(way[leg + 1])));
        }
        first_row_.push_back(static_cast<std::uint32_t>(rows_.size()));
    }
}

std::size_t Recorder::bin_of(double time) const { return std::min(bins_ - 1, static_cast<std::size_t>(time / width_)); }

void Recorder::add(StepId step, double from, double to, double rate) {
    while (to > width_ * static_cast<double>(bins_)) widen();
    const std::size_t first = bin_of(from), last = bin_of(to);
    const double in_first = rate * (std::min(to, width_ * static_cast<double>(first + 1)) - from),
                 in_last = rate * (to - width_ * static_cast<double>(last)), across = rate * width_;
    for (std::uint32_t i = first_row_[step]; i < first_row_[step + 1]; ++i) {
        const std::size_t row = rows_[i] * bins_;
        inside_[row + first] += in_first;
        if (last == first) continue;
        inside_[row + last] += in_last;
        rise_[row + first + 1] += across;
        rise_[row + last] -= across;
    }
}

void Recorder::add_at_once(StepId step, double now, double volume) {
    while (now > width_ * static_cast<double>(bins_)) widen();
    for (std::uint32_t i = first_row_[step]; i < first_row_[step + 1]; ++i) inside_[rows_[i] * bins_ + bin_of(now)] += volume;
}

std::vector<double> Recorder::carried_in(std::size_t row) const {
    std::vector<double> carried(bins_);
    double across = 0;
    for (std::size_t bin = 0; bin < bins_; ++bin) {
        across += rise_[row * bins_ + bin];
        carried[bin] = inside_[row * bins_ + bin] + across;
    }
    return carried;
}

void Recorder::widen() {
    for (std::size_t row = 0; row * bins_ < inside_.size(); ++row) {
        const std::vector<double> carried = carried_in(row);
        for (std::size_t bin = 0; bin < bins_; ++bin)
            inside_[row * bins_ + bin] = bin < bins_ / 2 ? carried[2 * bin] + carried[2 * bin + 1] : 0;
    }
    std::fill(rise_.begin(), rise_.end(), 0);
    width_ *= 2;
}

Course Recorder::course(Seconds makespan) const {
    Course course;
    course.bin = {width_};
    // What ends on the edge of a bin, give or take the last bits, needs no bin beyond it.
    constexpr double rounding = 1e-9;
    course.bins = std::clamp<std::size_t>(static_cast<std::size_t>(std::ceil(makespan.si / width_ - rounding)), 1, bins_);
    const auto append = [&](std::size_t first, std::size_t count, std::vector<Bytes>& table) {
        for (std::size_t row = first; row < first + count; ++row) {
            std::vector<double> carried = carried_in(row);
            carried[course.bins - 1] =
                std::accumulate(carried.begin() + static_cast<std::ptrdiff_t>(course.bins) - 1, carried.end(), 0.0);
            for (std::size_t bin = 0; bin < course.bins; ++bin) table.push_back({std::max(carried[bin], 0.0)});
        }
    };
    append(0, links_, course.carried);
    append(links_, ranks_, course.sent);
    append(links_ + ranks_, ranks_, course.received);
    return course;
}

}  // namespace tokenyard
