// SPDX-License-Identifier: Apache-2.0
// Work on every rank's tokens, on as many threads as there are.
#pragma once

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace tokenyard {

/// Calls visit(rank, notes) once for every rank, on `threads` threads (0: one for each core), each with notes of its own
/// that make_notes() made. Gives the notes of all threads: whatever is made of them must not depend on who noted what.
template <class MakeNotes, class Visit>
auto visit_ranks(int ranks, int threads, const MakeNotes& make_notes, const Visit& visit) {
    if (threads <= 0) threads = static_cast<int>(std::thread::hardware_concurrency());
    threads = std::clamp(threads, 1, std::max(ranks, 1));
    std::vector<decltype(make_notes())> notes;
    for (int i = 0; i < threads; ++i) notes.push_back(make_notes());
    std::atomic<int> next = 0;
    const auto work = [&](auto& own) {
        for (int rank = next++; rank < ranks; rank = next++) visit(rank, own);
    };
    std::vector<std::future<void>> others;  // wait at their end, and hand on what was thrown
    for (int i = 1; i < threads; ++i)
        others.push_back(std::async(std::launch::async, [&work, &own = notes[static_cast<std::size_t>(i)]] { work(own); }));
    work(notes.front());
    for (std::future<void>& other : others) other.get();
    return notes;
}

}  // namespace tokenyard
