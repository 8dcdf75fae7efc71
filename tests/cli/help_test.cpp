// SPDX-License-Identifier: Apache-2.0
// Help, completion, lists and files to start from, by the real program.
#include "support/files.hpp"
#include "support/process.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace tokenyard {
namespace {

const char* const verbs[] = {"predict", "check", "compare", "export", "import",     "show", "validate",
                             "fit",     "list",  "sweep",   "place",  "completion", "help"};

}  // namespace

TEST_CASE("help of a verb is its --help, and says what values are and how the verb is used", "[cli]") {
    for (const char* verb : verbs) DYNAMIC_SECTION(verb) {
            const ProcessResult help = run_tokenyard(std::string("help ") + verb);
            CHECK(help.exit_code == 0);
            CHECK(help.out == run_tokenyard(std::string(verb) + " --help").out);
            CHECK(help.out.find("TEXT") == std::string::npos);
            CHECK(help.out.find("\n  tokenyard " + std::string(verb)) != std::string::npos);
        }
}

TEST_CASE("help without a verb names all verbs in groups", "[cli]") {
    const ProcessResult help = run_tokenyard("help");
    CHECK(help.exit_code == 0);
    CHECK(help.out == run_tokenyard("--help").out);
    for (const char* verb : verbs) CHECK(help.out.find("\n  " + std::string(verb) + " ") != std::string::npos);
    for (const char* group : {"\nAsk:", "\nDescribe:", "\nMeasure:"}) CHECK(help.out.find(group) != std::string::npos);
}

TEST_CASE("completion has every verb and option, and bash completes with it", "[cli]") {
    const ProcessResult bash = run_tokenyard("completion bash");
    CHECK(bash.exit_code == 0);
    const TemporaryFolder folder;
    folder.write("complete.bash", bash.out);
    const auto completed = [&](const std::string& words, int at) {
        const std::string script = "source ./complete.bash; COMP_WORDS=(" + words + "); COMP_CWORD=" + std::to_string(at) +
                                   "; _tokenyard; printf '%s ' \"${COMPREPLY[@]}\"";
        folder.write("run.bash", script);
        return run_program("bash", "run.bash", folder.path()).out;
    };
    CHECK(completed("tokenyard pre", 1) == "predict ");
    CHECK(completed("tokenyard predict --js", 2) == "--json ");
    CHECK(completed("tokenyard predict a b --engine s", 5) == "simgrid ");
    CHECK(completed("tokenyard help va", 2) == "validate ");
    for (const char* shell : {"zsh", "fish"}) {
        const ProcessResult script = run_tokenyard(std::string("completion ") + shell);
        CHECK(script.exit_code == 0);
        for (const char* verb : verbs) CHECK(script.out.find(verb) != std::string::npos);
    }
}

TEST_CASE("list of one kind names what there is of it", "[cli]") {
    CHECK(run_tokenyard("list nics").out.starts_with("nics\n  cx6 "));
    CHECK(run_tokenyard("list studies --names").out ==
          "break_even\ncost\necmp_luck\nllama4_layer\nllama4_layers\nnic_speed\nskew_64\n");
    CHECK(run_tokenyard("list").out.find("\nrecords\n  cx_b200_deepep_low_latency ") != std::string::npos);
}

TEST_CASE("check reads studies and records, by path and by name, and sweep finds a study by its name", "[cli]") {
    CHECK(run_tokenyard("check cost").out == "cost: study cost, 18 cases\n");
    CHECK(run_tokenyard("check " TOKENYARD_SOURCE "/studies/cost.yaml").out == TOKENYARD_SOURCE
          "/studies/cost.yaml: study cost, 18 cases\n");
    CHECK(run_tokenyard("check nccl_h100_node").out.starts_with("nccl_h100_node: record nccl_h100_node, "));
    CHECK(run_tokenyard("sweep cost --list").out == run_tokenyard("sweep " TOKENYARD_SOURCE "/studies/cost.yaml --list").out);
}

TEST_CASE("check says what is wrong in all files", "[cli]") {
    const TemporaryFolder folder;
    folder.write("a.yaml", "name: a\nnode: 1\nnodes: 1\n");
    folder.write("b.yaml", "name: b\nmodel: {}\n");
    const ProcessResult result = run_tokenyard("check a.yaml b.yaml", folder.path());
    CHECK(result.err ==
          "a.yaml:2:7: error: found '1'; expected node as a map with the keys gpus, gpu, host, scale_up, pcie, nics\n"
          "b.yaml:1:1: error: found no 'dispatch' in the workload; expected it\n"
          "b.yaml:1:1: error: found no 'combine' in the workload; expected it\n"
          "b.yaml:1:1: error: found no 'routing' in the workload; expected it\n"
          "b.yaml:2:8: error: found no 'experts' in model; expected it\n"
          "b.yaml:2:8: error: found no 'experts_per_token' in model; expected it\n"
          "b.yaml:2:8: error: found no 'hidden' in model; expected it\n"
          "b.yaml:2:8: error: found no 'moe_layers' in model; expected it\n");
    CHECK(result.out.empty());
    CHECK(result.exit_code == 2);
}

}  // namespace tokenyard
