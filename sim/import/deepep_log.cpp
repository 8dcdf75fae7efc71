// SPDX-License-Identifier: Apache-2.0
#include "import/deepep_log.hpp"

#include "import/deepep_elastic.hpp"
#include "import/printed.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace tokenyard {
namespace {

constexpr int gpus_of_node = 8, experts_of_tests = 256, groups_at_most = 4;
constexpr double fp8_of_bf16 = (1 + 4.0 / 128) / 2;  // bytes: an FP32 scale for 128 elements

/// tests/test_intranode.py and tests/test_internode.py.
class NormalTests {
public:
    NormalTests(const SourceText& source, int ranks) : source_(source), ranks_(ranks) {}

    void read(const TextLine& line) {
        if (const std::size_t at = line.text.find("[config] num_tokens="); at != std::string_view::npos) read_config(line, at);
        else if (const std::size_t best = line.text.find("Best dispatch ("); best != std::string_view::npos)
            read_best(line, best);
        else if (const std::size_t back = line.text.find("Best combine:"); back != std::string_view::npos) read_best(line, back);
    }

    void finish(std::vector<LibraryTimes>& tests) {
        for (LibraryTimes& times : tests_) {
            times.rows = without_repeats(times.rows);
            tests.push_back(std::move(times));
        }
    }

private:
    void read_config(const TextLine& line, std::size_t at) {
        const Printed text(source_, line, at);
        constexpr long most_counted = 1 << 24;
        tokens_ = text.count_behind("num_tokens=", 1, most_counted);
        hidden_ = text.count_behind("hidden=", 1, most_counted);
        picks_ = static_cast<int>(text.count_behind("num_topk=", 1, experts_of_tests));
        groups_ = text.has("num_topk_groups=") ? static_cast<int>(text.count_behind("num_topk_groups=", 1, experts_of_tests)) : 0;
    }

    /// "Best dispatch (FP8): SMs 24, NVL chunk 32, RDMA chunk 16: 229 + 1391 us, 43.36 GB/s (RDMA), 141.61 GB/s (NVL)"
    void read_best(const TextLine& line, std::size_t at) {
        const Printed text(source_, line, at);
        if (tokens_ == 0)
            text.fail(
                fmt::format("found {} and no line [config] above it; expected one, such as [config] num_tokens=4096, "
                            "hidden=7168, num_topk=8",
                            in_quotes(text.text())));
        const bool is_internode = text.has("RDMA chunk");
        LibraryTimes& times = test_of(line, is_internode);
        CallTime row;
        row.phase = text.text().starts_with("Best combine") ? RowPhase::combine : RowPhase::dispatch;
        row.tokens = tokens_;
        const bool is_fp8 = text.has("(FP8)");
        if (row.phase == RowPhase::dispatch && !is_fp8 && !text.has("(BF16)"))
            text.fail(fmt::format("found {}; expected (FP8) or (BF16)", in_quotes(text.text())));
        if (row.phase == RowPhase::dispatch) row.dtype = is_fp8 ? "fp8_e4m3" : "bf16";
        if (is_fp8) row.scales = 128;
        constexpr long most_sms = 1024;
        row.sms = static_cast<int>(text.count_behind("SMs ", 1, most_sms));
        if (const std::optional<double> time = text.time()) row.time_us = *time;
        else row.time_us = time_of_rate(text, is_internode, is_fp8, times);
        times.rows.push_back(row);
    }

    LibraryTimes& test_of(const TextLine& line, bool is_internode) {
        const std::string name = is_internode ? "internode" : "intranode";
        const auto known = std::ranges::find(tests_, name, &LibraryTimes::name);
        if (known != tests_.end()) return *known;
        LibraryTimes& times = tests_.emplace_back();
        times.at = {source_.start.text, line.number, 1};
        times.name = name;
        times.made_by = fmt::format("DeepEP's tests/test_{}.py", name);
        times.counted = "time of the kernel with a cached layout, best chunk sizes, as rank 0 of a node prints it";
        times.algorithm = "two-level";
        times.library = "deepep_v1";
        times.told_by = "DeepEP's normal kernels; UCCL-EP's tests print the same lines: then [uccl_ep]";
        times.set = {fmt::format("model.hidden={}", hidden_), fmt::format("model.experts_per_token={}", picks_),
                     "dispatch.dtype=bf16", "dispatch.scale_block=~"};
        times.set_told_by =
            fmt::format("line [config]; the tests draw evenly, from {} experts unless told otherwise", experts_of_tests);
        const int nodes = ranks_ / gpus_of_node;
        if (groups_ > 0 && groups_ < nodes) {
            times.set.push_back(fmt::format("model.expert_groups={}", nodes));
            times.set.push_back(fmt::format("model.groups_per_token={}", groups_));
        }
        times.sms_key = "two_level.sms";
        times.ranks = ranks_;
        return times;
    }

