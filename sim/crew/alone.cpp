// SPDX-License-Identifier: Apache-2.0
// Ranks where the program is built without MPI: this process is the only one.
#include "crew/crew.hpp"

#include <stdexcept>

namespace tokenyard {

Ranks::Ranks(int) {
    if (is_one_of_ranks())
        throw std::runtime_error(
            "started by MPI, but built without it: install an MPI library (Debian: libopenmpi-dev) and build again");
}
Ranks::~Ranks() = default;
bool Ranks::agree(const std::string&) const { return true; }
int Ranks::idle() const { return 0; }
void Ranks::start(std::size_t) {}
std::vector<JobResult> Ranks::collect() { return {}; }
void Ranks::serve(Crew&) {}

}  // namespace tokenyard
