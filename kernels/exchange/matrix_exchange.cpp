// SPDX-License-Identifier: Apache-2.0
#include "exchange/matrix_exchange.hpp"

#include "cuda/graph.hpp"
#include "exchange/bytes.hpp"
#include "record/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

namespace tokenyard::gpu {
namespace {

constexpr std::size_t alignment = 16;  // bytes: the widest access of a thread
constexpr double least_sample_us = 200;
constexpr int least_turns = 10, most_turns = 200;
constexpr int most_messages = 2048;  // of a rank behind a gate: NCCL's queues for its device and its proxy hold some thousand
constexpr int poison = 0xA5;

/// One rank's buffers for a matrix.
struct Buffers {
    Buffers(Session& session, const ByteMatrix& matrix, bool is_packed) {
        const auto own = static_cast<std::size_t>(session.rank());
        blocks.send_bytes = matrix[own];
        blocks.receive_bytes = transposed(matrix)[own];
        const std::size_t step = is_packed ? 1 : alignment;  // ncclAlltoAll knows no gaps
        const Offsets outgoing = offsets_of(blocks.send_bytes, step), incoming = offsets_of(blocks.receive_bytes, step);
        blocks.send_offsets = outgoing.of_rank;
        blocks.receive_offsets = incoming.of_rank;
        send = session.transport->allocate(outgoing.total);
        receive = session.transport->allocate(incoming.total);
        receive_total = incoming.total;
        std::size_t pieces = 0;
        for (const std::size_t bytes : blocks.receive_bytes) pieces += pieces_of(bytes);
        wrong_of_piece = DeviceArray<int>(pieces);
        session.group.wait_for_all();  // see Transport::allocate
    }
    std::uint8_t* outgoing(std::size_t rank) const { return static_cast<std::uint8_t*>(send.get()) + blocks.send_offsets[rank]; }
    std::uint8_t* incoming(std::size_t rank) const {
        return static_cast<std::uint8_t*>(receive.get()) + blocks.receive_offsets[rank];
    }
    std::vector<Message> messages() const { return {{send.get(), receive.get(), blocks}}; }

