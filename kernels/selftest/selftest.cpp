// SPDX-License-Identifier: Apache-2.0
#include "selftest/selftest.hpp"

#include <cmath>
#include <cstdio>

namespace tokenyard::gpu {
namespace {

std::vector<Case> all_cases() {
    std::vector<Case> all;
    for (auto cases_of :
         {format_cases, route_cases, gate_cases, layout_cases, permute_cases, combine_cases, exchange_cases, transport_cases})
        for (Case& one : cases_of()) all.push_back(std::move(one));
    return all;
}

bool is_wanted(const Case& one, const SelftestOptions& options) {
    if (options.is_small && one.is_large) return false;
    return (one.kernel + " " + one.name).find(options.filter) != std::string::npos;
}

/// A seed of its own for each case, so that --filter does not change its inputs.
std::uint64_t seed_of(const Case& one, std::uint64_t seed) {
    for (const char character : one.kernel + one.name)
        seed = (seed ^ static_cast<unsigned char>(character)) * 0x100000001B3;  // FNV-1a
    return seed;
}

std::string formatted(const char* format, const Finding& finding) {
    char line[512];
    std::snprintf(line, sizeof line, format, finding.kernel.c_str(), finding.name.c_str(), finding.compared.c_str(),
                  finding.worst, finding.bound, finding.holds() ? "ok" : "WRONG");
    return line;
}

}  // namespace

std::vector<Finding> run_selftest(const SelftestOptions& options) {
    std::vector<Finding> findings;
    const Stream stream;
    for (const Case& one : all_cases()) {
        if (!is_wanted(one, options)) continue;
        Trial trial(one.kernel, one.name, seed_of(one, options.seed), stream, findings);
        try {
            one.run(trial);
        } catch (const CudaError&) {
            throw;  // the device is not to be trusted any more
        } catch (const std::exception& error) {
            trial.found(error.what(), HUGE_VAL, 0);
        }
    }
    return findings;
}

std::string as_table(const std::vector<Finding>& findings, const SelftestOptions& options, const DeviceDescription& device) {
    std::string text = "# selftest on " + device.name + ", seed " + std::to_string(options.seed) + "\n";
    char heading[256];
    std::snprintf(heading, sizeof heading, "#%-10s %-50s %-54s %8s %8s  %s\n", "kernel", "case", "compared", "worst", "bound",
                  "result");
    text += heading;
    std::size_t wrong = 0;
    for (const Finding& finding : findings) {
        text += formatted("%-11s %-50s %-54s %8.3g %8.3g  %s\n", finding);
        wrong += !finding.holds();
    }
    return text + "# " + std::to_string(findings.size()) + " comparisons, " + std::to_string(wrong) + " wrong\n";
}

}  // namespace tokenyard::gpu
