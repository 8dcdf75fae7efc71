// SPDX-License-Identifier: Apache-2.0
#include "selftest/convert.hpp"
#include "selftest/trial.hpp"

#include <cmath>

namespace tokenyard::gpu {
namespace {

float from_bits(std::uint32_t bits) {
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

void compare(Trial& trial, const std::vector<float>& values) {
    const DeviceArray<float> on_device(values);
    Guarded<Bf16> bf16(values.size());
    Guarded<Fp8> fp8(values.size());
    convert(on_device.get(), values.size(), bf16.get(), fp8.get(), trial.stream());
    std::vector<Bf16> expected_bf16;
    std::vector<Fp8> expected_fp8;
    for (const float value : values) {
        expected_bf16.push_back(as_bf16(value));
        expected_fp8.push_back(as_fp8(value));
    }
    trial.equal("bf16", bf16.read(), expected_bf16);
    trial.equal("fp8", fp8.read(), expected_fp8);
}

/// Every bf16 and what lies a half step beside it, where rounding turns.
void compare_turns(Trial& trial) {
    std::vector<float> values;
    for (std::uint32_t upper = 0; upper < 65536; ++upper)
        for (const std::uint32_t lower : {0x0000u, 0x7fffu, 0x8000u, 0x8001u}) values.push_back(from_bits(upper << 16 | lower));
    compare(trial, values);
}

void compare_random(Trial& trial) {
    std::vector<float> values(100000);
    for (float& value : values) value = from_bits(static_cast<std::uint32_t>(trial.random()()));
    compare(trial, values);
}

}  // namespace

std::vector<Case> format_cases() {
    return {{"formats", "every bf16 and the turns of rounding", false, compare_turns},
            {"formats", "random bits", false, compare_random}};
}

}  // namespace tokenyard::gpu
