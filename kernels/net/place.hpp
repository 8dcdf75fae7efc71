// SPDX-License-Identifier: Apache-2.0
// Which rank this process is, and where the ranks meet, as a launcher says it in the environment.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace tokenyard::gpu {

struct Place {
    int rank = 0, ranks = 1;
    int local_rank = 0;   // among the ranks of this node: chooses the GPU
    std::string address;  // where rank 0 is; empty where MPI has to tell
    int port = 0;
    bool is_by_mpi = false;           // the launcher is one that MPI can ask
    std::string launcher = "nobody";  // who says all this
    std::string token = {};           // of this run: who has another one is a stranger
};

/// From RANK and WORLD_SIZE (LOCAL_RANK), or what mpirun (Open MPI, MPICH and its like) or srun sets; where to meet from
/// MASTER_ADDR and MASTER_PORT. Where torchrun's agent listens there itself, on a port that follows from both and the run.
/// The token is TOKENYARD_RUN, or the launcher's number of the job; empty where there is none. Nothing where no launcher has set
/// any. `lookup` is std::getenv outside of tests. Throws std::invalid_argument, "NAME: found X; expected Y".
std::optional<Place> place_from_environment(const std::function<const char*(const char*)>& lookup);

/// A token that no other run has.
std::string random_token();

}  // namespace tokenyard::gpu
