// SPDX-License-Identifier: Apache-2.0
#include "input/error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace tokenyard {
namespace {

std::string on_one_line(std::string_view text) {
    std::string line;
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        if (character == '\n') line += "\\n";
        else if (character == '\t') line += "\\t";
        else if (byte < 0x20 || byte == 0x7F) line += fmt::format("\\x{:02x}", byte);
        else line += character;
    }
    return line;
}

std::string line_of(const Refusal& refusal) {
    return on_one_line(
        fmt::format("{}:{}:{}: error: {}", refusal.at.text->shown, refusal.at.line, refusal.at.column, refusal.message));
}

/// Each once, by file as they come first, and by place in it.
std::vector<Refusal> in_order(std::vector<Refusal> refusals) {
    std::vector<std::string> files;
    for (const Refusal& each : refusals)
        if (std::ranges::find(files, each.at.text->shown) == files.end()) files.push_back(each.at.text->shown);
    const auto place = [&](const Refusal& each) {
        return std::tuple(std::ranges::find(files, each.at.text->shown), each.at.line, each.at.column);
    };
    std::ranges::stable_sort(refusals, {}, place);
    const auto same = [&](const Refusal& a, const Refusal& b) { return place(a) == place(b) && a.message == b.message; };
    refusals.erase(std::unique(refusals.begin(), refusals.end(), same), refusals.end());
    return refusals;
}

std::string in_lines(const std::vector<Refusal>& refusals) {
    constexpr std::size_t most = 20;  // a screen; what is behind them may come from one slip
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < std::min(most, refusals.size()); ++i) lines.push_back(line_of(refusals[i]));
    if (refusals.size() > most) lines.push_back(fmt::format("and {} more", refusals.size() - most));
    return fmt::format("{}", fmt::join(lines, "\n"));
}

}  // namespace

std::string in_quotes(std::string_view text) {
    constexpr std::size_t longest = 60;
    if (text.size() <= longest) return fmt::format("'{}'", text);
    std::size_t end = longest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not inside a UTF-8 character
    return fmt::format("'{}...'", text.substr(0, end));
}

InputError::InputError(const Position& position, const std::string& message)
    : InputError(std::vector{Refusal{position, message}}) {}

InputError::InputError(std::vector<Refusal> refusals)
    : std::runtime_error(in_lines(refusals = in_order(std::move(refusals)))),
      refusals_(std::make_shared<const std::vector<Refusal>>(std::move(refusals))) {}

std::string InputError::on_one_line() const {
    if (refusals_->empty()) return {};
    const std::string first = line_of(refusals_->front());
    return refusals_->size() == 1 ? first : fmt::format("{} (and {} more)", first, refusals_->size() - 1);
}

void Refusals::add(const std::vector<Refusal>& more) {
    is_any_ = true;
    all_.insert(all_.end(), more.begin(), more.end());
}

void Refusals::expect_none() const {
    if (is_any_) throw InputError(all_);
}

}  // namespace tokenyard
