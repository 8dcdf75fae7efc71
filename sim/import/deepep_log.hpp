// SPDX-License-Identifier: Apache-2.0
// What the tests of DeepEP print of its kernels' times; UCCL-EP's tests print the same.
#pragma once

#include "import/library_times.hpp"
#include "input/source.hpp"

#include <vector>

namespace tokenyard {

/// The tests of a log, in the order in which they begin: intranode and internode (lines "Best dispatch" and "Best combine",
/// all their revisions; where only a rate is printed the time is reckoned from the bytes that the test counts), low-latency
/// (a line a rank, of which the mean is taken), and elastic of DeepEP V2 (the first mode of each dtype, mean over ranks).
/// `ranks`: as the command line says; 0: not said. Whatever else stands in the log is passed over. Throws InputError for a
/// line that is cut off or has no number, for rates without `ranks`, and for a log without any of these.
/// Source: deepseek-ai/DeepEP, tests/ from 2025-02 to dd758ca of 2026-07.
std::vector<LibraryTimes> times_from_deepep(const SourceText& source, int ranks);

}  // namespace tokenyard
