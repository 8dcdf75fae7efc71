// SPDX-License-Identifier: Apache-2.0
// Measured times of expert-parallel libraries out of DeepEP's tests and CollectiveX.
#include "import/library_times.hpp"
#include "import/import.hpp"
#include "support/files.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

#include <random>

namespace tokenyard {
namespace {

Imported read(const std::string& text, int ranks = 0, const std::string& test = {}) {
    const TemporaryFolder folder;
    return import_files({folder.write("log.txt", text)}, {{}, {}, {{"predict.cluster", "dgx_h100_x4"}}, test, ranks});
}

std::string refusal(const std::string& text, int ranks = 0) {
    const TemporaryFolder folder;
    return refusal_of(
        [&] {
            import_files({folder.write("log", text)}, {{}, {}, {{"predict.cluster", "dgx_h100_x4"}}, {}, ranks});
        },
        folder);
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const std::string config = "[config] num_tokens=4096, hidden=7168, num_topk=8\n";
const std::string intranode = config +
                              "[tuning] SMs 24, NVL chunk 4: 317.45 GB/s (NVL), 800.00 us\n"
                              "[tuning] Best dispatch (FP8): SMs 24, NVL chunk 30, 352.43 GB/s (NVL), t: 453.49 us\n"
                              "[tuning] Best dispatch (BF16): SMs 24, NVL chunk 12: 446.09 GB/s (NVL), 352 us\n"
                              "[tuning] Best combine: SMs 24, NVL chunk 15: 451.55 GB/s (NVL), t: 1040.33 us\n";
const std::string internode_config = "[config] num_tokens=4096, hidden=7168, num_topk_groups=2, num_topk=8\n";
const std::string low_latency =
    "Allocating buffer size: 2116.291072 MB ...\n"
    "[rank 0] Dispatch + combine bandwidth: 42.24 GB/s, avg_t=522.00 us, min_t=517.44 us, max_t=527.33 us\n"
    "[rank 1] Dispatch + combine bandwidth: 42.08 GB/s, avg_t=524.00 us, min_t=517.09 us, max_t=527.94 us"
    "[rank 0] Dispatch bandwidth: 75.12 GB/s, avg_t=100.00 us | Combine bandwidth: 72.69 GB/s, avg_t=200.00 us\n"
    "[rank 1] Dispatch bandwidth: 68.29 GB/s, avg_t=110.00 us | Combine bandwidth: 69.22 GB/s, avg_t=210.00 us\n"
    "[rank 1] Dispatch send/recv time: 20.00 + 30.00 us | Combine send/recv time: 20.00 + 30.00 us\n";
const std::string elastic =
    "Config:\n > Ranks: 2 x 8\n > Experts: 6/384\n > Tokens: 8192 (max: 8192), hidden: 7168\n > #SM: 24, #QPs: 129/129\n\n"
    "Running all test cases:\n"
    " > Testing with do_handle_copy=1, expert_alignment=128, use_fp8_dispatch=1, num_bias=0 ...\n"
    "   * EP:   0/16 | dispatch: 35 GB/s (SO), 203 GB/s (SU), 860.000 us, 2 bytes | copy: 4791 GB/s, 187.879 us\n"
    "   * EP:   1/16 | dispatch: 35 GB/s (SO), 203 GB/s (SU), 870.000 us, 2 bytes | copy: 4791 GB/s, 187.879 us\n"
    "   - EP:   0/16 | expanded dispatch: 99 GB/s (SO), 999 GB/s (SU), 1.000 us, 4 bytes | copy: 1 GB/s, 1.000 us\n"
    "   @ EP:   0/16 | combine: 36 GB/s (SO), 208 GB/s (SU), 1614.000 us, 3 bytes | reduce: 1648 GB/s, 26.724 us\n"
    " > Testing with do_handle_copy=0, expert_alignment=128, use_fp8_dispatch=1, num_bias=0 ...\n"
    "   * EP:   0/16 | dispatch: 35 GB/s (SO), 203 GB/s (SU), 1.000 us, 2 bytes | copy: 4791 GB/s, 187.879 us\n"
    " > Testing with do_handle_copy=1, expert_alignment=128, use_fp8_dispatch=0, num_bias=1 ...\n"
    "   * EP:   0/16 | dispatch: 39 GB/s (SO), 225 GB/s (SU), 1501.000 us, 5 bytes | copy: 4791 GB/s, 187.879 us\n"
    "   @ EP:   0/16 | combine: 36 GB/s (SO), 208 GB/s (SU), 1.000 us, 3 bytes | reduce: 1648 GB/s, 26.724 us\n";

std::string collectivex(const std::string& backend, const std::string& precision, const std::string& rows) {
    return R"({"version":1,"record_type":"case-attempt","identity":{"case_factors":{"case":{"backend":")" + backend +
           R"(","ep":8,"experts":256,"hidden":7168,"mode":"normal","phase":"decode","precision":")" + precision +
           R"(","routing":"uniform","suite":"ep","topk":8},"sku":"b200-nscale"}},"measurement":{"rows":[)" + rows +
           R"(]},"topology":{"device_product":"NVIDIA B200"},"outcome":{"status":"success"}})";
}
std::string row(int tokens, const std::string& passed = "true") {
    return R"({"components":{"combine":{"percentiles_us":{"p50":40.5,"p99":60}},"dispatch":{"percentiles_us":{"p50":53.25,"p99":61}},)"
           R"("stage":{"percentiles_us":null}},"correctness":{"passed":)" +
           passed + R"(},"byte_provenance":{"dispatch":{"activation_data_bytes":7168,"scale_bytes":224}},"tokens_per_rank":)" +
           std::to_string(tokens) + "}";
}

}  // namespace

