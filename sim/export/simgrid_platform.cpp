// SPDX-License-Identifier: Apache-2.0
#include "export/export.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <vector>

namespace tokenyard {
namespace {

std::string in_attribute(std::string_view name) {
    std::string text;
    for (const char c : name) switch (c) {
            case '&': text += "&amp;"; break;
            case '<': text += "&lt;"; break;
            case '>': text += "&gt;"; break;
            case '"': text += "&quot;"; break;
            default: text += c;
        }
    return text;
}

/// Nanoseconds, to a femtosecond, as the text that names the latency of switches: equal ones share a link.
std::string nanoseconds_text(Seconds time) { return fmt::format("{:.6g}", in_microseconds(time) * 1e3); }

Seconds sum_of_latencies(const Fabric& fabric, const std::vector<LinkId>& links) {
    Seconds sum;
    for (const LinkId link : links) sum += fabric.links[link].latency;
    return sum;
}

constexpr const char* preamble =
    "<?xml version=\"1.0\"?>\n"
    "<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
    "<!-- To share links fairly, whatever the latencies: cfg=network/model:CM02 network/crosstraffic:0 network/TCP-gamma:0\n"
    "     network/weight-S:0 network/bandwidth-factor:1 network/latency-factor:1 -->\n"
    "<platform version=\"4.1\"><zone id=\"cluster\" routing=\"Full\">\n";

}  // namespace

std::string as_simgrid_platform(const Fabric& fabric) {
    std::map<std::string, std::size_t> switches;  // latency in ns -> how many routes have it
    std::string routes;
    std::vector<LinkId> links;
    for (int source = 0; source < fabric.rank_count(); ++source)
        for (int destination = 0; destination < fabric.rank_count(); ++destination) {
            if (source == destination) continue;
            links.clear();
            const Seconds latency = fabric.append_route(source, destination, 0, 0, links);
            fmt::format_to(std::back_inserter(routes), "<route src=\"rank{}\" dst=\"rank{}\" symmetrical=\"NO\">", source,
                           destination);
            for (const LinkId link : links)
                fmt::format_to(std::back_inserter(routes), "<link_ctn id=\"{}\"/>", in_attribute(fabric.links[link].name));
            const Seconds of_switches = std::max(latency - sum_of_latencies(fabric, links), Seconds{});
            if (const std::string ns = nanoseconds_text(of_switches); of_switches.si > 1e-15) {
                ++switches[ns];
                fmt::format_to(std::back_inserter(routes), "<link_ctn id=\"switches/{}ns\"/>", ns);
            }
            routes += "</route>\n";
        }
    std::string text = preamble;
    for (int rank = 0; rank < fabric.rank_count(); ++rank)
        fmt::format_to(std::back_inserter(text), "<host id=\"rank{}\" speed=\"1Gf\"/>\n", rank);
    for (const Link& link : fabric.links)
        fmt::format_to(std::back_inserter(text), "<link id=\"{}\" bandwidth=\"{}Bps\" latency=\"{}us\"/>\n",
                       in_attribute(link.name), link.capacity.si, in_microseconds(link.latency));
    for (const auto& [ns, count] : switches)
        fmt::format_to(std::back_inserter(text),
                       "<link id=\"switches/{0}ns\" bandwidth=\"1e18Bps\" latency=\"{0}ns\" sharing_policy=\"FATPIPE\"/>\n", ns);
    return text + routes + "</zone></platform>\n";
}

}  // namespace tokenyard
