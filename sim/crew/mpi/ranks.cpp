// SPDX-License-Identifier: Apache-2.0
// Ranks over MPI: the first hands out jobs by number and takes results; the others have them done by their own crews.
#include "crew/crew.hpp"

#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>

namespace tokenyard {
namespace {

enum Tag : int { job_tag = 1, stop_tag, result_tag };

/// A result as one message: the job, whether it was lost, the text.
std::string as_message(const JobResult& result) {
    const std::uint64_t job = result.job;
    std::string bytes(reinterpret_cast<const char*>(&job), sizeof job);
    bytes += result.is_lost ? '1' : '0';
    return bytes + result.text;
}

JobResult from_message(const std::string& bytes) {
    constexpr std::size_t header = sizeof(std::uint64_t) + 1;
    if (bytes.size() < header) throw std::runtime_error("an MPI rank sent something else than a result");
    std::uint64_t job = 0;
    std::copy_n(bytes.data(), sizeof job, reinterpret_cast<char*>(&job));
    return {job, bytes[sizeof job] == '1', bytes.substr(header)};
}

bool has_come(int source, int tag, MPI_Status& status) {
    int flag = 0;
    MPI_Iprobe(source, tag, MPI_COMM_WORLD, &flag, &status);
    return flag != 0;
}

std::string receive_bytes(const MPI_Status& status) {
    int size = 0;
    MPI_Get_count(&status, MPI_CHAR, &size);
    std::string bytes(static_cast<std::size_t>(size), '\0');
    MPI_Recv(bytes.data(), size, MPI_CHAR, status.MPI_SOURCE, status.MPI_TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    return bytes;
}

}  // namespace

Ranks::Ranks(int capacity) : capacity_(capacity) {
    if (!is_one_of_ranks()) return;  // MPI_Init takes its time, and a process alone has no use for it
    if (MPI_Init(nullptr, nullptr) != MPI_SUCCESS) throw std::runtime_error("MPI_Init failed");
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &count_);
    busy_.assign(static_cast<std::size_t>(count_), 0);
}

Ranks::~Ranks() {
    int is_joined = 0;
    MPI_Initialized(&is_joined);
    if (!is_joined) return;
    if (is_first())
        for (int rank = 1; rank < count_; ++rank) MPI_Send(nullptr, 0, MPI_CHAR, rank, stop_tag, MPI_COMM_WORLD);
    MPI_Finalize();
}

bool Ranks::agree(const std::string& text) const {
    if (count_ == 1) return true;
    std::string of_first = text;
    unsigned long size = text.size();
    MPI_Bcast(&size, 1, MPI_UNSIGNED_LONG, 0, MPI_COMM_WORLD);
    of_first.resize(size);
    MPI_Bcast(of_first.data(), static_cast<int>(size), MPI_CHAR, 0, MPI_COMM_WORLD);
    int is_same = of_first == text, are_all_same = 0;
    MPI_Allreduce(&is_same, &are_all_same, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    return are_all_same != 0;
}

int Ranks::idle() const {
    int room = 0;
    for (int rank = 1; rank < count_; ++rank) room += capacity_ - busy_[static_cast<std::size_t>(rank)];
    return room;
}

void Ranks::start(std::size_t job) {
    const auto rank = std::min_element(busy_.begin() + 1, busy_.end());
    const std::uint64_t number = job;
    ++*rank;
    MPI_Send(&number, 1, MPI_UINT64_T, static_cast<int>(rank - busy_.begin()), job_tag, MPI_COMM_WORLD);
}

std::vector<JobResult> Ranks::collect() {
    std::vector<JobResult> results;
    if (count_ == 1) return results;
    for (MPI_Status status; has_come(MPI_ANY_SOURCE, result_tag, status);) {
        results.push_back(from_message(receive_bytes(status)));
        --busy_[static_cast<std::size_t>(status.MPI_SOURCE)];
    }
    return results;
}

void Ranks::serve(Crew& crew) {
    constexpr int until_the_next_look = 1;  // millisecond
    for (;;) {
        for (MPI_Status status; has_come(0, MPI_ANY_TAG, status);) {
            if (status.MPI_TAG == stop_tag) {
                MPI_Recv(nullptr, 0, MPI_CHAR, 0, stop_tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
                return;
            }
            std::uint64_t job = 0;
            MPI_Recv(&job, 1, MPI_UINT64_T, 0, job_tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
            if (crew.idle() == 0) MPI_Abort(MPI_COMM_WORLD, 3);  // its workers were killed: none of its jobs would end
            crew.start(job);
        }
        if (crew.busy() == 0) usleep(1000 * until_the_next_look);
        for (const JobResult& result : crew.wait(until_the_next_look)) {
            const std::string message = as_message(result);
            MPI_Send(message.data(), static_cast<int>(message.size()), MPI_CHAR, 0, result_tag, MPI_COMM_WORLD);
        }
    }
}

}  // namespace tokenyard
