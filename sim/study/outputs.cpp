// SPDX-License-Identifier: Apache-2.0
#include "study/study.hpp"

namespace tokenyard {
namespace {

/// An output that each phase has: its name follows that of the phase.
struct PhaseOutput {
    const char *name, *meaning;
    bool is_more_better;
    Cell (*of)(const Phase& phase);
    bool is_text = false;
};

Cell whole(Bytes volume) { return static_cast<std::int64_t>(in_bytes(volume)); }

const PhaseOutput phase_outputs[] = {
    {"us", "completion", false, [](const Phase& phase) -> Cell { return in_microseconds(phase.completion); }},
    {"low_us", "where nine of ten measured times of such cases would be above and below: from; empty without a record", false,
     [](const Phase& phase) { return phase.standing ? Cell(in_microseconds(phase.standing->low)) : Cell(); }},
    {"high_us", "to", false,
     [](const Phase& phase) { return phase.standing ? Cell(in_microseconds(phase.standing->high)) : Cell(); }},
    {"standing", "measured, neighbour or foreign: how near to it something was measured", false,
     [](const Phase& phase) { return phase.standing ? Cell(std::string(name_of(phase.standing->level))) : Cell(); }},
    {"lower_bound_us", "what its steps cannot beat in any order", false,
     [](const Phase& phase) -> Cell { return in_microseconds(phase.lower_bound); }},
    {"algbw_GBps", "most bytes that a rank sends or receives, over completion", true,
     [](const Phase& phase) -> Cell { return in_gigabytes_per_second(phase.algbw); }},
    {"busbw_GBps", "algbw x (n-1)/n", true, [](const Phase& phase) -> Cell { return in_gigabytes_per_second(phase.busbw); }},
    {"send_skew", "max over mean of the bytes that ranks send", false,
     [](const Phase& phase) -> Cell { return phase.send_skew; }},
    {"receive_skew", "max over mean of the bytes that ranks receive", false,
     [](const Phase& phase) -> Cell { return phase.receive_skew; }},
    {"transfers", "transfers planned", false,
     [](const Phase& phase) -> Cell { return static_cast<std::int64_t>(phase.transfers); }},
    {"local_bytes", "bytes that stay on their GPU", false, [](const Phase& phase) { return whole(phase.volume.local); }},
    {"scale_up_bytes", "bytes that stay in their NVLink domain or node", false,
     [](const Phase& phase) { return whole(phase.volume.scale_up); }},
    {"scale_out_bytes", "bytes that cross NICs", false, [](const Phase& phase) { return whole(phase.volume.scale_out); }},
    {"relayed_bytes", "of these, on legs that do not end where they are for", false,
     [](const Phase& phase) { return whole(phase.volume.relayed); }},
    {"held_by", "kind of resource or delay that held the last transfers longest", false,
     [](const Phase& phase) { return phase.bottleneck_kinds.empty() ? Cell() : Cell(phase.bottleneck_kinds[0].kind); }, true},
    {"held_share", "its part of the completion", false,
     [](const Phase& phase) { return phase.bottleneck_kinds.empty() ? Cell() : Cell(phase.bottleneck_kinds[0].share); }},
    {"bottleneck", "the one resource that held them longest", false,
     [](const Phase& phase) { return phase.bottlenecks.empty() ? Cell() : Cell(phase.bottlenecks[0].resource); }, true},
    {"bottleneck_utilisation", "bytes that it carried / (capacity x completion); 0 for a delay", false,
     [](const Phase& phase) { return phase.bottlenecks.empty() ? Cell() : Cell(phase.bottlenecks[0].utilisation); }},
};

void add_phase(const std::string& phase, std::size_t place, std::vector<StudyOutput>& outputs) {
    for (const PhaseOutput& each : phase_outputs)
        outputs.push_back({phase + "_" + each.name, phase + ": " + each.meaning, each.is_more_better,
                           [of = each.of, place](const Prediction& prediction) { return of(prediction.phases[place]); }, false,
                           each.is_text});
}

void add_layer(std::vector<StudyOutput>& outputs) {
    const auto add = [&](const char* name, const char* meaning, Seconds Layer::*time) {
        outputs.push_back({name, meaning, false, [time](const Prediction& prediction) {
                               return prediction.layer ? Cell(in_microseconds((*prediction.layer).*time)) : Cell();
                           }});
    };
    add("layer_us", "the whole layer; empty unless overlap is given, as all below", &Layer::completion);
    add("computing_us", "a rank's kernels, mean", &Layer::computing);
    add("communicating_us", "a rank's exchanges, mean", &Layer::communicating);
    add("exposed_us", "time in which a rank does not compute, mean", &Layer::exposed);
    add("hidden_us", "communicating less exposed, mean", &Layer::hidden);
    add("waiting_us", "from a rank's end to that of the slowest, mean", &Layer::waiting);
    add("all_layers_us", "every MoE layer of the model and what lies between", &Layer::all_layers);
    outputs.push_back({"tokens_per_second", "of all ranks through all layers", true, [](const Prediction& prediction) {
                           return prediction.layer ? Cell(prediction.layer->tokens_per_second) : Cell();
                       }});
    outputs.push_back({"tokens_per_second_per_gpu", "the same over the ranks, so that groups of any size compare", true,
                       [](const Prediction& prediction) {
                           return prediction.layer ? Cell(prediction.layer->tokens_per_second / prediction.ranks) : Cell();
                       }});
}

void add_memory(std::vector<StudyOutput>& outputs) {
    const auto add = [&](const char* name, const char* meaning, Cell (*of)(const MemoryUse&)) {
        outputs.push_back({name, meaning, false, [of](const Prediction& prediction) {
                               return prediction.memory.is_known() ? of(prediction.memory) : Cell();
                           }});
    };
    add("memory_GB",
        "what is counted on the fullest GPU; empty where the workload does not say how large experts are, as both below",
        [](const MemoryUse& memory) -> Cell { return in_bytes(memory.total) / 1e9; });
    add("memory_capacity_GB", "what that GPU has",
        [](const MemoryUse& memory) -> Cell { return in_bytes(memory.capacity) / 1e9; });
    add("fits", "1 where that is room enough, else 0",
        [](const MemoryUse& memory) -> Cell { return std::int64_t{memory.fits()}; });
}

void add_tokens(std::vector<StudyOutput>& outputs) {
    const auto add = [&](const char* name, const char* meaning, double TokenSpread::*mean) {
        outputs.push_back({name, meaning, false, [mean](const Prediction& prediction) {
                               return prediction.spread.tokens > 0 ? Cell(prediction.spread.*mean) : Cell();
                           }});
    };
    add("copies_per_token", "token copies a token; empty for a matrix, as both below", &TokenSpread::copies);
    add("ranks_per_token", "distinct ranks a token, its own included", &TokenSpread::ranks);
    add("nodes_per_token", "distinct nodes a token, its own included", &TokenSpread::nodes);
}

std::vector<StudyOutput> all_outputs() {
    std::vector<StudyOutput> outputs{
        {"ranks", "GPUs that exchange", false, [](const Prediction& one) -> Cell { return std::int64_t{one.ranks}; }},
        {"nodes", "machines that they are in", false, [](const Prediction& one) -> Cell { return std::int64_t{one.nodes}; }},
        {"gpus", "GPUs of these machines, those without a rank included", false,
         [](const Prediction& one) -> Cell { return std::int64_t{one.hardware.gpus}; }},
        {"nics", "NICs of these machines", false, [](const Prediction& one) -> Cell { return std::int64_t{one.hardware.nics}; }},
        {"switches", "of the cluster's network between nodes", false,
         [](const Prediction& one) -> Cell { return std::int64_t{one.hardware.switches}; }},
        {"price", "of these machines, NICs and switches; empty unless the cluster gives prices", false,
         [](const Prediction& one) { return one.hardware.price ? Cell(one.hardware.price->amount) : Cell(); }},
        {"currency", "of the price", false,
         [](const Prediction& one) { return one.hardware.price ? Cell(one.hardware.price->currency) : Cell(); }, false, true},
        {"power_kW", "what they draw; empty unless the cluster gives power", false,
         [](const Prediction& one) { return one.hardware.power ? Cell(in_kilowatts(*one.hardware.power)) : Cell(); }},
        {"engine_used", "what simulated it", false, [](const Prediction& one) -> Cell { return one.engine; }, false, true},
        {"engine_accuracy", "how far completions may be off, as a part of them; 0: exact", false,
         [](const Prediction& one) -> Cell { return one.engine_accuracy; }},
        {"both_us", "dispatch and combine one after the other", false,
         [](const Prediction& one) -> Cell { return in_microseconds(one.layer_completion); }}};
    add_memory(outputs);
    add_tokens(outputs);
    add_phase("dispatch", 0, outputs);
    add_phase("combine", 1, outputs);
    const std::size_t first_of_layer = outputs.size();
    add_layer(outputs);
    for (std::size_t place = first_of_layer; place < outputs.size(); ++place) outputs[place].needs_layer = true;
    return outputs;
}

}  // namespace

const std::vector<StudyOutput>& study_outputs() {
    static const std::vector<StudyOutput> outputs = all_outputs();
    return outputs;
}

std::optional<std::size_t> find_output(std::string_view name) {
    const std::vector<StudyOutput>& outputs = study_outputs();
    for (std::size_t place = 0; place < outputs.size(); ++place)
        if (outputs[place].name == name) return place;
    return {};
}

}  // namespace tokenyard
