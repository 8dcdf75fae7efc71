// SPDX-License-Identifier: Apache-2.0
#include "import/timings.hpp"

#include "import/lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

namespace tokenyard {
namespace {

constexpr std::size_t most_rows = 10000;  // of a test

template <class Number>
Number cell(const SourceText& source, const TextLine& line, const Word& word, Number smallest, const char* expected) {
    Number value{};
    const char* end = word.text.data() + word.text.size();
    const auto [parsed, error] = std::from_chars(word.text.data(), end, value);
    constexpr double most = 1e18;
    if (error != std::errc{} || parsed != end || !(value >= smallest) || static_cast<double>(value) > most)
        throw InputError({source.start.text, line.number, word.column},
                         fmt::format("found {}; expected {}", in_quotes(word.text), expected));
    return value;
}

double positive_time(const SourceText& source, const TextLine& line, const Word& word) {
    constexpr double least = 1e-6;  // us
    return cell<double>(source, line, word, least, "a time in us above 0");
}

void check_count(const SourceText& source, const TextLine& line, std::size_t found, std::size_t needed) {
    if (found < needed)
        throw InputError({source.start.text, line.number, 1},
                         fmt::format("found {} columns; expected at least {}, as the header has them", found, needed));
}

int bytes_of_type(std::string_view type) {
    for (const auto& [name, bytes] :
         {std::pair{"int8", 1}, std::pair{"uint8", 1}, std::pair{"half", 2}, std::pair{"bfloat16", 2}, std::pair{"int32", 4},
          std::pair{"uint32", 4}, std::pair{"float", 4}, std::pair{"int64", 8}, std::pair{"uint64", 8}, std::pair{"double", 8},
          std::pair{"f8e4m3", 1}, std::pair{"f8e5m2", 1}})
        if (type == name) return bytes;
    return 0;
}

class NcclTests {
public:
    explicit NcclTests(const SourceText& source) : source_(source) {}

    std::vector<TimedTest> read() {
        for (const TextLine& line : text_lines(source_.text)) {
            const std::vector<Word> words = words_of(line.text);
            if (words.empty()) continue;
            if (words[0].text == "#" && words.size() > 1) read_comment(line, words);
            else if (is_count(words[0].text) && time_column_ > 1) read_row(line, words);
        }
        std::erase_if(tests_, [](const TimedTest& test) { return test.rows.empty(); });
        if (tests_.empty()) throw InputError(source_.start, "found no times; expected rows below the header of a test");
        return std::move(tests_);
    }

private:
    static bool is_count(std::string_view text) { return text.find_first_not_of("0123456789") == std::string_view::npos; }

    void begin(const TextLine& line, std::string name) {
        tests_.emplace_back();
        tests_.back().at = {source_.start.text, line.number, 1};
        tests_.back().name = std::move(name);
        tests_.back().made_by = "nccl-tests";
        tests_.back().software = software_;
        tests_.back().nccl = nccl_;
        hosts_.clear();
        time_column_ = 0;
    }

    void read_comment(const TextLine& line, const std::vector<Word>& words) {
        const std::string_view text = line.text;
        const auto starts = [&](std::string_view a, std::string_view b) {
            return words.size() > 2 && words[1].text == a && words[2].text == b;
        };
        if (starts("nccl-tests", "version") || starts("nccl", "version")) {
            software_ = text.substr(static_cast<std::size_t>(words[1].column) - 1);
            const std::size_t at = text.find("nccl-library=");
            if (at != std::string_view::npos) std::from_chars(text.data() + at + 13, text.data() + text.size(), nccl_);
        } else if (starts("Collective", "test") && words.size() > 4 && words[3].text == "starting:") {
            const std::string_view name = words[4].text;
            begin(line, std::string(name.substr(0, name.find("_perf"))));
        } else if (words[1].text == "Rank") {
            read_device(line, words);
        } else if (words[1].text == "size") {
            if (tests_.empty() || !tests_.back().rows.empty()) begin(line, "");
            const auto time = std::ranges::find(words, std::string_view("time"), &Word::text);
            columns_ = words.size() - 1;  // behind the #
            if (time != words.end()) time_column_ = static_cast<std::size_t>(time - words.begin()) - 1;
        }
    }

