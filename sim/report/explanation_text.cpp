// SPDX-License-Identifier: Apache-2.0
#include "report/explanation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tokenyard {
namespace {

constexpr double negligible = 0.0005;  // a share that would print as 0.0 %

/// The largest resources and delays, a row each; the rest together, so that the rows add up.
std::string shares_table(const Phase& phase) {
    constexpr std::size_t most_rows = 8;
    const double whole = in_microseconds(phase.completion);
    std::string text =
        fmt::format("#   {:<30} {:>7} {:>12}\n#   {:<30} {:>7} {:>12}\n", "held by", "share", "time", "", "(%)", "(us)");
    const auto row = [&](const std::string& name, double share) {
        text += fmt::format("#   {:<30} {:>7.1f} {:>12.2f}\n", name, share * 100, share * whole);
    };
    double rest = 0;
    std::size_t rows = 0, others = 0;
    for (const Bottleneck& each : phase.bottlenecks) {
        if (rows < most_rows && each.share >= negligible) {
            row(each.resource, each.share);
            ++rows;
        } else {
            rest += each.share;
            ++others;
        }
    }
    if (rest >= negligible) row(fmt::format("{} others", others), rest);
    return text;
}

/// "ranks 6 (4.6 %), 7 (4.5 %), 22 (4.5 %) and 21 more".
std::string numbers(std::string_view one, const std::vector<NumberedShare>& shares, std::size_t count) {
    constexpr std::size_t shown = 3;
    std::string text = fmt::format("{}{} ", one, count > 1 ? "s" : "");
    for (std::size_t i = 0; i < std::min(shown, shares.size()); ++i)
        text += fmt::format("{}{} ({:.1f} %)", i > 0 ? ", " : "", shares[i].number, shares[i].share * 100);
    return count > shown ? text + fmt::format(" and {} more", count - shown) : text;
}

std::string cause_lines(const LinkCause& cause, const std::string& phase) {
    std::string text = fmt::format("#   {} held {:.1f} % of {} and carried {:.3f} MB", cause.resource, cause.share * 100, phase,
                                   in_bytes(cause.carried) / 1e6);
    if (!cause.senders.empty())
        text += fmt::format(", from {}, to {}", numbers("rank", cause.senders, cause.sender_count),
                            numbers("rank", cause.receivers, cause.receiver_count));
    text += "\n";
    if (!cause.experts.empty())
        text += fmt::format("#     its bytes are {} {}\n", phase == "combine" ? "from" : "for",
                            numbers("expert", cause.experts, cause.expert_count));
    if (const std::optional<TokenKinds>& kinds = cause.kinds)
        text += fmt::format(
            "#     {:.1f} % are the only copy of their token for a node, {:.1f} % for another GPU of a node that gets the token "
            "too, {:.1f} % for another expert of such a GPU\n",
            kinds->first * 100, kinds->same_domain * 100, kinds->same_gpu * 100);
    return text;
}

std::string held_by(const ChainStep& step) {
    std::string text;
    for (const NamedTime& each : step.held_by) {
        const double part = each.time / (step.end - step.begin);
        if (part < negligible) continue;
        text += fmt::format("{}{} {:.1f} %", text.empty() ? "" : ", ", each.name, part * 100);
    }
    return text;
}

std::string what(const ChainStep& step) {
    if (step.source == step.destination) return fmt::format("{} on rank {}", step.kind, step.source);
    return fmt::format("{} rank {} to {}", step.kind, step.source, step.destination);
}

std::string chain_table(const std::vector<ChainStep>& chain) {
    if (chain.empty()) return "";
    constexpr std::size_t first_shown = 3, last_shown = 7;  // of a long chain
    std::string text = fmt::format(
        "#   the chain of waits to its end, {} step{}; each waits for the one above it\n"
        "#   {:>12} {:>12}  {:<28} {:>10}  {}\n#   {:>12} {:>12}  {:<28} {:>10}\n",
        chain.size(), chain.size() > 1 ? "s" : "", "from", "to", "step", "volume", "held by", "(us)", "(us)", "", "(MB)");
    const bool is_long = chain.size() > first_shown + last_shown + 1;
    for (std::size_t i = 0; i < chain.size(); ++i) {
        if (is_long && i == first_shown) {
            i = chain.size() - last_shown;
            text += fmt::format("#   {:>12.2f} {:>12.2f}  {} steps between (--json has all)\n",
                                in_microseconds(chain[first_shown].begin), in_microseconds(chain[i].begin), i - first_shown);
        }
        const ChainStep& step = chain[i];
        text += fmt::format("#   {:>12.2f} {:>12.2f}  {:<28} {:>10.3f}  {}\n", in_microseconds(step.begin),
                            in_microseconds(step.end), what(step), in_bytes(step.volume) / 1e6, held_by(step));
    }
    return text;
}

std::string ladder_line(const std::vector<Rung>& ladder, Seconds completion) {
    std::string text = "#   breakdown:";
    for (std::size_t i = 0; i < ladder.size(); ++i) {
        const double added = in_microseconds(ladder[i].added), shown = std::abs(added) < 0.005 ? 0 : added;
        text += i == 0 ? fmt::format(" {} {:.2f}", ladder[i].name, shown) : fmt::format(", {} {:+.2f}", ladder[i].name, shown);
    }
    const double part = completion.si > 0 ? ladder.front().added / completion : 1;
    return text + fmt::format(" = {:.2f} us; the bytes of S(i,k) alone would take {:.1f} % of it\n", in_microseconds(completion),
                              part * 100);
}

}  // namespace

std::string why_as_text(const Phase& phase) {
    const Explanation& why = *phase.why;
    std::string text = fmt::format("# why {} takes {:.2f} us\n", phase.name, in_microseconds(phase.completion));
    if (!why.ladder.empty()) text += ladder_line(why.ladder, phase.completion);
    text += shares_table(phase);
    for (const LinkCause& cause : why.causes) text += cause_lines(cause, phase.name);
    return text + chain_table(why.chain);
}

}  // namespace tokenyard
