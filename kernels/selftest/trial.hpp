// SPDX-License-Identifier: Apache-2.0
// One case of the self-test: random inputs, guarded outputs, and what was found.
#pragma once

#include "cuda/device.hpp"
#include "formats/number_formats.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace tokenyard::gpu {

/// A row of the self-test's table.
struct Finding {
    std::string kernel, name, compared;
    double worst = 0, bound = 0;  // elements that differ, or the worst error over what is tolerated
    bool holds() const { return worst <= bound; }
};

/// What poisoned memory holds: as ids out of range, as numbers small and odd.
constexpr unsigned char poison = 0xA5;

template <class T>
std::vector<T> poisoned(std::size_t count) {
    std::vector<T> values(count);
    if (count > 0) std::memset(static_cast<void*>(values.data()), poison, count * sizeof(T));
    return values;
}

/// A kernel's output in device memory: poisoned, and with a band of poison on either side that must stay.
template <class T>
class Guarded {
public:
    explicit Guarded(std::size_t count) : count_(count), memory_(poisoned<unsigned char>(count * sizeof(T) + 2 * band)) {}

    T* get() { return reinterpret_cast<T*>(memory_.get() + band); }

    /// Throws std::runtime_error where a band was written to.
    std::vector<T> read() const {
        const std::vector<unsigned char> all = memory_.to_host();
        const auto is_poison = [](unsigned char byte) { return byte == poison; };
        if (!std::all_of(all.begin(), all.begin() + band, is_poison) || !std::all_of(all.end() - band, all.end(), is_poison))
            throw std::runtime_error("a kernel wrote outside its output");
        std::vector<T> values(count_);
        if (count_ > 0) std::memcpy(static_cast<void*>(values.data()), all.data() + band, count_ * sizeof(T));
        return values;
    }

private:
    static constexpr std::ptrdiff_t band = 512;  // bytes; keeps the alignment of cudaMalloc
    std::size_t count_;
    DeviceArray<unsigned char> memory_;
};

/// What a case is given, and where it leaves what it found.
class Trial {
public:
    Trial(std::string kernel, std::string name, std::uint64_t seed, const Stream& stream, std::vector<Finding>& findings)
        : kernel_(std::move(kernel)), name_(std::move(name)), random_(seed), stream_(stream), findings_(findings) {}

    cudaStream_t stream() const { return stream_.get(); }
    std::mt19937_64& random() { return random_; }

    int below(int bound) { return std::uniform_int_distribution<int>(0, bound - 1)(random_); }
    std::vector<float> normals(std::size_t count, float deviation = 1);
    std::vector<Bf16> bf16_normals(std::size_t count, float deviation = 1);
    std::vector<float> weights(std::size_t count);  // uniform in (0, 1]
    /// tokens x k distinct ids below `experts`, of which `dropped` (0 to 1) are -1.
    std::vector<std::int32_t> expert_ids(int tokens, int k, int experts, double dropped = 0);

    /// Bit for bit; `worst` counts the elements that differ.
    template <class T>
    void equal(const std::string& compared, const std::vector<T>& actual, const std::vector<T>& expected) {
        std::size_t wrong = std::max(actual.size(), expected.size()) - std::min(actual.size(), expected.size());
        for (std::size_t i = 0; i < std::min(actual.size(), expected.size()); ++i)
            wrong += std::memcmp(&actual[i], &expected[i], sizeof(T)) != 0;
        found(compared + ", elements that differ", static_cast<double>(wrong), 0);
    }
    /// |actual - expected| in units of what is tolerated there; NaN never passes.
    void within(const std::string& compared, const std::vector<float>& actual, const std::vector<double>& expected,
                const std::vector<double>& tolerated);
    void found(const std::string& compared, double worst, double bound) {
        findings_.push_back({kernel_, name_, compared, worst, bound});
    }

private:
    std::string kernel_, name_;
    std::mt19937_64 random_;
    const Stream& stream_;
    std::vector<Finding>& findings_;
};

struct Case {
    std::string kernel, name;
    bool is_large = false;  // minutes in the emulator or under compute-sanitizer
    std::function<void(Trial&)> run;
};

std::vector<Case> format_cases();
std::vector<Case> route_cases();
std::vector<Case> gate_cases();
std::vector<Case> layout_cases();
std::vector<Case> permute_cases();
std::vector<Case> combine_cases();
std::vector<Case> exchange_cases();
std::vector<Case> transport_cases();

}  // namespace tokenyard::gpu
