// SPDX-License-Identifier: Apache-2.0
#include "calibrate/plan.hpp"
#include "cli/files.hpp"
#include "cli/ranks.hpp"
#include "cli/run.hpp"
#include "cli/verbs.hpp"
#include "exchange/report.hpp"
#include "record/json.hpp"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <set>

namespace tokenyard::gpu {
namespace {

struct Options {
    RanksOptions ranks;
    std::string out;
    std::vector<int> loopback{2, 4};
    bool is_quick = false, has_no_loopback = false;
};

std::string as_record(const NotMeasured& one) {
    return "{\"record\": \"not-measured\", \"what\": " + quoted(one.what) + ", \"why\": " + quoted(one.why) + "}\n";
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        if (!text.empty()) text += ' ';
        text += word;
    }
    return text;
}

/// Copy and launch do not depend on the shape: the first run's stand for all.
std::string kernel_records(const std::vector<BenchOptions>& runs, const DeviceDescription& device) {
    std::string records;
    for (const BenchOptions& run : runs) {
        std::vector<BenchRow> rows = run_bench(run, device);
        if (!records.empty()) rows.erase(rows.begin(), rows.begin() + 2);
        records += as_json_lines(rows);
        std::fprintf(stderr, "tokenyard-gpu: calibrate: kernels, hidden %d, top-%d: %zu records\n", run.shape.hidden,
                     run.shape.experts_per_token, rows.size());
    }
    return records;
}

/// The records of a child without its context; a run that failed is a record too, and `has_failed` then.
std::string exchange_records(const ChildRun& run, bool& has_failed) {
    const ChildResult result = run_child(run);
    std::string command;
    for (const auto& [name, value] : run.environment) command.append(name).append("=").append(value).append(" ");
    command.append("tokenyard-gpu ").append(joined(run.arguments));
    std::fprintf(stderr, "tokenyard-gpu: calibrate: %s: exit %d\n%s", command.c_str(), result.exit_code, result.err.c_str());
    std::string records = result.out.find('\n') == std::string::npos ? "" : result.out.substr(result.out.find('\n') + 1);
    if (result.exit_code == 0) return records;
    has_failed = true;
    return records + "{\"record\": \"failed\", \"command\": " + quoted(command) +
           formatted(", \"exit_code\": %d", result.exit_code) + ", \"message\": " + quoted(result.err) + "}\n";
}

int calibrate_machine(const Options& options, const std::string& command) {
    const DeviceSearch search = find_device();
    if (!search.is_found) throw NoDevice(search.reason);
    const CalibrationPlan plan =
        plan_calibration({search.count, built_with().find("built with NCCL") == 0, options.is_quick, options.ranks.transport.name,
                          options.has_no_loopback ? std::vector<int>() : options.loopback, options.ranks.timeout_s});
    std::string text = context_line("tokenyard.calibration/1", search.device, command,
                                    {{"built", quoted(built_with())}, {"gpus", std::to_string(search.count)}});
    for (const NotMeasured& one : plan.not_measured) text += as_record(one);
    text += kernel_records(plan.kernels, search.device);
    bool has_failed = false;
    for (const ChildRun& run : plan.exchanges) text += exchange_records(run, has_failed);
    write_output(options.out, text);
    if (!has_failed) return 0;
    std::fprintf(stderr, "tokenyard-gpu: some exchanges failed; see the records \"failed\" in %s\n", options.out.c_str());
    return 4;
}

/// A pair of each kind of joint that there is, the first of its kind.
std::vector<PatternShape> patterns_of(const Session& session) {
    std::vector<PatternShape> shapes;
    for (const Pattern pattern : {Pattern::self, Pattern::uniform, Pattern::skewed, Pattern::fan_out, Pattern::fan_in})
        shapes.push_back({pattern, 0, 0});
    std::set<std::string> seen;
    for (int from = 0; from < session.ranks(); ++from)
        for (int to = 0; to < session.ranks(); ++to)
            if (from != to && seen.insert(session.joint_of(from, to)).second) shapes.push_back({Pattern::pair, from, to});
    return shapes;
}

/// Under a launcher: the same exchanges in the ranks that there are.
int calibrate_ranks(const Options& options, const std::string& command) {
    return run_ranks(
        options.ranks, [](int) {},
        [&](Group& group, int device, const DeviceDescription& description) {
            Session session(group, options.ranks.transport, device, description.name);
            std::string text = context_line("tokenyard.calibration/1", description, command, {{"built", quoted(built_with())}});
            text +=
                as_record({"kernels, and rate against channels", "these need calibrate in one process, without mpirun or srun"});
            bool is_right = true;
            // Rank 0 alone may see both GPUs of a pair; all must measure the same.
            std::vector<double> told;
            for (const PatternShape& shape : patterns_of(session))
                for (const int part : {static_cast<int>(shape.pattern), shape.from, shape.to}) told.push_back(part);
            const std::vector<double> agreed = session.gather(told).front();
            for (std::size_t at = 0; at < agreed.size(); at += 3)
                for (const std::size_t bytes : options.is_quick ? std::vector<std::size_t>{1 << 10}
                                                                : std::vector<std::size_t>{256, 4096, 65536, 524288, 1048576,
                                                                                           4194304, 16777216, 67108864}) {
                    const PatternShape shape{static_cast<Pattern>(agreed[at]), static_cast<int>(agreed[at + 1]),
                                             static_cast<int>(agreed[at + 2])};
                    std::string name = name_of(shape.pattern);
                    if (shape.pattern == Pattern::pair && group.rank() == 0)
                        name.append(" ").append(session.joint_of(shape.from, shape.to));
                    const NamedMatrix named{name, matrix_of(shape, session.ranks(), bytes), bytes};
                    const MatrixResult result = measure_matrix(session, named.matrix, {});
                    if (group.rank() == 0) text += as_record(session, options.ranks.transport, named, result);
                    is_right &= result.wrong_bytes == 0;
                }
            if (group.rank() == 0) write_output(options.out, text);
            return is_right ? 0 : 4;
        });
}

int run_calibrate(const Options& options, const std::string& command) {
    if (options.out.empty()) throw UsageError("--out: 1 required FILE missing");
    if (const std::string refusal = transport_refusal(options.ranks.transport); !refusal.empty())
        throw UsageError("--transport: " + refusal);
    const bool is_launched =
        place_from_environment([](const char* name) { return std::getenv(name); }).value_or(Place{}).ranks > 1;
    return is_launched ? calibrate_ranks(options, command) : calibrate_machine(options, command);
}

}  // namespace

Verb calibrate_verb(const std::string& command) {
    const auto options = std::make_shared<Options>();
    Verb verb{"calibrate",
              "what the simulator needs to know of this machine: kernels, launches, exchanges of all kinds that there are",
              {},
              {}};
    verb.options = {
        text("--out", "FILE", "JSON lines, the first of them the context; written when all is measured; required", options->out),
        text("--transport", "NAME", "auto, nccl, mpi or sockets; auto is nccl where it is built in",
             options->ranks.transport.name),
        whole_numbers("--loopback-ranks", "how many ranks share the GPUs here, a run each; 2,4 unless given", 2, 64,
                      options->loopback),
        flag("--no-loopback", "no ranks that share GPUs", options->has_no_loopback),
        flag("--quick", "few and small sizes: whether it works, not how fast", options->is_quick),
        whole_number("--timeout", "seconds until a rank that is late or silent ends an exchange, 60 unless given", 1, 86400,
                     options->ranks.timeout_s)};
    verb.run = [options, command] { return run_calibrate(*options, command); };
    return verb;
}

}  // namespace tokenyard::gpu
