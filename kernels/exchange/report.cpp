// SPDX-License-Identifier: Apache-2.0
#include "exchange/report.hpp"

#include "record/json.hpp"
#include "record/sampling.hpp"

#include <algorithm>

namespace tokenyard::gpu {
namespace {

/// As alltoallv_perf has them: algbw = bytes of the busiest rank / time, busbw = algbw x (n - 1) / n.
double algbw_GBps(const ByteMatrix& matrix, double us) {
    return us > 0 ? static_cast<double>(largest_load(matrix)) / us * 1e-3 : 0;
}
double bus_factor(const ByteMatrix& matrix) {
    const double ranks = static_cast<double>(matrix.size());
    return (ranks - 1) / ranks;
}

std::string rates(const ByteMatrix& matrix, double us) {
    const double rate = algbw_GBps(matrix, us);
    return formatted(" %10.3f %10.3f", rate, rate * bus_factor(matrix));
}

template <class Field>
std::vector<std::string> texts_of(const Session& session, Field field) {
    std::vector<std::string> texts;
    for (const RankPlace& place : session.places) texts.push_back(field(place));
    return texts;
}

/// What every record of an exchange says of who exchanged how.
std::string circumstances(const Session& session, const TransportOptions& options) {
    std::vector<int> nodes;
    std::vector<std::string> joints;
    for (const RankPlace& place : session.places) nodes.push_back(place.node);
    for (int from = 0; from < session.ranks(); ++from)
        for (int to = 0; to < session.ranks(); ++to)
            if (const std::string joint = session.joint_of(from, to);
                std::find(joints.begin(), joints.end(), joint) == joints.end())
                joints.push_back(joint);
    return ", \"transport\": " + quoted(session.transport->name()) +
           ", \"through\": " + quoted(session.transport->description()) +
           ", \"registered_buffers\": " + (options.is_registered ? "true" : "false") +
           ", \"launcher\": " + quoted(session.group.launcher()) + ", \"ranks\": " + std::to_string(session.ranks()) +
           ", \"node_of_rank\": " + as_json(nodes) +
           ", \"gpu_of_rank\": " + as_json(texts_of(session, [](const RankPlace& place) { return place.bus; })) +
           ", \"joints\": " + as_json(joints) + ", \"shares_gpus\": " + (session.has_shared_gpus() ? "true" : "false") +
           ", \"environment\": " + environment_as_json();
}

std::string turns_as_json(int turns, bool is_held_back, const std::string& stopped_by) {
    return ", \"turns_per_sample\": " + std::to_string(turns) + ", \"held_back\": " + (is_held_back ? "true" : "false") +
           ", \"stopped_by\": " + quoted(stopped_by);
}

std::string times_as_json(const RankTimes& times, const std::vector<std::vector<double>>& arrivals_us) {
    std::string json = ", " + samples_as_json(times.slowest_us) + ", \"rank_median_us\": " + as_json(times.rank_median_us);
    if (arrivals_us.empty()) return json;
    json += ", \"last_arrival_us_by_destination_and_source\": [";
    for (std::size_t rank = 0; rank < arrivals_us.size(); ++rank) json += (rank > 0 ? ", " : "") + as_json(arrivals_us[rank]);
    return json + "]";
}

}  // namespace

std::string heading(const Session& session) {
    std::string text = "# exchange of " + std::to_string(session.ranks()) + " ranks, by " + session.group.launcher() + ": " +
                       session.transport->description() + "\n";
    for (int rank = 0; rank < session.ranks(); ++rank) {
        const RankPlace& place = session.places[static_cast<std::size_t>(rank)];
        text += formatted("#  rank %3d on node %2d, device %d [", rank, place.node, place.device) + place.bus + "] " + place.gpu +
                "\n";
    }
    if (session.has_shared_gpus())
        text += "# several ranks share a GPU: right for correctness and for the schedule, not for speed\n";
    return text;
}

std::string matrix_heading() {
    return formatted("#%-11s %14s %14s %6s %12s %12s %6s %10s %10s %8s\n", "pattern", "size", "message", "turns", "median", "p95",
                     "noise", "algbw", "busbw", "#wrong") +
           formatted("#%-11s %14s %14s %6s %12s %12s %6s %10s %10s %8s\n", "", "(B)", "(B)", "", "(us)", "(us)", "(%)", "(GB/s)",
                     "(GB/s)", "(B)");
}

std::string as_row(const NamedMatrix& named, const MatrixResult& result) {
    const double median = quantile(result.times.slowest_us, 0.5);
    return formatted("%-12s %14zu ", named.pattern.c_str(), largest_load(result.matrix)) +
           (named.message_bytes > 0 ? formatted("%14zu", named.message_bytes) : formatted("%14s", "-")) +
           formatted(" %6d %12.2f %12.2f %6.1f", result.turns_per_sample, median, quantile(result.times.slowest_us, 0.95),
                     100 * noise_of(result.times.slowest_us)) +
           rates(result.matrix, median) + formatted(" %8zu\n", result.wrong_bytes);
}

std::string as_table(const LayerWorkload& workload, const LayerResult& result) {
    std::size_t sent = 0;
    for (const auto& row : result.copies)
        for (const std::size_t copies : row) sent += copies;
    std::string text =
        "# workload " + workload.name +
        formatted(": top-%d of %d experts, hidden %d, %s there, bf16 back, seed %llu, %zu token copies\n",
                  workload.router.experts_per_token, workload.router.experts, workload.hidden,
                  workload.is_fp8 ? "fp8_e4m3 with scales" : "bf16", static_cast<unsigned long long>(workload.seed), sent);
    text += workload.copies.empty() ? "# S(i,k) has not been compared: the workload has no counts of the simulator's\n"
                                    : "# S(i,k) compared with the simulator's, pair by pair\n";
    text += formatted("#%-11s %14s %12s %12s %6s %10s %10s\n", "phase", "size", "median", "p95", "noise", "algbw", "busbw");
    text += formatted("#%-11s %14s %12s %12s %6s %10s %10s\n", "", "(B)", "(us)", "(us)", "(%)", "(GB/s)", "(GB/s)");
    for (const LayerPhase& phase : result.phases) {
        const double median = quantile(phase.times.slowest_us, 0.5);
        text += formatted("%-12s ", phase.name.c_str()) +
                (phase.matrix.empty() ? formatted("%14s", "-") : formatted("%14zu", largest_load(phase.matrix))) +
                formatted(" %12.2f %12.2f %6.1f", median, quantile(phase.times.slowest_us, 0.95),
                          100 * noise_of(phase.times.slowest_us)) +
                (phase.matrix.empty() ? formatted(" %10s %10s", "-", "-") : rates(phase.matrix, median)) + "\n";
    }
    return text +
           formatted("# #wrong: %zu elements of the combined tokens, %zu counts\n", result.wrong_elements, result.wrong_counts);
}

std::string rank_table(const std::string& what, const RankTimes& times, const std::vector<std::vector<double>>& arrivals_us) {
    std::string text;
    for (std::size_t rank = 0; rank < times.rank_median_us.size(); ++rank) {
        text += formatted("#  %-10s rank %3zu %12.2f us", what.c_str(), rank, times.rank_median_us[rank]);
        if (!arrivals_us.empty()) {
            text += "; last bytes from ranks 0, 1, ... after (us)";
            for (const double us : arrivals_us[rank]) text += formatted(" %.0f", us);
        }
        text += "\n";
    }
    return text;
}

std::string as_record(const Session& session, const TransportOptions& options, const NamedMatrix& named,
                      const MatrixResult& result) {
    const double median = quantile(result.times.slowest_us, 0.5);
    return "{\"record\": \"exchange\", \"phase\": \"matrix\", \"pattern\": " + quoted(named.pattern) +
           ", \"message_bytes\": " + (named.message_bytes > 0 ? std::to_string(named.message_bytes) : "null") +
           circumstances(session, options) + ", \"matrix_bytes\": " + as_json(result.matrix) +
           turns_as_json(result.turns_per_sample, result.is_held_back, result.stopped_by) +
           ", \"graph\": " + (result.is_graph ? "true" : "false") + times_as_json(result.times, result.arrivals_us) +
           formatted(", \"algbw_GBps\": %.4f", algbw_GBps(result.matrix, median)) +
           ", \"wrong_bytes\": " + std::to_string(result.wrong_bytes) + "}\n";
}

std::string as_records(const Session& session, const TransportOptions& options, const LayerWorkload& workload, float expert_scale,
                       const LayerResult& result) {
    const std::string layer =
        ", \"workload\": {\"name\": " + quoted(workload.name) +
        formatted(", \"experts\": %d, \"experts_per_token\": %d, \"expert_groups\": %d, \"groups_per_token\": %d, \"hidden\": %d",
                  workload.router.experts, workload.router.experts_per_token, workload.router.expert_groups,
                  workload.router.groups_per_token, workload.hidden) +
        formatted(", \"dispatch\": \"%s\", \"combine\": \"bf16\", \"placement\": \"contiguous\", \"seed\": %llu",
                  workload.is_fp8 ? "fp8_e4m3_scales_128" : "bf16", static_cast<unsigned long long>(workload.seed)) +
        ", \"tokens_per_rank\": " + as_json(workload.tokens_per_rank) + "}" +
        formatted(", \"expert_scale\": %g", static_cast<double>(expert_scale));
    std::string text;
    for (const LayerPhase& phase : result.phases) {
        text += "{\"record\": " + quoted(phase.matrix.empty() ? "phase" : "exchange") + ", \"phase\": " + quoted(phase.name) +
                layer + circumstances(session, options);
        if (!phase.matrix.empty())
            text += ", \"copies\": " + as_json(result.copies) + ", \"matrix_bytes\": " + as_json(phase.matrix) +
                    formatted(", \"algbw_GBps\": %.4f", algbw_GBps(phase.matrix, quantile(phase.times.slowest_us, 0.5)));
        text += turns_as_json(result.turns_per_sample, result.is_held_back, result.stopped_by) +
                times_as_json(phase.times, phase.arrivals_us) +
                formatted(", \"wrong_elements\": %zu, \"wrong_counts\": %zu}\n", result.wrong_elements, result.wrong_counts);
    }
    return text;
}

}  // namespace tokenyard::gpu
