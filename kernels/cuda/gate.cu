// SPDX-License-Identifier: Apache-2.0
#include "cuda/gate.hpp"

#include "cuda/error.hpp"
#include "cuda/launch.hpp"

#include <new>

namespace tokenyard::gpu {

/// In pinned memory, which host and device see alike.
struct Gate::Flags {
    volatile unsigned opened, gave_up;  // how many gates the host has opened; whether one has opened by itself
};

namespace {

#ifndef TOKENYARD_EMULATED
constexpr std::uint64_t patience_ns = 200000000;

__device__ std::uint64_t now_ns() {
    std::uint64_t now;
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now));
    return now;
}

__global__ void wait_at_gate(const volatile unsigned* opened, volatile unsigned* gave_up, unsigned wanted) {
    if (threadIdx.x != 0) return;
    for (const std::uint64_t start = now_ns(); *opened < wanted;)
        if (now_ns() - start > patience_ns) {
            *gave_up = 1;
            return;
        }
}
#endif

}  // namespace

Gate::Gate() {
    void* memory = nullptr;
    TOKENYARD_CUDA(cudaMallocHost(&memory, sizeof(Flags)));
    flags_ = new (memory) Flags{0, 0};
}

Gate::~Gate() {
    open();
    cudaFreeHost(flags_);
}

void Gate::close(cudaStream_t stream) {
    const unsigned wanted = ++closed_;
#ifdef TOKENYARD_EMULATED
    enqueue_emulated(stream, [flags = flags_, wanted] { return flags->opened >= wanted; });
#else
    launch(wait_at_gate, {1, warp_lanes}, stream, &flags_->opened, &flags_->gave_up, wanted);
#endif
}

void Gate::open() { flags_->opened = closed_; }

bool Gate::has_held() {
    const bool has_held = flags_->gave_up == 0;
    flags_->gave_up = 0;
    return has_held;
}

}  // namespace tokenyard::gpu
