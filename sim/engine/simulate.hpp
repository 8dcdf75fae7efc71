// SPDX-License-Identifier: Apache-2.0
// The door to the engines: a fabric and schedules in, what happened out.
#pragma once

#include "model/fabric.hpp"
#include "model/schedule.hpp"
#include "model/timeline.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tokenyard {

/// Two engines with one sharing rule (max-min fair, latency before a transfer flows): `simgrid` is the reference; `fluid` is
/// ours, on flat arrays, for what SimGrid cannot hold in time.
enum class EngineKind { simgrid, fluid };

/// How far the fluid engine may be off, as a part of the makespan; 0: exact but for rounding, event by event.
struct Accuracy {
    double makespan = 0;
    /// Of the end of every single step, as a part of the makespan. Where two bottlenecks are nearly equal, which of them holds a
    /// step, and so which step ends first, is decided by very little: single ends are off by far more than the whole.
    double end() const { return 80 * makespan; }
};
inline constexpr Accuracy exact{}, usual_accuracy{1e-3};

struct EngineChoice {
    EngineKind kind = EngineKind::simgrid;
    Accuracy accuracy;   // of the fluid engine
    std::string reason;  // for the report
};

/// Names an engine, its version and every setting that decides results.
struct EngineDescription {
    std::string name, version, settings;
};
EngineDescription describe_engine(EngineKind kind, Accuracy accuracy);

/// What is asked for. When no engine is, SimGrid where its estimated time is short, and the fluid engine elsewhere. When no
/// accuracy is, the fluid engine is exact where its estimated time is short, and has the usual accuracy elsewhere.
EngineChoice choose_engine(std::optional<EngineKind> wanted, std::optional<Accuracy> accuracy,
                           const std::vector<Schedule>& schedules);

/// Called now and then with the part that is done, from 0 to 1.
using Progress = std::function<void(double)>;

/// Runs each schedule on the idle fabric, side by side on the machine's cores. The results do not depend on how many
/// there are. With `course_bins` above 0 each timeline has its course, in at most that many bins (one more if odd).
/// Throws std::runtime_error when an engine's process dies.
std::vector<Timeline> simulate(const Fabric& fabric, const std::vector<Schedule>& schedules, EngineKind kind,
                               const Progress& progress, Accuracy accuracy = exact, std::size_t course_bins = 0);

}  // namespace tokenyard
