// SPDX-License-Identifier: Apache-2.0
// SGLang's counts of experts: a zip file with a pickle, which is read and never carried out.
#include "input/data_files.hpp"
#include "input/input.hpp"
#include "support/refusals.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <utility>
#include <vector>

namespace tokenyard {
namespace {

using namespace std::string_literals;

std::string little(std::uint64_t number, int width) {
    std::string bytes;
    for (int byte = 0; byte < width; ++byte) bytes += static_cast<char>(byte < 8 ? number >> (8 * byte) & 0xFF : 0);
    return bytes;
}

struct Entry {
    std::string name, bytes;
    int method = 0;
};

/// As PyTorch writes it: sizes stand in the directory alone, and data starts at multiples of 64 bytes.
std::string zip_of(const std::vector<Entry>& entries) {
    std::string file, directory;
    for (const Entry& entry : entries) {
        const std::size_t header = file.size(), padding = (64 - (header + 30 + entry.name.size()) % 64) % 64;
        file +=
            "PK\x03\x04" + little(0, 2) + little(0x0808, 2) + little(0, 18) + little(entry.name.size(), 2) + little(padding, 2);
        file += entry.name + std::string(padding, 'Z') + entry.bytes;
        directory += "PK\x01\x02" + little(0, 4) + little(0x0808, 2) + little(static_cast<std::uint64_t>(entry.method), 2) +
                     little(0, 8) + little(entry.bytes.size(), 4) + little(entry.bytes.size(), 4) + little(entry.name.size(), 2) +
                     little(0, 12) + little(header, 4) + entry.name;
    }
    const std::size_t start = file.size();
    return file + directory + "PK\x05\x06" + little(0, 4) + little(entries.size(), 2) + little(entries.size(), 2) +
           little(directory.size(), 4) + little(start, 4) + little(0, 2);
}

std::string text_of(const std::string& text) { return "X" + little(text.size(), 4) + text; }
std::string tuple_of(const std::vector<int>& sizes) {
    std::string bytes = "(";
    for (const int size : sizes) bytes += "J" + little(static_cast<std::uint32_t>(size), 4);
    return bytes + "t";
}

/// {"rank": 0, KEY: tensor, "average_utilization_rate_over_window": None}, as torch.save pickles it.
std::string pickle_of(const std::string& type, const std::vector<int>& shape, const std::vector<int>& strides, int elements,
                      const std::string& key = "logical_count") {
    return "\x80\x02}q\x00("s + text_of("rank") + "q\x01K\x00"s + text_of(key) +
           "q\x02"
           "ctorch._utils\n_rebuild_tensor_v2\nq\x03((" +
           text_of("storage") + "q\x04"s + "ctorch\n" + type + "\nq\x05" + text_of("0") + "q\x06" + text_of("cuda:0") +
           "q\x07J"s + little(static_cast<std::uint32_t>(elements), 4) + "tq\x08QK\x00"s + tuple_of(shape) + tuple_of(strides) +
           "\x89"
           "ccollections\nOrderedDict\nq\x0b)Rq\x0ctq\x0dRq\x0e" +
           text_of("average_utilization_rate_over_window") + "q\x0fNu.";
}

template <class Number>
std::string bytes_of(const std::vector<Number>& numbers) {
    return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number)};
}

std::string file_of(const std::string& pickle, const std::string& storage) {
    return zip_of({{"a/data.pkl", pickle}, {"a/byteorder", "little"}, {"a/data/0", storage}, {"a/version", "3\n"}});
}

/// 2 passes of 3 layers of 16 experts: 100 * pass + 20 * layer + expert.
std::vector<std::int64_t> counts() {
    std::vector<std::int64_t> all;
    for (int pass = 0; pass < 2; ++pass)
        for (int layer = 0; layer < 3; ++layer)
            for (int expert = 0; expert < 16; ++expert) all.push_back(100 * pass + 20 * layer + expert);
    return all;
}
std::string good_pickle() { return pickle_of("LongStorage", {2, 3, 16}, {48, 16, 1}, 96); }
std::string good() { return file_of(good_pickle(), bytes_of(counts())); }

struct Counts : TemporaryFolder {
    Counts() {
        write("cluster.yaml", small_cluster);
        write("w.yaml", small_workload);
    }
    Case read(const std::string& file) const {
        return read_case(path("cluster.yaml"), path("w.yaml"),
                         {{"workload.routing", "{kind: shares, file: '" + file + "'}", path()}});
    }
    std::vector<double> shares(const std::string& file) const {
        return std::get<SharesRouting>(std::get<TokenWorkload>(read(file).workload.traffic).routing).shares;
    }
    std::string refusal(const std::string& text, const std::string& suffix = "#0") const {
        write("x.pt", text);
        return refusal_of([&] { read("x.pt" + suffix); }, *this);
    }
};

}  // namespace

