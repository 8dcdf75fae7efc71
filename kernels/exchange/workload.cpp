// SPDX-License-Identifier: Apache-2.0
#include "exchange/workload.hpp"

#include "moe/permute.hpp"

#include <charconv>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>

namespace tokenyard::gpu {
namespace {

constexpr const char* format_name = "tokenyard.workload/1";

/// A line: its key and its values.
class Entry {
public:
    Entry(const std::string& file, int line, std::string key, std::vector<std::string> values)
        : file_(file), line_(line), key_(std::move(key)), values_(std::move(values)) {}

    const std::string& key() const { return key_; }
    [[noreturn]] void refuse(const std::string& why) const {
        throw std::invalid_argument(file_ + ":" + std::to_string(line_) + ": error: " + why);
    }
    const std::string& text() const {
        if (values_.size() != 1) refuse("found " + std::to_string(values_.size()) + " values for " + key_ + "; expected 1");
        return values_[0];
    }
    /// All values, a blank between.
    std::string words() const {
        std::string all;
        for (const std::string& value : values_) {
            if (!all.empty()) all += ' ';
            all += value;
        }
        return all;
    }
    template <class Number>
    Number number(Number low, Number high) const {
        return parsed(text(), low, high);
    }
    template <class Number>
    std::vector<Number> numbers(Number low, Number high) const {
        std::vector<Number> all;
        for (const std::string& value : values_) all.push_back(parsed(value, low, high));
        return all;
    }
    void expect(const std::string& wanted) const {
        if (text() != wanted) refuse("found " + key_ + " " + text() + "; expected " + wanted);
    }

private:
    template <class Number>
    Number parsed(const std::string& text, Number low, Number high) const {
        Number value{};
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high)
            refuse("found '" + text + "' for " + key_ + "; expected a whole number from " + std::to_string(low) + " to " +
                   std::to_string(high));
        return value;
    }

    const std::string& file_;
    int line_;
    std::string key_;
    std::vector<std::string> values_;
};

std::vector<Entry> entries_of(const std::string& text, const std::string& name) {
    std::vector<Entry> entries;
    std::istringstream lines(text);
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
        std::istringstream fields(line.substr(0, line.find('#')));
        std::string key;
        if (!(fields >> key)) continue;
        std::vector<std::string> values;
        for (std::string value; fields >> value;) values.push_back(value);
        entries.emplace_back(name, number, key, values);
    }
    return entries;
}

using Setters = std::map<std::string, std::function<void(const Entry&)>>;

Setters setters_for(LayerWorkload& workload) {
    constexpr int most = std::numeric_limits<int>::max();
    const auto whole = [](int& into, int low, int high) {
        return [&into, low, high](const Entry& entry) { into = entry.number(low, high); };
    };
    return {
        {"format", [](const Entry& entry) { entry.expect(format_name); }},
        {"name", [&](const Entry& entry) { workload.name = entry.words(); }},
        {"experts", whole(workload.router.experts, 1, 65535)},
        {"experts_per_token", whole(workload.router.experts_per_token, 1, most_experts_per_token)},
        {"expert_groups", whole(workload.router.expert_groups, 1, 65535)},
        {"groups_per_token", whole(workload.router.groups_per_token, 1, 65535)},
        {"hidden", whole(workload.hidden, 1, 1 << 20)},
        {"ranks_per_node", whole(workload.ranks_per_node, 1, 65536)},
        {"dispatch",
         [&](const Entry& entry) {
             if (entry.text() != "bf16" && entry.text() != "fp8_e4m3_scales_128")
                 entry.refuse("found dispatch " + entry.text() + "; expected bf16 or fp8_e4m3_scales_128");
             workload.is_fp8 = entry.text() != "bf16";
         }},
        {"combine", [](const Entry& entry) { entry.expect("bf16"); }},
        {"placement", [](const Entry& entry) { entry.expect("contiguous"); }},
        {"seed",
         [&](const Entry& entry) { workload.seed = entry.number<std::uint64_t>(0, std::numeric_limits<std::uint64_t>::max()); }},
        {"tokens_per_rank", [&](const Entry& entry) { workload.tokens_per_rank = entry.numbers(0, 1 << 24); }},
        {"popularity",
         [&](const Entry& entry) {
             workload.popularity = entry.numbers<std::uint32_t>(0, std::numeric_limits<std::uint32_t>::max());
         }},
        {"copies",
         [&](const Entry& entry) {
             std::vector<std::size_t> row;
             for (const int copies : entry.numbers(0, most)) row.push_back(static_cast<std::size_t>(copies));
             workload.copies.push_back(row);
         }},
    };
}

void check(const LayerWorkload& workload, const std::string& name) {
    const auto refuse = [&](const std::string& why) { throw std::invalid_argument(name + ":1: error: " + why); };
    const auto ranks = static_cast<std::size_t>(workload.ranks());
    if (workload.ranks() == 0) refuse("found no tokens_per_rank; expected a number a rank");
    if (workload.router.experts % workload.ranks() != 0)
        refuse("found " + std::to_string(workload.router.experts) + " experts on " + std::to_string(ranks) +
               " ranks; expected a multiple");
    try {
        make_router_table(workload.router, workload.popularity);
    } catch (const std::invalid_argument& error) {
        refuse(error.what());
    }
    if (!workload.copies.empty() && workload.copies.size() != ranks)
        refuse("found " + std::to_string(workload.copies.size()) + " lines of copies; expected " + std::to_string(ranks) +
               ", or none");
    for (const auto& row : workload.copies)
        if (row.size() != ranks)
            refuse("found " + std::to_string(row.size()) + " numbers in a line of copies; expected " + std::to_string(ranks));
}

}  // namespace

std::size_t LayerWorkload::dispatch_bytes() const { return is_fp8 ? fp8_row_bytes(hidden) : combine_bytes(); }

LayerWorkload workload_from_text(const std::string& text, const std::string& name) {
    LayerWorkload workload;
    const Setters setters = setters_for(workload);
    std::set<std::string> given;
    for (const Entry& entry : entries_of(text, name)) {
        const auto setter = setters.find(entry.key());
        if (given.empty() && entry.key() != "format") entry.refuse("found '" + entry.key() + "'; expected format " + format_name);
        if (setter == setters.end()) entry.refuse("found '" + entry.key() + "'; expected a key of " + format_name);
        if (!given.insert(entry.key()).second && entry.key() != "copies")
            entry.refuse("found " + entry.key() + " again; expected it once");
        setter->second(entry);
    }
    for (const char* key :
         {"format", "experts", "experts_per_token", "hidden", "dispatch", "seed", "tokens_per_rank", "popularity"})
        if (!given.count(key)) throw std::invalid_argument(name + ":1: error: found no " + key + "; expected it");
    check(workload, name);
    return workload;
}

}  // namespace tokenyard::gpu
