// SPDX-License-Identifier: Apache-2.0
// hwloc's topology of a machine, as lstopo writes it to XML.
#pragma once

#include "import/machine.hpp"
#include "input/source.hpp"

namespace tokenyard {

/// GPUs, NICs with the names of their devices, PCIe with rates and switches, and NUMA nodes; neither NVLink nor the speed of
/// NICs. A switch is a bridge that several devices hang on, other than the functions of one. Throws InputError for what is no
/// such file, and for one without a GPU. Source: hwloc 2.10, hwloc2.dtd; version 1's objects and version 3's osdev_types are read
/// too.
Machine machine_from_hwloc(const SourceText& source);

}  // namespace tokenyard