TEST_CASE("routing kind shares reads a layer of SGLang's counts, all passes together", "[input][counts]") {
    const Counts folder;
    folder.write("x.pt", good());
    std::vector<double> expected;
    for (int expert = 0; expert < 16; ++expert) expected.push_back(100 + 2 * (20 * 2 + expert));
    CHECK(folder.shares("x.pt#2") == expected);
    CHECK(checked_data_file(folder.path("x.pt"), {}) == "counts of 16 experts, 3 layers, 2 passes");
}

TEST_CASE("routing kind shares reads counts of every type, with any strides", "[input][counts]") {
    const Counts folder;
    std::vector<std::int32_t> ids;
    std::vector<double> expected;
    for (int expert = 0; expert < 16; ++expert) ids.push_back(expert * 3), expected.push_back(expert * 3);
    folder.write("x.pt", file_of(pickle_of("IntStorage", {1, 16}, {16, 1}, 16), bytes_of(ids)));
    CHECK(folder.shares("x.pt") == expected);
    folder.write("x.pt", file_of(pickle_of("FloatStorage", {1, 1, 16}, {16, 16, 1}, 16),
                                 bytes_of(std::vector<float>(ids.begin(), ids.end()))));
    CHECK(folder.shares("x.pt#0") == expected);
    // Experts in columns: element (layer, expert) is at expert * 1, layers 0 apart.
    std::vector<double> columns;
    for (int expert = 0; expert < 16; ++expert) columns.push_back(expert * 3), columns.push_back(1000 + expert);
    folder.write("x.pt", file_of(pickle_of("DoubleStorage", {2, 16}, {1, 2}, 32), bytes_of(columns)));
    CHECK(folder.shares("x.pt#0") == expected);
    CHECK(folder.shares("x.pt#1")[15] == 1015);
}

TEST_CASE("routing kind shares refuses what is wrong with SGLang's counts", "[input][counts]") {
    const Counts folder;
    CHECK(folder.refusal(good()) == accepted);
    CHECK(folder.refusal(good(), "") == "--set routing:1:22: error: found 3 layers in 'x.pt'; expected which one, as x.pt#0");
    CHECK(folder.refusal(good(), "#3") ==
          "--set routing:1:22: error: found layer 3; expected from 0 to 2, because the tensor has 3");
    CHECK(folder.refusal(good().substr(0, 400)) ==
          "x.pt:1:1: error: found no directory at the end of the zip file; expected a whole file");
    CHECK(folder.refusal(zip_of({{"a/data.pkl", good_pickle(), 8}})) ==
          "x.pt:1:1: error: found the entry 'a/data.pkl', which is compressed or encrypted; expected entries that are stored as "
          "they are, as torch.save writes them");
    CHECK(folder.refusal(zip_of({{"a/data.pkl", "x"}, {"a/data.pkl", "y"}})) ==
          "x.pt:1:1: error: found the entry 'a/data.pkl' twice; expected each once");
    CHECK(folder.refusal(zip_of({{"a/other", "x"}})) ==
          "x.pt:1:1: error: found no data.pkl in the zip file; expected one that torch.save wrote");
    CHECK(folder.refusal(zip_of({{"a/data.pkl", good_pickle()}, {"a/byteorder", "big"}})) ==
          "x.pt:1:1: error: found numbers in another byte order; expected little");
    CHECK(folder.refusal(zip_of({{"a/data.pkl", std::string((1 << 20) + 1, 'N')}})) ==
          "x.pt:1:1: error: found a pickle of 1048577 bytes; expected at most 1048576, as of one tensor of counts");
    CHECK(folder.refusal(file_of(good_pickle(), bytes_of(counts()).substr(8))) ==
          "x.pt:1:1: error: found 760 bytes of the storage '0'; expected 96 elements of 8 bytes");
    CHECK(folder.refusal(file_of(pickle_of("LongStorage", {2, 3, 16}, {48, 16, 2}, 96), bytes_of(counts()))) ==
          "x.pt:1:1: error: found a tensor of the shape (2, 3, 16) that does not lie within the 96 elements of its storage; "
          "expected one that does, and is not empty");
    CHECK(folder.refusal(file_of(pickle_of("LongStorage", {2000000000, 3, 16}, {0, 16, 1}, 96), bytes_of(counts()))) ==
          "x.pt:1:1: error: found a tensor of the shape (2000000000, 3, 16) that does not lie within the 96 elements of its "
          "storage; expected one that does, and is not empty");
    CHECK(folder.refusal(file_of(pickle_of("LongStorage", {96}, {1}, 96), bytes_of(counts()))) ==
          "x.pt:1:1: error: found the shape (96) of logical_count; expected passes x layers x experts, or layers x experts");
    CHECK(folder.refusal(file_of(pickle_of("LongStorage", {6, 16}, {16, 1}, 96, "counts"), bytes_of(counts()))) ==
          "x.pt:1:1: error: found the keys 'rank', 'counts', 'average_utilization_rate_over_window'; expected a dictionary with "
          "the tensor logical_count, as SGLang's expert distribution recorder saves it in mode stat");
    CHECK(folder.refusal(file_of(pickle_of("LongStorage", {12, 8}, {8, 1}, 96), bytes_of(counts()))) ==
          "x.pt:1:1: error: found 8 shares; expected one for each of the 16 experts");
    CHECK(folder.refusal(file_of(pickle_of("LongStorage", {6, 16}, {16, 1}, 96), bytes_of(std::vector<std::int64_t>(96)))) ==
          "x.pt:1:1: error: found 0 shares above 0; expected at least the 2 experts of a token");
    CHECK(folder.refusal(file_of(pickle_of("LongStorage", {6, 16}, {16, 1}, 96), bytes_of(std::vector<std::int64_t>(96, -1)))) ==
          "x.pt:1:1: error: found the count -1 of expert 0 in pass 0; expected from 0 to 1e+15");
}

