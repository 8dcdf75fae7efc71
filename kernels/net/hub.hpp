// SPDX-License-Identifier: Apache-2.0
// Where the ranks meet: collects what they give, hands it to all of them, and notices who is dead or late. Lives in rank 0's
// process.
#pragma once

#include "net/frames.hpp"
#include "net/socket.hpp"

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace tokenyard::gpu {

/// A thread that serves `ranks` ranks who come to `listener`. It ends when all of them have said bye; when one is gone (its
/// connection closed), silent (no beat for `timeout_s`, or for half of it when another gives up) or late (the others have waited
/// that long for it), it tells all the others which one and why, and ends when they have gone too. Who comes with another token,
/// or with nothing that a rank says, is told so and sent away, and nobody else is.
class Hub {
public:
    Hub(Socket listener, int ranks, double timeout_s, std::string token = {});
    ~Hub();  // waits for the ranks to go, no longer than a few seconds past a failure
    Hub(const Hub&) = delete;
    Hub& operator=(const Hub&) = delete;

private:
    struct Visitor;
    void serve();
    void accept_more();
    void listen_to(Visitor& visitor);
    void take(Visitor& visitor, Frame frame);
    void introduce(Visitor& visitor, const Frame& hello);
    void hand_out_if_complete();
    void look_for_the_late();
    void judge(const Visitor& asking, const Frame& stuck);
    void fail_for_silence(const Visitor& visitor);
    void fail(const std::string& why);
    void tell(Visitor& visitor, const std::string& failure);
    bool is_over() const;
    Visitor* visitor_of(int rank) const;

    Socket listener_;
    int ranks_;
    double timeout_s_;
    std::string token_;
    std::vector<std::unique_ptr<Visitor>> visitors_;
    std::uint64_t gatherings_ = 0;  // done
    Moment start_, failed_at_{};
    bool has_failed_ = false;
    std::string failure_;
    std::thread thread_;
};

}  // namespace tokenyard::gpu
