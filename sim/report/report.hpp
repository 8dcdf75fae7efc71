// SPDX-License-Identifier: Apache-2.0
// The door of the reports: predictions, fabrics and inputs as text, JSON, CSV and YAML. Formatting happens here only.
#pragma once

#include "model/case.hpp"
#include "model/exchange.hpp"
#include "model/fabric.hpp"
#include "model/fit.hpp"
#include "model/nccl_summary.hpp"
#include "model/placement.hpp"
#include "model/prediction.hpp"
#include "model/routing.hpp"
#include "model/saved_prediction.hpp"
#include "model/validation.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tokenyard {

struct Diagnosis;  // model/diagnosis.hpp

/// full: all that decided the result, and what each phase consists of, as `#` lines too.
enum class Detail { brief, full };

/// What people read: what it comes to in a sentence, a row a phase, how well it is known, and what would help.
std::string as_text(const Prediction& prediction, const InputRecord& inputs, Detail detail = Detail::brief);

/// A row an algorithm, and why others have none.
std::string as_text(const Comparison& comparison, const InputRecord& inputs, Detail detail = Detail::brief);

/// "does not fit: 330 GB of 80 GB a GPU"; empty where it fits, or nobody knows.
std::string misfit(const MemoryUse& memory);

/// schema tokenyard.prediction/2.
std::string as_json(const Prediction& prediction, const Case& one);

/// The JSON of a prediction with one more key, `pictures`: all that its page shows (page/prediction/ reads it). On one line.
/// `dispatch` and `combine` are what the case exchanges. Pre: each phase has a picture.
std::string as_page_data(const Prediction& prediction, const Case& one, const Fabric& fabric, const Exchange& dispatch,
                         const Exchange& combine);

/// schema tokenyard.comparison/2: predictions as above, in their order, and what was refused.
std::string as_json(const Comparison& comparison, const Case& one);

/// What differs between two predictions: inputs, a row a completion, and what held the phases.
std::string as_text(const PredictionDifference& difference);

/// schema tokenyard.difference/1.
std::string as_json(const PredictionDifference& difference);

/// A row a placement of each layer, and below several layers the slowest and the mean one; times on the window it was planned on,
/// and on the next one.
std::string as_text(const PlacementReport& report, const InputRecord& inputs);

/// schema tokenyard.placement/1, with the slots that were found.
std::string as_json(const PlacementReport& report, const Case& one);

/// Slots of each layer on so many ranks, as a serving engine reads them; `read_expert_slots` reads them too.
std::string as_slots_file(const std::vector<ExpertSlots>& layers, int ranks, SlotsFormat format);

/// A row a record, then those limits that were passed; and each of their rows when asked for.
std::string as_text(const Validation& validation, bool with_rows);

/// schema tokenyard.validation/1.
std::string as_json(const Validation& validation);

/// Rows with what they have in common with others, as read_judged_rows reads them.
std::string judged_rows_as_csv(const std::vector<JudgedRow>& rows);

/// Predicted against measured times on logarithmic axes, as an SVG picture: a mark a row, an odd one hollow.
std::string as_svg(const Validation& validation);

/// What explains measured times: the answer in a sentence, a row a cause, and what to look at for the first of them.
std::string as_text(const Diagnosis& diagnosis);

/// schema tokenyard.diagnosis/1.
std::string as_json(const Diagnosis& diagnosis);

/// What was fitted and how well it is known, as `#` lines; and the calibration below them, as YAML.
std::string as_text(const CalibrationFit& fit);
std::string as_yaml(const CalibrationFit& fit);

/// The ledger of every link in both phases: CSV with a header.
std::string links_as_csv(const Prediction& prediction);

/// What each rank of the layer does and waits for: CSV with a header. Pre: prediction.layer.
std::string ranks_as_csv(const Prediction& prediction);

/// When which rank sent what, and how full links were meanwhile, as Perfetto and Chrome open it: JSON, events in the order of
/// time. What had to be merged to bound its size is named in it, and by merged_in_trace; empty when nothing was.
/// Pre: each phase has a picture.
std::string as_event_trace(const Prediction& prediction);
std::string merged_in_trace(const Prediction& prediction);

/// S(i,k) in bytes as nccl-tests' alltoallv_perf reads it: square, blanks between, row = source.
std::string as_matrix(const VolumeMatrix& volumes);

/// Recorded routing, `rank,experts,weights`, as routing kind trace reads it.
std::string as_trace(const Routing& routing);

/// The experts' popularity, a whole number a line, as `tokenyard-gpu route` reads it.
std::string as_lines(const std::vector<std::uint32_t>& popularity);

/// A workload as the flat file that `tokenyard-gpu exchange --workload` reads (kernels/exchange/workload.hpp), with S(i,k) in
/// copies, which is compared there. Pre: no refusal_for_gpu, which says as "found X; expected Y" what the GPU side does not know.
std::string as_flat_workload(const Case& one, const std::vector<std::uint32_t>& popularity, const TokenMatrix& counts);
std::string refusal_for_gpu(const Workload& workload);

/// Every key in effect as YAML that can be read again.
std::string as_yaml(const Cluster& cluster);
std::string as_yaml(const Workload& workload);
std::string as_yaml(const Costs& costs);

/// The same with what each is from (CostOrigins::of_costs), for those that are from somewhere.
std::string as_yaml(const Costs& costs, const std::vector<std::string>& origins);
/// Only what the file gives.
std::string as_yaml(const GivenCosts& given);

/// The table of costs: what each is, its kind, what holds where it is absent, and where its mechanism was read.
std::string costs_as_text();

/// The links of a fabric as `#` lines, to stand below a cluster's YAML.
std::string links_as_text(const Fabric& fabric);

/// NCCL's channels and batches of one rank as `#` lines, a row a channel that is used.
std::string schedule_as_text(const NcclScheduleSummary& summary, Bytes volume);

/// Writes a file whole or not at all: it is finished under another name first. `-` is standard output; what is no
/// regular file (a pipe, /dev/null) is written to as it is. Throws std::runtime_error with the system's reason.
void write_output(const std::string& file, std::string_view text);

}  // namespace tokenyard
