// SPDX-License-Identifier: Apache-2.0
// TCP sockets that wait no longer than they are told to. Nothing here knows of ranks or of GPUs.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>

namespace tokenyard::gpu {

using Clock = std::chrono::steady_clock;
using Moment = Clock::time_point;

/// A connection that failed or ended: what was tried, and the system's reason.
struct SocketError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// How long a call may wait; `check` runs every few milliseconds meanwhile and throws to give up earlier.
struct Patience {
    Moment until;
    std::function<void()> check = {};
};

inline Moment seconds_from_now(double seconds) {
    return Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

/// An open socket, closed at its end. Never blocks, is not inherited by programs that are started, and sends at once (no Nagle).
class Socket {
public:
    Socket() = default;
    explicit Socket(int descriptor) : descriptor_(descriptor) {}
    Socket(Socket&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
    Socket& operator=(Socket&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~Socket();

    int descriptor() const { return descriptor_; }
    bool is_open() const { return descriptor_ >= 0; }

private:
    int descriptor_ = -1;
};

/// Listens on a port, or on any free one for 0; on every interface, or on 127.0.0.1 alone. Throws SocketError.
Socket listen_on(int port, bool is_loopback_only);
int port_of(const Socket& listener);
/// The numeric address of this end.
std::string own_address_of(const Socket& connection);

/// Tries again while nobody listens there yet. Throws SocketError: "cannot reach HOST:PORT: reason".
Socket connect_to(const std::string& host, int port, const Patience& patience);
/// Throws SocketError when nobody comes.
Socket accept_from(const Socket& listener, const Patience& patience);

/// All bytes or SocketError.
void send_all(const Socket& to, const void* bytes, std::size_t count, const Patience& patience);
void receive_all(const Socket& from, void* bytes, std::size_t count, const Patience& patience);

/// What can be sent or received right now: a number of bytes, 0 when none. Throws SocketError; at the end of a connection with
/// "connection closed".
std::size_t send_some(const Socket& to, const void* bytes, std::size_t count);
std::size_t receive_some(const Socket& from, void* bytes, std::size_t count);

}  // namespace tokenyard::gpu
