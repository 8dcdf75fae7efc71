// SPDX-License-Identifier: Apache-2.0
// Threads of a block as fibers, which take turns at barriers.
#include "emulator/run.hpp"

#include <ucontext.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

dim3 threadIdx, blockIdx, blockDim, gridDim;

// All that is __shared__; the linker makes these names where anything is.
extern unsigned char start_of_shared[] __asm__("__start_emulated_shared") __attribute__((weak));
extern unsigned char end_of_shared[] __asm__("__stop_emulated_shared") __attribute__((weak));

namespace tokenyard::gpu {
namespace {

constexpr std::size_t stack_bytes = 256 * 1024, largest_shared = 48 * 1024;
constexpr unsigned lanes = 32, most_threads = 1024;

enum class State { ready, at_warp, at_block, done };

struct Fiber {
    ucontext_t context{};
    std::unique_ptr<char[]> stack{new char[stack_bytes]};
    State state = State::done;
};

struct Warp {
    std::array<std::uint64_t, lanes> given{}, seen{};
    const char* what = nullptr;
    unsigned arrived = 0;
};

/// The block that runs.
struct Block {
    std::vector<std::unique_ptr<Fiber>> fibers;  // kept for the next block
    std::vector<Warp> warps;
    std::vector<unsigned char> shared;
    const std::function<void()>* thread = nullptr;
    ucontext_t scheduler{};
    unsigned running = 0, threads = 0, waiting = 0, done = 0;
    std::string mistake;

    Fiber& fiber() { return *fibers[running]; }
    void yield() { swapcontext(&fiber().context, &scheduler); }
};
Block block;

void run_thread() {
    (*block.thread)();
    block.fiber().state = State::done;
    ++block.done;
    block.yield();
}

void start_threads() {
    for (unsigned thread = 0; thread < block.threads; ++thread) {
        if (thread == block.fibers.size()) block.fibers.push_back(std::make_unique<Fiber>());
        Fiber& fiber = *block.fibers[thread];
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = fiber.stack.get();
        fiber.context.uc_stack.ss_size = stack_bytes;
        fiber.context.uc_link = nullptr;
        makecontext(&fiber.context, run_thread, 0);
        fiber.state = State::ready;
    }
    block.warps.assign(block.threads / lanes, Warp{});
    block.waiting = block.done = 0;
}

/// The other way round where a missing barrier is to be provoked: what runs first must not matter.
bool is_reversed() {
    const char* order = std::getenv("TOKENYARD_EMULATOR_ORDER");
    return order && std::string(order) == "reversed";
}

void run_block(bool reversed) {
    start_threads();
    while (block.done < block.threads) {
        bool is_moving = false;
        for (unsigned turn = 0; turn < block.threads; ++turn) {
            block.running = reversed ? block.threads - 1 - turn : turn;
            if (block.fiber().state != State::ready) continue;
            threadIdx = dim3(block.running);
            is_moving = true;
            swapcontext(&block.scheduler, &block.fiber().context);
            if (!block.mistake.empty()) throw std::logic_error("emulator: " + std::exchange(block.mistake, {}));
        }
        if (!is_moving && block.done < block.threads) throw std::logic_error("emulator: threads wait for others that never come");
    }
}

/// As floats NaN, as integers -1. Byte by byte, since there is room between variables that AddressSanitizer lets nobody touch.
__attribute__((no_sanitize("address"))) void fill_shared_memory(std::size_t dynamic_bytes) {
    constexpr unsigned char nan = 0xFF;
    for (volatile unsigned char* byte = start_of_shared; byte < end_of_shared; ++byte) *byte = nan;
    block.shared.assign(dynamic_bytes, nan);
}

}  // namespace

const std::uint64_t* exchange_in_warp(const char* what, std::uint64_t value) {
    const unsigned first = block.running / lanes * lanes;
    Warp& warp = block.warps[block.running / lanes];
    if (warp.arrived > 0 && std::string(warp.what) != what) {
        block.mistake = std::string("lanes of a warp are at ") + what + " and at " + warp.what;
        block.yield();
    }
    warp.what = what;
    warp.given[block.running - first] = value;
    if (++warp.arrived == lanes) {
        warp.seen = warp.given;
        warp.arrived = 0;
        for (unsigned lane = 0; lane < lanes; ++lane) block.fibers[first + lane]->state = State::ready;
    } else {
        block.fiber().state = State::at_warp;
        block.yield();
    }
    return warp.seen.data();  // stands until every lane has come to the next exchange
}

void wait_for_block() {
    if (++block.waiting + block.done == block.threads) {
        block.waiting = 0;
        for (unsigned thread = 0; thread < block.threads; ++thread)
            if (block.fibers[thread]->state == State::at_block) block.fibers[thread]->state = State::ready;
    } else {
        block.fiber().state = State::at_block;
        block.yield();
    }
}

unsigned emulated_lane() { return block.running % lanes; }
void* emulated_shared_memory() { return block.shared.data(); }

cudaError_t refusal_of(const cudaLaunchConfig_t& config) {
    const unsigned threads = config.blockDim.x;
    if (threads == 0 || threads > most_threads || config.gridDim.x == 0 || config.dynamicSmemBytes > largest_shared)
        return cudaErrorInvalidConfiguration;
    if (threads % lanes != 0) throw std::logic_error("emulator: a block of incomplete warps");
    return cudaSuccess;
}

void run_emulated(const cudaLaunchConfig_t& config, const std::function<void()>& thread, std::mt19937& random) {
    const bool reversed = is_reversed();
    block.thread = &thread;
    block.threads = config.blockDim.x;
    blockDim = config.blockDim;
    gridDim = config.gridDim;
    std::vector<unsigned> order(config.gridDim.x);
    std::iota(order.begin(), order.end(), 0u);
    std::shuffle(order.begin(), order.end(), random);
    for (const unsigned at : order) {
        blockIdx = dim3(at);
        fill_shared_memory(config.dynamicSmemBytes);
        run_block(reversed);
    }
}

}  // namespace tokenyard::gpu
