// SPDX-License-Identifier: Apache-2.0
// A rank alone exchanges with itself through every network that is built in: over NCCL that is its own kernel for sends to
// itself.
#include "exchange/layer_exchange.hpp"
#include "selftest/trial.hpp"

namespace tokenyard::gpu {
namespace {

constexpr double timeout_s = 30;

/// Calls `work` with the session of a group of one.
template <class Work>
void alone(const TransportOptions& transport, const Work& work) {
    Socket listener = listen_on(0, true);
    const Place place{0, 1, 0, "127.0.0.1", port_of(listener), false};
    Group group(place, std::move(listener), timeout_s, [](const std::string&) {});
    const DeviceSearch search = find_device();
    Session session(group, transport, 0, search.device.name);
    work(session);
}

void exchange_bytes(Trial& trial, const TransportOptions& transport) {
    for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{4099}, std::size_t{3} << 20})
        alone(transport, [&](Session& session) {
            const MatrixResult result = measure_matrix(session, {{bytes}}, {1, 1, trial.random()() >> 32, 0});
            trial.found(std::to_string(bytes) + " bytes to itself, wrong ones", static_cast<double>(result.wrong_bytes), 0);
        });
}

void exchange_layer(Trial& trial, const TransportOptions& transport, bool is_fp8) {
    LayerWorkload workload;
    workload.router = {32, 4, 1, 1};
    workload.hidden = 520;
    workload.is_fp8 = is_fp8;
    workload.seed = trial.random()();
    workload.tokens_per_rank = {100};
    workload.popularity = uniform_weights(32);
    alone(transport, [&](Session& session) {
        const LayerResult result = measure_layer(session, workload, 2, {1, 0, 1, 0});
        trial.found("combined elements that are wrong", static_cast<double>(result.wrong_elements), 0);
        trial.found("counts that are wrong", static_cast<double>(result.wrong_counts), 0);
    });
}

}  // namespace

/// Large ones all: compute-sanitizer would look at NCCL's kernels more than at these.
std::vector<Case> transport_cases() {
    std::vector<Case> cases;
    for (const TransportOptions& transport : {TransportOptions{"sockets", false},
                                              {"nccl", false},
                                              {"nccl", true},
                                              {"nccl-alltoall", false},
                                              {"nccl-alltoall", true}}) {
        if (!transport_refusal(transport).empty()) continue;
        const std::string name = transport.name + (transport.is_registered ? ", registered, " : ", ");
        cases.push_back({"exchange", name + "a matrix", true, [=](Trial& trial) { exchange_bytes(trial, transport); }});
        cases.push_back(
            {"exchange", name + "a layer in bf16", true, [=](Trial& trial) { exchange_layer(trial, transport, false); }});
        cases.push_back(
            {"exchange", name + "a layer in fp8", true, [=](Trial& trial) { exchange_layer(trial, transport, true); }});
    }
    return cases;
}

}  // namespace tokenyard::gpu
