// SPDX-License-Identifier: Apache-2.0
// transport/nccl.cpp against a stand-in for NCCL that holds its callers to NCCL's rules; ranks are threads.
#include "exchange/layer_exchange.hpp"
#include "kernels/fake_nccl/nccl.h"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <mutex>
#include <thread>

namespace tokenyard::gpu {
namespace {

/// Runs `work` on each rank, which has a device of its own, as threads of the program have; gives what ranks threw, by rank.
template <class Work>
std::vector<std::string> on_ranks(int ranks, double timeout_s, const LastWords& last_words, const Work& work) {
    setenv("TOKENYARD_EMULATOR_DEVICES", "3", 1);
    Socket listener = listen_on(0, true);
    const int port = port_of(listener);
    std::vector<std::string> errors(static_cast<std::size_t>(ranks));
    std::vector<std::thread> threads;
    for (int rank = 0; rank < ranks; ++rank)
        threads.emplace_back([&, rank] {
            try {
                const Place place{rank, ranks, rank, "127.0.0.1", port, false};
                TOKENYARD_CUDA(cudaSetDevice(rank));
                Group group(place, rank == 0 ? std::move(listener) : Socket(), timeout_s, last_words);
                work(group);
            } catch (const std::exception& error) {
                errors[static_cast<std::size_t>(rank)] = error.what();
            }
        });
    for (std::thread& thread : threads) thread.join();
    return errors;
}

const LastWords no_last_words = [](const std::string&) {};

}  // namespace

TEST_CASE("the NCCL transport brings every byte of a matrix where it belongs", "[kernels]") {
    const ByteMatrix uneven{{0, 1, 17}, {100003, 0, 0}, {5, 0, 4096}}, even(3, std::vector<std::size_t>(3, 1001));
    struct Kind {
        const char *name, *transport;
        bool is_registered;
        ByteMatrix matrix;
    };
    for (const Kind& kind :
         {Kind{"grouped", "nccl", false, uneven}, Kind{"grouped, registered", "nccl", true, uneven},
          Kind{"ncclAlltoAll", "nccl-alltoall", false, even}, Kind{"ncclAlltoAll, registered", "nccl-alltoall", true, even}})
        DYNAMIC_SECTION(kind.name) {
            std::vector<MatrixResult> results(3);
            const auto errors = on_ranks(3, 20, no_last_words, [&](Group& group) {
                Session session(group, {kind.transport, kind.is_registered}, group.rank(), "emulated");
                results[static_cast<std::size_t>(group.rank())] = measure_matrix(session, kind.matrix, {2, 1, 1, 0});
            });
            CHECK(errors == std::vector<std::string>(3));
            for (const MatrixResult& result : results) {
                CHECK(result.wrong_bytes == 0);
                CHECK(result.times.slowest_us.size() == 2);
                CHECK(result.turns_per_sample == results[0].turns_per_sample);
                CHECK(result.turns_per_sample >= 10);
                CHECK(result.is_held_back);
            }
            CHECK(fake_nccl_registered() == 0);
            CHECK(fake_nccl_communicators() == 0);
        }
}

TEST_CASE("exchanges over NCCL are recorded in a graph and launched once a sample", "[kernels]") {
    std::vector<MatrixResult> results(3);
    const auto errors = on_ranks(3, 20, no_last_words, [&](Group& group) {
        Session session(group, {"nccl", false}, group.rank(), "emulated");
        MeasureOptions options{4, 1, 1, 0};
        options.wants_graph = true;
        results[static_cast<std::size_t>(group.rank())] =
            measure_matrix(session, {{0, 1, 17}, {5003, 0, 0}, {5, 0, 4096}}, options);
    });
    CHECK(errors == std::vector<std::string>(3));
    for (const MatrixResult& result : results) {
        CHECK(result.is_graph);
        CHECK(result.is_held_back);
        CHECK(result.wrong_bytes == 0);
        CHECK(result.times.slowest_us.size() == 4);
    }
    CHECK(fake_nccl_communicators() == 0);
}

TEST_CASE("ncclAlltoAll is refused for sizes that differ, on every rank alike", "[kernels]") {
    const auto errors = on_ranks(2, 20, no_last_words, [&](Group& group) {
        Session session(group, {"nccl-alltoall", false}, group.rank(), "emulated");
        measure_matrix(session, {{1, 2}, {3, 4}}, {});
    });
    CHECK(errors == std::vector<std::string>(2, "found sizes from 1 to 4 B; expected all alike for nccl-alltoall"));
    CHECK(fake_nccl_communicators() == 0);
}

TEST_CASE("the NCCL transport carries a layer in fp8, whose scales travel in the same message as codes", "[kernels]") {
    LayerWorkload workload;
    workload.router = {8, 3, 1, 1};
    workload.hidden = GENERATE(136, 131);  // two blocks of scales, the last one short; of 131, scales lie at odd addresses
    workload.is_fp8 = true;
    workload.tokens_per_rank = {6, 0};
    workload.popularity = uniform_weights(8);
    std::vector<LayerResult> results(2);
    const auto errors = on_ranks(2, 60, no_last_words, [&](Group& group) {
        Session session(group, {"nccl", true}, group.rank(), "emulated");
        results[static_cast<std::size_t>(group.rank())] = measure_layer(session, workload, 2, {1, 0, 1, 0});
    });
    CHECK(errors == std::vector<std::string>(2));
    CHECK(results[0].turns_per_sample == 10);
    CHECK(results[0].is_held_back);
    CHECK(results[0].wrong_elements + results[0].wrong_counts == 0);
    CHECK(results[0].copies[0][0] + results[0].copies[0][1] == 18);  // 6 tokens x top-3
    CHECK(results[0].copies[1] == std::vector<std::size_t>{0, 0});
    CHECK(fake_nccl_most_sends_to_a_peer() == 1);  // as the simulator schedules it
}

TEST_CASE("ranks of one process free memory only where no rank waits for another on its device", "[kernels]") {
    LayerWorkload workload;
    workload.router = {6, 2, 1, 1};
    workload.hidden = 8;
    workload.tokens_per_rank = {3, 1, 4};
    workload.popularity = uniform_weights(6);
    const auto errors = on_ranks(3, 3, no_last_words, [&](Group& group) {
        Session session(group, {"nccl", false}, group.rank(), "emulated");
        for (const std::size_t bytes : {100, 5000, 20, 300})
            measure_matrix(session, ByteMatrix(3, std::vector<std::size_t>(3, bytes)), {3, 1, 1, 0});
        for (const int turn : {1, 2, 3}) measure_layer(session, workload, 1, {1, turn, 1, 0});
    });
    CHECK(errors == std::vector<std::string>(3));
}

// The last one: what it releases stays released.
TEST_CASE("a rank that hangs inside of NCCL is told whom it waits for", "[kernels][full]") {
    std::mutex mutex;
    std::string said;
    const auto last_words = [&](const std::string& why) {
        const std::lock_guard lock(mutex);
        said = why;
        fake_nccl_release();  // where the program would end itself
    };
    const auto errors = on_ranks(2, 1, last_words, [&](Group& group) {
        Session session(group, {"nccl", false}, group.rank(), "emulated");
        group.begin("the test");
        if (group.rank() == 1) {
            for (int tenth = 0; tenth < 100 && !group.has_failed(); ++tenth)
                std::this_thread::sleep_for(std::chrono::milliseconds(100));
            group.check();
        }
        group.begin("an exchange");
        session.transport->align(session.stream.get());
    });
    const std::string expected = "rank 1 is late: rank 0 has waited 1 s at an exchange, and it is at the test";
    CHECK(said == expected);
    CHECK(errors == std::vector<std::string>(2, expected));
}

}  // namespace tokenyard::gpu
