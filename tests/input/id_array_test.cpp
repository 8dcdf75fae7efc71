// SPDX-License-Identifier: Apache-2.0
// Recorded expert ids: NumPy files, and CSV without weights.
#include "input/input.hpp"
#include "support/npy.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

struct Ids : TemporaryFolder {
    Ids() {
        write("cluster.yaml", small_cluster);
        write("w.yaml", small_workload);
    }
    Case read(const std::string& file, const std::string& more = "") const {
        std::vector<Override> overrides{{"workload.routing", "{kind: trace, file: '" + file + "'}", path()}};
        if (more.empty()) overrides.push_back({"workload.batch", "~"});
        else overrides.push_back({"workload.batch.tokens_per_rank", more});
        return read_case(path("cluster.yaml"), path("w.yaml"), overrides);
    }
    Routing routing(const std::string& file, const std::string& more = "") const {
        return std::get<TraceRouting>(std::get<TokenWorkload>(read(file, more).workload.traffic).routing).routing;
    }
    std::string refusal(const std::string& file, const std::string& more = "") const {
        return refusal_of([&] { read(file, more); }, *this);
    }
};

const std::vector<int> two_layers{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, -1, -1, 12, 13};  // 4 tokens of 2 layers, top 2

}  // namespace

TEST_CASE("routing kind trace reads a layer of a NumPy file, tokens in order over the ranks", "[input][ids]") {
    const Ids folder;
    folder.write("ids.npy", npy<std::int32_t>("<i4", "(4, 2, 2)", {two_layers.begin(), two_layers.end()}));
    const Routing first = folder.routing("ids.npy#0"), second = folder.routing("ids.npy#1");
    // 4 tokens over 8 ranks: every second rank has one; the last token of layer 0 is masked.
    CHECK(first.expert_ids == std::vector<std::uint16_t>{0, 1, 4, 5, 8, 9});
    CHECK(first.first_token == std::vector<std::uint32_t>{0, 0, 1, 1, 2, 2, 3, 3, 3});
    CHECK(first.weights == std::vector<float>(6, 0.5F));
    CHECK(second.expert_ids == std::vector<std::uint16_t>{2, 3, 6, 7, 10, 11, 12, 13});
    CHECK(folder.routing("ids.npy#1", "[2, 2, 0, 0, 0, 0, 0, 0]").first_token ==
          std::vector<std::uint32_t>{0, 2, 4, 4, 4, 4, 4, 4, 4});
}

TEST_CASE("routing kind trace reads ids of every width, and one layer without its number", "[input][ids]") {
    const Ids folder;
    const std::vector<std::uint16_t> ids{15, 0, 3, 2};
    folder.write("i8.npy", npy<std::int64_t>("<i8", "(2, 2)", {15, 0, 3, 2}, 2));
    folder.write("i2.npy", npy<std::int16_t>("<i2", "(2, 1, 2)", {15, 0, 3, 2}));
    folder.write("u1.npy", npy<std::uint8_t>("|u1", "(2, 2)", {15, 0, 3, 2}));
    for (const char* file : {"i8.npy", "i2.npy", "u1.npy"}) CHECK(folder.routing(file).expert_ids == ids);
}

TEST_CASE("routing kind trace refuses what is wrong in a NumPy file", "[input][ids]") {
    const Ids folder;
    const auto refused = [&](const std::string& text, const std::string& suffix = "", const std::string& batch = "") {
        folder.write("x.npy", text);
        return folder.refusal("x.npy" + suffix, batch);
    };
    const std::string good = npy<std::int32_t>("<i4", "(2, 2)", {0, 1, 2, 3});
    CHECK(refused(good) == accepted);
    CHECK(refused(good + "x") == "x.npy:1:1: error: found more bytes than the header's 2 tokens; expected none");
    CHECK(refused(good.substr(0, good.size() - 1)) == "x.npy:1:1: error: found 1 tokens; expected the 2 of the header");
    CHECK(refused(good.substr(0, 30)) == "x.npy:1:1: error: found a header that is cut off; expected a whole file");
    CHECK(refused(npy<float>("<f4", "(1, 2)", {0, 1})) ==
          "x.npy:1:1: error: found an array of '<f4'; expected ids of int16, int32, int64, uint8 or uint16");
    CHECK(refused(npy<std::int32_t>("<i4", "(4,)", {0, 1, 2, 3})) ==
          "x.npy:1:1: error: found the shape '(4,)'; expected tokens x layers x k, or tokens x k");
    CHECK(refused(npy<std::int32_t>("<i4", "(1, 4)", {0, 1, 2, 3})) ==
          "x.npy:1:1: error: found 4 ids of a token; expected the model's 2 experts_per_token");
    CHECK(refused(npy<std::int32_t>("<i4", "(1, 2)", {0, 16})) ==
          "x.npy:1:1: error: found expert 16 of token 0; expected from 0 to 15, or -1 for all of a masked token's");
    CHECK(refused(npy<std::int32_t>("<i4", "(2, 2)", {0, 1, 3, 3})) ==
          "x.npy:1:1: error: found expert 3 twice for token 1; expected each once");
    CHECK(refused(npy<std::int32_t>("<i4", "(1, 2)", {0, -1})) ==
          "x.npy:1:1: error: found 1 of 2 ids of token 0 masked by -1; expected none or all");
    const std::string layers = npy<std::int32_t>("<i4", "(1, 2, 2)", {0, 1, 2, 3});
    CHECK(refused(layers) == "--set routing:1:21: error: found 2 layers in 'x.npy'; expected which one, as x.npy#0");
    CHECK(refused(layers, "#2") == "--set routing:1:21: error: found layer 2; expected from 0 to 1, because the array has 2");
    CHECK(refused(good, "", "3") ==
          "--set routing:1:21: error: found 2 tokens in 'x.npy'; expected the 24 of the batch, or no "
          "batch, which spreads them evenly");
}

TEST_CASE("routing kind trace reads CSV without weights, whose masked tokens go nowhere", "[input][ids]") {
    const Ids folder;
    folder.write("ids.csv", "rank,experts\n0,11 8\n0,-1 -1\n7,3 4\n");
    CHECK(folder.routing("ids.csv").expert_ids == std::vector<std::uint16_t>{11, 8, 3, 4});
    CHECK(folder.routing("ids.csv").weights == std::vector<float>(4, 0.5F));
    folder.write("bad.csv", "rank,experts\n0,-1 8\n");
    CHECK(folder.refusal("bad.csv") == "bad.csv:2:3: error: found 1 of 2 ids masked by -1; expected none or all");
    folder.write("short.csv", "rank,experts\n0,8\n");
    CHECK(folder.refusal("short.csv") == "short.csv:2:3: error: found 1 experts; expected 2");
}

}  // namespace tokenyard
