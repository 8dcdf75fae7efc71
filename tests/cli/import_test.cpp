// SPDX-License-Identifier: Apache-2.0
// tokenyard import, and predict --routing: the real program.
#include "support/files.hpp"
#include "support/machines.hpp"
#include "support/process.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

namespace tokenyard {

TEST_CASE("import writes a cluster that predict takes, and says on stderr what the file does not tell", "[cli]") {
    const TemporaryFolder folder;
    folder.write("node.xml", nccl_dump_of_h100());
    const ProcessResult imported =
        run_tokenyard("import node.xml --set nodes=2 --set fabric.kind=single-switch --out cluster.yaml", folder.path());
    CHECK(imported.exit_code == 0);
    CHECK(imported.out.empty());
    CHECK(run_tokenyard("check cluster.yaml", folder.path()).out == "cluster.yaml: cluster node, 16 GPUs on 2 nodes\n");
    folder.write("ids.csv", "rank,experts\n0,1 2 3 4 5 6 7 8\n1,-1 -1 -1 -1 -1 -1 -1 -1\n15,8 9 10 11 12 13 14 15\n");
    const ProcessResult predicted =
        run_tokenyard("predict cluster.yaml deepseek_v3_decode --routing ids.csv --algorithm direct -v", folder.path());
    CHECK(predicted.exit_code == 0);
    CHECK(predicted.out.find("# routing 2 tokens x top-8 of 256 in 4 of 8 groups, trace ids.csv") != std::string::npos);
}

TEST_CASE("import writes nothing where something is wrong or has to be asked for", "[cli]") {
    const TemporaryFolder folder;
    folder.write("topo.txt", nvidia_smi_topo_of_h100());
    const ProcessResult asked = run_tokenyard("import topo.txt --out cluster.yaml", folder.path());
    CHECK(asked.exit_code == 2);
    CHECK(asked.err.find("--set node.gpu.chip=CHIP") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(folder.path("cluster.yaml")));
    const ProcessResult over_input = run_tokenyard("import topo.txt --out ./topo.txt", folder.path());
    CHECK(over_input.exit_code == 1);
    CHECK(read_file(folder.path("topo.txt")) == nvidia_smi_topo_of_h100());
}

TEST_CASE("predict --routing takes the place of the workload's batch, and of a matrix not", "[cli]") {
    const ProcessResult both = run_tokenyard("predict dgx_h100_x4 --matrix a.txt --routing b.csv");
    CHECK(both.exit_code == 1);
    CHECK(both.err == "--matrix excludes --routing\nRun with --help for more information.\n");
}

TEST_CASE("predict multiplies a matrix by --matrix-scale, and asks for it where there are ratios alone", "[cli]") {
    const TemporaryFolder folder;
    folder.write("ratios.csv", ",a,b\na,0,0.5\nb,1,0\n");
    const ProcessResult asked = run_tokenyard("predict dgx_h100_x4 --matrix ratios.csv", folder.path());
    CHECK(asked.exit_code == 2);
    CHECK(asked.err ==
          "ratios.csv:1:1: error: found entries from 0 to 1 alone, which are ratios; expected bytes, or what they are ratios of, "
          "as --matrix-scale '1 MiB'\n");
    const ProcessResult scaled =
        run_tokenyard("predict dgx_h100_x4 --matrix ratios.csv --matrix-scale '2 MB' --matrix-out - --quiet", folder.path());
    CHECK(scaled.out == "0 1000000\n2000000 0\n");
    const ProcessResult alone = run_tokenyard("predict dgx_h100_x4 w.yaml --matrix-scale '1 MB'", folder.path());
    CHECK(alone.exit_code == 1);
    CHECK(alone.err == "--matrix-scale requires --matrix\nRun with --help for more information.\n");
}

TEST_CASE("check says what files of numbers are, against the workload beside them", "[cli]") {
    const TemporaryFolder folder;
    folder.write("m.csv", "0;100\n100;0\n");
    folder.write("ids.csv", "rank,experts\n0,1 2\n");
    const ProcessResult good = run_tokenyard("check m.csv ids.csv dgx_h100_x4", folder.path());
    CHECK(good.out ==
          "m.csv: matrix of 2 ranks\nids.csv: recorded routing, 1 tokens x top-2 on 1 ranks\n"
          "dgx_h100_x4: cluster dgx_h100_x4, 32 GPUs on 4 nodes\n");
    const ProcessResult bad = run_tokenyard("check ids.csv deepseek_v3_decode", folder.path());
    CHECK(bad.exit_code == 2);
    CHECK(bad.err == "ids.csv:2:3: error: found 2 experts; expected 8\n");
}

TEST_CASE("import writes a workload of a model's configuration", "[cli]") {
    const TemporaryFolder folder;
    folder.write("config.json",
                 R"({"architectures": ["MixtralForCausalLM"], "hidden_size": 4096, "intermediate_size": 14336,
 "num_experts_per_tok": 2, "num_hidden_layers": 32, "num_local_experts": 8})");
    CHECK(run_tokenyard("import config.json --set ranks=8 --out w.yaml", folder.path()).exit_code == 0);
    CHECK(run_tokenyard("check dgx_h100_x4 w.yaml", folder.path()).exit_code == 0);
}

