// SPDX-License-Identifier: Apache-2.0
#include "net/hub.hpp"

#include <poll.h>

#include <algorithm>
#include <iomanip>
#include <sstream>

namespace tokenyard::gpu {
namespace {

constexpr int poll_ms = 50;
constexpr double send_s = 5, farewell_s = 2;

double seconds_since(Moment then) { return std::chrono::duration<double>(Clock::now() - then).count(); }

std::string seconds_text(double seconds) {
    std::string text = std::to_string(seconds);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text + " s";
}

}  // namespace

struct Hub::Visitor {
    Socket socket;
    FrameReader reader;
    int rank = -1;  // until it has said hello
    bool has_left = false, is_lost = false;
    bool is_sent_away = false;  // a stranger: what else it says is dropped until it goes, or it would not hear why
    Moment last_seen = Clock::now(), gave_at{};
    std::uint64_t steps = 0;
    std::string step = "the start";
    std::string blob;
    bool has_given = false;

    bool is_here() const { return rank >= 0 && !has_left && !is_lost; }
};

Hub::Hub(Socket listener, int ranks, double timeout_s, std::string token)
    : listener_(std::move(listener)),
      ranks_(ranks),
      timeout_s_(timeout_s),
      token_(std::move(token)),
      start_(Clock::now()),
      thread_([this] { serve(); }) {}

Hub::~Hub() { thread_.join(); }

void Hub::serve() {
    while (!is_over()) {
        std::vector<pollfd> watched{{listener_.descriptor(), POLLIN, 0}};
        std::vector<Visitor*> by_place{nullptr};
        for (const auto& visitor : visitors_)
            if (!visitor->has_left && !visitor->is_lost) {
                watched.push_back({visitor->socket.descriptor(), POLLIN, 0});
                by_place.push_back(visitor.get());
            }
        poll(watched.data(), watched.size(), poll_ms);
        if (watched[0].revents != 0) accept_more();
        for (std::size_t at = 1; at < watched.size(); ++at)
            if (watched[at].revents != 0) listen_to(*by_place[at]);
        visitors_.erase(std::remove_if(visitors_.begin(), visitors_.end(),
                                       [](const auto& visitor) { return visitor->rank < 0 && visitor->is_lost; }),
                        visitors_.end());
        hand_out_if_complete();
        if (!has_failed_) look_for_the_late();
    }
    visitors_.clear();  // who still waits is to see that nobody answers any more
    listener_ = {};
}

/// Everybody has gone, or had the time to after a failure: to come at all, too, and to hear of it. Rank 0, in whose process this
/// runs, is waited for.
bool Hub::is_over() const {
    if (has_failed_ && seconds_since(failed_at_) > farewell_s) return true;
    const auto has_gone = [](const auto& visitor) { return visitor->rank < 0 || visitor->has_left || visitor->is_lost; };
    const auto known = std::count_if(visitors_.begin(), visitors_.end(), [](const auto& visitor) { return visitor->rank >= 0; });
    return (known == ranks_ || (has_failed_ && visitor_of(0))) && std::all_of(visitors_.begin(), visitors_.end(), has_gone);
}

Hub::Visitor* Hub::visitor_of(int rank) const {
    const auto found =
        std::find_if(visitors_.begin(), visitors_.end(), [&](const auto& visitor) { return visitor->rank == rank; });
    return found == visitors_.end() ? nullptr : found->get();
}

void Hub::accept_more() {
    try {
        auto visitor = std::make_unique<Visitor>();
        visitor->socket = accept_from(listener_, {Clock::now()});
        visitor->reader.take_no_more_than(FrameReader::most_of_a_stranger);
        visitors_.push_back(std::move(visitor));
        if (has_failed_) tell(*visitors_.back(), failure_);  // it comes late: the others know already
    } catch (const SocketError&) {
        return;  // who knocked has gone again
    }
}

void Hub::listen_to(Visitor& visitor) {
    try {
        if (visitor.is_sent_away) {
            visitor.reader.read_from(visitor.socket);
            visitor.reader = {};
            if (seconds_since(visitor.last_seen) > farewell_s) throw SocketError("a stranger does not go");
            return;
        }
        visitor.last_seen = Clock::now();
        try {
            visitor.reader.read_from(visitor.socket);
        } catch (const SocketError&) {
            while (std::optional<Frame> frame = visitor.reader.next()) take(visitor, std::move(*frame));  // its last words
            throw;
        }
        while (!visitor.is_sent_away) {
            std::optional<Frame> frame = visitor.reader.next();
            if (!frame) break;
            take(visitor, std::move(*frame));
        }
    } catch (const SocketError& error) {
        visitor.is_lost = true;
        if (visitor.rank >= 0 && !visitor.has_left)
            fail("rank " + std::to_string(visitor.rank) + " is gone: its " + error.what() + ", at " + visitor.step);
    }
}

void Hub::take(Visitor& visitor, Frame frame) {
    if (frame.kind == FrameKind::hello) {
        introduce(visitor, frame);
        return;
    }
    if (visitor.rank < 0) throw SocketError("found no hello");
    switch (frame.kind) {
        case FrameKind::beat:
            visitor.steps = frame.number;
            visitor.step = frame.text;
            break;
        case FrameKind::blob:
            visitor.blob = std::move(frame.text);
            visitor.has_given = true;
            visitor.gave_at = Clock::now();
            break;
        case FrameKind::stuck: judge(visitor, frame); break;
        case FrameKind::failure: fail("rank " + std::to_string(visitor.rank) + ": " + frame.text); [[fallthrough]];
        case FrameKind::bye: visitor.has_left = true; break;
        default: throw SocketError("found a frame that is not for the hub");
    }
}

void Hub::introduce(Visitor& visitor, const Frame& hello) {
    const std::size_t blank = hello.text.find(' ');
    const std::string here = std::to_string(ranks_), theirs = hello.text.substr(0, blank), rank = std::to_string(hello.number);
    if ((blank == std::string::npos ? "" : hello.text.substr(blank + 1)) != token_) {
        tell(visitor, "found another run on this port; expected MASTER_PORT or TOKENYARD_RUN to tell the runs apart");
        visitor.is_sent_away = true;
        return;
    }
    const bool is_rank = hello.number < static_cast<std::uint64_t>(ranks_);
    const bool is_new = is_rank && !visitor_of(static_cast<int>(hello.number));
    if (is_new) visitor.rank = static_cast<int>(hello.number);
    visitor.reader.take_no_more_than(FrameReader::most_of_a_rank);
    if (theirs != here) fail("rank " + rank + " belongs to " + theirs + " ranks; expected " + here);
    else if (!is_new)
        fail("found rank " + rank + (is_rank ? " twice; expected each of " + here + " once" : "; expected ranks of " + here));
}

void Hub::hand_out_if_complete() {
    std::vector<std::string> blobs(static_cast<std::size_t>(ranks_));
    int given = 0;
    for (const auto& visitor : visitors_)
        if (visitor->is_here() && visitor->has_given) ++given;
    if (given < ranks_ || has_failed_) return;
    for (const auto& visitor : visitors_)
        if (visitor->is_here()) {
            blobs[static_cast<std::size_t>(visitor->rank)] = std::move(visitor->blob);
            visitor->has_given = false;
        }
    const Frame all{FrameKind::gathered, ++gatherings_, pack(blobs)};
    for (const auto& visitor : visitors_)
        if (visitor->is_here()) try {
                send_frame(visitor->socket, all, {seconds_from_now(send_s)});
            } catch (const SocketError& error) {
                visitor->is_lost = true;
                fail("rank " + std::to_string(visitor->rank) + " is gone: its " + error.what() + ", at " + visitor->step);
                return;
            }
}

void Hub::look_for_the_late() {
    std::string missing;
    int missing_count = 0;
    for (int rank = 0; rank < ranks_; ++rank)
        if (!visitor_of(rank)) missing += (missing_count++ == 0 ? "" : ", ") + std::to_string(rank);
    if (!missing.empty() && seconds_since(start_) > timeout_s_)
        return fail((missing_count > 1 ? "ranks " + missing + " have" : "rank " + missing + " has") + " not come within " +
                    seconds_text(timeout_s_));
    const Visitor *waiting = nullptr, *late = nullptr;
    for (const auto& visitor : visitors_) {
        if (!visitor->is_here()) continue;
        if (seconds_since(visitor->last_seen) > timeout_s_) return fail_for_silence(*visitor);
        if (visitor->has_given && seconds_since(visitor->gave_at) > timeout_s_) waiting = visitor.get();
        if (!visitor->has_given && (!late || visitor->steps < late->steps)) late = visitor.get();
    }
    if (missing.empty() && waiting && late)
        fail("rank " + std::to_string(late->rank) + " is late: the others have waited " + seconds_text(timeout_s_) +
             " for it at " + waiting->step + ", and it is at " + late->step);
}

/// Whose fault it is that something does not end: the rank's that is silent, else the rank's that has begun fewest steps, if that
/// is fewer than who asks. Who stopped in the step that all are in beat a little later than the others began to wait, so it is
/// not yet silent for the whole timeout when they give up.
void Hub::judge(const Visitor& asking, const Frame& stuck) {
    for (const auto& visitor : visitors_)
        if (visitor->is_here() && seconds_since(visitor->last_seen) > timeout_s_ / 2) return fail_for_silence(*visitor);
    const auto last = std::min_element(visitors_.begin(), visitors_.end(), [](const auto& a, const auto& b) {
        return (a->is_here() ? a->steps : ~std::uint64_t{0}) < (b->is_here() ? b->steps : ~std::uint64_t{0});
    });
    if ((*last)->is_here() && (*last)->steps < stuck.number)
        return fail("rank " + std::to_string((*last)->rank) + " is late: rank " + std::to_string(asking.rank) + " has waited " +
                    seconds_text(timeout_s_) + " at " + stuck.text + ", and it is at " + (*last)->step);
    fail("rank " + std::to_string(asking.rank) + " has waited " + seconds_text(timeout_s_) + " at " + stuck.text +
         ", and no rank is behind it");
}

void Hub::fail_for_silence(const Visitor& visitor) {
    std::ostringstream seconds;
    seconds << std::fixed << std::setprecision(1) << seconds_since(visitor.last_seen);
    fail("rank " + std::to_string(visitor.rank) + " is silent for " + seconds.str() + " s, at " + visitor.step);
}

void Hub::fail(const std::string& why) {
    if (has_failed_) return;
    has_failed_ = true;
    failure_ = why;
    failed_at_ = Clock::now();
    for (const auto& visitor : visitors_)
        if (!visitor->is_lost && !visitor->has_left) tell(*visitor, failure_);
}

void Hub::tell(Visitor& visitor, const std::string& failure) {
    try {
        send_frame(visitor.socket, {FrameKind::failure, 0, failure}, {seconds_from_now(1)});
    } catch (const SocketError&) {
        visitor.is_lost = true;  // it will not hear of it
    }
}

}  // namespace tokenyard::gpu
