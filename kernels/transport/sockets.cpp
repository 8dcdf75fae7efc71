// SPDX-License-Identifier: Apache-2.0
// All-to-all through host memory and TCP connections between every two ranks: needs no library, and has no speed to speak of.
#include "transport/host_memory.hpp"
#include "transport/libraries.hpp"

#include <poll.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>

namespace tokenyard::gpu {
namespace {

constexpr int poll_ms = 20;

/// What is still to be sent to and received from one rank.
struct Conversation {
    const char* out = nullptr;
    char* in = nullptr;
    std::size_t to_send = 0, to_receive = 0;
};

class SocketsTransport : public Transport {
public:
    explicit SocketsTransport(Group& group) : group_(group), connections_(static_cast<std::size_t>(group.ranks())) {
        const Socket listener = listen_on(0, false);
        const std::vector<std::string> addresses =
            group.gather(group.own_address() + " " + std::to_string(port_of(listener)) + " " + std::to_string(random_number()));
        key_ = std::stoull(addresses[0].substr(addresses[0].rfind(' ') + 1));
        try {
            for (int rank = 0; rank < group.rank(); ++rank)
                connections_[static_cast<std::size_t>(rank)] = call(addresses[static_cast<std::size_t>(rank)]);
            welcome_all(listener);
        } catch (const SocketError& error) {
            group.give_up("rank " + std::to_string(group.rank()) + ": " + error.what(), false);
        }
    }

    std::string name() const override { return "sockets"; }
    std::string description() const override { return "TCP between every two ranks, staged through host memory"; }
    bool is_asynchronous() const override { return false; }
    Buffer allocate(std::size_t bytes) override { return device_buffer(bytes); }
    void wait(cudaStream_t stream) override { wait_for_stream(stream, group_); }
    void align(cudaStream_t stream) override {
        wait(stream);
        group_.wait_for_all();
    }
    std::vector<double> arrivals_us() const override { return arrivals_us_; }

    void all_to_all(const std::vector<Message>& messages, cudaStream_t stream) override {
        for (const Message& message : messages) exchange(message, stream);
    }

private:
    /// What a rank says first. The key, which rank 0 has drawn, tells it from whoever else comes to this port.
    struct Greeting {
        std::uint64_t key, rank;
    };

    static std::uint64_t random_number() {
        std::random_device source;
        return std::uint64_t{source()} << 32 | source();
    }

    Socket call(const std::string& address) {
        const std::size_t blank = address.find(' ');
        Socket socket = connect_to(address.substr(0, blank), std::stoi(address.substr(blank + 1)), group_.patience());
        const Greeting own{key_, static_cast<std::uint64_t>(group_.rank())};
        send_all(socket, &own, sizeof own, group_.patience());
        return socket;
    }

    struct Guest {
        Socket socket;
        Greeting greeting{};
        std::size_t received = 0;
        bool is_gone = false;
    };

    /// Until every higher rank has come; who says something else, or nothing, keeps nobody waiting.
    void welcome_all(const Socket& listener) {
        const Patience patience = group_.patience();
        std::vector<Guest> guests;
        for (int missing = group_.ranks() - 1 - group_.rank(); missing > 0;) {
            std::vector<pollfd> watched{{listener.descriptor(), POLLIN, 0}};
            for (const Guest& guest : guests) watched.push_back({guest.socket.descriptor(), POLLIN, 0});
            if (poll(watched.data(), watched.size(), poll_ms) <= 0) {
                patience.check();
                if (Clock::now() > patience.until) throw SocketError("nobody has come: Connection timed out");
                continue;
            }
            for (std::size_t at = 0; at < guests.size(); ++at)
                if (watched[at + 1].revents != 0) missing -= is_welcome(guests[at]);
            guests.erase(std::remove_if(guests.begin(), guests.end(), [](const Guest& guest) { return guest.is_gone; }),
                         guests.end());
            if (watched[0].revents != 0) guests.emplace_back().socket = accept_from(listener, patience);
        }
    }

