// SPDX-License-Identifier: Apache-2.0
// The tables of a file of results. Private to this folder.
#pragma once

#include "store/store.hpp"

#include <sqlite3.h>

#include <string>
#include <vector>

namespace tokenyard {

/// The columns of a case's row that every study has, before those of its keys and those of its outputs.
const std::vector<StoredColumn>& fixed_columns();

/// Every column of the study's rows, in their order: fixed, keys, outputs.
std::vector<StoredColumn> all_columns(const StoredStudy& stored);

/// Makes the tables in a new file; refuses those of other programs and other schemas.
void prepare_schema(sqlite3* database, const std::string& file);

/// Makes the columns that the table of cases lacks, and documents all in the table `columns`.
void add_columns(sqlite3* database, const StoredStudy& stored);

}  // namespace tokenyard
