// SPDX-License-Identifier: Apache-2.0
// What tokenyard-gpu has measured, as rows: what each is for, and what is refused, with the whole message.
#include "input/measured_reader.hpp"
#include "support/files.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

#include <ctime>

namespace tokenyard {
namespace {

const std::string small_file =
    R"({"schema": "tokenyard.exchange/1", "gpu": "H100", "driver": "13.0", "cuda_runtime": "13.0", "date": "2026-11-23", "command": "x", "built": "with NCCL"}
{"record": "exchange", "phase": "matrix", "pattern": "pair", "message_bytes": 4096, "transport": "nccl", "registered_buffers": false, "ranks": 2, "node_of_rank": [0, 0], "shares_gpus": false, "environment": {"NCCL_DEBUG": "INFO"}, "matrix_bytes": [[0, 4096], [0, 0]], "median_us": 25.5, "p5_us": 24, "p95_us": 30, "wrong_bytes": 0}
{"record": "kernel", "kernel": "copy"}

{"record": "exchange", "phase": "dispatch", "transport": "nccl", "registered_buffers": false, "ranks": 2, "node_of_rank": [7, 7], "shares_gpus": false, "environment": {"NCCL_MIN_NCHANNELS": "8", "NCCL_MAX_NCHANNELS": "8"}, "matrix_bytes": [[1, 2], [3, 4]], "median_us": 40, "p5_us": 39, "p95_us": 45, "wrong_elements": 0, "wrong_counts": 0}
)";

/// So many lines that are read and passed over.
std::string lines_of_kernels(int count) {
    std::string text;
    for (int line = 0; line < count; ++line) text += "{\"record\": \"kernel\"}\n";
    return text;
}

Record read(const std::string& text) {
    const TemporaryFolder folder;
    folder.write("c.yaml", small_cluster);
    folder.write("m.jsonl", text);
    return read_measured(folder.path("m.jsonl"), folder.path("c.yaml"), {}, {}, "nominal");
}

RecordRow first_row_with(const char* found, const char* replacement) {
    return read(with_change(small_file, {"", found, replacement, ""})).rows.front();
}

const std::vector<Change> bad_files{
    {"no matrix", "\"matrix_bytes\": [[0, 4096], [0, 0]], ", "",
     "m.jsonl:2:1: error: found no 'matrix_bytes' in the exchange; expected it"},
    {"a row too few", "[[0, 4096], [0, 0]]", "[[0, 4096]]", "m.jsonl:2:248: error: found a list; expected 2 rows"},
    {"a time of nothing", "25.5", "0", "m.jsonl:2:282: error: found '0'; expected a number above 0"},
    {"wrong bytes", "\"wrong_bytes\": 0", "\"wrong_bytes\": 3",
     "m.jsonl:2:330: error: found '3'; expected 0, as an exchange that went wrong says nothing"},
    {"another transport", "\"message_bytes\": 4096, \"transport\": \"nccl\"", "\"transport\": \"pigeons\"",
     "m.jsonl:2:75: error: found 'pigeons'; expected one of: nccl, nccl-alltoall, mpi, sockets"},
    {"ranks on other nodes", "[7, 7]", "[7, 8]",
     "m.jsonl:5:123: error: found ranks 0 and 1 on two nodes; expected one node, as on the cluster"},
    {"a line that is a list", "{\"record\": \"kernel\", \"kernel\": \"copy\"}", "[1]",
     "m.jsonl:3:1: error: found a list; expected a JSON object"},
};

}  // namespace

