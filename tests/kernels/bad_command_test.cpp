#include "support/files.hpp"
#include "support/process.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <sstream>

namespace tokenyard {
namespace {

struct BadCommand {
    const char *name, *arguments, *message;
};
const BadCommand bad_commands[] = {
    {"no verb", "", "A verb is required"},
    {"an unknown verb", "dance", "The following argument was not expected: dance; expected selftest, bench or route"},
    {"an unknown option", "selftest --fast", "The following argument was not expected: --fast"},
    {"an argument too many", "bench now", "The following argument was not expected: now"},
    {"a missing value", "bench --hidden", "--hidden: 1 required N missing"},
    {"a value for a flag", "route --cpu=yes", "--cpu: found a value; expected none"},
    {"an option twice", "route --seed 1 --seed 2", "--seed: found twice; expected once"},
    {"a number that is text", "bench --hidden many", "--hidden: found 'many'; expected a whole number from 1 to 1048576"},
    {"a number with a tail", "bench --hidden 7k", "--hidden: found '7k'; expected a whole number from 1 to 1048576"},
    {"a number out of range", "bench --hidden 0", "--hidden: found '0'; expected a whole number from 1 to 1048576"},
    {"a number beyond int", "bench --hidden 99999999999",
     "--hidden: found '99999999999'; expected a whole number from 1 to 1048576"},
    {"a list with a gap", "bench --tokens 1,,2", "--tokens: found ''; expected a whole number from 1 to 1048576"},
    {"a negative seed", "selftest --seed -1", "--seed: found '-1'; expected a whole number from 0 to 18446744073709551615"},
    {"a seed beyond 64 bits", "selftest --seed 18446744073709551616",
     "--seed: found '18446744073709551616'; expected a whole number from 0 to 18446744073709551615"},
    {"a file without a name", "bench --json ''", "--json: found ''; expected a name, or - for standard output"},
    {"a file like an option", "route --out --cpu", "--out: found '--cpu'; expected a name, or - for standard output"},
    {"an impossible shape", "route --experts 4 --topk 5",
     "found 5 experts a token; expected at most the 4 in the groups of a token"},
    {"too many experts for the gate", "bench --experts 2000", "found 2000 experts; expected at most 1024 for the gate"},
    {"a filter that nothing has", "selftest --filter nosuchthing",
     "--filter: found 'nosuchthing', which no case has; expected part of a name"},
};

ProcessResult run_gpu(const std::string& arguments, const std::string& folder = ".") {
    return run_program(TOKENYARD_GPU_PROGRAM, arguments, folder);
}

}  // namespace

TEST_CASE("tokenyard-gpu gives 1 for a wrong command line", "[kernels]") {
    for (const BadCommand& bad : bad_commands) DYNAMIC_SECTION(bad.name) {
            const ProcessResult result = run_gpu(bad.arguments);
            CHECK(result.err == bad.message + std::string("\nRun with --help for more information.\n"));
            CHECK(result.out.empty());
            CHECK(result.exit_code == 1);
        }
}

TEST_CASE("tokenyard-gpu gives 2 for a wrong popularity file", "[kernels]") {
    const TemporaryFolder folder;
    folder.write("p.txt", "1\nmany\n");
    folder.write("few.txt", "1\n2\n");
    const ProcessResult text = run_gpu("route --experts 2 --topk 1 --cpu --popularity p.txt", folder.path());
    CHECK(text.err == "p.txt:2: error: found 'many'; expected a whole number from 0 to 4294967295\n");
    CHECK(text.exit_code == 2);
    const ProcessResult few = run_gpu("route --experts 3 --topk 1 --cpu --popularity few.txt", folder.path());
    CHECK(few.err == "few.txt:1: error: found 2 weights; expected one for each of the 3 experts\n");
    CHECK(few.exit_code == 2);
}

TEST_CASE("tokenyard-gpu gives 3 where it cannot read or write", "[kernels]") {
    const TemporaryFolder folder;
    const ProcessResult missing = run_gpu("route --cpu --popularity nowhere.txt", folder.path());
    CHECK(missing.err == "tokenyard-gpu: error: cannot read 'nowhere.txt': No such file or directory\n");
    CHECK(missing.exit_code == 3);
    const ProcessResult locked = run_gpu("route --cpu --tokens 1 --out nowhere/r.csv", folder.path());
    CHECK(locked.err == "tokenyard-gpu: error: cannot write 'nowhere/r.csv': No such file or directory\n");
    CHECK(locked.exit_code == 3);
}

TEST_CASE("tokenyard-gpu explains itself and its verbs", "[kernels]") {
    for (const char* arguments : {"--help", "selftest --help", "bench --help", "route --help"}) DYNAMIC_SECTION(arguments) {
            const ProcessResult result = run_gpu(arguments);
            CHECK(result.out.rfind("tokenyard-gpu", 0) == 0);
            CHECK(result.err.empty());
            CHECK(result.exit_code == 0);
        }
}

TEST_CASE("bench writes a context and a line a kernel, with the bytes of its formula", "[kernels]") {
    const ProcessResult result = run_gpu(
        "bench --kernel combine --tokens 2,3 --hidden 64 --experts 8 --topk 2 --ranks 2 --samples 1 --copy-MB 1 --json -");
    REQUIRE(result.exit_code == 0);
    std::istringstream lines(result.out);
    std::vector<nlohmann::json> rows;
    for (std::string line; std::getline(lines, line);) rows.push_back(nlohmann::json::parse(line));
    REQUIRE(rows.size() == 5);
    CHECK(rows[0]["schema"] == "tokenyard.kernels/1");
    CHECK(rows[0]["gpu"] == "a CPU that emulates a GPU");
    CHECK(rows[1]["kernel"] == "copy");
    CHECK(rows[2]["kernel"] == "launch");
    CHECK(rows[4]["kernel"] == "combine");
    CHECK(rows[4]["tokens"] == 3);
    CHECK(rows[4]["moved_bytes"] == 2 * 64 * (6 + 3) + 8 * 6);  // 2 H (C + T) + 8 C
}

}  // namespace tokenyard
