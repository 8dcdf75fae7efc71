// SPDX-License-Identifier: Apache-2.0
#include "workload/popularity.hpp"

#include "workload/philox.hpp"
#include "workload/portable_math.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace tokenyard {
namespace {

/// In (0, 1): the middle of one of 2^32 equal steps.
double open_unit(RandomWords& words) { return (words.next() + 0.5) / 4294967296.0; }

/// Standard normal by the polar method (Marsaglia and Bray 1964): only log and sqrt.
double normal(RandomWords& words) {
    for (;;) {
        const double u = 2 * open_unit(words) - 1, v = 2 * open_unit(words) - 1;
        const double square = u * u + v * v;
        if (square < 1) return u * std::sqrt(-2 * portable_log(square) / square);
    }
}

/// One standard normal for each of `count` things; `set` tells apart what they are for.
std::vector<double> normals(int count, std::uint32_t set, std::uint64_t seed) {
    std::vector<double> values;
    for (int i = 0; i < count; ++i) {
        RandomWords words(seed, Stream::popularity, set, static_cast<std::uint32_t>(i));
        values.push_back(normal(words));
    }
    return values;
}

/// Logarithm of a gamma variate with shape a and scale 1, by Marsaglia and Tsang, "A simple method for generating
/// gamma variables", 2000; below 1, gamma(a) = gamma(a + 1) U^(1/a). As a logarithm, because small shapes underflow.
double log_gamma_variate(double a, RandomWords& words) {
    const double boost = a < 1 ? portable_log(open_unit(words)) / a : 0;
    const double d = (a < 1 ? a + 1 : a) - 1.0 / 3, c = 1 / std::sqrt(9 * d);
    for (;;) {
        const double z = normal(words), root = 1 + c * z;
        if (root <= 0) continue;
        const double v = root * root * root;
        if (portable_log(open_unit(words)) < 0.5 * z * z + d - d * v + d * portable_log(v)) return portable_log(d * v) + boost;
    }
}

/// Fisher and Yates, so that the popular experts are not neighbours on one rank.
std::vector<int> shuffled(int count, std::uint64_t seed) {
    std::vector<int> order(static_cast<std::size_t>(count));
    std::iota(order.begin(), order.end(), 0);
    RandomWords words(seed, Stream::shuffle, 0, 0);
    for (std::uint32_t left = static_cast<std::uint32_t>(count); left > 1; --left)
        std::swap(order[left - 1], order[words.below(left)]);
    return order;
}

/// Scales shares to whole numbers whose sum stays below 2^32. An expert that has a share keeps at least 1.
std::vector<std::uint32_t> as_weights(const std::vector<double>& shares) {
    const double largest = *std::max_element(shares.begin(), shares.end());
    double sum = 0;
    for (const double share : shares) sum += share / largest;
    const double room = 4294967295.0 - 2.0 * static_cast<double>(shares.size());
    std::vector<std::uint32_t> weights;
    for (const double share : shares) {
        const double scaled = std::floor(share / largest / sum * room + 0.5);
        weights.push_back(share > 0 ? std::max(static_cast<std::uint32_t>(scaled), 1u) : 0u);
    }
    return weights;
}

/// e^logarithm for each, scaled so that the largest is 1.
std::vector<double> from_logarithms(std::vector<double> logarithms) {
    const double largest = *std::max_element(logarithms.begin(), logarithms.end());
    for (double& value : logarithms) value = portable_exp(std::max(value - largest, -50.0));  // e^-50 is below one in 2^32
    return logarithms;
}

struct SharesOf {
    int experts;
    std::uint64_t seed;

    std::vector<double> operator()(const UniformRouting&) const {
        return std::vector<double>(static_cast<std::size_t>(experts), 1.0);
    }
    std::vector<double> operator()(const ZipfRouting& zipf) const {
        const std::vector<int> order = shuffled(experts, seed);
        std::vector<double> logarithms(order.size());
        for (std::size_t position = 0; position < order.size(); ++position)
            logarithms[static_cast<std::size_t>(order[position])] =
                -zipf.exponent * portable_log(static_cast<double>(position + 1));
        return from_logarithms(logarithms);
    }
    std::vector<double> operator()(const LognormalRouting& lognormal) const {
        std::vector<double> logarithms = normals(experts, 0, seed);
        for (double& value : logarithms) value *= lognormal.sigma;
        return from_logarithms(logarithms);
    }
    std::vector<double> operator()(const DirichletRouting& dirichlet) const {
        std::vector<double> logarithms;
        for (int expert = 0; expert < experts; ++expert) {
            RandomWords words(seed, Stream::popularity, 1, static_cast<std::uint32_t>(expert));
            logarithms.push_back(log_gamma_variate(dirichlet.alpha, words));
        }
        return from_logarithms(logarithms);
    }
    std::vector<double> operator()(const HotRouting& hot) const {
        std::vector<double> shares(static_cast<std::size_t>(experts), 1.0);
        for (const int expert : hot.experts) shares[static_cast<std::size_t>(expert)] = hot.factor;
        return shares;
    }
    std::vector<double> operator()(const SharesRouting& given) const { return given.shares; }
    std::vector<double> operator()(const SkewRouting&) const { return {}; }
    std::vector<double> operator()(const TraceRouting&) const { return {}; }
};

}  // namespace

std::vector<std::uint32_t> popularity(const RoutingSource& routing, int experts, std::uint64_t seed) {
    const std::vector<double> shares = std::visit(SharesOf{experts, seed}, routing);
    assert(!shares.empty());
    return as_weights(shares);
}

std::vector<std::uint32_t> rank_lognormal_popularity(double sigma, const ExpertMap& experts, int ranks, std::uint64_t seed) {
    const std::vector<double> of_rank = normals(ranks, 2, seed);
    std::vector<double> logarithms;
    for (const std::vector<int>& holders : experts.ranks_of_expert)
        logarithms.push_back(sigma * of_rank[static_cast<std::size_t>(holders.front())]);
    return as_weights(from_logarithms(logarithms));
}

}  // namespace tokenyard
