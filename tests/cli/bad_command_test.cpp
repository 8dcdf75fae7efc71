// SPDX-License-Identifier: Apache-2.0
#include "collective/plan.hpp"
#include "support/process.hpp"
#include "support/refusals.hpp"
#include "support/skip.hpp"

#include <catch2/catch.hpp>

#include <linux/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <optional>

namespace tokenyard {
namespace {

const std::string help = "\nRun with --help for more information.\n";

/// A good cluster, a good workload, and a workload in a unit that is not known.
void write_inputs(const TemporaryFolder& folder) {
    folder.write("c.yaml", small_cluster);
    folder.write("w.yaml", small_workload);
    folder.write("bad.yaml", with_change(small_workload, {"", "combine: {dtype: bf16}", "combine: {dtype: bf15}", ""}));
}
const std::string bad_dtype =
    "bad.yaml:7:18: error: found 'bf15'; expected one of: fp32, bf16, fp16, fp8_e4m3, fp8_e5m2, int8, fp4_e2m1; did you mean "
    "bf16?\n";

std::ptrdiff_t files_in(const std::string& folder) {
    return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator());
}

/// Runs it as one to whom permissions apply: root's programs are started without the right to pass over them. That right
/// is given up by a thread of its own, so that the other tests keep it. Nothing where it cannot be given up.
std::optional<ProcessResult> run_tokenyard_under_permissions(const std::string& arguments, const std::string& folder) {
    return std::async(std::launch::async,
                      [&]() -> std::optional<ProcessResult> {
                          if (geteuid() == 0 && prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE) != 0) return {};
                          return run_tokenyard(arguments, folder);
                      })
        .get();
}

std::string names_of_algorithms() {
    std::string names;
    for (const Algorithm& algorithm : algorithms()) names += (names.empty() ? "" : ", ") + std::string(algorithm.name);
    return names;
}

