// SPDX-License-Identifier: Apache-2.0
#include "analysis/draw.hpp"

#include "analysis/bottlenecks.hpp"
#include "analysis/slices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <span>

namespace tokenyard {
namespace {

/// Whole bytes whose sums up to every bin are those of `carried`, rounded.
std::vector<std::uint64_t> whole_bytes(const std::vector<double>& carried) {
    std::vector<std::uint64_t> whole;
    double sum = 0;
    std::uint64_t written = 0;
    for (const double bytes : carried) {
        sum += bytes;
        const auto so_far = static_cast<std::uint64_t>(std::llround(sum));
        whole.push_back(so_far - written);
        written = so_far;
    }
    return whole;
}

/// A row that grows by one link or rank after the other.
class Sum {
public:
    explicit Sum(std::size_t bins) : carried_(bins) {}

    void add(std::span<const Bytes> row, Bandwidth capacity) {
        for (std::size_t bin = 0; bin < row.size(); ++bin) carried_[bin] += row[bin].si;
        capacity_ = {capacity_.si + capacity.si};
        ++merged_;
    }
    std::size_t merged() const { return merged_; }
    PictureRow row(std::string name, std::string kind) const {
        return {std::move(name), std::move(kind), merged_, capacity_, whole_bytes(carried_)};
    }

private:
    std::vector<double> carried_;
    Bandwidth capacity_;
    std::size_t merged_ = 0;
};

std::vector<PictureRow> link_rows(const Fabric& fabric, const Schedule& schedule, const Timeline& timeline, std::size_t most) {
    const Course& course = *timeline.course;
    std::vector<LinkId> used;
    for (LinkId id = 0; id < timeline.activity.size(); ++id)
        if (timeline.activity[id].carried.si > 0) used.push_back(id);
    const auto fullness = [&](LinkId id) { return timeline.activity[id].carried / link_of(fabric, schedule, id).capacity; };
    std::vector<LinkId> fullest = used;
    std::stable_sort(fullest.begin(), fullest.end(), [&](LinkId a, LinkId b) { return fullness(a) > fullness(b); });
    std::vector<bool> has_row(timeline.activity.size());
    for (std::size_t i = 0; i < std::min(most, fullest.size()); ++i) has_row[fullest[i]] = true;

    std::vector<PictureRow> rows;
    std::map<std::string, Sum> others;
    for (const LinkId id : used) {
        const Link& link = link_of(fabric, schedule, id);
        const std::string kind = kind_and_direction(link.name, std::string(name_of(link.kind)));
        Sum alone(course.bins);
        Sum& sum = has_row[id] ? alone : others.try_emplace(kind, course.bins).first->second;
        sum.add(course.row(course.carried, id), link.capacity);
        if (has_row[id]) rows.push_back(alone.row(link.name, kind));
    }
    for (const auto& [kind, sum] : others) rows.push_back(sum.row(fmt::format("{} others: {}", sum.merged(), kind), kind));
    return rows;
}

std::vector<PictureRow> rank_rows(const Course& course, const std::vector<Bytes>& table, const std::string& kind,
                                  std::size_t ranks, std::size_t most) {
    std::vector<PictureRow> rows;
    const std::size_t each = (ranks + most - 1) / most;
    for (std::size_t first = 0; first < ranks; first += each) {
        const std::size_t last = std::min(first + each, ranks) - 1;
        Sum sum(course.bins);
        for (std::size_t rank = first; rank <= last; ++rank) sum.add(course.row(table, rank), {});
        rows.push_back(sum.row(first == last ? fmt::format("rank {}", first) : fmt::format("ranks {} to {}", first, last), kind));
    }
    return rows;
}

std::size_t ranks_used(const Schedule& schedule) {
    int highest = 0;
    for (const Step& step : schedule.steps()) highest = std::max({highest, step.source, step.destination});
    return static_cast<std::size_t>(highest) + 1;
}

}  // namespace

Picture draw(const Fabric& fabric, const Schedule& schedule, const Timeline& timeline, const PictureLimits& limits) {
    const Course& course = *timeline.course;
    Picture picture;
    picture.bin = course.bin;
    picture.bins = course.bins;
    picture.links = link_rows(fabric, schedule, timeline, limits.links);
    const std::size_t ranks = ranks_used(schedule);
    picture.sent = rank_rows(course, course.sent, "sent", ranks, limits.ranks);
    picture.received = rank_rows(course, course.received, "received", ranks, limits.ranks);
    draw_slices(fabric, schedule, timeline, limits.slices, picture);
    return picture;
}

}  // namespace tokenyard
