// SPDX-License-Identifier: Apache-2.0
// For tests only: places in the program at which a test can have a process killed, or made to wait, instead of hoping that a
// signal arrives there. Without the two variables below nothing happens.
//
//   TOKENYARD_KILL_AT=POINT[:NUMBER]   the process kills itself by SIGKILL, of which it does not hear
//   TOKENYARD_WAIT_AT=POINT[:NUMBER]   the process waits until somebody ends it
//
// Without a number every pass of the point is meant; with one, the pass for this case, counted from 1. The points, each of which
// a test kills a process at:
//
//   crew.worker             a worker has been given a case                tests/cli/killed_sweep_test.cpp
//   crew.job                the process of a case starts to compute       tests/cli/killed_sweep_test.cpp
//   crew.job_done           ... and has sent its result                   tests/cli/killed_sweep_test.cpp
//   store.open              the file of results is open                   tests/cli/killed_sweep_test.cpp
//   store.begin             columns and numbers are not yet committed     tests/cli/killed_sweep_test.cpp
//   store.begun             ... and are committed                         tests/cli/killed_sweep_test.cpp
//   store.row               a row is not yet written                      tests/cli/killed_sweep_test.cpp
//   store.row_written       ... and is written                            tests/cli/killed_sweep_test.cpp
//   engine.simgrid          SimGrid's process starts                      tests/cli/program_test.cpp
//   report.output_written   an output is whole but not yet in its place   tests/cli/program_test.cpp
#pragma once

#include <cstddef>
#include <string_view>

namespace tokenyard {

/// Here the process ends or waits, if the environment says so. `number`: the case that it is about, counted from 1.
void testing_point(std::string_view point, std::size_t number = 1);

}  // namespace tokenyard
