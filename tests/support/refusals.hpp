// SPDX-License-Identifier: Apache-2.0
// Small good documents, changes that spoil them, and what the readers say then.
#pragma once

#include "support/files.hpp"

#include <functional>
#include <string>

namespace tokenyard {

/// 2 nodes of 4 GPUs on a single switch.
extern const std::string small_cluster;
/// Top-2 of 16 experts on 8 ranks.
extern const std::string small_workload;

/// A change to a good document and the whole message that refuses the result.
struct Change {
    const char* name;
    const char* from;  // stands once in the document; empty: `to` is added at the end
    const char* to;
    const char* refusal;
};
std::string with_change(const std::string& document, const Change& change);

/// A whole text and the message that refuses it.
struct BadText {
    const char *name, *text, *refusal;
};

/// Seven lists in a flow list, on a line each: the first of ten texts, each other one of ten aliases of the one above it. Written
/// out the last one has ten million texts.
std::string alias_bomb();

/// What refusal_of gives when there is none.
inline constexpr const char* accepted = "accepted";

/// The message with which `read` refuses its input, with the names of files in `folder` as from inside it.
std::string refusal_of(const std::function<void()>& read, const TemporaryFolder& folder);

}  // namespace tokenyard