    /// `#  Rank  0 Group  0 Pid 1 on node01 device 0 [0000:1b:00] NVIDIA H100 80GB HBM3`
    void read_device(const TextLine& line, const std::vector<Word>& words) {
        if (tests_.empty() || !tests_.back().rows.empty()) begin(line, "");
        TimedTest& test = tests_.back();
        ++test.ranks;
        const auto on = std::ranges::find(words, std::string_view("on"), &Word::text);
        if (on != words.end() && on + 1 != words.end()) hosts_.insert(std::string((on + 1)->text));
        test.nodes = static_cast<int>(hosts_.size());
        const std::size_t bracket = line.text.find(']');
        if (bracket != std::string_view::npos && bracket + 2 < line.text.size()) test.gpu = line.text.substr(bracket + 2);
    }

    /// `size count type redop [root] time algbw busbw #wrong ...`
    void read_row(const TextLine& line, const std::vector<Word>& words) {
        constexpr std::size_t behind_time = 3;  // algbw, busbw, #wrong or error
        check_count(source_, line, words.size(), columns_ - 1);
        if (words.size() > columns_)
            throw InputError({source_.start.text, line.number, 1},
                             fmt::format("found {} columns; expected {}, as the header has them", words.size(), columns_));
        const std::size_t time = time_column_ - (columns_ - words.size());  // redop is blank in old logs of tests that have none
        check_count(source_, line, words.size(), time + behind_time + 1);
        TimedTest& test = tests_.back();
        if (test.rows.size() >= most_rows)
            throw InputError({source_.start.text, line.number, 1},
                             fmt::format("found more than {} rows; expected fewer", most_rows));
        TimedRow row;
        row.size = cell<long>(source_, line, words[0], 0, "a size in bytes");
        const long count = cell<long>(source_, line, words[1], 0, "a number of elements");
        row.time_us = positive_time(source_, line, words[time]);
        const std::string_view wrong = words[time + behind_time].text;
        if (wrong != "0" && wrong != "N/A" && wrong != "0e+00") {
            ++test.wrong;
            return;
        }
        const long of_element = bytes_of_type(words[2].text);
        if (test.ranks == 0 && test.name.starts_with("alltoall") && count > 0 && of_element > 0)
            test.ranks = static_cast<int>(row.size / (count * of_element));
        if (test.name.empty() && count > 0 && of_element > 0) ranks_if_all_to_all_ = row.size / (count * of_element);
        if (row.size > 0) test.rows.push_back(row);
        if (test.name.empty() && test.ranks == 0 && ranks_if_all_to_all_ > 1)
            test.ranks = static_cast<int>(std::min(ranks_if_all_to_all_, 1L << 20));
    }

    const SourceText& source_;
    std::vector<TimedTest> tests_;
    std::set<std::string> hosts_;
    std::string software_;
    int nccl_ = 0;
    std::size_t time_column_ = 0, columns_ = 0;
    long ranks_if_all_to_all_ = 0;
};

}  // namespace

std::vector<TimedTest> tests_from_nccl(const SourceText& source) { return NcclTests(source).read(); }

TimedTest test_from_osu(const SourceText& source) {
    TimedTest test;
    test.at = source.start;
    test.made_by = "OSU";
    bool has_extremes = false;
    for (const TextLine& line : text_lines(source.text)) {
        const std::vector<Word> words = words_of(line.text);
        if (words.empty()) continue;
        const std::string_view text = line.text;
        if (text.starts_with("# OSU ")) {
            test.software = text.substr(2);
            if (text.find("All-to-Allv") != std::string_view::npos) test.name = "alltoallv";
            else if (text.find("All-to-All ") != std::string_view::npos) test.name = "alltoall";
            else
                throw InputError({source.start.text, line.number, 1},
                                 fmt::format("found {}; expected the test All-to-All or All-to-Allv", in_quotes(text.substr(2))));
        } else if (text.starts_with('#')) {
            has_extremes |=
                text.find("Min Latency") != std::string_view::npos && text.find("Max Latency") != std::string_view::npos;
        } else if (words[0].text.find_first_not_of("0123456789") == std::string_view::npos) {
            check_count(source, line, words.size(), has_extremes ? 4 : 2);
            if (test.rows.size() >= most_rows)
                throw InputError({source.start.text, line.number, 1},
                                 fmt::format("found more than {} rows; expected fewer", most_rows));
            TimedRow row;
            row.size = cell<long>(source, line, words[0], 1, "a size in bytes above 0");
            row.time_us = positive_time(source, line, words[1]);
            if (has_extremes) {
                row.fastest_us = positive_time(source, line, words[2]);
                row.slowest_us = positive_time(source, line, words[3]);
            }
            test.rows.push_back(row);
        }
    }
    if (test.name.empty() || test.rows.empty())
        throw InputError(source.start, "found no times of OSU's All-to-All; expected rows of sizes and times");
    return test;
}

}  // namespace tokenyard