struct BadCommand {
    const char *name, *arguments;
    std::string message;
};
const BadCommand bad_commands[] = {
    {"no verb", "", "A subcommand is required"},
    {"an unknown verb", "foretell c.yaml",
     "unknown verb 'foretell'; expected one of: predict, check, compare, doctor, export, import, show, validate, fit, list, "
     "sweep, "
     "place, "
     "completion, init, help"},
    {"a verb that is misspelt", "prdict c.yaml", "unknown verb 'prdict'; did you mean predict?"},
    {"an unknown option", "predict c.yaml w.yaml --fast", "unknown option '--fast' of predict"},
    {"an argument too many", "predict c.yaml w.yaml w.yaml", "The following argument was not expected: w.yaml"},
    {"no cluster", "predict", "CLUSTER is required"},
    {"no workload", "predict c.yaml", "WORKLOAD or --matrix is required"},
    {"no file to check", "check", "FILE is required"},
    {"a workload and a matrix", "predict c.yaml w.yaml --matrix m.txt", "WORKLOAD excludes --matrix"},
    {"a matrix and its routing", "predict c.yaml --matrix m.txt --routing-out r.csv", "--matrix excludes --routing-out"},
    {"an unknown algorithm", "predict c.yaml w.yaml --algorithm magic",
     "--algorithm: found 'magic'; expected one of: " + names_of_algorithms() + ", all; or several with commas between"},
    {"an algorithm twice", "predict c.yaml w.yaml --algorithm nccl,direct,nccl",
     "--algorithm: found 'nccl' again; expected each algorithm once"},
    {"nothing between commas", "predict c.yaml w.yaml --algorithm nccl,,direct",
     "--algorithm: found ''; expected one of: " + names_of_algorithms() + ", all; or several with commas between"},
    {"a page of two algorithms", "predict c.yaml w.yaml --algorithm nccl,direct --html p.html",
     "--html: found several algorithms; expected one, of which it can be written"},
    {"an unknown engine", "predict c.yaml w.yaml --engine ns3", "--engine: found 'ns3'; expected one of: auto, simgrid, fluid"},
    {"an accuracy without a unit", "predict c.yaml w.yaml --accuracy 0.1",
     "--accuracy: found '0.1'; expected exact, or from 0.000001% to 10%"},
    {"an accuracy of nothing", "predict c.yaml w.yaml --accuracy 0%",
     "--accuracy: found '0%'; expected exact, or from 0.000001% to 10%"},
    {"an accuracy that is not a number", "predict c.yaml w.yaml --accuracy nan%",
     "--accuracy: found 'nan%'; expected exact, or from 0.000001% to 10%"},
    {"an accuracy of an exact engine", "predict c.yaml w.yaml --engine simgrid --accuracy 1%",
     "--accuracy: found --engine simgrid, which is exact; expected fluid or auto beside it"},
    {"an option without its value", "predict c.yaml w.yaml --json", "--json: 1 required FILE|- missing"},
    {"an output without a name", "predict c.yaml w.yaml --json ''",
     "--json: found ''; expected a file, or - for standard output"},
    {"a page of several algorithms", "predict c.yaml w.yaml --algorithm all --html p.html",
     "--html: found several algorithms; expected one, of which it can be written"},
    {"a trace of several algorithms", "predict c.yaml w.yaml --algorithm all --trace t.json",
     "--trace: found several algorithms; expected one, of which it can be written"},
    {"an output twice", "predict c.yaml w.yaml --json - --links -",
     "-: found as another output, or as an input; expected a file of its own"},
    {"a library without a name", "predict c.yaml w.yaml --library , --json o.json",
     "--library: found ','; expected names with one comma between two"},
    {"a library after no other", "predict c.yaml w.yaml --library nccl,",
     "--library: found 'nccl,'; expected names with one comma between two"},
    {"nothing to fit", "fit r.yaml --vary , --out c.yaml", "--vary: found ','; expected names with one comma between two"},
    {"an override without a value", "predict c.yaml w.yaml --set seed", "--set: found 'seed'; expected KEY=VALUE"},
    {"an override without a key", "predict c.yaml w.yaml --set =1", "--set: found '=1'; expected KEY=VALUE"},
    {"a seed that is text", "predict c.yaml w.yaml --seed one",
     "--seed: found 'one'; expected a whole number from 0 to 18446744073709551615"},
    {"a negative seed", "predict c.yaml w.yaml --seed -1",
     "--seed: found '-1'; expected a whole number from 0 to 18446744073709551615"},
    {"a seed beyond 64 bits", "predict c.yaml w.yaml --seed 18446744073709551616",
     "--seed: found '18446744073709551616'; expected a whole number from 0 to 18446744073709551615"},
    {"a hexadecimal seed", "predict c.yaml w.yaml --seed 0x10",
     "--seed: found '0x10'; expected a whole number from 0 to 18446744073709551615"},
    {"a seed that may be octal", "predict c.yaml w.yaml --seed 007",
     "--seed: found '007'; expected a whole number from 0 to 18446744073709551615"},
    {"a seed to place with that may be octal", "place c.yaml w.yaml --seed 007",
     "--seed: found '007'; expected a whole number from 0 to 18446744073709551615"},
    {"a negative seed to place with", "place c.yaml w.yaml --seed -1",
     "--seed: found '-1'; expected a whole number from 0 to 18446744073709551615"},
    {"a seed without a number", "predict c.yaml w.yaml --seed ''",
     "--seed: found ''; expected a whole number from 0 to 18446744073709551615"},
};

}  // namespace

TEST_CASE("tokenyard gives 1 for a wrong command line", "[cli]") {
    const TemporaryFolder folder;
    write_inputs(folder);
    for (const BadCommand& bad : bad_commands) DYNAMIC_SECTION(bad.name) {
            const ProcessResult result = run_tokenyard(bad.arguments, folder.path());
            CHECK(result.err == bad.message + help);
            CHECK(result.out.empty());
            CHECK(result.exit_code == 1);
        }
    CHECK(files_in(folder.path()) == 3);
}

TEST_CASE("tokenyard gives 2 for wrong input, one line, and nothing on standard output", "[cli]") {
    const TemporaryFolder folder;
    write_inputs(folder);
    for (const char* arguments : {"predict c.yaml bad.yaml", "predict c.yaml bad.yaml --json - --quiet", "show bad.yaml",
                                  "check bad.yaml", "check c.yaml w.yaml bad.yaml"})
        DYNAMIC_SECTION(arguments) {
            const ProcessResult result = run_tokenyard(arguments, folder.path());
            CHECK(result.err == bad_dtype);
            CHECK(result.out.empty());
            CHECK(result.exit_code == 2);
        }
}

