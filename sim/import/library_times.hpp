// SPDX-License-Identifier: Apache-2.0
// Times of an expert-parallel library's dispatch and combine, as its benchmarks print them, and the record that they become.
#pragma once

#include "import/draft.hpp"
#include "model/record.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tokenyard {

struct CallTime {
    RowPhase phase = RowPhase::dispatch;
    long tokens = 0;         // of a rank
    std::string dtype = {};  // of dispatch, as a workload calls it; empty: as the record says for all
    int scales = 0;          // elements that share a scale; 0: there is none
    int sms = 0;             // of the library's kernels; 0: not told
    long room = 0;           // tokens of a rank that its buffers were made for; 0: not told
    double time_us = 0;
    std::optional<double> fastest_us = {}, slowest_us = {};  // of several ranks, or of several runs
};

/// One benchmark of one library.
struct LibraryTimes {
    Position at;
    std::string name;     // of the test: "intranode", "internode", "low-latency", "elastic", "collectivex"
    std::string made_by;  // "DeepEP's tests/test_intranode.py"
    std::string gpu, software, counted;
    std::string cluster, cluster_told_by;     // of a shipped one; empty: asked for
    std::string algorithm, library, told_by;  // both empty: asked for
    std::string workload = "deepep_test";     // the shipped one that `set` starts from
    std::vector<std::string> set;             // KEY=VALUE
    std::string set_told_by;
    std::string sms_key;       // the key that `sms` of a row overrides
    int ranks = 0, nodes = 0;  // 0: not told
    std::vector<CallTime> rows;
    std::vector<std::string> notes;
};

/// One row for those that differ in their times alone: their mean, and the fastest and the slowest of them.
std::vector<CallTime> without_repeats(const std::vector<CallTime>& rows);

/// Groups of which at least one has an expert of a token, by expectation, when `picks` of `experts` are drawn evenly and
/// experts lie in `groups` equal blocks: G (1 - C(E - E/G, K) / C(E, K)).
double groups_of_token(int groups, int experts, int picks);

/// The one that is asked for by its name, or the first. Throws InputError for none of that name.
LibraryTimes chosen_times(const std::vector<LibraryTimes>& all, const std::string& asked, std::vector<std::string>& notes);

/// The whole record. `shown`: the file's name. What the benchmark does not tell is asked for.
void draft_library_record(const LibraryTimes& times, const std::string& shown, const std::string& name, Draft& draft);

}  // namespace tokenyard
