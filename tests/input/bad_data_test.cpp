// SPDX-License-Identifier: Apache-2.0
#include "input/input.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

const BadText bad_traces[] = {
    {"an empty trace", "", "data.txt:1:1: error: found nothing; expected the header rank,experts,weights"},
    {"a trace without a header", "0,1 2,0.5 0.5\n",
     "data.txt:1:1: error: found '0,1 2,0.5 0.5'; expected the header rank,experts,weights"},
    {"a wrong header below a comment", "# recorded\nrank,expert,weight\n",
     "data.txt:2:1: error: found 'rank,expert,weight'; expected the header rank,experts,weights"},
    {"a trace without tokens", "rank,experts,weights\n", "data.txt:1:1: error: found no tokens; expected a line for each"},
    {"two columns", "rank,experts,weights\n0,1 2\n", "data.txt:2:1: error: found 2 columns; expected rank,experts,weights"},
    {"four columns", "rank,experts,weights\n0,1 2,0.5 0.5,x\n",
     "data.txt:2:1: error: found 4 columns; expected rank,experts,weights"},
    {"no rank", "rank,experts,weights\n,1 2,0.5 0.5\n", "data.txt:2:1: error: found ''; expected a rank from 0 to 7"},
    {"a rank out of range", "rank,experts,weights\n8,1 2,0.5 0.5\n",
     "data.txt:2:1: error: found '8'; expected a rank from 0 to 7"},
    {"a negative rank", "rank,experts,weights\n-1,1 2,0.5 0.5\n", "data.txt:2:1: error: found '-1'; expected a rank from 0 to 7"},
    {"a rank with a fraction", "rank,experts,weights\n0.5,1 2,0.5 0.5\n",
     "data.txt:2:1: error: found '0.5'; expected a rank from 0 to 7"},
    {"an expert out of range", "rank,experts,weights\n0,1 16,0.5 0.5\n",
     "data.txt:2:5: error: found '16'; expected an expert from 0 to 15"},
    {"an expert that is text", "rank,experts,weights\n0,1 b,0.5 0.5\n",
     "data.txt:2:5: error: found 'b'; expected an expert from 0 to 15"},
    {"an expert twice", "rank,experts,weights\n0,1 2,0.5 0.5\n0,3 3,0.5 0.5\n",
     "data.txt:3:5: error: found expert 3 again; expected each once for a token"},
    {"too few experts", "rank,experts,weights\n0,1,0.5\n",
     "data.txt:2:3: error: found 1 experts and 1 weights; expected 2 of each"},
    {"too many experts", "rank,experts,weights\n0,1 2 3,0.5 0.2 0.3\n",
     "data.txt:2:3: error: found 3 experts and 3 weights; expected 2 of each"},
    {"fewer weights than experts", "rank,experts,weights\n0,1 2,1\n",
     "data.txt:2:3: error: found 2 experts and 1 weights; expected 2 of each"},
    {"a weight that is NaN", "rank,experts,weights\n0,1 2,nan 0.5\n",
     "data.txt:2:7: error: found 'nan'; expected a finite weight of at least 0"},
    {"an infinite weight", "rank,experts,weights\n0,1 2,0.5 inf\n",
     "data.txt:2:11: error: found 'inf'; expected a finite weight of at least 0"},
    {"a negative weight", "rank,experts,weights\n0,1 2,0.5 -0.5\n",
     "data.txt:2:11: error: found '-0.5'; expected a finite weight of at least 0"},
    {"a weight beyond a float", "rank,experts,weights\n0,1 2,0.5 1e39\n",
     "data.txt:2:11: error: found '1e39'; expected a finite weight of at least 0"},
};

const BadText bad_shares[] = {
    {"no shares", "", "data.txt:1:1: error: found 0 shares; expected one for each of the 16 experts"},
    {"too few shares", "1\n1\n", "data.txt:1:1: error: found 2 shares; expected one for each of the 16 experts"},
    {"too many shares", "1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n",
     "data.txt:1:1: error: found 17 shares; expected one for each of the 16 experts"},
    {"a negative share", "1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n-1\n",
     "data.txt:16:1: error: found '-1'; expected a finite share of at least 0"},
    {"a share that is NaN", "1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\n1\nnan\n",
     "data.txt:16:1: error: found 'nan'; expected a finite share of at least 0"},
    {"a share that is text", "# load\n1\nmany\n", "data.txt:3:1: error: found 'many'; expected a finite share of at least 0"},
    {"two shares on a line", "1\n1 2\n", "data.txt:2:1: error: found 2 numbers; expected one share a line"},
    {"shares that are all 0", "0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n",
     "data.txt:1:1: error: found 0 shares above 0; expected at least the 2 experts of a token"},
    {"fewer shares above 0 than top-k", "0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n0\n1\n",
     "data.txt:1:1: error: found 1 shares above 0; expected at least the 2 experts of a token"},
};

