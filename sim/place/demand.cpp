// SPDX-License-Identifier: Apache-2.0
#include "place/demand.hpp"

namespace tokenyard {

Demand::Demand(const Routing& routing) : ranks_(routing.rank_count()), tokens_of_(static_cast<std::size_t>(routing.experts)) {
    for (std::uint32_t rank = 0; rank + 1 < routing.first_token.size(); ++rank)
        for (std::uint32_t token = routing.first_token[rank]; token < routing.first_token[rank + 1]; ++token)
            for (const std::uint16_t expert : routing.experts_of(token))
                tokens_of_[expert].push_back({rank, token - routing.first_token[rank]});
}

std::vector<double> Demand::totals() const {
    std::vector<double> totals;
    for (int expert = 0; expert < experts(); ++expert) totals.push_back(total(expert));
    return totals;
}

const std::vector<double>& Demand::of(int expert, std::size_t copies) {
    std::vector<double>& counts = counted_[{expert, copies}];
    if (!counts.empty()) return counts;
    const auto ranks = static_cast<std::size_t>(ranks_);
    counts.resize(copies * ranks);
    for (const Token& token : tokens_of_[static_cast<std::size_t>(expert)])
        ++counts[(token.rank + token.index) % copies * ranks + token.rank];
    return counts;
}

}  // namespace tokenyard
