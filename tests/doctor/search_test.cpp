// SPDX-License-Identifier: Apache-2.0
// Which cause is named, of predictions that are written down here.
#include "doctor/doctor.hpp"

#include <catch2/catch.hpp>

#include <cmath>

namespace tokenyard {
namespace {

std::vector<Seconds> times(std::initializer_list<double> all) {
    std::vector<Seconds> seconds;
    for (const double us : all) seconds.push_back(microseconds(us));
    return seconds;
}

Finding finding(const char* name, std::initializer_list<double> predicted, int searched = 0) {
    Finding made;
    made.name = name;
    made.searched = searched;
    made.predicted = times(predicted);
    return made;
}

Diagnosis concluded(std::initializer_list<double> measured, std::initializer_list<double> predicted,
                    std::vector<Finding> findings) {
    Diagnosis diagnosis;
    diagnosis.measured = times(measured);
    diagnosis.predicted = times(predicted);
    diagnosis.findings = std::move(findings);
    conclude(diagnosis);
    return diagnosis;
}

std::vector<std::string> names_of(const std::vector<Finding>& findings) {
    std::vector<std::string> names;
    for (const Finding& each : findings) names.push_back(each.name);
    return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("misfit_of counts a row as e times off at most", "[doctor]") {
    // 100 for 200: ln 2 = 0.693; 100 for 1000: ln 10 = 2.303, counted as 1; the mean is 0.847
    const Misfit misfit = misfit_of(times({100, 100}), times({200, 1000}));
    CHECK(misfit.mean == Approx((std::log(2) + 1) / 2));
    CHECK(misfit.median == Approx((0.5 + 0.9) / 2));
    CHECK(misfit.worst == Approx(0.9));
    CHECK(misfit.typical_slowdown == Approx(6));
}

TEST_CASE("conclude prefers a cause without a searched parameter to one that is free to fit", "[doctor]") {
    // one figure: the searched one fits it exactly, but 2 parameters cost 0.16; the other is off by ln(873/850) = 0.027
    const Diagnosis diagnosis = concluded({873}, {523}, {finding("slow-nic", {873}, 2), finding("nics-inside", {850})});
    CHECK(names_of(diagnosis.findings) == Names{"nics-inside", "slow-nic"});
    CHECK(diagnosis.findings[1].score == Approx(0.16));
    CHECK(diagnosis.verdict == DiagnosisVerdict::explained);
}

TEST_CASE("conclude puts causes that predict the same into one group", "[doctor]") {
    const Diagnosis diagnosis =
        concluded({200, 400}, {100, 200},
                  {finding("a", {150, 400}), finding("b", {203, 406}), finding("c", {200, 400}), finding("d", {110, 390})});
    CHECK(names_of(diagnosis.findings) == Names{"c", "b", "a", "d"});
    CHECK(diagnosis.findings[0].group == 0);
    CHECK(diagnosis.findings[1].group == 0);
    CHECK(diagnosis.findings[2].group == 1);
    CHECK(diagnosis.findings[3].group == 2);
}

TEST_CASE("conclude names causes that change nothing apart", "[doctor]") {
    const Diagnosis diagnosis = concluded({200}, {100}, {finding("pxn-off", {100.1}), finding("nic-rate", {200})});
    CHECK(names_of(diagnosis.findings) == Names{"nic-rate"});
    CHECK(diagnosis.without_effect == Names{"pxn-off"});
}

TEST_CASE("conclude finds nothing to explain where predictions are within a tenth", "[doctor]") {
    CHECK(concluded({109}, {100}, {finding("a", {109})}).verdict == DiagnosisVerdict::nothing_to_explain);  // ln 1.09 = 0.086
    CHECK(concluded({112}, {100}, {finding("a", {112})}).verdict == DiagnosisVerdict::explained);           // ln 1.12 = 0.113
}

TEST_CASE("conclude says that nothing explains times that the best cause leaves far off", "[doctor]") {
    CHECK(concluded({400}, {100}, {finding("a", {300})}).verdict == DiagnosisVerdict::unexplained);  // ln(4/3) = 0.288 is left
    CHECK(concluded({400}, {100}, {}).verdict == DiagnosisVerdict::unexplained);
}

namespace {

std::string possible(const Situation&) { return {}; }
std::string impossible(const Situation&) { return "found no NICs; expected some"; }
std::vector<Choice> three_places(const Situation&) { return {{"node0", 0}, {"node1", 1}, {"node2", 2}}; }
std::vector<Choice> three_degrees(const Situation&) {
    return {{"at 0.75", 0, 0, 0.75}, {"at 0.5", 0, 0, 0.5}, {"at 0.25", 0, 0, 0.25}};
}
std::optional<SuspectedChange> nothing(const Situation&, const Case&, const Choice&, const Choice&) { return {}; }

}  // namespace

TEST_CASE("search looks for the place first and then for the degree, and says what it did not try", "[doctor]") {
    // the truth is node1 at 0.5: its time is 100 / 0.5; elsewhere the change does a tenth of that
    const SimulateCause simulate = [](const Hypothesis&, const Choice& place, const Choice& degree) {
        ChangedTimes changed;
        changed.predicted = times({place.node == 1 ? 100 / degree.value : 110});
        return changed;
    };
    Diagnosis diagnosis;
    diagnosis.measured = times({200});
    diagnosis.predicted = times({100});
    const Hypothesis slow{"slow-node", "a node is slow", "ib_write_bw", possible, three_places, three_degrees, nothing};
    const Hypothesis other{"fewer-nics", "fewer NICs", "ibstat", impossible, three_places, three_degrees, nothing};
    std::size_t last = 0, planned = 0;
    search(
        {}, {slow, other}, simulate,
        [&](std::size_t done, std::size_t of) {
            last = done;
            planned = of;
        },
        diagnosis);
    REQUIRE(diagnosis.findings.size() == 1);
    CHECK(diagnosis.findings[0].where == "node1");
    CHECK(diagnosis.findings[0].how_much == "at 0.5");
    CHECK(diagnosis.findings[0].searched == 2);
    CHECK(last == 6);
    CHECK(planned == 6);
    REQUIRE(diagnosis.not_tried.size() == 1);
    CHECK(diagnosis.not_tried[0].name == "fewer-nics");
    CHECK(diagnosis.not_tried[0].reason == "found no NICs; expected some");
}

}  // namespace tokenyard
