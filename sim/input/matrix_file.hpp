// SPDX-License-Identifier: Apache-2.0
// S(i,k) in bytes out of a file: as nccl-tests, spreadsheets, pandas, Python and NumPy write a matrix.
#pragma once

#include "input/error.hpp"
#include "model/workload.hpp"

#include <optional>
#include <string>

namespace tokenyard {

/// A square matrix, row = source: numbers separated by blanks, or by one of `,` `;` and tabs, where `#` starts a comment; a JSON
/// array of arrays; or a NumPy array of two dimensions. A first row of names is passed over, and so are names in front of the
/// rows, which must be in the order of the columns where they are the same names. An entry is a number of bytes, or of `scale`,
/// and is rounded to whole bytes. Entries of which none is above 1 are ratios, which need a scale.
/// `ranks` of 0: as many as it has rows. Throws InputError at the cell that is wrong.
MatrixWorkload matrix_from_file(const std::string& name, const Position& mention, int ranks,
                                std::optional<Bytes> scale = std::nullopt);

}  // namespace tokenyard
