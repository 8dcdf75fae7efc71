// SPDX-License-Identifier: Apache-2.0
// A prediction as a trace that Perfetto and Chrome open: https://ui.perfetto.dev. The format is "Trace Event Format" (Google):
// complete events (X) on a rank's tracks, counters (C) of links, times in microseconds; combine is drawn after dispatch.
#include "report/report.hpp"

#include "report/version.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace tokenyard {
namespace {

using Json = nlohmann::ordered_json;

/// Perfetto calls them processes and shows them in this order.
enum Group { phases = 1, ranks, rates, nics, links };

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

/// Times are whole nanoseconds, so that bars that touch do not overlap by the last bits.
using Nanoseconds = std::int64_t;
Nanoseconds nanoseconds(Seconds time) { return std::llround(in_microseconds(time) * 1e3); }
double microseconds_of(Nanoseconds time) { return static_cast<double>(time) / 1e3; }

std::string ranks_named(int first, int last) {
    return first == last ? fmt::format("rank {}", first) : fmt::format("ranks {} to {}", first, last);
}

std::string name_of(const Slice& slice) {
    if (slice.kind != "transfer") return slice.kind;
    return "to " + ranks_named(slice.destination, slice.destination_last);
}

/// Bars of one source, on as few tracks as let each bar lie inside another one or beside it.
class Tracks {
public:
    int track_for(Nanoseconds begin, Nanoseconds end) {
        for (std::size_t track = 0; track < open_.size(); ++track) {
            std::vector<Nanoseconds>& ends = open_[track];
            while (!ends.empty() && ends.back() <= begin) ends.pop_back();
            if (!ends.empty() && ends.back() < end) continue;
            ends.push_back(end);
            return static_cast<int>(track);
        }
        open_.push_back({end});
        return static_cast<int>(open_.size()) - 1;
    }

private:
    std::vector<std::vector<Nanoseconds>> open_;  // ends of the bars around the next one, by track
};

class Trace {
public:
    void add_phase(const Phase& phase) {
        add({{"name", phase.name},
             {"ph", "X"},
             {"pid", static_cast<int>(phases)},
             {"tid", 0},
             {"ts", microseconds_of(begin_)},
             {"dur", microseconds_of(nanoseconds(phase.completion))},
             {"args",
              {{"lower_bound_us", in_microseconds(phase.lower_bound)},
               {"held_most_by", phase.bottlenecks.empty() ? "" : phase.bottlenecks.front().resource}}}},
            begin_);
        add_slices(phase);
        const Picture& picture = *phase.picture;
        for (const auto* rows : {&picture.sent, &picture.received})
            for (const PictureRow& row : *rows) add_rate(row, phase);
        for (const PictureRow& row : picture.links) add_utilisation(row, phase);
        begin_ += nanoseconds(phase.completion);
    }

    /// Names first, then all that happens in the order of time.
    std::string text(const Json& other) {
        std::stable_sort(events_.begin(), events_.end(), [](const Event& a, const Event& b) { return a.begin < b.begin; });
        std::string text = "{\"displayTimeUnit\": \"ns\",\n\"otherData\": " + text_of(other) + ",\n\"traceEvents\": [\n";
        std::string separator;
        for (const auto& [group, name] : std::map<int, std::string>{{phases, "phases"},
                                                                    {ranks, "ranks: what they send, copy and wait for"},
                                                                    {rates, "ranks: rates (GB/s)"},
                                                                    {nics, "NICs: utilisation (%)"},
                                                                    {links, "links: utilisation (%)"}}) {
            text += std::exchange(separator, ",\n");
            text += text_of({{"name", "process_name"}, {"ph", "M"}, {"pid", group}, {"args", {{"name", name}}}}) + ",\n";
            text += text_of({{"name", "process_sort_index"}, {"ph", "M"}, {"pid", group}, {"args", {{"sort_index", group}}}});
        }
        for (const auto& [tid, name] : track_names_)
            text += ",\n" + text_of({{"name", "thread_name"},
                                     {"ph", "M"},
                                     {"pid", static_cast<int>(ranks)},
                                     {"tid", tid},
                                     {"args", {{"name", name}}}});
        for (const Event& event : events_) text += ",\n" + event.text;
        return text + "\n]}\n";
    }

private:
    struct Event {
        Nanoseconds begin = 0;
        std::string text;
    };

    void add(const Json& event, Nanoseconds begin) { events_.push_back({begin, text_of(event)}); }

