// SPDX-License-Identifier: Apache-2.0
#include "cli/progress_bar.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace tokenyard {
namespace {
constexpr auto first_after = std::chrono::seconds(1);
constexpr auto redraw_after = std::chrono::milliseconds(200);
constexpr int width = 40;  // characters
}  // namespace

ProgressBar::ProgressBar()
    : start_(std::chrono::steady_clock::now()), drawn_at_(start_), is_terminal_(isatty(STDERR_FILENO) != 0) {}

ProgressBar::~ProgressBar() {
    if (is_drawn_) fmt::print(stderr, "\r\033[K");
}

void ProgressBar::show(double part) {
    const auto now = std::chrono::steady_clock::now();
    if (!is_terminal_ || now - start_ < first_after || now - drawn_at_ < redraw_after) return;
    const double done = std::clamp(part, 0.0, 1.0);
    const auto filled = static_cast<std::size_t>(done * width);
    const std::string bar = std::string(filled, '#') + std::string(width - filled, '.');
    const double passed = std::chrono::duration<double>(now - start_).count();
    const std::string left = done > 0 ? fmt::format(", about {:.0f} s left", passed * (1 - done) / done) : "";
    fmt::print(stderr, "\r[{}] {:3.0f} % {:.0f} s{}\033[K", bar, done * 100, passed, left);
    std::fflush(stderr);
    drawn_at_ = now;
    is_drawn_ = true;
}

}  // namespace tokenyard
