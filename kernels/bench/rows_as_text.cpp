// SPDX-License-Identifier: Apache-2.0
#include "bench/bench.hpp"
#include "record/json.hpp"

namespace tokenyard::gpu {
std::string as_table(const std::vector<BenchRow>& rows, const DeviceDescription& device) {
    std::string text = "# bench on " + device.name + ", bytes counted by hand (--json says how)\n";
    text += formatted("#%-22s %7s %10s %10s %10s %6s %8s %9s %9s %6s\n", "kernel", "tokens", "median", "p5", "p95", "noise",
                      "samples", "moved", "rate", "of");
    text += formatted("#%-22s %7s %10s %10s %10s %6s %8s %9s %9s %6s\n", "", "", "(us)", "(us)", "(us)", "(%)", "", "(MB)",
                      "(GB/s)", "copy");
    for (const BenchRow& row : rows) {
        text +=
            formatted("%-23s %7s %10.2f %10.2f %10.2f %6.1f %8d", row.kernel.c_str(),
                      row.has_shape() ? std::to_string(row.shape.tokens).c_str() : "-", row.timing.median_us, row.timing.p5_us,
                      row.timing.p95_us, 100 * noise_of(row.timing.samples_us), static_cast<int>(row.timing.samples_us.size()));
        text += row.bytes > 0
                    ? formatted(" %9.2f %9.1f %5.1f%%\n", row.bytes * 1e-6, row.GBps(), 100 * row.GBps() / row.copy_GBps)
                    : formatted(" %9s %9s %6s\n", "-", "-", "-");
    }
    return text;
}

std::string as_json_lines(const std::vector<BenchRow>& rows) {
    std::string text;
    for (const BenchRow& row : rows) {
        text += "{\"record\": \"kernel\", \"kernel\": " + quoted(row.kernel);
        if (row.has_shape())
            text += formatted(", \"tokens\": %d, \"hidden\": %d, \"topk\": %d, \"experts\": %d, \"ranks\": %d", row.shape.tokens,
                              row.shape.hidden, row.shape.experts_per_token, row.shape.experts, row.shape.ranks);
        text += ", " + samples_as_json(row.timing.samples_us) +
                formatted(", \"turns_per_sample\": %d, \"held_back\": %s", row.timing.turns_per_sample,
                          row.timing.is_held_back ? "true" : "false") +
                ", \"stopped_by\": " + quoted(row.timing.stopped_by);
        text += ", \"bytes_formula\": " + quoted(row.formula);
        if (row.bytes > 0)
            text += formatted(
                ", \"moved_bytes\": %.0f, \"rate_GBps\": %.3f, \"of_copy_percent\": %.2f, \"sets\": %d, \"set_bytes\": %.0f",
                row.bytes, row.GBps(), 100 * row.GBps() / row.copy_GBps, row.sets, row.set_bytes);
        text += "}\n";
    }
    return text;
}

}  // namespace tokenyard::gpu
