// SPDX-License-Identifier: Apache-2.0
// Costs composed of parts: what a chip, a NIC, a host and a library do, and what somebody measured on a machine of their own.
#pragma once

#include "input/load.hpp"
#include "model/cluster.hpp"
#include "model/costs.hpp"
#include "model/parts.hpp"

#include <functional>
#include <string>
#include <vector>

namespace tokenyard {

/// Reads a document, once for all who ask where the reader keeps them.
using ReadDocument = std::function<LoadedDocument(const std::string& name, PresetKind kind)>;

/// Costs, where each of them is from, and the files that were read for it.
struct ComposedCosts {
    Costs costs;
    CostOrigins origins;
    std::vector<InputFile> parts, calibration;
};

/// Key by key, the first that gives it: `overrides` (of keys of a calibration), the calibration (asked for, else the cluster's),
/// the library, the host, the NIC, the chip. Each group of costs is from one library: the last that is named and gives it, of
/// those of the cluster, then those of its workload, then those that are asked for; where none does, from the one in the table of
/// costs. A chip, NIC or host that the cluster does not name is `nominal`. What a library has under `on` for the chip, NIC or
/// host there is, or for one that it is based on, goes before what it says otherwise. A calibration's `parts` name others than
/// the cluster and the workload do; one that says `parts: none`, or gives every cost that is needed and says nothing of parts,
/// stands alone. Throws InputError.
ComposedCosts compose_costs(const Cluster& cluster, const std::vector<FileMention>& of_workload, const SoftwareChoice& asked,
                            const std::vector<Override>& overrides, const ReadDocument& read);

/// The files that a list of libraries names, or one alone. Throws InputError.
std::vector<FileMention> libraries_from(const YamlNode& node);

}  // namespace tokenyard