TEST_CASE("read_measured takes exchanges, and what single GPUs do is there to be fitted to", "[record]") {
    const Record record = read(small_file);
    CHECK(record.hardware == "H100");
    CHECK(record.software == "driver 13.0, CUDA 13.0; with NCCL");
    REQUIRE(record.rows.size() == 2);
    const RecordRow &pair = record.rows[0], &layer = record.rows[1];
    CHECK(pair.use == RowUse::fit);
    CHECK(pair.algorithm == "nccl");
    CHECK(in_microseconds(pair.measured) == Approx(25.5));
    CHECK(in_microseconds(pair.fastest) == Approx(24));
    CHECK(in_microseconds(pair.slowest) == Approx(30));
    CHECK(pair.label == "ranks 2, pair, message 4096 B, nccl");
    CHECK(pair.line == 2);
    const auto& matrix = std::get<MatrixWorkload>(pair.one.workload.traffic).volumes;
    CHECK(in_bytes(matrix.at(0, 1)) == 4096);
    CHECK(in_bytes(matrix.at(1, 0)) == 0);
    CHECK(layer.use == RowUse::judged);
    CHECK(layer.line == 5);
    CHECK(layer.label == "ranks 2, dispatch, 8 channels, nccl");
    CHECK(layer.one.costs.nccl.search_channels == 8);
}

TEST_CASE("read_measured says why a row is odd", "[record]") {
    CHECK(first_row_with("[0, 0], \"shares_gpus\": false", "[0, 0], \"shares_gpus\": true").why ==
          "several ranks on one GPU exchange over the loopback interface");
    CHECK(first_row_with("\"message_bytes\": 4096, \"transport\": \"nccl\"", "\"transport\": \"sockets\"").why ==
          "TCP through host memory is not modelled");
    CHECK(first_row_with("4096, \"transport\": \"nccl\", \"registered_buffers\": false",
                         "4096, \"transport\": \"nccl\", \"registered_buffers\": true")
              .why == "registered buffers are not modelled");
    CHECK(first_row_with("{\"NCCL_DEBUG\": \"INFO\"}", "{\"NCCL_PROTO\": \"LL\"}").why == "NCCL_PROTO=LL was set");
    CHECK(first_row_with("{\"NCCL_DEBUG\": \"INFO\"}", "{\"NCCL_MAX_NCHANNELS\": \"4\"}").why == "NCCL_MAX_NCHANNELS=4 was set");
    CHECK(first_row_with("{\"NCCL_DEBUG\": \"INFO\"}", "{\"NCCL_PROTO\": \"LL\"}").use == RowUse::odd);
}

TEST_CASE("read_measured refuses what tokenyard-gpu does not write", "[record]") {
    for (const Change& bad : bad_files) DYNAMIC_SECTION(bad.name) {
            const TemporaryFolder folder;
            folder.write("c.yaml", small_cluster);
            folder.write("m.jsonl", with_change(small_file, bad));
            CHECK(refusal_of([&] { read_measured(folder.path("m.jsonl"), folder.path("c.yaml"), {}, {}, "nominal"); }, folder) ==
                  bad.refusal);
        }
    CHECK_THROWS_WITH(read("{\"record\": \"kernel\"}\n"),
                      Catch::Matchers::Contains("found no line with \"record\": \"exchange\""));
}

TEST_CASE("read_measured names the line of an error however many are above it", "[record]") {
    const TemporaryFolder folder;
    folder.write("c.yaml", small_cluster);
    folder.write("m.jsonl", lines_of_kernels(5000) + "\n{\"record\": [\n");
    CHECK(refusal_of([&] { read_measured(folder.path("m.jsonl"), folder.path("c.yaml"), {}, {}, "nominal"); }, folder) ==
          "m.jsonl:5002:1: error: found broken YAML (end of sequence flow not found); expected key: value");
}

TEST_CASE("read_measured takes ten times as long for ten times the lines", "[record]") {
    // With another 5 times for what is measured around it; 100 times where each line is read with all above it.
    const auto time_of = [](int lines) {
        const TemporaryFolder folder;
        folder.write("c.yaml", small_cluster);
        folder.write("m.jsonl", lines_of_kernels(lines));
        const std::clock_t begin = std::clock();
        CHECK_THROWS_WITH(read_measured(folder.path("m.jsonl"), folder.path("c.yaml"), {}, {}, "nominal"),
                          Catch::Matchers::Contains("found no line with \"record\": \"exchange\""));
        return static_cast<double>(std::clock() - begin);
    };
    time_of(3000);  // to warm up
    CHECK(time_of(30000) < 50 * time_of(3000));
}

}  // namespace tokenyard
