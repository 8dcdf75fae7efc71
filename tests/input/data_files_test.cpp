// SPDX-License-Identifier: Apache-2.0
// Files of numbers, known by what is in them.
#include "input/data_files.hpp"
#include "input/input.hpp"
#include "support/npy.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

struct Known {
    const char *name, *text, *what;
};
const Known texts[] = {
    {"a matrix", "# bytes\n0 100\n100 0\n", "matrix of 2 ranks"},
    {"a matrix with names", ",gpu0,gpu1\ngpu0,0,100\ngpu1,100,0\n", "matrix of 2 ranks"},
    {"a matrix in JSON", "[[0, 100],\n [100, 0]]\n", "matrix of 2 ranks"},
    {"a trace", "rank,experts,weights\n0,1 2,0.5 0.5\n1,3 0,0.5 0.5\n", "recorded routing, 2 tokens x top-2 on 2 ranks"},
    {"ids", "rank,experts\n0,1 2 3\n0,-1 -1 -1\n", "recorded routing, 1 tokens x top-3 on 1 ranks"},
    {"EPLB's map", "[[0, 1, 2, 0],\n [2, 1, 0, 0]]\n", "map of 3 experts, 2 layers of 4 slots"},
    {"SGLang's map", "{\"physical_to_logical_map\": [[0, 1, 2, 0]]}\n", "map of 3 experts, 1 layer of 4 slots"},
    {"vLLM Ascend's map", "{\"layer_list\": [{\"device_list\": [{\"device_expert\": [0, 1]}, {\"device_expert\": [2, 0]}]}]}\n",
     "map of 3 experts, 1 layer of 4 slots"},
};

}  // namespace

TEST_CASE("checked_data_file knows a file by what is in it", "[input][data]") {
    const TemporaryFolder folder;
    for (const Known& one : texts) DYNAMIC_SECTION(one.name) {
            CHECK(checked_data_file(folder.write("data", one.text), {}) == one.what);
        }
    CHECK(checked_data_file(
              folder.write("ids.npy", npy<std::int32_t>("<i4", "(3, 2, 2)", {0, 1, 2, 3, 4, 5, 6, 7, -1, -1, 8, 9})), {}) ==
          "expert ids of 2 layers, 3 tokens x top-2, 0 masked");
    CHECK(checked_data_file(folder.path("ids.npy#0"), {}) == "expert ids of 1 layer, 3 tokens x top-2, 1 masked");
    CHECK(checked_data_file(folder.write("m.npy", npy<float>("<f4", "(2, 2)", {0, 5, 5, 0})), {}) == "matrix of 2 ranks");
}

TEST_CASE("checked_data_file leaves YAML and what is not there to others", "[input][data]") {
    const TemporaryFolder folder;
    CHECK_FALSE(checked_data_file(folder.write("c.yaml", small_cluster), {}));
    CHECK_FALSE(checked_data_file(folder.write("w.yaml", small_workload), {}));
    CHECK_FALSE(checked_data_file(folder.write("list.yaml", "- 1 2\n- 3 4\n"), {}));
    CHECK_FALSE(checked_data_file(folder.write("empty", ""), {}));
    CHECK_FALSE(checked_data_file("dgx_h100_x4", {}));
    CHECK_FALSE(checked_data_file("-", {}));
}

TEST_CASE("checked_data_file checks ids and maps against a model", "[input][data]") {
    const TemporaryFolder folder;
    Model model;
    model.experts = 4;
    model.experts_per_token = 2;
    const auto refusal = [&](const char* text, const std::optional<Model>& of) {
        const std::string file = folder.write("data", text);
        return refusal_of([&] { checked_data_file(file, of); }, folder);
    };
    CHECK(refusal("rank,experts\n0,1 4\n", {}) == accepted);
    CHECK(refusal("rank,experts\n0,1 4\n", model) == "data:2:5: error: found '4'; expected an expert from 0 to 3");
    CHECK(refusal("[[0, 1, 2, 0, 1, 2]]\n", model) ==
          "data:1:2: error: found no slot for expert 3; expected one for each of the 4 experts");
    CHECK(refusal("0 1.5\n3\n", {}) == "data:2:1: error: found 1 numbers in this row; expected 2, because there are 2 rows");
    CHECK(checked_data_file(folder.write("data", "1\n2\n3\n4\n"), model) == "shares of 4 experts");
}

TEST_CASE("read_expert_slots takes one layer of a map that has all layers of a model", "[input][data]") {
    const TemporaryFolder folder;
    folder.write("map.json", "{\"physical_to_logical_map\": [[0, 1, 2, 0], [2, 1, 0, 0], [1, 1, 0, 2]]}\n");
    CHECK(read_expert_slots(folder.path("map.json"), 3, 2).size() == 3);
    CHECK(read_expert_slots(folder.path("map.json#1"), 3, 2) == std::vector<ExpertSlots>{{2, 1, 0, 0}});
    CHECK(refusal_of([&] { read_expert_slots(folder.path("map.json#3"), 3, 2); }, folder) ==
          "map.json:1:1: error: found layer 3; expected from 0 to 2, because the map has 3");
}

}  // namespace tokenyard
