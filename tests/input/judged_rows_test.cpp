// SPDX-License-Identifier: Apache-2.0
#include "input/judged_rows.hpp"

#include "report/report.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

const std::string head =
    "record,algorithm,library,calibration,chip,chip_family,nic,reach,condition,phase,regime,ranks,nodes,measured_us,predicted_"
    "us\n";
const std::string row = "a,nccl,nccl_2_29,,h100_sxm,h100_sxm,cx7,network,,combine,bandwidth,16,2,110.00,100.00\n";

const BadText bad_tables[] = {
    {"a number of cells", "a,b\n",
     "t.csv:1:1: error: found 2 cells; expected record,algorithm,library,calibration,chip,chip_family,nic,reach,condition,phase,"
     "regime,ranks,nodes,measured_us,predicted_us"},
    {"a phase", "a,nccl,,,c,c,,none,,gather,latency,16,2,110.00,100.00\n",
     "t.csv:2:21: error: found 'gather'; expected dispatch or combine"},
    {"a regime", "a,nccl,,,c,c,,none,,combine,both,16,2,110.00,100.00\n",
     "t.csv:2:29: error: found 'both'; expected latency or bandwidth"},
    {"half a rank", "a,nccl,,,c,c,,none,,combine,latency,1.5,2,110.00,100.00\n",
     "t.csv:2:37: error: found '1.5'; expected a whole number"},
    {"no time", "a,nccl,,,c,c,,none,,combine,latency,16,2,0,100.00\n", "t.csv:2:42: error: found '0'; expected a number above 0"},
};

}  // namespace

TEST_CASE("judged rows are read as they are written", "[input]") {
    const TemporaryFolder folder;
    const std::vector<JudgedRow> rows = read_judged_rows(folder.write("t.csv", head + row));
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].setting.nic == "cx7");
    CHECK(rows[0].setting.is_combine);
    CHECK(rows[0].setting.is_bandwidth_bound);
    CHECK(rows[0].setting.ranks == 16);
    CHECK(rows[0].measured / rows[0].predicted == Approx(1.1));
    CHECK(judged_rows_as_csv(rows) == head + row);
}

TEST_CASE("a table of judged rows is refused at its cell", "[input]") {
    const BadText bad = GENERATE(from_range(std::begin(bad_tables), std::end(bad_tables)));
    CAPTURE(bad.name);
    const TemporaryFolder folder;
    const std::string text = (bad.text == bad_tables[0].text ? "" : head) + bad.text;
    CHECK(refusal_of([&] { read_judged_rows(folder.write("t.csv", text)); }, folder) == bad.refusal);
}

TEST_CASE("the shipped table of judged rows is there", "[input]") { CHECK(shipped_judged_rows().size() > 1000); }

}  // namespace tokenyard