TEST_CASE("import takes the best of DeepEP's normal kernels, in all the ways that its tests print them", "[import]") {
    const Imported imported = read(intranode, 8);
    INFO(imported.yaml);
    CHECK(
        has(imported.yaml,
            "columns: {dtype: dispatch.dtype, scales: dispatch.scale_block, sms: two_level.sms, tokens: batch.tokens_per_rank}"));
    CHECK(has(imported.yaml,
              "  - {ranks: 8, dtype: fp8_e4m3, scales: 128, sms: 24, tokens: 4096, phase: dispatch, time: 453.49 us, use: fit}\n"
              "  - {ranks: 8, dtype: bf16, sms: 24, tokens: 4096, phase: dispatch, time: 352 us, use: judged}\n"
              "  - {ranks: 8, sms: 24, tokens: 4096, phase: combine, time: 1040.33 us, use: judged}\n"));
    CHECK(has(imported.yaml, "  algorithm: two-level"));
    for (const auto& [best, time] :
         {std::pair{"SMs 24, NVL chunk 40, RDMA chunk 16: 229 + 1391 us, 43.36 GB/s (RDMA), 141.61 GB/s (NVL)", "1391"},
          std::pair{"SMs 24, NVL chunk 4, RDMA chunk 20, 778.64 + 2681.00 us, 43.63 GB/s (RDMA), 142.49 GB/s (NVL)", "2681"},
          std::pair{"SMs 24, NVL chunk 40, RDMA chunk 4, transmit: 2436.00 us, notify: 357.19 us, BW: 49 GB/s (RDMA), 92 GB/s "
                    "(NVL)",
                    "2436"},
          std::pair{"SMs 24, NVL chunk 40, RDMA chunk 4, notify: 357.19 us, transmit: 2436.00 us, BW: 49 GB/s (RDMA), 92 GB/s "
                    "(NVL)",
                    "2436"}}) {
        const Imported one = read(internode_config + "[tuning] Best combine: " + best, 16);
        INFO(one.yaml);
        CHECK(has(one.yaml, std::string("tokens: 4096, phase: combine, time: ") + time + " us, use: fit}"));
    }
}

