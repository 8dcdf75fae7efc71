// SPDX-License-Identifier: Apache-2.0
// Help, completion, lists and files to start from, by the real program.
#include "support/files.hpp"
#include "support/process.hpp"

#include <catch2/catch.hpp>

#include <sstream>
#include <string>
#include <vector>

namespace tokenyard {
namespace {

const char* const verbs[] = {"predict", "check", "compare", "export",     "import", "show", "validate", "fit",
                             "list",    "sweep", "place",   "completion", "init",   "help", "doctor"};

}  // namespace

TEST_CASE("help of a verb is its --help, and says what values are and how the verb is used", "[cli]") {
    for (const char* verb : verbs) DYNAMIC_SECTION(verb) {
            const ProcessResult help = run_tokenyard(std::string("help ") + verb);
            CHECK(help.exit_code == 0);
            CHECK(help.out == run_tokenyard(std::string(verb) + " --help").out);
            CHECK(help.out.find("TEXT") == std::string::npos);
            CHECK(help.out.find("tokenyard " + std::string(verb), help.out.find("\nExample")) != std::string::npos);
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
          "break_even\ncheapest\ncost\necmp_luck\nep_size_128\nllama4_layer\nllama4_layers\nnic_speed\nskew_64\n");
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
          "a.yaml:2:7: error: found '1'; expected node as a map with the keys gpus, gpu, host, scale_up, pcie, nics, inside\n"
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

TEST_CASE("init writes files that check accepts and predict takes", "[cli]") {
    const TemporaryFolder folder;
    REQUIRE(run_tokenyard("init cluster --gpu h100_sxm --nic cx7 --nodes 2 --out c.yaml", folder.path()).exit_code == 0);
    REQUIRE(run_tokenyard("init workload --out w.yaml", folder.path()).exit_code == 0);
    REQUIRE(run_tokenyard("init study --cluster c.yaml --workload w.yaml --out s.yaml", folder.path()).exit_code == 0);
    const ProcessResult check = run_tokenyard("check c.yaml w.yaml s.yaml", folder.path());
    CHECK(check.err.empty());
    CHECK(check.out ==
          "c.yaml: cluster my_h100_sxm_x2, 16 GPUs on 2 nodes\nw.yaml: workload my_deepseek_v3_decode, for any cluster that it "
          "fits\ns.yaml: study my_study, 16 cases\n");
    // the numbers are those of the shipped files
    const std::string options = " --algorithm low-latency --engine fluid | grep -v '^#'";
    CHECK(run_tokenyard("predict c.yaml w.yaml" + options, folder.path()).out ==
          run_tokenyard("predict dgx_h100_x4 deepseek_v3_decode --set nodes=2" + options, folder.path()).out);
    // and nothing is replaced
    const std::string before = read_file(folder.path("c.yaml"));
    const ProcessResult again = run_tokenyard("init workload --out c.yaml", folder.path());
    CHECK(again.err ==
          "--out: found 'c.yaml', which is there already; expected a file that is not\nRun with --help for more information.\n");
    CHECK(again.exit_code == 1);
    CHECK(read_file(folder.path("c.yaml")) == before);
}

TEST_CASE("init makes a cluster of every chip and a workload of every model that it offers", "[cli]") {
    const auto offered = [](const std::string& option) {
        const std::string err = run_tokenyard("init " + option + " nothing_of_that_name").err;
        const std::string list = err.substr(err.find("expected one of: ") + 17);
        std::istringstream names(list.substr(0, list.find('\n')));
        std::vector<std::string> all;
        for (std::string name; std::getline(names, name, ',');) all.push_back(name.substr(name.find_first_not_of(' ')));
        return all;
    };
    CHECK(offered("cluster --gpu").size() > 10);
    for (const std::string& chip : offered("cluster --gpu")) {
        INFO(chip);
        CHECK(run_tokenyard("init cluster --gpu " + chip).err.empty());
        CHECK(run_tokenyard("init cluster --gpu " + chip + " | " TOKENYARD_PROGRAM " check -").exit_code == 0);
    }
    for (const std::string& model : offered("workload --model")) {
        INFO(model);
        CHECK(run_tokenyard("init workload --model " + model).err.empty());
    }
}

TEST_CASE("init refuses what would change nothing, and what does not fit", "[cli]") {
    CHECK(run_tokenyard("init workload --nodes 4").err ==
          "--nodes: found it beside workload; expected it beside cluster\nRun with --help for more information.\n");
    const ProcessResult misfit = run_tokenyard("init cluster --gpu gb200 --nodes 4");
    CHECK(misfit.exit_code == 2);
    CHECK(misfit.out.empty());
    CHECK(misfit.err.starts_with("the new cluster:"));
}

}  // namespace tokenyard
