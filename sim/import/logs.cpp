// SPDX-License-Identifier: Apache-2.0
#include "import/logs.hpp"

#include "import/collectivex.hpp"
#include "import/deepep_log.hpp"
#include "import/nccl_tests_json.hpp"
#include "import/record_draft.hpp"

#include <algorithm>
#include <array>

namespace tokenyard {
namespace {

constexpr std::array<std::string_view, 2> of_libraries{"deepep", "collectivex"};
constexpr std::array<std::string_view, 3> of_collectives{"nccl-tests", "nccl-tests-json", "osu"};

std::vector<TimedTest> tests_of(const SourceText& source, std::string_view kind) {
    if (kind == "osu") return {test_from_osu(source)};
    if (kind == "nccl-tests-json") return {test_from_nccl_json(source)};
    return tests_from_nccl(source);
}

}  // namespace

bool is_log(std::string_view kind) {
    return std::ranges::find(of_libraries, kind) != of_libraries.end() ||
           std::ranges::find(of_collectives, kind) != of_collectives.end();
}

std::string record_of_log(const SourceText& source, std::string_view kind, const std::string& shown, const std::string& name,
                          const ImportOptions& options, std::vector<std::string>& notes) {
    Draft draft(options.given);
    if (std::ranges::find(of_libraries, kind) != of_libraries.end()) {
        const LibraryTimes times = kind == "deepep" ? chosen_times(times_from_deepep(source, options.ranks), options.test, notes)
                                                    : times_from_collectivex(source);
        draft_library_record(times, shown, name, draft);
        return draft.yaml(times.at);
    }
    const TimedTest test = chosen_test(tests_of(source, kind), options.test, notes);
    draft_record(test, shown, name, options.ranks, draft);
    return draft.yaml(test.at);
}

}  // namespace tokenyard
