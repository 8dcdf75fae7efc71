// SPDX-License-Identifier: Apache-2.0
#include "net/place.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <random>
#include <stdexcept>

namespace tokenyard::gpu {
namespace {

constexpr int most_ranks = 65536, default_port = 29500;  // the port that PyTorch's launcher takes too

struct Launcher {
    const char *rank, *ranks;
    std::array<const char*, 2> local_rank;  // the first of them that is set
    std::array<const char*, 2> run;         // all of them tell one run from another
    const char* name;
};
constexpr Launcher launchers[] = {
    {"RANK", "WORLD_SIZE", {"LOCAL_RANK", nullptr}, {"TORCHELASTIC_RUN_ID", "SLURM_JOB_ID"}, "RANK and WORLD_SIZE"},
    {"OMPI_COMM_WORLD_RANK",
     "OMPI_COMM_WORLD_SIZE",
     {"OMPI_COMM_WORLD_LOCAL_RANK", nullptr},
     {"PMIX_NAMESPACE", "OMPI_MCA_ess_base_jobid"},
     "Open MPI's mpirun"},
    // mpirun of MPICH and what comes from it; srun --mpi=pmi2 sets the first two, and its own for the third
    {"PMI_RANK", "PMI_SIZE", {"MPI_LOCALRANKID", "SLURM_LOCALID"}, {"PMI_JOBID", "SLURM_JOB_ID"}, "PMI"},
    // Of a step, which srun alone makes: a batch script, where SLURM_PROCID and SLURM_NTASKS are set too, is no task.
    {"SLURM_PROCID", "SLURM_STEP_NUM_TASKS", {"SLURM_LOCALID", nullptr}, {"SLURM_JOB_ID", "SLURM_STEP_ID"}, "srun"},
};

using Lookup = std::function<const char*(const char*)>;

/// FNV-1a, 32 bits (Fowler, Noll and Vo).
std::uint32_t hash_of(const std::string& text) {
    std::uint32_t hash = 0x811C9DC5;
    for (const char character : text) hash = (hash ^ static_cast<unsigned char>(character)) * 0x01000193;
    return hash;
}

/// torchrun's agent listens on MASTER_PORT for its store, so ranks meet on another port: below those that Linux gives to
/// connections (32768 and more), and another one for each run and each time that it is started again.
int port_beside_torchrun(int port, const Lookup& lookup) {
    constexpr int first = 20000, count = 12000;
    if (!lookup("TORCHELASTIC_RUN_ID") && !lookup("TORCHELASTIC_USE_AGENT_STORE")) return port;
    std::string run = std::to_string(port);
    for (const char* name : {"TORCHELASTIC_RUN_ID", "TORCHELASTIC_RESTART_COUNT"})
        if (const char* value = lookup(name)) run.append(" ").append(value);
    return first + static_cast<int>(hash_of(run) % count);
}

std::string token_from(const Launcher& launcher, const Lookup& lookup) {
    if (const char* given = lookup("TOKENYARD_RUN")) return given;
    std::string token;
    for (const char* name : launcher.run)
        if (const char* value = lookup(name)) token.append(token.empty() ? "" : "/").append(value);
    return token;
}

int number_from(const char* name, const char* text, int low, int high) {
    int value = 0;
    const char* end = text + std::strlen(text);
    const auto [stop, error] = std::from_chars(text, end, value);
    if (*text == 0 || error != std::errc{} || stop != end || value < low || value > high)
        throw std::invalid_argument(std::string(name) + ": found '" + text + "'; expected a whole number from " +
                                    std::to_string(low) + " to " + std::to_string(high));
    return value;
}

}  // namespace

std::optional<Place> place_from_environment(const Lookup& lookup) {
    for (const Launcher& launcher : launchers) {
        const char *rank = lookup(launcher.rank), *ranks = lookup(launcher.ranks);
        if (!rank && !ranks) continue;
        if ((!rank || !ranks) && std::strcmp(launcher.rank, "SLURM_PROCID") == 0) continue;
        for (const auto& [name, value] : {std::pair{launcher.rank, rank}, std::pair{launcher.ranks, ranks}})
            if (!value)
                throw std::invalid_argument(std::string(name) + ": found nothing; expected it beside " +
                                            (value == rank ? launcher.ranks : launcher.rank));
        Place place;
        place.ranks = number_from(launcher.ranks, ranks, 1, most_ranks);
        place.rank = number_from(launcher.rank, rank, 0, place.ranks - 1);
        place.local_rank = place.rank;
        for (const char* name : {launcher.local_rank[1], launcher.local_rank[0]})
            if (const char* local = name ? lookup(name) : nullptr) place.local_rank = number_from(name, local, 0, most_ranks);
        if (const char* address = lookup("MASTER_ADDR")) place.address = address;
        place.is_by_mpi = &launcher != &launchers[0];
        const char* port = lookup("MASTER_PORT");
        place.port = port_beside_torchrun(port ? number_from("MASTER_PORT", port, 1, 65535) : default_port, lookup);
        place.launcher = launcher.name;
        place.token = token_from(launcher, lookup);
        return place;
    }
    return {};
}

std::string random_token() {
    std::random_device source;
    std::string token;
    for (int part = 0; part < 4; ++part) token.append(part > 0 ? "-" : "").append(std::to_string(source()));
    return token;
}

}  // namespace tokenyard::gpu
