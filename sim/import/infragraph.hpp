// SPDX-License-Identifier: Apache-2.0
// InfraGraph: the device with GPUs becomes a node, and what joins its instances the network.
#pragma once

#include "import/infragraph_file.hpp"
#include "import/system_parts.hpp"

namespace tokenyard {

/// Components of kind xpu are GPUs, and nic NICs; cards of another device that hang on the node's PCIe are NICs too. Links whose
/// name or description says NVLink, xGMI or UALink join GPUs, to each other or by switches. NICs are as far as the parts between
/// them and a GPU, CPUs and others. Throws InputError for no such device, for two of them, and for an instance that is not
/// described.
SystemParts system_from_infragraph(const InfraFile& file, const Position& at);

}  // namespace tokenyard
