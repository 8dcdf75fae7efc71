// SPDX-License-Identifier: Apache-2.0
// What other programs print of small machines, with invented names.
#pragma once

#include <string>

namespace tokenyard {

/// 8 H100 with 4 NVSwitches (5 + 5 + 4 + 4 links), each below a PCIe switch of its own with a ConnectX-7, as NCCL dumps them.
std::string nccl_dump_of_h100();

/// The same machine as `nvidia-smi topo -m` prints it. With `colours` the header is underlined.
std::string nvidia_smi_topo_of_h100(bool has_colours = false);

}  // namespace tokenyard