const BadText bad_matrices[] = {
    {"an empty matrix", "", "m.txt:1:1: error: found no numbers; expected a square matrix of bytes"},
    {"a matrix of comments", "# nothing\n", "m.txt:1:1: error: found no numbers; expected a square matrix of bytes"},
    {"a matrix that is not square", "1 2\n3 4\n5 6\n",
     "m.txt:1:1: error: found 2 numbers in this row; expected 3, because there are 3 rows"},
    {"a short row", "1 2\n3\n", "m.txt:2:1: error: found 1 numbers in this row; expected 2, because there are 2 rows"},
    {"a negative cell", "0 1\n-1 0\n", "m.txt:2:1: error: found '-1'; expected a number of bytes from 0 to 2^50"},
    {"a text in a cell", "0 1\n# second\nx 0\n", "m.txt:3:1: error: found 'x'; expected a number of bytes from 0 to 2^50"},
    {"ratios without a scale", "0 0.5\n1 0\n",
     "m.txt:1:1: error: found entries from 0 to 1 alone, which are ratios; expected bytes, or what they are ratios of, as "
     "--matrix-scale '1 MiB'"},
    {"a cell that is infinite", "0 inf\n1 0\n", "m.txt:1:3: error: found 'inf'; expected a number of bytes from 0 to 2^50"},
    {"an empty cell", "0,5,1\n3,,2\n1,1,0\n", "m.txt:2:3: error: found an empty cell; expected a number of bytes from 0 to 2^50"},
    {"a decimal comma", "0;1,5\n2;0\n", "m.txt:1:3: error: found '1,5'; expected a number of bytes from 0 to 2^50"},
    {"a header of too few names", ",a\na,0,5\nb,5,0\n",
     "m.txt:1:1: error: found 2 numbers in this row; expected 3, because there are 3 rows"},
    {"rows in another order than columns", ",a,b\nb,0,5\na,5,0\n",
     "m.txt:2:1: error: found row 'b' here; expected 'a', as the columns are in that order"},
    {"a map in JSON", "{\"matrix\": [[0, 5], [5, 0]]}\n",
     "m.txt:1:1: error: found a map; expected a JSON array of arrays, one for each rank that sends"},
    {"a JSON array of numbers", "[0, 5]\n", "m.txt:1:2: error: found '0'; expected '[', which starts a row"},
    {"a JSON array that does not end", "[[0, 5],\n [5, 0]", "m.txt:2:8: error: found the end; expected ',' or ']'"},
    {"a JSON row that does not end", "[[0, 5", "m.txt:1:7: error: found the end; expected ']', which ends a row"},
    {"JSON in too many brackets", "[[[0]]]", "m.txt:1:3: error: found '['; expected a number, or ']', which ends the row"},
    {"something behind a JSON array", "[[0]] 1", "m.txt:1:7: error: found '1'; expected nothing behind the array"},
    {"a text in JSON", "[[0, 5],\n [\"5\",\n 0]]\n",
     "m.txt:2:3: error: found '\"5\"'; expected a number of bytes from 0 to 2^50"},
    {"a comma too many in JSON", "[[0, 5],\n [5,]]\n",
     "m.txt:2:5: error: found an empty cell; expected a number of bytes from 0 to 2^50"},
    {"a cell beyond reason", "0 9999999999999999\n1 0\n",
     "m.txt:1:3: error: found '9999999999999999'; expected a number of bytes from 0 to 2^50"},
    {"a cell beyond 64 bits", "0 99999999999999999999\n1 0\n",
     "m.txt:1:3: error: found '99999999999999999999'; expected a number of bytes from 0 to 2^50"},
    {"more rows than the cluster has GPUs",
     "0 0 0 0 0 0 0 0 0 \n0 0 0 0 0 0 0 0 0 \n0 0 0 0 0 0 0 0 0 \n0 0 0 0 0 0 0 0 0 \n0 0 0 0 0 0 0 0 0 \n0 0 0 0 0 0 0 0 0 \n0 "
     "0 0 0 0 0 0 0 0 \n0 0 0 0 0 0 0 0 0 \n0 0 0 0 0 0 0 0 0 \n",
     "m.txt:1:1: error: found 9 rows; expected at most the cluster's 8 GPUs"},
};

}  // namespace

