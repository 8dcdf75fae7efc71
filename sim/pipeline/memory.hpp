// SPDX-License-Identifier: Apache-2.0
// Whether a case has room in its GPUs' memory.
#pragma once

#include "collective/plan.hpp"
#include "model/case.hpp"
#include "model/memory.hpp"

namespace tokenyard {

/// Of a case whose exchange that algorithm carries out. Buffers are as large as its largest batch needs them.
MemoryUse memory_of(const Case& one, const Fabric& fabric, const Algorithm& algorithm);

}  // namespace tokenyard
