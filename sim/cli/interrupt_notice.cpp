// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupt_notice.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

namespace tokenyard {
namespace {

// A handler may use nothing but memory that is there already, and write().
char notice[4096];
std::size_t notice_size = 0;

void print_and_end(int signal) {
    static_cast<void>(!write(STDERR_FILENO, notice, notice_size));
    raise(signal);  // which does again what it did before: SA_RESETHAND
}

constexpr int signals[] = {SIGINT, SIGTERM};

}  // namespace

InterruptNotice::InterruptNotice(const std::string& line) {
    const std::string text = "\n" + line + "\n";  // behind a progress bar
    notice_size = std::min(text.size(), sizeof notice);
    std::memcpy(notice, text.data(), notice_size);
    struct sigaction action {};
    action.sa_handler = print_and_end;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    for (const int signal : signals) sigaction(signal, &action, nullptr);
}

InterruptNotice::~InterruptNotice() {
    for (const int signal : signals) std::signal(signal, SIG_DFL);
}

}  // namespace tokenyard
