// SPDX-License-Identifier: Apache-2.0
#include "import/printed.hpp"

#include <fmt/format.h>

#include <charconv>

namespace tokenyard {

Printed::Printed(const SourceText& source, const TextLine& line, std::size_t start)
    : source_(&source), line_(line.number), column_(start + 1), text_(line.text.substr(start)) {}

Printed Printed::from(std::size_t start) const {
    Printed part = *this;
    part.column_ += start;
    part.text_.remove_prefix(start);
    return part;
}

Printed Printed::before(std::size_t end) const {
    Printed part = *this;
    part.text_ = text_.substr(0, end);
    return part;
}

void Printed::fail_at(std::size_t at, const std::string& message) const {
    throw InputError({source_->start.text, line_, static_cast<int>(column_ + at)}, message);
}

std::size_t Printed::behind(std::string_view label) const {
    const std::size_t found = text_.find(label);
    if (found == std::string_view::npos) fail(fmt::format("found {}; expected '{}' in it", in_quotes(text_), label));
    const std::size_t start = text_.find_first_not_of(' ', found + label.size());
    return start == std::string_view::npos ? text_.size() : start;
}

long Printed::count_behind(std::string_view label, long smallest, long largest) const {
    const std::size_t at = behind(label);
    long value = 0;
    const auto [end, error] = std::from_chars(text_.data() + at, text_.data() + text_.size(), value);
    if (error != std::errc{} || value < smallest || value > largest)
        fail_at(at,
                fmt::format("found {}; expected a whole number from {} to {}", in_quotes(text_.substr(at)), smallest, largest));
    return value;
}

double Printed::number_at(std::size_t at) const {
    double value = 0;
    const auto [end, error] = std::from_chars(text_.data() + at, text_.data() + text_.size(), value);
    constexpr double least = 1e-9, most = 1e12;
    if (error != std::errc{} || !(value >= least && value <= most))
        fail_at(at, fmt::format("found {}; expected a number above 0", in_quotes(text_.substr(at))));
    return value;
}

double Printed::number_behind(std::string_view label) const { return number_at(behind(label)); }

double Printed::rate(std::string_view kind) const {
    const std::vector<Word> words = words_of(text_);
    const Word* unlabelled = nullptr;
    for (std::size_t word = 1; word < words.size(); ++word) {
        if (!words[word].text.starts_with("GB/s")) continue;
        if (word + 1 < words.size() && words[word + 1].text.starts_with(kind))
            return number_at(static_cast<std::size_t>(words[word - 1].column) - 1);
        if (!unlabelled && (word + 1 == words.size() || !words[word + 1].text.starts_with('('))) unlabelled = &words[word - 1];
    }
    if (unlabelled) return number_at(static_cast<std::size_t>(unlabelled->column) - 1);
    fail(fmt::format("found {}; expected a time, or a rate in GB/s {}", in_quotes(text_), kind));
}

std::optional<double> Printed::time() const {
    const std::vector<Word> words = words_of(text_);
    for (std::size_t word = 1; word < words.size(); ++word) {
        if (words[word].text != "us" && words[word].text != "us,") continue;
        if (word > 1 && words[word - 2].text == "notify:") continue;
        return number_at(static_cast<std::size_t>(words[word - 1].column) - 1);
    }
    return {};
}

}  // namespace tokenyard
