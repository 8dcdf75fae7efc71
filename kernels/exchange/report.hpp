// SPDX-License-Identifier: Apache-2.0
// What an exchange found: a table in the manner of nccl-tests, and records.
#pragma once

#include "exchange/layer_exchange.hpp"
#include "exchange/matrix_exchange.hpp"
#include "exchange/session.hpp"

#include <string>

namespace tokenyard::gpu {

struct NamedMatrix {
    std::string pattern;  // or the file's name
    ByteMatrix matrix;
    std::size_t message_bytes = 0;  // of a pattern; 0 for a file
};

/// `#` lines: transport, ranks, who said that there are so many, and where they live.
std::string heading(const Session& session);
std::string matrix_heading();
std::string as_row(const NamedMatrix& named, const MatrixResult& result);
std::string as_table(const LayerWorkload& workload, const LayerResult& result);

/// A row a rank for each phase; and where the library says when bytes arrived, a row for each pair.
std::string rank_table(const std::string& what, const RankTimes& times, const std::vector<std::vector<double>>& arrivals_us);

/// JSON lines as kernels/README.md has them.
std::string as_record(const Session& session, const TransportOptions& options, const NamedMatrix& named,
                      const MatrixResult& result);
std::string as_records(const Session& session, const TransportOptions& options, const LayerWorkload& workload, float expert_scale,
                       const LayerResult& result);

}  // namespace tokenyard::gpu
