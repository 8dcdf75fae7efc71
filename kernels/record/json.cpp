// SPDX-License-Identifier: Apache-2.0
#include "record/json.hpp"

#include "record/sampling.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>

namespace tokenyard::gpu {
namespace {

template <class Values, class AsText>
std::string listed(const Values& values, AsText as_text) {
    std::string text = "[";
    for (const auto& value : values) text += (text.size() > 1 ? ", " : "") + as_text(value);
    return text + "]";
}

std::string version(int number) { return formatted("\"%d.%d\"", number / 1000, number % 1000 / 10); }

std::string now() {
    const std::time_t seconds = std::time(nullptr);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&seconds));
    return text;
}

/// What nvidia-smi says of the first GPU, or nothing.
std::string asked_of_the_driver(const std::string& fields) {
#ifdef TOKENYARD_EMULATED
    static_cast<void>(fields);
    return {};
#else
    std::FILE* pipe =
        popen(("nvidia-smi -i 0 --query-gpu=" + fields + " --format=csv,noheader,nounits 2>/dev/null").c_str(), "r");
    if (!pipe) return {};
    char line[256] = {};
    const bool is_read = std::fgets(line, sizeof line, pipe) != nullptr;
    const bool is_whole = pclose(pipe) == 0;
    std::string text = is_read && is_whole ? line : "";
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
#endif
}

}  // namespace

std::string quoted(const std::string& text) {
    std::string result = "\"";
    for (const char character : text) {
        if (character == '"' || character == '\\') result += '\\';
        if (static_cast<unsigned char>(character) < 0x20) result += formatted("\\u%04x", static_cast<unsigned>(character));
        else result += character;
    }
    return result + "\"";
}

std::string as_json(const std::vector<double>& values) {
    return listed(values, [](double value) { return formatted("%.4f", value); });
}
std::string as_json(const std::vector<std::size_t>& values) {
    return listed(values, [](std::size_t value) { return std::to_string(value); });
}
std::string as_json(const std::vector<int>& values) {
    return listed(values, [](int value) { return std::to_string(value); });
}
std::string as_json(const std::vector<std::string>& values) { return listed(values, quoted); }
std::string as_json(const std::vector<std::vector<std::size_t>>& rows) {
    return listed(rows, [](const std::vector<std::size_t>& row) { return as_json(row); });
}

std::string environment_as_json() {
    std::vector<std::string> pairs;
    for (char** variable = environ; *variable; ++variable) {
        const std::string text = *variable;
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos || (text.rfind("NCCL_", 0) != 0 && text.rfind("CUDA_", 0) != 0)) continue;
        pairs.push_back(quoted(text.substr(0, equals)) + ": " + quoted(text.substr(equals + 1)));
    }
    std::sort(pairs.begin(), pairs.end());
    std::string json = "{";
    for (const std::string& pair : pairs) json += (json.size() > 1 ? ", " : "") + pair;
    return json + "}";
}

std::string context_line(const std::string& schema, const DeviceDescription& device, const std::string& command,
                         const std::vector<std::pair<std::string, std::string>>& more) {
    const char* commit = std::getenv("TOKENYARD_COMMIT");
    const std::string driver = asked_of_the_driver("driver_version"),
                      clocks = asked_of_the_driver("clocks.sm,clocks.mem,clocks.max.sm,clocks.max.mem");
    std::string line =
        "{\"schema\": " + quoted(schema) + ", \"gpu\": " + quoted(device.name) +
        formatted(", \"compute_capability\": \"%d.%d\", \"multiprocessors\": %d, \"l2_bytes\": %ld, \"memory_bytes\": %ld",
                  device.compute_capability / 10, device.compute_capability % 10, device.multiprocessors, device.l2_bytes,
                  device.memory_bytes) +
        ", \"driver\": " + version(device.driver) + ", \"cuda_runtime\": " + version(device.runtime) +
        ", \"driver_release\": " + (driver.empty() ? "null" : quoted(driver)) +
        ", \"clocks_MHz_sm_memory_most_sm_most_memory\": " + (clocks.empty() ? "null" : quoted(clocks)) +
        ", \"compiled_for\": " + quoted(TOKENYARD_CUDA_ARCHITECTURES) +
        ", \"by\": \"tokenyard-gpu\", \"date\": " + quoted(now()) + ", \"commit\": " + (commit ? quoted(commit) : "null") +
        ", \"command\": " + quoted(command);
    for (const auto& [key, value] : more) line += ", " + quoted(key) + ": " + value;
    return line + "}\n";
}

double quantile(std::vector<double> samples, double part) {
    std::sort(samples.begin(), samples.end());
    return samples[static_cast<std::size_t>(std::lround(part * static_cast<double>(samples.size() - 1)))];
}

std::string samples_as_json(const std::vector<double>& samples_us) {
    return formatted("\"median_us\": %.4f, \"p5_us\": %.4f, \"p95_us\": %.4f, \"noise\": %.5f, \"samples\": %zu",
                     quantile(samples_us, 0.5), quantile(samples_us, 0.05), quantile(samples_us, 0.95), noise_of(samples_us),
                     samples_us.size()) +
           ", \"samples_us\": " + as_json(samples_us);
}

}  // namespace tokenyard::gpu
