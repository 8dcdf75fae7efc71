// SPDX-License-Identifier: Apache-2.0
#include "import/nearest_nics.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace tokenyard {
namespace {

/// The column of each row of a square matrix so that the sum is least: the Hungarian method, by shortest augmenting paths.
/// Source: H. W. Kuhn, The Hungarian method for the assignment problem, Naval Research Logistics Quarterly 2 (1955).
std::vector<std::size_t> cheapest_columns(const std::vector<std::vector<long>>& cost) {
    const std::size_t size = cost.size();
    constexpr long far = std::numeric_limits<long>::max() / 4;
    std::vector<long> of_row(size + 1), of_column(size + 1);
    std::vector<std::size_t> row_of(size + 1), before(size + 1);  // by column; 0: none
    for (std::size_t row = 1; row <= size; ++row) {
        row_of[0] = row;
        std::size_t column = 0;
        std::vector<long> least(size + 1, far);
        std::vector<bool> is_done(size + 1);
        do {
            is_done[column] = true;
            long step = far;
            std::size_t next = 0;
            for (std::size_t other = 1; other <= size; ++other) {
                if (is_done[other]) continue;
                const long reduced = cost[row_of[column] - 1][other - 1] - of_row[row_of[column]] - of_column[other];
                if (reduced < least[other]) {
                    least[other] = reduced;
                    before[other] = column;
                }
                if (least[other] < step) {
                    step = least[other];
                    next = other;
                }
            }
            for (std::size_t other = 0; other <= size; ++other)
                if (is_done[other]) {
                    of_row[row_of[other]] += step;
                    of_column[other] -= step;
                } else {
                    least[other] -= step;
                }
            column = next;
        } while (row_of[column] != 0);
        for (; column != 0; column = before[column]) row_of[column] = row_of[before[column]];
    }
    std::vector<std::size_t> column_of(size);
    for (std::size_t column = 1; column <= size; ++column) column_of[row_of[column] - 1] = column - 1;
    return column_of;
}

}  // namespace

std::vector<std::vector<int>> nics_by_distance(const std::vector<std::vector<int>>& distances) {
    const std::size_t gpus = distances.size(), nics = gpus > 0 ? distances.front().size() : 0;
    std::vector<std::vector<int>> of_gpu(gpus);
    if (nics == 0) return of_gpu;
    if (gpus % nics != 0 && nics % gpus != 0) {
        for (std::size_t gpu = 0; gpu < gpus; ++gpu) {
            const int nearest = *std::ranges::min_element(distances[gpu]);
            for (std::size_t nic = 0; nic < nics; ++nic)
                if (distances[gpu][nic] == nearest) of_gpu[gpu].push_back(static_cast<int>(nic));
        }
        return of_gpu;
    }
    // One place for each share of a GPU or of a NIC; order decides only between equal distances.
    const std::size_t places = std::max(gpus, nics);
    const long of_distance = static_cast<long>(places * places) + 1;
    std::vector<std::vector<long>> cost(places, std::vector<long>(places));
    for (std::size_t row = 0; row < places; ++row)
        for (std::size_t column = 0; column < places; ++column)
            cost[row][column] = distances[row * gpus / places][column * nics / places] * of_distance +
                                std::labs(static_cast<long>(row) - static_cast<long>(column));
    const std::vector<std::size_t> column_of = cheapest_columns(cost);
    for (std::size_t row = 0; row < places; ++row)
        of_gpu[row * gpus / places].push_back(static_cast<int>(column_of[row] * nics / places));
    for (std::vector<int>& list : of_gpu) std::ranges::sort(list);
    return of_gpu;
}

}  // namespace tokenyard
