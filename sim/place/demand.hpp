// SPDX-License-Identifier: Apache-2.0
// How many token copies each rank has for each copy of an expert.
#pragma once

#include "model/routing.hpp"

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace tokenyard {

class Demand {
public:
    explicit Demand(const Routing& routing);

    int ranks() const { return ranks_; }
    int experts() const { return static_cast<int>(tokens_of_.size()); }
    /// Token copies that ask for an expert.
    double total(int expert) const { return static_cast<double>(tokens_of_[static_cast<std::size_t>(expert)].size()); }
    std::vector<double> totals() const;

    /// What each rank sends to each of an expert's copies when there are `copies` of it, as ExpertMap::copy_for shares tokens
    /// out: of copy j and source rank i at j x ranks + i. Kept once it has been asked for.
    const std::vector<double>& of(int expert, std::size_t copies);

private:
    struct Token {
        std::uint32_t rank = 0, index = 0;  // index in its rank
    };
    int ranks_ = 0;
    std::vector<std::vector<Token>> tokens_of_;  // each expert
    std::map<std::pair<int, std::size_t>, std::vector<double>> counted_;
};

}  // namespace tokenyard
