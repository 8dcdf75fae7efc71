// SPDX-License-Identifier: Apache-2.0
#include "support/files.hpp"
#include "support/process.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>

namespace tokenyard {
namespace {

struct BadCommand {
    const char *name, *arguments, *message;
};
const BadCommand bad_commands[] = {
    {"no verb", "", "A verb is required"},
    {"an unknown verb", "dance",
     "The following argument was not expected: dance; expected selftest, bench, route, exchange or calibrate"},
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
    {"two things to exchange", "exchange --matrix m --pattern self",
     "found --matrix and --pattern; expected one of --workload, --matrix and --pattern"},
    {"a shape beside a workload", "exchange --workload w --topk 2",
     "found --topk beside --workload, which says it; expected one of them"},
    {"an unknown pattern", "exchange --pattern star",
     "--pattern: found 'star'; expected uniform, skewed, fan-out, fan-in, pair or self"},
    {"an unknown transport", "exchange --transport pigeon",
     "--transport: found 'pigeon'; expected auto, nccl, nccl-alltoall, mpi or sockets"},
    {"registered buffers without NCCL", "exchange --transport sockets --registered",
     "--transport: found registered buffers with sockets; expected nccl, which alone has them"},
    {"a size that is none", "exchange --pattern self --sizes 4K,many",
     "--sizes: found 'many'; expected bytes up to 2^40, such as 512, 64K or 16M"},
    {"a size with a wrong letter", "exchange --pattern self --sizes 4T",
     "--sizes: found '4T'; expected bytes up to 2^40, such as 512, 64K or 16M"},
    {"a sweep of a layer's sizes", "exchange -b 8 -e 64 --tokens 4",
     "-b: found no --pattern; expected one, because layers and files have sizes of their own"},
    {"a sweep and a list", "exchange --pattern self --sizes 4K -f 4", "found -f beside --sizes; expected one of them"},
    {"a sweep without a beginning", "exchange --pattern self -e 4K", "-e: found no -b; expected the first size"},
    {"a sweep from nothing", "exchange --pattern self -b 0", "-b: found 0; expected at least 1 byte"},
    {"a sweep that ends before it begins", "exchange --pattern self -b 1K -e 8", "-e: found 8; expected at least the 1024 of -b"},
    {"a sweep that stays", "exchange --pattern self -b 1K -f 1", "-f: found '1'; expected a whole number from 2 to 1048576"},
    {"no noise at all", "bench --noise 0", "--noise: found '0'; expected a number above 0 and at most 100"},
    {"a time that is none", "exchange --most-time soon",
     "--most-time: found 'soon'; expected a number above 0 and at most 86400"},
    {"a graph of a layer", "exchange --graph",
     "--graph: found a layer, whose phases are timed apart; expected --matrix or --pattern"},
    {"a graph of what the host does", "exchange --graph --pattern self --transport sockets",
     "--graph: found a transport whose exchanges are the host's work; expected nccl or nccl-alltoall"},
    {"a pair that is not there", "exchange --pattern pair --ranks 2 --to 2",
     "--from, --to: found ranks 0 and 2; expected ranks from 0 to 1"},
    {"a middle that is not there", "exchange --pattern fan-in --ranks 2 --from 9",
     "--from: found rank 9; expected a rank from 0 to 1"},
    {"experts that do not divide", "exchange --ranks 3", "--experts: found 256; expected a multiple of the 3 ranks"},
    {"an unknown dispatch type", "exchange --dispatch int8", "--dispatch: found 'int8'; expected bf16 or fp8"},
    {"no ranks", "exchange --ranks 0", "--ranks: found '0'; expected a whole number from 1 to 1024"},
    {"nowhere to calibrate to", "calibrate", "--out: 1 required FILE missing"},
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

TEST_CASE("exchange gives 2 for a wrong matrix or workload", "[kernels]") {
    struct BadFile {
        const char *name, *text, *option, *message;
    };
    const BadFile bad_files[] = {
        {"nothing", "# empty\n", "--matrix", "f:1:1: error: found no numbers; expected a square matrix of bytes"},
        {"a word", "1 2\n3 x4\n", "--matrix", "f:2:3: error: found 'x4'; expected a whole number of bytes of at least 0"},
        {"a negative number", "1 -2\n3 4\n", "--matrix",
         "f:1:3: error: found '-2'; expected a whole number of bytes of at least 0"},
        {"a short row", "1 2\n3\n", "--matrix",
         "f:2:1: error: found 1 numbers in this row; expected 2, because there are 2 rows"},
        {"too many ranks", "1 2 3\n1 2 3\n1 2 3\n", "--matrix",
         "f:1:1: error: found 3 rows; expected one for each of the 2 ranks"},
        {"no format", "experts 8\n", "--workload", "f:1: error: found 'experts'; expected format tokenyard.workload/1"},
        {"another format", "format x/2\n", "--workload", "f:1: error: found format x/2; expected tokenyard.workload/1"},
        {"an unknown key", "format tokenyard.workload/1\nexpert 8\n", "--workload",
         "f:2: error: found 'expert'; expected a key of tokenyard.workload/1"},
        {"a key twice", "format tokenyard.workload/1\nseed 1\nseed 2\n", "--workload",
         "f:3: error: found seed again; expected it once"},
        {"a number that is none", "format tokenyard.workload/1\nhidden 1.5\n", "--workload",
         "f:2: error: found '1.5' for hidden; expected a whole number from 1 to 1048576"},
        {"a missing key", "format tokenyard.workload/1\nexperts 8\nexperts_per_token 2\n", "--workload",
         "f:1: error: found no hidden; expected it"},
        {"other ranks",
         "format tokenyard.workload/1\nexperts 3\nexperts_per_token 1\nhidden 8\ndispatch bf16\nseed 1\ntokens_per_rank 1 1 1\n"
         "popularity 1 1 1\n",
         "--workload", "f:1: error: found tokens of 3 ranks; expected 2"},
    };
    const TemporaryFolder folder;
    for (const BadFile& bad : bad_files) DYNAMIC_SECTION(bad.name) {
            folder.write("f", bad.text);
            const ProcessResult result = run_gpu(std::string("exchange --ranks 2 ") + bad.option + " f", folder.path());
            CHECK(result.err == bad.message + std::string("\n"));
            CHECK(result.exit_code == 2);
        }
}

TEST_CASE("exchange gives 1 for nonsense from a launcher", "[kernels]") {
    struct Nonsense {
        const char *variables, *message;
    };
    for (const Nonsense& one : {Nonsense{"RANK=2 WORLD_SIZE=2", "RANK: found '2'; expected a whole number from 0 to 1"},
                                Nonsense{"RANK=0 WORLD_SIZE=2", "MASTER_ADDR: found nothing; expected the address of rank 0"},
                                Nonsense{"RANK=0", "WORLD_SIZE: found nothing; expected it beside RANK"},
                                Nonsense{"RANK=0 WORLD_SIZE=2 MASTER_ADDR=h MASTER_PORT=0",
                                         "MASTER_PORT: found '0'; expected a whole number from 1 to 65535"}})
        DYNAMIC_SECTION(one.variables) {
            const ProcessResult result =
                run_program("/bin/sh", std::string("-c \"") + one.variables + " '" + TOKENYARD_GPU_PROGRAM + "' exchange\"");
            CHECK(result.err == one.message + std::string("\nRun with --help for more information.\n"));
            CHECK(result.exit_code == 1);
        }
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
    for (const char* arguments :
         {"--help", "selftest --help", "bench --help", "route --help", "exchange --help", "calibrate --help"})
        DYNAMIC_SECTION(arguments) {
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
    REQUIRE(rows.size() == 6);
    CHECK(rows[0]["schema"] == "tokenyard.kernels/1");
    CHECK(rows[0]["gpu"] == "a CPU that emulates a GPU");
    CHECK(rows[1]["kernel"] == "copy");
    CHECK(rows[2]["kernel"] == "launch");
    CHECK(rows[4]["kernel"] == "combine");
    CHECK(rows[4]["tokens"] == 3);
    CHECK(rows[4]["turns_per_sample"] >= 10);
    CHECK(rows[4]["held_back"] == true);
    CHECK(rows[5]["kernel"] == "copy_last");
    const double copied = rows[1]["rate_GBps"], copied_last = rows[5]["rate_GBps"], combined = rows[4]["rate_GBps"];
    CHECK(rows[4]["of_copy_percent"].get<double>() == Approx(100 * combined / std::max(copied, copied_last)).margin(0.006));
    CHECK(rows[4]["moved_bytes"] == 2 * 64 * (6 + 3) + 8 * 6);  // 2 H (C + T) + 8 C
}

}  // namespace tokenyard
