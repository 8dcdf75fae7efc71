// SPDX-License-Identifier: Apache-2.0
// Measured times become a record, which `validate` and `fit` read.
#pragma once

#include "import/draft.hpp"
#include "import/timings.hpp"

#include <string>
#include <vector>

namespace tokenyard {

/// The test that is asked for by its name, or the first of alltoall, alltoallv and sendrecv that there is. A name that the log
/// does not say is the one that is asked for. Throws InputError for none.
TimedTest chosen_test(const std::vector<TimedTest>& tests, const std::string& asked, std::vector<std::string>& notes);

/// The whole record. `shown`: the file's name. `ranks` of 0: as the log says. What it does not tell is asked for.
void draft_record(const TimedTest& test, const std::string& shown, const std::string& name, int ranks, Draft& draft);

}  // namespace tokenyard
