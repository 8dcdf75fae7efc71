// SPDX-License-Identifier: Apache-2.0
// The matrix that `nvidia-smi topo -m` prints.
#pragma once

#include "import/machine.hpp"
#include "input/source.hpp"

namespace tokenyard {

/// Reads the matrix and the legend of NICs below it, out of whatever was pasted with it; columns are split by tabs or blanks.
/// What `topo -mp` prints has no NVLink: `tells_links` is then false. Throws InputError where a cell is missing, unknown, or
/// differs from its mirror image.
Machine machine_from_nvidia_smi(const SourceText& source);

}  // namespace tokenyard
