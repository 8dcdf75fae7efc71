// SPDX-License-Identifier: Apache-2.0
// The YAML layer: what it keeps, what it refuses, how layers merge.
#include "input/document.hpp"
#include "input/load.hpp"

#include <catch2/catch.hpp>

namespace tokenyard {
namespace {

YamlPtr parsed(const std::string& text) { return parse_yaml(source_of("test.yaml", text)); }

}  // namespace

TEST_CASE("parse_yaml remembers where a value stood", "[input]") {
    const YamlPtr root = parsed("a: 1\nb:\n  c: 2\n");
    const YamlPtr c = find(*find(*root, "b")->value, "c")->value;
    CHECK(c->text == "2");
    CHECK(c->at.line == 3);
    CHECK(c->at.column == 6);
}

TEST_CASE("parse_yaml counts lines from where its text starts", "[input]") {
    SourceText source = source_of("test.yaml", "a: 1\nb: 2\n");
    source.start.line = 7;
    const YamlPtr root = parse_yaml(source);
    CHECK(root->at.line == 7);
    CHECK(find(*root, "b")->at.line == 8);
    source.text = "a: 1\n\tb: 2\n";
    CHECK_THROWS_WITH(parse_yaml(source), "test.yaml:8:1: error: found a tab in the indentation; expected spaces");
}

TEST_CASE("parse_yaml follows an alias to a complete anchor", "[input]") {
    const YamlPtr root = parsed("a: &x {b: 1}\nc: *x\n");
    CHECK(find(*find(*root, "c")->value, "b")->value->text == "1");
}

TEST_CASE("merge goes key by key, replaces lists, and removes at ~", "[input]") {
    const YamlPtr merged = merge(parsed("a: {b: 1, c: 2}\nd: [1, 2]\ne: 5\n"), parsed("a: {c: 3}\nd: [9]\ne: ~\n"));
    const YamlPtr a = find(*merged, "a")->value;
    CHECK(find(*a, "b")->value->text == "1");
    CHECK(find(*a, "c")->value->text == "3");
    CHECK(find(*merged, "d")->value->items.size() == 1);
    CHECK(find(*merged, "e") == nullptr);
}

TEST_CASE("merge replaces a map of another kind whole", "[input]") {
    const YamlPtr merged = merge(parsed("f: {kind: a, x: 1}\n"), parsed("f: {kind: b, y: 2}\n"));
    CHECK(find(*find(*merged, "f")->value, "x") == nullptr);
}

TEST_CASE("with_override reaches into maps and lists and makes what is missing", "[input]") {
    const YamlPtr root = with_override(parsed("a: [{b: 1}, {b: 2}]\n"), {"a.1.b", "7"});
    CHECK(find(*find(*root, "a")->value->items[1], "b")->value->text == "7");
    const YamlPtr made = with_override(root, {"x.y", "{z: 1}"});
    CHECK(find(*find(*find(*made, "x")->value, "y")->value, "z")->value->text == "1");
}

}  // namespace tokenyard
