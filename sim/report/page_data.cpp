// SPDX-License-Identifier: Apache-2.0
// What the page of a prediction shows: the prediction's JSON, and what its pictures need beside it.
#include "report/report.hpp"

#include "report/prediction_json.hpp"

#include <algorithm>

namespace tokenyard {
namespace {

using Json = nlohmann::ordered_json;

std::uint64_t whole(Bytes volume) { return static_cast<std::uint64_t>(in_bytes(volume)); }

/// S(i,k) in bytes; of many ranks, sums over squares of neighbours.
Json matrix_as_json(const VolumeMatrix& volumes) {
    constexpr int most = 128;  // rows that can be told apart on a screen
    const int ranks = volumes.rows(), each = (ranks + most - 1) / most, cells = (ranks + each - 1) / each;
    std::vector<std::vector<double>> sums(static_cast<std::size_t>(cells), std::vector<double>(static_cast<std::size_t>(cells)));
    for (int source = 0; source < ranks; ++source)
        for (int destination = 0; destination < ranks; ++destination)
            sums[static_cast<std::size_t>(source / each)][static_cast<std::size_t>(destination / each)] +=
                in_bytes(volumes.at(source, destination));
    Json rows = Json::array();
    for (const std::vector<double>& row : sums) {
        Json& cells_of_row = rows.emplace_back(Json::array());
        for (const double bytes : row) cells_of_row.push_back(static_cast<std::uint64_t>(bytes));
    }
    return {{"ranks_per_cell", each}, {"bytes", rows}};
}

/// Where each rank, each NIC and each link between switches is, and which NICs a rank uses, by their links out; how full they are
/// is in the links of a phase.
Json topology_as_json(const Fabric& fabric, const Cluster& cluster, int ranks) {
    Json json{{"ranks", Json::array()}, {"nics", Json::array()}, {"switches", fabric.switch_names}, {"trunks", Json::array()}};
    for (int rank = 0; rank < ranks; ++rank) {
        const Fabric::Gpu& gpu = fabric.gpus[static_cast<std::size_t>(rank)];
        Json& place = json["ranks"].emplace_back(Json{{"node", gpu.node}, {"gpu", gpu.index}, {"nics", Json::array()}});
        for (const std::uint32_t nic : gpu.nics)
            if (fabric.nics[nic].out != no_link) place["nics"].push_back(fabric.links[fabric.nics[nic].out].name);
    }
    for (const Fabric::Nic& nic : fabric.nics)
        if (nic.out != no_link) json["nics"].push_back({{"link", fabric.links[nic.out].name}, {"switch", nic.switch_index}});
    const auto* graph = cluster.network ? std::get_if<SwitchGraph>(&cluster.network->kind) : nullptr;
    if (!graph) return json;
    std::size_t connection = 0;
    bool is_back = false;  // each connection is a link there and a link back, in this order
    for (const Link& link : fabric.links) {
        if (link.kind != LinkKind::trunk) continue;
        const SwitchGraph::Connection& cable = graph->connections[connection];
        json["trunks"].push_back(
            {{"link", link.name}, {"from", is_back ? cable.b : cable.a}, {"to", is_back ? cable.a : cable.b}});
        connection += is_back;
        is_back = !is_back;
    }
    return json;
}

Json rows_as_json(const std::vector<PictureRow>& rows) {
    Json json = Json::array();
    for (const PictureRow& row : rows)
        json.push_back({{"name", row.name},
                        {"kind", row.kind},
                        {"count", row.merged},
                        {"capacity_GBps", in_gigabytes_per_second(row.capacity)},
                        {"bytes", row.bytes}});
    return json;
}

Json timeline_as_json(const Picture& picture) {
    return {{"bin_us", in_microseconds(picture.bin)},
            {"bins", picture.bins},
            {"links", rows_as_json(picture.links)},
            {"sent", rows_as_json(picture.sent)},
            {"received", rows_as_json(picture.received)}};
}

/// Columns, so that each name of a column is written once.
Json ledger_as_json(const std::vector<LinkUse>& links) {
    Json json{{"name", Json::array()},          {"kind", Json::array()},        {"capacity_GBps", Json::array()},
              {"carried_bytes", Json::array()}, {"utilisation", Json::array()}, {"saturated_us", Json::array()}};
    for (const LinkUse& link : links) {
        json["name"].push_back(link.name);
        json["kind"].push_back(link.kind);
        json["capacity_GBps"].push_back(in_gigabytes_per_second(link.capacity));
        json["carried_bytes"].push_back(whole(link.carried));
        json["utilisation"].push_back(link.utilisation);
        json["saturated_us"].push_back(in_microseconds(link.saturated));
    }
    return json;
}

/// What the picture of tokens says of ranks and experts; null for a matrix.
Json tokens_as_json(const Workload& workload, const Exchange& dispatch, const Exchange& combine) {
    const auto* tokens = std::get_if<TokenWorkload>(&workload.traffic);
    if (!tokens) return nullptr;
    return {{"tokens_per_rank", tokens->tokens_per_rank},
            {"experts", tokens->model.experts},
            {"experts_per_token", tokens->model.experts_per_token},
            {"copy_bytes",
             {{"dispatch", whole(dispatch.tokens->message.total())}, {"combine", whole(combine.tokens->message.total())}}}};
}

}  // namespace

std::string as_page_data(const Prediction& prediction, const Case& one, const Fabric& fabric, const Exchange& dispatch,
                         const Exchange& combine) {
    Json json = prediction_as_json(prediction, one);
    Json& pictures = json["pictures"];
    pictures["tokens"] = tokens_as_json(one.workload, dispatch, combine);
    pictures["matrices"] = {{"dispatch", matrix_as_json(dispatch.volumes)}, {"combine", matrix_as_json(combine.volumes)}};
    pictures["topology"] = topology_as_json(fabric, one.cluster, prediction.ranks);
    for (const Phase& phase : prediction.phases) {
        pictures["timelines"][phase.name] = timeline_as_json(*phase.picture);
        pictures["links"][phase.name] = ledger_as_json(phase.links);
    }
    pictures["yaml"] = {
        {"cluster", as_yaml(one.cluster)}, {"workload", as_yaml(one.workload)}, {"calibration", as_yaml(one.costs)}};
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tokenyard
