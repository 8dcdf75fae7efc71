// SPDX-License-Identifier: Apache-2.0
// Routing as text, a line a token, byte for byte as the simulator writes it.
#pragma once

#include "oracle/oracle.hpp"

#include <string>

namespace tokenyard::gpu {

constexpr const char* trace_header = "rank,experts,weights\n";

/// Appends "rank,ids,weights", ids and weights separated by blanks, for each token of a rank.
void append_trace(std::string& text, int rank, const oracle::Choices& choices, int experts_per_token);

/// Appends the shortest decimal that reads back as `value`; with an exponent below 1e-4 and from 1e16 on. Pre: finite, above 0.
void append_shortest(std::string& text, float value);

}  // namespace tokenyard::gpu
