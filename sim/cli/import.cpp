// SPDX-License-Identifier: Apache-2.0
#include "cli/own_files.hpp"
#include "cli/verbs.hpp"

#include "import/import.hpp"
#include "report/report.hpp"

#include <fmt/format.h>

#include <iostream>
#include <memory>

namespace tokenyard {
namespace {

struct Arguments {
    std::vector<std::string> files, overrides, nics;
    std::string kind, out = "-";
};

}  // namespace

void add_import(CLI::App& program) {
    CLI::App* verb =
        program.add_subcommand("import", "Files of other programs become a cluster: NCCL's topology, nvidia-smi topo -m");
    const auto arguments = std::make_shared<Arguments>();
    verb->add_option("FILE", arguments->files, "What they wrote or printed; - is standard input. Several files make one cluster")
        ->required();
    verb->add_option("--as", arguments->kind, "The kind of the files, instead of what is found in them")
        ->check(CLI::IsMember(importable_kinds()));
    add_list_option(*verb, "--nics", arguments->nics,
                    "Names of the NICs that are the network of the cluster, with commas between");
    add_set_option(*verb, arguments->overrides);
    verb->add_option("--out", arguments->out, "The YAML file to write; - is standard output")->capture_default_str();
    verb->callback([=] {
        expect_own_files({{"--out", arguments->out == "-" ? "" : arguments->out}}, arguments->files);
        const Imported imported =
            import_files(arguments->files, {arguments->kind, arguments->nics, as_overrides(arguments->overrides)});
        for (const std::string& note : imported.notes) std::cerr << "tokenyard: note: " << note << '\n';
        write_output(arguments->out, imported.yaml);
    });
}

}  // namespace tokenyard
