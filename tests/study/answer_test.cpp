// SPDX-License-Identifier: Apache-2.0
// Conditions on cases, and the best of a study: by hand.
#include "study/answer.hpp"
#include "study/condition.hpp"
#include "study/study.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

/// 16, 32 and 64 ranks by two algorithms; the price and the time of each, and whether it fits.
Study ranks_study() {
    Study study;
    study.clusters = study.workloads = study.calibrations = {{"a", "a"}};
    study.algorithms = {"direct", "nccl"};
    study.axes = {{{"workload.ranks"}, {{"16"}, {"32"}, {"64"}}},
                  {{"cluster.node.nics.bandwidth"}, {{"400 Gbit/s"}}},
                  {{"cluster.fabric"}, {{"{kind: single-switch}"}}, false, {{"one switch"}}}};
    return study;
}

std::vector<StudyGroup> groups() {
    const Study study = ranks_study();
    const double times[] = {350, 310, 260, 250, 200, 190}, prices[] = {10, 10, 20, 20, 40, 40};
    std::vector<StudyRow> rows;
    for (std::size_t place = 0; place < 6; ++place) {
        StudyRow row{case_at(study, place), {CaseStatus::done, {}, {}}};
        row.outcome.outputs.resize(study_outputs().size());
        row.outcome.outputs[*find_output("ranks")] = std::int64_t{16} << place / 2;
        row.outcome.outputs[*find_output("both_us")] = times[place];
        row.outcome.outputs[*find_output("price")] = prices[place];
        row.outcome.outputs[*find_output("fits")] = std::int64_t{place != 0};  // 16 ranks, direct, do not
        rows.push_back(row);
    }
    return groups_of(study, rows);
}

std::vector<std::size_t> within(const std::string& limits) { return groups_within(ranks_study(), groups(), limits); }

using Places = std::vector<std::size_t>;

}  // namespace

TEST_CASE("a condition holds for the cases that it says", "[study]") {
    CHECK(within("both_us < 260") == Places{3, 4, 5});
    CHECK(within("both_us <= 260 and price < 40") == Places{2, 3});
    CHECK(within("ranks = 16 or ranks = 64 and algorithm = nccl") == Places{0, 1, 5});  // and binds first
    CHECK(within("(workload.ranks = 16 or ranks = 64) and algorithm = 'nccl'") == Places{1, 5});
    CHECK(within("not algorithm != direct") == Places{0, 2, 4});
    CHECK(within("node.nics.bandwidth >= 400 Gbit/s and both_us>300") == Places{0, 1});
    CHECK(within("node.nics.bandwidth < 400 Gbit/s").empty());
    CHECK(within("fabric = 'one switch'").size() == 6);  // by its label
    CHECK(within("fits = 0") == Places{0});
    CHECK(within("").size() == 6);
}

TEST_CASE("a condition says how far a case is from it", "[study]") {
    const auto never_wrong = [](const Condition&) { return std::string(); };
    const auto far = [&](const std::string& text) {
        const ReadCondition read = read_condition(text, never_wrong);
        REQUIRE(read.refusal == "");
        return shortfall(read.condition,
                         [](const std::string& name) { return name == "time" ? Cell(330.0) : Cell(std::int64_t{8}); });
    };
    CHECK(far("time < 300") == Approx(0.1));                  // 30 of 300
    CHECK(far("time < 300 and ranks >= 16") == Approx(0.5));  // 8 of 16 is further
    CHECK(far("time < 300 or ranks >= 16") == Approx(0.1));
    CHECK(far("time < 400") == 0);
    CHECK(far("time < 330") > 0);
}

TEST_CASE("the best is the one that fits and keeps to the limits", "[study]") {
    const StudyAnswer cheapest = answer_of(ranks_study(), groups(), {"price", false}, "both_us < 300");
    CHECK(cheapest.best == 3);  // 20 at 250 us; the third costs as much, and takes 260 us
    CHECK(cheapest.candidates == 5);
    CHECK(cheapest.kept == 4);
    CHECK(cheapest.misfits == 1);
    CHECK(answer_of(ranks_study(), groups(), {"price", true}, "").best == 5);
    CHECK(answer_of(ranks_study(), groups(), {"both_us", false}, "").best == 5);
    CHECK(answer_of(ranks_study(), groups(), {"price", false}, "").best == 1);  // the first does not fit
}

