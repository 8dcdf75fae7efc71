// SPDX-License-Identifier: Apache-2.0
// S(i,k) as text, JSON and NumPy have it.
#include "input/scaled_matrix.hpp"
#include "support/npy.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

struct Matrices : TemporaryFolder {
    Matrices() { write("c.yaml", small_cluster); }

    Case read_case_of(const std::string& text, std::optional<Bytes> scale = {}) const {
        return read_scaled_matrix_case(path("c.yaml"), write("m.txt", text), scale, {});
    }
    std::vector<double> read(const std::string& text, std::optional<Bytes> scale = {}) const {
        const Case one = read_case_of(text, scale);
        const VolumeMatrix& volumes = std::get<MatrixWorkload>(one.workload.traffic).volumes;
        std::vector<double> entries;
        for (int row = 0; row < volumes.rows(); ++row)
            for (int column = 0; column < volumes.rows(); ++column) entries.push_back(in_bytes(volumes.at(row, column)));
        return entries;
    }
    std::string refusal(const std::string& text, std::optional<Bytes> scale = {}) const {
        return refusal_of([&] { read(text, scale); }, *this);
    }
};

const std::vector<double> three{0, 100, 200, 100, 0, 50, 10, 20, 0};

struct GoodText {
    const char *name, *text;
};
const GoodText spellings_of_three[] = {
    {"blanks", "# bytes\n0 100 200\n100  0 50 # second\n\n10 20 0\n"},
    {"commas", "0, 100, 200\n100,0,50\n10,20,0,\n"},
    {"semicolons", "0;100;200\n100;0;50\r\n10;20;0\n"},
    {"tabs", "0\t100\t200\n100\t0\t50\n10\t20\t0\n"},
    {"names of columns", "gpu0,gpu1,gpu2\n0,100,200\n100,0,50\n10,20,0\n"},
    {"names of columns and rows", ",gpu0,gpu1,gpu2\ngpu0,0,100,200\ngpu1,100,0,50\ngpu2,10,20,0\n"},
    {"names with blanks and commas", "rank;\"to 0, 1;\";to 1;to 2\nfrom 0;0;100;200\nfrom 1;100;0;50\n\"from 2\";10;20;0\n"},
    {"names between tabs", "\tgpu0\tgpu1\tgpu2\ngpu0\t0\t100\t200\ngpu1\t100\t0\t50\ngpu2\t10\t20\t0\n"},
    {"names of rows alone", "gpu0 0 100 200\ngpu1 100 0 50\ngpu2 10 20 0\n"},
    {"pandas without names", ",0,1,2\n0,0,100,200\n1,100,0,50\n2,10,20,0\n"},
    {"pandas without an index", "0,1,2\n0,100,200\n100,0,50\n10,20,0\n"},
    {"a mark of byte order", "\xEF\xBB\xBF,a,b,c\na,0,100,200\nb,100,0,50\nc,10,20,0\n"},
    {"JSON on a line", "[[0,100,200],[100,0,50],[10,20,0]]\n"},
    {"JSON on many lines", "[\n  [\n    0,\n    100.0,\n    2e2\n  ],\n  [100, 0, 50],\n  [10, 20, 0]\n]\n"},
    {"floating point", "0 1e2 200.4\n99.6 0.0 50\n10 20 0\n"},
};

}  // namespace

TEST_CASE("read_scaled_matrix_case reads a matrix in every spelling", "[input][matrix]") {
    const Matrices folder;
    for (const GoodText& good : spellings_of_three) DYNAMIC_SECTION(good.name) {
            CHECK(folder.read(good.text) == three);
        }
}

TEST_CASE("read_scaled_matrix_case multiplies entries by the scale, and the report's name of the matrix has it",
          "[input][matrix]") {
    const Matrices folder;
    CHECK(folder.read("0 0.3 0.7\n0.5 0 0.5\n1 0 0\n", bytes(1000)) == std::vector<double>{0, 300, 700, 500, 0, 500, 1000, 0, 0});
    const Case one = folder.read_case_of("0 1\n1 0\n", bytes(1));
    CHECK(one.workload.name == "m");
    CHECK(std::get<MatrixWorkload>(one.workload.traffic).file.name == folder.path("m.txt") + " x 1 B");
    CHECK(folder.refusal("0 2\n1e13 0\n", bytes(1e6)) ==
          "m.txt:2:1: error: found '1e13'; expected a number of at least 0, and at most 2^50 bytes with the scale");
}

TEST_CASE("read_scaled_matrix_case reads NumPy arrays of both orders", "[input][matrix]") {
    const Matrices folder;
    const std::vector<double> transposed{0, 100, 10, 100, 0, 20, 200, 50, 0};
    CHECK(folder.read(npy<double>("<f8", "(3, 3)", three)) == three);
    CHECK(folder.read(npy<double>("<f8", "(3, 3)", transposed, 1, "True")) == three);
    CHECK(folder.read(npy<std::uint8_t>("|u1", "(3, 3)", {0, 100, 200, 100, 0, 50, 10, 20, 0}, 2)) == three);
    CHECK(folder.read(npy<float>("<f4", "(2, 2)", {0, 0.5F, 1, 0}), bytes(10)) == std::vector<double>{0, 5, 10, 0});
}

TEST_CASE("read_scaled_matrix_case refuses NumPy arrays that are no matrix of bytes", "[input][matrix]") {
    const Matrices folder;
    CHECK(folder.refusal(npy<std::int32_t>("<i4", "(2, 3)", {0, 1, 2, 3, 4, 5})) ==
          "m.txt:1:1: error: found the shape '(2, 3)'; expected a square matrix of bytes, ranks x ranks");
    CHECK(folder.refusal(npy<double>(">f8", "(2, 2)", {0, 1, 2, 3})) ==
          "m.txt:1:1: error: found an array of '>f8'; expected little-endian integers, float32 or float64");
    CHECK(folder.refusal(npy<std::int64_t>("<i8", "(2, 2)", {0, 5, -5, 0})) ==
          "m.txt:1:1: error: found '-5 at [1, 0]'; expected a number of bytes from 0 to 2^50");
    CHECK(folder.refusal(npy<std::int64_t>("<i8", "(65536, 65536)", {0, 5, 5, 0})) ==
          "m.txt:1:1: error: found a file that is cut off; expected 4294967296 values");
    CHECK(folder.refusal(npy<std::int64_t>("<i8", "(2, 2)", {0, 5, 5, 0, 1})) ==
          "m.txt:1:1: error: found more bytes than the header's shape has; expected none");
}

}  // namespace tokenyard
