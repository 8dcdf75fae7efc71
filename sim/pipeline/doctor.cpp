// SPDX-License-Identifier: Apache-2.0
#include "pipeline/doctor.hpp"

#include "pipeline/row_predictions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace tokenyard {
namespace {

/// Whether all ranks send and receive alike, so that no place differs from another one.
bool is_alike_for_all(const Case& one) {
    const Traffic traffic = make_traffic(one, fabric_of(one.cluster));
    const VolumeMatrix& volumes = traffic.dispatch.volumes;
    const int ranks = volumes.rows();
    std::vector<double> sent(static_cast<std::size_t>(ranks)), received = sent;
    double all = 0;
    for (int from = 0; from < ranks; ++from)
        for (int to = 0; to < ranks; ++to) {
            const double bytes = from == to ? 0 : volumes.at(from, to).si;
            sent[static_cast<std::size_t>(from)] += bytes;
            received[static_cast<std::size_t>(to)] += bytes;
            all += bytes;
        }
    constexpr double nearly = 1.25;  // of the mean: tokens that are drawn evenly scatter so far
    const double most = nearly * all / ranks;
    return std::ranges::max(sent) <= most && std::ranges::max(received) <= most;
}

/// As validate tells what decides a time.
double weight_of_row(const RowVerdict& verdict) {
    return verdict.link_bound.si >= 0.5 * verdict.measured.si ? 1 : weight_of_latency;
}

const RecordRow& largest_of(const std::vector<RecordRow>& rows) {
    return *std::ranges::max_element(rows, {}, [](const RecordRow& row) { return row.one.workload.ranks; });
}

std::vector<int> nodes_of_ranks(const Case& one) {
    std::vector<int> nodes = fabric_of(one.cluster).node_of_each_rank();
    nodes.resize(static_cast<std::size_t>(one.workload.ranks));
    return nodes;
}

std::vector<RowVerdict> verdicts_of(const std::vector<RecordRow>& rows, const PredictOptions& options) {
    std::vector<const RecordRow*> pointers;
    for (const RecordRow& row : rows) pointers.push_back(&row);
    PredictOptions quiet = options;
    quiet.progress = {};
    return predict_rows(pointers, quiet);
}

void add_pairs(const RankMatrix<double>& pairs, const Case& one, Diagnosis& diagnosis) {
    const std::vector<int> node_of = nodes_of_ranks(one);
    const int nodes = node_of.back() + 1;
    diagnosis.has_pairs = pairs.rows() > 0;
    if (pairs.rows() == 0) return;
    if (pairs.rows() == one.workload.ranks) {
        diagnosis.slow_places = slow_places(pairs, node_of, "rank");
        return;
    }
    if (pairs.rows() != nodes)
        throw std::invalid_argument(fmt::format("found times between {} places; expected {} ranks, or {} nodes", pairs.rows(),
                                                one.workload.ranks, nodes));
    std::vector<int> each(static_cast<std::size_t>(nodes));
    for (int node = 0; node < nodes; ++node) each[static_cast<std::size_t>(node)] = node;
    diagnosis.slow_places = slow_places(pairs, each, "node");
}

}  // namespace

Situation situation_of(const DoctorQuestion& question) {
    const RecordRow& row = largest_of(question.rows);
    Situation situation;
    situation.one = &row.one;
    situation.algorithm = row.algorithm;
    situation.costs = find_algorithm(row.algorithm)->costs;
    situation.nodes = nodes_of_ranks(row.one).back() + 1;
    situation.has_groups = question.has_groups;
    situation.is_even = std::ranges::all_of(question.rows, [](const RecordRow& each) { return is_alike_for_all(each.one); });
    situation.libraries = question.libraries;
    return situation;
}

ChangedTimes times_with(const DoctorQuestion& question, const Situation& situation, const Hypothesis& cause, const Choice& place,
                        const Choice& degree, const PredictOptions& options) {
    ChangedTimes times;
    std::vector<RecordRow> rows = question.rows;
    for (RecordRow& row : rows) {
        const std::optional<SuspectedChange> change = cause.change(situation, row.one, place, degree);
        if (!change) continue;
        if (!change->algorithm.empty()) row.algorithm = change->algorithm;
        try {
            row.one = row.read_again(change->of_case);
        } catch (const std::runtime_error& wrong) {  // a cluster that cannot be so: the cause is none here, and says why
            times.refusal = wrong.what();
            return times;
        }
    }
    if (const std::optional<SuspectedChange> change = cause.change(situation, *situation.one, place, degree))
        times.of_largest = *change;
    for (const RowVerdict& verdict : verdicts_of(rows, options)) {
        if (!verdict.refusal.empty()) times.refusal = verdict.refusal;
        times.predicted.push_back(verdict.predicted);
    }
    return times;
}

Diagnosis diagnose(const DoctorQuestion& asked, const PredictOptions& options) {
    DoctorQuestion question = asked;
    Diagnosis diagnosis;
    const std::vector<RowVerdict> verdicts = verdicts_of(asked.rows, options);
    question.rows.clear();
    for (std::size_t row = 0; row < asked.rows.size(); ++row) {
        if (!verdicts[row].refusal.empty()) {
            ++diagnosis.left_out;
            continue;
        }
        question.rows.push_back(asked.rows[row]);
        diagnosis.rows.push_back(asked.rows[row].label);
        diagnosis.measured.push_back(asked.rows[row].measured);
        diagnosis.predicted.push_back(verdicts[row].predicted);
        diagnosis.weights.push_back(weight_of_row(verdicts[row]));
    }
    if (question.rows.empty())
        throw std::invalid_argument(asked.rows.empty() ? "found no row that counts; expected one"
                                                       : "found only rows that are refused: " + verdicts.front().refusal);
    const Situation situation = situation_of(question);
    diagnosis.cluster = situation.one->cluster.name;
    diagnosis.inputs = situation.one->inputs;
    diagnosis.costs = in_words(situation.one->origins);
    diagnosis.algorithm = situation.algorithm;
    diagnosis.ranks = situation.one->workload.ranks;
    const EngineDescription engine =
        describe_engine(options.engine.value_or(EngineKind::fluid), options.accuracy.value_or(exact));
    diagnosis.engine = fmt::format("{} {}", engine.name, engine.version);
    add_pairs(question.pairs, *situation.one, diagnosis);
    search(
        situation, hypotheses(),
        [&](const Hypothesis& cause, const Choice& place, const Choice& degree) {
            return times_with(question, situation, cause, place, degree, options);
        },
        [&](std::size_t done, std::size_t of) {
            if (options.progress) options.progress(static_cast<double>(done) / static_cast<double>(of));
        },
        diagnosis);
    return diagnosis;
}

}  // namespace tokenyard
