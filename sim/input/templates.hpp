// SPDX-License-Identifier: Apache-2.0
// Files to start from: what shipped ones say, key by key, with what each key means and where to find its value on a machine.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tokenyard {

/// What a new cluster is made of. What is not given is as in a shipped cluster of the same chip.
struct ClusterWish {
    std::string chip;
    std::optional<std::string> nic, host;  // parts
    std::optional<int> nodes, gpus;        // GPUs of a node
};

/// Chips and NICs of shipped clusters, and shipped hosts: what ClusterWish may name.
std::vector<std::string> chips_of_clusters();
std::vector<std::string> nics_of_clusters();
std::vector<std::string> hosts_of_parts();
/// Shipped workloads that need no other file.
std::vector<std::string> whole_workloads();

/// The shipped cluster of that chip, with that NIC where one has it, whose name is shortest, changed as it is wished. NICs and
/// fabric are from a cluster that has them. Throws InputError where the result cannot be read, such as for a count of nodes that
/// is no multiple of those in a scale-up domain. Pre: the names are of the lists above.
std::string cluster_template(const ClusterWish& wish);

/// The shipped workload of that name. Pre: it is one of whole_workloads().
std::string workload_template(const std::string& name);

/// A study of these two, which are files or presets.
std::string study_template(const std::string& cluster, const std::string& workload);

}  // namespace tokenyard
