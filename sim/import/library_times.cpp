// SPDX-License-Identifier: Apache-2.0
#include "import/library_times.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace tokenyard {
namespace {

constexpr std::array<std::string_view, 3> phases{"dispatch", "combine", "both"};

bool is_repeat(const CallTime& a, const CallTime& b) {
    return a.phase == b.phase && a.tokens == b.tokens && a.dtype == b.dtype && a.scales == b.scales && a.sms == b.sms &&
           a.room == b.room;
}

std::string rows_yaml(const LibraryTimes& times) {
    constexpr std::size_t fitted = 3;
    std::string rows;
    for (std::size_t row = 0; row < times.rows.size(); ++row) {
        const CallTime& one = times.rows[row];
        rows += fmt::format("\n  - {{ranks: {}, ", times.ranks);
        if (!one.dtype.empty()) rows += fmt::format("dtype: {}, ", one.dtype);
        if (one.scales > 0) rows += fmt::format("scales: {}, ", one.scales);
        if (one.sms > 0) rows += fmt::format("sms: {}, ", one.sms);
        if (one.room > 0) rows += fmt::format("room: {}, ", one.room);
        rows += fmt::format("tokens: {}, phase: {}, time: {:.7g} us, ", one.tokens, phases[static_cast<std::size_t>(one.phase)],
                            one.time_us);
        if (one.fastest_us) rows += fmt::format("fastest: {:.7g} us, slowest: {:.7g} us, ", *one.fastest_us, *one.slowest_us);
        rows += fmt::format("use: {}}}", row % fitted == 0 ? "fit" : "judged");
    }
    return rows;
}

std::string columns_yaml(const LibraryTimes& times) {
    const auto any = [&](const auto& test) { return std::ranges::any_of(times.rows, test); };
    std::string columns = "{";
    if (any([](const CallTime& row) { return !row.dtype.empty(); })) columns += "dtype: dispatch.dtype, ";
    if (any([](const CallTime& row) { return row.scales > 0; })) columns += "scales: dispatch.scale_block, ";
    if (any([](const CallTime& row) { return row.sms > 0; })) columns += fmt::format("sms: {}, ", times.sms_key);
    if (any([](const CallTime& row) { return row.room > 0; })) columns += "room: sent_once.capacity, ";
    return columns + "tokens: batch.tokens_per_rank}";
}

}  // namespace

std::vector<CallTime> without_repeats(const std::vector<CallTime>& rows) {
    std::vector<CallTime> merged;
    std::vector<double> sums;
    std::vector<int> counts;
    for (const CallTime& row : rows) {
        const auto same = std::ranges::find_if(merged, [&](const CallTime& one) { return is_repeat(one, row); });
        if (same == merged.end()) {
            merged.push_back(row);
            sums.push_back(row.time_us);
            counts.push_back(1);
            continue;
        }
        const auto at = static_cast<std::size_t>(same - merged.begin());
        same->fastest_us = std::min(same->fastest_us.value_or(same->time_us), row.fastest_us.value_or(row.time_us));
        same->slowest_us = std::max(same->slowest_us.value_or(same->time_us), row.slowest_us.value_or(row.time_us));
        sums[at] += row.time_us;
        same->time_us = sums[at] / ++counts[at];
    }
    return merged;
}

double groups_of_token(int groups, int experts, int picks) {
    double none = 1;  // that one group has no expert of a token
    for (int pick = 0; pick < picks; ++pick)
        none *= std::max(0.0, static_cast<double>(experts) - static_cast<double>(experts) / groups - pick) / (experts - pick);
    return groups * (1 - none);
}

LibraryTimes chosen_times(const std::vector<LibraryTimes>& all, const std::string& asked, std::vector<std::string>& notes) {
    std::vector<std::string> names;
    for (const LibraryTimes& times : all) names.push_back(times.name);
    const auto chosen = asked.empty() ? all.begin() : std::ranges::find(all, asked, &LibraryTimes::name);
    if (chosen == all.end())
        throw InputError(all.front().at, fmt::format("found the tests {}; expected {}", fmt::join(names, ", "), asked));
    if (all.size() > 1) notes.push_back(fmt::format("of the tests {}, {} is taken", fmt::join(names, ", "), chosen->name));
    return *chosen;
}

void draft_library_record(const LibraryTimes& times, const std::string& shown, const std::string& name, Draft& draft) {
    draft.remark(fmt::format("Written by `tokenyard import` from {}: {}.", shown, times.made_by));
    for (const std::string& note : times.notes) draft.remark("Note: " + note + ".");
    draft.say("name", yaml_quoted(name));
    draft.say("description",
              yaml_quoted(times.made_by + (times.ranks > 0 ? fmt::format(" on {} ranks", times.ranks) : std::string())));
    draft.say("sources", fmt::format("\n  - {}", yaml_quoted(fmt::format("{}, of {}", shown, times.made_by))));
    draft.say("hardware", yaml_quoted(times.gpu.empty() ? "not told"
                                      : times.ranks > 0 ? fmt::format("{} x {}", times.ranks, times.gpu)
                                                        : times.gpu));
    draft.say("software", yaml_quoted(times.software.empty() ? "not told" : times.software));
    draft.say("counted", yaml_quoted(times.counted));
    draft.say("compared", "completion of the phase with time");
    if (times.cluster.empty())
        draft.ask("predict.cluster", "cluster that it was measured on", "FILE, a cluster as YAML or the name of a shipped one");
    else draft.say("predict.cluster", times.cluster, times.cluster_told_by + "; a shipped cluster of the same GPUs");
    draft.say("predict.exchange", fmt::format("{{kind: moe, workload: {}}}", times.workload),
              "a shipped workload, which `set` changes");
    if (times.algorithm.empty()) {
        draft.ask("predict.algorithm", "algorithm of " + times.told_by, "low-latency (or two-level, sent-once, as it sends)");
        draft.ask("predict.libraries", "library of " + times.told_by, "[PART], one of those that `tokenyard list` has");
    } else {
        draft.say("predict.algorithm", times.algorithm, times.told_by);
        draft.say("predict.libraries", "[" + times.library + "]", times.told_by);
    }
    if (!times.set.empty()) draft.say("predict.set", fmt::format("[{}]", fmt::join(times.set, ", ")), times.set_told_by);
    draft.say("columns", columns_yaml(times));
    draft.say("along", "tokens");
    if (times.ranks == 0) draft.ask_option("number of ranks", "--ranks N");
    draft.say("rows", rows_yaml(times), "every third may be fitted to, the others judge");
}

}  // namespace tokenyard
