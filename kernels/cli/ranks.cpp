// SPDX-License-Identifier: Apache-2.0
#include "cli/ranks.hpp"

#include "cli/forked_ranks.hpp"
#include "cli/run.hpp"
#include "transport/mpi_start.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <thread>

namespace tokenyard::gpu {
namespace {

[[noreturn]] void say_and_end(const std::string& why) {
    std::fprintf(stderr, "tokenyard-gpu: error: %s\n", why.c_str());
    std::fflush(nullptr);
    _exit(3);
}

/// One rank from beginning to end. Its errors are told to the others, and thrown on.
int run_rank(const Place& place, Socket listener, const RanksOptions& options, const RankWork& work,
             const LastWords& last_words) {
    const DeviceSearch search = find_device(place.local_rank);
    if (!search.is_found) throw NoDevice(search.reason);
    const int device = place.local_rank % search.count;
    TOKENYARD_CUDA(cudaSetDevice(device));
    if (options.forked > search.count) share_a_gpu(place.rank);
    Group group(place, std::move(listener), options.timeout_s, last_words);
    try {
        return work(group, device, search.device);
    } catch (const GroupError&) {
        throw;
    } catch (const std::exception& error) {
        group.leave(error.what());
        throw;
    }
}

/// Rank 0 of some that this process starts; the others differ in their number alone.
Place first_place(int ranks, const Socket& listener, const std::string& launcher) {
    return {0, ranks, 0, "127.0.0.1", port_of(listener), false, launcher, random_token()};
}

Place with_rank(Place place, int rank) {
    place.rank = place.local_rank = rank;
    return place;
}

int run_forked(const RanksOptions& options, const RanksCheck& check, const RankWork& work) {
    check(options.forked);
    Socket listener = listen_on(0, true);
    const Place first = first_place(options.forked, listener, "--ranks");
    return fork_ranks(
        options.forked,
        [&](int rank, const LastWords& last_words) {
            // Where others held it open too, nobody would notice that rank 0 is gone.
            Socket own = std::move(listener);
            if (rank > 0) own = Socket();
            return run_rank(with_rank(first, rank), std::move(own), options, work, last_words);
        },
        [&] { listener = Socket(); });
}

int run_threads(const RanksOptions& options, const RanksCheck& check, const RankWork& work) {
    const DeviceSearch search = find_device();
    if (!search.is_found) throw NoDevice(search.reason);
    check(search.count);
    Socket listener = listen_on(0, true);
    std::vector<Place> places;
    for (int rank = 0; rank < search.count; ++rank)
        places.push_back(with_rank(first_place(search.count, listener, "the GPUs here"), rank));
    for (Place& place : places) place.token = places[0].token;
    std::vector<Outcome> outcomes(places.size());
    std::vector<std::thread> threads;
    for (const Place& place : places)
        threads.emplace_back([&] {
            outcomes[static_cast<std::size_t>(place.rank)] = outcome_of(
                [&] { return run_rank(place, place.rank == 0 ? std::move(listener) : Socket(), options, work, say_and_end); });
        });
    for (std::thread& thread : threads) thread.join();
    return combined(outcomes);
}

int run_as_launched(Place place, const RanksOptions& options, const RanksCheck& check, const RankWork& work) {
    Socket listener;
    const bool is_mpi = options.transport.name == "mpi";
    const bool can_ask_mpi = place.is_by_mpi && place.address.empty() && built_with().find("with MPI") != std::string::npos;
    if (is_mpi || can_ask_mpi) start_mpi(place, listener);
    else if (place.address.empty() && place.ranks > 1)
        throw UsageError(std::string("MASTER_ADDR: found nothing; expected the address of rank 0") +
                         (place.is_by_mpi ? ", because this tokenyard-gpu is " + built_with() : ""));
    if (place.address.empty()) place.address = "127.0.0.1";
    check(place.ranks);
    if (place.ranks == 1 && !listener.is_open()) {
        listener = listen_on(0, true);
        place.port = port_of(listener);
    }
    const int code = run_rank(place, std::move(listener), options, work, say_and_end);
    if (is_mpi || can_ask_mpi) end_mpi();
    return code;
}

std::optional<Place> launched_place() {
    try {
        return place_from_environment([](const char* name) { return std::getenv(name); });
    } catch (const std::invalid_argument& error) {
        throw UsageError(error.what());
    }
}

}  // namespace

int run_ranks(const RanksOptions& options, const RanksCheck& check, const RankWork& work) {
    if (const std::string refusal = transport_refusal(options.transport); !refusal.empty())
        throw UsageError("--transport: " + refusal);
    if (options.forked > 0) {
        if (options.transport.name == "mpi")
            throw UsageError("--ranks: found it beside --transport mpi; expected mpirun or srun to start the ranks");
        return run_forked(options, check, work);
    }
    if (const std::optional<Place> place = launched_place()) return run_as_launched(*place, options, check, work);
    if (options.transport.name == "mpi") return run_as_launched({}, options, check, work);
    return run_threads(options, check, work);
}

}  // namespace tokenyard::gpu
