// SPDX-License-Identifier: Apache-2.0
// Traces of the real program: what Perfetto is given.
#include "support/files.hpp"
#include "support/process.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <map>
#include <sstream>

namespace tokenyard {
namespace {

using Json = nlohmann::json;

struct Traced {
    ProcessResult result;
    Json trace;
    std::map<std::string, double> carried;  // by phase and link, from the ledger
};

Traced traced(const std::string& arguments) {
    const TemporaryFolder folder;
    Traced traced;
    traced.result = run_tokenyard("predict " + arguments + " --quiet --trace trace.json --links links.csv", folder.path());
    REQUIRE(traced.result.exit_code == 0);
    traced.trace = Json::parse(read_file(folder.path("trace.json")));
    std::istringstream lines(read_file(folder.path("links.csv")));
    std::string line;
    std::getline(lines, line);
    REQUIRE(line.starts_with("phase,link,kind,capacity_GBps,carried_bytes"));
    while (std::getline(lines, line)) {
        std::istringstream cells(line);
        std::string phase, link, kind, capacity, bytes;
        std::getline(cells, phase, ',');
        std::getline(cells, link, ',');
        std::getline(cells, kind, ',');
        std::getline(cells, capacity, ',');
        std::getline(cells, bytes, ',');
        if (std::stod(bytes) > 0) traced.carried[phase + " " + link] = std::stod(bytes);
    }
    return traced;
}

double sum(const std::map<std::string, double>& values) {
    double all = 0;
    for (const auto& [name, value] : values) all += value;
    return all;
}

/// Names come first, then times never go back.
void check_order(const Json& events) {
    bool is_named = false;
    double last = 0;
    for (const Json& event : events) {
        if (event["ph"] == "M") {
            REQUIRE_FALSE(is_named);
            continue;
        }
        is_named = true;
        REQUIRE(event["ts"].get<double>() >= last);
        last = event["ts"];
    }
    CHECK(is_named);
}

/// Bars of one track lie inside one another or beside each other: nothing else can be drawn.
void check_nesting(const Json& events) {
    std::map<std::pair<int, int>, std::vector<std::int64_t>> open;
    for (const Json& event : events) {
        if (event["ph"] != "X") continue;
        const auto begin = std::llround(event["ts"].get<double>() * 1e3),
                   end = begin + std::llround(event["dur"].get<double>() * 1e3);
        auto& ends = open[{event["pid"], event["tid"]}];
        while (!ends.empty() && ends.back() <= begin) ends.pop_back();
        REQUIRE((ends.empty() || ends.back() >= end));
        ends.push_back(end);
    }
}

/// The area below each counter of links, in bytes, by its name.
std::map<std::string, double> areas(const Json& trace) {
    std::map<std::string, double> area;
    std::map<std::string, std::pair<double, double>> last;  // time and utilisation
    for (const Json& event : trace["traceEvents"]) {
        if (event["ph"] != "C" || !event["args"].contains("%")) continue;
        const std::string name = event["name"];  // ends with the capacity, which SMs have another of in combine
        const double capacity = std::stod(name.substr(name.rfind(", of ") + 5)) * 1e9;
        const double now = event["ts"], value = event["args"]["%"];
        CHECK(value <= 100.1);  // bytes are whole: one more may be much in a narrow last bin
        auto& [time, before] = last[name];
        area[name] += before / 100 * capacity * (now - time) / 1e6;
        time = now;
        before = value;
    }
    return area;
}

double bytes_of_bars(const Json& trace, const std::string& phase) {
    double bytes = 0;
    for (const Json& event : trace["traceEvents"])
        if (event["ph"] == "X" && event.contains("cat") && event["cat"] == phase + ",transfer")
            bytes += event["args"]["bytes"].get<double>();
    return bytes;
}

}  // namespace

TEST_CASE("a trace has its events in order and carries what the ledger says", "[cli][full]") {
    const std::string arguments =
        GENERATE("dgx_h100_x4 deepseek_v3_prefill --set batch.tokens_per_rank=256",
                 "dgx_h100_x4 deepseek_v3_prefill --set batch.tokens_per_rank=256 --engine fluid",
                 "dgx_h100_x4 deepseek_v3_prefill --set batch.tokens_per_rank=256 --algorithm two-level");
    INFO(arguments);
    const Traced one = traced(arguments);
#ifndef __SANITIZE_ADDRESS__  // which warns of SimGrid's stacks
    CHECK(one.result.err == "");
#endif
    CHECK(one.trace["otherData"]["merged"] == "nothing");
    check_order(one.trace["traceEvents"]);
    check_nesting(one.trace["traceEvents"]);
    double carried = 0;
    for (const Json& each : one.trace["otherData"]["carried"]) {
        const double bytes = each["carried_bytes"];
        carried += bytes;
        CHECK(bytes == Approx(one.carried.at(each["phase"].get<std::string>() + " " + each["links"].get<std::string>()))
                           .epsilon(1e-8)
                           .margin(1));
    }
    CHECK(carried == Approx(sum(one.carried)).epsilon(1e-8));
    // utilisation is rounded to 0.001 % of what is mostly some per cent, times to a nanosecond
    CHECK(sum(areas(one.trace)) == Approx(carried).epsilon(1e-4));
}

TEST_CASE("the bars of a trace are the transfers", "[cli]") {
    const TemporaryFolder folder;
    folder.write("s.txt", "0 7000000 1 1\n0 0 0 0\n0 2 0 0\n0 0 0 9\n");  // the last row's 9 bytes stay at home
    const Traced one = traced("dgx_h100_x4 --algorithm direct --matrix " + folder.path("s.txt"));
    CHECK(bytes_of_bars(one.trace, "dispatch") == 7000004);
    CHECK(bytes_of_bars(one.trace, "combine") == 7000004);
}

TEST_CASE("a trace of many ranks is bounded and says what was merged", "[cli][full]") {
    const Traced one = traced(
        "dgx_h100_x16 deepseek_v3_prefill --algorithm direct --set nodes=32 --set batch.tokens_per_rank=64 --engine fluid "
        "--accuracy 1%");
    CHECK(one.result.err ==
          "tokenyard: merged in trace.json: dispatch: the transfers of a rank to one node are one bar; 784 links are counted "
          "together by "
          "kind and direction; the rates of 2 ranks are one; combine: the transfers of a rank to one node are one bar; 784 "
          "links are "
          "counted together by kind and direction; the rates of 2 ranks are one\n");
    CHECK("tokenyard: merged in trace.json: " + one.trace["otherData"]["merged"].get<std::string>() + "\n" == one.result.err);
    CHECK(one.trace["traceEvents"].size() < 150000);
    check_order(one.trace["traceEvents"]);
    check_nesting(one.trace["traceEvents"]);
    double carried = 0;
    for (const Json& each : one.trace["otherData"]["carried"]) carried += each["carried_bytes"].get<double>();
    CHECK(carried == Approx(sum(one.carried)).epsilon(1e-8));
}

}  // namespace tokenyard