    /// Bytes over the rate: in one node rows that a rank receives, itself included; between nodes pairs of a token and a node.
    double time_of_rate(const Printed& text, bool is_internode, bool is_fp8, LibraryTimes& times) const {
        const double rate = text.rate(is_internode ? "(RDMA)" : "(NVL)");
        if (ranks_ == 0)
            text.fail("found a rate and no time, and no number of ranks; expected --ranks N, from which the bytes follow");
        int groups = ranks_;
        double experts = experts_of_tests;
        if (is_internode) {
            if (ranks_ % gpus_of_node != 0)
                text.fail(fmt::format("found {} ranks for a test between nodes of {} GPUs; expected a multiple of them", ranks_,
                                      gpus_of_node));
            const int nodes = ranks_ / gpus_of_node;
            groups = std::min(nodes, groups_ > 0 ? groups_ : std::min(nodes, groups_at_most));
            experts = experts * groups / nodes;
        }
        const double copies = static_cast<double>(tokens_) * groups_of_token(groups, static_cast<int>(experts), picks_);
        const double bytes = copies * static_cast<double>(hidden_) * 2 * (is_fp8 ? fp8_of_bf16 : 1);
        const std::string note = "the log has rates alone: times are the bytes that the test counts, by expectation, over them";
        if (std::ranges::find(times.notes, note) == times.notes.end()) times.notes.push_back(note);
        return bytes / (rate * 1e9) * 1e6;
    }

    const SourceText& source_;
    int ranks_;
    long tokens_ = 0, hidden_ = 0;
    int picks_ = 0, groups_ = 0;
    std::vector<LibraryTimes> tests_;
};

/// tests/test_low_latency.py, which prints neither tokens nor sizes: rates times times are bytes, which tell tokens and dtype.
class LowLatencyTest {
public:
    LowLatencyTest(const SourceText& source, int ranks) : source_(source), ranks_(ranks) {}

    /// Lines of several ranks may run into each other.
    void read(const TextLine& line) {
        for (std::size_t at = line.text.find("[rank "); at != std::string_view::npos;) {
            const std::size_t next = line.text.find("[rank ", at + 1);
            read_rank(Printed(source_, {line.text.substr(0, next), line.number}, at), line);
            at = next;
        }
    }

    void finish(std::vector<LibraryTimes>& tests) {
        if (rows_.empty()) return;
        LibraryTimes times;
        times.at = at_;
        times.name = "low-latency";
        times.made_by = "DeepEP's tests/test_low_latency.py";
        times.counted =
            "mean over ranks; dispatch and combine: the kernel with its sending and its receiving half; both: between two events "
            "around the calls";
        times.algorithm = "low-latency";
        times.library = "deepep_v1";
        times.told_by = "DeepEP's low-latency kernels; UCCL-EP's tests print the same lines: then [uccl_ep_low_latency]";
        times.set = {fmt::format("model.hidden={}", hidden),
                     fmt::format("model.experts_per_token={}", picks),
                     "model.experts=288",
                     "dispatch.metadata=16 B",
                     "dispatch.dtype=bf16",
                     "dispatch.scale_block=~"};
        times.set_told_by = "not told; the test's defaults";
        times.ranks = ranks_;
        const long tokens = tokens_of_bytes();
        for (CallTime& row : rows_) {
            row.tokens = tokens;
            row.dtype = is_fp8() ? "fp8_e4m3" : "bf16";
            row.scales = is_fp8() ? 128 : 0;
        }
        times.notes.push_back(
            fmt::format("the log does not tell tokens: {} of hidden {} to {} experts each send the bytes that rates and times "
                        "make, some masked",
                        tokens, hidden, picks));
        if (ranks_ == 0)
            times.notes.push_back(fmt::format("lines of ranks up to {} are there, maybe of one node of several", last_rank_));
        times.rows = without_repeats(rows_);
        tests.push_back(std::move(times));
    }

private:
    static constexpr int hidden = 7168, picks = 8, masked = 10;
    static constexpr double of_bf16 = 2.0 * hidden, of_fp8 = hidden * (1 + 4.0 / 128) + 16;

