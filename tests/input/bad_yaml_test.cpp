// SPDX-License-Identifier: Apache-2.0
#include "input/input.hpp"
#include "support/refusals.hpp"

#include <fmt/format.h>
#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

const BadText bad_texts[] = {
    {"an empty file", "", "c.yaml:1:1: error: found nothing; expected a map of keys such as name and sources"},
    {"comments alone", "# nothing\n", "c.yaml:1:1: error: found nothing; expected a map of keys such as name and sources"},
    {"~ alone", "~\n", "c.yaml:1:1: error: found nothing; expected a map of keys such as name and sources"},
    {"a list", "- a\n", "c.yaml:1:1: error: found a list; expected a map of keys such as name and sources"},
    {"a text", "hello\n", "c.yaml:1:1: error: found 'hello'; expected a map of keys such as name and sources"},
    {"neither a cluster nor a workload", "name: x\n",
     "c.yaml:1:1: error: found no cluster, workload, calibration or part; expected keys such as nodes and node, model and "
     "routing, or nccl"},
    {"a tab in the indentation", "a:\n\tb: 1\n", "c.yaml:2:1: error: found a tab in the indentation; expected spaces"},
    {"a value that is a map after all", "name: a: b\n",
     "c.yaml:1:8: error: found broken YAML (illegal map value); expected key: value"},
    {"a list that is not closed", "name: [a, b\n",
     "c.yaml:2:1: error: found broken YAML (end of sequence flow not found); expected key: value"},
    {"a map that is not closed", "name: {a: b\n",
     "c.yaml:2:1: error: found broken YAML (end of map flow not found); expected key: value"},
    {"a bracket too many", "name: x\n]\n", "c.yaml:2:1: error: found broken YAML (illegal flow end); expected key: value"},
    {"a line without a colon", "a: 1\nfoo\nb: 2\n",
     "c.yaml:3:2: error: found broken YAML (illegal map value); expected key: value"},
    {"a list item after a map", "a: 1\n- b\n",
     "c.yaml:2:1: error: found broken YAML (end of map not found); expected key: value"},
    {"double quotes that are not closed", "name: \"abc\n",
     "c.yaml:1:7: error: found no end of what \" opens; expected it once more"},
    {"single quotes that are not closed", "name: 'it''s\n",
     "c.yaml:1:7: error: found no end of what ' opens; expected it once more"},
    {"a quote at the end", "a: 1\nname: '", "c.yaml:2:7: error: found no end of what ' opens; expected it once more"},
    {"two documents", "name: x\n---\nname: y\n", "c.yaml:3:1: error: found a second document; expected one in a file"},
    {"a tag", "name: !!str x\n", "c.yaml:1:7: error: found tag 'tag:yaml.org,2002:str'; expected a plain value"},
    {"a local tag", "name: !gpu x\n", "c.yaml:1:7: error: found tag '!gpu'; expected a plain value"},
    {"a YAML version of the future", "%YAML 2.0\n---\nname: x\n",
     "c.yaml:1:1: error: found broken YAML (YAML major version too large); expected key: value"},
    {"an alias inside its own value", "name: &a [*a]\n",
     "c.yaml:1:11: error: found an alias inside the value it stands for; expected a plain value"},
    {"an alias of nothing", "name: *b\n",
     "c.yaml:1:7: error: found broken YAML (the referenced anchor is not defined); expected key: value"},
    {"a merge key", "node: &n {gpus: 1}\n<<: *n\n",
     "c.yaml:1:1: error: found no 'name' in the cluster; expected it\nc.yaml:1:1: error: found no 'nodes' in the cluster; "
     "expected it\nc.yaml:2:1: error: found unknown key '<<' in the cluster; expected one of: name, description, base, nodes, "
     "node, groups, fabric, efficiency, faults, background, prices, power, libraries, calibration, sources"},
    {"a key twice", "node: 1\nnode: 2\n", "c.yaml:2:1: error: found key 'node' again; expected it once"},
    {"a quoted key twice", "node: 1\n\"node\": 2\n", "c.yaml:2:1: error: found key 'node' again; expected it once"},
    {"a list as a key", "? [a]\n: b\n", "c.yaml:1:3: error: found a list as a key; expected a name"},
    {"~ as a key", "~: 1\n", "c.yaml:1:1: error: found nothing as a key; expected a name"},
    {"no key", "node: 1\n: x\n", "c.yaml:2:1: error: found nothing as a key; expected a name"},
    {"a byte that is not text", "name: ab\n", "c.yaml:1:8: error: found byte 0x01; expected UTF-8 text"},
    {"an umlaut before the mistake", "node: {größe: 1, größe: 2}\n",
     "c.yaml:1:18: error: found key 'größe' again; expected it once"},
};

