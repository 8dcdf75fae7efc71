// SPDX-License-Identifier: Apache-2.0
// What tests/elastic/test_ep.py of DeepEP V2 prints.
#pragma once

#include "import/library_times.hpp"
#include "import/lines.hpp"
#include "input/source.hpp"

#include <vector>

namespace tokenyard {

/// Takes the lines of a log one by one. Throws InputError at one that is cut off.
class ElasticTest {
public:
    explicit ElasticTest(const SourceText& source) : source_(source) {}
    void read(const TextLine& line);
    /// Adds the test, if there is one.
    void finish(std::vector<LibraryTimes>& tests);

private:
    void read_config(const TextLine& line);
    void read_mode(const TextLine& line, std::size_t at);
    void read_time(const TextLine& line, std::size_t at);

    const SourceText& source_;
    Position at_;
    long ranks_ = 0, nodes_ = 0, experts_ = 0, picks_ = 0, tokens_ = 0, hidden_ = 0, sms_ = 0;
    int modes_ = 0;                             // that have begun
    int first_of_fp8_ = 0, first_of_bf16_ = 0;  // modes, from 1
    bool is_fp8_ = false;
    std::vector<CallTime> rows_;
};

}  // namespace tokenyard
