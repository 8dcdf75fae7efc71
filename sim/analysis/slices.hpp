// SPDX-License-Identifier: Apache-2.0
// Steps as bars, merged until they are few enough.
#pragma once

#include "model/fabric.hpp"
#include "model/picture.hpp"
#include "model/schedule.hpp"
#include "model/timeline.hpp"

namespace tokenyard {

/// Fills Picture::merged and Picture::slices with at most `most` slices where merging by both nodes reaches that.
void draw_slices(const Fabric& fabric, const Schedule& schedule, const Timeline& timeline, std::size_t most, Picture& picture);

}  // namespace tokenyard
