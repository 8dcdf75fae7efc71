// SPDX-License-Identifier: Apache-2.0
// Notes what every link carries, and every rank sends and receives, while a run goes on whose length is not known yet.
#pragma once

#include "model/fabric.hpp"
#include "model/schedule.hpp"
#include "model/timeline.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tokenyard {

/// Bins of equal width from time 0 on. When the run outgrows them each two become one of double width, so that from half of
/// `bins` up to all of them are used in the end. A piece of constant rate costs the same however many bins it spans: what it
/// adds to the bins inside it is noted where it begins and where it ends, and summed up at the end.
class Recorder {
public:
    /// `expected`: seconds that the run will take, above 0; only the width of the bins depends on it.
    Recorder(const Fabric& fabric, const Schedule& schedule, std::size_t bins, double expected);

    /// A step carried `rate` bytes per second from `from` to `to`, seconds.
    void add(StepId step, double from, double to, double rate);
    /// A step carried all of `volume` bytes in no time.
    void add_at_once(StepId step, double now, double volume);

    /// Up to the bin in which `makespan` ends; what is carried at that very moment is in it.
    Course course(Seconds makespan) const;

private:
    std::size_t bin_of(double time) const;
    void widen();
    std::vector<double> carried_in(std::size_t row) const;

    std::size_t bins_, links_, ranks_;
    double width_;                          // seconds
    std::vector<std::uint32_t> rows_;       // of each step: its links, then what its ranks send and receive
    std::vector<std::uint32_t> first_row_;  // of each step in rows_, and the total at the end
    std::vector<double> inside_;            // bytes, by row and bin: of pieces that begin or end in the bin
    std::vector<double> rise_;  // bytes, by row and bin: how much more or less than the bin before pieces across it carry
};

}  // namespace tokenyard
