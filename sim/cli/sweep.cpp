// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupt_notice.hpp"
#include "cli/own_files.hpp"
#include "cli/progress_bar.hpp"
#include "cli/verbs.hpp"

#include "crew/crew.hpp"
#include "input/case_files.hpp"
#include "input/judged_rows.hpp"
#include "input/source.hpp"
#include "input/study_reader.hpp"
#include "page/page.hpp"
#include "pipeline/predict.hpp"
#include "pipeline/study_case.hpp"
#include "report/report.hpp"
#include "report/study_report.hpp"
#include "report/version.hpp"
#include "store/store.hpp"
#include "study/answer.hpp"
#include "study/study.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <memory>

namespace tokenyard {
namespace {

struct Arguments {
    std::string study, results, csv, json, html;
    std::vector<std::string> front, columns;
    std::string minimize, maximize, where, sort;
    int jobs = 0;
    bool is_list = false, resumes = false, retries = false, is_quiet = false;
};

/// A study with its files in memory, and how many cases it has.
struct OpenStudy {
    Study study;
    CaseFiles files{fabric_of};
    std::vector<JudgedRow> record = shipped_judged_rows();
    std::size_t case_count = 0;
};

OpenStudy open_study(const std::string& file) {
    std::vector<std::string> names;
    for (const Algorithm& algorithm : algorithms()) names.emplace_back(algorithm.name);
    const StudyChecks checks{[](const Study& study) { return wrong_output(study, study.goal->output); },
                             [](const Study& study) { return wrong_limits(study, study.limits); }};
    OpenStudy open{read_study(file, names, checks)};
    const std::optional<std::size_t> count = case_count(open.study);
    if (!count)
        throw InputError({std::make_shared<const TextName>(TextName{file, "."})},
                         fmt::format("found more than {} cases; expected fewer", most_cases));
    open.case_count = *count;
    open.files.load(open.study);
    return open;
}

/// What a worker does with a case. Whatever is wrong with it is its outcome.
CaseOutcome outcome_of(OpenStudy& open, std::size_t place) {
    const StudyCase one = case_at(open.study, place);
    try {
        return compute_case(open.files.read(one), one.algorithm, open.study, open.record);
    } catch (const InputError& refusal) {
        return {CaseStatus::refused, refusal.on_one_line(), {}};
    } catch (const std::bad_alloc&) {
        return {CaseStatus::failed, "out of memory", {}};
    } catch (const std::exception& error) {
        return {CaseStatus::failed, error.what(), {}};
    }
}

std::string engine_versions() {
    const auto version_of = [](EngineKind kind) { return describe_engine(kind, exact).version; };
    return fmt::format("fluid {}, simgrid {}", version_of(EngineKind::fluid), version_of(EngineKind::simgrid));
}

/// What decides a result beside the case: results of another version are not taken for its own.
std::string computed_by(const Study& study, const std::vector<JudgedRow>& record) {
    std::vector<std::string> outputs;
    for (const StudyOutput& output : study_outputs()) outputs.push_back(output.name);
    return fmt::format("tokenyard {}, {}: engine {}, accuracy {}, overlap {}, outputs {}, record {}", version, engine_versions(),
                       study.engine, study.accuracy ? fmt::format("{}", *study.accuracy) : "chosen", study.overlap,
                       fmt::join(outputs, ","), sha256(judged_rows_as_csv(record)));
}

StoredStudy stored_study(OpenStudy& open) {
    StoredStudy stored{std::string(version), keys_of(open.study), {}, {}};
    for (const StudyOutput& output : study_outputs()) stored.outputs.push_back({output.name, output.meaning});
    const std::string by = computed_by(open.study, open.record);
    for (std::size_t place = 0; place < open.case_count; ++place)
        stored.case_keys.push_back(open.files.key_of(case_at(open.study, place), by));
    return stored;
}

/// Beside nothing else: in the working directory, named after the study's file.
std::string results_file(const Arguments& arguments) {
    if (!arguments.results.empty()) return arguments.results;
    const std::string stem = arguments.study == "-" ? "study" : std::filesystem::path(arguments.study).stem().string();
    return stem + ".sqlite";
}

void compute_missing(OpenStudy& open, ResultStore& store, Crew& crew, Ranks& ranks) {
    const std::vector<bool> is_stored = store.stored_cases();
    std::vector<std::size_t> missing;
    for (std::size_t place = 0; place < open.case_count; ++place)
        if (!is_stored[place]) missing.push_back(place);
    ProgressBar bar;
    std::size_t finished = 0;
    run_jobs(missing, crew, ranks, [&](const JobResult& result) {
        const CaseOutcome outcome = result.is_lost ? CaseOutcome{CaseStatus::failed, result.text, {}} : unpacked(result.text);
        store.put({case_at(open.study, result.job), outcome});
        bar.show(static_cast<double>(++finished) / static_cast<double>(missing.size()));
    });
}

/// What the command line asks for goes before what the study asks for; limits of both must hold.
std::optional<StudyGoal> goal_of(const Study& study, const Arguments& arguments) {
    if (!arguments.maximize.empty()) return StudyGoal{arguments.maximize, true};
    if (!arguments.minimize.empty()) return StudyGoal{arguments.minimize, false};
    return study.goal;
}

std::string limits_of(const Study& study, const Arguments& arguments) {
    if (study.limits.empty() || arguments.where.empty()) return study.limits + arguments.where;
    return "(" + study.limits + ") and (" + arguments.where + ")";
}

/// Which groups the table shows, in which order, with which outputs; and the best of all.
void answer(const Study& study, const Arguments& arguments, StudyResults& results) {
    if (const std::optional<StudyGoal> goal = goal_of(study, arguments))
        results.answer = answer_of(study, results.groups, *goal, limits_of(study, arguments));
    for (const std::string& column : arguments.columns) results.columns.push_back(*find_output(column));
    results.is_narrowed = !arguments.where.empty();
    if (results.is_narrowed || !arguments.sort.empty()) results.order = groups_within(study, results.groups, arguments.where);
    if (!arguments.sort.empty()) results.order = sorted_by(arguments.sort, results.groups, results.order);
}

StudyResults results_of(OpenStudy& open, const ResultStore& store, const Arguments& arguments) {
    StudyResults results;
    results.study = open.study;
    results.files = open.files.files_of(open.study);
    results.engines = engine_versions();
    for (const StudyOutput& output : study_outputs())
        results.outputs.push_back({output.name, output.meaning, output.is_more_better});
    for (std::size_t place = 0; place < open.case_count; ++place)
        results.rows.push_back({case_at(open.study, place), store.outcome_of(place)});
    results.groups = groups_of(open.study, results.rows);
    if (!arguments.front.empty())
        results.front = pareto_front(open.study, results.groups, arguments.front[0], arguments.front[1]);
    answer(open.study, arguments, results);
    return results;
}

void report(const StudyResults& results, const Arguments& arguments) {
    if (!arguments.csv.empty()) write_output(arguments.csv, as_csv(results));
    if (!arguments.json.empty()) write_output(arguments.json, as_json(results));
    if (!arguments.html.empty()) write_output(arguments.html, as_study_page(as_page_data(results)));
    const bool is_stdout_taken = arguments.csv == "-" || arguments.json == "-" || arguments.html == "-";
    if (!arguments.is_quiet && !is_stdout_taken) write_output("-", as_text(results));
    if (results.front && !results.front->refusal.empty()) throw CLI::ValidationError("--pareto", results.front->refusal);
}

void list_cases(const OpenStudy& open) {
    std::vector<StudyCase> cases;
    for (std::size_t place = 0; place < open.case_count; ++place) cases.push_back(case_at(open.study, place));
    write_output("-", cases_as_text(open.study, cases));
}

/// A name that is not there is found before anything is computed.
void expect_known_names(const Arguments& arguments, const Study& study) {
    for (const auto& [option, output] : {std::pair{"--minimize", &arguments.minimize},
                                         std::pair{"--maximize", &arguments.maximize}, std::pair{"--sort", &arguments.sort}})
        if (const std::string refusal = output->empty() ? "" : wrong_output(study, *output); !refusal.empty())
            throw CLI::ValidationError(option, refusal);
    for (const std::string& column : arguments.columns)
        if (const std::string refusal = find_output(column) ? "" : wrong_output(study, column); !refusal.empty())
            throw CLI::ValidationError("--columns", refusal);
    if (const std::string refusal = wrong_limits(study, arguments.where); !refusal.empty())
        throw CLI::ValidationError("--where", refusal);
}

/// What can be seen before anything is computed.
void expect_sensible(const Arguments& arguments, OpenStudy& open, const std::string& results) {
    std::vector<std::string> inputs{open.study.file.path};
    const InputRecord files = open.files.files_of(open.study);
    for (const std::vector<InputFile>* kind : {&files.cluster, &files.workload, &files.calibration, &files.parts})
        for (const InputFile& file : *kind) inputs.push_back(file.path);
    expect_own_files({{"--results", results == in_memory ? "" : results},
                      {"--csv", arguments.csv},
                      {"--json", arguments.json},
                      {"--html", arguments.html}},
                     inputs);
    if (const std::string reason = arguments.html.empty() ? "" : refusal_of_page(); !reason.empty())
        throw std::runtime_error("--html: " + reason);
    expect_known_names(arguments, open.study);
    if (arguments.front.empty()) return;
    const Front front = pareto_front(open.study, {}, arguments.front[0], arguments.front[1]);
    if (!front.refusal.empty()) throw CLI::ValidationError("--pareto", front.refusal);
}

void sweep(const Arguments& arguments) {
    OpenStudy open = open_study(arguments.study);
    if (arguments.is_list) return list_cases(open);
    const std::string file = results_file(arguments);
    expect_sensible(arguments, open, file);
    // Workers are forked while this process is nothing but its input: no database open, no MPI joined.
    const int jobs = arguments.jobs > 0 ? arguments.jobs : is_one_of_ranks() ? 1 : available_cores();
    Crew crew(jobs, [&](std::size_t place) { return packed(outcome_of(open, place)); });
    Ranks ranks(jobs);
    const StoredStudy stored = stored_study(open);
    if (!ranks.agree(fmt::format("{}", fmt::join(stored.case_keys, "")))) {
        if (ranks.is_first())
            throw std::runtime_error("found MPI ranks that read other files than the first; expected the same everywhere");
        return;
    }
    if (!ranks.is_first()) return ranks.serve(crew);
    if (!arguments.resumes && ResultStore::exists(file))
        throw CLI::ValidationError(
            "--results", fmt::format("found '{}', which is there already; expected --resume beside it, or another file", file));
    ResultStore store(file);
    store.begin(open.study, stored);
    if (arguments.retries) store.forget_failed();
    {
        const bool is_kept = file != in_memory;
        const InterruptNotice notice(
            is_kept ? fmt::format("tokenyard: interrupted; {} has every case that was done, and the same command with "
                                  "--resume goes on from there",
                                  file)
                    : "tokenyard: interrupted; :memory: keeps no results");
        compute_missing(open, store, crew, ranks);
    }
    if (file != in_memory && !arguments.is_quiet) fmt::print(stderr, "tokenyard: results are in {}\n", file);
    report(results_of(open, store, arguments), arguments);
}

}  // namespace

void add_sweep(CLI::App& program) {
    CLI::App* verb = program.add_subcommand("sweep", "Predict every case of a study, on all cores or MPI ranks");
    const auto arguments = std::make_shared<Arguments>();
    verb->add_option("STUDY", arguments->study, "A YAML file, the name of a shipped study, or - for standard input")->required();
    verb->add_flag("--list", arguments->is_list, "Only say which cases there are");
    verb->add_option("--results", arguments->results,
                     "The SQLite file with a row a case; unless given the study's name with .sqlite here; :memory: keeps none");
    CLI::Option* resume =
        verb->add_flag("--resume", arguments->resumes, "Go on with the file where it was; no stored case is computed again");
    verb->add_flag("--retry", arguments->retries, "Compute those again that failed, such as by a process that was killed")
        ->needs(resume);
    verb->add_option("--jobs", arguments->jobs, "Cases at once: all cores unless given; of each MPI rank, where 1 is usual")
        ->check(CLI::Range(1, 4096));
    verb->add_option("--csv", arguments->csv, "Write every case as CSV; - is standard output");
    verb->add_option("--json", arguments->json, "Write cases and groups as JSON; - is standard output");
    verb->add_option("--html", arguments->html,
                     "Write a page that shows all of it and needs nothing else, to be opened in a browser");
    verb->add_option("--pareto", arguments->front,
                     "Mark what nothing else beats in both of two outputs or keys, such as ranks,both_us")
        ->delimiter(',')
        ->expected(2);
    CLI::Option* maximize = verb->add_option("--maximize", arguments->maximize,
                                             "Name the case with the most of an output, of those that fit into memory");
    verb->add_option("--minimize", arguments->minimize, "The same with the least of it")->excludes(maximize);
    verb->add_option("--where", arguments->where,
                     "Only cases for which this holds, such as 'both_us < 300 and ranks >= 16'; names are outputs and keys");
    verb->add_option("--sort", arguments->sort, "Show the cases that are best in an output first");
    verb->add_option("--columns", arguments->columns, "Outputs that the table shows, such as both_us,price, instead of the usual")
        ->delimiter(',');
    verb->add_flag("--quiet", arguments->is_quiet, "Print no table");
    verb->callback([=] { sweep(*arguments); });
}

}  // namespace tokenyard
