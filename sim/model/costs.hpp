// SPDX-License-Identifier: Apache-2.0
// What is spent beside links: launches, overheads, copying threads, and how well kernels use a GPU. The table in
// model/cost_table.hpp says which costs there are, a row each; here are their values and what can be asked of every one.
#pragma once

#include "model/cost_table.hpp"
#include "model/units.hpp"

#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace tokenyard {

/// What a cost is, which gives its type and unit: a time, bytes a second, bytes, a part of 1, a number, one of some words.
enum class CostKind { delay, rate, size, efficiency, count, choice };

/// What spends it: the exchange's own software, or the kernels of the layer around it.
enum class CostOwner { exchange, layer };

inline constexpr int nccl_2_28 = 2, nccl_2_29 = 3;                                            // words of nccl.version
inline constexpr int p2p_pxb = 0, p2p_pxb_or_two = 1, p2p_two = 2, p2p_nvl = 3, p2p_sys = 4;  // words of nccl.p2p_level
inline constexpr int linear_by_ranks = 0, linear_rotated = 1;                                 // words of mpi.linear_order
inline constexpr int buffers_elastic = 1, buffers_planes = 2;                                 // words of sent_once.buffers
inline constexpr double not_given = std::numeric_limits<double>::quiet_NaN();  // such a cost follows another: in_effect

template <CostKind kind>
using CostValue =
    std::conditional_t<kind == CostKind::delay, Seconds,
                       std::conditional_t<kind == CostKind::rate, Bandwidth,
                                          std::conditional_t<kind == CostKind::size, Bytes,
                                                             std::conditional_t<kind == CostKind::efficiency, double, int>>>>;

// NcclCosts, MpiCosts, ...: a member for each row, and in Costs one for each group.
#define TOKENYARD_MEMBER(group, key, kind, initial, ...) CostValue<CostKind::kind> key{initial};
#define TOKENYARD_STRUCT(Struct, group, rows, ...) \
    struct Struct {                                \
        rows(TOKENYARD_MEMBER)                     \
    };
TOKENYARD_COST_GROUPS(TOKENYARD_STRUCT)
#undef TOKENYARD_STRUCT
#undef TOKENYARD_MEMBER

struct Costs {
    std::string name, description;
#define TOKENYARD_GROUP(Struct, group, ...) Struct group;
    TOKENYARD_COST_GROUPS(TOKENYARD_GROUP)
#undef TOKENYARD_GROUP
    std::vector<std::string> sources;
};

/// The values that a file may give: counts from `least` to `most` in steps, or one of `words`.
struct CostLimits {
    long least = 0, most = 0, step = 1;
    std::span<const std::string_view> words = {};
};

/// A row of the table.
struct CostKey {
    std::string_view name;   // "nccl.launch"
    std::string_view group;  // "nccl"
    CostOwner owner;
    CostKind kind;
    double initial;                             // SI units; a rate of 0 is no limit
    bool is_needed;                             // a file must give it
    std::span<const std::string_view> follows;  // names of costs whose value it has where it is not given; most have none
    CostLimits limits;
    std::string_view meaning, source;
    double (*get)(const Costs&);
    void (*set)(Costs&, double);

    std::string_view key() const { return name.substr(group.size() + 1); }
};

/// All of them, a group's together.
std::span<const CostKey> cost_keys();

struct CostGroup {
    std::string_view name;  // "nccl"
    CostOwner owner;
    std::string_view library;  // that gives it where none is named
};

/// The groups in the order of the table.
std::span<const CostGroup> cost_groups();

/// Null when there is none of that name.
const CostKey* find_cost(std::string_view name);

/// The value in SI units: what was given, or what it follows.
double in_effect(const Costs& costs, const CostKey& key);

/// Every cost that was not given has the value of what it follows.
Costs in_effect(Costs costs);

/// Delays, rates and efficiencies are measured; the rest is chosen.
bool can_be_fitted(const CostKey& key);

/// What sensitivity speeds up together: `software` are the delays of an exchange, `copying_threads` the rates. All else says how
/// the software works, or belongs to the layer's kernels.
enum class Lever { none, software, copying_threads };
Lever lever_of(const CostKey& key);

/// The same software without delays, and without limits of its threads' rates and of what they fill. How it works stays: sizes,
/// channels, chunks.
Costs without_overheads(Costs costs);

}  // namespace tokenyard
