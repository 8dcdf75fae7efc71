// SPDX-License-Identifier: Apache-2.0
// Execution traces of Chakra: which collectives and messages a rank has, in which order, with which sizes.
#pragma once

#include "input/source.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tokenyard {

struct ChakraCommunication {
    std::uint64_t node = 0;
    std::string name;
    std::string kind;  // "all-to-all", "send", "receive", ...
    std::optional<std::int64_t> bytes, source, destination;
    std::string group;  // of processes; empty where it is not told
};

struct ChakraTrace {
    std::string version;
    std::size_t nodes = 0;
    std::vector<ChakraCommunication> communications;  // in an order that data dependencies allow, by id where they leave it open
};

/// A file of messages with their lengths in front: GlobalMetadata, then nodes. Fields that say nothing of communication are
/// passed over, and so are control dependencies, as by Chakra's own feeder: converted traces have them in circles with the
/// others. Throws InputError, with the byte where it stands, for what is cut off or no message, for an id twice, and for
/// dependencies in a circle. Source: mlcommons/chakra 6dc63e14, schema/protobuf/et_def.proto.
ChakraTrace trace_from_chakra(const SourceText& source);

/// A CSV table of traces, with what they are in comments above it. `shown`: the files' names.
std::string chakra_listing(const std::vector<ChakraTrace>& traces, const std::vector<std::string>& shown);

}  // namespace tokenyard
