// SPDX-License-Identifier: Apache-2.0
// The median, which a few odd values do not move.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace tokenyard {

/// Of an even number the mean of the middle two; 0 of none.
inline double median_of(std::vector<double> values) {
    if (values.empty()) return 0;
    std::ranges::sort(values);
    const std::size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace tokenyard
