// SPDX-License-Identifier: Apache-2.0
#include "net/group.hpp"

#include <poll.h>

#include <cstring>
#include <utility>

namespace tokenyard::gpu {
namespace {

constexpr double send_s = 5, verdict_s = 2;
constexpr double hanging_s = 4;  // that a rank may take to notice a failure by itself
constexpr int poll_ms = 100;     // and the time between two beats
constexpr const char* hub_is_gone = "rank 0 is gone: the connection to it closed";

std::vector<std::string> unpack(const std::string& packed) {
    std::vector<std::string> texts;
    for (std::size_t at = 0; at < packed.size();) {
        std::uint64_t size = 0;
        if (packed.size() - at < sizeof size) throw SocketError("found a broken message");
        std::memcpy(&size, packed.data() + at, sizeof size);
        at += sizeof size;
        if (packed.size() - at < size) throw SocketError("found a broken message");
        texts.push_back(packed.substr(at, size));
        at += size;
    }
    return texts;
}

}  // namespace

Group::Group(const Place& place, Socket listener, double timeout_s, LastWords last_words)
    : rank_(place.rank),
      ranks_(place.ranks),
      timeout_s_(timeout_s),
      launcher_(place.launcher),
      last_words_(std::move(last_words)) {
    if (place.rank == 0) {
        if (!listener.is_open()) listener = listen_on(place.port, false);
        hub_ = std::make_unique<Hub>(std::move(listener), ranks_, timeout_s, place.token);
    }
    try {
        socket_ = connect_to(place.address, place.port, {seconds_from_now(timeout_s)});
        own_address_ = own_address_of(socket_);
        send({FrameKind::hello, static_cast<std::uint64_t>(rank_), std::to_string(ranks_) + " " + place.token});
    } catch (const SocketError& error) {
        throw GroupError("rank " + std::to_string(rank_) + " cannot meet the others: " + error.what());
    }
    thread_ = std::thread([this] { listen(); });
    try {
        wait_for_all();
    } catch (...) {
        is_done_ = true;
        thread_.join();
        throw;
    }
}

Group::~Group() {
    leave({});
    is_done_ = true;
    thread_.join();
}

void Group::send(const Frame& frame) {
    const std::lock_guard lock(sending_);
    send_frame(socket_, frame, {seconds_from_now(send_s)});
}

void Group::listen() {
    FrameReader reader;
    for (Moment next_beat = Clock::now(); !is_done_;) {
        pollfd one{socket_.descriptor(), POLLIN, 0};
        const bool is_readable = !has_failed_ && poll(&one, 1, poll_ms) > 0;
        if (has_failed_) {
            std::this_thread::sleep_for(std::chrono::milliseconds(poll_ms));
            const std::lock_guard lock(mutex_);
            if (!has_left_ && Clock::now() > failed_at_ + std::chrono::duration<double>(hanging_s)) last_words_(failure_);
            continue;
        }
        try {
            if (is_readable) reader.read_from(socket_);
            while (const std::optional<Frame> frame = reader.next()) take(*frame);
            if (Clock::now() < next_beat) continue;
            beat();
            if (Clock::now() > guarded_until_.load()) {
                guarded_until_ = Moment::max();
                say_stuck();
            }
            next_beat = Clock::now() + std::chrono::milliseconds(poll_ms);
        } catch (const SocketError&) {
            try {
                while (const std::optional<Frame> frame = reader.next()) take(*frame);
            } catch (const SocketError&) {  // a broken frame: the connection is of no use either way
            }
            fail(hub_is_gone);
        }
    }
}

void Group::beat() {
    Frame frame{FrameKind::beat, 0, {}};
    {
        const std::lock_guard lock(mutex_);
        if (has_left_) return;
        frame.number = steps_;
        frame.text = step_;
    }
    send(frame);
}

void Group::take(const Frame& frame) {
    if (frame.kind == FrameKind::failure) fail(frame.text);
    if (frame.kind != FrameKind::gathered) return;
    const std::lock_guard lock(mutex_);
    gathered_ = frame.text;
    news_.notify_all();
}

void Group::fail(const std::string& why) {
    const std::lock_guard lock(mutex_);
    if (has_failed_ || has_left_) return;
    failure_ = why;
    failed_at_ = Clock::now();
    has_failed_ = true;
    news_.notify_all();
}

void Group::check() const {
    if (!has_failed_) return;
    const std::lock_guard lock(mutex_);
    throw GroupError(failure_);
}

std::vector<std::string> Group::gather(const std::string& blob) {
    check();
    try {
        beat();  // the hub is to know the step before it waits for anybody
        send({FrameKind::blob, 0, blob});
    } catch (const SocketError&) {
        fail(hub_is_gone);
    }
    std::unique_lock lock(mutex_);
    // The hub keeps the time; beyond it, it does not answer any more.
    const bool has_news =
        news_.wait_until(lock, seconds_from_now(2 * timeout_s_ + send_s), [&] { return gathered_ || has_failed_; });
    if (has_failed_) throw GroupError(failure_);
    if (!has_news) throw GroupError("rank 0 does not answer");
    const std::string all = *std::exchange(gathered_, {});
    return unpack(all);
}

void Group::begin(const std::string& step) {
    const std::lock_guard lock(mutex_);
    ++steps_;
    step_ = step;
}

void Group::give_up(const std::string& otherwise, bool is_timeout) {
    std::unique_lock lock(mutex_);
    if (is_timeout && !has_failed_) {
        lock.unlock();
        try {
            say_stuck();
        } catch (const SocketError&) {
            fail(hub_is_gone);
        }
        lock.lock();
    }
    news_.wait_until(lock, seconds_from_now(verdict_s), [&] { return has_failed_.load(); });
    if (has_failed_) throw GroupError(failure_);
    throw std::runtime_error(otherwise);
}

void Group::say_stuck() {
    beat();
    Frame frame{FrameKind::stuck, 0, {}};
    {
        const std::lock_guard lock(mutex_);
        frame.number = steps_;
        frame.text = step_;
    }
    send(frame);
}

void Group::leave(const std::string& why) {
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(has_left_, true) || has_failed_) return;
    }
    try {
        send(why.empty() ? Frame{FrameKind::bye, 0, {}} : Frame{FrameKind::failure, 0, why});
    } catch (const SocketError&) {  // nobody is there to be told
    }
}

Patience Group::patience() const {
    return {seconds_from_now(timeout_s_), [this] { check(); }};
}

}  // namespace tokenyard::gpu
