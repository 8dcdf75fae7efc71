#include "bench/bench.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace tokenyard::gpu {
namespace {

template <class... Values>
std::string formatted(const char* format, Values... values) {
    char text[512];
    std::snprintf(text, sizeof text, format, values...);
    return text;
}

std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (const char character : text) {
        if (character == '"' || character == '\\') result += '\\';
        if (static_cast<unsigned char>(character) < 0x20) result += formatted("\\u%04x", static_cast<unsigned>(character));
        else result += character;
    }
    return result + "\"";
}

std::string version(int number) { return formatted("\"%d.%d\"", number / 1000, number % 1000 / 10); }

std::string now() {
    const std::time_t seconds = std::time(nullptr);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&seconds));
    return text;
}

std::string context(const DeviceDescription& device, const std::string& command) {
    const char* commit = std::getenv("TOKENYARD_COMMIT");
    return "{\"schema\": \"tokenyard.kernels/1\", \"gpu\": " + quoted(device.name) +
           formatted(", \"compute_capability\": \"%d.%d\", \"multiprocessors\": %d, \"l2_bytes\": %ld, \"memory_bytes\": %ld",
                     device.compute_capability / 10, device.compute_capability % 10, device.multiprocessors, device.l2_bytes,
                     device.memory_bytes) +
           ", \"driver\": " + version(device.driver) + ", \"cuda_runtime\": " + version(device.runtime) +
           ", \"compiled_for\": " + quoted(TOKENYARD_CUDA_ARCHITECTURES) +
           ", \"by\": \"tokenyard-gpu\", \"date\": " + quoted(now()) + ", \"commit\": " + (commit ? quoted(commit) : "null") +
           ", \"command\": " + quoted(command) + "}\n";
}

}  // namespace

std::string as_table(const std::vector<BenchRow>& rows, const DeviceDescription& device) {
    std::string text = "# bench on " + device.name + ", bytes counted by hand (--json says how)\n";
    text += formatted("#%-22s %7s %10s %10s %10s %8s %9s %9s %6s\n", "kernel", "tokens", "median", "p5", "p95", "samples",
                      "moved", "rate", "of");
    text +=
        formatted("#%-22s %7s %10s %10s %10s %8s %9s %9s %6s\n", "", "", "(us)", "(us)", "(us)", "", "(MB)", "(GB/s)", "copy");
    for (const BenchRow& row : rows) {
        const bool is_sized = row.kernel != "copy" && row.kernel != "launch";
        text += formatted("%-23s %7s %10.2f %10.2f %10.2f %8d", row.kernel.c_str(),
                          is_sized ? std::to_string(row.shape.tokens).c_str() : "-", row.timing.median_us, row.timing.p5_us,
                          row.timing.p95_us, row.timing.samples);
        text += row.bytes > 0
                    ? formatted(" %9.2f %9.1f %5.1f%%\n", row.bytes * 1e-6, row.GBps(), 100 * row.GBps() / row.copy_GBps)
                    : formatted(" %9s %9s %6s\n", "-", "-", "-");
    }
    return text;
}

std::string as_json_lines(const std::vector<BenchRow>& rows, const DeviceDescription& device, const std::string& command) {
    std::string text = context(device, command);
    for (const BenchRow& row : rows) {
        text += "{\"kernel\": " + quoted(row.kernel);
        if (row.kernel != "copy" && row.kernel != "launch")
            text += formatted(", \"tokens\": %d, \"hidden\": %d, \"topk\": %d, \"experts\": %d, \"ranks\": %d", row.shape.tokens,
                              row.shape.hidden, row.shape.experts_per_token, row.shape.experts, row.shape.ranks);
        text +=
            formatted(", \"median_us\": %.4f, \"p5_us\": %.4f, \"p95_us\": %.4f, \"samples\": %d, \"turns_per_sample\": %d",
                      row.timing.median_us, row.timing.p5_us, row.timing.p95_us, row.timing.samples, row.timing.turns_per_sample);
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
