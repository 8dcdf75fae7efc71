// SPDX-License-Identifier: Apache-2.0
// The door to what could be wrong with a cluster: causes as changes of the model, and how well each explains measured times.
#pragma once

#include "model/diagnosis.hpp"
#include "model/rank_matrix.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tokenyard {

/// What causes are chosen for.
struct Situation {
    const Case* one = nullptr;           // of the row with most ranks
    std::string algorithm, costs;        // its name and its group of costs
    int nodes = 1;                       // that the ranks of that row are on
    bool has_groups = false;             // the cluster is written with `groups`, not with `nodes` and `node`
    bool is_even = true;                 // all ranks do the same in every row: where a fault is makes no difference
    std::vector<std::string> libraries;  // parts that are shipped, by name
};

/// A value of what is searched: "node1/nic3", or "at 0.5 of its rate".
struct Choice {
    std::string shown;
    int node = 0, index = 0;  // a place's
    double value = 0;         // a degree's
    std::string word = {};    // the same where it is no number
};

/// A row of the table of causes. What it changes is said for each case apart, because rows may have clusters of their own.
struct Hypothesis {
    std::string_view name;     // one word
    std::string_view meaning;  // a sentence
    std::string_view check;    // how to see on the machine whether it is so
    /// Why it cannot be, as "found X; expected Y"; empty when it can.
    std::string (*refusal)(const Situation&);
    /// Where it can be; none: everywhere alike.
    std::vector<Choice> (*places)(const Situation&);
    /// How much of it there can be; none: it is or it is not.
    std::vector<Choice> (*degrees)(const Situation&);
    /// Nothing where the case has no such place.
    std::optional<SuspectedChange> (*change)(const Situation&, const Case&, const Choice& place, const Choice& degree);
};

std::vector<Hypothesis> hypotheses();

/// Times of rows with a cause; why there are none where `refusal` is not empty.
struct ChangedTimes {
    std::vector<Seconds> predicted;
    SuspectedChange of_largest;  // of the row with most ranks
    std::string refusal = {};
};
using SimulateCause = std::function<ChangedTimes(const Hypothesis&, const Choice& place, const Choice& degree)>;
/// How many simulations are done, of how many.
using CountOfCauses = std::function<void(std::size_t done, std::size_t of)>;

/// Simulates every cause that can be, and concludes. Where it could be in several places, these are compared at the middle one of
/// its degrees, and the degrees then where it explains most. Pre: `diagnosis` has measured and predicted times.
void search(const Situation& situation, const std::vector<Hypothesis>& causes, const SimulateCause& simulate,
            const CountOfCauses& progress, Diagnosis& diagnosis);

/// The weight of a row where latency decides, against 1 where bandwidth does: a variance of errors is as much larger there, by
/// the worst errors on published times, 89 and 39 % (docs/accuracy.md): (39 / 89)^2.
inline constexpr double weight_of_latency = 0.2;

/// `weights` may be empty: all are 1. Pre: as many of all, at least one, all above 0.
Misfit misfit_of(const std::vector<Seconds>& predicted, const std::vector<Seconds>& measured,
                 const std::vector<double>& weights = {});

/// What causes are ranked by: the mean |ln|, and 0.08 / sqrt(rows) for each parameter that was searched, because one that is
/// free to be chosen comes closer to a few noisy times whatever it is.
double score_of(const Misfit& misfit, int searched, std::size_t rows);

/// Ranks the findings, puts those that predict the same into groups, drops those that change nothing, and says what follows.
/// Pre: `measured`, `predicted` and the findings' predictions and searched counts are there.
void conclude(Diagnosis& diagnosis);

/// What stands out in a matrix of times between places (row = from; the diagonal does not count), against others in it that are
/// alike: on one node, or not, by `node_of`. A place stands out by its row and column, a pair where neither of its places does.
/// By a median polish of ln: Tukey, Exploratory Data Analysis, 1977, chapter 11.
std::vector<SlowPlace> slow_places(const RankMatrix<double>& times, const std::vector<int>& node_of, std::string_view place);

}  // namespace tokenyard
