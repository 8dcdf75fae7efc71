// SPDX-License-Identifier: Apache-2.0
// Which cause would explain measured times: every row is predicted anew with each cause that can be.
#pragma once

#include "doctor/doctor.hpp"
#include "model/diagnosis.hpp"
#include "pipeline/predict.hpp"

namespace tokenyard {

struct DoctorQuestion {
    std::vector<RecordRow> rows;  // that are not odd; their read_again is there
    bool has_groups = false;      // Situation has these
    std::vector<std::string> libraries;
    RankMatrix<double> pairs = {};  // times between ranks, or between nodes; 0 x 0: not given
};

/// Which nodes, NICs or GPUs it could be is searched first, half as bad as it can be, then how bad it is there. Rows that the
/// algorithm cannot carry out are left out; a cause that cannot be read or carried out for some row is not tried, and says why.
/// Throws std::invalid_argument, "found X; expected Y", where no row is left, or pairs fit neither the ranks nor the nodes of the
/// largest row. Pre: the rows' algorithms exist.
Diagnosis diagnose(const DoctorQuestion& question, const PredictOptions& options);

/// The situation of the rows, for whoever draws causes. Pre: a row.
Situation situation_of(const DoctorQuestion& question);

/// What a cause does to the rows. One at a time: rows share files.
ChangedTimes times_with(const DoctorQuestion& question, const Situation& situation, const Hypothesis& cause, const Choice& place,
                        const Choice& degree, const PredictOptions& options);

}  // namespace tokenyard