    /// Reads on; true when it turns out to be a rank that was missing.
    bool is_welcome(Guest& guest) {
        try {
            guest.received += receive_some(guest.socket, reinterpret_cast<char*>(&guest.greeting) + guest.received,
                                           sizeof guest.greeting - guest.received);
        } catch (const SocketError&) {
            guest.is_gone = true;
            return false;
        }
        if (guest.received < sizeof guest.greeting) return false;
        guest.is_gone = true;
        const std::uint64_t rank = guest.greeting.rank;
        if (guest.greeting.key != key_ || rank <= static_cast<std::uint64_t>(group_.rank()) || rank >= connections_.size() ||
            connections_[rank].is_open())
            return false;
        connections_[rank] = std::move(guest.socket);
        return true;
    }

    void exchange(const Message& message, cudaStream_t stream) {
        const Blocks& blocks = message.blocks;
        const auto own = static_cast<std::size_t>(group_.rank());
        if (blocks.send_bytes[own] != blocks.receive_bytes[own])
            throw std::logic_error("a rank sends itself other sizes than it receives");
        wait(stream);
        const Moment start = Clock::now();
        char* const out = outgoing_.of(end_of(blocks.send_bytes, blocks.send_offsets));
        char* const in = incoming_.of(end_of(blocks.receive_bytes, blocks.receive_offsets));
        fetch(message, out, stream);
        std::vector<Conversation> open(connections_.size());
        for (std::size_t rank = 0; rank < open.size(); ++rank)
            if (rank != own)
                open[rank] = {out + blocks.send_offsets[rank], in + blocks.receive_offsets[rank], blocks.send_bytes[rank],
                              blocks.receive_bytes[rank]};
        if (blocks.send_bytes[own] > 0)
            std::memcpy(in + blocks.receive_offsets[own], out + blocks.send_offsets[own], blocks.send_bytes[own]);
        arrivals_us_.assign(open.size(), 0);
        talk(open, start);
        store(message, in, stream);
    }

    void talk(std::vector<Conversation>& open, Moment start) {
        for (Moment last_move = Clock::now();;) {
            std::vector<pollfd> watched;
            std::vector<std::size_t> ranks;
            for (std::size_t rank = 0; rank < open.size(); ++rank) {
                const int events = (open[rank].to_send > 0 ? POLLOUT : 0) | (open[rank].to_receive > 0 ? POLLIN : 0);
                if (events == 0) continue;
                watched.push_back({connections_[rank].descriptor(), static_cast<short>(events), 0});
                ranks.push_back(rank);
            }
            if (watched.empty()) return;
            group_.check();
            if (poll(watched.data(), watched.size(), poll_ms) > 0) last_move = Clock::now();
            for (std::size_t at = 0; at < watched.size(); ++at)
                if (watched[at].revents != 0) move_on(ranks[at], open[ranks[at]], start);
            if (Clock::now() > last_move + std::chrono::duration<double>(group_.timeout_s()))
                group_.give_up("nothing has moved in time", true);
        }
    }

    void move_on(std::size_t rank, Conversation& one, Moment start) {
        try {
            if (one.to_send > 0) {
                const std::size_t sent = send_some(connections_[rank], one.out, one.to_send);
                one.out += sent;
                one.to_send -= sent;
            }
            if (one.to_receive > 0) {
                const std::size_t received = receive_some(connections_[rank], one.in, one.to_receive);
                one.in += received;
                one.to_receive -= received;
                if (one.to_receive == 0)
                    arrivals_us_[rank] = std::chrono::duration<double, std::micro>(Clock::now() - start).count();
            }
        } catch (const SocketError& error) {
            group_.give_up("rank " + std::to_string(rank) + " is gone: its " + error.what() + ", at an exchange", false);
        }
    }

    Group& group_;
    std::vector<Socket> connections_;  // one a rank; none to itself
    std::uint64_t key_ = 0;
    HostMemory outgoing_, incoming_;
    std::vector<double> arrivals_us_;
};

}  // namespace

std::unique_ptr<Transport> make_sockets_transport(Group& group) { return std::make_unique<SocketsTransport>(group); }

}  // namespace tokenyard::gpu
