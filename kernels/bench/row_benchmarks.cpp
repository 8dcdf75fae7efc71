// SPDX-License-Identifier: Apache-2.0
#include "bench/bench.hpp"
#include "bench/fill.hpp"
#include "moe/combine.hpp"
#include "moe/layout.hpp"
#include "moe/permute.hpp"
#include "moe/route.hpp"
#include "oracle/oracle.hpp"

#include <algorithm>
#include <cmath>

namespace tokenyard::gpu {
namespace {

constexpr int checked_tokens = 64;
constexpr std::uint64_t bench_seed = 1;
constexpr int ranks_per_node = 8;

/// One set: every array that any of these kernels reads or writes; empty where this one does not.
struct Set {
    DeviceArray<Bf16> tokens, rows;  // T x H, C x H
    DeviceArray<Bf16> more_rows;     // C x H
    DeviceArray<Fp8> packed;         // C rows as they travel, codes and scales
    DeviceArray<Fp8> codes;          // C x H
    DeviceArray<float> scales, weights;
    std::unique_ptr<LayoutBuffers> layout;
};

struct Need {
    bool tokens, rows, more_rows, packed, codes;
};

std::size_t product(int a, int b) { return static_cast<std::size_t>(a) * static_cast<std::size_t>(b); }

/// Random rows, and real routes: uniform over the experts of the ranks.
std::shared_ptr<std::vector<Set>> make_sets(const BenchShape& shape, int sets, const Stream& stream, const Need& need) {
    const auto all = std::make_shared<std::vector<Set>>();
    const RouterShape router{shape.experts, shape.experts_per_token, 1, 1};
    const DeviceRouterTable table(make_router_table(router, uniform_weights(shape.experts)));
    const std::size_t copies = product(shape.tokens, shape.experts_per_token), hidden = static_cast<std::size_t>(shape.hidden);
    const auto filled = [&](auto& array, std::size_t count, int seed) {
        array = std::remove_reference_t<decltype(array)>(count);
        fill_random(array.get(), count, static_cast<std::uint32_t>(seed), stream.get());
    };
    for (int set = 0; set < sets; ++set) {
        Set one;
        if (need.tokens) filled(one.tokens, product(shape.tokens, shape.hidden), 8 * set);
        if (need.rows) filled(one.rows, copies * hidden, 8 * set + 1);
        if (need.more_rows) filled(one.more_rows, copies * hidden, 8 * set + 2);
        if (need.packed) filled(one.packed, copies * fp8_row_bytes(shape.hidden), 8 * set + 3);
        if (need.codes) filled(one.codes, copies * hidden, 8 * set + 4);
        if (need.codes) filled(one.scales, product(static_cast<int>(copies), scales_for(shape.hidden)), 8 * set + 5);
        DeviceArray<std::int32_t> ids(copies);
        one.weights = DeviceArray<float>(copies);
        route(table, bench_seed, set, shape.tokens, ids.get(), one.weights.get(), stream.get());
        one.layout = std::make_unique<LayoutBuffers>(contiguous_placement(shape.experts, shape.ranks, ranks_per_node),
                                                     shape.tokens, shape.experts_per_token);
        lay_out(*one.layout, ids.get(), shape.tokens, 0, stream.get());
        stream.wait();  // before ids goes
        all->push_back(std::move(one));
    }
    return all;
}

template <class T>
bool same_row(const T* first, const T* second, int width) {
    const auto is_same = [](T a, T b) { return std::memcmp(&a, &b, sizeof a) == 0; };
    const std::vector<T> a = read_device(first, static_cast<std::size_t>(width)),
                         b = read_device(second, static_cast<std::size_t>(width));
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), is_same);
}

/// Calls `is_right(token, row)` for the copies of the first tokens.
template <class Check>
bool all_of_copies(const BenchShape& shape, const std::int32_t* rows, Check is_right) {
    const int tokens = std::min(checked_tokens, shape.tokens);
    const std::vector<std::int32_t> row_of_copy = read_device(rows, product(tokens, shape.experts_per_token));
    for (std::size_t copy = 0; copy < row_of_copy.size(); ++copy)
        if (row_of_copy[copy] >= 0 &&
            !is_right(static_cast<std::size_t>(copy) / static_cast<std::size_t>(shape.experts_per_token),
                      static_cast<std::size_t>(row_of_copy[copy])))
            return false;
    return true;
}