std::string repeated(const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
}

std::string refusal_of_text(const std::string& text) {
    const TemporaryFolder folder;
    folder.write("c.yaml", text);
    return refusal_of([&] { read_one(folder.path("c.yaml"), {}); }, folder);
}

}  // namespace

TEST_CASE("read_one refuses bad YAML", "[input]") {
    for (const BadText& bad : bad_texts) DYNAMIC_SECTION(bad.name) CHECK(refusal_of_text(bad.text) == bad.refusal);
}

TEST_CASE("read_one takes a byte order mark and carriage returns", "[input]") {
    std::string text = small_cluster + "efficiency: ~\ndescription: 'a'\n";
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) text.insert(at, 1, '\r');
    CHECK(refusal_of_text(fmt::format("\xEF\xBB\xBF{}", text)) == accepted);
    CHECK(refusal_of_text("\xEF\xBB\xBFnodes: x\n") ==
          "c.yaml:1:1: error: found no 'name' in the cluster; expected it\nc.yaml:1:1: error: found no 'node' in the cluster; "
          "expected it\nc.yaml:1:8: error: found 'x'; expected a whole number from 1 to 65536");
}

TEST_CASE("read_one refuses deep nesting", "[input]") {
    CHECK(refusal_of_text("name: " + repeated("[", 100) + repeated("]", 100) + "\n") ==
          "c.yaml:1:70: error: found more than 64 levels of nesting; expected fewer");
    CHECK(refusal_of_text("name: " + repeated("[", 100000)) ==
          "c.yaml:1:39: error: found more than 64 levels of nesting; expected fewer");
    CHECK(refusal_of_text(repeated("- ", 100000)) == "c.yaml:1:129: error: found more than 64 levels of nesting; expected fewer");
}

TEST_CASE("read_one counts the levels that aliases stand for", "[input]") {
    std::string text = "d0: &d0 " + repeated("[", 60) + "x" + repeated("]", 60) + "\n";
    for (int i = 1; i < 20000; ++i) text += fmt::format("d{}: &d{} [*d{}]\n", i, i, i - 1);
    CHECK(refusal_of_text(text) == "c.yaml:5:10: error: found more than 64 levels of nesting; expected fewer");
}

TEST_CASE("read_one refuses a billion laughs without writing them out", "[input]") {
    std::string text = "nodes: 1\na0: &a0 [lol, lol]\n";
    for (int i = 1; i < 30; ++i)
        text += fmt::format("a{}: &a{} [*a{}{}]\n", i, i, i - 1, repeated(fmt::format(", *a{}", i - 1), 9));
    CHECK(refusal_of_text(text) ==
          "c.yaml:7:55: error: found aliases that stand for more than 1000000 values and characters; expected fewer");
    CHECK(refusal_of_text("name: &text " + repeated("x", 1000) + "\nsources: [" + repeated("*text, ", 2000) + "]\n") ==
          "c.yaml:2:7004: error: found aliases that stand for more than 1000000 values and characters; expected fewer");
}

TEST_CASE("read_one refuses a map of very many keys", "[input]") {
    std::string text;
    for (int i = 0; i < 100000; ++i) text += fmt::format("key{}: 1\n", i);
    CHECK(refusal_of_text(text) == "c.yaml:1001:1: error: found more than 1000 keys in a map; expected fewer");
}

TEST_CASE("read_one cuts a long value in its message, between characters", "[input]") {
    CHECK(refusal_of_text("name: x\nnodes: x" + repeated("ü", 100000) + "\nnode: {}\n") ==
          "c.yaml:2:8: error: found 'x" + repeated("ü", 29) +
              "...'; expected a whole number from 1 to 65536\n"
              "c.yaml:3:7: error: found no 'gpus' in node; expected it\n"
              "c.yaml:3:7: error: found no 'gpu' in node; expected it");
}

}  // namespace tokenyard