TEST_CASE("where no case keeps to the limits, the one that misses them least is nearest", "[study]") {
    const StudyAnswer answer = answer_of(ranks_study(), groups(), {"price", false}, "both_us < 195 and price < 30");
    CHECK(!answer.best);
    // 250 us misses 195 by 28 %; 190 us costs 40, a third too much
    CHECK(answer.nearest == 3);
    CHECK(answer.kept == 0);
}

TEST_CASE("a goal that no case has a value of has no best", "[study]") {
    const StudyAnswer answer = answer_of(ranks_study(), groups(), {"power_kW", false}, "");
    CHECK(answer.candidates == 0);
    CHECK(!answer.best);
    CHECK(!answer.nearest);
}

TEST_CASE("sorted_by puts the best of an output first", "[study]") {
    CHECK(sorted_by("both_us", groups(), {0, 2, 5}) == Places{5, 2, 0});
    CHECK(sorted_by("power_kW", groups(), {0, 2, 5}) == Places{0, 2, 5});
}

TEST_CASE("a design that does not fit is in no front", "[study]") {
    const Front front = pareto_front(ranks_study(), groups(), "price", "both_us");
    CHECK(front.groups == Places{1, 3, 5});
}

struct BadCondition {
    const char *text, *refusal;
};
const BadCondition bad_conditions[] = {
    {"both_us <", "found the end at column 10; expected a number, a word or a text in quotes"},
    {"both_us 300", "found '300' at column 9; expected <, <=, >, >=, = or !="},
    {"both_us < 300 ranks", "found '300 ranks' for both_us at column 1; expected a number"},  // which would be its unit
    {"both_us < 300 and", "found the end at column 18; expected a name, not or ("},
    {"(both_us < 300", "found the end at column 15; expected and, or, or )"},
    {"both_us < 300)", "found ')' at column 14; expected and, or, or the end"},
    {"both_us < 300; DROP TABLE cases",
     "found ';' at column 14; expected a name, a sign such as <, a number, a text in quotes or a bracket"},
    {"algorithm = 'nccl", "found ''nccl' at column 13; expected a quote that ends the text"},
    {"algorithm < nccl", "found an order of algorithm at column 1; expected = or !="},
    {"ranks > 8 and both_us < 'fast'", "found 'fast' for both_us at column 15; expected a number"},
    {"both_us < 300 us", "found '300 us' for both_us at column 1; expected a number"},
    {"node.nics.bandwidth < 50 GB/s",
     "found '50 GB/s' for node.nics.bandwidth at column 1; expected a number of Gbit/s, as in its value 400 Gbit/s"},
    {"fabric > 3", "found an order of fabric, which is '{kind: single-switch}' in a case at column 1; expected = or !="},
    {"layer_us < 3", "found 'layer_us' in a study of the phases alone at column 1; expected overlap: none or two-batch in it"},
};

TEST_CASE("a condition that cannot be asked says where and why", "[study]") {
    for (const BadCondition& bad : bad_conditions) DYNAMIC_SECTION(bad.text) {
            CHECK(wrong_limits(ranks_study(), bad.text) == bad.refusal);
        }
    CHECK(wrong_limits(ranks_study(), std::string(200, '(')) ==
          "found '(' at column 66; expected at most 64 brackets and negations in one another");
    CHECK(wrong_limits(ranks_study(), "").empty());
}

TEST_CASE("an output that is not there is refused with those that are", "[study]") {
    const std::string refusal = wrong_output(ranks_study(), "cost");
    CHECK(refusal.starts_with("found 'cost'; expected one of the outputs: ranks, nodes, gpus, nics, switches, price, "));
    CHECK(refusal.ends_with(", tokens_per_second, tokens_per_second_per_gpu"));
    CHECK(wrong_output(ranks_study(), "dispatch_held_by") ==
          "found 'dispatch_held_by', which is a text; expected an output that is a number");
    CHECK(wrong_output(ranks_study(), "layer_us") ==
          "found 'layer_us' in a study of the phases alone; expected overlap: none or two-batch in it");
    CHECK(wrong_output(ranks_study(), "price").empty());
}

}  // namespace tokenyard
