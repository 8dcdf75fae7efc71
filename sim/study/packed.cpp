// SPDX-License-Identifier: Apache-2.0
#include "study/study.hpp"

#include <cstring>
#include <stdexcept>

namespace tokenyard {
namespace {

// Between processes of one program: the machine's own byte order; a length before every text.

template <class Number>
void put(std::string& bytes, Number value) {
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    bytes.append(raw, sizeof value);
}

void put_text(std::string& bytes, const std::string& text) {
    put(bytes, std::uint64_t{text.size()});
    bytes += text;
}

class Taker {
public:
    explicit Taker(std::string_view bytes) : left_(bytes) {}

    template <class Number>
    Number number() {
        Number value;
        std::memcpy(&value, take(sizeof value).data(), sizeof value);
        return value;
    }
    std::string text() { return std::string(take(number<std::uint64_t>())); }
    void expect_end() const {
        if (!left_.empty()) fail();
    }
    [[noreturn]] static void fail() { throw std::runtime_error("a worker sent something else than a result"); }

private:
    std::string_view take(std::size_t size) {
        if (size > left_.size()) fail();
        const std::string_view taken = left_.substr(0, size);
        left_.remove_prefix(size);
        return taken;
    }

    std::string_view left_;
};

Cell take_cell(Taker& from) {
    switch (from.number<std::uint8_t>()) {
        case 0: return {};
        case 1: return from.number<std::int64_t>();
        case 2: return from.number<double>();
        case 3: return from.text();
    }
    Taker::fail();
}

void put_cell(std::string& bytes, const Cell& cell) {
    put(bytes, static_cast<std::uint8_t>(cell.index()));
    if (const auto* count = std::get_if<std::int64_t>(&cell)) put(bytes, *count);
    else if (const auto* number = std::get_if<double>(&cell)) put(bytes, *number);
    else if (const auto* text = std::get_if<std::string>(&cell)) put_text(bytes, *text);
}

}  // namespace

std::string packed(const CaseOutcome& outcome) {
    std::string bytes;
    put(bytes, static_cast<std::uint8_t>(outcome.status));
    put_text(bytes, outcome.error);
    put(bytes, std::uint64_t{outcome.outputs.size()});
    for (const Cell& cell : outcome.outputs) put_cell(bytes, cell);
    return bytes;
}

CaseOutcome unpacked(std::string_view bytes) {
    Taker from(bytes);
    CaseOutcome outcome;
    const auto status = from.number<std::uint8_t>();
    if (status > static_cast<std::uint8_t>(CaseStatus::failed)) Taker::fail();
    outcome.status = static_cast<CaseStatus>(status);
    outcome.error = from.text();
    for (auto left = from.number<std::uint64_t>(); left > 0; --left) outcome.outputs.push_back(take_cell(from));
    from.expect_end();
    return outcome;
}

}  // namespace tokenyard
