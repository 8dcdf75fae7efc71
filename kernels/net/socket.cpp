// SPDX-License-Identifier: Apache-2.0
#include "net/socket.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <thread>

namespace tokenyard::gpu {
namespace {

constexpr int poll_ms = 20, retry_ms = 20, backlog = 4096;

[[noreturn]] void fail(const std::string& what, int reason) { throw SocketError(what + ": " + std::strerror(reason)); }

bool is_for_later(int reason) { return reason == EAGAIN || reason == EWOULDBLOCK || reason == EINTR; }

void set_up(int descriptor) {
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
    const int yes = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes,
               sizeof yes);  // fails on listeners of other kinds, where it does not matter
}

/// Waits until something happens there, a few milliseconds at most, then looks whether to go on.
void wait_for(int descriptor, short events, const Patience& patience, const std::string& what) {
    pollfd one{descriptor, events, 0};
    if (poll(&one, 1, poll_ms) < 0 && errno != EINTR) fail(what, errno);
    if (patience.check) patience.check();
    if (one.revents == 0 && Clock::now() > patience.until) fail(what, ETIMEDOUT);
}

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Addresses addresses_of(const std::string& host, int port) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int status = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (status != 0) throw SocketError("cannot find '" + host + "': " + gai_strerror(status));
    return {found, freeaddrinfo};
}

/// Two ends with one address: while nobody listens on a port, a connection to it from the same machine may be given that very
/// port as its own, and then TCP connects it to itself.
bool is_its_own_peer(const Socket& socket) {
    sockaddr_storage own{}, peer{};
    socklen_t own_size = sizeof own, peer_size = sizeof peer;
    return getsockname(socket.descriptor(), reinterpret_cast<sockaddr*>(&own), &own_size) == 0 &&
           getpeername(socket.descriptor(), reinterpret_cast<sockaddr*>(&peer), &peer_size) == 0 && own_size == peer_size &&
           std::memcmp(&own, &peer, own_size) == 0;
}

/// The connection, or none with the reason.
Socket try_to_connect(const addrinfo& address, int& reason, const Patience& patience) {
    Socket socket(::socket(address.ai_family, SOCK_STREAM, 0));
    if (!socket.is_open()) {
        reason = errno;
        return {};
    }
    set_up(socket.descriptor());
    if (connect(socket.descriptor(), address.ai_addr, address.ai_addrlen) != 0 && errno != EINPROGRESS) {
        reason = errno;
        return {};
    }
    for (pollfd one{socket.descriptor(), POLLOUT, 0}; poll(&one, 1, poll_ms) <= 0;) {
        if (patience.check) patience.check();
        if (Clock::now() > patience.until) {
            reason = ETIMEDOUT;
            return {};
        }
    }
    socklen_t size = sizeof reason;
    getsockopt(socket.descriptor(), SOL_SOCKET, SO_ERROR, &reason, &size);
    if (reason == 0 && is_its_own_peer(socket)) reason = ECONNREFUSED;
    return reason == 0 ? std::move(socket) : Socket();
}

}  // namespace

Socket::~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
}

Socket listen_on(int port, bool is_loopback_only) {
    Socket listener(::socket(AF_INET, SOCK_STREAM, 0));
    if (!listener.is_open()) fail("cannot make a socket", errno);
    set_up(listener.descriptor());
    const int yes = 1;
    setsockopt(listener.descriptor(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(is_loopback_only ? INADDR_LOOPBACK : INADDR_ANY);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    if (bind(listener.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(listener.descriptor(), backlog) != 0)
        fail("cannot listen on port " + std::to_string(port), errno);
    return listener;
}

int port_of(const Socket& listener) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    if (getsockname(listener.descriptor(), reinterpret_cast<sockaddr*>(&address), &size) != 0) fail("cannot read a port", errno);
    return ntohs(address.sin_port);
}

std::string own_address_of(const Socket& connection) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    char text[NI_MAXHOST];
    if (getsockname(connection.descriptor(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
        fail("cannot read an address", errno);
    if (getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0)
        throw SocketError("cannot write an address as text");
    return text;
}

Socket connect_to(const std::string& host, int port, const Patience& patience) {
    const Addresses addresses = addresses_of(host, port);
    for (;;) {
        int reason = 0;
        for (const addrinfo* address = addresses.get(); address; address = address->ai_next) {
            Socket socket = try_to_connect(*address, reason, patience);
            if (socket.is_open()) return socket;
        }
        if (Clock::now() > patience.until) fail("cannot reach " + host + ":" + std::to_string(port), reason);
        if (patience.check) patience.check();
        std::this_thread::sleep_for(std::chrono::milliseconds(retry_ms));
    }
}

Socket accept_from(const Socket& listener, const Patience& patience) {
    for (;;) {
        const int descriptor = accept(listener.descriptor(), nullptr, nullptr);
        if (descriptor >= 0) {
            set_up(descriptor);
            return Socket(descriptor);
        }
        if (!is_for_later(errno) && errno != ECONNABORTED) fail("cannot accept a connection", errno);
        wait_for(listener.descriptor(), POLLIN, patience, "nobody has come");
    }
}

std::size_t send_some(const Socket& to, const void* bytes, std::size_t count) {
    const ssize_t sent = send(to.descriptor(), bytes, count, MSG_NOSIGNAL);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    if (is_for_later(errno)) return 0;
    if (errno == EPIPE || errno == ECONNRESET) throw SocketError("connection closed");
    fail("cannot send", errno);
}

std::size_t receive_some(const Socket& from, void* bytes, std::size_t count) {
    const ssize_t received = recv(from.descriptor(), bytes, count, 0);
    if (received > 0) return static_cast<std::size_t>(received);
    if (received == 0 || errno == ECONNRESET) throw SocketError("connection closed");
    if (is_for_later(errno)) return 0;
    fail("cannot receive", errno);
}

void send_all(const Socket& to, const void* bytes, std::size_t count, const Patience& patience) {
    const char* next = static_cast<const char*>(bytes);
    while (count > 0) {
        const std::size_t sent = send_some(to, next, count);
        next += sent;
        count -= sent;
        if (sent == 0) wait_for(to.descriptor(), POLLOUT, patience, "cannot send");
    }
}

void receive_all(const Socket& from, void* bytes, std::size_t count, const Patience& patience) {
    char* next = static_cast<char*>(bytes);
    while (count > 0) {
        const std::size_t received = receive_some(from, next, count);
        next += received;
        count -= received;
        if (received == 0) wait_for(from.descriptor(), POLLIN, patience, "cannot receive");
    }
}

}  // namespace tokenyard::gpu
