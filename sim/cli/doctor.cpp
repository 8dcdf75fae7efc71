// SPDX-License-Identifier: Apache-2.0
#include "cli/own_files.hpp"
#include "cli/progress_bar.hpp"
#include "cli/verbs.hpp"
#include "cli/wrong_words.hpp"

#include "import/draft.hpp"
#include "import/import.hpp"
#include "input/foreign.hpp"
#include "input/load.hpp"
#include "input/matrix_file.hpp"
#include "input/measured_reader.hpp"
#include "input/record_reader.hpp"
#include "input/source.hpp"
#include "pipeline/doctor.hpp"
#include "report/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <set>

namespace tokenyard {
namespace {

struct Arguments {
    std::string cluster, measured, workload, algorithm, pairs, json, test;
    std::vector<std::string> times, overrides;
    SoftwareChoice software;
    int ranks = 0;
};

std::vector<std::string_view> names_of_algorithms() {
    std::vector<std::string_view> names;
    for (const Algorithm& algorithm : algorithms()) names.push_back(algorithm.name);
    return names;
}

/// The kind of a log of a benchmark; empty for another file, and for the name of a shipped record.
std::string_view kind_of_log(const std::string& file) {
    std::error_code failed;
    if (!std::filesystem::is_regular_file(file, failed)) return {};
    constexpr std::size_t largest = 256u << 20;
    const ForeignKind* kind = foreign_kind_of(read_printed_source(file, largest).text);
    const bool is_log = kind && (kind->name.starts_with("nccl-tests") || kind->name == "osu");
    return is_log ? kind->name : std::string_view();
}

OtherCluster cluster_of(const Arguments& arguments) { return {arguments.cluster, as_overrides(arguments.overrides)}; }

Record read_log(const Arguments& arguments, std::string_view kind) {
    if (kind == "osu" && arguments.algorithm.empty())
        throw CLI::ValidationError("--algorithm",
                                   "found none; expected the one that MPI ran: mpi-pairwise, mpi-linear or mpi-bruck");
    std::vector<Override> given{{"predict.cluster", yaml_quoted(arguments.cluster)}};
    if (!arguments.algorithm.empty()) given.push_back({"predict.algorithm", arguments.algorithm});
    const Imported imported = import_files({arguments.measured}, {{}, {}, given, arguments.test, arguments.ranks});
    for (const std::string& note : imported.notes) std::cerr << "tokenyard: note: " << note << '\n';
    return read_record_text(source_of("the record of " + arguments.measured, imported.yaml), arguments.measured,
                            names_of_algorithms(), fabric_of, arguments.software, cluster_of(arguments));
}

/// `--time PHASE=TIME` of a workload, as a record.
Record record_of_times(const Arguments& arguments) {
    std::string rows;
    for (const std::string& time : arguments.times) {
        const std::size_t equals = time.find('=');
        rows += fmt::format("  - {{phase: {}, time: {}, use: judged}}\n", time.substr(0, equals), time.substr(equals + 1));
    }
    const std::string text = fmt::format(
        "name: times\ndescription: times of the command line\nsources: [--time]\nhardware: {0}\ncounted: a phase\ncompared: its "
        "completion\nalong: phase\npredict: {{cluster: {0}, exchange: {{kind: moe, workload: {1}}}, algorithm: {2}}}\nrows:\n{3}",
        yaml_quoted(arguments.cluster), yaml_quoted(arguments.workload), arguments.algorithm, rows);
    return read_record_text(source_of("--time", text), "--time", names_of_algorithms(), fabric_of, arguments.software,
                            cluster_of(arguments));
}

Record read_measurements(const Arguments& arguments) {
    if (arguments.measured.empty()) return record_of_times(arguments);
    if (is_measured_file(arguments.measured))
        return read_measured(arguments.measured, arguments.cluster, as_overrides(arguments.overrides), fabric_of,
                             arguments.software);
    if (const std::string_view kind = kind_of_log(arguments.measured); !kind.empty()) return read_log(arguments, kind);
    return read_record(arguments.measured, names_of_algorithms(), fabric_of, arguments.software, cluster_of(arguments));
}

/// Times in us, kept in hundredths of them.
RankMatrix<double> read_pairs(const std::string& file) {
    if (file.empty()) return {};
    constexpr double of_us = 100;
    const Position mention = source_of("--pairs", "").start;
    const MatrixWorkload read = matrix_from_file(file, mention, 0, Bytes{of_us});
    RankMatrix<double> times(read.volumes.rows(), read.volumes.rows());
    for (int from = 0; from < times.rows(); ++from)
        for (int to = 0; to < times.rows(); ++to) {
            times.at(from, to) = read.volumes.at(from, to).si / of_us;
            if (from != to && times.at(from, to) <= 0)
                throw InputError(mention, fmt::format("found no time from {} to {}; expected one in us, above 0.005", from, to));
        }
    return times;
}

void check_arguments(const Arguments& arguments) {
    const bool has_times = !arguments.times.empty();
    if (arguments.cluster == "-")
        throw CLI::ValidationError("CLUSTER", "found -; expected a file or a preset, because it is read more than once");
    if (arguments.measured.empty() != has_times)
        throw CLI::ValidationError("MEASURED", has_times
                                                   ? "found a file beside --time; expected one of them"
                                                   : "found none; expected a file of measured times, or --workload and --time");
    if (has_times && (arguments.workload.empty() || arguments.algorithm.empty()))
        throw CLI::ValidationError("--time", "found no --workload or no --algorithm; expected both, which the times are of");
    if (!has_times && !arguments.workload.empty())
        throw CLI::ValidationError("--workload", "found no --time; expected the measured times of it");
}

void diagnose_and_report(const Arguments& arguments) {
    check_arguments(arguments);
    expect_own_files({{"--json", arguments.json == "-" ? "" : arguments.json}}, {arguments.measured, arguments.pairs});
    Record record = read_measurements(arguments);
    DoctorQuestion question;
    question.pairs = read_pairs(arguments.pairs);
    question.has_groups = find(*load_document(arguments.cluster, PresetKind::cluster).root, "groups") != nullptr;
    for (const Preset& library : presets(PresetKind::library)) question.libraries.push_back(library.name);
    std::set<std::string> notes;
    std::size_t odd = 0;
    for (RecordRow& row : record.rows) {
        notes.insert(row.one.origins.notes.begin(), row.one.origins.notes.end());
        odd += row.use == RowUse::odd;
        if (!arguments.algorithm.empty()) row.algorithm = arguments.algorithm;
        if (row.use != RowUse::odd) question.rows.push_back(std::move(row));
    }
    for (const std::string& note : notes) std::cerr << "tokenyard: note: " << note << '\n';
    ProgressBar bar;
    PredictOptions options;
    options.engine = EngineKind::fluid;  // many small cases: a process for each would take longer than they do
    options.progress = [&](double part) { bar.show(part); };
    Diagnosis diagnosis;
    try {
        diagnosis = diagnose(question, options);
    } catch (const std::invalid_argument& wrong) {
        throw CLI::ValidationError(arguments.pairs.empty() ? "MEASURED" : "--pairs", wrong.what());
    }
    diagnosis.left_out += odd;
    diagnosis.measured_by = arguments.measured.empty() ? "--time" : arguments.measured;
    if (arguments.workload.empty()) diagnosis.inputs.workload.clear();  // of a row: its pattern
    diagnosis.inputs.overrides = as_overrides(arguments.overrides);
    if (!arguments.json.empty()) write_output(arguments.json, as_json(diagnosis));
    if (arguments.json != "-") write_output("-", as_text(diagnosis));
}

}  // namespace

void add_doctor(CLI::App& program) {
    CLI::App* verb =
        program.add_subcommand("doctor", "Why measured times are not those predicted: which cause would explain them");
    const auto arguments = std::make_shared<Arguments>();
    verb->add_option("CLUSTER", arguments->cluster, "What it ran on, as it should be: a file or a preset")->required();
    verb->add_option(
        "MEASURED", arguments->measured,
        "Measured times: a log of nccl-tests or of OSU, a record as YAML, or a .jsonl file that tokenyard-gpu wrote");
    verb->add_option("--workload", arguments->workload, "A workload whose phases were measured, with --time: a file or a preset");
    verb->add_option("--time", arguments->times, "PHASE=TIME of the workload, such as both=\"873 us\"; dispatch, combine or both")
        ->check(CLI::Validator(
            [](const std::string& text) {
                const std::size_t equals = text.find('=');
                const std::string phase = text.substr(0, equals);
                const bool is_phase = phase == "dispatch" || phase == "combine" || phase == "both";
                return equals == std::string::npos || !is_phase
                           ? "found '" + text + "'; expected dispatch=TIME, combine=TIME or both=TIME"
                           : std::string();
            },
            ""))
        ->expected(1)
        ->take_all()
        ->allow_extra_args(false);
    std::vector<std::string> names;
    for (const Algorithm& algorithm : algorithms()) names.emplace_back(algorithm.name);
    verb->add_option("--algorithm", arguments->algorithm, "What was measured, instead of the record's own; nccl for nccl-tests")
        ->check(one_of(names));
    verb->add_option("--pairs", arguments->pairs, "Times between ranks or nodes in us, a square matrix: which of them are slow");
    verb->add_option("--test", arguments->test, "The test of a log with several, or without a name")
        ->check(CLI::IsMember({"alltoall", "alltoallv", "sendrecv"}));
    verb->add_option("--ranks", arguments->ranks, "The ranks of a log that does not tell them")->check(CLI::Range(2, 16384));
    add_set_option(*verb, arguments->overrides);
    add_software_options(*verb, arguments->software);
    verb->add_option("--json", arguments->json, "Write all of it as JSON; - is standard output");
    verb->callback([=] { diagnose_and_report(*arguments); });
}

}  // namespace tokenyard