TEST_CASE("import makes a record of DeepEP's tests that validate reads", "[cli]") {
    const TemporaryFolder folder;
    folder.write("deepep.log",
                 "[rank 0] Dispatch bandwidth: 97.58 GB/s, avg_t=77.00 us | Combine bandwidth: 127.52 GB/s, avg_t=114.00 us\n");
    CHECK(run_tokenyard("import deepep.log --ranks 8 --set predict.cluster=h800_x8 --out r.yaml", folder.path()).exit_code == 0);
    const ProcessResult judged = run_tokenyard("validate r.yaml --rows", folder.path());
    INFO(judged.err);
    CHECK(judged.exit_code == 0);
    CHECK(judged.out.find("ranks 8, dtype fp8_e4m3, scales 128, tokens 128, phase combine judged      114.00") !=
          std::string::npos);
}

TEST_CASE("import makes a cluster of SimAI's topology that predict takes", "[cli]") {
    const TemporaryFolder folder;
    folder.write("simai.txt",
                 "8 2 2 2 8 H100\n4 5 6 7\n0 4 1440Gbps 0.000025ms 0\n0 6 400Gbps 0.0005ms 0\n1 4 1440Gbps 0.000025ms 0\n"
                 "1 6 400Gbps 0.0005ms 0\n2 5 1440Gbps 0.000025ms 0\n2 6 400Gbps 0.0005ms 0\n3 5 1440Gbps 0.000025ms 0\n"
                 "3 6 400Gbps 0.0005ms 0\n");
    CHECK(run_tokenyard("import simai.txt --out cluster.yaml", folder.path()).exit_code == 0);
    CHECK(run_tokenyard("check cluster.yaml", folder.path()).out == "cluster.yaml: cluster simai, 4 GPUs on 2 nodes\n");
    const ProcessResult predicted = run_tokenyard("predict cluster.yaml mixtral_8x7b --set ranks=4", folder.path());
    INFO(predicted.err);
    CHECK(predicted.exit_code == 0);
}

TEST_CASE("predict --map places experts by slots, and names the file with its hash", "[cli]") {
    const TemporaryFolder folder;
    folder.write(
        "w.yaml",
        "name: w\ndescription: two experts of each token\nranks: 2\nmodel: {experts: 4, experts_per_token: 1, hidden: 100, "
        "moe_layers: 1}\n"
        "batch: {tokens_per_rank: 2}\ndispatch: {dtype: fp8_e4m3}\ncombine: {dtype: bf16}\nplacement: {kind: contiguous}\n"
        "routing: {kind: trace, file: ids.csv}\nsources: [none]\n");
    folder.write("ids.csv", "rank,experts\n0,0\n0,1\n1,2\n1,3\n");
    const std::string matrix = "predict dgx_h100_x4 w.yaml --set batch=~ --matrix-out - --quiet";
    CHECK(run_tokenyard(matrix, folder.path()).out == "200 0\n0 200\n");
    folder.write("map.json", "[[2, 3, 0, 1], [0, 1, 2, 3]]");
    CHECK(run_tokenyard(matrix + " --map map.json#0", folder.path()).out == "0 200\n200 0\n");
    CHECK(run_tokenyard(matrix + " --map map.json#1", folder.path()).out == "200 0\n0 200\n");
    const ProcessResult shown = run_tokenyard("predict dgx_h100_x4 w.yaml --set batch=~ -v --map map.json#0", folder.path());
    CHECK(shown.out.find("  map.json#0 (sha256 ") != std::string::npos);
    CHECK(shown.out.find("--set workload.placement") == std::string::npos);
    CHECK(run_tokenyard(matrix + " --map map.json", folder.path()).err ==
          "--map map.json:1:1: error: found 2 layers; expected one: --map map.json#0 is the first\n");
    CHECK(run_tokenyard(matrix + " --map map.json#0 --set routing='{kind: skew, max_over_mean: 1.2}'", folder.path()).exit_code ==
          2);
    CHECK(run_tokenyard(matrix + " --map map.json#0 --set placement.kind=round-robin", folder.path()).err ==
          "--map: found it beside --set placement.kind; expected one of both\nRun with --help for more information.\n");
    folder.write("bad.json", "[0, 1, 2, 2]");
    CHECK(run_tokenyard(matrix + " --map bad.json", folder.path()).err ==
          "bad.json:1:1: error: found no slot for expert 3; expected one for each of the 4 experts\n");
}

TEST_CASE("check asks for the scale of a matrix of ratios", "[cli]") {
    const TemporaryFolder folder;
    folder.write("r.txt", "0 1.5\n0.25 0\n");
    const ProcessResult asked = run_tokenyard("check r.txt", folder.path());
    CHECK(asked.exit_code == 2);
    CHECK(asked.err ==
          "r.txt:1:1: error: found entries of at most 1.5 with fractions of a byte, which are ratios; expected bytes, or what "
          "they are "
          "ratios of, as --matrix-scale '1 MiB'\n");
    folder.write("w.txt", "0 2\n3 0\n");
    CHECK(run_tokenyard("check w.txt", folder.path()).out == "w.txt: matrix of 2 ranks\n");
}

}  // namespace tokenyard
