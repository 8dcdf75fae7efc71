// SPDX-License-Identifier: Apache-2.0
// What a person should know whose Ctrl-C ends the program.
#pragma once

#include <string>

namespace tokenyard {

/// While it lives, SIGINT and SIGTERM print the line on standard error before they end the process as they would without it. One
/// at a time: handlers of signals belong to the process. Processes that are forked before are as they were.
class InterruptNotice {
public:
    explicit InterruptNotice(const std::string& line);
    ~InterruptNotice();
    InterruptNotice(const InterruptNotice&) = delete;
    InterruptNotice& operator=(const InterruptNotice&) = delete;
};

}  // namespace tokenyard