TEST_CASE("read_case refuses a bad trace", "[input]") {
    for (const BadText& bad : bad_traces) DYNAMIC_SECTION(bad.name) {
            const TemporaryFolder folder;
            folder.write("c.yaml", small_cluster);
            folder.write("data.txt", bad.text);
            folder.write("w.yaml", with_change(small_workload, {"", "{kind: uniform}", "{kind: trace, file: data.txt}", ""}));
            CHECK(refusal_of([&] { read_case(folder.path("c.yaml"), folder.path("w.yaml"), {}); }, folder) == bad.refusal);
        }
}

TEST_CASE("read_case refuses bad shares", "[input]") {
    for (const BadText& bad : bad_shares) DYNAMIC_SECTION(bad.name) {
            const TemporaryFolder folder;
            folder.write("c.yaml", small_cluster);
            folder.write("data.txt", bad.text);
            folder.write("w.yaml", with_change(small_workload, {"", "{kind: uniform}", "{kind: shares, file: data.txt}", ""}));
            CHECK(refusal_of([&] { read_case(folder.path("c.yaml"), folder.path("w.yaml"), {}); }, folder) == bad.refusal);
        }
}

TEST_CASE("read_matrix_case refuses a bad matrix", "[input]") {
    for (const BadText& bad : bad_matrices) DYNAMIC_SECTION(bad.name) {
            const TemporaryFolder folder;
            folder.write("c.yaml", small_cluster);
            folder.write("m.txt", bad.text);
            CHECK(refusal_of([&] { read_matrix_case(folder.path("c.yaml"), folder.path("m.txt"), {}); }, folder) == bad.refusal);
        }
}

TEST_CASE("read_matrix_case makes no room for a matrix that is not square", "[input]") {
    const TemporaryFolder folder;
    folder.write("c.yaml", small_cluster);
    std::string rows;
    for (int row = 0; row < 65536; ++row) rows += "1\n";
    folder.write("m.txt", rows);
    const auto read = [&] { read_matrix_case(folder.path("c.yaml"), folder.path("m.txt"), {}); };
    CHECK(refusal_of(read, folder) ==
          "m.txt:1:1: error: found 1 numbers in this row; expected 65536, because there are 65536 rows");
    folder.write("m.txt", rows + "1\n");
    CHECK(refusal_of(read, folder) == "m.txt:1:1: error: found 65537 rows; expected at most 65536");
}

TEST_CASE("read_case refuses a batch that differs from the trace beside it", "[input]") {
    const TemporaryFolder folder;
    folder.write("c.yaml", small_cluster);
    folder.write("data.txt", "rank,experts,weights\n0,1 2,0.5 0.5\n");
    folder.write("w.yaml", with_change(small_workload, {"", "{kind: uniform}", "{kind: trace, file: data.txt}", ""}));
    CHECK(
        refusal_of([&] { read_case(folder.path("c.yaml"), folder.path("w.yaml"), {}); }, folder) ==
        "w.yaml:5:8: error: found a batch that differs from the tokens in 'data.txt'; expected none beside a trace, or the same");
}

TEST_CASE("read_one takes a batch that says what the trace beside it says", "[input]") {
    const TemporaryFolder folder;
    folder.write("data.txt", "rank,experts,weights\n0,1 2,0.5 0.5\n1,1 2,0.5 0.5\n");
    const std::string text = with_change(small_workload, {"", "{kind: uniform}", "{kind: trace, file: data.txt}", ""});
    folder.write("w.yaml", with_change(with_change(text, {"", "ranks: 8\n", "", ""}),
                                       {"", "tokens_per_rank: 8", "tokens_per_rank: 1", ""}));
    CHECK(refusal_of([&] { read_one(folder.path("w.yaml"), {}); }, folder) == accepted);
}

}  // namespace tokenyard
