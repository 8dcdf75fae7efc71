// SPDX-License-Identifier: Apache-2.0
// How well a prediction is known, from errors of predictions of what was measured.
#pragma once

#include "model/standing.hpp"

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tokenyard {

/// The rows that predictions are held against, by what they have in common.
///
/// Distance: another algorithm counts twice; another library of the same algorithm, calibration, chip, reach, NIC, condition and
/// more than four times as many or as few ranks count once each, a chip of another family twice; latency instead of bandwidth, or
/// the other way round, counts half. Below 1 a setting was measured, below 2 it is a neighbour, and beyond that foreign.
///
/// The interval is where nine of ten of the nearest rows, 20 at least, were measured, as multiples of what was predicted for
/// them; a record's n rows count as sqrt(n). Where it was measured, a twentieth of them is below and as many are above. Elsewhere
/// which side they are on says little of another machine: it is predicted / e^w to predicted x e^w, where nine of ten have
/// |ln(measured / predicted)| below w, and no less than the same of all rows that are as far from every other record as this is
/// from the nearest. How often it holds: coverage_of, and docs/accuracy.md.
class TrackRecord {
public:
    explicit TrackRecord(std::span<const JudgedRow> rows);

    /// Of a phase that is predicted to take so long; foreign, without an interval (0 to 0), where there are no rows at all.
    Standing standing_of(const Setting& setting, Seconds predicted) const;

private:
    /// Rows of one record that differ in nothing.
    struct Group {
        std::string record;
        Setting setting;
        std::vector<double> errors;  // ln(measured / predicted)
        int remoteness = 0;          // half steps to the nearest setting of another record
    };

    std::vector<Group> groups_;
};

/// How often the interval held the measured time, leaving out rows of the same record or chip; or none, of "nothing".
Coverage coverage_of(std::span<const JudgedRow> rows, const std::string& left_out);

}  // namespace tokenyard
