// SPDX-License-Identifier: Apache-2.0
#include "store/schema.hpp"

#include "store/statement.hpp"

#include <set>
#include <stdexcept>

namespace tokenyard {
namespace {

constexpr int application_id = 0x546F6B79;  // "Toky": says in the file's header whose it is
constexpr int schema_version = 1;

constexpr const char* tables = R"sql(
CREATE TABLE cases (key TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE columns (place INTEGER NOT NULL, name TEXT NOT NULL PRIMARY KEY, meaning TEXT NOT NULL);
CREATE TABLE study (name TEXT, description TEXT, file TEXT, sha256 TEXT, cases INTEGER, tool TEXT, version TEXT);
)sql";

int number_of(sqlite3* database, const std::string& sql) {
    Statement statement(database, sql);
    statement.step();
    const Cell cell = statement.cell(0);
    const auto* number = std::get_if<std::int64_t>(&cell);
    return number ? static_cast<int>(*number) : 0;
}

}  // namespace

const std::vector<StoredColumn>& fixed_columns() {
    static const std::vector<StoredColumn> columns{
        {"key", "SHA-256 over all that decides the result: files, keys, algorithm, seed, engine, version"},
        {"case", "number in the study, from 1; empty: of an earlier study in this file"},
        {"cluster", "as the study names it"},
        {"workload", "as the study names it"},
        {"calibration", "as the study names it"},
        {"algorithm", "how the exchange is carried out"},
        {"engine", "as asked for"},
        {"accuracy", "as asked for, a part of the completion; empty: as the engine chooses"},
        {"overlap", "of the layer, as asked for; empty: the phases alone"},
        {"seed", "as asked for; empty: the workload's"},
        {"status", "done; refused: wrong inputs; failed: the process that computed it died, or the world failed it"},
        {"error", "why it is not done"}};
    return columns;
}

std::vector<StoredColumn> all_columns(const StoredStudy& stored) {
    std::vector<StoredColumn> columns = fixed_columns();
    for (const std::string& key : stored.keys) columns.push_back({key, "key that the case sets"});
    columns.insert(columns.end(), stored.outputs.begin(), stored.outputs.end());
    return columns;
}

void prepare_schema(sqlite3* database, const std::string& file) {
    const int owner = number_of(database, "PRAGMA application_id"), version = number_of(database, "PRAGMA user_version");
    const int table_count = number_of(database, "SELECT count(*) FROM sqlite_master");
    if (owner == 0 && table_count == 0) {
        execute(database, std::string("BEGIN IMMEDIATE;") + tables + "PRAGMA application_id = " + std::to_string(application_id) +
                              "; PRAGMA user_version = " + std::to_string(schema_version) + "; COMMIT;");
        return;
    }
    if (owner != application_id)
        throw std::runtime_error("found in '" + file + "' the tables of another program; expected results of a sweep");
    if (version != schema_version)
        throw std::runtime_error("found in '" + file + "' results in format " + std::to_string(version) + "; expected format " +
                                 std::to_string(schema_version));
    for (const char* table : {"cases", "columns", "study"})
        if (number_of(database,
                      std::string("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '") + table + "'") == 0)
            throw std::runtime_error("found in '" + file + "' no table " + table + "; expected results of a sweep");
}

void add_columns(sqlite3* database, const StoredStudy& stored) {
    std::set<std::string> known;
    for (Statement table(database, "PRAGMA table_info(cases)"); table.step();) known.insert(table.text(1));
    execute(database, "DELETE FROM columns");
    Statement document(database, "INSERT INTO columns VALUES (?, ?, ?)");
    std::int64_t place = 0;
    for (const StoredColumn& column : all_columns(stored)) {
        // No type, so that a value keeps its own: 8 is a number, '400 Gbit/s' a text.
        if (!known.contains(column.name)) execute(database, "ALTER TABLE cases ADD COLUMN " + as_identifier(column.name));
        document.bind(0, ++place);
        document.bind(1, column.name);
        document.bind(2, column.meaning);
        document.run();
    }
    execute(database, "CREATE UNIQUE INDEX IF NOT EXISTS case_numbers ON cases (\"case\") WHERE \"case\" IS NOT NULL");
}

}  // namespace tokenyard