Workbench make_permute(const BenchShape& shape, int sets, const Stream& stream, bool is_unique) {
    const auto all = make_sets(shape, sets, stream, {true, true, false, false, false});
    const auto rows_of = [=](const Set& set) {
        return is_unique ? set.layout->layout().token_row_of_copy : set.layout->layout().row_of_copy;
    };
    const double rows = is_unique ? read_device(all->front().layout->layout().first_token_row_of_rank + shape.ranks, 1)[0]
                                  : static_cast<double>(shape.tokens) * shape.experts_per_token;
    return {2.0 * shape.hidden * (shape.tokens + rows) + 4.0 * shape.tokens * shape.experts_per_token,
            [=](int at, cudaStream_t on) {
                Set& set = (*all)[static_cast<std::size_t>(at)];
                permute(set.tokens.get(), rows_of(set), shape.tokens, shape.experts_per_token, shape.hidden, set.rows.get(), on);
            },
            [=] {
                const Set& set = all->front();
                const auto hidden = static_cast<std::size_t>(shape.hidden);
                return all_of_copies(shape, rows_of(set), [&](std::size_t token, std::size_t row) {
                    return same_row(set.tokens.get() + token * hidden, set.rows.get() + row * hidden, shape.hidden);
                });
            }};
}

Workbench make_permute_fp8(const BenchShape& shape, int sets, const Stream& stream) {
    const auto all = make_sets(shape, sets, stream, {true, false, false, true, false});
    const double copies = static_cast<double>(shape.tokens) * shape.experts_per_token;
    return {2.0 * shape.hidden * shape.tokens + copies * (shape.hidden + 4.0 * scales_for(shape.hidden)) + 4 * copies,
            [=](int at, cudaStream_t on) {
                Set& set = (*all)[static_cast<std::size_t>(at)];
                permute_to_fp8(set.tokens.get(), set.layout->layout().row_of_copy, shape.tokens, shape.experts_per_token,
                               shape.hidden, Fp8Rows::packed(set.packed.get(), shape.hidden), on);
            },
            [=] {
                const Set& set = all->front();
                const auto hidden = static_cast<std::size_t>(shape.hidden), row_bytes = fp8_row_bytes(shape.hidden);
                return all_of_copies(shape, set.layout->layout().row_of_copy, [&](std::size_t token, std::size_t row) {
                    std::vector<Fp8> codes(hidden);
                    std::vector<float> scales(static_cast<std::size_t>(scales_for(shape.hidden)));
                    oracle::permute_to_fp8(read_device(set.tokens.get() + token * hidden, hidden), {0}, 1, shape.hidden, codes,
                                           scales);
                    const std::vector<Fp8> actual = read_device(set.packed.get() + row * row_bytes, row_bytes);
                    return std::memcmp(actual.data() + hidden, scales.data(), scales.size() * sizeof(float)) == 0 &&
                           std::equal(codes.begin(), codes.end(), actual.begin(), [](Fp8 a, Fp8 b) { return a.bits == b.bits; });
                });
            }};
}

enum class Way { into_order, back };

/// The rows of copies are a permutation of all rows, which serves as an arrival order too.
Workbench make_unpermute(const BenchShape& shape, int sets, const Stream& stream, Way way) {
    const auto all = make_sets(shape, sets, stream, {false, true, true, false, false});
    const int rows = shape.tokens * shape.experts_per_token;
    return {(4.0 * shape.hidden + 4) * rows,
            [=](int at, cudaStream_t on) {
                Set& set = (*all)[static_cast<std::size_t>(at)];
                const auto move = way == Way::back ? restore_arrival_order : unpermute;
                move(set.rows.get(), set.layout->layout().row_of_copy, rows, shape.hidden, set.more_rows.get(), on);
            },
            [=] {
                const Set& set = all->front();
                const auto hidden = static_cast<std::size_t>(shape.hidden);
                const std::vector<std::int32_t> to =
                    read_device(set.layout->layout().row_of_copy, static_cast<std::size_t>(std::min(rows, checked_tokens)));
                for (std::size_t row = 0; row < to.size(); ++row) {
                    std::size_t from = row, into = static_cast<std::size_t>(to[row]);
                    if (way == Way::back) std::swap(from, into);
                    if (!same_row(set.rows.get() + from * hidden, set.more_rows.get() + into * hidden, shape.hidden))
                        return false;
                }
                return true;
            }};
}

Workbench make_unpermute_fp8(const BenchShape& shape, int sets, const Stream& stream) {
    const auto all = make_sets(shape, sets, stream, {false, false, false, true, true});
    const int rows = shape.tokens * shape.experts_per_token, blocks = scales_for(shape.hidden);
    return {(2.0 * shape.hidden + 8.0 * blocks + 4) * rows,
            [=](int at, cudaStream_t on) {
                Set& set = (*all)[static_cast<std::size_t>(at)];
                unpermute_fp8(Fp8Rows::packed(set.packed.get(), shape.hidden), set.layout->layout().row_of_copy, rows,
                              shape.hidden, Fp8Rows::apart(set.codes.get(), set.scales.get(), shape.hidden), on);
            },
            [=] {
                const Set& set = all->front();
                const std::vector<std::int32_t> to =
                    read_device(set.layout->layout().row_of_copy, static_cast<std::size_t>(std::min(rows, checked_tokens)));
                for (std::size_t row = 0; row < to.size(); ++row) {
                    const auto into = static_cast<std::size_t>(to[row]), hidden = static_cast<std::size_t>(shape.hidden);
                    const std::vector<Fp8> arrived =
                        read_device(set.packed.get() + row * fp8_row_bytes(shape.hidden), fp8_row_bytes(shape.hidden));
                    const std::vector<Fp8> codes = read_device(set.codes.get() + into * hidden, hidden);
                    const std::vector<float> scales =
                        read_device(set.scales.get() + into * static_cast<std::size_t>(blocks), static_cast<std::size_t>(blocks));
                    if (std::memcmp(arrived.data(), codes.data(), hidden) != 0 ||
                        std::memcmp(arrived.data() + hidden, scales.data(), scales.size() * sizeof(float)) != 0)
                        return false;
                }
                return true;
            }};
}

