// SPDX-License-Identifier: Apache-2.0
// All-to-all by MPI_Alltoallv: straight from device memory where this MPI says that it can, else staged through host memory.
#include "transport/host_memory.hpp"
#include "transport/libraries.hpp"
#include "transport/mpi_start.hpp"

#ifndef TOKENYARD_MPI

namespace tokenyard::gpu {

std::unique_ptr<Transport> make_mpi_transport(Group&) { throw std::runtime_error(built_with()); }
void start_mpi(Place&, Socket&) { throw std::runtime_error(built_with()); }
void end_mpi() {}

}  // namespace tokenyard::gpu

#else

#include <mpi.h>
#if defined(OPEN_MPI)
#include <mpi-ext.h>
#endif

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <sstream>

namespace tokenyard::gpu {
namespace {

void check_mpi(int code, const char* call) {
    if (code == MPI_SUCCESS) return;
    char text[MPI_MAX_ERROR_STRING];
    int length = 0;
    MPI_Error_string(code, text, &length);
    throw std::runtime_error(std::string(call) + ": " + std::string(text, static_cast<std::size_t>(length)));
}
#define TOKENYARD_MPI_CALL(call) check_mpi((call), #call)

/// Asked when it runs, not when it was compiled: the library may be another one by then.
bool takes_device_memory() {
#if defined(MPIX_CUDA_AWARE_SUPPORT)
    return MPIX_Query_cuda_support() == 1;
#else
    return false;
#endif
}

/// MPI counts in int: in bytes as far as that reaches, else in pieces of the largest size that divides every block and offset.
class Counts {
public:
    explicit Counts(const Blocks& blocks) {
        std::size_t most = 0, unit = 0;
        for (const auto* values : {&blocks.send_bytes, &blocks.send_offsets, &blocks.receive_bytes, &blocks.receive_offsets})
            for (const std::size_t value : *values) {
                most = std::max(most, value);
                unit = std::gcd(unit, value);
            }
        constexpr std::size_t largest = std::numeric_limits<int>::max();
        if (most <= largest) unit = 1;
        if (unit == 0 || most / unit > largest || unit > largest)
            throw std::runtime_error(
                "MPI_Alltoallv cannot count these blocks, which have no common multiple that is large enough");
        TOKENYARD_MPI_CALL(MPI_Type_contiguous(static_cast<int>(unit), MPI_BYTE, &type_));
        TOKENYARD_MPI_CALL(MPI_Type_commit(&type_));
        const auto in_units = [unit](const std::vector<std::size_t>& values) {
            std::vector<int> counts;
            for (const std::size_t value : values) counts.push_back(static_cast<int>(value / unit));
            return counts;
        };
        send = in_units(blocks.send_bytes);
        send_offsets = in_units(blocks.send_offsets);
        receive = in_units(blocks.receive_bytes);
        receive_offsets = in_units(blocks.receive_offsets);
    }
    ~Counts() { MPI_Type_free(&type_); }
    Counts(const Counts&) = delete;
    Counts& operator=(const Counts&) = delete;

    MPI_Datatype type() const { return type_; }
    std::vector<int> send, send_offsets, receive, receive_offsets;

private:
    MPI_Datatype type_ = MPI_DATATYPE_NULL;
};

/// A peer that dies makes mpirun end all ranks; one that hangs is the group's to notice, which then ends this process too.
class MpiTransport : public Transport {
public:
    explicit MpiTransport(Group& group) : group_(group), is_direct_(takes_device_memory()) {}

    std::string name() const override { return "mpi"; }
    std::string description() const override {
        char text[MPI_MAX_LIBRARY_VERSION_STRING];
        int length = 0;
        MPI_Get_library_version(text, &length);
        const std::string version(text, std::find(text, text + length, ','));
        return "MPI_Alltoallv of " + version.substr(0, version.find('\n')) +
               (is_direct_ ? ", straight from device memory" : ", staged through host memory");
    }
    bool is_asynchronous() const override { return false; }
    Buffer allocate(std::size_t bytes) override { return device_buffer(bytes); }
    void wait(cudaStream_t stream) override { wait_for_stream(stream, group_); }
    void align(cudaStream_t stream) override {
        wait(stream);
        const Group::Guard guard(group_);
        TOKENYARD_MPI_CALL(MPI_Barrier(MPI_COMM_WORLD));
    }

