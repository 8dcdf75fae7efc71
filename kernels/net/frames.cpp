// SPDX-License-Identifier: Apache-2.0
#include "net/frames.hpp"

#include <cstring>

namespace tokenyard::gpu {
namespace {

constexpr std::uint32_t mark = 0x59544B31;  // "1KTY": another program that comes to this port does not begin like this
constexpr int pieces_at_once = 64;          // 4 MiB, then others have their turn

struct Head {
    std::uint32_t mark, kind;
    std::uint64_t number, size;
};

}  // namespace

void FrameReader::read_from(const Socket& socket) {
    char piece[65536];
    for (int at = 0; at < pieces_at_once; ++at) {
        const std::size_t count = receive_some(socket, piece, sizeof piece);
        unread_.append(piece, count);
        // Beyond what may come in one frame, what there is must be looked at first.
        if (count < sizeof piece || unread_.size() > most_bytes_) return;
    }
}

std::optional<Frame> FrameReader::next() {
    Head head{};
    if (unread_.size() < sizeof head) return {};
    std::memcpy(&head, unread_.data(), sizeof head);
    if (head.mark != mark || head.kind > static_cast<std::uint32_t>(FrameKind::bye) || head.size > most_bytes_)
        throw SocketError("found something else than a rank of tokenyard-gpu");
    if (unread_.size() - sizeof head < head.size) return {};
    Frame frame{static_cast<FrameKind>(head.kind), head.number, unread_.substr(sizeof head, head.size)};
    unread_.erase(0, sizeof head + head.size);
    return frame;
}

void send_frame(const Socket& to, const Frame& frame, const Patience& patience) {
    const Head head{mark, static_cast<std::uint32_t>(frame.kind), frame.number, frame.text.size()};
    std::string bytes(reinterpret_cast<const char*>(&head), sizeof head);
    bytes += frame.text;
    send_all(to, bytes.data(), bytes.size(), patience);
}

}  // namespace tokenyard::gpu