Workbench make_combine(const BenchShape& shape, int sets, const Stream& stream) {
    const auto all = make_sets(shape, sets, stream, {true, true, false, false, false});
    const double copies = static_cast<double>(shape.tokens) * shape.experts_per_token;
    return {2.0 * shape.hidden * (shape.tokens + copies) + 8 * copies,
            [=](int at, cudaStream_t on) {
                Set& set = (*all)[static_cast<std::size_t>(at)];
                combine(set.rows.get(), set.layout->layout().row_of_copy, set.weights.get(), shape.tokens,
                        shape.experts_per_token, shape.hidden, set.tokens.get(), on);
            },
            [=] {
                const Set& set = all->front();
                const auto hidden = static_cast<std::size_t>(shape.hidden), k = static_cast<std::size_t>(shape.experts_per_token);
                const std::vector<float> weights = set.weights.to_host();
                std::vector<double> sums(hidden), sizes(hidden);
                std::size_t copy = 0;
                return all_of_copies(shape, set.layout->layout().row_of_copy, [&](std::size_t token, std::size_t row) {
                    const std::vector<Bf16> result = read_device(set.rows.get() + row * hidden, hidden);
                    for (std::size_t i = 0; i < hidden; ++i) {
                        const double term = static_cast<double>(weights[copy]) * static_cast<double>(as_float(result[i]));
                        sums[i] += term;
                        sizes[i] += std::abs(term);
                    }
                    if (++copy % k != 0) return true;
                    const std::vector<Bf16> actual = read_device(set.tokens.get() + token * hidden, hidden);
                    bool is_right = true;  // within bf16's rounding and fp32's
                    for (std::size_t i = 0; i < hidden; ++i) {
                        const double error = std::abs(static_cast<double>(as_float(actual[i])) - sums[i]);
                        is_right &= error <= std::ldexp(std::abs(sums[i]), -8) + std::ldexp(sizes[i], -18);
                        sums[i] = sizes[i] = 0;
                    }
                    return is_right;
                });
            }};
}

}  // namespace

std::vector<Benchmark> row_benchmarks() {
    const auto rows = [](const BenchShape& shape) {
        return 2.0 * shape.tokens * shape.experts_per_token * shape.hidden;  // of all copies, bf16
    };
    const auto one = [=](const BenchShape& shape) { return rows(shape) * (1 + 1.0 / shape.experts_per_token); };
    const auto half = [=](const BenchShape& shape) { return rows(shape) * (0.5 + 1.0 / shape.experts_per_token); };
    const auto two = [=](const BenchShape& shape) { return 2 * rows(shape); };
    using Shape = const BenchShape&;
    return {{"permute", "2 H (T + C) + 4 C: tokens read once, every copy written, rows read", one,
             [](Shape shape, int sets, const Stream& stream) { return make_permute(shape, sets, stream, false); }},
            {"permute_unique", "2 H (T + U) + 4 C: tokens read once, written once a rank, rows read", one,
             [](Shape shape, int sets, const Stream& stream) { return make_permute(shape, sets, stream, true); }},
            {"permute_fp8", "2 H T + C (H + 4 ceil(H / 128)) + 4 C: tokens read once, codes and scales of every copy written",
             half, make_permute_fp8},
            {"unpermute", "(4 H + 4) C: rows read and written", two,
             [](Shape shape, int sets, const Stream& stream) { return make_unpermute(shape, sets, stream, Way::into_order); }},
            {"unpermute_fp8", "(2 H + 8 ceil(H / 128) + 4) C: codes and scales read and written", rows, make_unpermute_fp8},
            {"restore_arrival_order", "(4 H + 4) C: rows read and written", two,
             [](Shape shape, int sets, const Stream& stream) { return make_unpermute(shape, sets, stream, Way::back); }},
            {"combine", "2 H (C + T) + 8 C: every result read, tokens written, rows and weights read", one, make_combine}};
}

}  // namespace tokenyard::gpu
