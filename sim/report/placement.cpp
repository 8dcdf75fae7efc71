// SPDX-License-Identifier: Apache-2.0
#include "report/input_lines.hpp"
#include "report/prediction_json.hpp"
#include "report/report.hpp"
#include "report/standing.hpp"
#include "report/text_table.hpp"
#include "report/version.hpp"

#include <fmt/format.h>

#include <cmath>

namespace tokenyard {
namespace {

using Json = nlohmann::ordered_json;

/// Infinitely long: the algorithm cannot carry it out.
std::string time_text(Seconds time) { return std::isfinite(time.si) ? fmt::format("{:.2f}", in_microseconds(time)) : "-"; }

std::string saved_text(Seconds given, Seconds time) {
    return std::isfinite(given.si) && std::isfinite(time.si) ? fmt::format("{:.2f}", in_microseconds(given - time)) : "-";
}

std::string part_text(Seconds given, Seconds time) {
    const bool has_both = std::isfinite(given.si) && std::isfinite(time.si) && given.si > 0;
    return has_both ? fmt::format("{:.2f}", 100 * (1 - time / given)) : "-";
}

void add_cells(std::vector<std::string>& cells, Seconds given, Seconds time, const std::string& load) {
    cells.insert(cells.end(), {time_text(time), saved_text(given, time), part_text(given, time), load});
}

TextTable table_of(const PlacementReport& report) {
    const bool has_layers = report.layers.size() > 1, has_next = !report.next_window.empty();
    TextTable table;
    if (has_layers) table.add_column("layer", "", false);
    table.add_column("placement", "", false);
    for (const char* window : {"planned", "next"}) {
        if (window == std::string("next") && !has_next) continue;
        table.add_column(window, "(us)", true);
        table.add_column("saved", "(us)", true);
        table.add_column("saved", "(%)", true);
        table.add_column("load", "(-)", true);
    }
    const auto load = [](const PlacementScore& score) { return fmt::format("{:.3f}", score.load); };
    for (const LayerPlacement& layer : report.layers)
        for (const PlacementRow& row : layer.rows) {
            std::vector<std::string> cells;
            if (has_layers) cells.push_back(one_line(layer.routing));
            cells.push_back(row.name);
            const PlacementRow& given = layer.rows.front();
            add_cells(cells, given.planned.time, row.planned.time, load(row.planned));
            if (has_next) add_cells(cells, given.next->time, row.next->time, load(*row.next));
            table.add_row(std::move(cells));
        }
    for (const bool is_worst : {true, false}) {
        for (std::size_t row = 0; has_layers && row < report.layers.front().rows.size(); ++row) {
            const auto time = [&](std::size_t of, bool of_next) {
                const PlacementSummary summary = summary_of(report, of, of_next);
                return is_worst ? summary.worst : summary.mean;
            };
            std::vector<std::string> cells{is_worst ? "slowest" : "mean", report.layers.front().rows[row].name};
            add_cells(cells, time(0, false), time(row, false), "");
            if (has_next) add_cells(cells, time(0, true), time(row, true), "");
            table.add_row(std::move(cells));
        }
    }
    return table;
}

/// What the last row saves against what is given, and against the best that EPLB does on the planned window; a layer, in the
/// mean.
std::string verdict(const PlacementReport& report) {
    const std::vector<PlacementRow>& rows = report.layers.front().rows;
    const std::size_t last = rows.size() - 1;
    std::size_t eplb = 1;
    for (std::size_t row = 2; row < last; ++row)
        if (summary_of(report, row, false).mean < summary_of(report, eplb, false).mean) eplb = row;
    const auto saved = [&](bool of_next) {
        const Seconds found = summary_of(report, last, of_next).mean;
        return fmt::format("{} us against given, {} us against {}", saved_text(summary_of(report, 0, of_next).mean, found),
                           saved_text(summary_of(report, eplb, of_next).mean, found), rows[eplb].name);
    };
    const std::string a_layer = report.layers.size() > 1 ? ", a layer in the mean" : "";
    std::string text = fmt::format("# searched saves {}, on what it was planned on{}\n", saved(false), a_layer);
    if (report.next_window.empty())
        return text + "# there is no other window to score it on: what fits this one by chance is in it\n";
    return text + fmt::format("# on the next window it saves {}{}\n", saved(true), a_layer);
}

Json score_as_json(const PlacementScore& score) {
    return {{"completion_us", std::isfinite(score.time.si) ? Json(in_microseconds(score.time)) : Json(nullptr)},
            {"load_max_over_mean", score.load}};
}

Json layer_as_json(const LayerPlacement& layer) {
    Json rows = Json::array();
    for (const PlacementRow& row : layer.rows)
        rows.push_back({{"name", row.name},
                        {"planned", score_as_json(row.planned)},
                        {"next", row.next ? score_as_json(*row.next) : Json(nullptr)}});
    return {{"routing", layer.routing},
            {"simulations", layer.simulations},
            {"placements", rows},
            {"physical_to_logical_map", layer.slots}};
}

Json device_lists(const std::vector<ExpertSlots>& layers, int ranks) {
    Json list = Json::array();
    for (const ExpertSlots& slots : layers) {
        Json devices = Json::array();
        const auto of_rank = static_cast<std::ptrdiff_t>(slots.size()) / ranks;
        for (int rank = 0; rank < ranks; ++rank)
            devices.push_back(
                {{"device_id", rank},
                 {"device_expert", ExpertSlots(slots.begin() + rank * of_rank, slots.begin() + (rank + 1) * of_rank)}});
        list.push_back({{"layer_id", list.size()}, {"device_count", ranks}, {"device_list", devices}});
    }
    return {{"moe_layer_count", layers.size()}, {"layer_list", list}};
}

}  // namespace

std::string as_text(const PlacementReport& report, const InputRecord& inputs) {
    std::string text =
        fmt::format("# tokenyard {}  place  cluster {} ({} ranks on {} nodes)  workload {}  algorithm {}\n", version,
                    one_line(report.cluster_name), report.ranks, report.nodes, one_line(report.workload_name), report.algorithm);
    text += fmt::format(
        "# {} experts in {} slots, {} a rank; searched for the shortest {}, at most {} simulations a layer, seed {}\n",
        report.experts, report.slots, report.slots / report.ranks, report.aim, report.simulations, report.seed);
    text += fmt::format("# planned on {}; next: {}\n", one_line(report.planned_window),
                        report.next_window.empty() ? "none" : one_line(report.next_window));
    text += input_lines(inputs);
    text += fmt::format("# costs  {}\n# engine {} {}\n", one_line(report.costs), report.engine, report.engine_version);
    return text + table_of(report).text() + as_text(report.standings) + verdict(report);
}

std::string as_json(const PlacementReport& report, const Case& one) {
    Json json{{"schema", "tokenyard.placement/1"},
              {"tool", {{"name", "tokenyard"}, {"version", version}}},
              {"inputs", inputs_as_json(one)},
              {"model",
               {{"ranks", report.ranks},
                {"nodes", report.nodes},
                {"experts", report.experts},
                {"slots", report.slots},
                {"algorithm", report.algorithm},
                {"engine", report.engine},
                {"engine_version", report.engine_version}}},
              {"search", {{"aim", report.aim}, {"simulations", report.simulations}, {"seed", report.seed}}},
              {"planned_window", report.planned_window},
              {"next_window", report.next_window.empty() ? Json(nullptr) : Json(report.next_window)},
              {"standing", Json::object()},
              {"layers", Json::array()}};
    for (const PhaseStanding& each : report.standings) json["standing"][each.phase] = standing_as_json(each.standing);
    for (const LayerPlacement& layer : report.layers) json["layers"].push_back(layer_as_json(layer));
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string as_slots_file(const std::vector<ExpertSlots>& layers, int ranks, SlotsFormat format) {
    switch (format) {
        case SlotsFormat::eplb: return Json(layers).dump() + "\n";
        // SGLang hands on every key of the map: no other one may stand in it.
        case SlotsFormat::sglang: return Json{{"physical_to_logical_map", layers}}.dump() + "\n";
        case SlotsFormat::vllm_ascend: break;
    }
    return device_lists(layers, ranks).dump() + "\n";
}

}  // namespace tokenyard
