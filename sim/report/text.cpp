// SPDX-License-Identifier: Apache-2.0
#include "report/report.hpp"

#include "report/explanation.hpp"
#include "report/input_lines.hpp"
#include "report/memory.hpp"
#include "report/standing.hpp"
#include "report/verdict.hpp"
#include "report/version.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace tokenyard {
namespace {

/// "1 node", "2 nodes".
std::string plural(int count, std::string_view noun) { return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s"); }

constexpr double negligible = 0.0005;  // a share that would print as 0.0 %

/// "NICs (node1/nic6/in)": the kind that held it most, and the one of them that did.
struct TopHolder {
    std::string text = "-";
    double share = 0, utilisation = 0;
};

TopHolder top_holder(const Phase& phase) {
    const std::vector<HolderShare> holders = holders_of(phase.bottleneck_kinds);
    if (holders.empty()) return {};
    const auto is_its = [&](const Bottleneck& each) { return name_of_holder(each.kind) == holders.front().name; };
    const auto top = std::ranges::find_if(phase.bottlenecks, is_its);
    if (top == phase.bottlenecks.end()) return {holders.front().name, holders.front().share, 0};
    const bool is_delay = top->resource == top->kind;
    return {is_delay ? holders.front().name : fmt::format("{} ({})", holders.front().name, top->resource), holders.front().share,
            top->utilisation};
}

std::string phase_row(const Phase& phase) {
    const TopHolder top = top_holder(phase);
    return fmt::format("{:<9} {:>12.2f} {:>12.2f} {:>9.2f} {:>9.2f} {:>6.2f} {:>6.2f}   {:<36} {:>6.1f} {:>6.1f}\n", phase.name,
                       in_microseconds(phase.completion), in_microseconds(phase.lower_bound),
                       in_gigabytes_per_second(phase.algbw), in_gigabytes_per_second(phase.busbw), phase.send_skew,
                       phase.receive_skew, top.text, top.share * 100, top.utilisation * 100);
}

std::string phase_table(const Prediction& prediction) {
    const auto heading = [](const auto&... names) {
        return fmt::format("#{:<8} {:>12} {:>12} {:>9} {:>9} {:>6} {:>6}   {:<36} {:>6} {:>6}\n", names...);
    };
    std::string text =
        heading("phase", "completion", "lower_bound", "algbw", "busbw", "send", "recv", "held most by", "share", "util");
    text += heading("", "(us)", "(us)", "(GB/s)", "(GB/s)", "skew", "skew", "(and its worst)", "(%)", "(%)");
    for (const Phase& phase : prediction.phases) text += phase_row(phase);
    return text + fmt::format("{:<9} {:>12.2f}\n", "both", in_microseconds(prediction.layer_completion));
}

std::string megabytes(Bytes volume) { return fmt::format("{:.3f} MB", in_bytes(volume) / 1e6); }

/// "54.2 % nic in (node1/nic6/in), 0.1 % latency".
std::string shares(const std::vector<BottleneckKind>& kinds) {
    std::string held;
    for (const BottleneckKind& kind : kinds) {
        if (kind.share < negligible) continue;
        const std::string where =
            kind.top == kind.kind  // a delay, which is at no place
                ? ""
                : fmt::format(" ({}{})", kind.top, kind.resources > 1 ? fmt::format(" and {} more", kind.resources - 1) : "");
        held += fmt::format("{}{:.1f} % {}{}", held.empty() ? "" : ", ", kind.share * 100, kind.kind, where);
    }
    return held;
}

std::string phase_details(const Phase& phase) {
    std::string text =
        fmt::format("# {}: {} transfers; volume local {}, scale-up {}, scale-out {}{}\n", phase.name, phase.transfers,
                    megabytes(phase.volume.local), megabytes(phase.volume.scale_up), megabytes(phase.volume.scale_out),
                    phase.volume.relayed.si > 0 ? fmt::format(", of which relayed {}", megabytes(phase.volume.relayed)) : "");
    std::string bounds;
    const std::string held = shares(phase.bottleneck_kinds);
    for (const Bound& bound : phase.bounds)
        bounds += fmt::format("{}{} {:.2f} us ({})", bounds.empty() ? "" : ", ", bound.kind, in_microseconds(bound.time),
                              bound.resource);
    if (!held.empty()) text += fmt::format("#   the last transfers were held by: {}\n", held);
    if (const EcmpUse& ecmp = phase.ecmp; ecmp.flows > 0)
        text += fmt::format(
            "#   static ECMP: {} flows hashed onto {} links, {} of them collide; {} carries {}, evenly it would be {}\n",
            ecmp.flows, ecmp.links, ecmp.colliding, ecmp.fullest_link, ecmp.fullest, ecmp.fullest_even);
    if (!bounds.empty()) text += fmt::format("#   bounds: {}\n", bounds);
    return text;
}

std::string whom(int rank) { return rank < 0 ? "-" : fmt::format("{}", rank); }

/// The layer, what it consists of, and the ranks that end last.
std::string layer_lines(const Layer& layer, int moe_layers) {
    std::string text = fmt::format(
        "{:<9} {:>12.2f}\n# layer, overlap {}: a rank computes {:.2f} us and communicates {:.2f} us (means); of that exposed "
        "{:.2f} us, hidden {:.2f} us; {:.2f} us it waits for slower ranks at the end\n",
        "layer", in_microseconds(layer.completion), layer.overlap, in_microseconds(layer.computing),
        in_microseconds(layer.communicating), in_microseconds(layer.exposed), in_microseconds(layer.hidden),
        in_microseconds(layer.waiting));
    text += "#   computation:";
    for (const auto& [name, time] : layer.parts) text += fmt::format(" {} {:.2f} us", name, in_microseconds(time));
    text += "\n";
    if (const std::string held = shares(layer.bottleneck_kinds); !held.empty()) text += "#   held by: " + held + "\n";
    text += fmt::format(
        "# {}{}: {:.3f} ms, {:.0f} tokens/s of all ranks (MoE layers only: no attention, no dense layers)\n",
        plural(moe_layers, "MoE layer"),
        layer.between_layers.si > 0 ? fmt::format(" with {:.2f} us between them", in_microseconds(layer.between_layers)) : "",
        in_microseconds(layer.all_layers) / 1e3, layer.tokens_per_second);
    std::vector<std::size_t> ranks(layer.ranks.size());
    std::iota(ranks.begin(), ranks.end(), std::size_t{0});
    std::stable_sort(ranks.begin(), ranks.end(),
                     [&](std::size_t a, std::size_t b) { return layer.ranks[a].end > layer.ranks[b].end; });
    constexpr std::size_t shown = 8;
    ranks.resize(std::min(ranks.size(), shown));
    text += fmt::format("#{:<8} {:>10} {:>14} {:>10} {:>10} {:>10} {:>5} {:>10} {:>5} {:>10}\n", "rank", "copies",
                        "hottest expert", "computing", "experts", "dispatch", "from", "combine", "from", "end");
    text += fmt::format("#{:<8} {:>10} {:>14} {:>10} {:>10} {:>10} {:>5} {:>10} {:>5} {:>10}\n", "", "received", "(copies)",
                        "(us)", "(us)", "(us)", "", "(us)", "", "(us)");
    for (const std::size_t rank : ranks) {
        const LayerRank& one = layer.ranks[rank];
        text += fmt::format(
            "# {:<7} {:>10.0f} {:>14} {:>10.2f} {:>10.2f} {:>10.2f} {:>5} {:>10.2f} {:>5} {:>10.2f}\n", rank, one.copies_received,
            one.hottest_expert < 0 ? "-" : fmt::format("{} ({})", one.hottest_expert, one.hottest_copies),
            in_microseconds(one.computing), in_microseconds(one.experts), in_microseconds(one.dispatch), whom(one.dispatch_from),
            in_microseconds(one.combine), whom(one.combine_from), in_microseconds(one.end));
    }
    if (layer.ranks.size() > shown)
        text += fmt::format("# (the {} that end last; 'from' sent what arrived last; --ranks FILE writes all)\n", shown);
    return text;
}

/// Nothing where the cluster says neither what it costs nor what it draws.
std::string hardware_line(const Hardware& hardware) {
    if (!hardware.price && !hardware.power) return "";
    return fmt::format("# hardware {} GPUs, {} NICs, {} switches{}{}\n", hardware.gpus, hardware.nics, hardware.switches,
                       hardware.price ? fmt::format("; {:.12g} {}", hardware.price->amount, hardware.price->currency) : "",
                       hardware.power ? fmt::format("; {:.12g} kW", in_kilowatts(*hardware.power)) : "");
}

/// What was asked, without the algorithm.
std::string question(const Prediction& prediction, const InputRecord& inputs) {
    std::string text = fmt::format("# fabric {}\n# routing {}\n", prediction.fabric, one_line(prediction.traffic));
    if (prediction.spread.tokens > 0)
        text += fmt::format("# a token makes {:.3f} copies for {:.3f} ranks on {:.3f} nodes, its own included\n",
                            prediction.spread.copies, prediction.spread.ranks, prediction.spread.nodes);
    return text + fmt::format("# costs  {}\n", one_line(in_words(prediction.costs))) + input_lines(inputs);
}

std::string warning_line(const std::vector<std::string>& warnings) {
    return warnings.empty() ? "" : fmt::format("# WARNING: {}\n", one_line(fmt::format("{}", fmt::join(warnings, "; "))));
}

std::string misfit_line(const MemoryUse& memory) {
    const std::string why = misfit(memory);
    return why.empty() ? "" : fmt::format("# !!! {}\n", why);
}

std::string headline(const Prediction& prediction, std::string_view algorithm, const std::string& reason) {
    return fmt::format("# tokenyard {}  cluster {} ({} on {})  workload {}  algorithm {}{}\n", version, prediction.cluster_name,
                       plural(prediction.ranks, "rank"), plural(prediction.nodes, "node"), one_line(prediction.workload_name),
                       algorithm, reason.empty() ? "" : ", " + reason);
}

std::string engine_lines(const Prediction& prediction) {
    return fmt::format("# engine {} {} ({})\n#   {}\n", prediction.engine, prediction.engine_version, prediction.engine_reason,
                       prediction.engine_settings);
}

/// What the algorithm sends of a token. Nothing where S(i,k) was given in bytes.
std::string sent_line(const Prediction& prediction) {
    if (prediction.phases.front().token_size.si == 0) return "";
    std::string text = fmt::format("# {} sends a token once to each of its {}s:", prediction.algorithm, prediction.sent_once_to);
    for (const Phase& phase : prediction.phases)
        text += fmt::format("{} {} {:.0f} B", &phase == &prediction.phases.front() ? "" : ",", phase.name,
                            in_bytes(phase.token_size));
    return text + "\n";
}

/// What algorithms are ranked by.
Seconds ranked_time(const Prediction& prediction) {
    return prediction.layer ? prediction.layer->completion : prediction.layer_completion;
}

/// "7472/14400": a token in dispatch and in combine.
std::string token_sizes(const Prediction& prediction) {
    const Phase &dispatch = prediction.phases.front(), &combine = prediction.phases.back();
    return dispatch.token_size.si == 0
               ? "-"
               : fmt::format("{:.0f}/{:.0f}", in_bytes(dispatch.token_size), in_bytes(combine.token_size));
}

std::string comparison_row(const Prediction& prediction, Seconds best) {
    const Phase &dispatch = prediction.phases.front(), &combine = prediction.phases.back();
    const std::string layer = prediction.layer ? fmt::format("{:>12.2f} ", in_microseconds(prediction.layer->completion)) : "";
    return fmt::format("{:<13} {:>12.2f} {:>12.2f} {:>12.2f} {}{:>7.2f} {:>12} {:>12.3f} {:>12.3f} {:>12.3f}   {:<9}   {}\n",
                       prediction.algorithm, in_microseconds(dispatch.completion), in_microseconds(combine.completion),
                       in_microseconds(prediction.layer_completion), layer, best.si > 0 ? ranked_time(prediction) / best : 1.0,
                       token_sizes(prediction), in_bytes(dispatch.volume.scale_out + combine.volume.scale_out) / 1e6,
                       in_bytes(dispatch.volume.scale_up + combine.volume.scale_up) / 1e6,
                       in_bytes(dispatch.volume.relayed + combine.volume.relayed) / 1e6,
                       dispatch.standing ? name_of(dispatch.standing->level) : "-", top_holder(dispatch).text);
}

}  // namespace

std::string as_text(const Prediction& prediction, const InputRecord& inputs, Detail detail) {
    const bool is_full = detail == Detail::full;
    const Verdict verdict = verdict_of(prediction);
    std::string text = headline(prediction, prediction.algorithm, prediction.algorithm_reason);
    if (is_full)
        text += question(prediction, inputs) + sent_line(prediction) + memory_lines(prediction.memory) + engine_lines(prediction);
    else text += misfit_line(prediction.memory);
    text += hardware_line(prediction.hardware) + warning_line(prediction.warnings) + fmt::format("# {}\n", verdict.headline);
    text += phase_table(prediction) + as_text(standings_of(prediction.phases));
    if (prediction.layer) text += layer_lines(*prediction.layer, prediction.moe_layers);
    else if (prediction.moe_layers > 0)
        text +=
            fmt::format("# {} one after another: {:.3f} ms of dispatch and combine\n", plural(prediction.moe_layers, "MoE layer"),
                        in_microseconds(prediction.layer_completion) * prediction.moe_layers / 1e3);
    if (!verdict.lever.empty()) text += fmt::format("# {}\n", verdict.lever);
    if (is_full)
        for (const Phase& phase : prediction.phases) text += phase_details(phase);
    for (const Phase& phase : prediction.phases)
        if (phase.why) text += why_as_text(phase);
    if (prediction.sensitivity) text += sensitivity_as_text(*prediction.sensitivity);
    if (!is_full) text += "# -v: inputs, costs, routing, memory, engine, volumes and bounds\n";
    return text;
}

std::string as_text(const Comparison& comparison, const InputRecord& inputs, Detail detail) {
    const Prediction& best = comparison.predictions.front();
    std::string text = headline(best, "all", "");
    if (detail == Detail::full) text += question(best, inputs) + memory_lines(comparison.predictions);
    else text += misfit_line(best.memory);
    text += hardware_line(best.hardware) + warning_line(best.warnings) +
            fmt::format("# Shortest: {}. {}\n", best.algorithm, verdict_of(best).headline);
    if (best.layer) text += fmt::format("# layer, overlap {}; ranked by it\n", best.layer->overlap);
    const auto heading = [&](const auto&... names) {
        return fmt::format("#{:<12} {:>12} {:>12} {:>12} {}{:>7} {:>12} {:>12} {:>12} {:>12}   {:<9}   {}\n", names...);
    };
    text += heading("algorithm", "dispatch", "combine", "both", best.layer ? "       layer " : "", "times", "a token",
                    "scale-out", "scale-up", "relayed", "known", "dispatch held");
    text += heading("", "(us)", "(us)", "(us)", best.layer ? "        (us) " : "", "best", "(B)", "(MB)", "(MB)", "(MB)", "",
                    "most by");
    for (const Prediction& prediction : comparison.predictions) text += comparison_row(prediction, ranked_time(best));
    for (const Comparison::Refused& refused : comparison.refused)
        text += fmt::format("# {}: {}\n", refused.algorithm, refused.reason);
    return text;
}

}  // namespace tokenyard