    Blocks blocks;
    Buffer send, receive;
    std::size_t receive_total = 0;
    DeviceArray<int> wrong_of_piece;
};

/// Exchanges bytes of a round of its own once; the wrong ones that this rank received.
std::size_t exchange_and_check(Session& session, Buffers& buffers, std::uint64_t round) {
    const cudaStream_t stream = session.stream.get();
    const Blocks& blocks = buffers.blocks;
    for (std::size_t to = 0; to < blocks.send_bytes.size(); ++to)
        fill_bytes(buffers.outgoing(to), blocks.send_bytes[to], key_of(session.rank(), static_cast<int>(to), round), stream);
    if (buffers.receive_total > 0) TOKENYARD_CUDA(cudaMemsetAsync(buffers.receive.get(), poison, buffers.receive_total, stream));
    session.transport->all_to_all(buffers.messages(), stream);
    session.transport->wait(stream);
    DeviceArray<int>& counters = buffers.wrong_of_piece;
    if (counters.size() > 0) TOKENYARD_CUDA(cudaMemsetAsync(counters.get(), 0, counters.size() * sizeof(int), stream));
    for (std::size_t from = 0, piece = 0; from < blocks.receive_bytes.size();
         piece += pieces_of(blocks.receive_bytes[from]), ++from)
        count_wrong_bytes(buffers.incoming(from), blocks.receive_bytes[from],
                          key_of(static_cast<int>(from), session.rank(), round), counters.get() + piece, stream);
    session.transport->wait(stream);
    std::size_t wrong = 0;
    for (const int count : counters.to_host()) wrong += static_cast<std::size_t>(count);
    return wrong;
}

void exchange_turns(Session& session, const Buffers& buffers, int turns) {
    for (int turn = 0; turn < turns; ++turn) session.transport->all_to_all(buffers.messages(), session.stream.get());
}

/// Of `graph`, where there is one, the turns are those that it has recorded.
double time_turns(Session& session, const Buffers& buffers, int turns, const Graph* graph = nullptr) {
    Event start, end;
    {
        const ClosedGate closed(session.transport->is_asynchronous() ? &session.gate : nullptr, session.stream.get());
        session.transport->align(session.stream.get());
        start.record(session.stream);
        if (graph) graph->launch(session.stream);
        else exchange_turns(session, buffers, turns);
        end.record(session.stream);
    }
    session.transport->wait(session.stream.get());
    return microseconds_between(start, end) / turns;
}

double slowest(Session& session, double own_us) {
    double slowest_us = 1e-3;
    for (const std::vector<double>& one : session.gather({own_us})) slowest_us = std::max(slowest_us, one[0]);
    return slowest_us;
}

/// The same on every rank: from the time that the slowest took.
int agreed_turns(Session& session, const Buffers& buffers, const MeasureOptions& options) {
    const auto wanted = [](double us, double turn_us) { return static_cast<int>(std::min(std::ceil(us / turn_us), 1e6)); };
    double own_us = 0;
    for (int turn = 0; turn < std::max(options.warm_ups, 1); ++turn) own_us = time_turns(session, buffers, 1);
    double slowest_us = slowest(session, own_us);
    if (!session.transport->is_asynchronous()) return 1;
    if (!std::exchange(session.is_warm, true) && options.warm_up_s > 0) {
        for (int left = wanted(1e6 * options.warm_up_s, slowest_us); left > 0; left -= least_turns)
            own_us = time_turns(session, buffers, least_turns);
        slowest_us = slowest(session, own_us);
    }
    const int most = std::clamp(most_messages / session.ranks(), least_turns, most_turns);
    return std::clamp(wanted(least_sample_us, slowest_us), least_turns, most);
}

std::unique_ptr<Graph> graph_of_turns(Session& session, const Buffers& buffers, int turns) {
    session.group.begin("the graph of exchanges");
    auto graph = std::make_unique<Graph>(session.stream, [&] { exchange_turns(session, buffers, turns); });
    session.group.wait_for_all();                      // see Transport::allocate
    time_turns(session, buffers, turns, graph.get());  // the first launch brings it to the device
    return graph;
}

}  // namespace

std::string agreed_reason_to_stop(Session& session, const MeasureOptions& options, const std::vector<double>& own_us,
                                  double elapsed_s) {
    const Sampling sampling{options.iterations, options.most_noise, options.most_s};
    if (options.most_noise <= 0) return reason_to_stop(sampling, own_us, elapsed_s);
    const double first_elapsed_s = session.gather({elapsed_s}).front()[0];
    return reason_to_stop(sampling, times_of(session.gather(own_us)).slowest_us, first_elapsed_s);
}

MatrixResult measure_matrix(Session& session, const ByteMatrix& matrix, const MeasureOptions& options) {
    if (const std::string refusal = session.transport->refusal(matrix); !refusal.empty()) throw std::invalid_argument(refusal);
    Buffers buffers(session, matrix, session.transport->name() == "nccl-alltoall");
    MatrixResult result;
    result.matrix = matrix;
    session.group.begin("the first exchange");
    std::size_t wrong = exchange_and_check(session, buffers, 2 * options.seed);
    session.group.begin("the warm-up");
    result.turns_per_sample = agreed_turns(session, buffers, options);
    std::unique_ptr<Graph> graph;
    if (options.wants_graph) graph = graph_of_turns(session, buffers, result.turns_per_sample);
    result.is_graph = graph != nullptr;
    session.gate.has_held();  // the turns before may have loaded kernels and connected ranks
    std::vector<double> samples;
    for (const Moment begin = Clock::now(); result.stopped_by.empty();) {
        for (int turn = 0; turn < options.iterations; ++turn) {
            session.group.begin("exchange " + std::to_string(samples.size() + 1));
            samples.push_back(time_turns(session, buffers, result.turns_per_sample, graph.get()));
        }
        result.stopped_by = agreed_reason_to_stop(session, options, samples, seconds_since(begin));
    }
    const std::size_t late = session.sum(!session.gate.has_held());
    result.is_held_back = session.transport->is_asynchronous() && late == 0;
    const std::vector<double> arrivals = session.transport->arrivals_us();
    session.group.begin("the last exchange");
    wrong += exchange_and_check(session, buffers, 2 * options.seed + 1);
    result.times = times_of(session.gather(samples));
    if (!arrivals.empty()) result.arrivals_us = session.gather(arrivals);
    result.wrong_bytes = session.sum(wrong);
    return result;
}

}  // namespace tokenyard::gpu
