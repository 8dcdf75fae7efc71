// SPDX-License-Identifier: Apache-2.0
#include "report/cost_text.hpp"
#include "report/report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tokenyard {

// Twelve digits hide the last bits of a conversion (50 us are 5e-5 s, which are 49.99999999999999 us), and read back alike.
std::string cost_text(const CostKey& key, double value, int digits) {
    switch (key.kind) {
        case CostKind::delay: return fmt::format("{:.{}g} us", in_microseconds({value}), digits);
        case CostKind::rate: return fmt::format("{:.{}g} GB/s", in_gigabytes_per_second({value}), digits);
        case CostKind::size: return fmt::format("{:.0f} B", value);
        case CostKind::efficiency: return fmt::format("{:.{}g}", value, digits);
        case CostKind::count: return fmt::format("{:.0f}", value);
        case CostKind::choice: return std::string(key.limits.words[static_cast<std::size_t>(value)]);
    }
    return "";
}

namespace {

std::string kind_in_words(const CostKey& key) {
    switch (key.kind) {
        case CostKind::delay: return "time";
        case CostKind::rate: return "rate";
        case CostKind::size: return "size";
        case CostKind::efficiency: return "part of 1";
        case CostKind::count: return fmt::format("{} to {}", key.limits.least, key.limits.most);
        case CostKind::choice: return fmt::format("{}", fmt::join(key.limits.words, " or "));
    }
    return "";
}

std::string absence_in_words(const CostKey& key) {
    if (key.is_needed) return "needed";
    if (!key.follows.empty()) return fmt::format("{}", fmt::join(key.follows, " or "));
    if (key.kind == CostKind::rate) return "no limit";
    return key.kind == CostKind::count ? "-" : cost_text(key, key.initial);
}

}  // namespace

std::string costs_as_text() {
    std::string text =
        fmt::format("#{:<35}  {:<12}  {:<46}  {}\n", "cost", "kind", "where absent", "what it is [where it was read]");
    for (const CostKey& key : cost_keys())
        text += fmt::format("{:<36}  {:<12}  {:<46}  {} [{}]\n", key.name, kind_in_words(key), absence_in_words(key), key.meaning,
                            key.source);
    return text;
}

}  // namespace tokenyard
