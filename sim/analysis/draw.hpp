// SPDX-License-Identifier: Apache-2.0
// A timeline in pieces few enough to draw.
#pragma once

#include "model/fabric.hpp"
#include "model/picture.hpp"
#include "model/schedule.hpp"
#include "model/timeline.hpp"

#include <cstddef>

namespace tokenyard {

/// Nothing drawn has more pieces than this: a trace of 1,024 ranks then has some megabytes.
struct PictureLimits {
    std::size_t links = 256;    // rows of single links
    std::size_t ranks = 128;    // rows of ranks, each as many neighbours as needed
    std::size_t slices = 8192;  // bars
};

/// Bins of time to ask an engine for.
inline constexpr std::size_t picture_bins = 200;

/// Rows add up to what the timeline's links carried (each rounded to a byte), slices to what the schedule's steps carry.
/// Where there are too many links, the fullest have a row each and all others share one for each kind and direction; links
/// that carry nothing have none. Where there are too many steps, those of a rank to the same node are one slice, or all of a
/// rank, or all from a node to a node. Slices hold what takes time only.
/// Pre: timeline.course.
Picture draw(const Fabric& fabric, const Schedule& schedule, const Timeline& timeline, const PictureLimits& limits = {});

}  // namespace tokenyard
