// SPDX-License-Identifier: Apache-2.0
#include "pipeline/study_case.hpp"

#include "pipeline/layer.hpp"
#include "pipeline/predict.hpp"
#include "study/study.hpp"

namespace tokenyard {
namespace {

PredictOptions options_of(const Study& study, const Algorithm& algorithm) {
    PredictOptions options;
    options.algorithm = &algorithm;
    if (study.engine == "fluid") options.engine = EngineKind::fluid;
    if (study.engine == "simgrid") options.engine = EngineKind::simgrid;
    if (study.accuracy) options.accuracy = Accuracy{*study.accuracy};
    if (!study.overlap.empty()) options.layer = study.overlap == "two-batch" ? LayerOverlap::two_batch : LayerOverlap::none;
    return options;
}

}  // namespace

CaseOutcome compute_case(const Case& one, const std::string& algorithm_name, const Study& study,
                         std::span<const JudgedRow> record) {
    const Algorithm& algorithm = *find_algorithm(algorithm_name);
    PredictOptions options = options_of(study, algorithm);
    options.record = record;
    const Fabric fabric = fabric_of(one.cluster);
    const Traffic traffic = make_traffic(one, fabric);
    std::string reason = refusal(algorithm, traffic, fabric, one.costs);
    if (reason.empty() && options.layer) reason = refusal_of_layer(one, fabric, algorithm, *options.layer);
    if (!reason.empty()) return {CaseStatus::refused, algorithm_name + ": " + reason, {}};
    const Prediction prediction = predict(one, fabric, traffic, options);
    CaseOutcome outcome{CaseStatus::done, {}, {}};
    for (const StudyOutput& output : study_outputs()) outcome.outputs.push_back(output.of(prediction));
    return outcome;
}

}  // namespace tokenyard