    void read_rank(const Printed& text, const TextLine& line) {
        const bool is_both = text.has("Dispatch + combine bandwidth:") || text.has("Dispatch + Combine bandwidth:");
        if (!is_both && !text.has("Dispatch bandwidth:")) return;
        constexpr long most_ranks = 1 << 14;
        last_rank_ = std::max(last_rank_, text.count_behind("[rank ", 0, most_ranks));
        if (rows_.empty()) at_ = {source_.start.text, line.number, 1};
        if (rows_.size() >= static_cast<std::size_t>(most_ranks) * 8)
            text.fail("found more lines of ranks than 8 for each of 16384; expected the log of one run");
        if (is_both) {
            CallTime row;
            row.phase = RowPhase::both;
            row.time_us = text.number_behind("avg_t=");
            bytes_of_both_.push_back(text.number_behind("bandwidth:") * row.time_us * 1e3);
            rows_.push_back(row);
            return;
        }
        const std::size_t middle = text.text().find("Combine bandwidth:");
        if (middle == std::string_view::npos)
            text.fail(fmt::format("found {}; expected 'Combine bandwidth:' behind it", in_quotes(text.text())));
        for (const RowPhase phase : {RowPhase::dispatch, RowPhase::combine}) {
            const Printed half = phase == RowPhase::dispatch ? text.before(middle) : text.from(middle);
            CallTime row;
            row.phase = phase;
            row.time_us = half.number_behind("avg_t=");
            (phase == RowPhase::dispatch ? bytes_out_ : bytes_back_)
                .push_back(half.number_behind("bandwidth:") * row.time_us * 1e3);
            rows_.push_back(row);
        }
    }

    static double mean(const std::vector<double>& values) {
        double sum = 0;
        for (const double value : values) sum += value;
        return sum / static_cast<double>(values.size());
    }

    bool is_fp8() const {
        if (bytes_back_.empty()) return true;  // both alone: the test sends FP8 unless somebody changed it
        const double share = mean(bytes_out_) / mean(bytes_back_);
        constexpr double near = 0.02;
        for (const double expected : {of_fp8 / of_bf16, 1.0})
            if (std::abs(share / expected - 1) < near) return expected < 1;
        throw InputError(at_,
                         fmt::format("found {:.3f} times as many bytes of dispatch as of combine; expected {:.3f} (FP8) or 1 "
                                     "(BF16), as DeepEP's test counts them",
                                     share, of_fp8 / of_bf16));
    }

    /// Ten places of a rank's choices are masked at random, some of them twice; older and changed tests mask none.
    long tokens_of_bytes() const {
        const std::vector<double>& bytes = bytes_back_.empty() ? bytes_of_both_ : bytes_back_;
        const double of_choice = bytes_back_.empty() ? of_fp8 + of_bf16 : of_bf16;
        const double choices = mean(bytes) / of_choice;
        const double whole = std::round(choices / picks) * picks;
        constexpr double rounding = 0.5;
        const bool is_unmasked =
            whole > 0 && std::ranges::all_of(bytes, [&](double one) { return std::abs(one / of_choice - whole) < rounding; });
        const long tokens = std::lround((is_unmasked ? whole : choices + masked) / picks);
        constexpr long most_counted = 1 << 20;
        if (tokens < 1 || tokens > most_counted)
            throw InputError(
                at_, fmt::format("found rates and times that make {:.0f} choices of experts; expected 1 to {} tokens", choices,
                                 most_counted));
        return tokens;
    }

    const SourceText& source_;
    int ranks_;
    long last_rank_ = 0;
    Position at_;
    std::vector<CallTime> rows_;
    std::vector<double> bytes_out_, bytes_back_, bytes_of_both_;
};

}  // namespace

std::vector<LibraryTimes> times_from_deepep(const SourceText& source, int ranks) {
    NormalTests normal(source, ranks);
    LowLatencyTest low_latency(source, ranks);
    ElasticTest elastic(source);
    for (const TextLine& line : text_lines(source.text)) {
        normal.read(line);
        low_latency.read(line);
        elastic.read(line);
    }
    std::vector<LibraryTimes> tests;
    normal.finish(tests);
    low_latency.finish(tests);
    elastic.finish(tests);
    if (tests.empty())
        throw InputError(
            source.start,
            "found no times; expected lines 'Best dispatch', 'Dispatch bandwidth:' or 'EP: 0/8 | dispatch:' of DeepEP's "
            "tests: is the log cut off?");
    std::ranges::sort(tests, {}, [](const LibraryTimes& times) { return times.at.line; });
    return tests;
}

}  // namespace tokenyard
