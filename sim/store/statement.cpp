// SPDX-License-Identifier: Apache-2.0
#include "store/statement.hpp"

#include <stdexcept>

namespace tokenyard {

void fail_in_sqlite(sqlite3* database, const std::string& what) {
    const char* file = sqlite3_db_filename(database, "main");
    const std::string where = file && *file ? std::string(" '") + file + "'" : "";
    throw std::runtime_error("cannot " + what + where + ": " + sqlite3_errmsg(database));
}

void execute(sqlite3* database, const std::string& sql) {
    if (sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail_in_sqlite(database, "use the results");
}

std::string as_identifier(const std::string& name) {
    std::string quoted = "\"";
    for (const char c : name) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + "\"";
}

Statement::Statement(sqlite3* database, const std::string& sql) : database_(database) {
    if (sqlite3_prepare_v2(database, sql.c_str(), -1, &statement_, nullptr) != SQLITE_OK)
        fail_in_sqlite(database, "use the results");
}

void Statement::bind(int parameter, const Cell& value) {
    const int place = parameter + 1;
    int result = SQLITE_OK;
    if (const auto* count = std::get_if<std::int64_t>(&value)) result = sqlite3_bind_int64(statement_, place, *count);
    else if (const auto* number = std::get_if<double>(&value)) result = sqlite3_bind_double(statement_, place, *number);
    else if (const auto* text = std::get_if<std::string>(&value))
        result = sqlite3_bind_text(statement_, place, text->data(), static_cast<int>(text->size()), SQLITE_TRANSIENT);
    else result = sqlite3_bind_null(statement_, place);
    if (result != SQLITE_OK) fail_in_sqlite(database_, "use the results");
}

bool Statement::step() {
    const int result = sqlite3_step(statement_);
    if (result == SQLITE_ROW) return true;
    if (result != SQLITE_DONE) fail_in_sqlite(database_, "use the results");
    return false;
}

void Statement::run() {
    while (step()) continue;
    reset();
}

void Statement::reset() { sqlite3_reset(statement_); }

Cell Statement::cell(int column) const {
    switch (sqlite3_column_type(statement_, column)) {
        case SQLITE_INTEGER: return std::int64_t{sqlite3_column_int64(statement_, column)};
        case SQLITE_FLOAT: return sqlite3_column_double(statement_, column);
        case SQLITE_TEXT: return text(column);
    }
    return {};
}

std::string Statement::text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return bytes ? std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))) : std::string();
}

}  // namespace tokenyard
