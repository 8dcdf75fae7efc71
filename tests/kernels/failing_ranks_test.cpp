// SPDX-License-Identifier: Apache-2.0
// Ranks that die, hang or never come: the others say which, end with 3, and never wait for ever.
#include "net/group.hpp"
#include "transport/transport.hpp"

#include "support/files.hpp"
#include "support/process.hpp"
#include "support/reserved_port.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace tokenyard {
namespace {

/// In the midst of many exchanges, each of which records two events (kernels/emulator/host_calls.cpp).
const std::string dies = "TOKENYARD_EMULATOR_KILL_AT=200 ", stops = "TOKENYARD_EMULATOR_STOP_AT=200 ";

/// Three ranks of an endless exchange, in the background, each with its stderr in a file; one of them ends or stops by itself.
/// Then what `then` does.
std::string three_ranks(const ReservedPort& port, int ill, const std::string& how, const std::string& then) {
    std::string script = "export WORLD_SIZE=3 MASTER_ADDR=127.0.0.1 MASTER_PORT=" + port.number() + "\n";
    for (const int rank : {0, 1, 2}) {
        const std::string name = std::to_string(rank);
        script += (rank == ill ? how : "") + "RANK=" + name + " '" + TOKENYARD_GPU_PROGRAM +
                  "' exchange --pattern uniform --sizes 1000 --iterations 1000000 --timeout 5 >/dev/null 2>err" + name +
                  " & pid" + name + "=$!\n";
    }
    return script + then;
}

/// What a rank wrote to stderr, but for AddressSanitizer's remark on fibers.
std::string said_in(const TemporaryFolder& folder, const std::string& file) {
    std::istringstream lines(read_file(folder.path(file)));
    std::string said;
    for (std::string line; std::getline(lines, line);)
        if (line.rfind("==", 0) != 0) said += line + "\n";
    return said;
}

ProcessResult run_script(const TemporaryFolder& folder, const std::string& script) {
    folder.write("run.sh", script);
    return run_program("/bin/sh", "run.sh", folder.path());
}

}  // namespace

TEST_CASE("a rank that dies in an exchange is named by all the others, who end with 3", "[kernels]") {
    const TemporaryFolder folder;
    const ReservedPort port;
    const ProcessResult result = run_script(
        folder, three_ranks(port, 1, dies, "wait $pid1; second=$?; wait $pid0; first=$?; wait $pid2; echo $first $second $?"));
    CHECK(result.out == "3 137 3\n");
    for (const char* file : {"err0", "err2"}) {
        const std::string said = said_in(folder, file);
        CHECK_THAT(said, Catch::StartsWith("tokenyard-gpu: error: rank 1 is gone: its connection closed, at exchange "));
        CHECK(std::count(said.begin(), said.end(), '\n') == 1);
    }
}

TEST_CASE("the death of rank 0, where all meet, is noticed too", "[kernels]") {
    const TemporaryFolder folder;
    const ReservedPort port;
    const ProcessResult result = run_script(
        folder, three_ranks(port, 0, dies, "wait $pid0; first=$?; wait $pid1; second=$?; wait $pid2; echo $first $second $?"));
    CHECK(result.out == "137 3 3\n");
    for (const char* file : {"err1", "err2"})
        CHECK(said_in(folder, file) == "tokenyard-gpu: error: rank 0 is gone: the connection to it closed\n");
}

TEST_CASE("a rank that stops moving is named within the timeout", "[kernels][full]") {
    const TemporaryFolder folder;
    const ReservedPort port;
    const ProcessResult result =
        run_script(folder, three_ranks(port, 2, stops, "wait $pid0; first=$?; wait $pid1; echo $first $?; kill -9 $pid2"));
    CHECK(result.out == "3 3\n");
    for (const char* file : {"err0", "err1"})
        CHECK_THAT(said_in(folder, file), Catch::StartsWith("tokenyard-gpu: error: rank 2 is silent for "));
}

TEST_CASE("ranks that never come are named, all of them", "[kernels]") {
    const TemporaryFolder folder;
    const ReservedPort port;
    const ProcessResult result =
        run_program("/bin/sh", "-c \"WORLD_SIZE=4 RANK=0 MASTER_ADDR=127.0.0.1 MASTER_PORT=" + port.number() + " '" +
                                   TOKENYARD_GPU_PROGRAM + "' exchange --pattern self --timeout 1\"");
    CHECK(result.err == "tokenyard-gpu: error: ranks 1, 2, 3 have not come within 1 s\n");
    CHECK(result.exit_code == 3);
}

