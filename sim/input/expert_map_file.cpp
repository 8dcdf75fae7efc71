// SPDX-License-Identifier: Apache-2.0
#include "input/expert_map_file.hpp"

#include "input/id_array.hpp"
#include "input/input.hpp"
#include "input/source.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace tokenyard {

void take_expert_map(const std::string& file, Case& one) {
    const Position at = source_of("--map " + file, {}).start;
    auto* workload = std::get_if<TokenWorkload>(&one.workload.traffic);
    if (!workload) throw InputError(at, "found a map of experts for a matrix, which has none; expected a workload of tokens");
    if (std::holds_alternative<SkewRouting>(workload->routing))
        throw InputError(at,
                         "found a map of experts beside routing kind skew, which is solved for a placement of its own; expected "
                         "another kind");
    if (file == "-") throw InputError(at, "found standard input; expected a file, which the report names with its hash");
    const std::vector<ExpertSlots> layers = read_expert_slots(file, workload->model.experts, one.workload.ranks);
    if (layers.size() != 1)
        throw InputError(at, fmt::format("found {} layers; expected one: --map {}#0 is the first", layers.size(), file));
    workload->placement =
        MapPlacement{expert_map_of(layers.front(), workload->model.experts, one.workload.ranks).ranks_of_expert};
    std::error_code failed;
    YamlNode mention;
    mention.text = file;
    const std::string path = std::filesystem::exists(file, failed) ? file : array_mention(mention).file;
    constexpr std::size_t largest = 64u << 20;  // bytes, as read_expert_slots takes
    one.inputs.workload.push_back({file, sha256(read_source(path, largest).text), path});
}

}  // namespace tokenyard
