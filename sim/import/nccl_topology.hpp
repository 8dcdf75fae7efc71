// SPDX-License-Identifier: Apache-2.0
// NCCL's and RCCL's topology: what NCCL_TOPO_DUMP_FILE writes, and what NCCL_TOPO_FILE is given.
#pragma once

#include "import/machine.hpp"
#include "input/source.hpp"

namespace tokenyard {

/// Reads the XML. A file for NCCL_TOPO_FILE has no GPU's links: `tells_links` is then false, and GPUs and NICs are told by their
/// PCI class. Throws InputError for what is no XML, another file of NCCL's, a value that is wrong, or a machine without a GPU.
Machine machine_from_nccl(const SourceText& source);

}  // namespace tokenyard