TEST_CASE("import reckons times from DeepEP's rates by the bytes that its tests count", "[import]") {
    // 2 nodes: 2 (1 - C(128, 8) / C(256, 8)) = 1.99302 nodes of a token; x 4096 x 14336 B / 43 GB/s = 2721.6 us
    CHECK(groups_of_token(2, 256, 8) == Approx(1.99302).epsilon(1e-5));
    const Imported two_nodes =
        read(internode_config + "Best combine: SMs 24, NVL chunk 1, RDMA chunk 16: 43.00 GB/s (RDMA), 113.77 GB/s (NVL)\n", 16);
    INFO(two_nodes.yaml);
    CHECK(has(two_nodes.yaml, "phase: combine, time: 2721.64"));
    CHECK(has(two_nodes.yaml,
              "# Note: the log has rates alone: times are the bytes that the test counts, by expectation, over them."));
    // 8 ranks: 5.2951 ranks of a token; x 4096 x 7392 B / 153 GB/s = 1047.8 us
    const Imported node = read(config + "Best dispatch (FP8): SMs 24, NVL chunk 8, 153.00 GB/s (NVL)\n", 8);
    INFO(node.yaml);
    CHECK(has(node.yaml, "phase: dispatch, time: 1047.77"));
    CHECK(refusal(config + "Best dispatch (FP8): SMs 24, NVL chunk 8, 153.00 GB/s (NVL)\n") ==
          "log:2:1: error: found a rate and no time, and no number of ranks; expected --ranks N, from which the bytes follow");
}

TEST_CASE("import reads DeepEP's low-latency test, with tokens and dtype from rates and times", "[import]") {
    const Imported imported = read(low_latency, 16);
    INFO(imported.yaml);
    CHECK(
        has(imported.yaml,
            "  - {ranks: 16, dtype: fp8_e4m3, scales: 128, tokens: 128, phase: both, time: 523 us, fastest: 522 us, slowest: 524 "
            "us, use: fit}\n"
            "  - {ranks: 16, dtype: fp8_e4m3, scales: 128, tokens: 128, phase: dispatch, time: 105 us, fastest: 100 us, slowest: "
            "110 us, use: judged}\n"
            "  - {ranks: 16, dtype: fp8_e4m3, scales: 128, tokens: 128, phase: combine, time: 205 us, fastest: 200 us, slowest: "
            "210 us, use: judged}\n"));
    CHECK(has(imported.yaml, "  algorithm: low-latency"));
    CHECK(refusal(low_latency) ==
          "log:2:1: error: found no number of ranks: --ranks N; expected what the file does not tell as options");
}

TEST_CASE("import reads DeepEP V2's test, the first mode of each dtype", "[import]") {
    const Imported imported = read(elastic);
    INFO(imported.yaml);
    CHECK(has(
        imported.yaml,
        "  - {ranks: 16, dtype: fp8_e4m3, scales: 128, sms: 24, tokens: 8192, phase: dispatch, time: 865 us, fastest: 860 us, "
        "slowest: 870 us, use: fit}\n"
        "  - {ranks: 16, dtype: fp8_e4m3, scales: 128, sms: 24, tokens: 8192, phase: combine, time: 1614 us, use: judged}\n"
        "  - {ranks: 16, dtype: bf16, sms: 24, tokens: 8192, phase: dispatch, time: 1501 us, use: judged}\n"));
    CHECK(has(imported.yaml, "model.experts=384, model.experts_per_token=6"));
    const Imported both = read(elastic + intranode, 8, "intranode");
    CHECK(both.notes == std::vector<std::string>{"of the tests elastic, intranode, intranode is taken"});
}

