// SPDX-License-Identifier: Apache-2.0
#include "import/record_draft.hpp"

#include "input/source.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace tokenyard {
namespace {

constexpr std::array<std::string_view, 3> of_interest{"alltoall", "alltoallv", "sendrecv"};

/// "nccl_2_29" for 22902, where such a part is shipped.
std::string library_of(int nccl) {
    const std::string name = fmt::format("nccl_{}_{}", nccl / 10000, nccl / 100 % 100);
    const std::vector<Preset> libraries = presets(PresetKind::library);
    return std::ranges::find(libraries, name, &Preset::name) != libraries.end() ? name : "";
}

std::string rows_yaml(const TimedTest& test, int ranks) {
    constexpr std::size_t fitted = 3;
    std::string rows;
    for (std::size_t row = 0; row < test.rows.size(); ++row) {
        const TimedRow& one = test.rows[row];
        rows += "\n  - {";
        if (ranks > 0) rows += fmt::format("ranks: {}, ", ranks);
        if (test.nodes > 0) rows += fmt::format("nodes: {}, ", test.nodes);
        rows += fmt::format("size: {} B, time: {} us, ", one.size, one.time_us);
        if (one.fastest_us) rows += fmt::format("fastest: {} us, slowest: {} us, ", *one.fastest_us, *one.slowest_us);
        rows += fmt::format("use: {}}}", row % fitted == 0 ? "fit" : "judged");
    }
    return rows;
}

}  // namespace

TimedTest chosen_test(const std::vector<TimedTest>& tests, const std::string& asked, std::vector<std::string>& notes) {
    const TimedTest* chosen = nullptr;
    std::vector<std::string> names;
    for (const TimedTest& test : tests) names.push_back(test.name.empty() ? "one without a name" : test.name);
    for (const std::string_view name : of_interest)
        for (const TimedTest& test : tests)
            if (!chosen && test.name == name && (asked.empty() || asked == name)) chosen = &test;
    if (!chosen && tests.size() == 1 && tests[0].name.empty()) {
        if (asked.empty())
            throw InputError(tests[0].at,
                             fmt::format("found no name of the test; expected --test {}", fmt::join(of_interest, ", --test ")));
        chosen = &tests[0];
    }
    if (!chosen)
        throw InputError(tests[0].at,
                         fmt::format("found the tests {}; expected {}", fmt::join(names, ", "),
                                     asked.empty() ? fmt::format("one of: {}", fmt::join(of_interest, ", ")) : asked));
    if (tests.size() > 1) notes.push_back(fmt::format("of the tests {}, {} is taken", fmt::join(names, ", "), chosen->name));
    TimedTest test = *chosen;
    if (test.name.empty()) test.name = asked;
    if (test.wrong > 0) notes.push_back(fmt::format("{} rows with wrong results are left out", test.wrong));
    return test;
}

void draft_record(const TimedTest& test, const std::string& shown, const std::string& name, int ranks, Draft& draft) {
    const bool is_osu = test.made_by == "OSU", is_ring = test.name == "sendrecv";
    const int used = ranks > 0 ? ranks : test.ranks;
    draft.remark(fmt::format("Written by `tokenyard import` from {}: {} of {}.", shown, test.name, test.made_by));
    if (test.name == "alltoallv") draft.remark("The log does not tell the sizes of pairs: all are taken to be alike.");
    draft.say("name", yaml_quoted(name));
    draft.say("description",
              yaml_quoted(fmt::format("{} of {}{}", test.name, test.made_by, used > 0 ? fmt::format(" on {} ranks", used) : "")));
    draft.say("sources", fmt::format("\n  - {}", yaml_quoted(shown + ", a log of " + test.made_by)));
    draft.say("hardware", yaml_quoted(test.gpu.empty() ? "not told" : fmt::format("{} x {}", used, test.gpu)));
    draft.say("software", yaml_quoted(test.software.empty() ? "not told" : test.software));
    draft.say("counted",
              yaml_quoted(is_osu    ? "size is what each rank sends to each; time is the average over ranks and iterations"
                          : is_ring ? "size is what each rank sends to the next; time out of place"
                                    : "size is what a rank sends in all, its own block included; time out of place"));
    draft.say("compared", "completion of dispatch with time");
    draft.ask("predict.cluster", "cluster that it was measured on", "FILE, a cluster as YAML or the name of a shipped one");
    draft.say("predict.exchange", is_ring  ? "{kind: ring}"
                                  : is_osu ? "{kind: uniform, size: of-pair}"
                                           : "{kind: uniform, size: of-rank}");
    if (is_osu)
        draft.ask("predict.algorithm", "algorithm of MPI", "mpi-pairwise (or mpi-linear, mpi-bruck, as the library chose)");
    else draft.say("predict.algorithm", "nccl");
    if (const std::string library = test.nccl > 0 ? library_of(test.nccl) : ""; !library.empty())
        draft.say("predict.libraries", "[" + library + "]",
                  fmt::format("NCCL {}.{}.{}, as the log says", test.nccl / 10000, test.nccl / 100 % 100, test.nccl % 100));
    else if (test.nccl > 0)
        draft.remark(fmt::format("No shipped library is NCCL {}.{}: it is the cluster's, or --set predict.libraries=[PART].",
                                 test.nccl / 10000, test.nccl / 100 % 100));
    if (test.nodes > 0) draft.say("columns", "{nodes: nodes}");
    draft.say("along", "size");
    if (used == 0) draft.ask_option("number of ranks", "--ranks N");
    draft.say("rows", rows_yaml(test, used), "every third may be fitted to, the others judge");
}

}  // namespace tokenyard
