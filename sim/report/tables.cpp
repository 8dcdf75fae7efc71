// SPDX-License-Identifier: Apache-2.0
#include "report/csv_field.hpp"
#include "report/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace tokenyard {
std::string links_as_csv(const Prediction& prediction) {
    std::string csv =
        "phase,link,kind,capacity_GBps,carried_bytes,utilisation,saturated_us,first_saturated_us,last_saturated_us\n";
    for (const Phase& phase : prediction.phases)
        for (const LinkUse& link : phase.links)
            fmt::format_to(std::back_inserter(csv), "{},{},{},{},{:.0f},{:.6f},{:.4f},{:.4f},{:.4f}\n", phase.name,
                           as_csv_field(link.name), link.kind, in_gigabytes_per_second(link.capacity), in_bytes(link.carried),
                           link.utilisation, in_microseconds(link.saturated), in_microseconds(link.first_saturated),
                           in_microseconds(link.last_saturated));
    return csv;
}

namespace {

/// Of the phases alone, each of which begins at 0.
std::string ranks_of_phases_as_csv(const std::vector<Phase>& phases) {
    std::string csv = "rank";
    for (const Phase& phase : phases) csv += fmt::format(",{0}_begin_us,{0}_end_us,{0}_from", phase.name);
    csv += '\n';
    for (std::size_t rank = 0; rank < phases.front().ranks.size(); ++rank) {
        csv += fmt::format("{}", rank);
        for (const Phase& phase : phases)
            fmt::format_to(std::back_inserter(csv), ",{:.4f},{:.4f},{}", in_microseconds(phase.ranks[rank].begin),
                           in_microseconds(phase.ranks[rank].end), phase.ranks[rank].from);
        csv += '\n';
    }
    return csv;
}

}  // namespace

std::string ranks_as_csv(const Prediction& prediction) {
    if (!prediction.layer) return ranks_of_phases_as_csv(prediction.phases);
    std::string csv =
        "rank,copies_received,hottest_expert,hottest_copies,computing_us,experts_us,dispatch_us,dispatch_from,combine_us,"
        "combine_from,end_us\n";
    for (std::size_t rank = 0; rank < prediction.layer->ranks.size(); ++rank) {
        const LayerRank& one = prediction.layer->ranks[rank];
        fmt::format_to(std::back_inserter(csv), "{},{:.0f},{},{},{:.4f},{:.4f},{:.4f},{},{:.4f},{},{:.4f}\n", rank,
                       one.copies_received, one.hottest_expert, one.hottest_copies, in_microseconds(one.computing),
                       in_microseconds(one.experts), in_microseconds(one.dispatch), one.dispatch_from,
                       in_microseconds(one.combine), one.combine_from, in_microseconds(one.end));
    }
    return csv;
}

std::string as_matrix(const VolumeMatrix& volumes) {
    std::string text;
    for (int row = 0; row < volumes.rows(); ++row) {
        for (int column = 0; column < volumes.columns(); ++column)
            fmt::format_to(std::back_inserter(text), "{}{:.0f}", column > 0 ? " " : "", in_bytes(volumes.at(row, column)));
        text += '\n';
    }
    return text;
}

std::string as_trace(const Routing& routing) {
    std::string text = "rank,experts,weights\n";
    for (int rank = 0; rank < routing.rank_count(); ++rank)
        for (std::uint32_t token = routing.first_token[static_cast<std::size_t>(rank)];
             token < routing.first_token[static_cast<std::size_t>(rank) + 1]; ++token)
            fmt::format_to(std::back_inserter(text), "{},{},{}\n", rank, fmt::join(routing.experts_of(token), " "),
                           fmt::join(routing.weights_of(token), " "));
    return text;
}

std::string as_lines(const std::vector<std::uint32_t>& popularity) { return fmt::format("{}\n", fmt::join(popularity, "\n")); }

std::string schedule_as_text(const NcclScheduleSummary& summary, Bytes volume) {
    std::string text = fmt::format(
        "#\n# NCCL's schedule of rank {}, {:.0f} B to each of {} ranks on {} nodes\n"
        "# {} channels, {} a peer at most, {} a message; groups of {}, {} rounds; {} CTAs used, {} batches and {} works in {} "
        "kernels\n",
        summary.rank, in_bytes(volume), summary.ranks, summary.nodes, summary.channels, summary.channels_per_peer,
        summary.most_channels_of_message, summary.group_size, summary.rounds, summary.channels_used, summary.batches,
        summary.works, summary.kernels);
    fmt::format_to(std::back_inserter(text), "# {:>7} {:>8} {:>6} {:>8} {:>9} {:>14}\n# {:>7} {:>8} {:>6} {:>8} {:>9} {:>14}\n",
                   "channel", "batches", "works", "at once", "peers", "sent", "", "", "", "", "", "(B)");
    for (const NcclChannelSummary& channel : summary.by_channel)
        fmt::format_to(std::back_inserter(text), "# {:>7} {:>8} {:>6} {:>8} {:>9} {:>14.0f}\n", channel.channel, channel.batches,
                       channel.works, channel.most_works, channel.destinations, in_bytes(channel.sent));
    return text;
}

std::string links_as_text(const Fabric& fabric) {
    std::size_t widest = 4;
    for (const Link& link : fabric.links) widest = std::max(widest, link.name.size());
    std::string text =
        fmt::format("#\n# {} links, payload capacity each\n# {:<{}}  {:<7}{:>12}{:>10}\n# {:<{}}  {:<7}{:>12}{:>10}\n",
                    fabric.links.size(), "link", widest, "kind", "capacity", "latency", "", widest, "", "(GB/s)", "(us)");
    for (const Link& link : fabric.links)
        text += fmt::format("# {:<{}}  {:<7}{:>12.3f}{:>10.3f}\n", link.name, widest, name_of(link.kind),
                            in_gigabytes_per_second(link.capacity), in_microseconds(link.latency));
    return text;
}

}  // namespace tokenyard