TEST_CASE("a rank that finds nobody at MASTER_ADDR says where it looked", "[kernels]") {
    const ProcessResult result =
        run_program("/bin/sh", std::string("-c \"WORLD_SIZE=2 RANK=1 MASTER_ADDR=127.0.0.1 MASTER_PORT=9 '") +
                                   TOKENYARD_GPU_PROGRAM + "' exchange --pattern self --timeout 1\"");
    CHECK(result.err == "tokenyard-gpu: error: rank 1 cannot meet the others: cannot reach 127.0.0.1:9: Connection refused\n");
    CHECK(result.exit_code == 3);
}

TEST_CASE("two processes that take the same rank are refused", "[kernels]") {
    const TemporaryFolder folder;
    const ReservedPort port;
    const std::string one = " MASTER_ADDR=127.0.0.1 MASTER_PORT=" + port.number() + " '" + TOKENYARD_GPU_PROGRAM +
                            "' exchange --pattern self --timeout 5";
    const ProcessResult result = run_script(folder, "WORLD_SIZE=3 RANK=0" + one + " & a=$!\nWORLD_SIZE=3 RANK=1" + one +
                                                        " 2>/dev/null &\nWORLD_SIZE=3 RANK=1" + one + " 2>/dev/null\nwait $a\n");
    CHECK(result.err == "tokenyard-gpu: error: found rank 1 twice; expected each of 3 once\n");
    CHECK(result.exit_code == 3);
}

TEST_CASE("a rank that comes after the others have failed is told why", "[kernels]") {
    namespace gpu = tokenyard::gpu;
    gpu::Socket listener = gpu::listen_on(0, true);
    const int port = gpu::port_of(listener);
    const gpu::Patience patience{gpu::seconds_from_now(5)};
    gpu::Hub hub(std::move(listener), 3, 5);
    const gpu::Socket first = gpu::connect_to("127.0.0.1", port, patience), second = gpu::connect_to("127.0.0.1", port, patience);
    for (const gpu::Socket* rank1 : {&first, &second}) gpu::send_frame(*rank1, {gpu::FrameKind::hello, 1, "3 "}, patience);
    for (const gpu::Socket* rank1 : {&first, &second}) {
        char byte = 0;
        gpu::receive_all(*rank1, &byte, 1, patience);  // what both are told, so that it is over by now
    }
    gpu::Place place;
    place.rank = 2;
    place.ranks = 3;
    place.address = "127.0.0.1";
    place.port = port;
    CHECK_THROWS_WITH(gpu::Group(place, {}, 5, [](const std::string&) {}), "found rank 1 twice; expected each of 3 once");
}

TEST_CASE("a forked rank that dies before all have met is named at once, and the others do not wait", "[kernels]") {
    for (const char* rank : {"0", "1"}) DYNAMIC_SECTION("rank " << rank) {
            const ProcessResult result = run_program(
                "/bin/sh", std::string("-c \"TOKENYARD_EMULATOR_DEVICES=3 TOKENYARD_EMULATOR_KILL_AT=0@") + rank +
                               " timeout 60 '" + TOKENYARD_GPU_PROGRAM + "' exchange --pattern self --ranks 3 --timeout 600\"");
            CHECK_THAT(result.err,  // and where they had met it, that it is gone
                       Catch::StartsWith(std::string("tokenyard-gpu: error: rank ") + rank + " was ended by signal 9\n"));
            CHECK(result.exit_code == 3);
        }
}

TEST_CASE("what a forked rank says is written while other ranks still run", "[kernels]") {
    // Rank 1 dies and rank 2 stops, both before they meet: rank 0 waits. When there is a message, ranks must still be there.
    const TemporaryFolder folder;
    const ProcessResult result = run_script(
        folder,
        std::string("export TOKENYARD_EMULATOR_DEVICES=3 TOKENYARD_EMULATOR_KILL_AT=0@1 TOKENYARD_EMULATOR_STOP_AT=0@2\n'") +
            TOKENYARD_GPU_PROGRAM +
            "' exchange --pattern self --ranks 3 --timeout 20 2>err & run=$!\n"
            "while [ ! -s err ]; do sleep 0.02; done\ngrep -ls \"^PPid:.$run$\" /proc/[0-9]*/status | wc -l; cat err; kill -9 "
            "$run\n");
    CHECK(result.out == "2\ntokenyard-gpu: error: rank 1 was ended by signal 9\n");
}

