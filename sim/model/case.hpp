// SPDX-License-Identifier: Apache-2.0
// One question: this workload on this cluster, and where both came from.
#pragma once

#include "model/cluster.hpp"
#include "model/costs.hpp"
#include "model/workload.hpp"

#include <string>
#include <vector>

namespace tokenyard {

/// A key that the command line sets: "node.nics.bandwidth" and "800 Gbit/s".
struct Override {
    std::string path, value;
    std::string directory = ".";  // where the files are that the value names
    std::string label = {};       // what people call the value; empty: its own text
};

/// What is needed to read the same input again. The first file is the one asked for; its bases and the files it
/// names follow.
struct InputRecord {
    std::vector<InputFile> cluster, workload, calibration, parts;
    std::vector<Override> overrides;
    std::vector<std::string> libraries = {};  // that were asked for
};

struct Case {
    Cluster cluster;
    Workload workload;
    Costs costs;
    CostOrigins origins;
    InputRecord inputs;
    std::vector<std::string> warnings = {};  // what decides the result and was not given, with the value taken: a sentence each
};

}  // namespace tokenyard
