// SPDX-License-Identifier: Apache-2.0
// The same exchange on the same network as other simulators read them, so that anyone can audit a prediction with one of them.
#pragma once

#include "model/cluster.hpp"
#include "model/fabric.hpp"
#include "model/schedule.hpp"

#include <stdexcept>
#include <string>

namespace tokenyard {

/// The other simulator has no words for what was asked; "found X; expected Y".
struct CannotExport : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Every step of a schedule as GOAL, the text that LogGOPSim's txt2bin reads (github.com/spcl/LogGOPSim, txt2bin.re at 76451de):
/// a transfer is a send and a receive, a pause or a copy in memory a calc, and a wait for what ended on a third rank a message
/// of one byte. Times are picoseconds, because a byte at 400 Gbit/s takes 0.02 ns and GOAL counts in whole units. LogGP knows
/// neither links that are shared nor rates below that of the port: which of the schedule's it loses stands in the first lines,
/// with the options that fit the cluster.
std::string as_goal(const Fabric& fabric, const Schedule& schedule);

/// Transfers across the scale-out network as htsim's connection matrix (github.com/Broadcom/csg-htsim, connection_matrix.cpp at
/// 841d9e7): a host is a NIC, numbered as in as_htsim_topology; a transfer is a connection that starts when the pauses before
/// it have passed. Transfers inside nodes are left out, and counted in the first lines. Throws CannotExport for what htsim
/// cannot say: transfers that wait for others (its triggers let an end start one set of others), more than 2^31 - 1 bytes.
std::string as_htsim_connections(const Cluster& cluster, const Fabric& fabric, const Schedule& schedule);

/// The scale-out network as htsim's topology file (fat_tree_topology.cpp there): hosts below leaves, leaves below spines. A
/// single switch is one leaf, with another one that nobody is on. Rates are line rates: a packet's headers are htsim's to
/// count. Throws CannotExport for other networks, NICs that differ, and rates that are no whole Gbit/s.
std::string as_htsim_topology(const Cluster& cluster, const Fabric& fabric);

/// The cluster as a SimGrid platform (simgrid.org, version 4.1 of its DTD): a host for each rank, every link with its payload's
/// capacity, and a route for every two ranks: lane 0 where there are several. Switches' latency is a link of its own that
/// never fills.
std::string as_simgrid_platform(const Fabric& fabric);

}  // namespace tokenyard
