// SPDX-License-Identifier: Apache-2.0
#include "transport/libraries.hpp"

#include <algorithm>
#include <thread>

namespace tokenyard::gpu {
namespace {

#ifdef TOKENYARD_NCCL
constexpr bool has_nccl = true;
#else
constexpr bool has_nccl = false;
#endif
#ifdef TOKENYARD_MPI
constexpr bool has_mpi = true;
#else
constexpr bool has_mpi = false;
#endif

bool is_of(const std::string& name, const char* library) { return name.rfind(library, 0) == 0; }

std::string resolved(const std::string& name) { return name != "auto" ? name : has_nccl ? "nccl" : "sockets"; }

}  // namespace

Offsets offsets_of(const std::vector<std::size_t>& bytes, std::size_t alignment) {
    Offsets offsets;
    for (const std::size_t block : bytes) {
        offsets.of_rank.push_back(offsets.total);
        offsets.total += (block + alignment - 1) / alignment * alignment;
    }
    return offsets;
}

const std::vector<std::string>& transport_names() {
    static const std::vector<std::string> names{"auto", "nccl", "nccl-alltoall", "mpi", "sockets"};
    return names;
}

std::string built_with() {
    return (has_nccl ? "built with NCCL " + nccl_version() : std::string("built without NCCL")) +
           (has_mpi ? ", with MPI" : ", without MPI");
}

std::string transport_refusal(const TransportOptions& options) {
    const std::string name = resolved(options.name);
    const std::vector<std::string>& names = transport_names();
    if (std::find(names.begin(), names.end(), name) == names.end())
        return "found '" + name + "'; expected auto, nccl, nccl-alltoall, mpi or sockets";
    if ((is_of(name, "nccl") && !has_nccl) || (is_of(name, "mpi") && !has_mpi))
        return "found " + name + ", but this tokenyard-gpu is " + built_with() + "; expected another transport";
    if (name == "nccl-alltoall" && !has_nccl_alltoall())
        return "found NCCL " + nccl_version() + "; expected 2.28 or newer for ncclAlltoAll";
    if (options.is_registered && !is_of(name, "nccl"))
        return "found registered buffers with " + name + "; expected nccl, which alone has them";
    return {};
}

bool is_work_of_streams(const TransportOptions& options) { return is_of(resolved(options.name), "nccl"); }

std::unique_ptr<Transport> make_transport(const TransportOptions& options, Group& group, int device) {
    const std::string name = resolved(options.name);
    group.begin("making the transport " + name);
    if (name == "nccl" || name == "nccl-alltoall")
        return make_nccl_transport(group, device, name == "nccl-alltoall", options.is_registered);
    if (name == "mpi") return make_mpi_transport(group);
    return make_sockets_transport(group);
}

void wait_for_stream(cudaStream_t stream, Group& group, const std::function<void()>& check) {
    constexpr auto spinning = std::chrono::milliseconds(2);  // then the core is lent to others
    const Moment start = Clock::now(), end = seconds_from_now(group.timeout_s());
    for (;;) {
        const cudaError_t state = cudaStreamQuery(stream);
        if (state == cudaSuccess) return;
        if (state != cudaErrorNotReady) TOKENYARD_CUDA(state);
        group.check();
        if (check) check();
        const Moment now = Clock::now();
        if (now > end) group.give_up("the device has not ended its work in time", true);
        if (now > start + spinning) std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
}

}  // namespace tokenyard::gpu
