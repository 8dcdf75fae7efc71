// SPDX-License-Identifier: Apache-2.0
#include "import/nccl_tests_json.hpp"

#include "input/values.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <set>

namespace tokenyard {
namespace {

constexpr std::size_t most_results = 10000;
constexpr double most_us = 1e18;

const YamlNode* optional_in(const YamlNode& map, std::string_view key) {
    if (map.kind != YamlNode::Kind::map) refuse(map, "a JSON object");
    const YamlEntry* entry = find(map, key);
    return entry ? entry->value.get() : nullptr;
}

const YamlNode& required_in_json(const YamlNode& map, std::string_view key) {
    if (const YamlNode* value = optional_in(map, key)) return *value;
    throw InputError(map.at, fmt::format("found no '{}'; expected it, as nccl-tests writes it with -J", key));
}

const std::vector<YamlPtr>& list_in(const YamlNode& map, std::string_view key) {
    const YamlNode& list = required_in_json(map, key);
    if (list.kind != YamlNode::Kind::list) refuse(list, "a list");
    return list.items;
}

/// "alltoall" for "./build/alltoall_perf"; empty for another program.
std::string name_of_test(const YamlNode& root) {
    const YamlNode* arguments = optional_in(root, "args");
    if (!arguments || arguments->kind != YamlNode::Kind::list || arguments->items.empty()) return {};
    const std::string program = std::filesystem::path(arguments->items.front()->text).filename().string();
    const std::size_t end = program.find("_perf");
    return end == std::string::npos ? "" : program.substr(0, end);
}

void read_devices(const YamlNode& config, TimedTest& test) {
    std::set<std::string> hosts;
    for (const YamlPtr& device : list_in(config, "devices")) {
        ++test.ranks;
        hosts.insert(required_in_json(*device, "hostname").text);
        test.gpu = required_in_json(*device, "device_info").text;
    }
    test.nodes = static_cast<int>(hosts.size());
}

void read_result(const YamlNode& result, TimedTest& test) {
    const YamlNode& timed = required_in_json(result, "out_of_place");
    if (timed.kind == YamlNode::Kind::nothing) return;  // of a run in place only
    const YamlNode* wrong = optional_in(timed, "nwrong");
    if (wrong && wrong->kind == YamlNode::Kind::scalar && number_value(*wrong, 0, most_us) > 0) {
        ++test.wrong;
        return;
    }
    TimedRow row;
    row.size = count_value(required_in_json(result, "size"), 0, static_cast<long>(most_us));
    row.time_us = number_value(required_in_json(timed, "time"), 0, most_us, true);
    if (row.size > 0) test.rows.push_back(row);
}

}  // namespace

TimedTest test_from_nccl_json(const SourceText& source) {
    const YamlPtr root = parse_yaml(source);
    TimedTest test;
    test.at = source.start;
    test.made_by = "nccl-tests";
    test.name = name_of_test(*root);
    if (const YamlNode* version = optional_in(*root, "nccl_version")) {
        constexpr long most_version = 1000000;
        test.nccl = static_cast<int>(count_value(*version, 0, most_version));
        test.software = fmt::format("nccl-library={}", test.nccl);
    }
    read_devices(required_in_json(*root, "config"), test);
    const std::vector<YamlPtr>& results = list_in(*root, "results");
    if (results.size() > most_results)
        throw InputError(source.start, fmt::format("found {} results; expected at most {}", results.size(), most_results));
    for (const YamlPtr& result : results) read_result(*result, test);
    if (test.rows.empty()) throw InputError(source.start, "found no times; expected results with sizes above 0");
    return test;
}

}  // namespace tokenyard
