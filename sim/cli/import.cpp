// SPDX-License-Identifier: Apache-2.0
#include "cli/own_files.hpp"
#include "cli/verbs.hpp"
#include "cli/wrong_words.hpp"

#include "import/import.hpp"
#include "input/record_reader.hpp"
#include "input/source.hpp"
#include "pipeline/predict.hpp"
#include "report/report.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>

namespace tokenyard {
namespace {

struct Arguments {
    std::vector<std::string> files, overrides, nics;
    std::string kind, test, out = "-";
    int ranks = 0, collective = 0;
};

/// Throws InputError unless `validate` could read it where it is written.
void check_record(const std::string& yaml, const std::string& out) {
    std::vector<std::string_view> names;
    for (const Algorithm& algorithm : algorithms()) names.push_back(algorithm.name);
    const std::filesystem::path folder = out == "-" ? std::filesystem::path() : std::filesystem::path(out).parent_path();
    SourceText source = source_of("the record that is written", yaml);
    if (!folder.empty())
        source.start.text = std::make_shared<const TextName>(TextName{source.start.text->shown, folder.string()});
    read_record_text(source, out, names, fabric_of, {});
}

}  // namespace

void add_import(CLI::App& program) {
    CLI::App* verb =
        program.add_subcommand("import", "Files of other programs become a cluster, a workload, or a record of measured times");
    const auto arguments = std::make_shared<Arguments>();
    verb->add_option("FILE", arguments->files, "What they wrote or printed; - is standard input. Several files make one cluster")
        ->required();
    verb->add_option("--as", arguments->kind, "The kind of the files, instead of what is found in them")
        ->check(one_of(importable_kinds()));
    add_list_option(*verb, "--nics", arguments->nics,
                    "Names of the NICs that are the network of the cluster, with commas between");
    verb->add_option("--test", arguments->test, "The test of a log with several, or without a name")
        ->check(one_of({"alltoall", "alltoallv", "sendrecv", "intranode", "internode", "low-latency", "elastic"}));
    verb->add_option("--ranks", arguments->ranks, "The ranks of a log that does not tell them")->check(CLI::Range(2, 16384));
    verb->add_option("--collective", arguments->collective,
                     "Which all-to-all of PyTorch's traces, from 1; unless given the one that moves most")
        ->check(CLI::Range(1, 1 << 30));
    add_set_option(*verb, arguments->overrides);
    verb->add_option("--out", arguments->out, "The YAML file to write; - is standard output")->capture_default_str();
    verb->callback([=] {
        expect_own_files({{"--out", arguments->out == "-" ? "" : arguments->out}}, arguments->files);
        const Imported imported =
            import_files(arguments->files, {arguments->kind, arguments->nics, as_overrides(arguments->overrides), arguments->test,
                                            arguments->ranks, arguments->collective});
        if (imported.is_record) check_record(imported.yaml, arguments->out);
        for (const std::string& note : imported.notes) std::cerr << "tokenyard: note: " << note << '\n';
        write_output(arguments->out, imported.yaml);
    });
}

}  // namespace tokenyard
