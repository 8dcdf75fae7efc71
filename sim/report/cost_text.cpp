#include "report/cost_text.hpp"

#include <fmt/format.h>

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

}  // namespace tokenyard
