// SPDX-License-Identifier: Apache-2.0
#include "net/place.hpp"

#include <charconv>
#include <cstring>
#include <stdexcept>

namespace tokenyard::gpu {
namespace {

constexpr int most_ranks = 65536, default_port = 29500;  // the port that PyTorch's launcher takes too

struct Launcher {
    const char *rank, *ranks, *local_rank;
};
constexpr Launcher launchers[] = {
    {"RANK", "WORLD_SIZE", "LOCAL_RANK"},                                            // by hand, torchrun
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK"},  // mpirun of Open MPI
    {"PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID"},                                     // mpirun of MPICH and what comes from it
    {"SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID"},                               // srun
};

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

std::optional<Place> place_from_environment(const std::function<const char*(const char*)>& lookup) {
    for (const Launcher& launcher : launchers) {
        const char *rank = lookup(launcher.rank), *ranks = lookup(launcher.ranks);
        if (!rank && !ranks) continue;
        // A shell inside of a batch job has SLURM_NTASKS without being one of its tasks.
        if (!rank && std::strcmp(launcher.rank, "SLURM_PROCID") == 0) continue;
        for (const auto& [name, value] : {std::pair{launcher.rank, rank}, std::pair{launcher.ranks, ranks}})
            if (!value)
                throw std::invalid_argument(std::string(name) + ": found nothing; expected it beside " +
                                            (value == rank ? launcher.ranks : launcher.rank));
        Place place;
        place.ranks = number_from(launcher.ranks, ranks, 1, most_ranks);
        place.rank = number_from(launcher.rank, rank, 0, place.ranks - 1);
        const char* local = lookup(launcher.local_rank);
        place.local_rank = local ? number_from(launcher.local_rank, local, 0, most_ranks) : place.rank;
        if (const char* address = lookup("MASTER_ADDR")) place.address = address;
        place.is_by_mpi = &launcher != &launchers[0];
        const char* port = lookup("MASTER_PORT");
        place.port = port ? number_from("MASTER_PORT", port, 1, 65535) : default_port;
        return place;
    }
    return {};
}

}  // namespace tokenyard::gpu
