// SPDX-License-Identifier: Apache-2.0
// SimAI's topology file: GPUs of servers, switches inside and between them, and a line a link.
#pragma once

#include "import/system_parts.hpp"
#include "input/source.hpp"

namespace tokenyard {

/// The first line has nodes, GPUs of a server, NVSwitches, other switches, links and the GPU's name, the second one the switches,
/// the others two ends, a rate, a delay and an error rate. GPUs come first, servers side by side. Links to NVSwitches become
/// those between GPUs, every other link of a GPU a NIC; delays of the network are left out for those of a NIC and a switch.
/// Throws InputError for counts that do not agree, for GPUs that are not alike, and at a line that is cut off. Source:
/// aliyun/SimAI 071ec084, astra-sim-alibabacloud/inputs/topo/gen_Topo_Template.py.
SystemParts system_from_simai(const SourceText& source);

}  // namespace tokenyard
