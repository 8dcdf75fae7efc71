// SPDX-License-Identifier: Apache-2.0
// A bar on stderr for runs that take a while, when somebody watches.
#pragma once

#include <chrono>
#include <string>

namespace tokenyard {

class ProgressBar {
public:
    ProgressBar();
    ~ProgressBar();  // wipes it
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    /// Draws when stderr is a terminal and more than a second has passed since construction.
    void show(double part);

private:
    std::chrono::steady_clock::time_point start_, drawn_at_;
    bool is_terminal_;
    bool is_drawn_ = false;
};

}  // namespace tokenyard
