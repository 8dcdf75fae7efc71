// SPDX-License-Identifier: Apache-2.0
// What ranks and the hub say to each other: frames over a connection that never blocks its reader.
#pragma once

#include "net/socket.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tokenyard::gpu {

enum class FrameKind : std::uint32_t {
    hello,     // number: rank; text: how many ranks, a blank, and the run's token
    beat,      // number: steps begun; text: the name of the last one
    blob,      // number: of this gathering; text: what the rank gives
    gathered,  // number: of the gathering; text: every rank's blob, in the order of ranks
    stuck,     // number: steps begun; text: what does not end
    failure,   // text: why everybody stops
    bye        // the rank is done
};

struct Frame {
    FrameKind kind = FrameKind::bye;
    std::uint64_t number = 0;
    std::string text;
};

/// A connection that frames arrive on, bit by bit.
class FrameReader {
public:
    /// Reads what is there, or as much as others can wait for. Throws SocketError at the end of the connection.
    void read_from(const Socket& socket);
    /// Throws SocketError for what is no frame, and for one that says that it is longer than what is taken.
    std::optional<Frame> next();
    /// Who has not said who it is may say little.
    void take_no_more_than(std::uint64_t bytes) { most_bytes_ = bytes; }

    static constexpr std::uint64_t most_of_a_stranger = 4096, most_of_a_rank = std::uint64_t{1} << 32;

private:
    std::string unread_;
    std::uint64_t most_bytes_ = most_of_a_rank;
};

void send_frame(const Socket& to, const Frame& frame, const Patience& patience);

/// Texts in one text, and back. Pre for unpacking: packed by `pack`, which SocketError says otherwise.
template <class Texts>
std::string pack(const Texts& texts) {
    std::string packed;
    for (const std::string& text : texts) {
        const std::uint64_t size = text.size();
        packed.append(reinterpret_cast<const char*>(&size), sizeof size).append(text);
    }
    return packed;
}

}  // namespace tokenyard::gpu
