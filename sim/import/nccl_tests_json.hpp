// SPDX-License-Identifier: Apache-2.0
// What nccl-tests writes with -J, as the tests of its log.
#pragma once

#include "import/timings.hpp"

namespace tokenyard {

/// The one test of the file, with times out of place. Keys that are not needed are passed over: the file has the environment of
/// the process, among others. The test is named by the first argument. Throws InputError for what is missing or no number.
/// Source: nccl-tests a0b82b2, src/util.cu (version 3 of the file).
TimedTest test_from_nccl_json(const SourceText& source);

}  // namespace tokenyard
