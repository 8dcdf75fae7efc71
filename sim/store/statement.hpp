// SPDX-License-Identifier: Apache-2.0
// SQLite's C interface with its errors as exceptions. Private to this folder.
#pragma once

#include "model/study.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <string>

namespace tokenyard {

/// One statement: bound, stepped, reset.
class Statement {
public:
    Statement(sqlite3* database, const std::string& sql);
    ~Statement() { sqlite3_finalize(statement_); }
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    /// Parameters and columns count from 0 here.
    void bind(int parameter, const Cell& value);
    /// True while there is a row.
    bool step();
    void run();
    Cell cell(int column) const;
    std::string text(int column) const;
    void reset();

private:
    sqlite3* database_;
    sqlite3_stmt* statement_ = nullptr;
};

/// Throws std::runtime_error: "cannot WHAT: reason".
[[noreturn]] void fail_in_sqlite(sqlite3* database, const std::string& what);

void execute(sqlite3* database, const std::string& sql);

/// A name as SQL spells it: "a.b".
std::string as_identifier(const std::string& name);

}  // namespace tokenyard
