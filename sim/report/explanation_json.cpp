// SPDX-License-Identifier: Apache-2.0
#include "report/explanation.hpp"

#include <cstdint>

namespace tokenyard {
namespace {

using Json = nlohmann::ordered_json;

Json numbered(const char* what, const std::vector<NumberedShare>& shares) {
    Json json = Json::array();
    for (const NumberedShare& each : shares) json.push_back({{what, each.number}, {"share", each.share}});
    return json;
}

Json step_as_json(const ChainStep& step) {
    Json json{{"kind", step.kind},
              {"source", step.source},
              {"destination", step.destination},
              {"volume_bytes", static_cast<std::uint64_t>(in_bytes(step.volume))},
              {"begin_us", in_microseconds(step.begin)},
              {"end_us", in_microseconds(step.end)},
              {"held_by", Json::array()}};
    for (const NamedTime& each : step.held_by)
        json["held_by"].push_back({{"resource", each.name}, {"time_us", in_microseconds(each.time)}});
    return json;
}

Json cause_as_json(const LinkCause& cause) {
    Json json{{"resource", cause.resource},
              {"share", cause.share},
              {"carried_bytes", static_cast<std::uint64_t>(in_bytes(cause.carried))},
              {"senders", {{"count", cause.sender_count}, {"largest", numbered("rank", cause.senders)}}},
              {"receivers", {{"count", cause.receiver_count}, {"largest", numbered("rank", cause.receivers)}}},
              {"experts", {{"count", cause.expert_count}, {"largest", numbered("expert", cause.experts)}}}};
    if (cause.kinds)
        json["copies"] = {{"first_of_node", cause.kinds->first},
                          {"other_gpu_of_node", cause.kinds->same_domain},
                          {"other_expert_of_gpu", cause.kinds->same_gpu}};
    return json;
}

}  // namespace

Json why_as_json(const Explanation& why) {
    Json json{{"ladder", Json::array()}, {"causes", Json::array()}, {"chain", Json::array()}};
    for (const Rung& rung : why.ladder)
        json["ladder"].push_back({{"rung", rung.name}, {"added_us", in_microseconds(rung.added)}});
    for (const LinkCause& cause : why.causes) json["causes"].push_back(cause_as_json(cause));
    for (const ChainStep& step : why.chain) json["chain"].push_back(step_as_json(step));
    return json;
}

}  // namespace tokenyard
