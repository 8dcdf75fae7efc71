// SPDX-License-Identifier: Apache-2.0
#include "model/costs.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

namespace tokenyard {
namespace {

// What the columns `absent` and `limits` of the table say.
struct Absent {
    bool is_needed = false;
    std::array<std::string_view, 2> names = {};
    std::size_t name_count = 0;
};
constexpr Absent needed{true}, initial{};
template <class... Names>
constexpr Absent follows(Names... names) {
    return {false, {names...}, sizeof...(names)};
}

struct Limits {
    long least = 0, most = 0, step = 1;
    std::array<std::string_view, 6> words = {};
    std::size_t word_count = 0;
};
constexpr Limits none{};
constexpr Limits between(long least, long most) { return {least, most}; }
constexpr Limits multiples_of(long step, long least, long most) { return {least, most, step}; }
template <class... Words>
constexpr Limits words(Words... all) {
    return {0, 0, 1, {all...}, sizeof...(all)};
}

constexpr double number_in(double value) { return value; }
template <class Dimension>
constexpr double number_in(Quantity<Dimension> value) {
    return value.si;
}

void put_into(double& value, double number) { value = number; }
void put_into(int& value, double number) { value = static_cast<int>(number); }
template <class Dimension>
void put_into(Quantity<Dimension>& value, double number) {
    value.si = number;
}

/// A row with the storage that its descriptor's spans look into.
struct Row {
    std::string_view name, group;
    CostKind kind;
    double initial;
    Absent absent;
    Limits limits;
    std::string_view meaning, source;
    double (*get)(const Costs&);
    void (*set)(Costs&, double);
};

constexpr std::array rows{
#define TOKENYARD_ROW(group, key, kind, initial_value, absent, limits, meaning, source) \
    Row{#group "." #key,                                                                \
        #group,                                                                         \
        CostKind::kind,                                                                 \
        static_cast<double>(initial_value),                                             \
        absent,                                                                         \
        limits,                                                                         \
        meaning,                                                                        \
        source,                                                                         \
        [](const Costs& costs) { return number_in(costs.group.key); },                  \
        [](Costs& costs, double number) { put_into(costs.group.key, number); }},
#define TOKENYARD_GROUP(Struct, group, group_rows, ...) group_rows(TOKENYARD_ROW)
    TOKENYARD_COST_GROUPS(TOKENYARD_GROUP)
#undef TOKENYARD_GROUP
#undef TOKENYARD_ROW
};

constexpr std::array groups{
#define TOKENYARD_GROUP(Struct, group, group_rows, owner, library) CostGroup{#group, CostOwner::owner, library},
    TOKENYARD_COST_GROUPS(TOKENYARD_GROUP)
#undef TOKENYARD_GROUP
};

constexpr CostOwner owner_of(std::string_view group) {
    for (const CostGroup& each : groups)
        if (each.name == group) return each.owner;
    return CostOwner::layer;
}

constexpr auto table = [] {
    std::array<CostKey, rows.size()> keys{};
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Row& row = rows[i];
        keys[i] = {row.name,
                   row.group,
                   owner_of(row.group),
                   row.kind,
                   row.initial,
                   row.absent.is_needed,
                   {row.absent.names.data(), row.absent.name_count},
                   {row.limits.least, row.limits.most, row.limits.step, {row.limits.words.data(), row.limits.word_count}},
                   row.meaning,
                   row.source,
                   row.get,
                   row.set};
    }
    return keys;
}();

constexpr bool names_a_row(std::string_view name) {
    for (const Row& row : rows)
        if (row.name == name) return true;
    return false;
}
constexpr bool follow_rows() {
    for (const Row& row : rows)
        for (std::size_t i = 0; i < row.absent.name_count; ++i)
            if (!names_a_row(row.absent.names[i])) return false;
    return true;
}
static_assert(follow_rows(), "a cost follows one that the table does not have");

}  // namespace

std::span<const CostKey> cost_keys() { return table; }

std::span<const CostGroup> cost_groups() { return groups; }

const CostKey* find_cost(std::string_view name) {
    const auto found = std::ranges::find(table, name, &CostKey::name);
    return found == table.end() ? nullptr : &*found;
}

double in_effect(const Costs& costs, const CostKey& key) {
    const double own = key.get(costs);
    if (!std::isnan(own) || key.follows.empty()) return own;
    for (const std::string_view name : key.follows)
        if (const double given = find_cost(name)->get(costs); !std::isnan(given)) return given;
    return in_effect(costs, *find_cost(key.follows.back()));
}

Costs in_effect(Costs costs) {
    const Costs given = costs;
    for (const CostKey& key : table)
        if (!key.follows.empty()) key.set(costs, in_effect(given, key));
    return costs;
}

bool can_be_fitted(const CostKey& key) {
    return key.kind == CostKind::delay || key.kind == CostKind::rate || key.kind == CostKind::efficiency;
}

Lever lever_of(const CostKey& key) {
    if (key.owner == CostOwner::layer) return Lever::none;
    return key.kind == CostKind::delay ? Lever::software : key.kind == CostKind::rate ? Lever::copying_threads : Lever::none;
}

Costs without_overheads(Costs costs) {
    for (const CostKey& key : table) {
        if (key.owner == CostOwner::layer) continue;
        if (key.kind == CostKind::delay || key.kind == CostKind::rate) key.set(costs, 0);  // a rate of 0 is no limit
        if (key.kind == CostKind::efficiency) key.set(costs, 1);
    }
    return costs;
}

}  // namespace tokenyard
