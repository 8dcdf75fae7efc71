// SPDX-License-Identifier: Apache-2.0
// Tables by source rank and destination rank: counts, and the bytes that follow from them.
#pragma once

#include "model/units.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace tokenyard {

/// A table by source rank (row) and destination rank (column). Copies share their cells until one of them is changed: both
/// phases of a prediction, and each micro-batch, know the same counts, and at 16,384 ranks a table of them has 1 GiB.
template <class Cell>
class RankMatrix {
public:
    RankMatrix() = default;
    RankMatrix(int rows, int columns)
        : rows_(rows),
          columns_(columns),
          cells_(std::make_shared<std::vector<Cell>>(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns))) {}

    int rows() const { return rows_; }
    int columns() const { return columns_; }
    const Cell& at(int row, int column) const { return (*cells_)[index(row, column)]; }
    std::span<const Cell> row(int row) const {
        return std::span<const Cell>(*cells_).subspan(index(row, 0), static_cast<std::size_t>(columns_));
    }
    Cell& at(int row, int column) { return own_cells()[index(row, column)]; }
    /// A row to be written. Rows may be written by several threads when none of them is the first to change a copy.
    std::span<Cell> own_row(int row) {
        return std::span<Cell>(own_cells()).subspan(index(row, 0), static_cast<std::size_t>(columns_));
    }
    bool operator==(const RankMatrix& other) const {
        if (rows_ != other.rows_ || columns_ != other.columns_) return false;
        return rows_ == 0 || cells_ == other.cells_ || *cells_ == *other.cells_;
    }

private:
    std::size_t index(int row, int column) const {
        return static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_) + static_cast<std::size_t>(column);
    }
    std::vector<Cell>& own_cells() {
        if (cells_.use_count() > 1) cells_ = std::make_shared<std::vector<Cell>>(*cells_);
        return *cells_;
    }

    int rows_ = 0, columns_ = 0;
    std::shared_ptr<std::vector<Cell>> cells_ = {};
};

/// Bytes from each rank to each rank: given one by one, or counts times what one weighs. What is derived is not stored,
/// nor is its transpose.
class VolumeMatrix {
public:
    VolumeMatrix() = default;
    VolumeMatrix(int rows, int columns) : cells_(rows, columns) {}
    VolumeMatrix(RankMatrix<std::uint32_t> counts, Bytes each) : counts_(std::move(counts)), each_(each), is_derived_(true) {}

    int rows() const { return is_turned_ ? stored_columns() : stored_rows(); }
    int columns() const { return is_turned_ ? stored_rows() : stored_columns(); }
    Bytes at(int row, int column) const { return is_turned_ ? stored_at(column, row) : stored_at(row, column); }
    /// To be written: what was derived is spelt out first.
    Bytes& at(int row, int column);

    /// Pairs that have anything to exchange.
    std::size_t used_pairs() const;

    /// Rows become columns.
    friend VolumeMatrix transpose(VolumeMatrix volumes) {
        volumes.is_turned_ = !volumes.is_turned_;
        return volumes;
    }
    bool operator==(const VolumeMatrix& other) const;

private:
    int stored_rows() const { return is_derived_ ? counts_.rows() : cells_.rows(); }
    int stored_columns() const { return is_derived_ ? counts_.columns() : cells_.columns(); }
    Bytes stored_at(int row, int column) const { return is_derived_ ? each_ * counts_.at(row, column) : cells_.at(row, column); }
    void spell_out();

    RankMatrix<Bytes> cells_;
    RankMatrix<std::uint32_t> counts_;
    Bytes each_;
    bool is_derived_ = false, is_turned_ = false;
};

}  // namespace tokenyard