TEST_CASE("tokenyard gives 2 for another kind of file in place of a calibration", "[cli]") {
    const TemporaryFolder folder;
    write_inputs(folder);
    for (const char* arguments :
         {"predict c.yaml w.yaml --calibration w.yaml", "show c.yaml --schedule '1 MiB' --calibration w.yaml",
          "fit nccl_h100_node --calibration w.yaml --vary nccl.launch --out -"})
        DYNAMIC_SECTION(arguments) {
            const ProcessResult result = run_tokenyard(arguments, folder.path());
            std::string refusals;
            int line = 2;
            for (const char* key : {"ranks", "seed", "model", "batch", "dispatch", "combine", "routing"})
                refusals += "w.yaml:" + std::to_string(line++) + ":1: error: found unknown key '" + key +
                            "' in the calibration; expected one of: name, description, base, sources, parts, replaced_by, nccl, "
                            "mpi, two_level, low_latency, sent_once, balanced, calls, compute\n";
            CHECK(result.err == refusals);
            CHECK(result.out.empty());
            CHECK(result.exit_code == 2);
        }
}

TEST_CASE("tokenyard gives 2 for bad input on standard input", "[cli]") {
    const TemporaryFolder folder;
    write_inputs(folder);
    const ProcessResult result = run_tokenyard("predict c.yaml - <bad.yaml", folder.path());
    CHECK(result.err == "<stdin>" + bad_dtype.substr(bad_dtype.find(':')));
    CHECK(result.exit_code == 2);
    const ProcessResult twice = run_tokenyard("predict - - <c.yaml", folder.path());
    CHECK(twice.err == "-:1:1: error: found standard input for several files; expected it once\n");
    CHECK(twice.exit_code == 2);
}

TEST_CASE("tokenyard leaves outputs as they were when the input is bad", "[cli]") {
    const TemporaryFolder folder;
    write_inputs(folder);
    folder.write("out.json", "kept");
    const ProcessResult result = run_tokenyard("predict c.yaml bad.yaml --json out.json --links new.csv", folder.path());
    CHECK(result.exit_code == 2);
    CHECK(read_file(folder.path("out.json")) == "kept");
    CHECK(files_in(folder.path()) == 4);
}

TEST_CASE("tokenyard gives 3 and leaves no part of a file where it cannot write", "[cli]") {
    const TemporaryFolder folder;
    write_inputs(folder);
    const ProcessResult missing = run_tokenyard("predict c.yaml w.yaml --engine fluid --json nowhere/out.json", folder.path());
    CHECK(missing.err == "tokenyard: error: cannot write 'nowhere/out.json': No such file or directory\n");
    CHECK(missing.out.empty());
    CHECK(missing.exit_code == 3);
    const ProcessResult below_file = run_tokenyard("predict c.yaml w.yaml --engine fluid --json c.yaml/out.json", folder.path());
    CHECK(below_file.err == "tokenyard: error: cannot write 'c.yaml/out.json': Not a directory\n");
    CHECK(below_file.exit_code == 3);
    const ProcessResult folder_as_file = run_tokenyard("predict c.yaml w.yaml --engine fluid --json .", folder.path());
    CHECK(folder_as_file.err == "tokenyard: error: cannot write '.': Is a directory\n");
    CHECK(folder_as_file.exit_code == 3);
    const ProcessResult full = run_tokenyard("predict c.yaml w.yaml --engine fluid --json /dev/full", folder.path());
    CHECK(full.err == "tokenyard: error: cannot write '/dev/full': No space left on device\n");
    CHECK(full.exit_code == 3);
    CHECK(files_in(folder.path()) == 3);
}

TEST_CASE("tokenyard gives 3 for a folder that it may not write to", "[cli]") {
    const TemporaryFolder folder;
    write_inputs(folder);
    const std::string locked = folder.path("locked");
    std::filesystem::create_directory(locked);
    std::filesystem::permissions(locked, std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
    const std::optional<ProcessResult> result =
        run_tokenyard_under_permissions("predict c.yaml w.yaml --engine fluid --json locked/out.json", folder.path());
    if (!result) return skip("this root cannot start a program to which permissions apply");
    CHECK(result->err == "tokenyard: error: cannot write 'locked/out.json': Permission denied\n");
    CHECK(result->exit_code == 3);
    CHECK(files_in(locked) == 0);
}

TEST_CASE("tokenyard refuses to write the tokens of a workload that has none", "[cli]") {
    const TemporaryFolder folder;
    write_inputs(folder);
    folder.write("m.txt", "0 2\n2 0\n");
    folder.write("m.yaml", "name: m\nranks: 2\nrouting: {kind: matrix, file: m.txt}\nsources: [test]\n");
    const ProcessResult result = run_tokenyard("predict c.yaml m.yaml --routing-out r.csv", folder.path());
    CHECK(result.err == "--routing-out: found routing kind matrix, which has no tokens; expected another kind" + help);
    CHECK(result.exit_code == 1);
    CHECK(files_in(folder.path()) == 5);
}

}  // namespace tokenyard
