// SPDX-License-Identifier: Apache-2.0
#include "report/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace tokenyard {
namespace {

/// A kind of resource or delay (model/prediction.hpp), what people call it, and what makes it less of a limit.
struct Word {
    std::string_view kind, name, remedy;
};
constexpr Word holder_words[] = {
    {"nic", "NICs", "faster or more NICs, or fewer bytes across them"},
    {"nvlink", "NVLink", "a faster scale-up network, or fewer bytes across it"},
    {"pcie", "PCIe", "a faster PCIe link, or fewer bytes across it"},
    {"leaf", "uplinks of leaves", "more uplinks of the leaves (less oversubscription), or traffic that stays below them"},
    {"pod", "uplinks of pods", "more uplinks of the pods (less oversubscription), or traffic that stays below them"},
    {"trunk", "links between switches", "more bandwidth between these switches"},
    {"memory", "memory", "faster GPU memory, or fewer copies in it"},
    {"sm", "copying threads", "more threads that copy"},
    {"proxy", "proxies", "more proxy threads"},
    {"latency", "latency", "lower latency, or fewer messages behind each other"},
    {"launch", "launches", "fewer or quicker launches"},
    {"message", "messages", "fewer, larger messages"},
    {"handshake", "handshakes", "fewer handshakes"},
    {"compute", "computation", "quicker computation"},
    {"late rank", "late ranks", "ranks that begin together"},
    {"copy rate", "copying threads", "more or quicker threads that copy"},
};

std::string_view without_direction(std::string_view kind) {
    for (const std::string_view direction : {" in", " out", " up", " down"})
        if (kind.ends_with(direction)) return kind.substr(0, kind.size() - direction.size());
    return kind;
}

const Word* word_for(std::string_view kind) {
    const auto found = std::ranges::find(holder_words, without_direction(kind), &Word::kind);
    return found == std::end(holder_words) ? nullptr : &*found;
}

std::string held_by(const Phase& phase) {
    const std::vector<HolderShare> holders = holders_of(phase.bottleneck_kinds);
    const auto said = [](const HolderShare& holder) { return fmt::format("{} ({:.1f} %)", holder.name, holder.share * 100); };
    constexpr double decides = 0.5;
    if (holders.size() == 1 || holders[0].share >= decides) return "held by " + said(holders[0]);
    return fmt::format("held by {} and {}", said(holders[0]), said(holders[1]));
}

/// Of these steps in any order; another algorithm may well beat it.
std::string nearness(const Phase& phase, const std::string& algorithm) {
    constexpr double nothing = 0.0005;
    const double gap = phase.lower_bound.si > 0 ? phase.completion / phase.lower_bound - 1 : 0;
    if (gap < nothing) return "as fast as " + algorithm + " can be here";
    return fmt::format("within {:.1f} % of what {} can do here", gap * 100, algorithm);
}

std::string lever_of(const Prediction& prediction, const Phase& longest) {
    constexpr double nothing = 5e-5;
    if (prediction.sensitivity && !prediction.sensitivity->what_ifs.empty()) {
        // They are ranked by the layer where there is one, which this sentence is not about.
        const WhatIf& best = *std::ranges::min_element(prediction.sensitivity->what_ifs, {},
                                                       [](const WhatIf& each) { return (each.dispatch + each.combine).si; });
        const Seconds now = prediction.sensitivity->dispatch + prediction.sensitivity->combine,
                      then = best.dispatch + best.combine;
        const double saved = now.si > 0 ? 1 - then / now : 0;
        if (saved < nothing) return "Nothing that was tried would help.";
        return fmt::format(
            "What would help most of all that was tried: {}, {:.1f} % less ({:.2f} us).",
            best.times_faster == 1 ? best.what : fmt::format("{} {:g} times as fast", best.what, best.times_faster), saved * 100,
            in_microseconds(now - then));
    }
    const Word* word = word_for(longest.bottlenecks.front().kind);
    return fmt::format("What would help: {}.", word ? word->remedy : "less of that");
}

}  // namespace

std::string name_of_holder(std::string_view kind) {
    const Word* word = word_for(kind);
    return std::string(word ? word->name : kind);
}

std::vector<HolderShare> holders_of(const std::vector<BottleneckKind>& kinds) {
    std::vector<HolderShare> holders;
    for (const BottleneckKind& each : kinds) {
        const std::string name = name_of_holder(each.kind);
        const auto found = std::ranges::find(holders, name, &HolderShare::name);
        if (found != holders.end()) found->share += each.share;
        else holders.push_back({name, each.share});
    }
    std::ranges::stable_sort(holders, std::ranges::greater(), &HolderShare::share);
    return holders;
}

Verdict verdict_of(const Prediction& prediction) {
    const Phase &dispatch = prediction.phases.front(), &combine = prediction.phases.back();
    const Phase& longest = combine.completion > dispatch.completion ? combine : dispatch;
    const std::string both = fmt::format("Dispatch takes {:.2f} us and combine {:.2f} us", in_microseconds(dispatch.completion),
                                         in_microseconds(combine.completion));
    if (longest.bottlenecks.empty()) return {both + ": nothing is exchanged.", ""};
    return {fmt::format("{}: {} is {}, {}.", both, longest.name, held_by(longest), nearness(longest, prediction.algorithm)),
            lever_of(prediction, longest)};
}

}  // namespace tokenyard
