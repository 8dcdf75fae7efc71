// SPDX-License-Identifier: Apache-2.0
#include "model/rank_matrix.hpp"

namespace tokenyard {

Bytes& VolumeMatrix::at(int row, int column) {
    if (is_derived_) spell_out();
    return is_turned_ ? cells_.at(column, row) : cells_.at(row, column);
}

void VolumeMatrix::spell_out() {
    cells_ = RankMatrix<Bytes>(counts_.rows(), counts_.columns());
    for (int row = 0; row < counts_.rows(); ++row)
        for (int column = 0; column < counts_.columns(); ++column) cells_.at(row, column) = stored_at(row, column);
    counts_ = {};
    is_derived_ = false;
}

std::size_t VolumeMatrix::used_pairs() const {
    std::size_t count = 0;
    for (int row = 0; row < stored_rows(); ++row)
        for (int column = 0; column < stored_columns(); ++column) count += stored_at(row, column).si > 0;
    return count;
}

bool VolumeMatrix::operator==(const VolumeMatrix& other) const {
    if (rows() != other.rows() || columns() != other.columns()) return false;
    for (int row = 0; row < rows(); ++row)
        for (int column = 0; column < columns(); ++column)
            if (at(row, column) != other.at(row, column)) return false;
    return true;
}

}  // namespace tokenyard
