// SPDX-License-Identifier: Apache-2.0
// Whole messages over a socket between processes of this program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tokenyard {

struct MessageHeader {
    std::uint64_t job = 0, is_lost = 0, size = 0;
};

/// False when the other end is gone.
bool send_all(int socket, const void* bytes, std::size_t size);
bool receive_all(int socket, void* bytes, std::size_t size);

/// Everything until the other end closes; nothing when it cannot be read.
std::string receive_rest(int file);

}  // namespace tokenyard