TEST_CASE("routing kind shares carries out nothing that a pickle asks for", "[input][counts]") {
    const Counts folder;
    const auto refused = [&](const std::string& pickle) { return folder.refusal(file_of("\x80\x02" + pickle, "")); };
    CHECK(
        refused("cos\nsystem\n" + text_of("true") + "\x85R.") ==
        "x.pt:1:1: error: found the name 'os.system' at byte 2 of the pickle; expected tensors of int32, int64, float and double "
        "in dictionaries and lists");
    CHECK(refused("}b.") ==
          "x.pt:1:1: error: found the opcode BUILD (0x62) at byte 3 of the pickle; expected dictionaries, lists "
          "and tensors alone, as torch.save writes them");
    CHECK(refused("\xFF") ==
          "x.pt:1:1: error: found the byte 0xff, which is no opcode, at byte 2 of the pickle; expected "
          "dictionaries, lists and tensors alone, as torch.save writes them");
    CHECK(refused("NN.") == "x.pt:1:1: error: found something behind the value at byte 4 of the pickle; expected its end");
    CHECK(refused("}u.") ==
          "x.pt:1:1: error: found an opcode without its mark at byte 3 of the pickle; expected a mark before it");
    CHECK(refused("(R.") ==
          "x.pt:1:1: error: found an opcode without its value at byte 3 of the pickle; expected a value before it");
    CHECK(refused("X\xFF\xFF\xFF\xFF.") ==
          "x.pt:1:1: error: found a pickle that is cut off at byte 2 of the pickle; expected a whole one");
    CHECK(refused("ctorch\nLongStorage\n)R.") ==
          "x.pt:1:1: error: found torch.LongStorage with 0 arguments at byte 22 of the pickle; expected a tensor, or an "
          "OrderedDict of nothing");
    CHECK(refused("K\x01Q.") == "x.pt:1:1: error: found another value at byte 4 of the pickle; expected a storage");
    CHECK(refused("h\x05.") ==
          "x.pt:1:1: error: found a value 5 that was not remembered at byte 2 of the pickle; expected one that was");
    CHECK(refused("]q\x01h\x01"
                  "a.") ==
          "x.pt:1:1: error: found no dictionary; expected a dictionary with the tensor logical_count, as "
          "SGLang's expert distribution recorder saves it in mode stat");  // a list that holds itself
    CHECK(folder.refusal(file_of("\x80\x04N.", "")) ==
          "x.pt:1:1: error: found no pickle of protocol 2; expected one, as torch.save writes it");
}

TEST_CASE("routing kind shares reads or refuses nonsense, and does nothing else", "[input][counts]") {
    const Counts folder;
    const std::string file = good();
    std::mt19937 random(20261129);
    int refused = 0;
    for (int one = 0; one < 600; ++one) {
        std::string text = file;
        for (std::uint32_t changes = 1 + random() % 4; changes > 0; --changes) {
            // Every second change is in the pickle, which the first entry is.
            const std::size_t size = random() % 2 == 0 ? text.size() : 64 + good_pickle().size();
            text[4 + random() % (size - 4)] = static_cast<char>(random());
        }
        if (random() % 8 == 0) text.resize(4 + random() % (text.size() - 4));
        const std::string said = folder.refusal(text);
        if (said != accepted) ++refused;
        INFO(said);
        REQUIRE((said == accepted || said.find(": error: found ") != std::string::npos));
    }
    CHECK(refused > 100);
}

}  // namespace tokenyard