TEST_CASE("whoever is no rank is dropped, whatever it says, and the ranks meet", "[kernels]") {
    namespace gpu = tokenyard::gpu;
    gpu::Socket listener = gpu::listen_on(0, true);
    const int port = gpu::port_of(listener);
    const gpu::Patience patience{gpu::seconds_from_now(20)};
    gpu::Hub hub(std::move(listener), 1, 20, "this run");
    const auto stranger = [&] { return gpu::connect_to("127.0.0.1", port, patience); };
    const auto is_dropped = [&](const gpu::Socket& socket) {
        char byte = 0;
        CHECK_THROWS_WITH(gpu::receive_all(socket, &byte, 1, patience), "connection closed");
    };
    const gpu::Socket silent = stranger(), greedy = stranger(), browser = stranger(), early = stranger(), far = stranger();
    const std::uint32_t head[] = {0x59544B31, 0};
    const std::uint64_t numbers[] = {0, std::uint64_t{1} << 31};  // rank 0 in a frame of 2 GiB
    gpu::send_all(greedy, head, sizeof head, patience);
    gpu::send_all(greedy, numbers, sizeof numbers, patience);
    is_dropped(greedy);
    gpu::send_all(browser, "GET / HTTP/1.1\r\nHost: here\r\n\r\n", 30, patience);
    is_dropped(browser);
    gpu::send_frame(early, {gpu::FrameKind::beat, 1, "a step"}, patience);
    is_dropped(early);
    gpu::send_frame(far, {gpu::FrameKind::hello, std::uint64_t{1} << 63, "1 another run"}, patience);
    gpu::Place place;
    place.rank = 0;
    gpu::FrameReader reader;
    const gpu::Socket rank = stranger();
    gpu::send_frame(rank, {gpu::FrameKind::hello, 0, "1 this run"}, patience);
    gpu::send_frame(rank, {gpu::FrameKind::blob, 0, "given"}, patience);
    std::optional<gpu::Frame> frame;
    while (!frame) {
        reader.read_from(rank);
        frame = reader.next();
    }
    CHECK(frame->kind == gpu::FrameKind::gathered);
    gpu::send_frame(rank, {gpu::FrameKind::bye, 0, {}}, patience);
}

TEST_CASE("ranks find each other through sockets although strangers come first", "[kernels]") {
    // Rank 1 of 2 is slow: until it comes, all ports that rank 0 listens on are called by one that is silent, and one that says
    // something else.
    namespace gpu = tokenyard::gpu;
    gpu::Socket listener = gpu::listen_on(0, true);
    const gpu::Place first{0, 2, 0, "127.0.0.1", gpu::port_of(listener), false};
    std::string error;
    std::thread other([&] {
        try {
            gpu::Group group(first, std::move(listener), 10, [](const std::string&) {});
            gpu::make_transport({"sockets", false}, group, 0);
        } catch (const std::exception& thrown) {
            error = thrown.what();
        }
    });
    gpu::Place second = first;
    second.rank = 1;
    {
        gpu::Group group(second, {}, 10, [](const std::string&) {});
        const std::vector<std::string> told = group.gather("127.0.0.1 1 2");
        const std::size_t blank = told[0].find(' '), next = told[0].find(' ', blank + 1);
        const auto call = [&] {
            return gpu::connect_to(told[0].substr(0, blank), std::stoi(told[0].substr(blank + 1, next)), group.patience());
        };
        const gpu::Socket silent = call(), wrong = call();
        const std::uint64_t nonsense[] = {12345, 1};
        gpu::send_all(wrong, nonsense, sizeof nonsense, group.patience());
        char byte = 0;
        CHECK_THROWS_WITH(gpu::receive_all(wrong, &byte, 1, group.patience()), "connection closed");
        const gpu::Socket right = call();
        const std::uint64_t greeting[] = {std::stoull(told[0].substr(next)), 1};
        gpu::send_all(right, greeting, sizeof greeting, group.patience());
    }
    other.join();
    CHECK(error.empty());
}

}  // namespace tokenyard
