// SPDX-License-Identifier: Apache-2.0
// Numbers out of a line that a program printed for people, found by the words beside them.
#pragma once

#include "import/lines.hpp"
#include "input/source.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tokenyard {

class Printed {
public:
    /// The line from `start` on. The source outlives this.
    Printed(const SourceText& source, const TextLine& line, std::size_t start);

    std::string_view text() const { return text_; }
    bool has(std::string_view word) const { return text_.find(word) != std::string_view::npos; }
    Printed from(std::size_t start) const;
    Printed before(std::size_t end) const;

    /// The number behind a label and blanks. These throw InputError, at the place, where there is none or it is out of range.
    long count_behind(std::string_view label, long smallest, long largest) const;
    double number_behind(std::string_view label) const;  // above 0

    /// The number before "GB/s" and a kind such as "(RDMA)".
    double rate(std::string_view kind) const;

    /// The first time, "1391 us" with or without a label, that is neither "notify:" nor the first of "229 + 1391 us".
    std::optional<double> time() const;

    [[noreturn]] void fail(const std::string& message) const { fail_at(0, message); }

private:
    [[noreturn]] void fail_at(std::size_t at, const std::string& message) const;
    std::size_t behind(std::string_view label) const;
    double number_at(std::size_t at) const;

    const SourceText* source_;
    int line_;
    std::size_t column_;  // of the first character, from 1
    std::string_view text_;
};

}  // namespace tokenyard
