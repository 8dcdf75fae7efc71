// SPDX-License-Identifier: Apache-2.0
#include "report/report.hpp"

#include "report/explanation.hpp"
#include "report/memory.hpp"
#include "report/prediction_json.hpp"
#include "report/standing.hpp"
#include "report/verdict.hpp"
#include "report/version.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>

namespace tokenyard {
namespace {

using Json = nlohmann::ordered_json;

Json whole_bytes(Bytes volume) { return static_cast<std::uint64_t>(in_bytes(volume)); }

Json list_of_files(const std::vector<InputFile>& files) {
    Json json = Json::array();
    for (const InputFile& file : files) json.push_back({{"file", file.name}, {"sha256", file.sha256}});
    return json;
}

/// The first file is the one asked for; what it is based on and what it names follow as `with`. Null without any.
Json files_as_json(const std::vector<InputFile>& files) {
    if (files.empty()) return nullptr;
    Json json{{"file", files.front().name}, {"sha256", files.front().sha256}};
    if (files.size() > 1) json["with"] = list_of_files({files.begin() + 1, files.end()});
    return json;
}

Json lines_of(const std::string& text) {
    Json lines = Json::array();
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

Json bottlenecks_as_json(const std::vector<Bottleneck>& bottlenecks) {
    Json json = Json::array();
    for (const Bottleneck& each : bottlenecks)
        json.push_back(
            {{"resource", each.resource}, {"kind", each.kind}, {"share", each.share}, {"utilisation", each.utilisation}});
    return json;
}

Json rank_or_null(int rank) { return rank < 0 ? Json(nullptr) : Json(rank); }

Json phase_as_json(const Phase& phase) {
    Json json{{"name", phase.name},
              {"completion_us", in_microseconds(phase.completion)},
              {"lower_bound_us", in_microseconds(phase.lower_bound)},
              {"volume_bytes",
               {{"local", whole_bytes(phase.volume.local)},
                {"scale_up", whole_bytes(phase.volume.scale_up)},
                {"scale_out", whole_bytes(phase.volume.scale_out)},
                {"relayed", whole_bytes(phase.volume.relayed)}}},
              {"token_bytes", phase.token_size.si > 0 ? Json(whole_bytes(phase.token_size)) : Json(nullptr)},
              {"algbw_GBps", in_gigabytes_per_second(phase.algbw)},
              {"busbw_GBps", in_gigabytes_per_second(phase.busbw)},
              {"skew", {{"send_max_over_mean", phase.send_skew}, {"receive_max_over_mean", phase.receive_skew}}},
              {"transfers", phase.transfers}};
    json["last_transfer"] =
        phase.last_source < 0 ? Json(nullptr) : Json{{"source", phase.last_source}, {"destination", phase.last_destination}};
    json["standing"] = standing_as_json(phase.standing);
    json["bounds"] = Json::array();
    for (const Bound& bound : phase.bounds)
        json["bounds"].push_back({{"resource", bound.resource}, {"kind", bound.kind}, {"time_us", in_microseconds(bound.time)}});
    json["bottlenecks"] = bottlenecks_as_json(phase.bottlenecks);
    json["bottleneck_kinds"] = Json::array();
    for (const BottleneckKind& each : phase.bottleneck_kinds)
        json["bottleneck_kinds"].push_back(
            {{"kind", each.kind}, {"share", each.share}, {"resources", each.resources}, {"top", each.top}});
    if (const EcmpUse& ecmp = phase.ecmp; ecmp.flows > 0)
        json["ecmp"] = {{"flows", ecmp.flows},
                        {"links", ecmp.links},
                        {"colliding", ecmp.colliding},
                        {"fullest", {{"link", ecmp.fullest_link}, {"flows", ecmp.fullest}, {"even", ecmp.fullest_even}}}};
    json["ranks"] = Json::array();
    for (std::size_t rank = 0; rank < phase.ranks.size(); ++rank)
        json["ranks"].push_back({{"rank", rank},
                                 {"begin_us", in_microseconds(phase.ranks[rank].begin)},
                                 {"end_us", in_microseconds(phase.ranks[rank].end)},
                                 {"from", rank_or_null(phase.ranks[rank].from)}});
    json["sharing_error"] = phase.delivery_error;
    if (phase.why) json["why"] = why_as_json(*phase.why);
    return json;
}

Json layer_as_json(const Layer& layer) {
    Json json{{"completion_us", in_microseconds(layer.completion)},
              {"overlap", layer.overlap},
              {"micro_batches", layer.micro_batches},
              {"computing_us", in_microseconds(layer.computing)},
              {"communicating_us", in_microseconds(layer.communicating)},
              {"exposed_us", in_microseconds(layer.exposed)},
              {"hidden_us", in_microseconds(layer.hidden)},
              {"waiting_us", in_microseconds(layer.waiting)},
              {"between_layers_us", in_microseconds(layer.between_layers)},
              {"all_layers_us", in_microseconds(layer.all_layers)},
              {"tokens_per_second", layer.tokens_per_second}};
    for (const auto& [name, time] : layer.parts) json["parts"][name + "_us"] = in_microseconds(time);
    json["bottlenecks"] = bottlenecks_as_json(layer.bottlenecks);
    json["ranks"] = Json::array();
    for (std::size_t rank = 0; rank < layer.ranks.size(); ++rank) {
        const LayerRank& one = layer.ranks[rank];
        json["ranks"].push_back({{"rank", rank},
                                 {"copies_received", static_cast<std::uint64_t>(one.copies_received)},
                                 {"hottest_expert", rank_or_null(one.hottest_expert)},
                                 {"hottest_copies", one.hottest_copies},
                                 {"computing_us", in_microseconds(one.computing)},
                                 {"experts_us", in_microseconds(one.experts)},
                                 {"dispatch_us", in_microseconds(one.dispatch)},
                                 {"dispatch_from", rank_or_null(one.dispatch_from)},
                                 {"combine_us", in_microseconds(one.combine)},
                                 {"combine_from", rank_or_null(one.combine_from)},
                                 {"end_us", in_microseconds(one.end)}});
    }
    return json;
}

Json header(std::string_view schema, const Case& one) {
    return {{"schema", schema}, {"tool", {{"name", "tokenyard"}, {"version", version}}}, {"inputs", inputs_as_json(one)}};
}

Json hardware_as_json(const Hardware& hardware) {
    Json json{{"gpus", hardware.gpus}, {"nics", hardware.nics}, {"switches", hardware.switches}};
    if (hardware.price) json.update({{"price", hardware.price->amount}, {"currency", hardware.price->currency}});
    if (hardware.power) json["power_kW"] = in_kilowatts(*hardware.power);
    return json;
}

Json name_or_null(const std::string& name) { return name.empty() ? Json(nullptr) : Json(name); }

/// Null where a calibration stands alone.
Json parts_as_json(const CostOrigins& costs) {
    if (costs.chip.empty()) return nullptr;
    return {{"chip", costs.chip}, {"nic", costs.nic}, {"host", costs.host}, {"libraries", costs.libraries}};
}

void add_prediction(const Prediction& prediction, Json& json) {
    json["model"] = {{"cluster", prediction.cluster_name},
                     {"workload", prediction.workload_name},
                     {"ranks", prediction.ranks},
                     {"nodes", prediction.nodes},
                     {"algorithm", prediction.algorithm},
                     {"algorithm_reason", name_or_null(prediction.algorithm_reason)},
                     {"token_sent_once_to", prediction.sent_once_to},
                     {"calibration", name_or_null(prediction.costs.calibration)},
                     {"parts", parts_as_json(prediction.costs)},
                     {"fabric", prediction.fabric},
                     {"traffic", prediction.traffic},
                     {"engine", prediction.engine},
                     {"engine_version", prediction.engine_version},
                     {"engine_reason", prediction.engine_reason},
                     {"engine_accuracy", prediction.engine_accuracy},
                     {"engine_settings", prediction.engine_settings}};
    const Verdict verdict = verdict_of(prediction);
    json["verdict"] = {{"headline", verdict.headline}, {"lever", verdict.lever}};
    json["warnings"] = prediction.warnings;
    json["hardware"] = hardware_as_json(prediction.hardware);
    json["memory"] = memory_as_json(prediction.memory);
    if (prediction.spread.tokens > 0)
        json["tokens"] = {{"count", static_cast<std::uint64_t>(prediction.spread.tokens)},
                          {"copies_per_token", prediction.spread.copies},
                          {"ranks_per_token", prediction.spread.ranks},
                          {"nodes_per_token", prediction.spread.nodes}};
    json["phases"] = Json::array();
    for (const Phase& phase : prediction.phases) json["phases"].push_back(phase_as_json(phase));
    json["both"] = {{"completion_us", in_microseconds(prediction.layer_completion)}};
    if (prediction.moe_layers > 0) json["both"]["moe_layers"] = prediction.moe_layers;
    if (prediction.layer) {
        json["layer"] = layer_as_json(*prediction.layer);
        if (prediction.moe_layers > 0) json["layer"]["moe_layers"] = prediction.moe_layers;
    }
    if (prediction.sensitivity) json["sensitivity"] = sensitivity_as_json(*prediction.sensitivity);
}

/// A name may hold bytes that are no UTF-8 (a file's name): replaced rather than fail.
std::string written(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

}  // namespace

Json inputs_as_json(const Case& one) {
    Json overrides = Json::object();
    for (const Override& each : one.inputs.overrides) overrides[each.path] = each.value;
    return {{"cluster", files_as_json(one.inputs.cluster)},
            {"workload", files_as_json(one.inputs.workload)},
            {"calibration", files_as_json(one.inputs.calibration)},
            {"parts", list_of_files(one.inputs.parts)},
            {"libraries", one.inputs.libraries},
            {"seed", one.workload.seed},
            {"overrides", overrides},
            {"in_effect",
             {{"cluster", lines_of(as_yaml(one.cluster))},
              {"workload", lines_of(as_yaml(one.workload))},
              {"calibration", lines_of(as_yaml(one.costs))}}}};
}

Json prediction_as_json(const Prediction& prediction, const Case& one) {
    Json json = header("tokenyard.prediction/2", one);
    add_prediction(prediction, json);
    return json;
}

std::string as_json(const Prediction& prediction, const Case& one) { return written(prediction_as_json(prediction, one)); }

std::string as_json(const Comparison& comparison, const Case& one) {
    Json json = header("tokenyard.comparison/2", one);
    json["predictions"] = Json::array();
    for (const Prediction& prediction : comparison.predictions) add_prediction(prediction, json["predictions"].emplace_back());
    json["refused"] = Json::array();
    for (const Comparison::Refused& refused : comparison.refused)
        json["refused"].push_back({{"algorithm", refused.algorithm}, {"reason", refused.reason}});
    return written(json);
}

}  // namespace tokenyard