    void all_to_all(const std::vector<Message>& messages, cudaStream_t stream) override {
        for (const Message& message : messages) {
            const Counts counts(message.blocks);
            if (is_direct_) {
                wait(stream);  // MPI knows nothing of streams
                exchange(counts, message.send, message.receive);
                continue;
            }
            char* const out = outgoing_.of(end_of(message.blocks.send_bytes, message.blocks.send_offsets));
            char* const in = incoming_.of(end_of(message.blocks.receive_bytes, message.blocks.receive_offsets));
            wait(stream);
            fetch(message, out, stream);
            exchange(counts, out, in);
            store(message, in, stream);
        }
    }

private:
    void exchange(const Counts& counts, const void* send, void* receive) {
        const Group::Guard guard(group_);
        TOKENYARD_MPI_CALL(MPI_Alltoallv(send, counts.send.data(), counts.send_offsets.data(), counts.type(), receive,
                                         counts.receive.data(), counts.receive_offsets.data(), counts.type(), MPI_COMM_WORLD));
    }

    Group& group_;
    bool is_direct_;
    HostMemory outgoing_, incoming_;
};

}  // namespace

std::unique_ptr<Transport> make_mpi_transport(Group& group) { return std::make_unique<MpiTransport>(group); }

void start_mpi(Place& place, Socket& listener) {
    int is_started = 0, provided = 0;
    MPI_Initialized(&is_started);
    if (!is_started) TOKENYARD_MPI_CALL(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided));
    TOKENYARD_MPI_CALL(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN));
    const Place launched = place;
    TOKENYARD_MPI_CALL(MPI_Comm_rank(MPI_COMM_WORLD, &place.rank));
    TOKENYARD_MPI_CALL(MPI_Comm_size(MPI_COMM_WORLD, &place.ranks));
    // Else each process would take itself for the only rank and measure alone.
    if (launched.ranks > 1 && launched.ranks != place.ranks)
        throw std::runtime_error("MPI knows " + std::to_string(place.ranks) + " ranks; expected the " +
                                 std::to_string(launched.ranks) + " of " + launched.launcher +
                                 ": this MPI cannot talk to that launcher (srun --mpi=list says what it speaks)");
    if (launched.launcher == Place{}.launcher) place.launcher = "MPI";
    MPI_Comm node = MPI_COMM_NULL;
    TOKENYARD_MPI_CALL(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node));
    int local_ranks = 0;
    TOKENYARD_MPI_CALL(MPI_Comm_rank(node, &place.local_rank));
    TOKENYARD_MPI_CALL(MPI_Comm_size(node, &local_ranks));
    MPI_Comm_free(&node);
    if (!place.address.empty()) return;
    char where[400] = {};
    if (place.rank == 0) {
        listener = listen_on(0, false);
        place.port = port_of(listener);
        char name[256] = "127.0.0.1";  // on a single node, where the name may mean nothing
        if (local_ranks < place.ranks) gethostname(name, sizeof name - 1);
        std::snprintf(where, sizeof where, "%d %s %s", place.port, name, random_token().c_str());
    }
    TOKENYARD_MPI_CALL(MPI_Bcast(where, sizeof where, MPI_BYTE, 0, MPI_COMM_WORLD));
    std::istringstream told(where);
    told >> place.port >> place.address >> place.token;
}

void end_mpi() {
    int is_started = 0, has_ended = 0;
    MPI_Initialized(&is_started);
    MPI_Finalized(&has_ended);
    if (is_started && !has_ended) MPI_Finalize();
}

}  // namespace tokenyard::gpu

#endif
