// SPDX-License-Identifier: Apache-2.0
#include "input/input.hpp"
#include "report/report.hpp"
#include "support/files.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

using namespace tokenyard;

TEST_CASE("read_expert_slots reads what as_slots_file wrote, in every format", "[place]") {
    const TemporaryFolder folder;
    const std::vector<ExpertSlots> layers{{0, 1, 2, 0, 3, 1}, {3, 3, 2, 1, 0, 0}};
    for (const SlotsFormat format : {SlotsFormat::eplb, SlotsFormat::sglang, SlotsFormat::vllm_ascend}) {
        const std::string text = as_slots_file(layers, 3, format);
        INFO(text);
        CHECK(read_expert_slots(folder.write("map.json", text), 4, 3) == layers);
    }
}

TEST_CASE("as_slots_file writes the keys that engines look for", "[place]") {
    const std::vector<ExpertSlots> one{{1, 0}};
    CHECK(as_slots_file(one, 2, SlotsFormat::eplb) == "[[1,0]]\n");
    CHECK(as_slots_file(one, 2, SlotsFormat::sglang) == "{\"physical_to_logical_map\":[[1,0]]}\n");
    CHECK(as_slots_file(one, 2, SlotsFormat::vllm_ascend) ==
          "{\"moe_layer_count\":1,\"layer_list\":[{\"layer_id\":0,\"device_count\":2,\"device_list\":[{\"device_id\":0,\"device_"
          "expert\":[1]},"
          "{\"device_id\":1,\"device_expert\":[0]}]}]}\n");
}

TEST_CASE("read_expert_slots takes the slots of one layer without a list around them", "[place]") {
    const TemporaryFolder folder;
    CHECK(read_expert_slots(folder.write("map.json", "[1, 0, 1, 2]\n"), 3, 2) == std::vector<ExpertSlots>{{1, 0, 1, 2}});
}

TEST_CASE("read_expert_slots refuses what cannot be the slots of 3 experts on 2 ranks", "[place]") {
    const TemporaryFolder folder;
    const auto check = [&](const std::string& text, const std::string& refusal) {
        INFO(text);
        const std::string path = folder.write("map.json", text);
        CHECK(refusal_of([&] { read_expert_slots(path, 3, 2); }, folder) == refusal);
    };
    check("[[0, 1, 2, 3]]\n", "map.json:1:12: error: found '3'; expected a whole number from 0 to 2");
    check("[[0, 1, 2]]\n", "map.json:1:2: error: found 3 slots; expected a multiple of the 2 ranks");
    check("[[0, 1, 1, 0]]\n", "map.json:1:2: error: found no slot for expert 2; expected one for each of the 3 experts");
    check("[[0, 1, 2, 0],\n [0, 1, 2, 0, 1, 2]]\n", "map.json:2:2: error: found 6 slots; expected 4, as the first layer has");
    check("{\"logical_count\": [[1, 2, 3]]}\n",
          "map.json:1:1: error: found a map; expected lists of experts by slot, or a map with physical_to_logical_map or "
          "layer_list");
    check("{\"layer_list\": [{\"device_list\": [{\"device_expert\": [0, 1]}]}]}\n",
          "map.json:1:33: error: found 1 devices; expected one for each of the 2 ranks");
    check("{\"layer_list\": [{\"device_list\": [{\"device_expert\": [0, 1]}, {\"device_expert\": [2]}]}]}\n",
          "map.json:1:79: error: found 1 experts; expected 2, as the first device has");
    check("{\"layer_list\": [{\"device_list\": [{\"device_expert\": [0, 1]}, {\"experts\": [2, 0]}]}]}\n",
          "map.json:1:61: error: found no 'device_expert'; expected it");
    check("{\"layer_list\": [{\"device_list\": [{\"device_id\": 1, \"device_expert\": [0, 1]}, {\"device_expert\": [2, 0]}]}]}\n",
          "map.json:1:48: error: found '1'; expected 0, as devices stand in their order");
}
