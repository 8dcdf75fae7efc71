// SPDX-License-Identifier: Apache-2.0
#include "store/store.hpp"

#include "store/schema.hpp"
#include "store/statement.hpp"
#include "testing/testing_point.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>

namespace tokenyard {
namespace {

/// A value of a key as it is best asked for in SQL: a number where it is spelt as one.
Cell as_cell(const std::string& text) {
    std::int64_t count = 0;
    double number = 0;
    const char* const end = text.data() + text.size();
    if (const auto [at, error] = std::from_chars(text.data(), end, count); error == std::errc{} && at == end) return count;
    if (const auto [at, error] = std::from_chars(text.data(), end, number);
        error == std::errc{} && at == end && std::isfinite(number))
        return number;
    return text;
}

/// SQLite's whole numbers end at 2^63 - 1; a greater seed is a text.
Cell seed_cell(const std::optional<std::uint64_t>& seed) {
    if (!seed) return {};
    if (*seed > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::to_string(*seed);
    return static_cast<std::int64_t>(*seed);
}

Cell text_or_nothing(const std::string& text) { return text.empty() ? Cell() : Cell(text); }

std::optional<CaseStatus> status_named(const std::string& name) {
    for (const CaseStatus status : {CaseStatus::done, CaseStatus::refused, CaseStatus::failed})
        if (name == name_of(status)) return status;
    return {};
}

/// A cell that should have been a whole number in some range, for messages.
std::string describe(const Cell& cell) {
    if (const auto* whole = std::get_if<std::int64_t>(&cell)) return std::to_string(*whole);
    if (std::holds_alternative<double>(cell)) return "a fraction";
    return std::holds_alternative<std::string>(cell) ? "a text" : "bytes";
}

/// A file of results may have been in other hands. Nothing that they put into it runs: no trigger, no view, no function that
/// its schema calls; and no statement can write to it but as tables are written to.
void run_nothing_of(sqlite3* database) {
    for (const auto& [option, is_on] : {std::pair{SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}, std::pair{SQLITE_DBCONFIG_ENABLE_VIEW, 0},
                                        std::pair{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0}, std::pair{SQLITE_DBCONFIG_DEFENSIVE, 1}})
        if (sqlite3_db_config(database, option, is_on, nullptr) != SQLITE_OK) fail_in_sqlite(database, "secure the results");
}

}  // namespace

/// The file, open, and held against other writers by a lock of our own. SQLite's locks end when any of this process's
/// descriptors of the file is closed, so ours is closed after SQLite's.
class ResultStore::Connection {
public:
    explicit Connection(const std::string& file) : file_(file) {
        if (file != in_memory) lock(file);
        if (sqlite3_open_v2(file.c_str(), &database_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr) != SQLITE_OK) {
            const std::string reason = database_ ? sqlite3_errmsg(database_) : "out of memory";
            close_all();
            throw std::runtime_error("cannot open '" + file + "': " + reason);
        }
        try {
            run_nothing_of(database_);
            sqlite3_busy_timeout(database_, 10'000);  // milliseconds; a reader may hold the file for a moment
            prepare_schema(database_, file);          // before anything is changed in a file that may be another program's
            execute(database_, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
        } catch (...) {
            close_all();
            throw;
        }
    }
    ~Connection() { close_all(); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    sqlite3* database() const { return database_; }
    const std::string& file() const { return file_; }
    std::unique_ptr<Statement> insert, select;

private:
    void lock(const std::string& file) {
        lock_ = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (lock_ < 0) throw std::runtime_error("cannot open '" + file + "': " + std::strerror(errno));
        if (flock(lock_, LOCK_EX | LOCK_NB) == 0) return;
        close(lock_);
        throw std::runtime_error("cannot open '" + file + "': another sweep is writing to it");
    }
    void close_all() {
        insert.reset();
        select.reset();
        sqlite3_close(database_);
        if (lock_ >= 0) close(lock_);
        lock_ = -1;
    }

    std::string file_;
    sqlite3* database_ = nullptr;
    int lock_ = -1;
};

bool ResultStore::exists(const std::string& file) {
    std::error_code failed;
    return file != in_memory && std::filesystem::exists(file, failed) && std::filesystem::file_size(file, failed) > 0;
}

ResultStore::ResultStore(const std::string& file) : connection_(std::make_unique<Connection>(file)) {
    testing_point("store.open");
}
ResultStore::~ResultStore() = default;

void ResultStore::begin(const Study& study, const StoredStudy& stored) {
    stored_ = stored;
    engine_ = study.engine;
    accuracy_ = study.accuracy;
    overlap_ = study.overlap;
    sqlite3* database = connection_->database();
    execute(database, "BEGIN IMMEDIATE");
    add_columns(database, stored_);
    execute(database, "DELETE FROM study; UPDATE cases SET \"case\" = NULL WHERE \"case\" IS NOT NULL");
    Statement about(database, "INSERT INTO study VALUES (?, ?, ?, ?, ?, 'tokenyard', ?)");
    const Cell values[] = {study.name,
                           text_or_nothing(study.description),
                           study.file.name,
                           study.file.sha256,
                           static_cast<std::int64_t>(stored_.case_keys.size()),
                           stored_.tool_version};
    for (int place = 0; place < 6; ++place) about.bind(place, values[place]);
    about.run();
    Statement number(database, "UPDATE cases SET \"case\" = ? WHERE key = ?");
    for (std::size_t place = 0; place < stored_.case_keys.size(); ++place) {
        number.bind(0, static_cast<std::int64_t>(place + 1));
        number.bind(1, stored_.case_keys[place]);
        number.run();
    }
    testing_point("store.begin");
    execute(database, "COMMIT");
    testing_point("store.begun");
    std::string names, marks;
    for (const StoredColumn& column : all_columns(stored_)) {
        names += (names.empty() ? "" : ", ") + as_identifier(column.name);
        marks += marks.empty() ? "?" : ", ?";
    }
    connection_->insert = std::make_unique<Statement>(database, "INSERT INTO cases (" + names + ") VALUES (" + marks + ")");
    std::string outputs = "status, error";
    for (const StoredColumn& output : stored_.outputs) outputs += ", " + as_identifier(output.name);
    connection_->select = std::make_unique<Statement>(database, "SELECT " + outputs + " FROM cases WHERE key = ?");
}

std::vector<bool> ResultStore::stored_cases() const {
    std::vector<bool> is_stored(stored_.case_keys.size());
    Statement numbers(connection_->database(), "SELECT \"case\" FROM cases WHERE \"case\" IS NOT NULL");
    while (numbers.step()) {
        const Cell cell = numbers.cell(0);
        const auto* number = std::get_if<std::int64_t>(&cell);
        if (!number || *number < 1 || *number > static_cast<std::int64_t>(is_stored.size()))
            throw std::runtime_error("found " + describe(cell) + " as the number of a case in '" + connection_->file() +
                                     "'; expected one from 1 to " + std::to_string(is_stored.size()));
        is_stored[static_cast<std::size_t>(*number - 1)] = true;
    }
    return is_stored;
}

void ResultStore::forget_failed() {
    execute(connection_->database(), "DELETE FROM cases WHERE status = 'failed' AND \"case\" IS NOT NULL");
}

void ResultStore::put(const StudyRow& row) {
    const StudyCase& one = row.inputs;
    std::vector<Cell> cells{stored_.case_keys[one.number - 1],
                            static_cast<std::int64_t>(one.number),
                            one.cluster.name,
                            one.workload.name,
                            one.calibration.name,
                            one.algorithm,
                            engine_,
                            accuracy_ ? Cell(*accuracy_) : Cell(),
                            text_or_nothing(overlap_),
                            seed_cell(one.seed),
                            std::string(name_of(row.outcome.status)),
                            text_or_nothing(row.outcome.error)};
    for (const Override& each : one.overrides) cells.push_back(as_cell(each.value));
    cells.insert(cells.end(), row.outcome.outputs.begin(), row.outcome.outputs.end());
    cells.resize(fixed_columns().size() + stored_.keys.size() + stored_.outputs.size());
    for (std::size_t place = 0; place < cells.size(); ++place) connection_->insert->bind(static_cast<int>(place), cells[place]);
    testing_point("store.row", one.number);
    connection_->insert->run();
    testing_point("store.row_written", one.number);
}

CaseOutcome ResultStore::outcome_of(std::size_t place) const {
    Statement& select = *connection_->select;
    select.bind(0, stored_.case_keys[place]);
    if (!select.step())
        throw std::runtime_error("found no row of case " + std::to_string(place + 1) + "; expected it to be stored");
    const std::string status = select.text(0);
    CaseOutcome outcome{status_named(status).value_or(CaseStatus::failed), select.text(1), {}};
    if (outcome.status == CaseStatus::done)
        for (std::size_t output = 0; output < stored_.outputs.size(); ++output)
            outcome.outputs.push_back(select.cell(static_cast<int>(output) + 2));
    select.reset();
    if (!status_named(status))
        throw std::runtime_error("found an unknown status of case " + std::to_string(place + 1) + " in '" + connection_->file() +
                                 "'; expected done, refused or failed");
    return outcome;
}

}  // namespace tokenyard
