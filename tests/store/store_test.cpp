// SPDX-License-Identifier: Apache-2.0
// Results in SQLite: what is put in comes out, and what is not ours is left alone.
#include "store/store.hpp"

#include "support/files.hpp"

#include <fmt/format.h>
#include <sqlite3.h>
#include <catch2/catch.hpp>

#include <initializer_list>
#include <stdexcept>
#include <utility>

namespace tokenyard {
namespace {

Study one_study() {
    Study study;
    study.name = "it's a study";
    study.engine = "fluid";
    study.accuracy = 0.001;
    return study;
}

StoredStudy stored_study(std::vector<std::string> keys, std::vector<std::string> case_keys) {
    return {"1.0", std::move(keys), {{"both_us", "time"}, {"held_by", "why"}}, std::move(case_keys)};
}

StudyRow row_of(std::size_t number, std::vector<Override> overrides, CaseOutcome outcome) {
    return {{number, {"c", "c"}, {"w", "w"}, {"nominal", "nominal"}, "direct", std::move(overrides), {}}, std::move(outcome)};
}

const CaseOutcome good{CaseStatus::done, "", {Cell(1.0 / 3), Cell(std::string("nic in"))}};

/// The rows of a query: fields by '|', rows by '\n'.
std::string ask(const std::string& file, const std::string& sql) {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
    std::string text;
    const auto add = [](void* to, int count, char** fields, char**) {
        for (int place = 0; place < count; ++place)
            *static_cast<std::string*>(to) += std::string(place > 0 ? "|" : "") + (fields[place] ? fields[place] : "NULL");
        *static_cast<std::string*>(to) += "\n";
        return 0;
    };
    char* error = nullptr;
    sqlite3_exec(database, sql.c_str(), add, &text, &error);
    if (error) text = error;
    sqlite3_free(error);
    sqlite3_close(database);
    return text;
}

}  // namespace

TEST_CASE("a case that was put is there in the next process, to the last bit", "[store]") {
    const TemporaryFolder folder;
    const std::string file = folder.path("r.sqlite");
    {
        ResultStore store(file);
        store.begin(one_study(), stored_study({"cluster.nodes"}, {"k1", "k2"}));
        CHECK(store.stored_cases() == std::vector<bool>{false, false});
        store.put(row_of(2, {{"cluster.nodes", "8"}}, good));
    }
    ResultStore store(file);
    store.begin(one_study(), stored_study({"cluster.nodes"}, {"k1", "k2"}));
    CHECK(store.stored_cases() == std::vector<bool>{false, true});
    const CaseOutcome back = store.outcome_of(1);
    CHECK(back.status == CaseStatus::done);
    CHECK(back.outputs == good.outputs);
    CHECK_THROWS_WITH(store.outcome_of(0), "found no row of case 1; expected it to be stored");
}

TEST_CASE("columns are what their names say, and the file explains them", "[store]") {
    const TemporaryFolder folder;
    const std::string file = folder.path("r.sqlite");
    {
        ResultStore store(file);
        store.begin(one_study(), stored_study({"cluster.nodes", "cluster.node.nics.bandwidth"}, {"k1", "k2"}));
        store.put(row_of(1, {{"cluster.nodes", "8"}, {"cluster.node.nics.bandwidth", "400 Gbit/s"}}, good));
        store.put(
            row_of(2, {{"cluster.nodes", "x"}, {"cluster.node.nics.bandwidth", "1 GB/s"}}, {CaseStatus::refused, "bad x", {}}));
    }
    CHECK(ask(file,
              R"(SELECT "case", key, "cluster.nodes", typeof("cluster.nodes"), "cluster.node.nics.bandwidth", accuracy, status,
                       error, held_by FROM cases ORDER BY "case")") ==
          "1|k1|8|integer|400 Gbit/s|0.001|done|NULL|nic in\n2|k2|x|text|1 GB/s|0.001|refused|bad x|NULL\n");
    CHECK(ask(file, "SELECT name, meaning FROM columns WHERE name IN ('both_us', 'cluster.nodes') ORDER BY place") ==
          "cluster.nodes|key that the case sets\nboth_us|time\n");
    CHECK(ask(file, "SELECT count(*) FROM columns") == ask(file, "SELECT count(*) FROM pragma_table_info('cases')"));
    CHECK(ask(file, "SELECT name, cases, tool, version FROM study") == "it's a study|2|tokenyard|1.0\n");
}

TEST_CASE("an edited study keeps what is still true of it", "[store]") {
    const TemporaryFolder folder;
    const std::string file = folder.path("r.sqlite");
    ResultStore store(file);
    store.begin(one_study(), stored_study({"cluster.nodes"}, {"k1", "k2"}));
    store.put(row_of(1, {{"cluster.nodes", "1"}}, good));
    store.put(row_of(2, {{"cluster.nodes", "2"}}, good));
    store.begin(one_study(), stored_study({"workload.ranks"}, {"k3", "k2"}));  // another key, and k1 is no more
    CHECK(store.stored_cases() == std::vector<bool>{false, true});
    store.put(row_of(1, {{"workload.ranks", "4"}}, good));
    CHECK(ask(file, R"(SELECT key, "case", "cluster.nodes", "workload.ranks" FROM cases ORDER BY key)") ==
          "k1|NULL|1|NULL\nk2|2|2|NULL\nk3|1|NULL|4\n");
}

TEST_CASE("only what the world failed is forgotten", "[store]") {
    ResultStore store(in_memory);
    store.begin(one_study(), stored_study({}, {"k1", "k2", "k3"}));
    store.put(row_of(1, {}, good));
    store.put(row_of(2, {}, {CaseStatus::refused, "found 1", {}}));
    store.put(row_of(3, {}, {CaseStatus::failed, "killed", {}}));
    store.forget_failed();
    CHECK(store.stored_cases() == std::vector<bool>{true, true, false});
    CHECK(store.outcome_of(1).error == "found 1");
}

TEST_CASE("a case is stored once", "[store]") {
    ResultStore store(in_memory);
    store.begin(one_study(), stored_study({}, {"k1"}));
    store.put(row_of(1, {}, good));
    CHECK_THROWS_WITH(store.put(row_of(1, {}, good)), Catch::Matchers::Contains("UNIQUE constraint failed"));
}

TEST_CASE("files of others are refused and stay as they are", "[store]") {
    const TemporaryFolder folder;
    const std::string text = folder.write("text", "this is a text that is surely longer than the header of an SQLite file is\n");
    CHECK_THROWS_WITH(ResultStore(text), "cannot use the results '" + text + "': file is not a database");
    CHECK(read_file(text).starts_with("this is a text"));
    const std::string other = folder.path("other.sqlite");
    ask(other, "CREATE TABLE cases (a)");
    const std::string before = read_file(other);
    CHECK_THROWS_WITH(ResultStore(other), "found in '" + other + "' the tables of another program; expected results of a sweep");
    CHECK(read_file(other) == before);
    CHECK_THROWS_WITH(ResultStore(folder.path("no/r.sqlite")),
                      "cannot open '" + folder.path("no/r.sqlite") + "': No such file or directory");
    { ResultStore store(folder.path("r.sqlite")); }
    ask(folder.path("r.sqlite"), "PRAGMA user_version = 2");
    CHECK_THROWS_WITH(ResultStore(folder.path("r.sqlite")),
                      "found in '" + folder.path("r.sqlite") + "' results in format 2; expected format 1");
}

TEST_CASE("a file has one writer at a time, and readers meanwhile", "[store]") {
    const TemporaryFolder folder;
    const std::string file = folder.path("r.sqlite");
    ResultStore store(file);
    store.begin(one_study(), stored_study({}, {"k1"}));
    store.put(row_of(1, {}, good));
    CHECK_THROWS_WITH(ResultStore(file), "cannot open '" + file + "': another sweep is writing to it");
    CHECK(ask(file, "SELECT held_by FROM cases") == "nic in\n");
    CHECK(ResultStore::exists(file));
    CHECK(!ResultStore::exists(folder.path("none")));
    CHECK(!ResultStore::exists(in_memory));
}

TEST_CASE("what others have put into a file of results does not run", "[store]") {
    const TemporaryFolder folder;
    const std::string file = folder.path("r.sqlite");
    {
        ResultStore store(file);
        store.begin(one_study(), stored_study({}, {"k1", "k2"}));
        store.put(row_of(1, {}, good));
    }
    REQUIRE(ask(file, R"(CREATE TRIGGER numbers AFTER UPDATE OF "case" ON cases WHEN NEW."case" = 1
                         BEGIN UPDATE cases SET "case" = 1000000000000 WHERE key = NEW.key; END)")
                .empty());
    ResultStore store(file);
    store.begin(one_study(), stored_study({}, {"k1", "k2"}));
    CHECK(store.stored_cases() == std::vector<bool>{true, false});
    CHECK(ask(file, "SELECT name FROM sqlite_master WHERE type = 'trigger'") == "numbers\n");  // left alone
}

TEST_CASE("what others have changed in a file of results is refused", "[store]") {
    const TemporaryFolder folder;
    const std::string file = folder.path("r.sqlite");
    ResultStore store(file);
    store.begin(one_study(), stored_study({}, {"k1", "k2"}));
    store.put(row_of(1, {}, good));
    const auto change = [&](const char* sql) { REQUIRE(ask(file, sql).empty()); };
    for (const auto& [number, found] :
         std::initializer_list<std::pair<const char*, const char*>>{{"1000000000000", "1000000000000"},
                                                                    {"3", "3"},
                                                                    {"0", "0"},
                                                                    {"-1", "-1"},
                                                                    {"1.5", "a fraction"},
                                                                    {"'one'", "a text"},
                                                                    {"x'00'", "bytes"}}) {
        INFO(number);
        change((std::string("UPDATE cases SET \"case\" = ") + number).c_str());
        CHECK_THROWS_WITH(store.stored_cases(),
                          std::string("found ") + found + " as the number of a case in '" + file + "'; expected one from 1 to 2");
    }
    change("UPDATE cases SET \"case\" = 1, status = 'perhaps'");
    CHECK_THROWS_WITH(store.outcome_of(0),
                      "found an unknown status of case 1 in '" + file + "'; expected done, refused or failed");
    change("UPDATE cases SET status = NULL");
    CHECK_THROWS_WITH(store.outcome_of(0),
                      "found an unknown status of case 1 in '" + file + "'; expected done, refused or failed");
}

TEST_CASE("tables of results that are something else are refused", "[store]") {
    for (const char* table : {"cases", "columns", "study"}) {
        const TemporaryFolder folder;
        const std::string file = folder.path("r.sqlite");
        { ResultStore store(file); }
        REQUIRE(ask(file, fmt::format("ALTER TABLE {0} RENAME TO other; CREATE VIEW {0} AS SELECT * FROM other", table)).empty());
        CHECK_THROWS_WITH(ResultStore(file), "found in '" + file + "' no table " + table + "; expected results of a sweep");
    }
}

}  // namespace tokenyard
