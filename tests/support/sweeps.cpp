// SPDX-License-Identifier: Apache-2.0
#include "support/sweeps.hpp"

#include "support/refusals.hpp"

#include <sqlite3.h>
#include <catch2/catch.hpp>

namespace tokenyard {

SweepFolder::SweepFolder() {
    write("c.yaml", small_cluster);
    write("w.yaml", with_change(small_workload, {"", "ranks: 8\n", "", ""}));
    write("s.yaml",
          "name: small\ncluster: c.yaml\nworkload: w.yaml\nalgorithm: [direct, nccl]\n"
          "sweep:\n  node.nics.bandwidth: [100 Gbit/s, 400 Gbit/s]\n  nodes: [1, 2, 3]\nseeds: 3\n");
}

std::string ask(const std::string& file, const std::string& sql) {
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
    std::string text;
    const auto add = [](void* to, int, char** fields, char**) {
        *static_cast<std::string*>(to) += fields[0] ? fields[0] : "NULL";
        return 0;
    };
    char* error = nullptr;
    sqlite3_exec(database, sql.c_str(), add, &text, &error);
    if (error) text = error;
    sqlite3_free(error);
    sqlite3_close(database);
    return text;
}

}  // namespace tokenyard
