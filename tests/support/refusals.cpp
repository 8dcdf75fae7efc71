// SPDX-License-Identifier: Apache-2.0
#include "support/refusals.hpp"

#include "input/error.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace tokenyard {

const std::string small_cluster = R"(name: small
nodes: 2
node:
  gpus: 4
  gpu: {model: test, memory: 80 GB, memory_bandwidth: 3 TB/s}
  scale_up: {kind: nvswitch, bandwidth_per_gpu: 100 GB/s, latency: 1 us}
  nics: {count: 4, bandwidth: 400 Gbit/s, latency: 2 us}
fabric: {kind: single-switch}
sources: [test]
)";

const std::string small_workload = R"(name: small
ranks: 8
seed: 1
model: {experts: 16, experts_per_token: 2, hidden: 1024, moe_layers: 1}
batch: {tokens_per_rank: 8}
dispatch: {dtype: bf16}
combine: {dtype: bf16}
routing: {kind: uniform}
sources: [test]
)";

std::string with_change(const std::string& document, const Change& change) {
    const std::string from = change.from;
    if (from.empty()) return document + change.to;
    const std::size_t at = document.find(from);
    if (at == std::string::npos || document.find(from, at + 1) != std::string::npos)
        throw std::logic_error("'" + from + "' stands not once in the document");
    return document.substr(0, at) + change.to + document.substr(at + from.size());
}

std::string refusal_of(const std::function<void()>& read, const TemporaryFolder& folder) {
    try {
        read();
        return accepted;
    } catch (const InputError& refusal) {
        std::string text = refusal.what();
        const std::string prefix = folder.path() + "/";
        for (std::size_t at = 0; (at = text.find(prefix, at)) != std::string::npos;) text.erase(at, prefix.size());
        return text;
    }
}

std::string alias_bomb() {
    std::string text = "[\n&a0 [x, x, x, x, x, x, x, x, x, x]";
    for (int level = 1; level < 7; ++level) {
        text += fmt::format(",\n&a{} [", level);
        for (int alias = 0; alias < 10; ++alias) text += fmt::format("{}*a{}", alias > 0 ? ", " : "", level - 1);
        text += "]";
    }
    return text + "]";
}

}  // namespace tokenyard
