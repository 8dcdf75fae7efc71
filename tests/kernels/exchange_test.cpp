// SPDX-License-Identifier: Apache-2.0
// Ranks as processes on this machine that exchange through sockets, each with an emulated GPU.
#include "support/files.hpp"
#include "support/process.hpp"
#include "support/reserved_port.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <sstream>

namespace tokenyard {
namespace {

ProcessResult exchange(const std::string& arguments, const std::string& folder = ".", const std::string& before = "") {
    const std::string command = before + " '" + TOKENYARD_GPU_PROGRAM + "' exchange " + arguments;
    return run_program("/bin/sh", "-c \"" + command + "\"", folder);
}

std::vector<nlohmann::json> lines_of(const std::string& text) {
    std::vector<nlohmann::json> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
}

/// Sum of all cells.
std::size_t total(const nlohmann::json& matrix) {
    std::size_t sum = 0;
    for (const auto& row : matrix)
        for (const auto& cell : row) sum += cell.get<std::size_t>();
    return sum;
}

constexpr const char* small_layer = " --tokens 9 --hidden 40 --experts 8 --topk 3 --iterations 1 --warm-ups 0 --timeout 60";

}  // namespace

TEST_CASE("exchange gives every rank its tokens times the sum of their weights", "[kernels][full]") {
    for (const char* ranks : {"1", "2", "4", "8"})
        for (const char* more : {"", " --dispatch fp8 --expert-scale 2", " --seed 7"})
            DYNAMIC_SECTION(ranks << " ranks" << more) {
                const ProcessResult result = exchange(std::string("--json - --ranks ") + ranks + small_layer + more);
                INFO(result.err);
                REQUIRE(result.exit_code == 0);
                const std::vector<nlohmann::json> lines = lines_of(result.out);
                REQUIRE(lines.size() == 12);  // the context and 11 phases
                CHECK(lines[0]["schema"] == "tokenyard.exchange/1");
                for (std::size_t line = 1; line < lines.size(); ++line) {
                    CHECK(lines[line]["wrong_elements"] == 0);
                    CHECK(lines[line]["wrong_counts"] == 0);
                    CHECK(lines[line]["rank_median_us"].size() == std::stoul(ranks));
                }
                CHECK(lines[5]["phase"] == "dispatch");
                CHECK(total(lines[5]["copies"]) == std::stoul(ranks) * 9 * 3);  // ranks x tokens x k
            }
}

TEST_CASE("exchange sends a layer whose tokens all want one rank, and ranks without tokens", "[kernels]") {
    const TemporaryFolder folder;
    // Experts 0 and 1, which rank 0 holds, are all that anybody is drawn; rank 2 has no tokens.
    folder.write("w.txt",
                 "format tokenyard.workload/1\nexperts 8\nexperts_per_token 2\nhidden 24\ndispatch bf16\nseed 3\n"
                 "tokens_per_rank 5 7 0 4\npopularity 1 1 0 0 0 0 0 0\ncopies 10 0 0 0\ncopies 14 0 0 0\ncopies 0 0 0 0\ncopies "
                 "8 0 0 0\n");
    const ProcessResult result = exchange("--workload w.txt --ranks 4 --iterations 1 --json -", folder.path());
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
    CHECK(lines_of(result.out)[5]["matrix_bytes"] ==
          nlohmann::json::parse("[[480,0,0,0],[672,0,0,0],[0,0,0,0],[384,0,0,0]]"));  // copies x 24 x 2 bytes
}

TEST_CASE("exchange counts S(i,k) as the simulator does, and says when it does not", "[kernels][full]") {
    const TemporaryFolder folder;
    folder.write("w.yaml",
                 "name: a name of words\nranks: 4\nmodel: {experts: 32, experts_per_token: 4, hidden: 64, moe_layers: 1}\nbatch: "
                 "{tokens_per_rank: [40, 1, 0, 25]}\n"
                 "dispatch: {dtype: fp8_e4m3, scale_block: 128}\ncombine: {dtype: bf16}\nrouting: {kind: zipf, exponent: "
                 "1.2}\nsources: [test]\n");
    const ProcessResult simulated =
        run_tokenyard(std::string("predict '") + TOKENYARD_SOURCE +
                          "/topologies/dgx_h100_x4.yaml' w.yaml --quiet --seed 5 --workload-out w.txt",
                      folder.path());
    REQUIRE(simulated.err.empty());
    const ProcessResult right = exchange("--workload w.txt --ranks 4 --iterations 1 --warm-ups 0", folder.path());
    INFO(right.err);
    CHECK(right.exit_code == 0);
    CHECK_THAT(right.out, Catch::Contains("# S(i,k) compared with the simulator's, pair by pair\n") &&
                              Catch::EndsWith("# #wrong: 0 elements of the combined tokens, 0 counts\n"));
    std::string wrong = read_file(folder.path("w.txt"));
    wrong.replace(wrong.find("seed 5"), 6, "seed 6");
    folder.write("w.txt", wrong);
    CHECK(exchange("--workload w.txt --ranks 4 --iterations 1 --warm-ups 0", folder.path()).exit_code == 4);
}

TEST_CASE("exchange brings every byte of a matrix where it belongs", "[kernels]") {
    const TemporaryFolder folder;
    folder.write("m.txt", "0 1, 17 100003\n# rank 1 sends nothing\n0 0 0 0\n5 0 70000 2\n0 3 0 0\n");
    for (const char* what : {"--matrix m.txt", "--pattern uniform --sizes 0,1,4099", "--pattern skewed --sizes 64K",
                             "--pattern fan-out --sizes 5000 --from 2", "--pattern fan-in --sizes 5000 --from 3",
                             "--pattern pair --sizes 5000 --from 3 --to 1", "--pattern self --sizes 77"})
        DYNAMIC_SECTION(what) {
            const ProcessResult result = exchange(std::string(what) + " --ranks 4 --iterations 2 --json -", folder.path());
            INFO(result.err);
            REQUIRE(result.exit_code == 0);
            for (const nlohmann::json& line : lines_of(result.out))
                if (line.contains("record")) {
                    CHECK(line["wrong_bytes"] == 0);
                    CHECK(line["samples_us"].size() == 2);
                    CHECK(line["last_arrival_us_by_destination_and_source"].size() == 4);
                }
        }
}

TEST_CASE("exchange sweeps sizes as nccl-tests counts them", "[kernels]") {
    struct Sweep {
        const char* what;
        std::vector<std::size_t> messages;
    };
    for (const Sweep& sweep : {Sweep{"uniform -b 64 -e 1K -f 4", {32, 128, 512}},  // a rank's size / 2 ranks
                               Sweep{"uniform -b 50", {16}},                       // 25, to whole 16 bytes
                               Sweep{"pair -b 1 -e 5", {1, 2, 4}}})
        DYNAMIC_SECTION(sweep.what) {
            const ProcessResult result =
                exchange(std::string("--ranks 2 --iterations 1 --warm-ups 0 --json - --pattern ") + sweep.what);
            INFO(result.err);
            REQUIRE(result.exit_code == 0);
            std::vector<std::size_t> messages;
            for (const nlohmann::json& line : lines_of(result.out))
                if (line.contains("record")) {
                    messages.push_back(line["message_bytes"]);
                    CHECK(line["graph"] == false);
                }
            CHECK(messages == sweep.messages);
        }
}

TEST_CASE("exchange takes samples until they are quiet enough or it has been long enough, and says which", "[kernels]") {
    struct Rule {
        const char *options, *stopped_by;
    };
    for (const Rule& rule :
         {Rule{"", "count"}, Rule{"--noise 100 --most-time 60", "noise"}, Rule{"--noise 0.00001 --most-time 0.2", "time"}})
        for (const char* what : {"--pattern uniform --sizes 64", "--tokens 4 --hidden 16 --experts 4 --topk 2"})
            DYNAMIC_SECTION(rule.options << " " << what) {
                const ProcessResult result =
                    exchange(std::string("--ranks 2 --iterations 5 --json - ") + what + " " + rule.options);
                INFO(result.err);
                REQUIRE(result.exit_code == 0);
                const nlohmann::json record = lines_of(result.out).at(1);
                CHECK(record["stopped_by"] == rule.stopped_by);
                CHECK(record["noise"] >= 0);
                CHECK(record["samples"].get<int>() % 5 == 0);  // whole batches
            }
}

TEST_CASE("exchange runs a thread for each GPU of a process", "[kernels]") {
    const ProcessResult result =
        exchange("--pattern skewed --sizes 3000 --iterations 1 --json -", ".", "TOKENYARD_EMULATOR_DEVICES=3");
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
    const nlohmann::json record = lines_of(result.out).at(1);
    CHECK(record["matrix_bytes"] ==
          nlohmann::json::parse("[[1500,3000,4500],[1500,3000,4500],[1500,3000,4500]]"));  // 3000 x 2 (k + 1) / 4
    CHECK(record["shares_gpus"] == false);
    CHECK(record["wrong_bytes"] == 0);
}

TEST_CASE("ranks that see one GPU each of their node are measured, and joined as far as each can tell", "[kernels]") {
    const ReservedPort port;
    const std::string one = " WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=" + port.number() + " '" + TOKENYARD_GPU_PROGRAM +
                            "' exchange --pattern uniform --sizes 200 --iterations 1 --json -";
    const ProcessResult result =
        run_program("/bin/sh", "-c \"CUDA_VISIBLE_DEVICES=5 RANK=1 LOCAL_RANK=1" + one +
                                   " & CUDA_VISIBLE_DEVICES=2 RANK=0 LOCAL_RANK=0" + one + "; code=\\$?; wait; exit \\$code\"");
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
    const nlohmann::json record = lines_of(result.out).at(1);
    CHECK(record["joints"] == nlohmann::json::parse(R"(["self", "same-node"])"));
    CHECK(record["gpu_of_rank"] == nlohmann::json::parse(R"(["0000:02:00.0", "0000:05:00.0"])"));
    CHECK(record["shares_gpus"] == false);
}

TEST_CASE("GPUs of one process are joined by NVLink where it has atomics", "[kernels]") {
    const ProcessResult result =
        exchange("--pattern self --sizes 8 --iterations 1 --json -", ".", "TOKENYARD_EMULATOR_DEVICES=2");
    REQUIRE(result.exit_code == 0);
    CHECK(lines_of(result.out).at(1)["joints"] == nlohmann::json::parse(R"(["self", "nvlink"])"));
}

TEST_CASE("ranks of several nodes are on the same rail by their GPUs' places on the bus", "[kernels]") {
    // Two nodes of two ranks, each of which sees one GPU only: ranks 0 and 2 are the first on their nodes, 1 and 3 the second.
    const ReservedPort port;
    std::string script;
    for (const int rank : {3, 2, 1, 0}) {
        const std::string node = rank < 2 ? "a" : "b",
                          gpu = std::vector<const char*>{"1", "4", "2", "7"}[static_cast<std::size_t>(rank)];
        script += "NCCL_HOSTID=" + node + " CUDA_VISIBLE_DEVICES=" + gpu + " WORLD_SIZE=4 RANK=" + std::to_string(rank) +
                  " LOCAL_RANK=" + std::to_string(rank % 2) + " MASTER_ADDR=127.0.0.1 MASTER_PORT=" + port.number() + " '" +
                  TOKENYARD_GPU_PROGRAM + "' exchange --pattern self --sizes 8 --iterations 1 --json -" + (rank > 0 ? " & " : "");
    }
    const ProcessResult result = run_program("/bin/sh", "-c \"" + script + "; code=\\$?; wait; exit \\$code\"");
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
    CHECK(lines_of(result.out).at(1)["joints"] == nlohmann::json::parse(R"(["self", "same-node", "same-rail", "other-rail"])"));
}

TEST_CASE("ranks that a launcher starts meet at MASTER_ADDR", "[kernels]") {
    const ReservedPort port;
    const std::string one = " MASTER_ADDR=127.0.0.1 MASTER_PORT=" + port.number() + " '" + TOKENYARD_GPU_PROGRAM +
                            "' exchange --pattern uniform --sizes 2000 --iterations 1 --json ";
    const ProcessResult result =
        run_program("/bin/sh", "-c \"WORLD_SIZE=3 RANK=2" + one + "- & WORLD_SIZE=3 RANK=1" + one + "- & WORLD_SIZE=3 RANK=0" +
                                   one + "-; code=\\$?; wait; exit \\$code\"");
    INFO(result.err);
    REQUIRE(result.exit_code == 0);
    CHECK(lines_of(result.out).at(1)["ranks"] == 3);  // of rank 0 alone
    CHECK(lines_of(result.out).size() == 2);
}

}  // namespace tokenyard
