// SPDX-License-Identifier: Apache-2.0
#include "import/deepep_elastic.hpp"

#include "import/printed.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tokenyard {
namespace {
constexpr long most_in_test = 1 << 24, most_in_group = 1 << 14;
}

void ElasticTest::read(const TextLine& line) {
    read_config(line);
    if (const std::size_t at = line.text.find("> Testing with "); at != std::string_view::npos) read_mode(line, at);
    if (const std::size_t at = line.text.find(" EP: "); at != std::string_view::npos) read_time(line, at);
}

/// "> Ranks: 2 x 8", "> Experts: 8/256", "> Tokens: 4096 (max: 4096), hidden: 7168", "> #SM: 24, #QPs: 129/129"
void ElasticTest::read_config(const TextLine& line) {
    const std::size_t at = line.text.find("> ");
    if (at == std::string_view::npos) return;
    const Printed text(source_, line, at);
    if (text.text().starts_with("> Ranks: ")) {
        nodes_ = text.count_behind("Ranks: ", 1, most_in_group);
        ranks_ = nodes_ * text.count_behind(" x ", 1, most_in_group / nodes_);
    } else if (text.text().starts_with("> Experts: ")) {
        picks_ = text.count_behind("Experts: ", 1, most_in_test);
        experts_ = text.count_behind("/", picks_, most_in_test);
    } else if (text.text().starts_with("> Tokens: ")) {
        tokens_ = text.count_behind("Tokens: ", 0, most_in_test);
        tokens_ = std::max(tokens_, text.has("(max: ") ? text.count_behind("(max: ", 1, most_in_test) : 1);
        hidden_ = text.count_behind("hidden: ", 1, most_in_test);
    } else if (text.text().starts_with("> #SM: ")) {
        sms_ = text.count_behind("#SM: ", 0, most_in_test);
    }
}

void ElasticTest::read_mode(const TextLine& line, std::size_t at) {
    const Printed text(source_, line, at);
    if (!text.has("use_fp8_dispatch=")) return;
    is_fp8_ = text.has("use_fp8_dispatch=1") || text.has("use_fp8_dispatch=True");
    ++modes_;
    int& first = is_fp8_ ? first_of_fp8_ : first_of_bf16_;
    if (first == 0) first = modes_;
}

/// "   * EP:   0/16 | dispatch: 35 GB/s (SO), 203 GB/s (SU), 864.688 us, 2 bytes | copy: 200 GB/s, 5.000 us"
void ElasticTest::read_time(const TextLine& line, std::size_t at) {
    const Printed text(source_, line, at);
    const bool is_dispatch = text.has("| dispatch: "), is_combine = text.has("| combine: ");
    if (!is_dispatch && !is_combine) return;  // expanded, cached, or reduced
    if (ranks_ == 0 || experts_ == 0 || tokens_ == 0 || hidden_ == 0)
        text.fail(fmt::format("found {} without the lines of Config above it; expected Ranks, Experts, Tokens and #SM",
                              in_quotes(text.text())));
    if (modes_ == 0) text.fail(fmt::format("found {} without '> Testing with' above it; expected it", in_quotes(text.text())));
    if (is_combine ? modes_ != 1 : modes_ != (is_fp8_ ? first_of_fp8_ : first_of_bf16_)) return;
    if (rows_.size() >= 4 * static_cast<std::size_t>(most_in_group))
        text.fail(fmt::format("found more than {} lines of ranks; expected the log of one run", rows_.size()));
    const std::optional<double> time = text.time();
    if (!time) text.fail(fmt::format("found {}; expected a time in us", in_quotes(text.text())));
    if (rows_.empty()) at_ = {source_.start.text, line.number, 1};
    CallTime row;
    row.phase = is_dispatch ? RowPhase::dispatch : RowPhase::combine;
    row.tokens = tokens_;
    row.dtype = is_fp8_ ? "fp8_e4m3" : "bf16";
    row.scales = is_fp8_ ? 128 : 0;
    row.sms = static_cast<int>(sms_);
    row.time_us = *time;
    rows_.push_back(row);
}

void ElasticTest::finish(std::vector<LibraryTimes>& tests) {
    if (rows_.empty()) return;
    LibraryTimes times;
    times.at = at_;
    times.name = "elastic";
    times.made_by = "DeepEP's tests/elastic/test_ep.py";
    times.counted = "mean over ranks of the main kernel alone, without the copy or the sum behind it";
    times.algorithm = "sent-once";
    times.library = "deepep_v2";
    times.told_by = "DeepEP V2";
    times.set = {fmt::format("model.hidden={}", hidden_),
                 fmt::format("model.experts={}", experts_),
                 fmt::format("model.experts_per_token={}", picks_),
                 "dispatch.dtype=bf16",
                 "dispatch.scale_block=~",
                 "sent_once.copies_out=no",
                 "sent_once.adds=no"};
    times.set_told_by = "lines of Config; times are of the main kernel alone";
    times.sms_key = "sent_once.sms";
    times.ranks = static_cast<int>(ranks_);
    times.nodes = static_cast<int>(nodes_);
    times.rows = without_repeats(rows_);
    tests.push_back(std::move(times));
}

}  // namespace tokenyard