    void add_slices(const Phase& phase) {
        std::map<int, Tracks> tracks;
        for (const Slice& slice : phase.picture->slices) {
            const Nanoseconds begin = begin_ + nanoseconds(slice.begin), end = begin_ + nanoseconds(slice.end);
            constexpr int most_tracks = 1 << 14;  // of a rank: it may have a bar for every other one
            const int track = tracks[slice.source].track_for(begin, end), tid = slice.source * most_tracks + track;
            track_names_.try_emplace(tid, ranks_named(slice.source, slice.source_last));
            Json args{{"bytes", static_cast<std::uint64_t>(in_bytes(slice.volume))}};
            if (slice.steps > 1) args["steps"] = slice.steps;
            if (!slice.held_by.empty()) args["held_most_by"] = slice.held_by;
            add({{"name", name_of(slice)},
                 {"cat", phase.name + "," + slice.kind},
                 {"ph", "X"},
                 {"pid", static_cast<int>(ranks)},
                 {"tid", tid},
                 {"ts", microseconds_of(begin)},
                 {"dur", microseconds_of(end - begin)},
                 {"args", args}},
                begin);
        }
    }

    void add_rate(const PictureRow& row, const Phase& phase) {
        add_counter(rates, row.name + " " + row.kind, "GB/s", row, phase, 1e-9);
    }
    void add_utilisation(const PictureRow& row, const Phase& phase) {
        const std::string name = fmt::format("{}, of {:.6g} GB/s", row.name, in_gigabytes_per_second(row.capacity));
        add_counter(row.kind.starts_with("nic") ? nics : links, name, "%", row, phase, 100 / row.capacity.si);
    }

    /// A value stands until the next one, so one that stays the same is written once.
    void add_counter(Group group, const std::string& name, const char* unit, const PictureRow& row, const Phase& phase,
                     double scale) {
        double last = -1;
        const auto note = [&](Seconds time, double value) {
            if (value == last) return;
            last = value;
            const Nanoseconds begin = begin_ + nanoseconds(time);
            add({{"name", name},
                 {"ph", "C"},
                 {"pid", static_cast<int>(group)},
                 {"ts", microseconds_of(begin)},
                 {"args", {{unit, value}}}},
                begin);
        };
        for (std::size_t bin = 0; bin < row.bytes.size(); ++bin) {
            const Seconds begin = phase.picture->bin * static_cast<double>(bin),
                          end = std::min(phase.completion, begin + phase.picture->bin);
            if (end <= begin) continue;
            constexpr double steps = 1e3;  // of a unit
            note(begin, std::round(static_cast<double>(row.bytes[bin]) / (end - begin).si * scale * steps) / steps);
        }
        note(phase.completion, 0);
    }

    std::vector<Event> events_;
    std::map<int, std::string> track_names_;
    Nanoseconds begin_ = 0;  // of the phase
};

std::string name_of(Merged merged) {
    switch (merged) {
        case Merged::nothing: return "";
        case Merged::by_node: return "the transfers of a rank to one node are one bar";
        case Merged::by_rank: return "the transfers of a rank are one bar";
        case Merged::by_both_nodes: return "the transfers from a node to a node are one bar";
    }
    return "";
}

void add_to(std::string& list, const std::string& text) {
    if (!text.empty()) list += (list.empty() ? "" : "; ") + text;
}

}  // namespace

std::string merged_in_trace(const Prediction& prediction) {
    std::string merged;
    for (const Phase& phase : prediction.phases) {
        const Picture& picture = *phase.picture;
        std::string of_phase = name_of(picture.merged);
        std::size_t others = 0;
        for (const PictureRow& row : picture.links) others += row.merged > 1 ? row.merged : 0;
        if (others > 0) add_to(of_phase, fmt::format("{} links are counted together by kind and direction", others));
        if (const PictureRow& row = picture.sent.front(); row.merged > 1)
            add_to(of_phase, fmt::format("the rates of {} ranks are one", row.merged));
        if (!of_phase.empty()) add_to(merged, phase.name + ": " + of_phase);
    }
    return merged;
}

std::string as_event_trace(const Prediction& prediction) {
    Trace trace;
    Json carried = Json::array();
    for (const Phase& phase : prediction.phases) {
        trace.add_phase(phase);
        for (const PictureRow& row : phase.picture->links) {
            std::uint64_t sum = 0;
            for (const std::uint64_t bytes : row.bytes) sum += bytes;
            carried.push_back({{"phase", phase.name},
                               {"links", row.name},
                               {"count", row.merged},
                               {"capacity_GBps", in_gigabytes_per_second(row.capacity)},
                               {"carried_bytes", sum}});
        }
    }
    const std::string merged = merged_in_trace(prediction);
    return trace.text({{"tool", "tokenyard " + std::string(version)},
                       {"cluster", prediction.cluster_name},
                       {"workload", prediction.workload_name},
                       {"algorithm", prediction.algorithm},
                       {"engine", prediction.engine + " " + prediction.engine_version},
                       {"merged", merged.empty() ? "nothing" : merged},
                       {"carried", carried}});
}

}  // namespace tokenyard