TEST_CASE("import reads a case of CollectiveX", "[import]") {
    const Imported imported = read(collectivex("deepep-v2", "fp8", row(1) + "," + row(2, "false")));
    INFO(imported.yaml);
    CHECK(has(imported.yaml,
              "  - {ranks: 8, dtype: fp8_e4m3, scales: 128, tokens: 1, phase: dispatch, time: 53.25 us, use: fit}\n"
              "  - {ranks: 8, dtype: fp8_e4m3, scales: 128, tokens: 1, phase: combine, time: 40.5 us, use: judged}\n"));
    CHECK(has(imported.yaml, "  libraries: [deepep_v2]"));
    CHECK(has(imported.yaml, "# Note: 1 rows with wrong results are left out."));
    CHECK(has(imported.yaml, "hardware: \"8 x NVIDIA B200\""));
    const Imported nccl = read(collectivex("nccl-ep", "bf16", row(1) + "," + row(512)));
    CHECK(has(nccl.yaml, "  - {ranks: 8, dtype: bf16, room: 512, tokens: 1, phase: dispatch, time: 53.25 us, use: fit}\n"));
    const TemporaryFolder folder;
    CHECK(has(import_files({folder.write("x.json", collectivex("mori", "bf16", row(1)))}, {}).yaml,
              "  cluster: dgx_b200_x4  # sku"));
    CHECK(refusal(collectivex("other", "bf16", row(1))) ==
          "log:1:1: error: found no algorithm of backend other, mode normal: --set predict.algorithm=low-latency (or two-level, "
          "sent-once, as it sends), no library of backend other, mode normal: --set predict.libraries=[PART], one of those that "
          "`tokenyard list` has; expected what the file does not tell as options");
    CHECK(refusal(collectivex("mori", "fp4", row(1))) == "log:1:176: error: found 'fp4'; expected bf16 or fp8");
    CHECK(has(refusal(collectivex("mori", "bf16", row(1, "false"))),
              "found no times of dispatch or combine with right results; expected a case that succeeded"));
}

TEST_CASE("import refuses what is wrong in the output of DeepEP's tests at its place", "[import]") {
    CHECK(refusal("[tuning] Best dispatch (FP8): SMs 24, NVL chunk 30, 352.43 GB/s (NVL), t: 453.49 us\n") ==
          "log:1:10: error: found 'Best dispatch (FP8): SMs 24, NVL chunk 30, 352.43 GB/s (NVL)...' and no line [config] above "
          "it; expected one, such as [config] num_tokens=4096, hidden=7168, num_topk=8");
    CHECK(refusal(config + "[tuning] Best combine: SMs 24, NVL\n", 8) ==
          "log:2:10: error: found 'Best combine: SMs 24, NVL'; expected a time, or a rate in GB/s (NVL)");
    CHECK(refusal(config + "[tuning] Best combine: SMs x, NVL\n", 8) ==
          "log:2:28: error: found 'x, NVL'; expected a whole number from 1 to 1024");
    CHECK(refusal("[rank 0] Dispatch + combine bandwidth: 42.24 GB/s, avg_t= us\n", 8) ==
          "log:1:59: error: found 'us'; expected a number above 0");
    CHECK(refusal("[rank 0] Dispatch bandwidth: 42.24 GB/s, avg_t=2 us\n", 8) ==
          "log:1:1: error: found '[rank 0] Dispatch bandwidth: 42.24 GB/s, avg_t=2 us'; expected 'Combine bandwidth:' behind it");
    CHECK(refusal("[rank 0] Dispatch bandwidth: 10 GB/s, avg_t=2 us | Combine bandwidth: 10 GB/s, avg_t=5 us\n", 8) ==
          "log:1:1: error: found 0.400 times as many bytes of dispatch as of combine; expected 0.517 (FP8) or 1 (BF16), as "
          "DeepEP's "
          "test counts them");
}

TEST_CASE("import reads or refuses nonsense in times of libraries, and does nothing else", "[import]") {
    std::mt19937 random(20261130);
    int refused = 0;
    const std::vector<std::string> good{intranode, low_latency, elastic, collectivex("deepep-v2", "fp8", row(1) + "," + row(2))};
    for (std::size_t one = 0; one < 400; ++one) {
        std::string text = good[one % good.size()];
        for (int change = 0; change < 3; ++change) text[random() % text.size()] = static_cast<char>(32 + random() % 95);
        if (one % 7 == 0) text.resize(random() % text.size());
        const std::string said = refusal(text, 8);
        if (said != accepted) ++refused;
        INFO(text << said);
        REQUIRE((said == accepted || said.find(": error: ") != std::string::npos));
    }
    CHECK(refused > 40);
}

}  // namespace tokenyard
