// SPDX-License-Identifier: Apache-2.0
// A port for programs that are told one.
#pragma once

#include <catch2/catch.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace tokenyard {

/// A port that is free and stays so for the ranks: this holds it without listening, and lets others who say so have it too.
class ReservedPort {
public:
    ReservedPort() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
        const int yes = 1;
        sockaddr_in address{};
        address.sin_family = AF_INET;
        socklen_t size = sizeof address;
        REQUIRE(setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0);
        REQUIRE(bind(socket_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
        REQUIRE(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        number_ = std::to_string(ntohs(address.sin_port));
    }
    ~ReservedPort() { close(socket_); }
    ReservedPort(const ReservedPort&) = delete;
    ReservedPort& operator=(const ReservedPort&) = delete;
    const std::string& number() const { return number_; }

private:
    int socket_;
    std::string number_;
};

}  // namespace tokenyard
