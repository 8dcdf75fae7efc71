// SPDX-License-Identifier: Apache-2.0
#include "report/memory.hpp"

#include "report/report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>

namespace tokenyard {
namespace {

std::string gigabytes(Bytes volume) { return fmt::format("{:.1f} GB", in_bytes(volume) / 1e9); }

std::string contents(const MemoryUse& memory) {
    std::string text = fmt::format("{} experts of each layer {}", memory.slots, gigabytes(memory.experts));
    if (memory.shared.si > 0) text += fmt::format(", shared experts {}", gigabytes(memory.shared));
    return text;
}

std::string others(const MemoryUse& memory) { return memory.other ? fmt::format(", other {}", gigabytes(*memory.other)) : ""; }

std::string left_out(const std::vector<std::string>& not_counted) {
    return not_counted.empty() ? "" : fmt::format("\n#   not counted: {}", fmt::join(not_counted, "; "));
}

}  // namespace

std::string misfit(const MemoryUse& memory) {
    if (!memory.is_known() || memory.fits()) return "";
    const double total = in_bytes(memory.total) / 1e9, capacity = in_bytes(memory.capacity) / 1e9;
    const int digits = total < capacity + 1 ? 1 : 0;  // what is too much by little must not read as if it fitted
    return fmt::format("does not fit: {:.{}f} GB of {:.{}f} GB a GPU", total, digits, capacity, digits);
}

std::string memory_lines(const MemoryUse& memory) {
    if (!memory.is_known()) return fmt::format("# memory  not known: {}\n", memory.unknown);
    const std::string buffers = memory.buffers.volume && memory.buffers.volume->si > 0
                                    ? fmt::format(", buffers {} ({})", gigabytes(*memory.buffers.volume), memory.buffers.how)
                                    : "";
    std::string text =
        fmt::format("# memory  {} of {} on rank {}, the fullest: {}{}{}{}\n", gigabytes(memory.total), gigabytes(memory.capacity),
                    memory.rank, contents(memory), buffers, others(memory), left_out(memory.not_counted));
    if (const std::string why = misfit(memory); !why.empty()) text += fmt::format("# !!! {}\n", why);
    return text;
}

std::string memory_lines(const std::vector<Prediction>& predictions) {
    const MemoryUse& first = predictions.front().memory;
    if (!first.is_known()) return memory_lines(first);
    std::vector<std::string> buffers, unknown;
    std::string misfits;
    for (const Prediction& each : predictions) {
        if (!each.memory.buffers.volume) unknown.push_back(each.algorithm);
        else if (each.memory.buffers.volume->si > 0)
            buffers.push_back(fmt::format("{} {}", each.algorithm, gigabytes(*each.memory.buffers.volume)));
        if (const std::string why = misfit(each.memory); !why.empty())
            misfits += fmt::format("# !!! {} {}\n", each.algorithm, why);
    }
    std::vector<std::string> not_counted;
    if (!unknown.empty()) not_counted.push_back(fmt::format("buffers of {}, which are not modelled", fmt::join(unknown, ", ")));
    const std::ptrdiff_t of_buffers = first.buffers.volume ? 0 : 1;  // which come first, and are said for all
    not_counted.insert(not_counted.end(), first.not_counted.begin() + of_buffers, first.not_counted.end());
    return fmt::format("# memory  of {} on rank {}, the fullest: {}{}{}{}\n{}", gigabytes(first.capacity), first.rank,
                       contents(first), others(first),
                       buffers.empty() ? "" : fmt::format("; buffers: {}", fmt::join(buffers, ", ")), left_out(not_counted),
                       misfits);
}

nlohmann::ordered_json memory_as_json(const MemoryUse& memory) {
    if (!memory.is_known()) return {{"unknown", memory.unknown}};
    using Json = nlohmann::ordered_json;
    const auto whole = [](Bytes volume) { return static_cast<std::uint64_t>(in_bytes(volume)); };
    const auto or_null = [&](const std::optional<Bytes>& volume) { return volume ? Json(whole(*volume)) : Json(nullptr); };
    return {{"fits", memory.fits()},
            {"rank", memory.rank},
            {"experts_per_layer", memory.slots},
            {"experts_bytes", whole(memory.experts)},
            {"shared_experts_bytes", whole(memory.shared)},
            {"buffers_bytes", or_null(memory.buffers.volume)},
            {"buffers", memory.buffers.how},
            {"other_bytes", or_null(memory.other)},
            {"total_bytes", whole(memory.total)},
            {"capacity_bytes", whole(memory.capacity)},
            {"not_counted", memory.not_counted}};
}

}  // namespace tokenyard
