// SPDX-License-Identifier: Apache-2.0
// Which rank a process is, as each launcher says it, and where the ranks meet.
#include "net/place.hpp"

#include "support/files.hpp"
#include "support/process.hpp"
#include "support/reserved_port.hpp"

#include <catch2/catch.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <map>

namespace tokenyard {
namespace {

std::optional<gpu::Place> place_in(const std::map<std::string, std::string>& variables) {
    return gpu::place_from_environment([&](const char* name) -> const char* {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
    });
}

/// One rank of a matrix exchange, by hand.
std::string rank_of(int rank, int ranks, const std::string& variables, const std::string& more = "") {
    return variables + " RANK=" + std::to_string(rank) + " WORLD_SIZE=" + std::to_string(ranks) + " MASTER_ADDR=127.0.0.1 '" +
           TOKENYARD_GPU_PROGRAM + "' exchange --pattern uniform --sizes 100 --iterations 1 --timeout 20 " + more;
}

ProcessResult run_script(const std::string& script) {
    const TemporaryFolder folder;
    folder.write("run.sh", script);
    return run_program("/bin/sh", "run.sh", folder.path());
}

}  // namespace

TEST_CASE("a batch script is no task of srun's, and a step is", "[kernels]") {
    // sbatch sets the first four for the script itself.
    std::map<std::string, std::string> batch{
        {"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}, {"SLURM_LOCALID", "0"}, {"SLURM_JOB_ID", "77"}};
    CHECK(!place_in(batch));
    batch["SLURM_STEP_NUM_TASKS"] = "4";
    batch["SLURM_STEP_ID"] = "2";
    batch["SLURM_PROCID"] = "3";
    batch["SLURM_LOCALID"] = "1";
    const gpu::Place place = place_in(batch).value();
    CHECK(place.ranks == 4);
    CHECK(place.rank == 3);
    CHECK(place.local_rank == 1);
    CHECK(place.launcher == "srun");
    CHECK(place.token == "77/2");
}

TEST_CASE("srun --mpi=pmi2 leaves the local rank to SLURM_LOCALID", "[kernels]") {
    std::map<std::string, std::string> pmi{{"PMI_RANK", "2"}, {"PMI_SIZE", "4"}, {"SLURM_LOCALID", "1"}};
    CHECK(place_in(pmi).value().local_rank == 1);  // ranks 0 and 2 on one node, 1 and 3 on the other
    pmi["MPI_LOCALRANKID"] = "0";
    CHECK(place_in(pmi).value().local_rank == 0);
}

TEST_CASE("RANK and WORLD_SIZE are believed before mpirun, and the launcher is named", "[kernels]") {
    const std::map<std::string, std::string> both{
        {"RANK", "0"}, {"WORLD_SIZE", "1"}, {"OMPI_COMM_WORLD_RANK", "5"}, {"OMPI_COMM_WORLD_SIZE", "8"}};
    CHECK(place_in(both).value().launcher == "RANK and WORLD_SIZE");
    CHECK(place_in({{"OMPI_COMM_WORLD_RANK", "5"}, {"OMPI_COMM_WORLD_SIZE", "8"}}).value().launcher == "Open MPI's mpirun");
}

TEST_CASE("the heading of an exchange says who said how many ranks there are", "[kernels]") {
    const std::string what = "' exchange --pattern self --sizes 8 --iterations 1";
    const ReservedPort port;
    CHECK_THAT(run_script(rank_of(0, 1, "MASTER_PORT=" + port.number())).out,
               Catch::StartsWith("# exchange of 1 ranks, by RANK and WORLD_SIZE: "));
    CHECK_THAT(run_script(std::string("'") + TOKENYARD_GPU_PROGRAM + what + " --ranks 2").out,
               Catch::StartsWith("# exchange of 2 ranks, by --ranks: "));
    CHECK_THAT(run_script(std::string("'") + TOKENYARD_GPU_PROGRAM + what).out,
               Catch::StartsWith("# exchange of 1 ranks, by the GPUs here: "));
}

TEST_CASE("ranks of torchrun meet although its agent listens on MASTER_PORT", "[kernels]") {
    const int agent = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    socklen_t size = sizeof address;
    REQUIRE(bind(agent, reinterpret_cast<const sockaddr*>(&address), size) == 0);
    REQUIRE(listen(agent, 8) == 0);
    REQUIRE(getsockname(agent, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    const std::string by_torchrun =
        "TORCHELASTIC_RUN_ID=none TORCHELASTIC_USE_AGENT_STORE=True MASTER_PORT=" + std::to_string(ntohs(address.sin_port));
    const ProcessResult result = run_script(rank_of(1, 2, by_torchrun) + " &\n" + rank_of(0, 2, by_torchrun) + "\nwait $!\n");
    close(agent);
    INFO(result.err);
    CHECK(result.exit_code == 0);
}

TEST_CASE("a rank of another run is sent away, and the run it came to goes on", "[kernels]") {
    const ReservedPort port;
    const std::string at = "MASTER_PORT=" + port.number(), ours = at + " TOKENYARD_RUN=ours", other = at + " TOKENYARD_RUN=other";
    // The strangers come while rank 0 waits for rank 1: one that says it is rank 1, and one of 9 ranks.
    const ProcessResult result = run_script(
        rank_of(0, 2, ours, ">/dev/null") + " & first=$!\n" + rank_of(1, 2, other, ">/dev/null") + "\necho $?\n" +
        rank_of(7, 9, other, ">/dev/null") + "\necho $?\n" + rank_of(1, 2, ours, ">/dev/null") + "\nwait $first; echo $?\n");
    const std::string away =
        "tokenyard-gpu: error: found another run on this port; expected MASTER_PORT or TOKENYARD_RUN to tell the runs apart\n";
    CHECK(result.err == away + away);
    CHECK(result.out == "3\n3\n0\n");
}

#ifdef TOKENYARD_WITH_MPI
TEST_CASE("an MPI that does not see its launcher's ranks is refused instead of measuring each alone", "[kernels]") {
    const ProcessResult result =
        run_script("export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1\nPMI_RANK=0 PMI_SIZE=2 '" +
                   std::string(TOKENYARD_GPU_PROGRAM) + "' exchange --transport mpi --pattern self\n");
    CHECK(
        result.err ==
        "tokenyard-gpu: error: MPI knows 1 ranks; expected the 2 of PMI: this MPI cannot talk to that launcher (srun --mpi=list "
        "says what it speaks)\n");
    CHECK(result.exit_code == 3);
}
#endif

}  // namespace tokenyard
