// SPDX-License-Identifier: Apache-2.0
// MPI as the way to meet: it knows the ranks before anybody has an address.
#pragma once

#include "net/place.hpp"
#include "net/socket.hpp"

namespace tokenyard::gpu {

/// Starts MPI and fills in which rank this is; where `place` has no address, rank 0 gets a listener and all the others where it
/// is. Throws std::runtime_error, also where this program was built without MPI.
void start_mpi(Place& place, Socket& listener);
void end_mpi();

}  // namespace tokenyard::gpu
